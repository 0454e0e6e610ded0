# SPDX-License-Identifier: MIT
"""`mstream schema infer`, `convert`: their schemas, read by others."""

import io
import json
import os
import random

import bson
import pytest
from bson import Binary, Decimal128, Int64, ObjectId
from support import config
from support.avro import SCHEMA, documents, fastavro, write_bson

# 100000 shows more; a run of all tests takes fewer.
COUNT = int(os.environ.get("MSTREAM_TEST_AVRO_DOCUMENTS", "2000"))

CANARY = "canary-7f3d"


def awkward(rnd):
    """A document of a collection that nobody planned."""
    made = {
        "_id": ObjectId(),
        "kind": rnd.choice(["a", 1, None, Int64(2**60), 2.5]),
        "odd-name": rnd.choice([True, CANARY]),
        "odd.name": rnd.randint(0, 9),
        "lines": [
            rnd.choice([1, {"sku": rnd.choice([CANARY, "b"]), "n": rnd.random()}, [], None])
            for _ in range(rnd.randint(0, 4))
        ],
        "by_day": {f"2026-01-{rnd.randint(1, 28):02}": rnd.randint(0, 99)},
        "price": Decimal128(f"{rnd.randint(0, 10**9)}.{rnd.randint(0, 99):02}"),
        "raw": Binary(rnd.randbytes(3), rnd.choice([0, 4, 128])),
        f"{CANARY}@example.com": 1,
    }
    for name in list(made):
        if name != "_id" and rnd.random() < 0.2:
            del made[name]
    return made


@pytest.fixture
def collection():
    rnd = random.Random(11)
    return [awkward(rnd) for _ in range(COUNT)]


def infer(mstream, folder, made, *more):
    write_bson(folder / "docs.bson", made)
    return mstream(
        "schema", "infer", "--from=bson", "--in", folder / "docs.bson", *more
    )


@pytest.mark.parametrize("plain", [True, False])
def test_another_reader_agrees_on_what_was_inferred(
    mstream, tmp_path, collection, plain
):
    made = documents(COUNT, seed=7) if plain else collection
    infer(mstream, tmp_path, made, "--to=avro", "--out", tmp_path / "docs.avsc")
    mstream(
        "convert", "--from=bson", "--to=avro", "--schema", tmp_path / "docs.avsc",
        "--unknown-fields=reject",
        "--in", tmp_path / "docs.bson", "--out", tmp_path / "docs.avro",
    )  # fmt: skip
    labels = {
        field["name"]: field.get("x-name", field["name"])
        for field in json.loads((tmp_path / "docs.avsc").read_text()).get(
            "fields", []
        )
    }
    with open(tmp_path / "docs.avro", "rb") as file:
        read = list(fastavro.reader(file))
    assert len(read) == len(made)
    for got, doc in zip(read, made):
        got = {labels.get(name, name): value for name, value in got.items()}
        assert got["_id"] == str(doc["_id"])
        for name, value in doc.items():
            assert name in got
            if isinstance(value, (bool, str, int, float)):
                assert got[name] == value
            elif isinstance(value, Decimal128):
                assert got[name] == value.to_decimal()
            elif isinstance(value, list):
                assert len(got[name]) == len(value)


def test_no_value_and_no_name_that_is_data_is_told(mstream, tmp_path, collection):
    for more in ([], ["--formats"], ["--to=avro"], ["--json"]):
        told = infer(mstream, tmp_path, collection, *more).out
        assert CANARY not in told
        assert "2026-01" not in told
    # Where they are asked for they are there.
    told = infer(mstream, tmp_path, collection, "--with-values").out
    assert CANARY in told and "maximum" in told


def test_variants_have_their_share(mstream, tmp_path):
    made = [{"v": 1}] * 3 + [{"v": "x"}] * 5 + [{"v": [1]}] * 2
    told = json.loads(infer(mstream, tmp_path, made, "--json").out)
    assert told["documents"] == 10
    assert [
        (one["share_percent"], one["schema"]["properties"]["v"]["type"])
        for one in told["variants"]
    ] == [(50, "string"), (30, "integer"), (20, "array")]


def test_a_live_collection_is_sampled_and_not_changed(mstream, mongodb, tmp_path):
    before = [{"_id": i, "name": CANARY, "n": 1.5} for i in range(50)]
    mongodb.db["people"].insert_many(before)
    path = tmp_path / "mstream-config.toml"
    path.write_text(
        "connectors = []\n"
        + config.service(
            "mongodb", "mongo", connection_string=mongodb.uri, db_name=mongodb.name
        )
    )
    told = mstream(
        "schema", "infer", "--config", path, "--service=mongo",
        "--resource=people", "--sample=20", "--json",
    )  # fmt: skip
    report = json.loads(told.out)
    assert report["documents"] == 20
    assert CANARY not in told.out
    assert report["schema"]["properties"]["n"] == {"type": "number"}
    assert sorted(report["schema"]["required"]) == ["_id", "n", "name"]
    assert list(mongodb.db["people"].find()) == before
    empty = mstream(
        "schema", "infer", "--config", path, "--service=mongo",
        "--resource=nobody", code=3,
    )  # fmt: skip
    assert "no document" in empty.err


