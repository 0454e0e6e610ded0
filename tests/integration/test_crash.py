# SPDX-License-Identifier: MIT
"""kill -9 wherever it hurts: nothing missing, order per key kept."""

import random
import time

import pytest
from support.crash import POINTS, fault_binaries
from support.to_kafka import ToKafka
from support.waiting import wait_until


@pytest.fixture
def to_kafka(mongodb, kafka, mstreamd):
    return ToKafka(mongodb, kafka, mstreamd)


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_at_every_point_loses_nothing(to_kafka, point):
    crashes = 0
    writer = to_kafka.writer.start()
    for nth in (1, 2, 5, 9):
        daemon = to_kafka.start(
            env={"MSTREAM_CRASH_AT": f"{point}:{nth}"},
            program=fault_binaries() / "mstreamd",
            ready=False,
        )
        assert daemon.wait(30) == -9
        crashes += 1
    writer.stop()
    to_kafka.start()
    to_kafka.finish(crashes)


@pytest.mark.parametrize("point", ["after_read", "after_send"])
def test_a_job_that_starts_now_keeps_its_now_through_an_early_crash(
    to_kafka, mstream, point, tmp_path
):
    """It comes before anything was settled: only the start is saved."""
    to_kafka.since = "now"
    to_kafka.keys = {"checkpoint": {"enabled": True, "interval": "1h"}}
    daemon = to_kafka.start(
        env={"MSTREAM_CRASH_AT": f"{point}:1"},
        program=fault_binaries() / "mstreamd",
    )

    def saved():
        listed = mstream("checkpoints", "list", "--config", daemon.config, "--json")
        return len(listed.json()) == 1

    wait_until(saved, 30, what="the first checkpoint")
    to_kafka.writer.write(50)
    assert daemon.wait(30) == -9
    to_kafka.start()
    to_kafka.finish(1)


def test_fifty_random_crashes_under_load_lose_nothing(to_kafka):
    chance = random.Random(7)
    writer = to_kafka.writer.start()
    for _ in range(50):
        daemon = to_kafka.start()
        daemon_until = time.monotonic() + chance.uniform(0.0, 0.4)
        wait_until(lambda: time.monotonic() >= daemon_until, 5)
        daemon.kill()
    writer.stop()
    to_kafka.start()
    verdict = to_kafka.finish(50)
    assert verdict.total > 1000, "there was no load"
