# SPDX-License-Identifier: MIT
"""Both readers through elections, kills, rollbacks and lost positions."""

import os
import signal

import bson
import pymongo
import pytest
from support.edited import Edited, without_parts
from support.oplog import READERS, Pair
from support.oplog_work import Mutator, in_transaction
from support.waiting import wait_until

SEED = int(os.environ.get("MSTREAM_TEST_SEED", "1"))
# Documents that are looked up are of the moment, not of the change.
CHANGES = {"resource": "*", "payload": "change", "full_document": "off"}


def distinct(events):
    """In the order of their first coming: a crash may repeat some."""
    seen = {}
    for event in events:
        token = str(bson.decode(event.value)["_id"])
        seen.setdefault(token, event)
    return list(seen.values())


@pytest.fixture
def replica(own_servers):
    return own_servers("replica")


@pytest.fixture
def mongodb3(replica, mongodb_at):
    return mongodb_at(replica.env()["MSTREAM_TEST_REPLICA_MONGODB"])


@pytest.fixture
def pair3(mongodb3, kafka, mstream, mstreamd):
    return Pair(mongodb3, kafka, mstream, mstreamd)


def hurt(replica, way):
    if way == "step_down":
        replica.step_down()
    elif way == "kill":
        replica.kill(replica.primary())
    else:
        main = replica.primary()
        replica.kill(next(s["name"] for s in replica.servers if s["name"] != main))


def through(pair, mutator, replica, ways):
    """Work, and both readers; with these faults among it. The events."""
    mutator.run(50)
    for n, way in enumerate(ways):
        daemon = pair.mstreamd(pair.config(**CHANGES))
        arrived = len(pair.events("oplog"))
        mutator.run(100)
        wait_until(lambda arrived=arrived: len(pair.events("oplog")) > arrived, 60)
        if way is not None:
            # What waits for all members does not end while one is away.
            mutator.indexes = mutator.prepares = False
            hurt(replica, way)
            mutator.run(100)
            replica.up()
            mutator.indexes = mutator.prepares = True
        daemon.kill()
    pair.run(**CHANGES)
    stream, oplog = (distinct(pair.events(reader)) for reader in READERS)
    assert stream == oplog
    return stream


@pytest.mark.parametrize("way", ["step_down", "kill", "kill_other"])
def test_both_readers_agree_through_kills_and_elections(
    way, replica, mongodb3, pair3
):
    mutator = Mutator(mongodb3, SEED)
    assert len(through(pair3, mutator, replica, [None, way, None])) > 300


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(SEED + 1, SEED + 4))
def test_both_readers_agree_through_many_faults(seed, replica, mongodb3, pair3):
    mutator = Mutator(mongodb3, seed)
    ways = [
        mutator.random.choice([None, "step_down", "kill", "kill_other"])
        for _ in range(12)
    ]
    print(ways)
    print(len(through(pair3, mutator, replica, ways)), "events", mutator.kinds)


def test_readers_that_take_turns_lose_nothing(pair, mongodb, mstream):
    """One job, whose reader is another one after each kill -9, also amidst
    transactions."""
    mutator = Mutator(mongodb, SEED)
    source = {**CHANGES, "batch_size": 7}
    text = pair.config([], **source) + pair.job("oplog", "turns", **source)

    def insert_turn(session, n):
        for i in range(60):
            mongodb.db["a"].insert_one({"turn": n, "i": i}, session=session)

    def turn(n):
        return text.replace('reader = "oplog"', f'reader = "{READERS[n % 2]}"')

    for n in range(8):
        daemon = pair.mstreamd(turn(n))
        arrived = len(pair.events("oplog"))
        mutator.run(25)
        in_transaction(mongodb.client, lambda session, n=n: insert_turn(session, n))
        wait_until(
            lambda arrived=arrived: len(pair.events("oplog")) > arrived + 20, 60
        )
        daemon.kill()
    path = mstream.folder / "turns.toml"
    path.write_text(turn(0))
    mstream("run", path, "--once", "--timeout", "60")
    pair.run(["change_stream"], **CHANGES)
    stream, turns = (distinct(pair.events(reader)) for reader in READERS)
    assert stream == turns


