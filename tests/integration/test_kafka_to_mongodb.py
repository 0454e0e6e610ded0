# SPDX-License-Identifier: MIT
"""MongoDB -> Kafka -> MongoDB: the copy equals the origin."""

import random

import bson
import pymongo
import pytest
from support import ROOT, config
from support.mixed import raw_documents
from support.waiting import wait_until

CANONICAL = {"output_encoding": "json", "json_mode": "canonical"}
BSON = {"output_encoding": "bson"}


class Loop:
    """`users` -> topic -> `copy`."""

    def __init__(self, mongodb, kafka):
        self.mongodb = mongodb
        self.topic = kafka.topic("loop", partitions=3)
        self.kafka = kafka
        time = mongodb.client.admin.command("ping")["operationTime"]
        self.start = f"timestamp:{time.time},{time.inc + 1}"
        self.encoding = "json"

    def services(self, state):
        return (
            config.state(state)
            + config.mongodb(self.mongodb.uri, self.mongodb.name)
            + config.kafka(
                self.kafka.bootstrap,
                **{
                    "group.id": f"group-{self.mongodb.name}",
                    "session.timeout.ms": 6000,
                },
            )
        )

    def out(self, **sink):
        """The job from `users` to the topic."""
        source = {"resource": "users", "start": self.start}
        return self.services("out") + config.job(
            f"out_{self.mongodb.name}",
            {"service_name": "m", **source},
            {"service_name": "k", "resource": self.topic, **sink},
        )

    def back(self, number=""):
        """The job, or one of several, from the topic to `copy`."""
        source = {"input_encoding": self.encoding, "start": "earliest"}
        return self.services(f"back{number}") + config.job(
            f"back_{self.mongodb.name}{number}",
            {"service_name": "k", "resource": self.topic, **source},
            {"service_name": "m", "resource": "copy", "output_encoding": "bson"},
        )

    def same(self):
        db = self.mongodb.db
        return raw_documents(db["users"]) == raw_documents(db["copy"])

    def change(self, count, documents=200, seed=1):
        """Mixed operations; ordered, in batches."""
        pick = random.Random(seed)
        users = self.mongodb.db.users
        batch = []
        keys = [
            bson.ObjectId(f"65f0a1b2c3d4e5f6{n:08x}") if n % 2 else f"key {n}"
            for n in range(documents)
        ]
        values = [1, 2**40, 0.1, "é", None, bson.Decimal128("1.5"), b"x", bson.Int64(7)]
        for number in range(count):
            key = {"_id": pick.choice(keys)}
            kind = pick.randrange(8)
            if kind < 3:
                batch.append(
                    pymongo.ReplaceOne(
                        key, {"n": number, "v": pick.choice(values)}, upsert=True
                    )
                )
            elif kind < 6:
                field = f"f{pick.randrange(4)}"
                change = {"$set": {field: pick.choice(values)}}
                batch.append(pymongo.UpdateOne(key, change))
            else:
                batch.append(pymongo.DeleteOne(key))
            if len(batch) == 1000 or number == count - 1:
                users.bulk_write(batch, ordered=True)
                batch = []


@pytest.fixture
def loop(mongodb, kafka):
    return Loop(mongodb, kafka)


@pytest.mark.parametrize(
    "encoding, sink",
    [
        ("json", CANONICAL),
        ("bson", BSON),
        ("bson", {**BSON, "tombstones": "instead"}),
    ],
    ids=["canonical-json", "bson", "tombstones"],
)
def test_a_copy_through_kafka_is_equal_byte_for_byte(loop, mstreamd, encoding, sink):
    loop.encoding = encoding
    loop.change(1500)
    mstreamd(loop.out(**sink))
    mstreamd(loop.back())
    wait_until(loop.same, 60, what="the copy equal")
    loop.change(500, seed=2)
    wait_until(loop.same, 60, what="the copy equal again")


def test_many_mixed_operations_on_a_thousand_documents_arrive(loop, mstreamd):
    loop.encoding = "bson"
    mstreamd(loop.out(**BSON))
    mstreamd(loop.back())
    loop.change(6000, documents=1000)
    wait_until(loop.same, 240, what="the copy equal")
    assert len(raw_documents(loop.mongodb.db["copy"])) > 500


def test_a_value_that_is_no_document_is_rejected_alone(loop, mstreamd):
    producer_records = [
        {"key": "a", "value": b'{"_id": "a", "n": 1}'},
        {"key": "b", "value": b"[1, 2]"},
        {"key": "c", "value": b"not json"},
        {"key": "d", "value": b'{"n": 1}'},
        {"key": "e", "value": b'{"_id": "e", "n": 1}'},
    ]
    loop.kafka.produce(loop.topic, producer_records)
    daemon = mstreamd(loop.back())
    copy = loop.mongodb.db.copy
    wait_until(lambda: copy.count_documents({}) == 2, 60, what="both documents")
    assert sorted(d["_id"] for d in copy.find()) == ["a", "e"]
    assert daemon.running()


def test_the_example_applies_records(mongodb, kafka, mstreamd):
    topic = kafka.topic("users", partitions=1)
    kafka.produce(
        topic,
        [
            {"key": "ada", "value": b'{"_id": "ada", "age": 36}'},
            {"key": "bob", "value": b'{"_id": "bob", "age": 40}'},
            {"key": "ada", "value": b'{"_id": "ada", "age": 37}'},
            {"key": "bob", "value": None},
        ],
    )
    mstreamd(
        ROOT / "examples" / "kafka-to-mongodb.toml",
        env={
            "MONGO_URI": mongodb.uri,
            "MONGO_DATABASE": mongodb.name,
            "KAFKA_BOOTSTRAP": kafka.bootstrap,
            "KAFKA_TOPIC": topic,
            "KAFKA_GROUP": f"group-{mongodb.name}",
        },
    )
    wait_until(
        lambda: list(mongodb.db.users.find()) == [{"_id": "ada", "age": 37}],
        60,
        what="one user of age 37",
    )
