# SPDX-License-Identifier: MIT
"""The Kafka sink on a real broker."""

import json
import os
import time

import pytest
from bson import ObjectId
from confluent_kafka import admin as acl
from support.kafka_copy import Copy
from support.mongodb_stream import Stream
from support.waiting import wait_until


@pytest.fixture
def copy(kafka, mstream, mstreamd):
    return Copy(kafka, mstream, mstreamd)


@pytest.fixture
def stream(mongodb, kafka, mstream, mstreamd):
    return Stream(mongodb, kafka, mstream, mstreamd)


def murmur2(data):
    """The hash of Kafka's Java clients."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ len(data)) & mask
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        k = (k ^ (k >> 24)) * m & mask
        h = (h * m & mask) ^ k
    rest = data[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ (h >> 13)) * m & mask
    return h ^ (h >> 15)


# --- messages -------------------------------------------------------------


def test_keys_go_to_the_partitions_of_java_clients(copy, kafka):
    copy.feed(0, 200, keys=50)
    copy.run()
    records = kafka.consume_all(copy.target)
    assert len(records) == 200
    for record in records:
        assert record.partition == (murmur2(record.key) & 0x7FFFFFFF) % 3


def test_ids_become_text_keys(stream, mongodb):
    oid = ObjectId()
    ids = [oid, "text", 7, 2**40, 2.5, {"a": 1}, True]
    mongodb.db["users"].insert_many([{"_id": i} for i in ids])
    stream.run()
    assert [r.key.decode() for r in stream.records()] == [
        str(oid),
        "text",
        "7",
        str(2**40),
        "2.5",
        '{"a":{"$numberInt":"1"}}',
        "true",
    ]


@pytest.mark.parametrize(
    "key, wanted",
    [
        ("json", b'{"_id":1}'),
        ("bson", b"\x0e\x00\x00\x00\x10_id\x00\x01\x00\x00\x00\x00"),
        ("field:a.b", b"deep"),
        ("none", None),
    ],
)
def test_other_keys(stream, mongodb, key, wanted):
    mongodb.db["users"].insert_one({"_id": 1, "a": {"b": "deep"}})
    path = stream.mstream.folder / "key.toml"
    path.write_text(
        stream.config().replace(
            'output_encoding = "json" }',
            f'output_encoding = "json", key = "{key}" }}',
        )
    )
    stream.mstream("run", path, "--once", "--timeout", "60")
    (record,) = stream.records()
    assert record.key == wanted


@pytest.mark.parametrize(
    "tombstones, values",
    [
        ("off", [True, True]),
        ("after", [True, True, False]),
        ("instead", [True, False]),
    ],
)
def test_tombstones_for_deletes(stream, mongodb, tombstones, values):
    mongodb.db["users"].insert_one({"_id": 1})
    mongodb.db["users"].delete_one({"_id": 1})
    path = stream.mstream.folder / "tombstones.toml"
    path.write_text(
        stream.config().replace(
            'output_encoding = "json" }',
            f'output_encoding = "json", tombstones = "{tombstones}" }}',
        )
    )
    stream.mstream("run", path, "--once", "--timeout", "60")
    records = stream.records()
    assert [r.value is not None for r in records] == values
    assert {r.key for r in records} == {b"1"}
    assert records[-1].headers["op"] == "delete"


def test_headers_can_be_chosen(copy, kafka):
    kafka.produce(
        copy.topic,
        [{"key": "k", "value": "{}", "headers": [("a", b"1"), ("b", b"2")]}],
    )
    copy.sink["headers"] = ["b", "op", "key", "job"]
    copy.run()
    (record,) = kafka.consume_all(copy.target)
    assert record.headers == {"b": "2", "op": "none", "key": "k", "job": copy.job}


# --- topics ---------------------------------------------------------------


def test_a_topic_per_collection_is_created_as_asked(copy, kafka):
    kafka.produce(
        copy.topic,
        [
            {"key": f"k{n}", "value": "{}", "headers": [("kind", kind)]}
            for n, kind in enumerate([b"red", b"blue"] * 20)
        ],
    )
    base = f"{kafka.prefix}.made"
    copy.sink["resource"] = f"{base}.{{attr:kind}}"
    copy.sink["create_topics"] = {
        "partitions": 2,
        "replication_factor": 1,
        "config": {"cleanup.policy": "compact"},
    }
    copy.run()
    for kind in ("red", "blue"):
        assert len(kafka.consume_all(f"{base}.{kind}")) == 20
        assert len(kafka.ends(f"{base}.{kind}")) == 2
    kafka.admin.delete_topics([f"{base}.red", f"{base}.blue"])


def test_a_missing_topic_stops_the_job_with_a_hint(copy):
    copy.feed(0, 1)
    copy.sink["resource"] = f"{copy.kafka.prefix}.missing"
    result = copy.run(code=1)
    assert f"topic '{copy.kafka.prefix}.missing'" in result.err
    assert "create_topics" in result.err


# --- what Kafka refuses ---------------------------------------------------


def test_a_message_above_our_limit_is_rejected_alone(copy):
    large = json.dumps({"n": 1, "text": "x" * 90000})
    values = ['{"n": 0}', large, '{"n": 2}']
    copy.kafka.produce(
        copy.topic, [{"key": "k", "value": v} for v in values]
    )
    copy.out_properties["message.max.bytes"] = 50000
    copy.run(code=3)
    assert copy.copied() == [0, 2]


def test_a_message_above_the_brokers_limit_is_rejected_alone(copy, kafka):
    # Does not compress: the broker looks at what is stored.
    noise = os.urandom(20000).hex()
    large = json.dumps({"n": 100, "text": noise})
    copy.target = kafka.topic("small", max__message__bytes=15000)
    copy.feed(0, 100)
    kafka.produce(copy.topic, [{"key": "k1", "value": large}])
    copy.feed(101, 200)
    copy.run(code=3)
    assert sorted(set(copy.copied())) == [n for n in range(200) if n != 100]


def test_one_topic_that_is_missing_rejects_its_own_messages(copy, kafka):
    made = kafka.topic("made")
    kafka.produce(
        copy.topic,
        [
            {"key": "k", "value": json.dumps({"n": n}), "headers": [("to", to)]}
            for n, to in enumerate([b"made", b"gone", b"made", b"gone", b"made"])
        ],
    )
    copy.sink["resource"] = f"{kafka.prefix}.{{attr:to}}"
    copy.out_properties["topic.metadata.propagation.max.ms"] = 1000
    copy.run(code=3)
    copy.target = made
    assert copy.copied() == [0, 2, 4]
    listed = copy.mstream("dlq", "list", "--json", "--config", copy.path())
    reasons = [letter["reason"] for letter in listed.json()]
    assert len(reasons) == 2
    assert all(f"topic '{kafka.prefix}.gone'" in reason for reason in reasons)


# --- faults ---------------------------------------------------------------


def test_a_broker_that_stops_and_starts_costs_nothing(
    own_servers, kafka_at, mstream, mstreamd
):
    servers = own_servers("plain")
    kafka = kafka_at(servers.env()["MSTREAM_TEST_KAFKA"])
    copy = Copy(kafka, mstream, mstreamd)
    copy.feed(0, 2000)
    daemon = copy.daemon()
    wait_until(lambda: kafka.count(copy.target) >= 2000)
    servers.stop("kafka")
    daemon.wait_log("Connection refused")
    servers.start("kafka")
    copy.feed(2000, 4000)
    wait_until(lambda: len(set(copy.copied())) == 4000, 60)
    assert copy.in_order()
    daemon.stop()


def test_one_of_three_brokers_dies_under_load(
    own_servers, kafka_at, mstream, mstreamd
):
    brokers = own_servers("brokers")
    kafka = kafka_at(brokers.env()["MSTREAM_TEST_BROKERS_KAFKA"])
    copy = Copy(kafka, mstream, mstreamd, partitions=6)
    copy.feed(0, 5000)
    copy.daemon()
    wait_until(lambda: kafka.count(copy.target) > 0, 60)
    brokers.kill("kafka:1")
    copy.feed(5000, 10000)
    wait_until(lambda: len(set(copy.copied())) == 10000, 90)
    assert copy.in_order()
    brokers.start("kafka:1")


@pytest.mark.parametrize("fault", ["cut", "stall", "reset"])
def test_a_bad_network_loses_nothing(fault, copy, kafka, fault_proxy):
    copy.out_properties["bootstrap.servers"] = fault_proxy.kafka
    copy.out_properties["socket.timeout.ms"] = 3000
    copy.feed(0, 3000)
    copy.daemon()
    wait_until(lambda: kafka.count(copy.target) > 0)
    for turn in range(2):
        getattr(fault_proxy, fault)("kafka")
        copy.feed(3000 + turn * 1000, 4000 + turn * 1000)
        time.sleep(0.5 if fault != "stall" else 4)
        fault_proxy.restore("kafka")
    wait_until(lambda: len(set(copy.copied())) == 5000, 60)
    assert copy.in_order()


# --- TLS and users --------------------------------------------------------


def secured(secure, **changes):
    return {
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": f"{secure['MSTREAM_TEST_SECURE_TLS']}/ca.pem",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": secure["MSTREAM_TEST_SECURE_KAFKA_USER"],
        "sasl.password": secure["MSTREAM_TEST_SECURE_KAFKA_PASSWORD"],
        **changes,
    }


@pytest.fixture
def secure_copy(secure, kafka_at, mstream, mstreamd):
    kafka = kafka_at(secure["MSTREAM_TEST_SECURE_KAFKA"], **secured(secure))
    copy = Copy(kafka, mstream, mstreamd)
    copy.in_properties.update(secured(secure))
    copy.out_properties.update(secured(secure))
    yield copy
    kafka.close()


def test_scram_over_tls_works_and_logs_no_password(secure_copy):
    secure_copy.feed(0, 20)
    secure_copy.out_properties["debug"] = "all"
    result = secure_copy.run()
    assert sorted(secure_copy.copied()) == list(range(20))
    assert "SASL" in result.err
    assert secure_copy.out_properties["sasl.password"] not in result.err


def allow_only(kafka, topic, *operations):
    """Everybody may do these, and nobody anything else, with the topic."""
    rules = [
        acl.AclBinding(
            acl.ResourceType.TOPIC,
            topic,
            acl.ResourcePatternType.LITERAL,
            "User:*",
            "*",
            operation,
            acl.AclPermissionType.ALLOW,
        )
        for operation in operations
    ]
    for made in kafka.admin.create_acls(rules).values():
        made.result(10)


def feed_two_topics(copy, *names):
    copy.kafka.produce(
        copy.topic,
        [
            {
                "key": "k",
                "value": json.dumps({"n": n}),
                "partition": 0,
                "headers": [("to", names[n % 2].rpartition(".")[2])],
            }
            for n in range(20)
        ],
    )
    copy.sink["resource"] = f"{copy.kafka.prefix}.{{attr:to}}"


def test_a_missing_right_on_one_topic_rejects_its_messages(secure_copy):
    kafka = secure_copy.kafka
    free, locked = kafka.topic("free"), kafka.topic("locked")
    allow_only(
        kafka,
        locked,
        acl.AclOperation.READ,
        acl.AclOperation.DESCRIBE,
        acl.AclOperation.DELETE,
    )
    feed_two_topics(secure_copy, free, locked)
    secure_copy.run(code=3)
    secure_copy.target = free
    assert secure_copy.copied() == list(range(0, 20, 2))
    assert kafka.count(locked) == 0
    assert letter_numbers(secure_copy) == list(range(1, 20, 2))
    allow_only(kafka, locked, acl.AclOperation.WRITE)
    path = secure_copy.path()
    wait_until(lambda: replayed(secure_copy, path))
    secure_copy.target = locked
    assert secure_copy.copied() == list(range(1, 20, 2))


def letter_numbers(copy):
    listed = copy.mstream("dlq", "list", "--json", "--config", copy.path())
    return [letter["position"]["offset"] for letter in listed.json()]


def replayed(copy, path):
    """The brokers take a moment to know of new rights."""
    copy.mstream("dlq", "replay", "--all", "--config", path, code=None)
    return not copy.mstream("dlq", "list", "--json", "--config", path).json()


def test_a_missing_right_on_the_only_topic_stops_the_job(secure_copy):
    kafka = secure_copy.kafka
    secure_copy.feed(0, 5)
    allow_only(
        kafka,
        secure_copy.target,
        acl.AclOperation.READ,
        acl.AclOperation.DESCRIBE,
        acl.AclOperation.DELETE,
    )
    result = secure_copy.run(code=1)
    assert secure_copy.target in result.err
    assert "grant this user WRITE" in result.err


def test_doctor_says_how_long_the_certificates_last(secure_copy):
    told = secure_copy.mstream("doctor", secure_copy.path())
    assert "is good until" in told.out
    assert "a broker answers" in told.out


@pytest.mark.parametrize(
    "change, told",
    [
        ({"sasl.password": "wrong-hush"}, "sasl.password"),
        ({"ssl.ca.location": "/etc/hostname"}, "ssl.ca.location"),
    ],
)
def test_bad_credentials_stop_the_job(secure_copy, change, told):
    secure_copy.out_properties.update(change)
    secure_copy.feed(0, 1)
    result = secure_copy.run(code=1)
    assert told in result.err
    assert "hush" not in result.err
