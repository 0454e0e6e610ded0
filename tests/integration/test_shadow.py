# SPDX-License-Identifier: MIT
"""Other middlewares beside a job's own: what they would change, and the switch."""

import json

import pytest
from support import config
from support.api import Api
from support.waiting import wait_until

DOC = '{"n": {{seq}}, "email": "ada@example.org", "items": [{"sku": "a"}, {"sku": "b"}]}'
MASK = {"service_name": "mask", "fields": ["email"], "with": "email"}
SET = {"service_name": "set", "fields": {"origin": "shop"}}


def text_of(*steps, count=4000, rate=2000, **more):
    made = {"service_name": "made", "resource": "made", "template": DOC}
    made |= {"format": "json", "count": count, "rate": rate}
    sink = {"service_name": "disk", "resource": "out.jsonl"}
    keys = {"middlewares": list(steps), **more} if steps else more
    return (
        config.state()
        + config.table("[api]", {"port": 0})
        + config.service("generate", "made")
        + config.service("file", "disk", path="./out")
        + config.service("udf", "script", script_path=".")
        + config.job("job", made, sink, **keys)
    )


def start(api, *steps, status=201, **more):
    return api.post("/jobs/job/shadow", {"middlewares": list(steps), **more}, status)


def ended(api, deadline=60):
    def report():
        found = api.get("/jobs/job/shadow")
        return found if found["state"] != "running" else None

    return wait_until(report, deadline=deadline)


def test_smoke(mstreamd, tmp_path):
    api = Api(mstreamd(text_of(MASK)))
    api.wait_state("job", "running")
    print(start(api, MASK, SET, events=100))
    print(json.dumps(ended(api), indent=1))
    assert 0
