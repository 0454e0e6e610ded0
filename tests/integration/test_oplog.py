# SPDX-License-Identifier: MIT
"""The oplog reader beside the change stream: the same events, bit for bit."""

import datetime
import os

import pytest
from support.oplog import Mutator, Pair

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
