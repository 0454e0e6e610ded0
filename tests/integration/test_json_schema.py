# SPDX-License-Identifier: MIT
"""JSON Schemas: the public suite, another validator beside, and jobs by them."""

import io
import json
import os
import random
import re
import shutil
from pathlib import Path

import bson
import pytest
from support import ROOT, config
from support.avro import SCHEMA, as_read, documents, fastavro, write_bson
from support.file_job import file_job
from support.json_schema import (
    groups,
    jsonschema,
    random_document,
    random_schema,
    refused,
    remote,
)
from support.waiting import wait_until

# More show more; a run of all tests takes fewer.
COUNT = int(os.environ.get("MSTREAM_TEST_JSON_SCHEMAS", "150"))

# What the suite serves for tests of references to other documents, and the
# drafts' own schemas: documents that are not loaded.
REMOTE = ("http://localhost:1234/", "it refers to 'http", "the draft 'http")


@pytest.mark.parametrize("draft", ["draft7", "draft2020-12"])
def test_the_public_suite_of_a_draft(mstream, tmp_path, draft):
    judged, remote = 0, 0
    for name, group in groups(draft):
        where = f"{name}: {group['description']}"
        tests = group["tests"]
        data = [test["data"] for test in tests]
        found, error = refused(mstream, tmp_path, group["schema"], data)
        if found is None:
            assert any(part in error for part in REMOTE), (where, error)
            assert "other documents are not loaded" in error or "draft" in error
            remote += 1
            continue
        judged += len(tests)
        for i, test in enumerate(tests):
            wanted = test["valid"]
            assert (i not in found) == wanted, (where, test["description"], error)
    # 2 170 cases in all; 80 of them in 36 groups need other documents.
    assert judged > 850 and remote < 30, (judged, remote)


_ASKS = re.compile(r"it refers to '(http://localhost:1234/[^']*)'")


@pytest.mark.parametrize(
    ("draft", "names"), [("draft7", "definitions"), ("draft2020-12", "$defs")]
)
def test_other_documents_can_be_put_into_a_schema(mstream, tmp_path, draft, names):
    judged = 0
    for name, group in groups(draft):
        schema, tests = group["schema"], group["tests"]
        data = [test["data"] for test in tests]
        if "localhost:1234" not in json.dumps(schema):
            continue
        found, error = refused(mstream, tmp_path, schema, data)
        asked = _ASKS.search(error) if found is None else None
        if asked is None:
            continue
        bundle = {"allOf": [schema], names: {}}
        if draft == "draft7":
            bundle["$schema"] = schema["$schema"]
        while asked is not None:
            bundle[names][asked[1]] = remote(asked[1])
            found, error = refused(mstream, tmp_path, bundle, data)
            asked = _ASKS.search(error) if found is None else None
        assert found is not None, (name, group["description"], error)
        for i, test in enumerate(tests):
            where = (name, group["description"], test["description"], error)
            assert (i not in found) == test["valid"], where
            judged += 1
    assert judged > 20


# Of the optional part: what is not claimed.
_LOOSE = {
    "bignum.json",  # more than 34 digits
    "content.json",  # contentEncoding only describes
    "cross-draft.json",
    "format-assertion.json",
    "dependencies-compatibility.json",
}


@pytest.mark.parametrize("draft", ["draft7", "draft2020-12"])
def test_the_optional_part_of_the_suite(mstream, tmp_path, draft):
    judged = 0
    for name, group in groups(draft, "optional"):
        data = [test["data"] for test in group["tests"]]
        if name in _LOOSE:
            continue
        found, error = refused(mstream, tmp_path, group["schema"], data)
        assert found is not None, (name, error)
        for i, test in enumerate(group["tests"]):
            where = (name, group["description"], test["description"], error)
            assert (i not in found) == test["valid"], where
            judged += 1
    assert judged > 90


def bare(doc):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMA, as_read(doc))
    return out.getvalue()


def agree(schema, document):
    return jsonschema.Draft202012Validator(schema).is_valid(document)