def test_a_schema_goes_to_the_other_kind_and_back(mstream, tmp_path):
    (tmp_path / "a.avsc").write_text(json.dumps(SCHEMA))
    mstream(
        "schema", "convert", tmp_path / "a.avsc", "--to=json-schema",
        "--out", tmp_path / "a.json",
    )  # fmt: skip
    again = mstream("schema", "convert", tmp_path / "a.json", "--to=avro").out
    assert fastavro.schema.to_parsing_canonical_form(
        json.loads(again)
    ) == fastavro.schema.to_parsing_canonical_form(SCHEMA)


def test_what_avro_can_not_say_is_refused_at_its_place(mstream, tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"type": "object", "properties": {\n  "a": {"if": true}}}')
    done = mstream("schema", "convert", path, "--to=avro", code=3)
    assert "line 2, column 15" in done.err and '"if"' in done.err


def test_json_lines_are_read_as_they_are(mstream):
    lines = '{"a": 1, "b": {"$date": "2026-01-01T00:00:00Z"}}\n{"a": 2.5}\n'
    schema = json.loads(mstream("schema", "infer", input=lines).out)
    assert schema["properties"]["a"] == {"type": "number"}
    assert schema["properties"]["b"]["format"] == "date-time"
    assert schema["required"] == ["a"]


FILLED = {
    "type": "object",
    "properties": {
        "_id": {"type": "string", "format": "objectid"},
        "at": {"type": "string", "format": "date-time"},
        "email": {"type": "string"},
        "n": {"type": "integer", "minimum": 3, "maximum": 5},
        "odd-name": {"enum": ["a", "b"]},
        "tree": {"$ref": "#/$defs/tree"},
    },
    "required": ["_id", "at", "email", "n", "odd-name", "tree"],
    "$defs": {
        "tree": {
            "type": "object",
            "properties": {
                "below": {"type": "array", "items": {"$ref": "#/$defs/tree"}}
            },
            "required": ["below"],
        }
    },
}


def fill(mstream, folder, *more, schema=FILLED, **keywords):
    path = folder / "fill.json"
    path.write_text(json.dumps(schema))
    return mstream("schema", "fill", path, *more, **keywords)


def test_documents_are_made_up_the_same_way_twice(mstream, tmp_path):
    first = fill(mstream, tmp_path, "--count=50", "--seed=3").raw
    assert first == fill(mstream, tmp_path, "--count=50", "--seed=3").raw
    assert first != fill(mstream, tmp_path, "--count=50", "--seed=4").raw
    made = [json.loads(line) for line in first.splitlines()]
    assert len(made) == 50
    assert {doc["n"] for doc in made} == {3, 4, 5}
    assert all(ObjectId.is_valid(doc["_id"]) for doc in made)
    assert all(doc["email"].endswith("@example.com") for doc in made)


def test_made_up_documents_are_bson_and_avro_too(mstream, tmp_path):
    raw = fill(mstream, tmp_path, "--count=20", "--to=bson").raw
    made = bson.decode_all(raw)
    assert len(made) == 20
    assert all(isinstance(doc["_id"], ObjectId) for doc in made)
    avro = fill(mstream, tmp_path, "--count=20", "--to=avro").raw
    read = list(fastavro.reader(io.BytesIO(avro)))
    assert [doc["_id"] for doc in read] == [str(doc["_id"]) for doc in made]
    assert [doc["odd_name"] for doc in read] == [doc["odd-name"] for doc in made]


def test_an_avro_schema_is_filled_for_others_to_read(mstream, tmp_path):
    raw = fill(mstream, tmp_path, "--count=30", "--to=avro", schema=SCHEMA).raw
    read = list(fastavro.reader(io.BytesIO(raw)))
    assert len(read) == 30 and {doc["e"] for doc in read} == {"A", "B"}


def test_a_schema_that_no_document_fits_is_refused(mstream, tmp_path):
    schema = {
        "properties": {"n": {"type": "integer", "minimum": 2, "maximum": 1}},
        "required": ["n"],
    }
    done = fill(mstream, tmp_path, schema=schema, code=3)
    assert '"minimum" is above "maximum"' in done.err


def test_what_is_inferred_of_what_was_made_up_is_valid(mstream, tmp_path):
    raw = fill(mstream, tmp_path, "--count=200", "--to=bson").raw
    infer(mstream, tmp_path, bson.decode_all(raw), "--out", tmp_path / "again.json")
    (tmp_path / "docs.bson").write_bytes(raw)
    mstream(
        "convert", "--from=bson", "--to=json", "--schema", tmp_path / "again.json",
        "--in", tmp_path / "docs.bson", "--out", tmp_path / "docs.json",
    )  # fmt: skip
