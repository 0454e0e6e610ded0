# SPDX-License-Identifier: MIT
"""Jobs and services that are made, changed and removed over the API, and are still there after whatever happens."""

import json

import pytest
from support import config
from support.api import Api
from support.definitions import connector, names, services_text, wait_gone, wait_running
from support.waiting import wait_until


@pytest.fixture
def start(mstreamd):
    """Start a daemon; its API, with the daemon in it."""

    def run(text, **more):
        daemon = mstreamd(text, **more)
        api = Api(daemon)
        api.daemon = daemon
        return api

    return run


def test_a_job_lives_from_its_making_to_its_end(start):
    api = start(services_text())
    status, headers, made = api.call("POST", "/jobs", connector("a"))
    assert status == 201, made
    assert headers["Location"] == "/jobs/a"
    assert made["item"]["name"] == "a" and made["item"]["defined_in"] == "api"
    tag = headers["ETag"]
    wait_running(api, "a")
    status, headers, job = api.call("GET", "/jobs/a")
    assert (status, headers["ETag"]) == (200, tag)
    assert job["revision"] == tag.strip('"')
    assert api.call("GET", "/jobs/a", headers={"If-None-Match": tag})[0] == 304

    # What is shown is what may be sent back: nothing changes, nothing restarts.
    status, headers, same = api.call("PUT", "/jobs/a", job["pipeline"])
    assert (status, headers["ETag"]) == (200, tag), same
    started = api.get("/jobs/a")["started_at"]

    status, headers, changed = api.call(
        "PUT", "/jobs/a", connector("a", rate=300), {"If-Match": tag}
    )
    assert status == 200 and headers["ETag"] != tag, changed
    wait_until(lambda: api.get("/jobs/a")["started_at"] not in (None, started))
    wait_running(api, "a")
    assert api.get("/jobs/a")["pipeline"]["source"]["rate"] == 300

    assert api.call("DELETE", "/jobs/a")[0] == 200
    wait_gone(api, "a")
    assert api.call("DELETE", "/jobs/a")[0] == 404
    assert api.get("/jobs") == []


def test_who_comes_second_is_told_so(start):
    api = start(services_text())
    assert api.call("POST", "/jobs", connector("a"))[0] == 201
    status, _, answer = api.call("POST", "/jobs", connector("a", rate=7))
    assert (status, answer["code"]) == (409, "conflict")
    tag = api.call("GET", "/jobs/a")[1]["ETag"]
    assert api.call("PUT", "/jobs/a", connector("a", rate=1), {"If-Match": tag})[0] == 200
    status, _, answer = api.call("PUT", "/jobs/a", connector("a", rate=2), {"If-Match": tag})
    assert (status, answer["code"]) == (412, "changed"), answer
    assert api.call("DELETE", "/jobs/a", headers={"If-Match": tag})[0] == 412
    assert api.call("PUT", "/jobs/a", connector("a"), {"If-None-Match": "*"})[0] == 412
    assert api.call("PUT", "/jobs/b", connector("b"), {"If-Match": "*"})[0] == 412
    assert api.call("PUT", "/jobs/b", connector("b"), {"If-None-Match": "*"})[0] == 201
    assert api.get("/jobs/a")["pipeline"]["source"]["rate"] == 1


def test_a_definition_that_is_wrong_is_refused_with_all_that_is_wrong(start):
    api = start(services_text())
    wrong = connector("a")
    wrong["source"]["service_name"] = "mad"
    wrong["sinks"][0]["resourc"] = wrong["sinks"][0].pop("resource")
    wrong["sinks"][0]["path"] = "${HOME}"
    status, _, answer = api.call("POST", "/jobs", wrong)
    assert (status, answer["code"]) == (422, "invalid"), answer
    found = {(one["path"], one.get("hint")) for one in answer["problems"]}
    assert ("source.service_name", 'did you mean "made"?') in found, found
    assert any(path == "sinks[0].resourc" for path, _ in found), found
    assert names(api) == []
    status, _, answer = api.call("POST", "/jobs/validate", wrong)
    assert status == 422
    assert api.post("/jobs/validate", connector("a"))["message"]
    assert names(api) == []
    for body in ("[]", "7", '"text"'):
        headers = {"Content-Type": "application/json"}
        assert api.call("POST", "/jobs", body, headers)[0] in (400, 422)
    assert api.call("POST", "/jobs", {})[0] == 422


