# SPDX-License-Identifier: MIT
"""The oplog reader beside the change stream: the same events, bit for bit."""

import datetime
import json
import os
import re
import sqlite3
from contextlib import contextmanager

import bson
import pytest
from support.mongo import limited_users
from support.oplog import READERS, Mutator, Pair
from support.waiting import wait_until

SEED = int(os.environ.get("MSTREAM_TEST_SEED", "1"))


@pytest.fixture
def pair(mongodb, kafka, mstream, mstreamd):
    return Pair(mongodb, kafka, mstream, mstreamd)


OPTIONS = [
    {"resource": "*", "payload": "change", "ddl": True},
    {"resource": "*", "payload": "change"},
    {"resource": "*", "payload": "document"},
    {"resource": "*", "collections": ["a", "c*"], "payload": "change"},
    {"resource": "a", "payload": "change", "ddl": True},
    {"resource": "a", "operations": ["create", "update"]},
    {
        "resource": "*",
        "payload": "change",
        "before": "whenAvailable",
        "full_document": "whenAvailable",
    },
    {"resource": "a", "before": "whenAvailable", "full_document": "updateLookup"},
    {"resource": "*", "payload": "change", "full_document": "off"},
]


def compare_all(pair, mongodb, seed, steps):
    mongodb.enable_pre_images("a")
    pair.since()
    Mutator(mongodb, seed=seed).run(steps)
    for options in OPTIONS:
        pair.compare(at_least=10, **options)


def test_random_work_looks_the_same(pair, mongodb):
    compare_all(pair, mongodb, SEED, steps=400)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(SEED + 1, SEED + 21))
def test_more_random_work_looks_the_same(pair, mongodb, seed):
    compare_all(pair, mongodb, seed, steps=2000)


def test_large_transactions_are_read_part_by_part(pair, mongodb):
    a = mongodb.db["a"]
    a.insert_one({"_id": "before"})
    mongodb.enable_pre_images("a")
    with mongodb.client.start_session() as session, session.start_transaction():
        for i in range(20):
            a.insert_one({"_id": i, "pad": "p" * 1_000_000}, session=session)
        for i in range(5):
            a.update_one({"_id": i}, {"$set": {"n": i}}, session=session)
        a.delete_one({"_id": 3}, session=session)
    a.insert_one({"_id": "after"})
    for before in ("off", "whenAvailable"):
        events = pair.compare(
            28, resource="a", before=before, full_document="whenAvailable"
        )
        assert [e.headers["op"] for e in events].count("update") == 5
    pair.compare(28, resource="a")


def test_prepared_transactions_stand_where_they_commit(pair, mongodb):
    mongodb.enable_pre_images("a")
    pair.since()
    a = mongodb.db["a"]
    a.insert_one({"_id": 0})
    admin = mongodb.client.admin
    for end in ("commitTransaction", "abortTransaction"):
        with mongodb.client.start_session() as session:
            session.start_transaction()
            for i in range(18):
                large = {"pad": "p" * 1_000_000, "end": end}
                a.insert_one({"_id": f"{end}{i}", **large}, session=session)
            a.update_one({"_id": 0}, {"$set": {"end": end}}, session=session)
            prepared = admin.command("prepareTransaction", session=session)
            a.insert_one({"_id": f"between {end}"})
            if end == "commitTransaction":
                admin.command(
                    end,
                    commitTimestamp=prepared["prepareTimestamp"],
                    session=session,
                )
            # Of a transaction that was committed: only for the driver.
            session.abort_transaction()
    a.insert_one({"_id": "last"})
    for options in ({"before": "whenAvailable"}, {"payload": "change"}):
        events = pair.compare(23, resource="a", **options)
        assert len(events) == 23


def test_odd_collections_look_the_same(pair, mongodb):
    db = mongodb.db
    db.create_collection("capped", capped=True, size=4096, max=3)
    db.create_collection("times", timeseries={"timeField": "t"})
    db.command("create", "clustered", clusteredIndex={"key": {"_id": 1}, "unique": True})
    db.create_collection("collated", collation={"locale": "en", "strength": 1})
    for i in range(8):
        db["capped"].insert_one({"_id": i})
        db["times"].insert_one({"t": datetime.datetime(2026, 1, 1), "n": i})
        db["clustered"].insert_one({"_id": i, "n": 0})
    db["clustered"].update_many({}, {"$set": {"n": 1}})
    # An id is found by another spelling; 1 by 1.0.
    db["collated"].insert_many([{"_id": "Abc"}, {"_id": 1}, {"_id": "x"}])
    for key in ("Abc", 1, "x"):
        db["collated"].update_one({"_id": key}, {"$set": {"n": 1}})
        db["collated"].delete_one({"_id": key})
    db["collated"].insert_many([{"_id": "aBC"}, {"_id": 1.0}])
    db.command("create", "view", viewOn="clustered", pipeline=[])
    db.command("collMod", "view", viewOn="capped", pipeline=[])
    db["view"].drop()
    db.command("convertToCapped", "clustered", size=100000)
    db["capped"].drop()
    for options in (
        {"payload": "change", "ddl": True},
        {"payload": "change"},
        {},
        {"payload": "change", "resource": "collated"},
    ):
        pair.compare(at_least=5, **{"resource": "*", **options})


