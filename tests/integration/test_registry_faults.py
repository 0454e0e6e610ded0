# SPDX-License-Identifier: MIT
"""Registries that fail: nothing is lost, and what is refused says why."""

import time

import pytest
from support import config, registry
from support.orders import V1, V2, WANTED, Jobs, encode, entry, orders
from support.registry import FakeRegistry
from support.waiting import wait_until

COUNT = 50
BASIC = "Basic YXBwOnMzY3JldC1wYXNzd29yZA=="
SECRETS = ("s3cret-password", "s3cret-token", "YXBwOnMzY3JldC1wYXNzd29yZA==")


@pytest.fixture
def make_fake():
    made = []

    def make(*arguments, **keys):
        made.append(FakeRegistry(*arguments, **keys))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def fake(make_fake):
    return make_fake()


@pytest.fixture
def jobs(mongodb, kafka, tmp_path):
    return Jobs(mongodb, kafka, tmp_path)


@pytest.fixture
def letters(mstream):
    """letters(): the reasons of what was rejected, by the daemon's state."""

    def reasons():
        found = mstream(
            "dlq", "list", "--json", "--config", mstream.folder / "mstream-0.toml"
        )
        return [letter["reason"] for letter in found.json()]

    return reasons


def written(documents, schema, number):
    return [encode(document, schema, number) for document in documents]


FAULTS = {
    "late": (registry.late, "Operation timed out"),
    "half": (registry.half, "transfer closed"),
    "nonsense": (registry.nonsense, "not what was asked for"),
    "page": (registry.page, "no JSON of a schema registry"),
    "endless": (registry.endless, "larger than"),
    "500": (registry.status(500, 50001), "storage fails: not now (50001)"),
    "429": (registry.status(429, None, [("Retry-After", "1")]), "too many requests"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_failing_registry_is_waited_for(name, jobs, fake, kafka, mstreamd, letters):
    fault, said = FAULTS[name]
    topic = kafka.topic("orders", partitions=1)
    number = fake.add("orders", V1)
    kafka.produce(topic, written(orders(0, COUNT), V1, number))
    fake.fault = fault
    daemon = mstreamd(
        jobs.services(fake.url, timeout="500ms") + jobs.from_kafka(topic)
    )
    daemon.wait_log(said)
    asked = len(fake.requests)
    wait_until(lambda: len(fake.requests) > asked + 1, 30, what="another attempt")
    assert jobs.mongodb.db.copy.count_documents({}) == 0
    assert daemon.rss_kb() < 150_000
    fake.fault = None
    assert jobs.copied(COUNT) == orders(0, COUNT)
    assert letters() == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (registry.status(401), "the login is refused"),
        (registry.status(403), "the login has not the right"),
        (registry.status(302, None, [("Location", "http://127.0.0.1:1/")]),
         "redirects are not followed"),
        (registry.status(404, 404), "there is no schema registry at this address"),
    ],
    ids=["401", "403", "redirect", "404"],
)  # fmt: skip
def test_what_a_person_has_to_mend_fails_the_job_and_loses_nothing(
    fault, said, jobs, fake, kafka, mstreamd, letters
):
    topic = kafka.topic("orders", partitions=1)
    number = fake.add("orders", V1)
    kafka.produce(topic, written(orders(0, COUNT), V1, number))
    fake.fault = fault
    daemon = mstreamd(jobs.services(fake.url) + jobs.from_kafka(topic))
    daemon.wait_log(said)
    daemon.wait_log("failed: tried again in 60 s")
    fake.fault = None
    daemon.reload()
    assert jobs.copied(COUNT) == orders(0, COUNT)
    assert letters() == []


def test_numbers_that_name_nothing_to_read_are_rejected_alone(
    jobs, fake, kafka, mstreamd, letters
):
    topic = kafka.topic("orders", partitions=1)
    good = fake.add("orders", V1)
    json_schema = fake.add("j", {"type": "object"}, schemaType="JSON")
    protobuf = fake.add("p", 'syntax = "proto3";', schemaType="PROTOBUF")
    referring = fake.add(
        "r", V1, references=[{"name": "x", "subject": "shared", "version": 3}]
    )
    broken = fake.add("b", '{"type": "recor"}')
    docs = orders(0, COUNT)
    values = written(docs, V1, good)
    reasons = {
        999: "there is no such schema",
        json_schema: "is a JSON Schema, not Avro",
        protobuf: "PROTOBUF",
        referring: "shared",
        broken: f"schema {broken}, which it was written with",
    }
    for number in reasons:
        values.insert(10, values[0][:1] + number.to_bytes(4, "big") + values[0][5:])
    values[20:20] = [b"", b"\1" + values[0][1:], b"\0\0\0"]
    kafka.produce(topic, values)
    mstreamd(jobs.services(fake.url) + jobs.from_kafka(topic))
    assert jobs.copied(COUNT) == docs
    wait_until(lambda: len(letters()) == 8, 30, what="all letters")
    found = letters()
    for reason in reasons.values():
        assert sum(reason in one for one in found) == 1, (reason, found)
    assert sum("there is no Confluent frame" in one for one in found) == 3