def test_another_validator_judges_random_documents_the_same(mstream, tmp_path):
    taken = 0
    for seed in range(COUNT):
        rng = random.Random(seed)
        schema = random_schema(rng)
        docs = [random_document(rng) for _ in range(40)]
        found, error = refused(mstream, tmp_path, schema, docs)
        assert found is not None, (seed, schema, error)
        for i, doc in enumerate(docs):
            wanted = agree(schema, doc)
            taken += wanted
            assert (i not in found) == wanted, (seed, schema, doc, error)
    assert 0.1 < taken / (COUNT * 40) < 0.9


ORDER = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["_id", "items"],
    "properties": {
        "_id": {"type": "string", "format": "objectid"},
        "at": {"type": "string", "format": "date-time"},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
    },
    "$defs": {
        "item": {
            "properties": {
                "sku": {"type": "string"},
                "price": {"type": "number", "minimum": 0, "multipleOf": 0.01},
            }
        }
    },
}


@pytest.fixture
def schema(tmp_path):
    path = tmp_path / "order.json"
    path.write_text(json.dumps(ORDER))
    return path


def order(price=1.5, **more):
    return {
        "note": "x",
        "items": [{"price": price, "sku": "a", "stock": 5}],
        "_id": bson.ObjectId("0123456789abcdef01234567"),
        **more,
    }


def test_bson_is_validated_and_projected(mstream, tmp_path, schema):
    write_bson(tmp_path / "in.bson", [order(), order(price=1.505), order(0.1)])
    done = mstream(
        "convert", "--from=bson", "--to=bson", "--schema", schema, "--project",
        "--check-formats", "--on-error=skip", "--in", tmp_path / "in.bson",
        "--out", tmp_path / "out.bson", code=3,
    )  # fmt: skip
    read = bson.decode_all((tmp_path / "out.bson").read_bytes())
    assert [list(doc) for doc in read] == [["_id", "items"]] * 2
    assert [doc["items"] for doc in read] == [
        [{"sku": "a", "price": 1.5}],
        [{"sku": "a", "price": 0.1}],
    ]
    assert isinstance(read[0]["_id"], bson.ObjectId)
    assert (
        "document 2, from byte" in done.err
        and "$.items[0].price: the number is no multiple "
        "(schema #/$defs/item/properties/price/multipleOf)" in done.err
    )


def test_avro_is_validated_and_projected(mstream, tmp_path):
    docs = documents(50, seed=3)
    write_bson(tmp_path / "in.bson", docs)
    (tmp_path / "s.avsc").write_text(json.dumps(SCHEMA))
    wanted = {"properties": {"l": {"minimum": 0}, "_id": {"type": "string"}}}
    (tmp_path / "wanted.json").write_text(json.dumps(wanted))
    for framing in ("container", "bare", "confluent"):
        mstream(
            "convert", "--from=bson", "--to=avro", "--schema", "s.avsc",
            "--in=in.bson", "--out=in.avro", "--framing", framing,
        )  # fmt: skip
        more = [] if framing == "container" else ["--writer-schema", "s.avsc"]
        done = mstream(
            "convert", "--from=avro", "--to=json", "--schema", "wanted.json",
            "--project", "--in=in.avro", "--on-error=skip", "--framing", framing,
            *more, code=None,
        )  # fmt: skip
        read = [json.loads(line) for line in done.out.splitlines()]
        kept = [doc for doc in docs if doc["l"] >= 0]
        assert [doc["_id"] for doc in read] == [str(doc["_id"]) for doc in kept]
        assert all(list(doc) == ["l", "_id"] for doc in read)
        assert done.err.count("$.l: the number is too small") == 50 - len(kept)


def test_what_a_json_schema_can_not_do_is_said_at_once(mstream, tmp_path, schema):
    done = mstream(
        "convert", "--from=json", "--to=avro", "--schema", schema, code=2
    )
    assert "Avro is not written by a JSON Schema" in done.err
    done = mstream(
        "convert", "--from=avro", "--to=json", "--schema", schema,
        "--framing=bare", code=2,
    )  # fmt: skip
    assert "--writer-schema" in done.err


