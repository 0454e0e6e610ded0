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
        second.wait_log(f"'{self.name}' runs elsewhere", 60)
        fence = self.lease()["fence"]
        # The lease runs out: another fence, without a hand.
        wait_until(lambda: self.lease()["fence"] > fence, 60, 0.2)
        return second

    def wake(self):
        fence = self.lease()["fence"]
        self.first.process.send_signal(signal.SIGCONT)
        self.first.wait_log("lease", 60)
        self.first.wait_log(f"'{self.name}' runs elsewhere", 60)
        assert self.lease()["fence"] == fence


@pytest.fixture
def to_kafka(mongodb, kafka, mstreamd):
    job = ToKafka(mongodb, kafka, mstreamd, per_second=PER_SECOND)
    return Pair(job, "crash", mongodb.db, lambda: kafka.count(job.topic))


@pytest.fixture
def to_mongodb(mongodb, kafka, mstreamd):
    job = ToMongodb(mongodb, kafka, mstreamd, per_second=PER_SECOND)
    arrivals = job.watcher.arrivals
    yield Pair(job, job.group, mongodb.db, lambda: len(arrivals))
    job.watcher.close()


@pytest.mark.parametrize("direction", ["to_kafka", "to_mongodb"])
def test_a_daemon_that_slept_over_its_lease_gives_way(direction, request):
    pair = request.getfixturevalue(direction)
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
    held = pair.lease()["holder"]
    assert f"{pair.first.pid}" in held, held
    pair.job.finish(3)
    pair.first.stop()
