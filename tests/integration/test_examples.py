# SPDX-License-Identifier: MIT
"""Every example starts and does what its first lines say."""

import json
from pathlib import Path

import pytest
from support import ROOT
from support.waiting import wait_until

EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))


def orders(folder):
    """Return the documents of the quick start's files, in order."""
    found = []
    for path in sorted(Path(folder).glob("quickstart-out/orders-*")):
        for line in path.read_text().splitlines():
            found.append(json.loads(line))
    return found


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_valid(mstream, path):
    mstream("validate", path)


def test_there_are_examples():
    assert {"quickstart", "mongodb-to-kafka"} <= {p.stem for p in EXAMPLES}


def test_the_quick_start_goes_on_where_it_stopped(mstreamd, tmp_path):
    example = ROOT / "examples" / "quickstart.toml"
    for expected in (5, 10, 15):
        daemon = mstreamd(example)
        wait_until(lambda: len(orders(tmp_path)) >= expected)
        daemon.stop()
        assert '"_id"' in daemon.stdout()
    # Deletes have no `seq`; every other document counts on.
    numbers = [order.get("seq") for order in orders(tmp_path)]
    for at, number in enumerate(numbers, start=1):
        assert number in (at, None), numbers


def test_mongodb_to_kafka_delivers(mstreamd, mongodb, kafka):
    topic = f"{kafka.prefix}.users"
    daemon = mstreamd(
        ROOT / "examples" / "mongodb-to-kafka.toml",
        env={
            "MONGO_URI": mongodb.uri,
            "MONGO_DATABASE": mongodb.name,
            "KAFKA_BOOTSTRAP": kafka.bootstrap,
            "KAFKA_TOPIC": topic,
        },
    )
    users = mongodb.db["users"]
    wait_until(lambda: follows(mongodb), what="the change stream")
    users.insert_one({"_id": "ada", "age": 36})
    users.update_one({"_id": "ada"}, {"$set": {"age": 37}})
    # The update's document is looked up: it must still be there.
    wait_until(lambda: kafka.exists(topic) and kafka.count(topic) >= 2)
    users.delete_one({"_id": "ada"})
    wait_until(
        lambda: kafka.exists(topic) and kafka.count(topic) >= 3
    )
    records = kafka.consume_all(topic)
    daemon.stop()
    kafka.admin.delete_topics([topic])
    assert [r.key for r in records] == [b"ada"] * 3
    assert [r.headers["op"] for r in records] == ["create", "update", "delete"]
    assert json.loads(records[1].value) == {"_id": "ada", "age": 37}
    assert records[2].value is None


def follows(mongodb):
    """True once a change stream on this test's database is open."""
    pipeline = [
        {"$currentOp": {"allUsers": True, "idleCursors": True}},
        {"$match": {"ns": {"$regex": f"^{mongodb.name}[.]"}}},
    ]
    return list(mongodb.client.admin.aggregate(pipeline))