def test_a_number_is_asked_for_once(jobs, fake, kafka, mstreamd):
    topic = kafka.topic("orders", partitions=2)
    old, new = fake.add("orders", V1), fake.add("orders", V2)
    first, second = orders(0, 500), orders(500, 500, city="Kyiv")
    for part, schema, number in ((first, V1, old), (second, V2, new)):
        kafka.produce(
            topic,
            [
                {"key": d["_id"], "value": encode(d, schema, number)}
                for d in part
            ],
        )
    mstreamd(jobs.services(fake.url) + jobs.from_kafka(topic))
    assert jobs.copied(1000) == first + second
    assert sorted(fake.paths()) == [f"/schemas/ids/{n}" for n in (old, new)]


def test_an_unknown_number_is_not_asked_for_with_each_event(
    jobs, fake, kafka, mstreamd, letters
):
    topic = kafka.topic("orders", partitions=1)
    kafka.produce(topic, written(orders(0, 200), V1, 77))
    mstreamd(jobs.services(fake.url) + jobs.from_kafka(topic))
    wait_until(lambda: len(letters()) == 200, 120, what="all letters")
    assert fake.paths() == ["/schemas/ids/77"]


def test_more_numbers_than_are_kept_are_all_read(jobs, fake, kafka, mstreamd):
    topic = kafka.topic("orders", partitions=1)
    for number in range(1, 1201):
        fake.add("orders", {**V1, "doc": str(number)}, number)
    docs = orders(0, 2400)
    kafka.produce(
        topic, [encode(d, V1, i % 1200 + 1) for i, d in enumerate(docs)]
    )
    daemon = mstreamd(jobs.services(fake.url) + jobs.from_kafka(topic))
    assert jobs.copied(2400, seconds=120) == docs
    assert daemon.rss_kb() < 200_000


def test_a_registry_that_is_down_holds_up_neither_the_start_nor_other_jobs(
    jobs, fake, kafka, mongodb, mstreamd
):
    topic, other = kafka.topic("orders"), kafka.topic("other")
    number = fake.add("orders", WANTED)
    kafka.produce(topic, written(orders(0, COUNT), V1, fake.add("orders", V1)))
    kafka.produce(other, ['{"_id": "x"}'])
    wanted = {"id": "w", "service_name": "registry", "resource": str(number)}
    down = {"service_name": "k", "resource": other, "input_encoding": "json"}
    fake.fault = registry.late
    daemon = mstreamd(
        jobs.services(fake.url, timeout="60s")
        + jobs.from_kafka(topic, [wanted], schema_id="w")
        + jobs.job(
            {**down, "start": "earliest"},
            {"service_name": "m", "resource": "other"},
            "plain",
        )
    )
    wait_until(lambda: mongodb.db.other.count_documents({}) == 1, 30, what="other")
    # An answer that is waited for does not hold up the end.
    wait_until(lambda: fake.requests, 30, what="a request")
    began = time.monotonic()
    daemon.stop()
    assert time.monotonic() - began < 15
    fake.fault = registry.status(503)
    daemon = mstreamd(daemon.config)
    daemon.wait_log("the registry can not answer")
    fake.fault = None
    assert [d["place"] for d in jobs.copied(COUNT)] == ["?"] * COUNT


def test_a_stop_while_the_registry_is_away_loses_nothing(
    jobs, fake, kafka, mstreamd, letters
):
    topic = kafka.topic("orders", partitions=1)
    old, new = fake.add("orders", V1), fake.add("orders", V2)
    docs = orders(0, COUNT) + orders(COUNT, COUNT, city="Kyiv")
    kafka.produce(
        topic, written(docs[:COUNT], V1, old) + written(docs[COUNT:], V2, new)
    )
    daemon = mstreamd(jobs.services(fake.url) + jobs.from_kafka(topic))
    daemon.wait_ready()
    fake.fault = registry.status(500)
    wait_until(
        lambda: len(fake.requests) > 3 or jobs.mongodb.db.copy.count_documents({}),
        30,
        what="attempts",
    )
    daemon.stop()
    fake.fault = None
    mstreamd(daemon.config)
    assert jobs.copied(2 * COUNT) == docs
    assert letters() == []


