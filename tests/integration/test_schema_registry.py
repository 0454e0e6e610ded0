# SPDX-License-Identifier: MIT
"""A schema registry between real servers: who writes, who reads, what fails."""

import json

import pytest
from support import config
from support.registry import Registry
from support.waiting import wait_until

COUNT = 500
V1 = {
    "type": "record",
    "name": "Order",
    "namespace": "test.shop",
    "fields": [
        {"name": "_id", "type": "string"},
        {"name": "amount", "type": "int"},
        {"name": "note", "type": ["null", "string"], "default": None},
    ],
}
V2 = {
    **V1,
    "fields": V1["fields"]
    + [{"name": "city", "type": "string", "default": "nowhere"}],
}
# What a step wants, whoever wrote: a promoted number, a new name.
WANTED = {
    **V1,
    "fields": [
        {"name": "_id", "type": "string"},
        {"name": "amount", "type": "long"},
        {"name": "place", "aliases": ["city"], "type": "string", "default": "?"},
    ],
}


def orders(first, count, **more):
    return [
        {"_id": f"order-{i}", "amount": i, "note": None if i % 3 else "x", **more}
        for i in range(first, first + count)
    ]


@pytest.fixture
def registry(registry_servers):
    return Registry(registry_servers["MSTREAM_TEST_REGISTRY"])


@pytest.fixture
def services(mongodb, kafka, tmp_path):
    """services(url, **keys): all services of a job."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "order.avsc").write_text(json.dumps(V1))
    (tmp_path / "schemas" / "wanted.avsc").write_text(json.dumps(WANTED))

    def make(url, **keys):
        return (
            config.state()
            + config.mongodb(mongodb.uri, mongodb.name)
            + config.kafka(kafka.bootstrap, **{"group.id": f"group-{mongodb.name}"})
            + config.service(
                "schema_files", "files", path=str(tmp_path / "schemas")
            )
            + config.service("schema_registry", "registry", url=url, **keys)
        )

    return make


def from_kafka(mongodb, topic, schemas=(), sink=None, **source):
    return config.job(
        f"in_{mongodb.name}",
        {
            "service_name": "k",
            "resource": topic,
            "input_encoding": "avro",
            "start": "earliest",
            "schema_registry": "registry",
            **source,
        },
        {"service_name": "m", "resource": "copy", **(sink or {})},
        schemas=list(schemas),
    )


def to_kafka(mongodb, topic, schemas, **sink):
    time = mongodb.client.admin.command("ping")["operationTime"]
    return config.job(
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
            "schema_registry": "registry",
            **sink,
        },
        schemas=schemas,
    )


def copied(mongodb, count, seconds=60):
    copy = mongodb.db.copy
    wait_until(
        lambda: copy.count_documents({}) == count, seconds, what="all documents"
    )
    return sorted(copy.find(), key=lambda d: d["amount"])


def test_what_others_write_by_the_registry_becomes_documents(
    services, registry, mongodb, kafka, mstreamd
):
    topic = kafka.topic("orders", partitions=1)
    docs = orders(0, COUNT)
    kafka.produce(topic, registry.encode(topic, V1, docs))
    mstreamd(services(registry.url) + from_kafka(mongodb, topic))
    assert copied(mongodb, COUNT) == docs


def test_two_writers_of_one_topic_are_each_read_by_their_own_schema(
    services, registry, mongodb, kafka, mstreamd
):
    topic = kafka.topic("orders", partitions=1)
    old, new = orders(0, COUNT), orders(COUNT, COUNT, city="Kyiv")
    values = [
        value
        for pair in zip(
            registry.encode(topic, V1, old),
            registry.encode(topic, V2, new),
            strict=True,
        )
        for value in pair
    ]
    kafka.produce(topic, values)
    mstreamd(services(registry.url) + from_kafka(mongodb, topic))
    assert copied(mongodb, 2 * COUNT) == old + new
    assert registry.versions(f"{topic}-value") == [1, 2]


def test_a_reader_schema_is_what_all_writers_are_resolved_to(
    services, registry, mongodb, kafka, mstreamd
):
    topic = kafka.topic("orders", partitions=1)
    kafka.produce(
        topic,
        registry.encode(topic, V1, orders(0, 3))
        + registry.encode(topic, V2, orders(3, 3, city="Kyiv")),
    )
    entry = {"id": "wanted", "service_name": "files", "resource": "wanted.avsc"}
    mstreamd(
        services(registry.url)
        + from_kafka(mongodb, topic, [entry], schema_id="wanted")
    )
    assert copied(mongodb, 6) == [
        {"_id": f"order-{i}", "amount": i, "place": "?" if i < 3 else "Kyiv"}
        for i in range(6)
    ]


def test_others_read_what_is_written_and_registered(
    services, registry, mongodb, kafka, mstreamd
):
    topic = kafka.topic("orders", partitions=1)
    docs = orders(0, COUNT)
    entry = {"id": "order", "service_name": "files", "resource": "order.avsc"}
    mstreamd(
        services(registry.url)
        + to_kafka(
            mongodb, topic, [entry], schema_id="order", auto_register=True
        )
    )
    mongodb.db.docs.insert_many(docs)
    wait_until(lambda: kafka.count(topic) == COUNT, 60, what="all records")
    payloads = [record.value for record in kafka.consume_all(topic)]
    assert registry.decode(topic, payloads) == docs
    assert registry.versions(f"{topic}-value") == [1]
