# SPDX-License-Identifier: MIT
"""Both readers through elections, kills and rollbacks."""

import os

import bson
import pytest
from support.oplog import READERS, Pair
from support.oplog_work import Mutator
from support.waiting import wait_until

SEED = int(os.environ.get("MSTREAM_TEST_SEED", "1"))


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
