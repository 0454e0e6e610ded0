# SPDX-License-Identifier: MIT
"""Servers, lines, leases and disks that fail under load, in both directions.

Each time: nothing is lost, the log says what it was, and the job goes on by
itself when it is over.
"""

import sqlite3
import time
from pathlib import Path

import pytest
from support.group import ToMongodb
from support.programs import binary
from support.to_kafka import ToKafka
from support.waiting import wait_until

PER_SECOND = 500


@pytest.fixture
def to_kafka(mongodb, kafka, mstreamd):
    return ToKafka(mongodb, kafka, mstreamd, per_second=PER_SECOND)


@pytest.fixture
def to_mongodb(mongodb, kafka, mstreamd):
    job = ToMongodb(mongodb, kafka, mstreamd, per_second=PER_SECOND)
    yield job
    job.watcher.close()


def wait_written(writer, more=300):
    """Wait until the load is that much further."""
    before = writer.total
    wait_until(lambda: writer.total >= before + more, 60, what="load")


# --- brokers and primaries ------------------------------------------------


@pytest.fixture
def job_between(mstreamd):
    """job_between(direction, mongodb, kafka): a job, and what has arrived."""
    made = []

    def make(direction, mongodb, kafka):
        if direction == "to_kafka":
            job = ToKafka(mongodb, kafka, mstreamd, per_second=PER_SECOND)
            return job, lambda: kafka.count(job.topic)
        job = ToMongodb(mongodb, kafka, mstreamd, per_second=PER_SECOND)
        made.append(job)
        return job, lambda: len(job.watcher.arrivals)

    yield make
    for job in made:
        job.watcher.close()


DIRECTIONS = ["to_kafka", "to_mongodb"]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_broker_that_stops_under_load_costs_nothing(
    direction, own_servers, mongodb_at, kafka_at, job_between
):
    servers = own_servers("plain")
    kafka = kafka_at(servers.env()["MSTREAM_TEST_KAFKA"])
    mongodb = mongodb_at(servers.env()["MSTREAM_TEST_MONGODB"])
    job, arrived = job_between(direction, mongodb, kafka)
    daemon = job.start()
    writer = job.writer.start()
    wait_until(lambda: arrived() > 200, 60, 0.1)
    servers.stop("kafka")
    daemon.wait_log("Connection refused", 60)
    wait_written(writer, 1000)
    servers.start("kafka")
    wait_written(writer)
    writer.stop()
    job.finish(1)
    daemon.stop()


@pytest.mark.parametrize("way", ["step_down", "kill"])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_another_primary_goes_on_under_load(
    direction, way, own_servers, mongodb_at, kafka, job_between
):
    servers = own_servers("replica")
    mongodb = mongodb_at(servers.env()["MSTREAM_TEST_REPLICA_MONGODB"])
    job, arrived = job_between(direction, mongodb, kafka)
    daemon = job.start()
    writer = job.writer.start()
    wait_until(lambda: arrived() > 200, 60, 0.1)
    if way == "step_down":
        servers.step_down()
    else:
        servers.kill(servers.primary())
    wait_written(writer, 1000)
    writer.stop()
    job.finish(1)
    daemon.stop()


# --- lines ----------------------------------------------------------------


def disturb(job, proxy, fault, arrived):
    """The fault on one line and then on the other, twice, under load."""
    job.uri, job.bootstrap = proxy.mongodb, proxy.kafka
    daemon = job.start()
    writer = job.writer.start()
    wait_until(lambda: arrived() > 100, 60, 0.2, what="a job that runs")
    for route in ("mongodb", "kafka", "mongodb", "kafka"):
        if fault == "slow":
            proxy.slow(20000, route)
        else:
            getattr(proxy, fault)(route)
        wait_written(writer)
        proxy.restore(route)
        before = arrived()
        wait_until(lambda: arrived() > before, 60, 0.2, what="it to go on")
    writer.stop()
    return daemon


@pytest.mark.parametrize("fault", ["cut", "stall", "slow"])
def test_a_bad_line_on_the_way_to_kafka_loses_nothing(
    fault, to_kafka, kafka, fault_proxy
):
    daemon = disturb(
        to_kafka, fault_proxy, fault, lambda: kafka.count(to_kafka.topic)
    )
    to_kafka.finish(4)
    if fault == "cut":
        assert "cannot read the changes" in daemon.stderr()
    daemon.stop()


@pytest.mark.parametrize("fault", ["cut", "stall", "slow"])
def test_a_bad_line_on_the_way_to_mongodb_loses_nothing(
    fault, to_mongodb, fault_proxy
):
    arrivals = to_mongodb.watcher.arrivals
    daemon = disturb(to_mongodb, fault_proxy, fault, lambda: len(arrivals))
    to_mongodb.finish()
    if fault == "cut":
        assert "Connection refused" in daemon.stderr()
    daemon.stop()


def test_a_server_that_stops_answering_is_in_the_state_of_the_job(
    to_mongodb, fault_proxy
):
    to_mongodb.uri = fault_proxy.mongodb
    daemon = to_mongodb.start()
    writer = to_mongodb.writer.start()
    wait_until(lambda: len(to_mongodb.watcher.arrivals) > 100, 60)
    fault_proxy.stall("mongodb")
    daemon.wait_log("the server has not answered for 5 s")
    fault_proxy.restore("mongodb")
    daemon.wait_log("works again")
    writer.stop()
    to_mongodb.finish()
    daemon.stop()


# --- a stop while the other side is dead ----------------------------------

QUICK = 'shutdown_timeout = "2s"\n'
# What shutdown_timeout and a busy machine need, and less than the time-outs
# of sockets.
QUICK_STOP = 7


