# SPDX-License-Identifier: MIT
"""Positions of the oplog reader and of the change stream: either goes on where
the other stood."""

import json
import sqlite3
from contextlib import contextmanager

import bson
import pytest
from support.oplog import READERS, Pair
from support.waiting import wait_until

@pytest.fixture
def pair(mongodb, kafka, mstream, mstreamd):
    return Pair(mongodb, kafka, mstream, mstreamd)


def transactions(mongodb):
    """Changes alone and in transactions of two collections."""
    a, b = mongodb.db["a"], mongodb.db["b"]
    a.insert_one({"_id": "first"})
    b.insert_one({"_id": "first"})
    for n in range(3):
        with mongodb.client.start_session() as session, session.start_transaction():
            for i in range(4):
                b.insert_one({"_id": f"{n}-{i}"}, session=session)
                a.insert_one({"_id": f"{n}-{i}"}, session=session)
        a.update_one({"_id": f"{n}-0"}, {"$set": {"n": n}})
        b.insert_one({"_id": f"between {n}"})
    a.drop()
    a.insert_one({"_id": "next life"})


def positions(events, i):
    """The ways to say: behind event i, which both readers understand."""
    event = bson.decode(events[i].value)
    time = event["clusterTime"]
    there = [e for e in map(lambda e: bson.decode(e.value), events)]
    token = {"kind": "mongodb", "token": event["_id"], "start_after": False}
    at = {"seconds": time.time, "ordinal": time.inc}
    if event.get("txnNumber") is None:
        return [token, {"kind": "mongodb", "at": {**at, "after": True}}]
    # Operations of the other collection count, too.
    mine = [e["_id"] for e in there if e["clusterTime"] == time]
    done = 2 * (mine.index(event["_id"]) + 1)
    return [token, {"kind": "mongodb", "at": {**at, "changes": done}}]


@pytest.mark.parametrize("reader", READERS)
def test_every_position_is_understood_by_both_readers(pair, mongodb, mstream, reader):
    transactions(mongodb)
    source = {"resource": "a", "payload": "change", "ddl": True}
    events = pair.compare(**source)
    path = mstream.folder / "from.toml"
    for i in range(0, len(events) - 1, 2):
        for position in positions(events, i):
            pair.round += 1
            path.write_text(pair.config([reader], **source))
            job = f"{reader}_{mongodb.name}_{pair.round}"
            mstream(
                "checkpoints", "set", job, json.dumps(position), "--config", path
            )
            mstream("run", path, "--once", "--timeout", "60")
            assert pair.events(reader) == events[i + 1 :], position


def test_a_job_changes_its_reader_and_goes_on(pair, mongodb, mstream):
    path = mstream.folder / "switch.toml"
    ids = []
    for n in range(6):
        for i in range(5):
            mongodb.db["a"].insert_one({"_id": f"{n}-{i}"})
            ids.append(f"{n}-{i}")
        reader = READERS[n % 2]
        # One topic and one checkpoint for both.
        job = pair.job("oplog", "switch", resource="a")
        text = pair.config([]) + job.replace('"oplog"', f'"{reader}"', 1)
        path.write_text(text)
        mstream("run", path, "--once", "--timeout", "60")
    got = [bson.decode(event.value)["_id"] for event in pair.events("oplog")]
    assert got == ids


def test_a_position_that_is_no_entry_is_lost(pair, mongodb, mstream):
    mongodb.db["a"].insert_one({"_id": 1})
    path = mstream.folder / "lost.toml"
    path.write_text(pair.config(["oplog"], resource="a"))
    job = f"oplog_{mongodb.name}_0"
    time = mongodb.client.admin.command("ping")["operationTime"]
    at = {"seconds": time.time - 1, "ordinal": 999999, "after": True}
    position = json.dumps({"kind": "mongodb", "at": at})
    mstream("checkpoints", "set", job, position, "--config", path)
    result = mstream("run", path, "--once", "--timeout", "60", code=1)
    assert "no longer has the position" in result.err
    path.write_text(pair.config(["oplog"], resource="a", on_lost_position="now"))
    mstream("run", path, "--once", "--timeout", "60")


def test_a_quiet_collection_moves_its_position(pair, mongodb):
    """While others write, so that the server adds no heartbeat."""
    daemon = pair.mstreamd(
        pair.config(["oplog"], resource="a", heartbeat_interval="100ms")
    )
    mongodb.db["a"].insert_one({"_id": 1})
    wait_until(lambda: pair.events("oplog"))
    database = pair.mstream.folder / "state" / "state.db"

    def saved():
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
            return str(db.execute("SELECT * FROM checkpoints").fetchall())

    before = wait_until(saved)
    with mongodb_elsewhere(mongodb) as other:
        other.insert_one({"_id": 1})
        wait_until(lambda: saved() != before)
    daemon.stop()


@contextmanager
def mongodb_elsewhere(mongodb):
    name = f"{mongodb.name}_else"
    yield mongodb.client[name]["other"]
    mongodb.client.drop_database(name)
