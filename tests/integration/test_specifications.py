# SPDX-License-Identifier: MIT
"""The cases that come with the BSON and Extended JSON specifications."""

import json
import struct

import pytest
from servers_lib import cache

CORPUS = cache.bson_corpus()
FILES = sorted(CORPUS.glob("*.json"))
CONTENT = {"json": 1, "bson": 2}

# What we do otherwise, and why.
TAKEN = {
    # A common short form; docs/encodings.md says that it is read.
    "Bad $date (number, not string or hash)",
}
KEPT = {
    # Bytes are shown as they are: nothing is put in another order.
    "flags not alphabetized",
}


def load(path):
    return json.loads(path.read_text())


def frame(encoding, items):
    parts = [struct.pack("<IB", len(items), CONTENT[encoding])]
    for item in items:
        parts += [struct.pack("<I", len(item)), item]
    return b"".join(parts)


def items_of(data):
    at = 0
    found = []
    while at < len(data):
        (count,) = struct.unpack_from("<I", data, at)
        at += 5
        for _ in range(count):
            (size,) = struct.unpack_from("<I", data, at)
            found.append(data[at + 4 : at + 4 + size])
            at += 4 + size
    return found


@pytest.fixture
def convert(mstream):
    """convert("bson", "json", items, flags...): what each item became."""

    def run(source, target, items, *flags):
        if not items:
            return []
        made = mstream(
            "convert", f"--from={source}", f"--to={target}", "--framing=batch", *flags,
            input=frame(source, items),
        )  # fmt: skip
        return items_of(made.raw)

    return run


@pytest.fixture
def refused(mstream):
    """refused("bson", "json", items): how many of them are."""

    def run(source, target, items):
        if not items:
            return 0
        said = mstream(
            "convert", f"--from={source}", f"--to={target}", "--framing=batch",
            "--on-error=skip", "--json", input=frame(source, items), code=3,
        )  # fmt: skip
        return json.loads(said.err.splitlines()[-1])["refused"]

    return run


def same(text):
    """Names in their order; a double in quotes as its number, however written."""

    def pairs(found):
        if [name for name, _ in found] == ["$numberDouble"]:
            return [("$numberDouble", repr(float(found[0][1])))]
        return found

    return json.loads(text, object_pairs_hook=pairs)


def valid(path, key, *, lossless=False):
    """Cases that have the key, as (its text, the case)."""
    return [
        (case[key], case)
        for case in load(path).get("valid", [])
        if key in case
        and not (lossless and case.get("lossy"))
        and case["description"] not in (KEPT if key.startswith("deg") else ())
    ]


def test_the_cases_are_there():
    assert len(FILES) >= 28
    assert sum(len(load(path).get("valid", [])) for path in FILES) > 600


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_bson_becomes_the_json_of_the_specification(convert, path):
    for key, mode, wanted in (
        ("canonical_bson", "canonical", "canonical_extjson"),
        ("degenerate_bson", "canonical", "canonical_extjson"),
        ("canonical_bson", "relaxed", "relaxed_extjson"),
    ):
        cases = [case for case in valid(path, key) if wanted in case[1]]
        made = convert(
            "bson", "json", [bytes.fromhex(text) for text, _ in cases],
            f"--json-mode={mode}",
        )  # fmt: skip
        for (_, case), text in zip(cases, made, strict=True):
            assert same(text) == same(case[wanted]), case["description"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_json_becomes_the_bson_of_the_specification(convert, path):
    for key in ("canonical_extjson", "degenerate_extjson"):
        cases = valid(path, key, lossless=True)
        made = convert("json", "bson", [text.encode() for text, _ in cases])
        for (_, case), got in zip(cases, made, strict=True):
            assert got == bytes.fromhex(case["canonical_bson"]), case["description"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_no_bson_is_refused(refused, path):
    items = [bytes.fromhex(case["bson"]) for case in load(path).get("decodeErrors", [])]
    assert refused("bson", "json", items) == len(items)
    assert refused("bson", "bson", items) == len(items)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_no_extended_json_is_refused(refused, path):
    items = [
        case["string"].encode()
        for case in load(path).get("parseErrors", [])
        if case["description"] not in TAKEN
    ]
    assert refused("json", "bson", items) == len(items)