# --- rollback -------------------------------------------------------------


def member(replica, name):
    return pymongo.MongoClient(replica.named(name)[0]["ping"])


def replies(client):
    """How often the oplog was asked for more, per cursor of the daemon."""
    pipeline = [
        {"$currentOp": {"allUsers": True, "idleCursors": True}},
        {"$match": {"cursor.originatingCommand.find": "oplog.rs"}},
    ]
    return {
        op["cursor"]["cursorId"]: op["cursor"]["nBatchesReturned"]
        for op in client.admin.aggregate(pipeline)
        if op.get("appName", "").startswith("mstream")
    }


@pytest.mark.parametrize(
    "way", ["kill", pytest.param("freeze", marks=pytest.mark.soak)]
)
def test_a_write_that_is_rolled_back_is_never_seen(
    way, replica, mongodb3, pair3
):
    a = mongodb3.db["a"]
    a.insert_one({"_id": "before", "n": 0, "pad": "p" * 300})
    daemon = pair3.mstreamd(pair3.config(**CHANGES))
    wait_until(lambda: all(pair3.events(reader) for reader in READERS))
    old = replica.primary()
    others = [s["name"] for s in replica.servers if s["name"] != old]
    clients = [member(replica, name) for name in others]
    for client in clients:
        command = client.admin.command
        command("configureFailPoint", "stopReplProducer", mode="alwaysOn")
    for client in clients:
        client.admin.command(
            "waitForFailPoint", "stopReplProducer", timesEntered=1, maxTimeMS=30000
        )
    alone = member(replica, old)
    lose(alone, mongodb3.name)
    # The tail is asked again and again, and must not give them.
    asked = wait_until(lambda: replies(alone))
    wait_until(
        lambda: any(n > asked.get(i, n) + 3 for i, n in replies(alone).items())
    )
    if way == "kill":
        replica.kill(old)
    else:
        replica.pause(old)
    for client in clients:
        client.admin.command("configureFailPoint", "stopReplProducer", mode="off")
    wait_until(
        lambda: any(c.admin.command("hello")["isWritablePrimary"] for c in clients)
    )
    majority = a.with_options(write_concern=pymongo.WriteConcern("majority"))
    wait_until(lambda: inserted(majority, "after"))
    if way == "kill":
        replica.start(old)
    else:
        replica.resume(old)
    # It has taken them back when it has what was written since.
    rolled_back = member(replica, old)[mongodb3.name]["a"].with_options(
        read_preference=pymongo.ReadPreference.SECONDARY_PREFERRED
    )
    wait_until(lambda: found(rolled_back, "after"), 60)
    assert not found(rolled_back, "lost")
    wait_until(lambda: inserted(majority, "last"))
    wait_until(lambda: all(b"last" in keys(pair3, r) for r in READERS), 60)
    daemon.stop()
    for reader in READERS:
        assert [k for k in keys(pair3, reader) if b"lost" in k] == []
    stream, oplog = (distinct(pair3.events(reader)) for reader in READERS)
    assert stream == oplog


def lose(client, database):
    """Writes that no other member gets."""
    alone = pymongo.WriteConcern(1, j=True)
    a = client[database].get_collection("a", write_concern=alone)
    a.insert_one({"_id": "lost"})
    a.update_one({"_id": "before"}, {"$set": {"n": "lost"}})
    with client.start_session() as session:
        with session.start_transaction(write_concern=alone):
            a.insert_one({"_id": "lost too"}, session=session)
            a.delete_one({"_id": "before"}, session=session)


def inserted(collection, key):
    try:
        collection.insert_one({"_id": key})
    except pymongo.errors.DuplicateKeyError:
        pass
    except pymongo.errors.PyMongoError:
        return False
    return True


def found(collection, key):
    try:
        return collection.find_one({"_id": key})
    except pymongo.errors.PyMongoError:
        return None


def keys(pair, reader):
    return [event.key for event in pair.events(reader)]


