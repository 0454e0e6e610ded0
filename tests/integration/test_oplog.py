# SPDX-License-Identifier: MIT
"""The oplog reader beside the change stream: the same events, bit for bit."""

import datetime
import os

import bson
import pytest
from support.oplog import READERS, Pair
from support.oplog_work import Mutator, at_once, begin, in_transaction

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
    {"resource": "*", "payload": "change", "full_document": "off", "ddl": True},
    {"resource": "*", "payload": "debezium", "before": "whenAvailable"},
    {"resource": "b", "payload": "debezium", "full_document": "whenAvailable"},
]


def compare_all(pair, at_least=10):
    return sum(len(pair.compare(at_least=at_least, **o)) for o in OPTIONS)


def test_random_work_looks_the_same(pair, mongodb):
    mongodb.enable_pre_images("a")
    pair.since()
    Mutator(mongodb, SEED).run(500)
    compare_all(pair)


def test_work_of_many_at_once_looks_the_same(pair, mongodb):
    mongodb.enable_pre_images("a")
    pair.since()
    at_once([Mutator(mongodb, SEED + i, ids=i + 1) for i in range(3)], 120)
    compare_all(pair)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(SEED + 1, SEED + 21))
def test_more_random_work_looks_the_same(pair, mongodb, seed):
    mongodb.enable_pre_images("a")
    pair.since()
    mutator = Mutator(mongodb, seed)
    for _ in range(4):
        mutator.run(500)
        mutator.large_transaction(mutator.random.randrange(40_000_000))
    at_once([mutator, Mutator(mongodb, seed + 1000, ids=2)], 300)
    print(compare_all(pair), "events", mutator.kinds)


def test_large_transactions_are_read_part_by_part(pair, mongodb):
    a = mongodb.db["a"]
    a.insert_one({"_id": "before"})
    mongodb.enable_pre_images("a")

    def work(session):
        for i in range(40):
            a.insert_one({"_id": i, "pad": "p" * 1_000_000}, session=session)
        for i in range(5):
            a.update_one({"_id": i}, {"$set": {"n": i}}, session=session)
        a.delete_one({"_id": 3}, session=session)

    in_transaction(mongodb.client, work)
    a.insert_one({"_id": "after"})
    for before in ("off", "whenAvailable"):
        events = pair.compare(
            48, resource="a", before=before, full_document="whenAvailable"
        )
        assert [e.headers["op"] for e in events].count("update") == 5
    pair.compare(48, resource="a")


def test_prepared_transactions_stand_where_they_commit(pair, mongodb):
    mongodb.enable_pre_images("a")
    pair.since()
    a = mongodb.db["a"]
    a.insert_one({"_id": 0})
    admin = mongodb.client.admin
    for end in ("commitTransaction", "abortTransaction"):

        def work(session, end=end):
            for i in range(18):
                large = {"pad": "p" * 1_000_000, "end": end}
                a.insert_one({"_id": f"{end}{i}", **large}, session=session)
            a.update_one({"_id": 0}, {"$set": {"end": end}}, session=session)

        with mongodb.client.start_session() as session:
            begin(session, work)
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


def test_images_that_are_required_look_the_same(pair, mongodb):
    mongodb.enable_pre_images("a")
    pair.since()
    mutator = Mutator(mongodb, SEED, names=["a"])
    mutator.writes(200)
    a = mongodb.db["a"]
    in_transaction(
        mongodb.client,
        lambda session: [mutator.write_mutate(a, session) for _ in range(20)],
    )
    for payload in ("document", "change", "debezium"):
        pair.compare(
            at_least=100,
            resource="a",
            payload=payload,
            before="required",
            full_document="required",
        )


@pytest.mark.parametrize("resource", ["a", "*"])
def test_a_dropped_database_looks_the_same(pair, mongodb, resource):
    for n in range(3):
        mongodb.db["a"].insert_one({"_id": n})
        mongodb.db["b"].insert_one({"_id": n})
        mongodb.client.drop_database(mongodb.name)
    mongodb.db["a"].insert_one({"_id": "last"})
    for source in ({"ddl": True, "payload": "change"}, {"payload": "change"}, {}):
        pair.compare(at_least=4, resource=resource, **source)


