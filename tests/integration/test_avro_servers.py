# SPDX-License-Identifier: MIT
"""Avro between real servers: what Kafka holds, fastavro reads and writes."""

import io
import json

import pytest
from support import config
from support.avro import SCHEMA, as_read, documents, fastavro
from support.waiting import wait_until

COUNT = 300
REGISTRY_ID = 258
HEAD = b"\0" + REGISTRY_ID.to_bytes(4, "big")
ENTRY = {
    "id": "everything",
    "service_name": "files",
    "resource": "everything.avsc",
    "registry_id": REGISTRY_ID,
}


@pytest.fixture
def services(mongodb, kafka, tmp_path):
    """services(state): all services of a job, the folder of schemas with them."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "everything.avsc").write_text(json.dumps(SCHEMA))

    def make(state):
        return (
            config.state(state)
            + config.mongodb(mongodb.uri, mongodb.name)
            + config.kafka(kafka.bootstrap, **{"group.id": f"group-{mongodb.name}"})
            + config.service(
                "schema_files", "files", path=str(tmp_path / "schemas")
            )
        )

    return make


def datum_of(document):
    out = io.BytesIO(HEAD)
    out.seek(0, io.SEEK_END)
    fastavro.schemaless_writer(out, SCHEMA, as_read(document))
    return out.getvalue()


def read(value):
    assert value.startswith(HEAD)
    return fastavro.schemaless_reader(io.BytesIO(value[len(HEAD) :]), SCHEMA)


def test_documents_reach_kafka_in_avro(services, mongodb, kafka, mstreamd):
    topic = kafka.topic("avro", partitions=1)
    docs = documents(COUNT, seed=9)
    time = mongodb.client.admin.command("ping")["operationTime"]
    mstreamd(
        services("out")
        + config.job(
            f"out_{mongodb.name}",
            {
                "service_name": "m",
                "resource": "docs",
                "start": f"timestamp:{time.time},{time.inc + 1}",
            },
            {
                "service_name": "k",
                "resource": topic,
                "output_encoding": "avro",
                "schema_id": "everything",
                "framing": "confluent",
            },
            schemas=[ENTRY],
        )
    )
    mongodb.db.docs.insert_many(docs)
    wait_until(lambda: kafka.count(topic) == COUNT, 60, what="all records")
    got = [read(record.value) for record in kafka.consume_all(topic)]
    assert got == [as_read(document) for document in docs]


def test_avro_from_kafka_becomes_documents(services, mongodb, kafka, mstreamd):
    topic = kafka.topic("avro", partitions=1)
    docs = documents(COUNT, seed=10)
    values = [datum_of(document) for document in docs]
    # Refused alone: another frame, a datum that ends too early.
    values[7:7] = [b"\0\0\0\0\1" + values[0][5:], values[1][:-1]]
    kafka.produce(topic, values)
    daemon = mstreamd(
        services("back")
        + config.job(
            f"back_{mongodb.name}",
            {
                "service_name": "k",
                "resource": topic,
                "input_encoding": "avro",
                "start": "earliest",
                "schema_id": "everything",
                "framing": "confluent",
            },
            # What MongoDB takes is BSON; the schema is the source's.
            {"service_name": "m", "resource": "copy"},
            schemas=[ENTRY],
        )
    )
    copy = mongodb.db.copy
    wait_until(lambda: copy.count_documents({}) == COUNT, 60, what="all documents")
    found = {document["_id"]: document for document in copy.find()}
    for document in docs:
        wanted = {**document, "_id": str(document["_id"]), "n": 7}
        assert found[wanted["_id"]] == wanted
    assert daemon.running()


def validate(mstream, tmp_path, text, code):
    path = tmp_path / "validate.toml"
    path.write_text(text)
    return mstream("validate", path, code=code)


@pytest.mark.parametrize(
    ("keys", "entry", "said"),
    [
        ({"schema_id": "everything"}, {}, None),
        ({}, {}, "no conversion from avro to bson"),
        ({"schema_id": "other"}, {}, "unknown schema 'other'"),
        (
            {"schema_id": "everything"},
            {"resource": "nothing.avsc"},
            "schema 'nothing.avsc'",
        ),
        (
            {"schema_id": "everything"},
            {"resource": "../everything.avsc"},
            "not the name of a file inside",
        ),
        ({"schema_id": "everything"}, {"resource": "broken.avsc"}, "line 1, column 1"),
        ({"schema_id": "everything"}, {"service_name": "k"}, "keeps no schemas"),
    ],
    ids=["good", "none", "unknown", "missing", "outside", "broken", "no-store"],
)
def test_validate_finds_schemas_that_can_not_be_used(
    mstream, tmp_path, keys, entry, said
):
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "everything.avsc").write_text(json.dumps(SCHEMA))
    (tmp_path / "schemas" / "broken.avsc").write_text("[]")
    text = (
        config.mongodb("mongodb://127.0.0.1:1", "x")
        + config.kafka("127.0.0.1:1")
        + config.service("schema_files", "files", path=str(tmp_path / "schemas"))
        + config.job(
            "job",
            {"service_name": "k", "resource": "t", "input_encoding": "avro", **keys},
            {"service_name": "m", "resource": "c", "output_encoding": "bson"},
            schemas=[{**ENTRY, **entry}],
        )
    )
    done = validate(mstream, tmp_path, text, 0 if said is None else 2)
    assert said is None or said in done.err + done.out


def test_a_schema_projects_documents_without_avro(services, mongodb, kafka, mstreamd):
    topic = kafka.topic("projected", partitions=1)
    docs = [{**document, "more": 1} for document in documents(20, seed=11)]
    time = mongodb.client.admin.command("ping")["operationTime"]
    mstreamd(
        services("out")
        + config.job(
            f"out_{mongodb.name}",
            {
                "service_name": "m",
                "resource": "docs",
                "start": f"timestamp:{time.time},{time.inc + 1}",
                "schema_id": "everything",
            },
            {"service_name": "k", "resource": topic, "output_encoding": "json"},
            schemas=[ENTRY],
        )
    )
    mongodb.db.docs.insert_many(docs)
    wait_until(lambda: kafka.count(topic) == len(docs), 60, what="all records")
    for record, document in zip(kafka.consume_all(topic), docs, strict=True):
        got = json.loads(record.value)
        assert list(got) == [field["name"] for field in SCHEMA["fields"]]
        assert got["_id"] == {"$oid": str(document["_id"])}
        assert got["n"] == 7
