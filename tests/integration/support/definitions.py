# SPDX-License-Identifier: MIT
"""Definitions of jobs as clients of the API send them."""

from . import config
from .waiting import wait_until


def services_text(*more, **api):
    """A daemon without jobs that has what jobs without servers need."""
    text = config.state() + config.table("[api]", {"port": 0, **api})
    text += config.service("generate", "made") + config.service("file", "disk", path="./out")
    return text + "".join(more)


def connector(name, rate=200, service="disk", **more):
    return {
        "name": name,
        "source": {"service_name": "made", "resource": "n", "rate": rate},
        "sinks": [{"service_name": service, "resource": f"{name}.jsonl"}],
        "checkpoint": {"enabled": True, "interval": "50ms"},
        **more,
    }


def wait_running(api, *names):
    for name in names:
        api.wait_state(name, "running")


def names(api):
    return [job["name"] for job in api.get("/jobs")]


def wait_gone(api, name):
    wait_until(lambda: api.call("GET", f"/jobs/{name}")[0] == 404, what=f"{name} gone")