SCHEMAS = '[[services]]\nprovider = "schema_files"\nname = "schemas"\npath = "."\n'
ENTRY = '{ id = "order", service_name = "schemas", resource = "order.json"'
AVRO = '{ id = "avro", service_name = "schemas", resource = "s.avsc" }'
ONE = f"schemas = [ {ENTRY} }} ]"
BOTH = f"schemas = [ {ENTRY} }}, {AVRO} ]"
def lines():
    good = '{"note":1,"items":[{"stock":5,"price":1.5}],"_id":"x"}'
    return [good, '{"items":[{"price":-1}],"_id":"y"}', good]


def test_a_job_validates_and_projects(mstream, tmp_path, schema):
    sink = ', schema_id = "order", project = true'
    job = file_job(tmp_path, lines(), SCHEMAS, sink=sink, job=ONE)
    mstream("run", job, "--once", code=3)
    read = bson.decode_all((tmp_path / "out" / "users.bson").read_bytes())
    assert read == [{"_id": "x", "items": [{"price": 1.5}]}] * 2
    (letter,) = mstream("dlq", "list", "--json", "--config", job).json()
    assert "$.items[0].price: the number is too small" in json.dumps(letter)
    assert "#/$defs/item/properties/price/minimum" in json.dumps(letter)


def test_a_source_validates_before_anything_is_converted(mstream, tmp_path, schema):
    source = ', schema_id = "order"'
    job = file_job(tmp_path, lines(), SCHEMAS, source=source, job=ONE)
    mstream("run", job, "--once", code=3)
    read = bson.decode_all((tmp_path / "out" / "users.bson").read_bytes())
    assert [doc["note"] for doc in read] == [1, 1]


# Nothing is asked of the broker before a job starts.
BROKER = """
[state]
path = "./state"
[[services]]
provider = "kafka"
name = "k"
"bootstrap.servers" = "127.0.0.1:9"
"""


def kafka_job(folder, source, sink, schemas):
    (folder / "s.avsc").write_text(json.dumps(SCHEMA))
    path = folder / "job.toml"
    path.write_text(
        f'''{BROKER}{SCHEMAS}[[connectors]]
name = "job"
{schemas}
source = {{ service_name = "k", resource = "a", {source} }}
sinks = [ {{ service_name = "k", resource = "b", {sink} }} ]
'''
    )
    return path


READS_JSON = 'input_encoding = "json"'
READS_AVRO = 'input_encoding = "avro", schema_id = "avro"'
TO_AVRO = 'schema_id = "order", output_encoding = "avro"'
WRITTEN = "Avro is not written by a JSON Schema"
IMPOSSIBLE = {
    "json_to_avro": (READS_JSON, TO_AVRO, ONE, WRITTEN),
    "bson_to_avro": ('input_encoding = "bson"', TO_AVRO, ONE, WRITTEN),
    "inherited": (
        READS_JSON + ', schema_id = "order"',
        'output_encoding = "avro"', ONE, WRITTEN,
    ),
    "avro_to_json": (
        'input_encoding = "avro"', 'schema_id = "order", output_encoding = "json"',
        ONE, "Avro is not read by a JSON Schema",
    ),
    "avro_to_bson": (
        'input_encoding = "avro"', 'schema_id = "order", output_encoding = "bson"',
        ONE, "Avro is not read by a JSON Schema",
    ),
    "avro_to_avro": (READS_AVRO, TO_AVRO, BOTH, WRITTEN),
}  # fmt: skip


@pytest.mark.parametrize("cell", IMPOSSIBLE)
def test_validate_finds_cells_that_can_not_be(mstream, tmp_path, schema, cell):
    source, sink, schemas, wanted = IMPOSSIBLE[cell]
    path = kafka_job(tmp_path, source, sink, schemas)
    done = mstream("validate", path, code=2)
    assert wanted in done.err + done.out
    at = next(
        i for i, line in enumerate(path.read_text().splitlines(), 1) if "sinks" in line
    )
    assert f"job.toml:{at}:" in done.err + done.out


