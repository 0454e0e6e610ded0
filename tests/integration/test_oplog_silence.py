# SPDX-License-Identifier: MIT
"""A member of the set that answers, and is cut off from the others."""

from contextlib import contextmanager

import bson
import pymongo
from support.oplog import Pair
from support.waiting import wait_until

STOPS = ("stopReplProducer", "rsSyncApplyStop")


def read_by(uri_of, ports, job):
    """The port of the member that the job reads."""
    for port in ports:
        with uri_of(port) as client:
            found = client.admin.aggregate(
                [
                    {"$currentOp": {"allUsers": True, "idleCursors": True}},
                    {"$match": {"ns": "local.oplog.rs", "appName": f"mstream {job}"}},
                ]
            )
            if list(found):
                return port
    return None


@contextmanager
def member(port):
    client = pymongo.MongoClient("127.0.0.1", port, directConnection=True)
    yield client
    client.close()


@contextmanager
def cut_off(port):
    """It hears nothing of the others any more, and goes on to answer."""

    def switch(mode):
        with member(port) as client:
            for name in STOPS:
                client.admin.command("configureFailPoint", name, mode=mode)

    switch("alwaysOn")
    yield
    switch("off")


def test_a_member_that_is_cut_off_is_left(
    own_servers, mongodb_at, kafka, mstream, mstreamd
):
    servers = own_servers("replica")
    mongodb = mongodb_at(servers.env()["MSTREAM_TEST_REPLICA_MONGODB"])
    pair = Pair(mongodb, kafka, mstream, mstreamd, ["oplog"])
    pair.uri += "&readPreference=secondary"
    source = {"resource": "a", "silence": "1s"}
    daemon = pair.mstreamd(pair.config(**source))
    a = mongodb.db["a"]
    expected = []

    def write(n):
        for i in range(len(expected) // 2, len(expected) // 2 + n):
            a.insert_one({"_id": i})
            a.update_one({"_id": i}, {"$set": {"n": i}})
            expected.extend([("create", i), ("update", i)])

    def arrived():
        events = pair.events("oplog")
        return [(e.headers["op"], bson.decode(e.value)["_id"]) for e in events]

    write(20)
    wait_until(lambda: arrived() == expected)
    secondaries = [
        s["port"] for s in servers.of_kind("mongodb") if s["name"] != servers.primary()
    ]
    job = f"oplog_{mongodb.name}_0"
    port = wait_until(lambda: read_by(member, secondaries, job))
    with cut_off(port):
        write(20)
        daemon.wait_log("stood still for", 60)
        wait_until(lambda: arrived() == expected, 60)
        assert read_by(member, secondaries, job) != port
    write(5)
    wait_until(lambda: arrived() == expected)
    # Nobody writes, and the server's next heartbeat is far: that is no reason.
    assert daemon.stderr().count("stood still for") == 1
    daemon.stop()
