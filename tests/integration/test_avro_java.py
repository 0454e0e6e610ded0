# SPDX-License-Identifier: MIT
"""What Java's avro-tools reads of ours, and we of theirs."""

import json
import os
import subprocess

import pytest
from servers_lib import cache
from support.avro import SCHEMA, as_read, documents, fastavro, write_bson

# 100000 shows more; a run of all tests takes fewer.
COUNT = int(os.environ.get("MSTREAM_TEST_AVRO_DOCUMENTS", "2000"))
CODECS = ("null", "deflate", "snappy", "zstandard")

PLAIN = {
    "type": "record",
    "name": "Plain",
    "namespace": "test.java",
    "fields": [
        {"name": "b", "type": "boolean"},
        {"name": "i", "type": "int"},
        {"name": "l", "type": "long"},
        {"name": "f", "type": "float"},
        {"name": "d", "type": "double"},
        {"name": "s", "type": "string"},
        {"name": "y", "type": "bytes"},
        {"name": "x", "type": {"type": "fixed", "name": "F", "size": 7}},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
        {"name": "u", "type": ["null", "long", "string"]},
        {"name": "a", "type": {"type": "array", "items": ["null", "Plain"]}},
        {"name": "m", "type": {"type": "map", "values": "double"}},
    ],
}


def java(*arguments):
    done = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", "-jar", cache.avro_tools_jar()]
        + [str(argument) for argument in arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout


def lines_of(path):
    # Texts may hold what Python takes for the end of a line.
    return java("tojson", path).decode().rstrip("\n").split("\n")


@pytest.mark.parametrize("codec", CODECS)
def test_java_reads_what_bson_became(mstream, tmp_path, codec):
    docs = documents(COUNT, seed=21)
    schema = tmp_path / "schema.avsc"
    schema.write_text(json.dumps(SCHEMA))
    write_bson(tmp_path / "docs.bson", docs)
    mstream(
        "convert", "--from=bson", "--to=avro", "--schema", schema, "--codec", codec,
        "--in", tmp_path / "docs.bson", "--out", tmp_path / "ours.avro",
    )  # fmt: skip
    with open(tmp_path / "theirs.avro", "wb") as file:
        fastavro.writer(file, SCHEMA, [as_read(doc) for doc in docs])
    ours, theirs = lines_of(tmp_path / "ours.avro"), lines_of(tmp_path / "theirs.avro")
    assert len(ours) == COUNT
    assert ours == theirs


@pytest.mark.parametrize("via", ["bson", "json"])
def test_what_java_makes_up_comes_back(mstream, tmp_path, via):
    schema = tmp_path / "schema.avsc"
    schema.write_text(json.dumps(PLAIN))
    java(
        "random", "--schema-file", schema, "--count", str(COUNT // 10), "--seed", "7",
        tmp_path / "random.avro",
    )  # fmt: skip
    mode = ("--json-mode=canonical",) if via == "json" else ()
    mstream(
        "convert", "--from=avro", f"--to={via}", *mode, "--in", tmp_path / "random.avro",
        "--out", tmp_path / "middle",
    )  # fmt: skip
    mstream(
        "convert", f"--from={via}", "--to=avro", "--schema", schema,
        "--in", tmp_path / "middle", "--out", tmp_path / "back.avro",
    )  # fmt: skip
    wanted = lines_of(tmp_path / "random.avro")
    assert len(wanted) == COUNT // 10
    assert lines_of(tmp_path / "back.avro") == wanted


def test_java_reads_a_bare_datum(mstream, tmp_path):
    schema = tmp_path / "schema.avsc"
    record = {"type": "record", "name": "R", "fields": PLAIN["fields"][:6]}
    schema.write_text(json.dumps(record))
    text = '{"b":true,"i":-5,"l":123456789012,"f":0.5,"d":0.25,"s":"\\u00e4"}'
    mstream(
        "convert", "--from=json", "--to=avro", "--schema", schema, "--to-framing=bare",
        "--out", tmp_path / "datum", input=text,
    )  # fmt: skip
    said = java("fragtojson", "--schema-file", schema, tmp_path / "datum")
    assert json.loads(said) == json.loads(text)
