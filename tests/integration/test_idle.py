# SPDX-License-Identifier: MIT
"""What a hundred jobs cost that have nothing to do."""

from pathlib import Path

import pytest
from support import config
from support.api import Api
from support.waiting import wait_until

JOBS = 100
LIMIT_KB = 100 * 1024


def generated(text, number):
    source = {"service_name": "made", "resource": "n", "rate": 0.001}
    sink = {"service_name": "disk", "resource": f"{number}.jsonl"}
    return text + config.job(f"job{number}", source, sink)


def watched(text, number, topic):
    source = {"service_name": "m", "resource": f"c{number}", "output_encoding": "json"}
    return text + config.job(f"job{number}", source, {"service_name": "k", "resource": topic})


def threads(daemon):
    return len(list(Path(f"/proc/{daemon.pid}/task").iterdir()))


@pytest.mark.parametrize("kind", ["generate", "mongodb"])
def test_a_hundred_idle_jobs_fit(mstreamd, request, kind):
    text = config.state() + config.table("[api]", {"port": 0})
    if kind == "generate":
        text += config.service("generate", "made") + config.service("file", "disk", path="./out")
        for number in range(JOBS):
            text = generated(text, number)
    else:
        mongodb, kafka = (request.getfixturevalue(name) for name in ("mongodb", "kafka"))
        topic = kafka.topic("idle")
        text += config.mongodb(mongodb.uri, mongodb.name) + config.kafka(kafka.bootstrap)
        for number in range(JOBS):
            text = watched(text, number, topic)
    daemon = mstreamd(text)
    api = Api(daemon)
    wait_until(lambda: api.get("/health")["jobs"]["running"] == JOBS, 60)
    wait_until(
        lambda: all(job["state"] == "running" for job in api.get("/jobs")), 60, 0.5, "all to run"
    )
    wait_until(
        lambda: all(job["metrics"]["checkpoints"] > 0 for job in api.get("/jobs")), 60, 0.5,
        "all to have saved where they begin",
    )  # fmt: skip
    print(f"{kind}: {daemon.rss_kb()} kB, {threads(daemon)} threads")
    assert daemon.rss_kb() < LIMIT_KB
    assert api.get("/health")["status"] == "healthy"
