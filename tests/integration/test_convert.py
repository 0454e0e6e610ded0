# SPDX-License-Identifier: MIT
"""`mstream convert` as people use it: pipes, files, refusals."""

import json

LINES = """{"_id":{"$oid":"0123456789abcdef01234567"},"n":5,"x":5.0}

{"d":{"$date":"2026-11-21T10:40:05.123Z"},"t":["a",null,{}]}
"""


def test_json_becomes_bson_and_the_same_json_again(mstream, tmp_path):
    path = tmp_path / "users.bson"
    mstream("convert", "--from", "json", "--to", "bson", "--out", path, input=LINES)
    first = int.from_bytes(path.read_bytes()[:4], "little")
    second = int.from_bytes(path.read_bytes()[first : first + 4], "little")
    assert path.stat().st_size == first + second
    back = mstream("convert", "--from", "bson", "--to", "json", "--in", path)
    assert back.out == LINES.replace("\n\n", "\n")


def test_modes_reach_the_writer(mstream, tmp_path):
    path = tmp_path / "one.bson"
    mstream("convert", "--from=json", "--to=bson", "--out", path, input='{"n":5}')
    result = mstream(
        "convert", "--from=bson", "--to=json", "--json-mode=canonical", "--in", path
    )
    assert json.loads(result.out) == {"n": {"$numberInt": "5"}}


def test_a_refused_document_stops_or_is_skipped(mstream):
    broken = '{"a":1}\n{"a":}\n{"a":3}\n'
    stopped = mstream("convert", "--from=json", "--to=json", input=broken, code=3)
    assert stopped.out == '{"a":1}\n'
    assert "document 2, from byte 8" in stopped.err
    skipped = mstream(
        "convert",
        "--from=json",
        "--to=json",
        "--on-error=skip",
        "--json",
        input=broken,
        code=3,
    )
    assert skipped.out == '{"a":1}\n{"a":3}\n'
    assert json.loads(skipped.err.splitlines()[-1]) == {"converted": 2, "refused": 1}


def test_wrong_flags_are_usage(mstream):
    missing = mstream("convert", "--from=json", code=2)
    assert "error: --to is missing" in missing.err
    assert "bson, json" in mstream("convert", "--to=xml", code=2).err


def test_an_output_that_is_full_fails(mstream):
    result = mstream(
        "convert", "--from=json", "--to=json", "--out=/dev/full", input=LINES, code=1
    )
    assert "No space left" in result.err
