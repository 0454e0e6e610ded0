# SPDX-License-Identifier: MIT
"""/health is honest: on the real servers, with a sink that does not confirm."""

import pytest
from support import config
from support.api import Api
from support.waiting import wait_until


@pytest.mark.parametrize("sink", ["kafka", "mongodb"])
def test_a_source_that_moves_before_a_checkpoint_that_does_not_is_unhealthy(
    sink, mongodb, kafka, fault_proxy, mstreamd
):
    text = 'stuck_after = "1s"\n' + config.state() + config.table("[api]", {"port": 0})
    text += config.mongodb(mongodb.uri, mongodb.name)
    if sink == "kafka":
        text += config.kafka(fault_proxy.kafka, name="out")
        target = {"service_name": "out", "resource": kafka.topic("out"), "output_encoding": "json"}
    else:
        text += config.mongodb(fault_proxy.mongodb, mongodb.name, name="out")
        target = {"service_name": "out", "resource": "copy"}
    text += config.job("moving", {"service_name": "m", "resource": "users"}, target)
    text += config.service("file", "disk", path="./out")
    text += config.job(
        "idle",
        {"service_name": "m", "resource": "nothing", "output_encoding": "json"},
        {"service_name": "disk", "resource": "nothing.jsonl"},
    )
    api = Api(mstreamd(text))
    for job in ("moving", "idle"):
        api.wait_state(job, "running")

    def read():
        return api.get("/jobs/moving/metrics")["events_processed"]

    def delivered():
        return api.get("/jobs/moving/metrics")["events_delivered"]

    def position():
        return api.get("/jobs/moving/checkpoints")[0]["position"]

    def health():
        return api.get("/health")

    mongodb.db["users"].insert_many([{"_id": n} for n in range(10)])
    wait_until(lambda: delivered() == 10)
    wait_until(lambda: health()["status"] == "healthy")
    fault_proxy.stall(sink)
    mongodb.db["users"].insert_many([{"_id": n} for n in range(10, 20)])
    sick = wait_until(lambda: (now := health())["status"] == "degraded" and now, 60)
    assert [one["job"] for one in sick["problems"]] == ["moving"]
    assert sick["problems"][0]["message"]
    # The source moves, the checkpoint does not, and that is what it says.
    before = position()
    mongodb.db["users"].insert_many([{"_id": n} for n in range(20, 30)])
    wait_until(lambda: read() >= 30)
    assert position() == before and delivered() < 30
    assert health()["status"] == "degraded"
    text = api.call("GET", "/metrics")[2].decode()
    stuck = 'mstream_job_stuck{job_name="moving"} 1' in text
    assert stuck or 'mstream_job_state{job_name="moving",state="retrying"} 1' in text
    fault_proxy.restore(sink)
    wait_until(lambda: delivered() >= 30, 60)
    wait_until(lambda: position() != before, 60)
    wait_until(lambda: health()["status"] == "healthy", 60)
