# SPDX-License-Identifier: MIT
"""One tail of the oplog for many jobs: each sees what its change stream would
show, whoever comes, goes, lags or is stuck."""

import json
import os
import random
import sqlite3
import threading

import pytest
from support import config
from support.oplog_work import Mutator
from support.programs import sanitized
from support.shared import Jobs, cursors, tails, wait_shared
from support.waiting import wait_until

SEED = int(os.environ.get("MSTREAM_TEST_SEED", "1"))


def moment(mongodb):
    time = mongodb.client.admin.command("ping")["operationTime"]
    return f"timestamp:{time.time},{time.inc + 1}"


SCOPES = [
    {"resource": "*"},
    {"resource": "a"},
    {"resource": "b"},
    {"resource": "c.d"},
    {"resource": "a", "ddl": True},
    {"resource": "*", "ddl": True},
    {"resource": "*", "collections": ["a", "c*"]},
    {"resource": "a", "operations": ["create", "delete"]},
    {"resource": "a", "before": "whenAvailable", "full_document": "whenAvailable"},
]


def random_jobs(jobs, mutator, seed, n):
    """With starts in between of work."""
    choice = random.Random(seed)
    starts = []
    for _ in range(6):
        starts.append(moment(jobs.mongodb))
        mutator.run(40)
    for i in range(n):
        jobs.add(f"job{i}", start=choice.choice(starts), **SCOPES[i % len(SCOPES)])


def large_transaction(mongodb, key, n=18):
    a, b = mongodb.db["a"], mongodb.db["b"]
    with mongodb.client.start_session() as session, session.start_transaction():
        for i in range(n):
            a.insert_one({"_id": f"{key}-{i}", "pad": "p" * 1_000_000}, session=session)
            b.insert_one({"_id": f"{key}-{i}"}, session=session)


def test_twenty_jobs_see_what_their_streams_would(mongodb, mstream, mstreamd):
    mongodb.enable_pre_images("a")
    jobs = Jobs(mongodb, mstream, mstreamd)
    mutator = Mutator(mongodb, SEED)
    random_jobs(jobs, mutator, SEED, 20)
    daemon = jobs.start()
    choice = random.Random(SEED)
    for _ in range(6):
        mutator.run(30)
        name = f"job{choice.randrange(20)}"
        daemon.api.post(f"/jobs/{name}/pause")
        mutator.run(30)
        daemon.api.post(f"/jobs/{name}/resume")
    wait_shared(daemon)
    large_transaction(mongodb, "large")
    mutator.run(50)
    jobs.sentinel("the end")
    jobs.wait_for("the end")
    wait_shared(daemon)
    assert all(tail == "shared" for tail, _n in tails(daemon).values())
    daemon.stop()
    jobs.compare()


def test_a_transaction_that_was_prepared_before_they_shared(mongodb, mstream, mstreamd):
    jobs = Jobs(mongodb, mstream, mstreamd)
    db, admin = mongodb.db, mongodb.client.admin
    for name in ("a", "b", "c"):
        db.create_collection(name)
    with mongodb.client.start_session() as session:
        session.start_transaction()
        for i in range(18):
            db["a"].insert_one({"_id": i, "pad": "p" * 1_000_000}, session=session)
            db["b"].insert_one({"_id": i}, session=session)
        prepared = admin.command("prepareTransaction", session=session)
        for name in ("a", "b", "c"):
            jobs.add(name, resource=name, start=moment(mongodb))
        daemon = jobs.start()
        wait_shared(daemon)
        db["a"].insert_one({"_id": "in between"})
        admin.command(
            "commitTransaction", commitTimestamp=prepared["prepareTimestamp"], session=session
        )
        # Of a transaction that was committed: only for the driver.
        session.abort_transaction()
    jobs.sentinel("the end")
    jobs.wait_for("the end")
    assert all(tail == ("shared", 1) for tail in tails(daemon).values())
    daemon.stop()
    assert [len(jobs.lines(name)) for name in ("a", "b", "c")] == [20, 19, 1]
    jobs.compare()


def test_there_is_one_cursor_for_all_that_share(mongodb, mstream, mstreamd):
    jobs = Jobs(mongodb, mstream, mstreamd)
    for name in ("a", "b", "c"):
        jobs.add(name, resource=name, start=moment(mongodb))
    jobs.add("alone", resource="a", oplog_share=False, start=moment(mongodb))
    daemon = jobs.start()
    wait_shared(daemon, "a", "b", "c")
    wanted = ["mstream for several jobs", "mstream job alone"]
    wait_until(lambda: cursors(mongodb) == wanted, 30)
    daemon.wait_log("the oplog is read once for")
    metrics = daemon.api.call("GET", "/metrics")[2].decode()
    assert 'mstream_job_tail_shared{job_name="a"} 1' in metrics
    assert 'mstream_job_tail_shared{job_name="alone"}' not in metrics
    assert tails(daemon)["alone"] == (None, 0)
    # Who leaves leaves the others; the last one ends it.
    daemon.api.post("/jobs/a/stop")
    jobs.mongodb.db["b"].insert_one({"_id": 1})
    wait_until(lambda: jobs.lines("b"))
    for name in ("b", "c"):
        daemon.api.post(f"/jobs/{name}/stop")
    wait_until(lambda: cursors(mongodb) == wanted[1:], 30)
    # One of many does not need it.
    daemon.api.post("/jobs/a/start")
    wait_until(lambda: tails(daemon)["a"][0] == "own", 30)
    jobs.mongodb.db["a"].insert_one({"_id": 1})
    wait_until(lambda: jobs.lines("a"))
    assert tails(daemon)["a"][0] == "own"
    daemon.stop()


