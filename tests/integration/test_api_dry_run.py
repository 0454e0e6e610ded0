# SPDX-License-Identifier: MIT
"""POST /jobs/{name}/dry-run: what sinks would get, without writing it."""

import json

import pytest
from support import config
from support.api import Api
from support.files import numbers
from support.silent import Silent
from support.waiting import wait_until

SINK = {"service_name": "disk", "resource": "copy.jsonl"}


def files(tmp_path, text, sink=SINK, **more):
    """A job from a file, and a daemon's configuration with it."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text(text)
    source = {"service_name": "given", "resource": "a.jsonl", "format": "json"}
    return (
        config.state()
        + config.table("[api]", {"port": 0})
        + config.service("file", "given", path="./in")
        + config.service("file", "disk", path="./out")
        + config.job("copy", source, sink, **more)
    )


@pytest.fixture
def stopped(mstreamd, tmp_path):
    """stopped(text): the API of a daemon whose job has not begun."""

    def start(text, **more):
        api = Api(mstreamd(files(tmp_path, "", **more)))
        api.post("/jobs/copy/stop")
        api.wait_state("copy", "stopped")
        (tmp_path / "in" / "a.jsonl").write_text(text)
        return api

    return start


def test_it_shows_what_the_sink_would_get_and_writes_nothing(stopped, tmp_path):
    api = stopped("".join(f'{{"seq": {n}}}\n' for n in range(3)))
    before = api.get("/jobs/copy/checkpoints")
    for limit in (2, 2, 100):
        shown = api.post("/jobs/copy/dry-run", {"limit": limit})
        n = min(limit, 3)
        assert (shown["events"], shown["rejected"], shown["left_out"]) == (n, 0, 0)
        payloads = [json.loads(one["payload"]) for one in shown["deliveries"]]
        assert payloads == [{"seq": i} for i in range(n)]
        assert {one["sink"] for one in shown["deliveries"]} == {"disk"}
        assert shown["deliveries"][0]["event"] == 1
    assert api.get("/jobs/copy/checkpoints") == before
    assert not list((tmp_path / "out").glob("*"))
    api.post("/jobs/copy/start")
    # Nothing of it was taken away from the job.
    wait_until(lambda: numbers(tmp_path / "out", writing=True) == [0, 1, 2])


def test_what_would_be_rejected_says_why(stopped):
    sink = {"service_name": "disk", "resource": "copy.bson", "output_encoding": "bson"}
    api = stopped('{"seq": 1}\nno json\n{"seq": 2}\n', sink=sink, on_reject="dlq")
    shown = api.post("/jobs/copy/dry-run")
    assert (shown["events"], shown["rejected"]) == (3, 1)
    assert [("rejected" in one) for one in shown["deliveries"]] == [False, True, False]
    assert "JSON" in shown["deliveries"][1]["rejected"]
    assert api.get("/jobs/copy/dlq") == []


def test_it_waits_for_what_comes_only_when_asked_to(stopped):
    api = stopped("")
    asked = {"timeout": "300ms", "follow": True}
    shown = api.post("/jobs/copy/dry-run", asked)
    assert (shown["events"], shown["timed_out"], shown["deliveries"]) == (0, True, [])


def test_a_server_that_says_nothing_is_given_up(mstreamd, tmp_path):
    server = Silent()
    uri = f"mongodb://127.0.0.1:{server.port}/?replicaSet=rs0"
    text = files(tmp_path, "") + config.mongodb(uri, "app")
    source = {"service_name": "m", "resource": "users", "output_encoding": "json"}
    text += config.job("hung", source, {"service_name": "disk", "resource": "h.jsonl"})
    api = Api(mstreamd(text))
    refused = api.post("/jobs/hung/dry-run", {"timeout": "1s"}, status=503)
    assert refused["message"]
    server.close()
    assert api.post("/jobs/none/dry-run", status=404)["code"] == "not_found"
