# SPDX-License-Identifier: MIT
"""One tail of the oplog for many jobs: each sees what its change stream would
show, whoever comes, goes, lags or is stuck."""

import os
import random

import pytest
from support.oplog import Mutator
from support.shared import Jobs, tails, wait_shared

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