def test_renames_look_the_same(pair, mongodb):
    """Away, onto, over another database, of what is watched and what is not."""
    db, other = mongodb.db, f"{mongodb.name}_else"
    for name in ("a", "b", "x"):
        db[name].insert_one({"_id": name})
    db["a"].rename("y")
    db["y"].insert_one({"_id": "y"})
    db["x"].rename("a")
    db["b"].rename("a", dropTarget=True)
    rename = mongodb.client.admin.command
    rename("renameCollection", f"{db.name}.a", to=f"{other}.a")
    rename("renameCollection", f"{other}.a", to=f"{db.name}.a")
    db["y"].rename("z", dropTarget=False)
    db["a"].insert_one({"_id": "last"})
    mongodb.client.drop_database(other)
    for resource in ("a", "*", "y"):
        for source in ({"ddl": True, "payload": "change"}, {"payload": "change"}, {}):
            pair.compare(resource=resource, **source)


def test_keys_of_every_type_look_the_same(pair, mongodb):
    """But for the token of keys whose form in a token is not known here."""
    known = [
        0, 1, -1, 255, -256, 2**31 - 1, -(2**31), bson.Int64(2**62), bson.Int64(-5),
        3.0, -4.0, 2.0**40, "", "x", "nul\0inside", "ü", {}, {"a": {"b": [1, []]}},
        b"", b"x" * 300, bson.Binary(b"x", 2), bson.Binary(b"12345678", 128),
        bson.Binary(bytes(16), 4), bson.ObjectId(), True, False, None, bson.Timestamp(1, 2),
        datetime.datetime(2026, 1, 1), datetime.datetime(1900, 1, 1),
        bson.DBRef("a", 1), {"1": 1, "": 2},
    ]  # fmt: skip
    odd = [
        0.5, -1.25, 1e300, float("inf"), float("-inf"), float("nan"), -0.0, 2.0**60,
        bson.Int64(-(2**63)), bson.Int64(2**63 - 1), bson.Decimal128("1.5"),
        bson.Decimal128("NaN"), bson.Decimal128("0E-10"), bson.MinKey(), bson.MaxKey(),
        bson.Code("f()"), bson.Code("f()", {"x": 1}), {"a": 0.1},
        {"a": bson.Regex("x")}, {"a": [bson.Decimal128("2")]},
    ]  # fmt: skip
    a = mongodb.db["a"]
    for key in [*known, *odd]:
        a.insert_one({"_id": key, "n": 0, "pad": "p" * 200})
        a.update_one({"_id": {"$eq": key}}, {"$set": {"n": 1}})
        a.replace_one({"_id": {"$eq": key}}, {"n": 2})
        a.delete_one({"_id": {"$eq": key}})
    number = 4 * len(known)
    for source in ({}, {"payload": "debezium"}):
        pair.compare(at_least=number, resource="a", **source)
    pair.round += 1
    pair.run(resource="a", payload="change")
    stream, oplog = (pair.events(reader) for reader in READERS)
    assert stream[:number] == oplog[:number]
    for one, other in zip(stream, oplog, strict=True):
        events = bson.decode(one.value), bson.decode(other.value)
        assert (one.key, one.headers) == (other.key, other.headers)
        assert list(events[0]) == list(events[1])
        assert [*one_by_one(events[0])] == [*one_by_one(events[1])]


def one_by_one(event):
    """All but the token, in a form in which NaN equals itself."""
    for name, value in event.items():
        if name != "_id":
            yield name, repr(value)


def test_what_a_migration_writes_is_left_out(pair, mongodb):
    a = mongodb.db["a"]
    a.insert_one({"_id": 0})
    ns = f"{mongodb.name}.a"
    made = {"op": "i", "ns": ns, "o": {"_id": 1}, "fromMigrate": True}
    # With a command among them they are written one by one.
    command = {"op": "c", "ns": f"{mongodb.name}.$cmd", "o": {"create": "b"}}
    mongodb.client.admin.command("applyOps", [made, command])
    a.insert_one({"_id": 2})
    for source in ({}, {"payload": "change", "ddl": True}):
        pair.compare(at_least=2, resource="*", **source)
