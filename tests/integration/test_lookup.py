# SPDX-License-Identifier: MIT
"""Documents that are looked up many at once, beside those that the server
looks up for a change stream."""

import bson
import pytest
from support.oplog import Pair
from support.oplog_work import Mutator
from support.waiting import wait_until

LOOKED_UP = ("change_stream", "batched")


@pytest.fixture
def pair(mongodb, kafka, mstream, mstreamd):
    return Pair(mongodb, kafka, mstream, mstreamd, LOOKED_UP)


OPTIONS = [
    {"resource": "*", "payload": "change", "ddl": True},
    {"resource": "*", "payload": "document", "before": "whenAvailable"},
    {"resource": "a", "payload": "change", "before": "whenAvailable"},
    {"resource": "*", "collections": ["a", "c*"], "operations": ["update", "delete"]},
]


def test_random_work_looks_the_same(pair, mongodb):
    mongodb.enable_pre_images("a")
    pair.since()
    Mutator(mongodb, seed=7).run(400)
    for options in OPTIONS:
        pair.compare(at_least=10, **options)


def test_keys_that_the_server_holds_to_be_the_same(pair, mongodb):
    """1 is 1.0; with a collation Abc is aBC. Whichever spells it so that is
    there, all find it."""
    db = mongodb.db
    db.create_collection("c", collation={"locale": "en", "strength": 1})
    for name, keys in (("n", (1, 1.0, bson.Int64(1))), ("c", ("Abc", "aBC", "abc"))):
        for key in keys:
            db[name].insert_one({"_id": key, "n": 0})
            db[name].update_one({"_id": key}, {"$set": {"n": 1}})
            db[name].delete_one({"_id": key})
        db[name].insert_one({"_id": keys[1]})
        db[name].update_one({"_id": keys[1]}, {"$set": {"last": True}})
        # Found, gone, and one that was never mistaken.
        db[name].insert_one({"_id": "gone"})
        db[name].update_one({"_id": "gone"}, {"$set": {"n": 1}})
        db[name].delete_one({"_id": "gone"})
    for payload in ("change", "document"):
        pair.compare(28, resource="*", payload=payload)
    events = pair.run(["oplog"], resource="*", payload="document") and pair.events("oplog")
    assert [e.value for e in events] == [e.value for e in pair.events("batched")]


def test_documents_of_collections_that_are_gone_or_new(pair, mongodb):
    db = mongodb.db
    for name in ("dropped", "again", "renamed"):
        db[name].insert_many([{"_id": i} for i in range(3)])
        db[name].update_many({}, {"$set": {"n": 1}})
    db["dropped"].drop()
    db["again"].drop()
    db["again"].insert_one({"_id": 1, "life": 2})
    db["renamed"].rename("other")
    for payload in ("change", "document"):
        pair.compare(15, resource="*", payload=payload)


def test_more_than_one_group_and_large_documents(pair, mongodb):
    a = mongodb.db["a"]
    a.insert_many([{"_id": i, "n": 0} for i in range(50)])
    for n in range(40):
        a.update_many({}, {"$set": {"n": n}})
    a.insert_many([{"_id": f"large{i}", "pad": "x" * 5_000_000} for i in range(8)])
    a.update_many({"_id": {"$regex": "large"}}, {"$set": {"n": 1}})
    a.delete_one({"_id": "large3"})
    pair.compare(2000, resource="a", payload="document", batch_size=5000)


def test_events_above_16_mb_are_left_to_the_server(pair, mongodb):
    a = mongodb.db["a"]
    mongodb.enable_pre_images("a")
    pair.since()
    a.insert_one({"_id": 0, "pad": "x" * 10_000_000})
    a.update_one({"_id": 0}, {"$set": {"pad": "y" * 9_000_000}})
    a.update_one({"_id": 0}, {"$set": {"n": 1}})
    a.insert_one({"_id": 1})
    a.update_one({"_id": 1}, {"$set": {"n": 1}})
    for payload in ("change", "document"):
        pair.compare(5, resource="a", payload=payload, before="whenAvailable")


