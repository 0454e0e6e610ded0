# SPDX-License-Identifier: MIT
"""A real schema registry beside others: who writes, who reads."""

import pytest
from support import config
from support.orders import V1, V2, WANTED, Jobs, decode, entry, orders
from support.registry import FakeRegistry, Registry
from support.waiting import wait_until

COUNT = 500


@pytest.fixture
def registry(registry_servers):
    return Registry(registry_servers["MSTREAM_TEST_REGISTRY"])


@pytest.fixture
def fake():
    registry = FakeRegistry()
    yield registry
    registry.close()


@pytest.fixture
def jobs(mongodb, kafka, tmp_path):
    return Jobs(mongodb, kafka, tmp_path)


def test_what_others_write_by_the_registry_becomes_documents(
    jobs, registry, kafka, mstreamd
):
    topic = kafka.topic("orders", partitions=1)
    docs = orders(0, COUNT)
    kafka.produce(topic, registry.encode(topic, V1, docs))
    mstreamd(jobs.services(registry.url) + jobs.from_kafka(topic))
    assert jobs.copied(COUNT) == docs


def test_two_writers_of_one_topic_are_each_read_by_their_own_schema(
    jobs, registry, kafka, mstreamd
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
    mstreamd(jobs.services(registry.url) + jobs.from_kafka(topic))
    assert jobs.copied(2 * COUNT) == old + new
    assert registry.versions(f"{topic}-value") == [1, 2]


def test_a_reader_schema_is_what_all_writers_are_resolved_to(
    jobs, registry, kafka, mstreamd
):
    topic = kafka.topic("orders", partitions=1)
    kafka.produce(
        topic,
        registry.encode(topic, V1, orders(0, 3))
        + registry.encode(topic, V2, orders(3, 3, city="Kyiv")),
    )
    mstreamd(
        jobs.services(registry.url)
        + jobs.from_kafka(topic, [entry("wanted.avsc")], schema_id="wanted")
    )
    assert jobs.copied(6) == [
        {"_id": f"order-{i}", "amount": i, "place": "?" if i < 3 else "Kyiv"}
        for i in range(6)
    ]


def test_others_read_what_is_written_and_registered(
    jobs, registry, mongodb, kafka, mstreamd
):
    topic = kafka.topic("orders", partitions=1)
    docs = orders(0, COUNT)
    mstreamd(
        jobs.services(registry.url)
        + jobs.to_kafka(
            topic, [entry("order.avsc")], schema_id="order", auto_register=True
        )
    )
    mongodb.db.docs.insert_many(docs)
    wait_until(lambda: kafka.count(topic) == COUNT, 60, what="all records")
    payloads = [record.value for record in kafka.consume_all(topic)]
    assert registry.decode(topic, payloads) == docs
    assert registry.versions(f"{topic}-value") == [1]


@pytest.mark.parametrize("resource", ["{subject}", "{subject}:1", "{number}"])
def test_a_schema_of_the_registry_brings_its_number(
    jobs, registry, mongodb, kafka, mstreamd, resource
):
    topic = kafka.topic("orders", partitions=1)
    subject = f"{topic}-kept"
    number = registry.register(subject, V1)
    resource = resource.format(subject=subject, number=number)
    kept = {"id": "order", "service_name": "registry", "resource": resource}
    mstreamd(
        jobs.services(registry.url)
        + jobs.to_kafka(topic, [kept], schema_id="order")
    )
    docs = orders(0, 10)
    mongodb.db.docs.insert_many(docs)
    wait_until(lambda: kafka.count(topic) == 10, 60, what="all records")
    payloads = [record.value for record in kafka.consume_all(topic)]
    assert {p[:5] for p in payloads} == {b"\0" + number.to_bytes(4, "big")}
    assert registry.decode(topic, payloads) == docs
    assert f"{topic}-value" not in registry.subjects()


def test_an_incompatible_schema_is_not_registered(
    jobs, registry, mongodb, kafka, mstream
):
    topic = kafka.topic("orders", partitions=1)
    subject = f"{topic}-value"
    registry.register(subject, {**V1, "fields": V1["fields"][:1]})
    registry.set_level(subject, "BACKWARD")
    # `amount` has no default: data of before could not be read.
    path = mstream.folder / "job.toml"
    path.write_text(
        jobs.services(registry.url)
        + jobs.to_kafka(
            topic, [entry("order.avsc")], schema_id="order", auto_register=True
        )
    )
    for done in (
        mstream("run", path, "--once", "--timeout", "30", code=1),
        mstream("doctor", path, code=1),
    ):
        assert "not compatible with those before it" in done.out + done.err
    assert registry.versions(subject) == [1]
    assert kafka.count(topic) == 0


def test_what_is_not_registered_is_not_written(jobs, registry, kafka, mstream):
    topic = kafka.topic("orders", partitions=1)
    path = mstream.folder / "job.toml"
    path.write_text(
        jobs.services(registry.url)
        + jobs.to_kafka(topic, [entry("order.avsc")], schema_id="order")
    )
    done = mstream("run", path, "--once", "--timeout", "30", code=1)
    assert f"subject '{topic}-value'" in done.err
    assert "no such" in done.err and "auto_register = true" in done.err


def test_doctor_asks_the_registry_and_registers_nothing(
    jobs, registry, registry_servers, kafka, mstream
):
    topic = kafka.topic("orders", partitions=1)
    path = mstream.folder / "job.toml"
    folder = registry_servers["MSTREAM_TEST_REGISTRY_CERTIFICATES"]
    path.write_text(
        jobs.services(
            registry_servers["MSTREAM_TEST_REGISTRY_TLS"],
            tls_ca_file=f"{folder}/ca.pem",
        )
        + jobs.to_kafka(
            topic, [entry("order.avsc")], schema_id="order", auto_register=True
        )
        + jobs.from_kafka(topic)
    )
    found = mstream("doctor", path, "--json").json()
    said = [(f["level"], f["what"], f["text"]) for f in found if f["service"] == "registry"]
    assert ("ok", "schema", "schema_id 'order' is good for bson to avro, and can be registered") in said
    assert ("ok", "schema", "what is read is read as it was written") in said
    assert any(what == "certificate" for _, what, _ in said)
    assert any("answers" in text for _, _, text in said)
    assert f"{topic}-value" not in registry.subjects()
    missing = {"id": "order", "service_name": "registry", "resource": "nobody:7"}
    path.write_text(
        jobs.services(registry.url) + jobs.to_kafka(topic, [missing], schema_id="order")
    )
    done = mstream("doctor", path, code=1)
    assert "schema 'nobody', version 7" in done.out


def test_tls_is_checked_against_the_authority(
    jobs, registry, registry_servers, kafka, mstreamd, mstream
):
    topic = kafka.topic("orders", partitions=1)
    kafka.produce(topic, registry.encode(topic, V1, orders(0, 3)))
    folder = registry_servers["MSTREAM_TEST_REGISTRY_CERTIFICATES"]
    url = registry_servers["MSTREAM_TEST_REGISTRY_TLS"]
    path = mstream.folder / "job.toml"
    path.write_text(
        jobs.services(url, tls_ca_file=f"{folder}/wrong-ca.pem")
        + jobs.from_kafka(topic)
    )
    done = mstream("run", path, "--once", "--timeout", "30", code=1)
    assert "certificate" in done.err
    mstreamd(
        jobs.services(url, tls_ca_file=f"{folder}/ca.pem") + jobs.from_kafka(topic)
    )
    assert jobs.copied(3) == orders(0, 3)


def test_avro_is_written_anew_for_another_registry(
    jobs, registry, kafka, mstreamd, fake
):
    there, here = kafka.topic("there", partitions=1), kafka.topic("here", partitions=1)
    fake.add(f"{there}-value", "nothing of this")  # takes the first number
    kafka.produce(here, registry.encode(here, V1, orders(0, 5)))
    mstreamd(
        jobs.services(registry.url)
        + config.service("schema_registry", "other", url=fake.url)
        + jobs.job(
            {
                "service_name": "k",
                "resource": here,
                "input_encoding": "avro",
                "start": "earliest",
                "schema_registry": "registry",
            },
            {
                "service_name": "k",
                "resource": there,
                "schema_registry": "other",
                "schema_id": "wanted",
                "auto_register": True,
            },
            schemas=[entry("wanted.avsc")],
        )
    )
    wait_until(lambda: kafka.count(there) == 5, 60, what="all records")
    payloads = [record.value for record in kafka.consume_all(there)]
    assert {p[:5] for p in payloads} == {b"\0\0\0\0\2"}
    assert [decode(p[5:], WANTED) for p in payloads] == [
        {"_id": f"order-{i}", "amount": i, "place": "?"} for i in range(5)
    ]


def test_nothing_is_lost_while_the_registry_is_away(
    jobs, registry, kafka, mstreamd, own_proxy
):
    topic = kafka.topic("orders", partitions=1)
    host = registry.url.split("/")[2]
    port = own_proxy.add("registry", host)
    url = registry.url.replace(host, f"127.0.0.1:{port}")
    old, new = orders(0, COUNT), orders(COUNT, COUNT, city="Kyiv")
    kafka.produce(topic, registry.encode(topic, V1, old))
    daemon = mstreamd(jobs.services(url, timeout="1s") + jobs.from_kafka(topic))
    jobs.copied(COUNT)
    own_proxy.cut("registry")
    # A writer that nobody asked about yet, behind one that is known.
    kafka.produce(
        topic,
        registry.encode(topic, V1, orders(2 * COUNT, COUNT))
        + registry.encode(topic, V2, new),
    )
    daemon.wait_log("Failed to connect")
    own_proxy.restore("registry")
    wanted = old + new + orders(2 * COUNT, COUNT)
    assert jobs.copied(3 * COUNT) == wanted
    assert daemon.rss_kb() < 150_000
