# SPDX-License-Identifier: MIT
"""mstream checkpoints and dlq with --url: what a daemon does for them."""

import json

import pytest
from support import config
from support.api import Api
from support.waiting import wait_until


@pytest.fixture
def daemon(mstreamd, tmp_path):
    """The API of a daemon with a stopped job that has letters."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text('{"n":1}\nbad\n{"n":2}\nworse\n')
    source = {"service_name": "given", "resource": "a.jsonl", "format": "json"}
    sink = {"service_name": "disk", "resource": "a.bson", "output_encoding": "bson"}
    text = config.state() + config.table("[api]", {"port": 0})
    text += config.service("file", "given", path="./in")
    text += config.service("file", "disk", path="./out")
    text += config.job("copy", source, sink, on_reject="dlq")
    api = Api(mstreamd(text))
    wait_until(lambda: len(api.get("/jobs/copy/dlq")) == 2)
    wait_until(lambda: api.get("/jobs/copy/checkpoints")[:1])
    api.post("/jobs/copy/stop")
    api.wait_state("copy", "stopped")
    return api


def test_letters_are_listed_shown_replayed_and_discarded(daemon, mstream):
    at = ("--url", daemon.url)
    listed = mstream("dlq", "list", *at).out
    assert listed.splitlines()[0].split()[:3] == ["ID", "TIME", "JOB"]
    assert len(listed.splitlines()) == 3
    letters = mstream("dlq", "list", "--job=copy", "--json", *at).json()
    assert letters == daemon.get("/jobs/copy/dlq")
    (first,) = mstream("dlq", "list", "--limit=1", "--json", *at).json()
    number = str(first["id"])
    shown = mstream("dlq", "show", number, "--job=copy", "--json", *at).json()
    assert shown["payload"] == "bad"
    assert "bad" in mstream("dlq", "show", number, "--job=copy", *at).out
    assert "--job NAME" in mstream("dlq", "show", number, *at, code=2).err
    again = mstream("dlq", "replay", number, "--job=copy", *at, code=3)
    assert again.out == "1 sent again, 0 delivered, 1 rejected again\n"
    # It is kept as a new one, with the new reason.
    number = str(daemon.get("/jobs/copy/dlq")[-1]["id"])
    mstream("dlq", "discard", number, "--job=copy", "--yes", *at)
    assert len(daemon.get("/jobs/copy/dlq")) == 1
    missing = mstream("dlq", "discard", number, "--job=copy", "--yes", *at, code=1)
    assert "no letter" in missing.err
    mstream("dlq", "discard", "--all", "--job=copy", "--yes", *at)
    assert mstream("dlq", "list", *at).out == "there are no dead letters\n"


def test_checkpoints_are_listed_shown_set_and_rewound(daemon, mstream):
    at = ("--url", daemon.url)
    listed = mstream("checkpoints", "list", *at).out.splitlines()
    assert listed[0].split() == ["JOB", "SAVED", "EVENTS", "POSITION"]
    assert listed[1].split()[0] == "copy"
    (newest,) = mstream("checkpoints", "list", "--json", *at).json()
    history = mstream("checkpoints", "show", "copy", "--json", *at).json()
    assert history[0] == newest
    position = newest["position"]
    assert position in mstream("checkpoints", "show", "copy", *at).out
    done = mstream("checkpoints", "set", "copy", position, *at).out
    assert done.startswith("copy: ")
    assert "set by hand" in mstream("checkpoints", "list", *at).out
    said = mstream("checkpoints", "set", "copy", "{", *at, code=2).err
    assert "not JSON" in said
    refused = mstream("checkpoints", "rewind", "copy", "--back=1h", *at, code=1)
    assert json.dumps(refused.err)
    mstream("checkpoints", "set", "copy", "--reset", *at)
    assert mstream("checkpoints", "list", *at).out == "no job has a checkpoint yet\n"
    assert "no checkpoint" in mstream("checkpoints", "show", "copy", *at, code=1).err


def test_a_job_that_runs_keeps_its_checkpoint(daemon, mstream):
    at = ("--url", daemon.url)
    (newest,) = mstream("checkpoints", "list", "--json", *at).json()
    daemon.post("/jobs/copy/start")
    daemon.wait_state("copy", "running")
    refused = mstream("checkpoints", "set", "copy", newest["position"], *at, code=1)
    assert "copy" in refused.err


def test_a_job_is_tried_and_checked_over_the_api(daemon, mstream, tmp_path):
    at = ("--url", daemon.url)
    shown = mstream("jobs", "dry-run", "copy", *at)
    assert shown.out == "0 events, 0 rejected; nothing was written\n"
    with (tmp_path / "in" / "a.jsonl").open("a") as more:
        more.write('{"n":3}\nworst\n')
    shown = mstream("jobs", "dry-run", "copy", *at, code=3)
    assert "-> disk: " in shown.out and "REJECTED: " in shown.out
    assert shown.out.endswith("2 events, 1 rejected; nothing was written\n")
    asked = ("--limit=1", "--wait=20", "--json")
    assert mstream("jobs", "dry-run", "copy", *asked, *at).json()["events"] == 1
    path = tmp_path / "job.json"
    job = {
        "name": "other",
        "source": {"service_name": "given", "resource": "b.jsonl"},
        "sinks": [{"service_name": "disk", "resource": "b.jsonl"}],
    }
    path.write_text(json.dumps(job))
    assert "other: " in mstream("jobs", "validate", path, *at).out
    job["sinks"][0]["service_name"] = "none"
    path.write_text(json.dumps(job))
    assert "none" in mstream("jobs", "validate", path, *at, code=1).err
    assert [one["name"] for one in daemon.get("/jobs")] == ["copy"]
    mstream("services", "test", "disk", *at)
    assert mstream("services", "test", "disk", "--json", *at).json()["ok"] is True