def test_quiet_jobs_that_share_move_their_positions(mongodb, mstream, mstreamd):
    """While others write, so that the server adds no heartbeat."""
    jobs = Jobs(mongodb, mstream, mstreamd)
    for name in ("a", "b"):
        jobs.add(name, resource=name, start=moment(mongodb))
    daemon = jobs.start()
    wait_shared(daemon)
    database = mstream.folder / "state-oplog" / "state.db"

    def saved(name):
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
            rows = db.execute("SELECT position FROM checkpoints WHERE job = ?", (name,))
            places = [json.loads(position)["at"] for (position,) in rows]
            return max((at["seconds"], at["ordinal"]) for at in places)

    elsewhere = mongodb.client[f"{mongodb.name}_else"]
    elsewhere["x"].insert_one({"_id": 1})
    time = mongodb.client.admin.command("ping")["operationTime"]
    for name in ("a", "b"):
        wait_until(lambda name=name: saved(name) >= (time.time, time.inc), 30)
    mongodb.client.drop_database(elsewhere.name)
    daemon.stop()
    jobs.mongodb.db["a"].insert_one({"_id": 1})
    jobs.mongodb.db["b"].insert_one({"_id": 1})
    jobs.sentinel("the end")
    daemon = jobs.start()
    jobs.wait_for("the end")
    daemon.stop()
    jobs.compare()


def test_a_stuck_job_holds_neither_the_others_nor_memory(
    mongodb, mstream, mstreamd, make_http
):
    server, gate = make_http(), threading.Event()
    server.fault = lambda *_: gate.wait(120) and False
    jobs = Jobs(mongodb, mstream, mstreamd)
    start = moment(mongodb)
    for name in ("a", "b"):
        jobs.add(name, resource=name, start=start)
    more = config.table("[limits]", {"memory": "24MiB"})
    more += config.service("http", "h", host=server.url, timeout_sec=120)
    source = {
        "service_name": "m", "resource": "a", "reader": "oplog", "start": start,
        "output_encoding": "json",
    }  # fmt: skip
    more += config.job("stuck", source, {"service_name": "h", "resource": "/in"})
    daemon = jobs.start(more=more)
    wait_shared(daemon)
    for n in range(60):
        rows = [{"_id": f"{n}-{i}", "pad": "x" * 20_000} for i in range(50)]
        mongodb.db["a"].insert_many(rows)
    jobs.sentinel("the end")
    jobs.wait_for("the end")
    # The stuck one would hold them for ever.
    wait_shared(daemon, "a", "b")
    assert len(jobs.lines("a")) == 3001
    assert not server.accepted
    print(f"{daemon.peak_rss_kb()} kB")
    assert sanitized() or daemon.peak_rss_kb() < 160 * 1024
    gate.set()
    wait_until(lambda: len(server.accepted) >= 3001, 100)
    ids = [document["_id"] for document in server.documents()]
    assert sorted(ids) == sorted([f"{n}-{i}" for n in range(60) for i in range(50)] + ["the end"])
    # It went, and comes back.
    wait_shared(daemon, "stuck", deadline=90)
    assert tails(daemon)["stuck"][1] >= 3
    assert "it is behind the other jobs" in daemon.stderr()
    daemon.stop()


@pytest.mark.parametrize("way", ["step_down", "kill"])
def test_jobs_that_share_go_through_kills_and_elections(
    way, own_servers, mongodb_at, mstream, mstreamd
):
    servers = own_servers("replica")
    mongodb = mongodb_at(servers.env()["MSTREAM_TEST_REPLICA_MONGODB"])
    jobs = Jobs(mongodb, mstream, mstreamd)
    mutator = Mutator(mongodb, SEED)
    random_jobs(jobs, mutator, SEED, 8)
    for source in jobs.sources.values():
        source.update(before="off", full_document="off")
    daemon = jobs.start()
    wait_shared(daemon)
    mutator.run(50)
    mutator.indexes = False
    if way == "step_down":
        servers.step_down()
    else:
        servers.kill(servers.primary())
    mutator.run(100)
    servers.up()
    jobs.sentinel("in between")
    jobs.wait_for("in between")
    wait_shared(daemon)
    # Now this end is killed, while there is work.
    killer = threading.Timer(0.3, daemon.kill)
    killer.start()
    mutator.run(100)
    killer.join()
    daemon = jobs.start()
    mutator.run(50)
    jobs.sentinel("the end")
    jobs.wait_for("the end")
    daemon.stop()
    jobs.compare()