def test_documents_of_16_mb_look_the_same(pair, mongodb):
    a = mongodb.db["a"]
    mongodb.enable_pre_images("a")
    pair.since()
    for i in range(3):
        a.insert_one({"_id": i, "n": 0, "pad": "x" * (16 * 1024 * 1024 - 200)})
        a.update_one({"_id": i}, {"$set": {"n": 1}})
    a.delete_one({"_id": 0})
    pair.compare(7, resource="a")
    pair.compare(7, resource="a", before="whenAvailable")


# --- positions ------------------------------------------------------------


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


# --- faults ---------------------------------------------------------------


def distinct(events):
    """In the order of their first coming: a crash may repeat some."""
    seen = {}
    for event in events:
        token = str(bson.decode(event.value)["_id"])
        seen.setdefault(token, event)
    return list(seen.values())


@pytest.mark.parametrize("way", ["step_down", "kill"])
def test_both_readers_agree_through_kills_and_elections(
    way, own_servers, mongodb_at, kafka, mstream, mstreamd
):
    servers = own_servers("replica")
    mongodb = mongodb_at(servers.env()["MSTREAM_TEST_REPLICA_MONGODB"])
    pair = Pair(mongodb, kafka, mstream, mstreamd)
    # Documents that are looked up are of the moment, not of the change.
    source = {"resource": "*", "payload": "change", "full_document": "off"}
    mutator = Mutator(mongodb, SEED)
    mutator.run(50)
    for n in range(3):
        daemon = pair.mstreamd(pair.config(**source))
        arrived = len(pair.events("oplog"))
        mutator.run(100)
        wait_until(lambda arrived=arrived: len(pair.events("oplog")) > arrived, 60)
        if n == 1:
            mutator.indexes = False
            if way == "step_down":
                servers.step_down()
            else:
                servers.kill(servers.primary())
            mutator.run(100)
            servers.up()
            mutator.indexes = True
        daemon.kill()
    pair.run(**source)
    stream, oplog = (distinct(pair.events(reader)) for reader in READERS)
    assert stream == oplog
    assert len(stream) > 300


# --- rights, and which reader it is ----------------------------------------


@pytest.fixture
def person(secure, unique):
    """person(privileges): a connection string of a user with these alone."""
    with limited_users(secure, unique) as made:
        yield made


def doctor(pair, reader, code=None, **source):
    path = pair.mstream.folder / "doctor.toml"
    path.write_text(pair.config([reader], **source))
    result = pair.mstream("doctor", path, "--json", code=code)
    return {f["what"]: f for f in result.json() if f["service"] == "m"}


def test_the_role_that_doctor_prints_is_enough(pair, person):
    create, db = person
    db.command("create", "a", changeStreamPreAndPostImages={"enabled": True})
    source = {"resource": "a", "before": "required", "start": "now"}
    pair.uri = create([])
    found = doctor(pair, "oplog", code=1, **source)
    assert found["reader"]["level"] == "fail"
    assert "local.oplog.rs" in found["reader"]["text"]
    role = re.search(r"createRole\((.*)\)$", found["role"]["text"])[1]
    role = json.loads(re.sub(r"(\w+):", r'"\1":', role))
    pair.uri = create(role["privileges"])
    found = doctor(pair, "oplog", **source)
    assert found["reader"]["level"] == "ok"
    daemon = pair.mstreamd(pair.config(["oplog"], **source))
    daemon.wait_log("is read from the oplog")
    db["a"].insert_one({"_id": 0, "n": 1})
    wait_until(lambda: pair.events("oplog"))
    db["a"].update_one({"_id": 0}, {"$set": {"n": 2}})
    wait_until(lambda: len(pair.events("oplog")) == 2)
    assert bson.decode(pair.events("oplog")[1].value) == {"_id": 0, "n": 2}
    daemon.stop()


def test_auto_takes_the_oplog_where_it_may_and_says_why_not(pair, person, mongodb):
    create, db = person
    mongodb.db["a"].insert_one({"_id": 0})
    done = pair.run(["auto"], resource="a")
    assert "is read from the oplog, which the server" in done.err
    pair.uri = create(
        [
            {
                "resource": {"db": db.name, "collection": "a"},
                "actions": ["find", "changeStream"],
            }
        ]
    )
    pair.round += 1
    done = pair.run(["auto"], resource="a", start="now")
    assert "is read by a change stream: the user may not read" in done.err


def test_what_the_oplog_reader_can_not_do_is_refused(pair, mongodb, mstream):
    path = mstream.folder / "refused.toml"
    pipeline = '[{"$match": {"fullDocument.x": 1}}]'
    path.write_text(pair.config(["oplog"], resource="a", pipeline=pipeline))
    assert "can not run a pipeline" in mstream("validate", path, code=2).out
    path.write_text(pair.config(["auto"], resource="a", pipeline=pipeline))
    mongodb.db["a"].insert_one({"_id": 0, "x": 1})
    mstream("validate", path)
    done = mstream("run", path, "--once", "--timeout", "60")
    assert "by a change stream: the oplog can not be read: the pipeline" in done.err
    mongodb.db.command("create", "v", viewOn="a", pipeline=[])
    path.write_text(pair.config(["oplog"], resource="v"))
    done = mstream("run", path, "--once", "--timeout", "60", code=1)
    assert "is a view or a time-series collection" in done.err


def test_explain_shows_what_is_asked_for(pair, mstream):
    path = mstream.folder / "explain.toml"
    path.write_text(pair.config(["oplog"], resource="a"))
    assert "local.oplog.rs" in mstream("explain", path).out