def test_it_is_chosen_where_it_can_be(pair, mstream, mongodb):
    path = mstream.folder / "explain.toml"
    pipeline = '[{"$match": {"fullDocument.x": 1}}]'
    path.write_text(pair.config(["batched"], resource="a", pipeline=pipeline))
    assert "can not go with a pipeline" in mstream("validate", path, code=2).out

    def explained(**source):
        config = pair.config(["change_stream"], resource="a", **source)
        path.write_text(config)
        return mstream("explain", path).out

    assert '"default"' in explained(lookup="auto")
    assert "lookup:   updates' documents many at once" in explained(lookup="auto")
    assert '"updateLookup"' in explained(lookup="server")
    assert '"updateLookup"' in explained(lookup="auto", pipeline=pipeline)


# --- faults ---------------------------------------------------------------


@pytest.mark.parametrize("reader", ["batched", "oplog"])
def test_elections_and_kills_while_documents_are_looked_up(
    reader, own_servers, mongodb_at, kafka, mstream, mstreamd
):
    servers = own_servers("replica")
    mongodb = mongodb_at(servers.env()["MSTREAM_TEST_REPLICA_MONGODB"])
    pair = Pair(mongodb, kafka, mstream, mstreamd, [reader])
    a = mongodb.db["a"]
    made = 0

    def work(n):
        nonlocal made
        for _ in range(n):
            a.insert_one({"_id": made})
            a.update_one({"_id": made}, {"$set": {"n": made}})
            made += 1

    def arrived():
        return len(pair.events(reader))

    source = {"resource": "a"}
    for way in ("step_down", "kill_member", "kill_daemon"):
        daemon = pair.mstreamd(pair.config(**source))
        before = arrived()
        work(50)
        wait_until(lambda before=before: arrived() > before, 60)
        if way == "step_down":
            servers.step_down()
        elif way == "kill_member":
            servers.kill(servers.primary())
        work(50)
        if way == "kill_daemon":
            daemon.kill()
        else:
            servers.up()
            wait_until(lambda: last_is(pair, reader, made - 1), 60)
            daemon.stop()
    pair.run(**source)
    found = {}
    order = []
    for event in pair.events(reader):
        kind = event.headers["op"], event.key
        if kind not in found:
            order.append(kind)
        found[kind] = bson.decode(event.value)
    keys = [str(i).encode() for i in range(made)]
    assert order == [(op, key) for key in keys for op in ("create", "update")]
    assert all(found["update", key] == {"_id": int(key), "n": int(key)} for key in keys)


def last_is(pair, reader, number):
    events = pair.events(reader)
    return events and bson.decode(events[-1].value).get("_id") == number


@pytest.mark.parametrize("reader", ["batched", "oplog"])
@pytest.mark.parametrize(
    "fault",
    [{"errorCode": 72}, {"errorCode": 13436}, {"errorCode": 91}, {"closeConnection": True}],
    ids=["clock", "rollback", "shutdown", "cut"],
)
def test_a_look_up_that_fails_is_made_again(
    reader, fault, mongodb, kafka, mstream, mstreamd
):
    pair = Pair(mongodb, kafka, mstream, mstreamd, [reader])
    a = mongodb.db["a"]
    daemon = pair.mstreamd(pair.config(resource="a"))
    a.insert_one({"_id": 0})
    a.update_one({"_id": 0}, {"$set": {"n": 0}})
    # One document was looked up: the next replies come in advance.
    wait_until(lambda: len(pair.events(reader)) == 2)
    end = fail_finds(pair, reader, mode={"times": 1}, **fault)
    try:
        expected = [("create", 0), ("update", 0)]
        for i in range(1, 30):
            a.insert_one({"_id": i})
            a.update_one({"_id": i}, {"$set": {"n": i}})
            expected += [("create", i), ("update", i)]
        wait_until(lambda: len(pair.events(reader)) >= len(expected), 60)
    finally:
        end()
    daemon.stop()
    events = [(e.headers["op"], bson.decode(e.value)) for e in pair.events(reader)]
    assert [(op, document["_id"]) for op, document in events] == expected
    assert all(document["n"] == document["_id"] for op, document in events if op == "update")


def job_name(pair, reader):
    return f"mstream {reader}_{pair.mongodb.name}_0"


def fail_finds(pair, reader, mode, **data):
    """Make the job's look-ups fail."""
    return pair.mongodb.fail_point(
        "failCommand",
        mode,
        failCommands=["find"],
        appName=job_name(pair, reader),
        **data,
    )