@pytest.mark.parametrize("login", ["basic", "bearer"])
def test_a_login_is_sent_and_never_shown(
    login, jobs, make_fake, kafka, mstreamd, mstream
):
    keys = {
        "basic": {"username": "app", "password": "${REGISTRY_PASSWORD}"},
        "bearer": {"token": "s3cret-token"},
    }[login]
    fake = make_fake(
        authorization=BASIC if login == "basic" else "Bearer s3cret-token"
    )
    env = {"REGISTRY_PASSWORD": "s3cret-password"}
    topic = kafka.topic("orders", partitions=1)
    number = fake.add("orders", V1)
    kafka.produce(topic, written(orders(0, 3), V1, number))
    text = jobs.services(fake.url, **keys) + jobs.from_kafka(topic)
    daemon = mstreamd(text, env=env)
    assert jobs.copied(3) == orders(0, 3)
    daemon.stop()
    fake.authorization = "Basic another"
    daemon = mstreamd(daemon.config, env=env)
    kafka.produce(topic, written(orders(3, 3), V1, number + 1))
    daemon.wait_log("the login is refused")
    shown = [daemon.stderr()]
    for command in (["doctor"], ["explain"], ["validate"], ["explain", "--json"]):
        done = mstream(*command, daemon.config, env=env, code=None)
        shown.append(done.out + done.err)
    assert "the login is refused" in shown[1]
    for secret in SECRETS:
        assert not any(secret in text for text in shown)


def test_a_client_certificate_is_shown_to_who_wants_one(
    jobs, make_fake, registry_servers, kafka, mstreamd, mstream
):
    folder = registry_servers["MSTREAM_TEST_REGISTRY_CERTIFICATES"]
    fake = make_fake(folder, mutual=True)
    topic = kafka.topic("orders", partitions=1)
    kafka.produce(topic, written(orders(0, 3), V1, fake.add("orders", V1)))
    keys = {"tls_ca_file": f"{folder}/ca.pem"}
    path = mstream.folder / "without.toml"
    path.write_text(jobs.services(fake.url, **keys) + jobs.from_kafka(topic))
    assert "ertificate" in mstream("doctor", path, code=1).out
    keys["tls_certificate_file"] = f"{folder}/client.pem"
    mstreamd(jobs.services(fake.url, **keys) + jobs.from_kafka(topic))
    assert jobs.copied(3) == orders(0, 3)


def test_each_address_is_tried(jobs, make_fake, kafka, mstreamd):
    dead, first, second = make_fake(), make_fake(), make_fake()
    dead.close()
    first.fault = registry.status(503)
    topic = kafka.topic("orders", partitions=1)
    for fake in (first, second):
        fake.add("orders", V1)
    kafka.produce(topic, written(orders(0, 3), V1, 1))
    mstreamd(
        jobs.services([dead.url, first.url, second.url]) + jobs.from_kafka(topic)
    )
    assert jobs.copied(3) == orders(0, 3)
    assert first.requests and second.requests


@pytest.mark.parametrize(
    ("keys", "source", "sink", "said"),
    [
        ({}, {}, {}, None),
        ({"url": "registry:8081"}, {}, {}, "begins with http:// or https://"),
        ({"url": "http://u:p4ss@h/"}, {}, {}, "an address has no login in it"),
        ({"password": "x"}, {}, {}, "'password' has no effect without 'username'"),
        ({"tls_ca_file": "/nowhere"}, {}, {}, "the file can not be read"),
        ({}, {"schema_registry": "files"}, {}, "gives schemas no numbers"),
        ({}, {"schema_registry": "regstry"}, {}, 'did you mean "registry"?'),
        ({}, {"framing": "bare"}, {}, "remove 'framing'"),
        ({}, {}, {"auto_register": True}, "nothing is registered here"),
        ({}, {"schema_id": "bad"}, {}, "names no subject"),
        (
            {},
            {"schema_id": "order"},
            {
                "service_name": "k",
                "resource": "{attr:x}",
                "output_encoding": "avro",
                "schema_registry": "registry",
                "schema_id": "order",
            },
            "add 'subject'",
        ),
    ],
)
def test_validate_finds_what_can_not_be_without_asking(
    keys, source, sink, said, jobs, fake, mstream, tmp_path
):
    path = tmp_path / "validate.toml"
    url = keys.pop("url", fake.url)
    bad = {"id": "bad", "service_name": "registry", "resource": ":3"}
    entries = [entry("order.avsc"), bad]
    path.write_text(
        jobs.services(url, **keys) + jobs.from_kafka("t", entries, sink, **source)
    )
    done = mstream("validate", path, code=0 if said is None else 2)
    assert said is None or said in done.out + done.err
    assert "p4ss" not in done.out + done.err
    assert fake.requests == []
