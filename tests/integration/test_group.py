# SPDX-License-Identifier: MIT
"""Kafka -> MongoDB through kill -9: one daemon, and two of one group."""

import random

import pytest
from support.crash import POINTS, fault_binaries
from support.group import ToMongodb
from support.waiting import wait_until

# The broker lets a member that comes back under its own name go on at once.
STATIC = {"group.instance.id": "one"}


@pytest.fixture
def to_mongodb(mongodb, kafka, mstreamd):
    job = ToMongodb(mongodb, kafka, mstreamd)
    yield job
    job.watcher.close()


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_at_every_point_loses_nothing(to_mongodb, point):
    writer = to_mongodb.writer.start()
    for nth in (1, 3, 7):
        daemon = to_mongodb.start(
            properties=STATIC,
            env={"MSTREAM_CRASH_AT": f"{point}:{nth}"},
            program=fault_binaries() / "mstreamd",
            ready=False,
        )
        assert daemon.wait(60) == -9
    writer.stop()
    to_mongodb.start(properties=STATIC)
    verdict = to_mongodb.finish()
    assert verdict.total >= writer.total


def kill_members(to_mongodb, kills, seed):
    """Two daemons of one group, of which one after the other is killed."""
    pick = random.Random(seed)
    writer = to_mongodb.writer.start()
    members = {name: to_mongodb.start(state=name) for name in ("one", "two")}
    for _ in range(kills):
        name = pick.choice(sorted(members))
        arrived = len(to_mongodb.watcher.arrivals)
        more = pick.randrange(50, 1500)
        wait_until(
            lambda: len(to_mongodb.watcher.arrivals) >= arrived + more,
            60,
            what=f"{more} more documents",
        )
        members[name].kill()
        members[name] = to_mongodb.start(state=name)
    writer.stop()
    verdict = to_mongodb.finish()
    assert verdict.total > 1000, "there was no load"
    for member in members.values():
        assert "partitions assigned" in member.stderr()


def test_two_daemons_of_one_group_that_are_killed_lose_nothing(to_mongodb):
    kill_members(to_mongodb, 4, seed=11)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_two_daemons_of_one_group_survive_30_kills(to_mongodb, seed):
    kill_members(to_mongodb, 30, seed)
