# SPDX-License-Identifier: MIT
"""MongoDB -> Kafka -> MongoDB: the copy is the original."""

import time

import pytest
from support import config
from support.mixed import VALUES, Mixed, difference, raw_documents, values

# What the way there writes, and the way back reads.
ENCODINGS = {
    "canonical": (
        {"output_encoding": "json", "json_mode": "canonical"},
        {"input_encoding": "json"},
    ),
    "relaxed": ({"output_encoding": "json"}, {"input_encoding": "json"}),
    "bson": ({"output_encoding": "bson"}, {"input_encoding": "bson"}),
}
LOOKED_UP = {"full_document": "updateLookup"}
PRE_IMAGES = {"full_document": "required", "before": "required"}


class Trip:
    """Two jobs in one daemon: `users` to a topic, and on to `copy`."""

    def __init__(self, mongodb, kafka, mstreamd):
        self.mongodb, self.mstreamd = mongodb, mstreamd
        self.topic = kafka.topic("users", partitions=3)
        self.kafka = kafka
        self.users, self.copy = mongodb.db["users"], mongodb.db["copy"]
        now = mongodb.client.admin.command("ping")["operationTime"]
        self.start = f"timestamp:{now.time},{now.inc + 1}"

    def daemon(self, encoding, source=None):
        there, back = ENCODINGS[encoding]
        users = {"service_name": "m", "resource": "users"}
        topic = {"service_name": "k", "resource": self.topic}
        copy = {"service_name": "m", "resource": "copy"}
        return self.mstreamd(
            config.state()
            + config.mongodb(self.mongodb.uri, self.mongodb.name)
            + config.kafka(
                self.kafka.bootstrap, **{"auto.offset.reset": "earliest"}
            )
            + config.job(
                f"there_{self.mongodb.name}",
                {**users, "start": self.start, **(source or LOOKED_UP)},
                {**topic, **there},
            )
            + config.job(
                f"back_{self.mongodb.name}",
                {**topic, **back},
                {**copy, "output_encoding": "bson"},
            )
        )

    def wait_equal(self, contents, deadline=60):
        wanted = contents(self.users)
        end = time.monotonic() + deadline
        while (there := contents(self.copy)) != wanted:
            assert time.monotonic() < end, difference(wanted, there)
            time.sleep(0.3)
        return wanted


@pytest.fixture
def trip(mongodb, kafka, mstreamd):
    return Trip(mongodb, kafka, mstreamd)


def check(trip, encoding, operations, source):
    mixed = Mixed(trip.users)
    mixed.write(operations // 2)
    daemon = trip.daemon(encoding, source)
    mixed.write(operations - operations // 2)
    contents = values if encoding == "relaxed" else raw_documents
    wanted = trip.wait_equal(contents)
    assert len(wanted) > 500
    # What was in flight may not undo it.
    daemon.stop()
    assert contents(trip.copy) == wanted
    assert trip.kafka.count(trip.topic) == operations


@pytest.mark.parametrize("encoding", ["canonical", "relaxed", "bson"])
def test_a_copy_by_way_of_kafka_is_equal(trip, encoding):
    check(trip, encoding, 6000, LOOKED_UP)


@pytest.mark.parametrize("encoding", ["canonical", "bson"])
def test_a_copy_with_pre_images_is_equal(trip, mongodb, encoding):
    mongodb.enable_pre_images("users")
    check(trip, encoding, 6000, PRE_IMAGES)


def many():
    """All six ways; one of them in every run of the tests."""
    for encoding in ENCODINGS:
        for images in (False, True):
            often = encoding == "canonical" and not images
            marks = [] if often else [pytest.mark.soak]
            yield pytest.param(encoding, images, marks=marks)


@pytest.mark.parametrize("encoding, images", list(many()))
def test_a_copy_of_100000_operations_is_equal(trip, mongodb, encoding, images):
    if images:
        mongodb.enable_pre_images("users")
    check(trip, encoding, 100000, PRE_IMAGES if images else LOOKED_UP)


def test_every_type_of_bson_comes_back_alone(trip):
    trip.users.insert_many(
        [{"_id": n, "value": value} for n, value in enumerate(VALUES)]
    )
    trip.daemon("canonical")
    trip.wait_equal(raw_documents)
