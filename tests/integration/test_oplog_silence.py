# SPDX-License-Identifier: MIT
"""A member of the set that answers, and is cut off from the others."""

from contextlib import contextmanager

import bson
import pymongo
import pytest
from support.oplog import Pair
from support.waiting import wait_until

STOPS = ("stopReplProducer", "rsSyncApplyStop")


def read_by(ports, app):
    """The port of the member whose oplog is read."""
    for port in ports:
        with member(port) as client:
            found = client.admin.aggregate(
                [
                    {"$currentOp": {"allUsers": True, "idleCursors": True}},
                    {"$match": {"ns": "local.oplog.rs", "appName": f"mstream {app}"}},
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


@pytest.mark.parametrize("shared", [False, True], ids=["own", "shared"])
def test_a_member_that_is_cut_off_is_left(
    shared, own_servers, mongodb_at, kafka, mstream, mstreamd
):
    servers = own_servers("replica")
    mongodb = mongodb_at(servers.env()["MSTREAM_TEST_REPLICA_MONGODB"])
    pair = Pair(mongodb, kafka, mstream, mstreamd, ["oplog", *(["second"] if shared else [])])
    pair.uri += "&readPreference=secondary"
    source = {"resource": "a", "silence": "1s", "oplog_share": shared}
    daemon = pair.mstreamd(pair.config(**source))
    a = mongodb.db["a"]
    expected = []

    def write(n):
        for i in range(len(expected) // 2, len(expected) // 2 + n):
            a.insert_one({"_id": i})
            a.update_one({"_id": i}, {"$set": {"n": i}})
            expected.extend([("create", i), ("update", i)])

    def arrived():
        [found, *others] = [
            [(e.headers["op"], bson.decode(e.value)["_id"]) for e in pair.events(r)]
            for r in pair.readers
        ]
        return found if all(other == found for other in others) else None

    write(20)
    wait_until(lambda: arrived() == expected)
    secondaries = [
        s["port"] for s in servers.of_kind("mongodb") if s["name"] != servers.primary()
    ]
    app = "shared oplog" if shared else f"oplog_{mongodb.name}_0"
    port = wait_until(lambda: read_by(secondaries, app))
    with cut_off(port):
        write(20)
        daemon.wait_log("stood still for", 60)
        wait_until(lambda: arrived() == expected, 60)
        wait_until(lambda: read_by([port], app) is None)
    write(5)
    wait_until(lambda: arrived() == expected)
    # Nobody writes, and the server's next heartbeat is far: that is no reason.
    last = daemon.stderr().count("stood still for")
    write(5)
    wait_until(lambda: arrived() == expected)
    assert daemon.stderr().count("stood still for") == last
    daemon.stop()