@pytest.mark.parametrize("route", ["mongodb", "kafka"])
def test_a_stop_on_the_way_to_kafka_with_a_dead_side_loses_nothing(
    route, to_kafka, kafka, fault_proxy
):
    to_kafka.uri, to_kafka.bootstrap = fault_proxy.mongodb, fault_proxy.kafka
    daemon = to_kafka.start(more=QUICK)
    writer = to_kafka.writer.start()
    wait_until(lambda: kafka.count(to_kafka.topic) > 100, 60)
    fault_proxy.stall(route)
    wait_written(writer)
    writer.stop()
    daemon.stop(QUICK_STOP)
    if route == "kafka":
        assert "come again at the next start" in daemon.stderr()
    fault_proxy.restore(route)
    to_kafka.start()
    to_kafka.finish(1)


@pytest.mark.parametrize("route", ["mongodb", "kafka"])
def test_a_stop_on_the_way_to_mongodb_with_a_dead_side_loses_nothing(
    route, to_mongodb, fault_proxy
):
    to_mongodb.uri, to_mongodb.bootstrap = fault_proxy.mongodb, fault_proxy.kafka
    daemon = to_mongodb.start(more=QUICK)
    writer = to_mongodb.writer.start()
    wait_until(lambda: len(to_mongodb.watcher.arrivals) > 100, 60)
    fault_proxy.stall(route)
    wait_written(writer)
    writer.stop()
    daemon.stop(QUICK_STOP)
    if route == "mongodb":
        assert "come again at the next start" in daemon.stderr()
    fault_proxy.restore(route)
    daemon = to_mongodb.start()
    to_mongodb.finish()
    daemon.stop()


# --- the lease ------------------------------------------------------------


def test_a_job_whose_lease_is_taken_stops_and_comes_back(
    to_kafka, kafka, tmp_path
):
    daemon = to_kafka.start()
    to_kafka.writer.write(200)
    wait_until(to_kafka.arrived, 60, 0.2)
    state = sqlite3.connect(tmp_path / "state" / "state.db", timeout=30)
    with state:
        changed = state.execute(
            "UPDATE leases SET holder = 'another machine', fence = fence + 1,"
            " expires_ms = ? WHERE job = 'crash'",
            (int(time.time() * 1000) + 3600_000,),
        )
        assert changed.rowcount == 1
    # The next save is refused; the holder is named.
    to_kafka.writer.write(1)
    daemon.wait_log("lease of job 'crash'", 60)
    daemon.wait_log("'crash' runs elsewhere: another machine", 60)
    before = kafka.count(to_kafka.topic)
    to_kafka.writer.write(200)
    tries = state.execute("SELECT max(number) FROM checkpoints").fetchone()
    daemon.reload()
    daemon.wait_log("configuration", 60)
    assert kafka.count(to_kafka.topic) == before
    assert state.execute("SELECT max(number) FROM checkpoints").fetchone() == tries
    with state:
        state.execute("UPDATE leases SET holder = '', expires_ms = 0")
    state.close()
    to_kafka.finish(1)


# --- the disk -------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path):
    """A program that runs mstreamd with a small file system at ./state."""
    (tmp_path / "state").mkdir()
    program = tmp_path / "mstreamd-on-a-small-disk"
    program.write_text(
        "#!/bin/sh\n"
        "exec unshare -rm sh -c 'mount -t tmpfs -o size=8m none ./state && "
        f"exec \"$@\"' sh {binary('mstreamd')} \"$@\"\n"
    )
    program.chmod(0o755)
    return program


def fill(disk):
    """Take what is left of the disk; removing the file gives it back."""
    with open(disk / "filler", "wb", buffering=0) as filler:
        with pytest.raises(OSError, match="No space left"):
            while True:
                filler.write(bytes(4096))
    return disk / "filler"


def test_a_full_disk_is_said_and_survived(to_kafka, kafka, small_disk, tmp_path):
    daemon = to_kafka.start(program=small_disk)
    writer = to_kafka.writer.start()
    wait_until(lambda: kafka.count(to_kafka.topic) > 500, 60)
    filler = fill(Path(f"/proc/{daemon.pid}/root{tmp_path}/state"))
    daemon.wait_log("no room left", 60)
    assert "checkpoint not saved" in daemon.stderr()
    # The job goes on meanwhile.
    before = kafka.count(to_kafka.topic)
    wait_until(lambda: kafka.count(to_kafka.topic) > before + 500, 60)
    filler.unlink()
    daemon.wait_log("works again", 60)
    writer.stop()
    to_kafka.finish(0)
    daemon.stop()


def test_a_disk_that_is_full_for_longer_than_the_lease_makes_delivery_wait(
    to_kafka, kafka, small_disk, tmp_path
):
    daemon = to_kafka.start(
        program=small_disk, env={"MSTREAM_STATE_LEASE": "2s"}
    )
    writer = to_kafka.writer.start()
    wait_until(lambda: kafka.count(to_kafka.topic) > 500, 60)
    filler = fill(Path(f"/proc/{daemon.pid}/root{tmp_path}/state"))
    daemon.wait_log("delivery waits until the lease of the job", 60)
    # What the sink had taken is out soon; nothing follows while others could
    # hold the lease, however much is written meanwhile.
    wait_written(writer, 300)
    before = kafka.count(to_kafka.topic)
    wait_written(writer, 1200)
    assert kafka.count(to_kafka.topic) == before
    filler.unlink()
    wait_until(lambda: kafka.count(to_kafka.topic) > before + 500, 60)
    writer.stop()
    # The same run goes on, so not even a repeat.
    to_kafka.finish(0)
    assert daemon.stderr().count("running from") == 1
    daemon.stop()
