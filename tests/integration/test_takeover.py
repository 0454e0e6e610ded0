# SPDX-License-Identifier: MIT
"""Two daemons that share their jobs: who sleeps over its lease gives way."""

import signal

import pytest
from support import config
from support.group import ToMongodb
from support.to_kafka import ToKafka
from support.waiting import wait_until

# Checkpoints and leases where both can see them, and a lease that is short.
SHARED = config.table(
    "[system]", {"checkpoints": {"service_name": "m", "resource": "positions"}}
)
LEASE = {"MSTREAM_STATE_LEASE": "2s"}
PER_SECOND = 500


class Pair:
    """A daemon that is frozen while it works, and one that takes over."""

    def __init__(self, job, name, db, arrived):
        self.job, self.name, self.arrived = job, name, arrived
        self.positions = db["positions"]
        self.first = self.start("one")

    def start(self, state):
        return self.job.start(state=state, more=SHARED, env=LEASE)

    def lease(self):
        return self.positions.find_one({"_id": self.name}) or {}

    def wait_more(self, more=200):
        before = self.arrived()
        wait_until(
            lambda: self.arrived() >= before + more,
            60,
            0.2,
            what=f"{more} more events",
        )

    def freeze(self):
        self.first.process.send_signal(signal.SIGSTOP)
        second = self.start("two")
        second.wait_log("runs elsewhere: ", 60)
        fence = self.lease()["fence"]
        # The lease runs out: another fence, without a hand.
        wait_until(lambda: self.lease()["fence"] > fence, 60, 0.2)
        return second

    def wake(self):
        fence = self.lease()["fence"]
        self.first.process.send_signal(signal.SIGCONT)
        self.first.wait_log("lease", 60)
        self.first.wait_log("runs elsewhere: ", 60)
        assert self.lease()["fence"] == fence


@pytest.fixture
def to_kafka(mongodb, kafka, mstreamd):
    job = ToKafka(mongodb, kafka, mstreamd, per_second=PER_SECOND)
    return Pair(job, "crash", mongodb.db, lambda: kafka.count(job.topic))


@pytest.fixture
def to_mongodb(mongodb, kafka, mstreamd):
    job = ToMongodb(mongodb, kafka, mstreamd, per_second=4 * PER_SECOND)
    arrivals = job.watcher.arrivals
    yield Pair(job, job.group, mongodb.db, lambda: len(arrivals))
    job.watcher.close()


def give_way_and_come_back(pair):
    writer = pair.job.writer.start()
    pair.wait_more()
    second = pair.freeze()
    pair.wait_more()
    pair.wake()
    pair.wait_more()
    # And back again, at once: the first sees that the second is gone.
    second.kill()
    pair.wait_more()
    writer.stop()
    assert f"pid {pair.first.pid} " in pair.lease()["holder"]


def test_a_source_that_slept_over_its_lease_gives_way(to_kafka):
    give_way_and_come_back(to_kafka)
    # What the producer's own queue held is sent on waking, behind newer ones.
    for key in range(to_kafka.job.writer.keys):
        to_kafka.job.writer.write_next(key)
    to_kafka.job.finish(3, strays=True)


def test_a_sink_that_slept_over_its_lease_writes_nothing_old(to_mongodb):
    give_way_and_come_back(to_mongodb)
    to_mongodb.job.finish()


def test_what_a_sleeper_has_in_hand_stays_unwritten(to_mongodb):
    pair = to_mongodb
    writer = pair.job.writer.start()
    pair.wait_more(1000)
    pair.freeze()
    pair.wait_more(1000)
    writer.stop()
    pair.job.finish()
    # All is there in its last version when the first wakes up.
    pair.wake()
    pair.first.stop()
    pair.job.finish()