@pytest.mark.parametrize("to", ["json", "bson"])
def test_validate_takes_avro_with_both_schemas(mstream, tmp_path, schema, to):
    sink = f'schema_id = "order", project = true, output_encoding = "{to}"'
    mstream("validate", kafka_job(tmp_path, READS_AVRO, sink, BOTH))


def test_avro_from_kafka_is_validated_and_projected(
    mongodb, kafka, mstreamd, mstream, tmp_path
):
    topic = kafka.topic("avro", partitions=1)
    docs = documents(100, seed=12)
    kafka.produce(topic, [bare(doc) for doc in docs])
    (tmp_path / "s.avsc").write_text(json.dumps(SCHEMA))
    wanted = {"properties": {"l": {"minimum": 0}, "_id": {}, "t": {}}}
    (tmp_path / "order.json").write_text(json.dumps(wanted))
    name = f"job_{mongodb.name}"
    text = (
        config.state("state")
        + config.mongodb(mongodb.uri, mongodb.name)
        + config.kafka(kafka.bootstrap, **{"group.id": f"group-{mongodb.name}"})
        + config.service("schema_files", "schemas", path=str(tmp_path))
        + config.job(
            name,
            {
                "service_name": "k",
                "resource": topic,
                "input_encoding": "avro",
                "start": "earliest",
                "schema_id": "avro",
            },
            {
                "service_name": "m",
                "resource": "copy",
                "schema_id": "order",
                "project": True,
            },
            schemas=[
                {"id": "avro", "service_name": "schemas", "resource": "s.avsc"},
                {"id": "order", "service_name": "schemas", "resource": "order.json"},
            ],
        )
    )
    mstreamd(text)
    kept = [doc for doc in docs if doc["l"] >= 0]
    copy = mongodb.db.copy
    wait_until(
        lambda: copy.count_documents({}) == len(kept), 60, what="all documents"
    )
    for doc in kept:
        found = copy.find_one({"_id": str(doc["_id"])})
        assert found == {"_id": str(doc["_id"]), "l": doc["l"], "t": doc["t"]}
    path = tmp_path / "job.toml"
    path.write_text(text)

    def letters():
        listed = mstream("dlq", "list", "--json", "--config", path).json()
        return listed if len(listed) == len(docs) - len(kept) else None

    for letter in wait_until(letters, what="all letters"):
        assert "$.l: the number is too small" in json.dumps(letter)


def test_a_schema_that_is_none_has_its_place(mstream, tmp_path, schema):
    schema.write_text('{"properties": {\n  "a": {"type": "strin"}}}')
    sink = ', schema_id = "order"'
    path = file_job(tmp_path, [], SCHEMAS, sink=sink, job=ONE)
    done = mstream("validate", path, code=2)
    assert "the JSON Schema at line 2, column 17" in done.err + done.out


def test_what_may_be_both_is_said_with_encoding(mstream, tmp_path, schema):
    schema.write_text('{"type": "string"}')
    sink = ', schema_id = "order"'
    path = file_job(tmp_path, [], SCHEMAS, sink=sink, job=ONE)
    done = mstream("validate", path, code=2)
    assert 'encoding = "avro" or "json"' in done.err + done.out
    said = ONE.replace(' } ]', ', encoding = "json" } ]')
    mstream("validate", file_job(tmp_path, [], SCHEMAS, sink=sink, job=said))


def test_the_example_keeps_what_its_schema_declares(mstream, tmp_path):
    example = ROOT / "examples" / "json-schema.toml"
    folder = Path(tmp_path)
    (folder / "files-in").mkdir()
    (folder / "files-in" / "orders.jsonl").write_text(
        '{"secret":1,"total":9.5,"_id":"a"}\n{"_id":"b","total":-1}\n'
    )
    schemas = Path("examples") / "schemas"
    shutil.copytree(ROOT / schemas, folder / schemas)
    mstream("run", example, "--once", code=3)
    (path,) = folder.glob("files-out/*.jsonl")
    assert path.read_text() == '{"_id":"a","total":9.5}\n'