def test_images_that_stand_in_the_oplog_look_the_same(replica, mongodb3, pair3):
    """As older servers keep what findAndModify returns."""
    name = "storeFindAndModifyImagesInSideCollection"
    clients = [member(replica, server["name"]) for server in replica.servers]
    for client in clients:
        client.admin.command("setParameter", 1, **{name: False})
    mutator = Mutator(mongodb3, SEED, names=["a", "b"])
    mutator.writes(30)
    for n in range(60):
        mutator.write_find_and_modify(mongodb3.db["ab"[n % 2]], None)
    for client in clients:
        client.admin.command("setParameter", 1, **{name: True})
    entries = {"op": "n", "ns": f"{mongodb3.name}.a"}
    assert mongodb3.client.local["oplog.rs"].count_documents(entries) > 5
    for before in ("off", "whenAvailable"):
        for payload in ("change", "document"):
            pair3.compare(60, resource="*", payload=payload, before=before)


# --- lost positions -------------------------------------------------------


@pytest.fixture
def pair(mongodb, kafka, mstream, mstreamd):
    return Pair(mongodb, kafka, mstream, mstreamd)


def test_a_transaction_whose_beginning_is_gone_is_a_lost_position(
    pair, mongodb, mstream
):
    a = mongodb.db["a"]
    in_transaction(
        mongodb.client,
        lambda session: [
            a.insert_one({"_id": i, "pad": "p" * 1_000_000}, session=session)
            for i in range(17)
        ],
    )
    oplog = mongodb.client.local["oplog.rs"]
    commit = oplog.find_one(
        {"o.applyOps.ns": f"{mongodb.name}.a", "o.count": {"$gt": 1}}, {"ts": 1}
    )["ts"]
    a.insert_one({"_id": "after"})
    gone = [True]
    proxy = Edited(
        mongodb.uri, request=lambda data: without_parts(data) if gone[0] else data
    )
    pair.uri = proxy.uri
    source = {"resource": "a", "start": f"timestamp:{commit.time},{commit.inc}"}
    path = mstream.folder / "lost.toml"
    path.write_text(pair.config(["oplog"], **source))
    done = mstream("run", path, "--once", "--timeout", "60", code=1)
    assert "the server no longer has the position" in done.err
    assert "the beginning of a transaction is no longer in the oplog" in done.err
    assert pair.events("oplog") == []
    source["on_lost_position"] = "now"
    daemon = pair.mstreamd(pair.config(["oplog"], **source))
    daemon.wait_log("POSITION LOST")
    # So are all single entries, the one too that it goes on from.
    gone[0] = False

    def goes_on():
        a.insert_one({})
        return pair.events("oplog")

    wait_until(goes_on)
    daemon.stop()
    proxy.close()


@pytest.mark.soak
def test_a_reader_that_the_oplog_overtakes_says_what_is_lost(
    own_servers, mongodb_at, kafka, mstream, mstreamd
):
    """While it runs, and while it does not."""
    # The smallest oplog that the server truncates; it does so by the minute.
    servers = own_servers("plain", oplog_mb=1)
    mongodb = mongodb_at(servers.env()["MSTREAM_TEST_MONGODB"])
    pair = Pair(mongodb, kafka, mstream, mstreamd)
    source = {"resource": "a", "batch_size": 1}
    mongodb.db["a"].insert_one({"_id": 0})
    pair.run(["oplog"], **source)
    text = pair.config([], **source) + pair.job("oplog", "running", **source)
    daemon = mstreamd(text)
    wait_until(lambda: len(pair.events("oplog")) == 2)
    os.kill(daemon.pid, signal.SIGSTOP)
    time = mongodb.client.admin.command("ping")["operationTime"]
    oplog = mongodb.client.local["oplog.rs"]

    def first():
        mongodb.db["a"].insert_many([{"pad": "x" * 100_000} for _ in range(20)])
        return oplog.find_one(sort=[("$natural", 1)])["ts"]

    wait_until(lambda: first() > time, 240, 0.5, "a truncated oplog")
    os.kill(daemon.pid, signal.SIGCONT)
    daemon.wait_log("the server no longer has the position", 60)
    daemon.kill()
    result = pair.mstream(
        "run", pair.mstream.folder / "once.toml", "--once", "--timeout", "60", code=1
    )
    assert "the server no longer has the position" in result.err
    assert "where the oplog begins, are lost to this job" in result.err
    source["on_lost_position"] = "now"
    pair.run(["oplog"], **source)