def test_what_comes_over_the_api_reads_only_variables_that_are_allowed(start):
    env = {"ALLOWED_RATE": "250", "A_CANARY": "canary-4711"}
    api = start(services_text(env_allow=["ALLOWED_RATE"]), env=env)
    job = connector("a", rate=None)
    job["source"]["rate"] = "${ALLOWED_RATE}"
    assert api.call("POST", "/jobs", job)[0] == 201
    job = connector("b")
    job["sinks"][0]["resource"] = "${A_CANARY}.jsonl"
    status, _, answer = api.call("POST", "/jobs", job)
    assert status == 422 and "env_allow" in answer["hint"]
    assert "canary-4711" not in json.dumps(answer)
    assert "canary-4711" not in api.daemon.stderr()


def test_what_was_answered_is_there_after_a_kill(start):
    text = services_text()
    api = start(text)
    assert api.call("POST", "/jobs", connector("a"))[0] == 201
    assert api.call("POST", "/jobs", connector("b", enabled=False))[0] == 201
    assert api.call("POST", "/jobs", connector("c"))[0] == 201
    assert api.call("DELETE", "/jobs/c")[0] == 200
    wait_running(api, "a")
    assert api.get("/jobs/b")["state"] == "stopped"
    api.daemon.kill()
    api = start(text)
    assert names(api) == ["a", "b"]
    wait_running(api, "a")
    assert api.get("/jobs/b")["desired_state"] == "stopped"
    api.post("/jobs/b/start")
    wait_running(api, "b")
    api.daemon.kill()
    api = start(text)
    wait_running(api, "a", "b")


def test_what_was_stopped_stays_stopped_over_a_restart_of_the_daemon(start):
    job = connector("file_job")
    text = services_text(config.table("[[connectors]]", job))
    api = start(text)
    assert api.call("POST", "/jobs", connector("own"))[0] == 201
    wait_running(api, "file_job", "own")
    api.post("/jobs/file_job/stop")
    api.post("/jobs/own/pause")
    api.daemon.stop()
    api = start(text)
    api.wait_state("own", "paused")
    api.wait_state("file_job", "stopped")
    assert api.get("/jobs/file_job")["desired_state"] == "stopped"
    api.post("/jobs/file_job/start")
    api.post("/jobs/own/resume")
    wait_running(api, "file_job", "own")
    api.daemon.kill()
    api = start(text)
    wait_running(api, "file_job", "own")


def test_the_file_and_the_api_stand_side_by_side(start):
    text = services_text(config.table("[[connectors]]", connector("one")))
    api = start(text)
    assert api.call("POST", "/jobs", connector("two"))[0] == 201
    assert [job["defined_in"] for job in api.get("/jobs")] == ["file", "api"]
    for method in ("PUT", "DELETE"):
        status, _, answer = api.call(method, "/jobs/one", connector("one", rate=9))
        assert status == 409 and "line " in answer["message"], answer
    # The file gets a job of the same name: it wins, and the other comes back with it.
    other = config.table("[[connectors]]", connector("two", rate=77))
    api.daemon.rewrite(text + other)
    api.daemon.reload()
    api.daemon.wait_log("configuration loaded again")
    wait_until(lambda: api.get("/jobs/two")["defined_in"] == "file")
    assert "job 'two'" in api.daemon.stderr() and "set aside" in api.daemon.stderr()
    api.daemon.rewrite(text)
    assert api.post("/reload")["message"]
    wait_until(lambda: api.get("/jobs/two")["defined_in"] == "api")
    api.daemon.rewrite(text + "x = 1\n")
    status, _, answer = api.call("POST", "/reload")
    assert status == 422 and answer["problems"][0]["line"] > 9, answer
    wait_running(api, "one", "two")
