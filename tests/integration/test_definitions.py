# SPDX-License-Identifier: MIT
"""Jobs and services that are made, changed and removed over the API, and are still there after whatever happens."""

import json
from http.client import HTTPException

import pytest
from support import config
from support.api import Api
from support.crash import fault_binaries
from support.definitions import connector, names, services_text, wait_gone, wait_running
from support.files import without_gap, written
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


SECRET = "canary-secret-0815"


def service(name="out", path="./out", **more):
    return {"provider": "file", "name": name, "path": path, **more}


def test_a_service_lives_and_changes_only_the_jobs_that_use_it(start):
    api = start(services_text())
    status, headers, made = api.call("POST", "/services", service(path="./one"))
    assert status == 201 and headers["Location"] == "/services/out", made
    assert made["item"]["used_by_jobs"] == [] and made["item"]["is_system"] is False
    assert api.call("POST", "/services", service())[0] == 409
    assert api.call("POST", "/jobs", connector("uses", service="out"))[0] == 201
    assert api.call("POST", "/jobs", connector("other"))[0] == 201
    wait_running(api, "uses", "other")
    assert api.get("/services/out")["used_by_jobs"] == ["uses"]
    assert [one["name"] for one in api.get("/services?provider=file")] == ["disk", "out"]
    status, _, answer = api.call("DELETE", "/services/out")
    assert status == 409 and "'uses'" in answer["message"], answer
    status, _, answer = api.call("DELETE", "/services/disk")
    assert status == 409 and "line " in answer["message"], answer

    before = {name: api.get(f"/jobs/{name}")["started_at"] for name in ("uses", "other")}
    assert api.call("PUT", "/services/out", service(path="./two"))[0] == 200
    wait_until(lambda: list((api.daemon.folder / "two").glob("uses*")))
    wait_running(api, "uses", "other")
    assert api.get("/jobs/uses")["started_at"] != before["uses"]
    assert api.get("/jobs/other")["started_at"] == before["other"]

    # A change that would break the jobs that use it is none.
    status, _, answer = api.call("PUT", "/services/out", {"provider": "generate"})
    assert status == 422, answer
    assert any(one["file"] == "job 'uses'" for one in answer["problems"]), answer
    assert api.call("DELETE", "/jobs/uses")[0] == 200
    assert api.call("DELETE", "/services/out")[0] == 200
    assert api.call("GET", "/services/out")[0] == 404


def test_secrets_of_services_are_sealed_masked_and_kept_by_their_mask(start):
    text = services_text()
    api = start(text)
    body = {
        "provider": "kafka",
        "name": "k",
        "bootstrap.servers": "127.0.0.1:1",
        "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "u",
        "sasl.password": SECRET,
    }
    status, headers, made = api.call("POST", "/services", body)
    assert status == 201, made
    assert made["item"]["sasl.password"] == "****"
    shown = api.get("/services/k")
    for known in ("used_by_jobs", "is_system", "defined_in", "revision"):
        del shown[known]
    status, _, same = api.call("PUT", "/services/k", shown)
    assert status == 200 and "already" in same["message"], same
    shown["sasl.username"] = "v"
    assert api.call("PUT", "/services/k", shown, {"If-Match": headers["ETag"]})[0] == 200
    assert api.get("/config")["services"][-1]["sasl.username"] == "v"
    uri = f"mongodb://user:{SECRET}@127.0.0.1:1/?directConnection=true"
    mongo = {"provider": "mongodb", "name": "m", "connection_string": uri, "db_name": "d"}
    assert api.call("POST", "/services", mongo)[0] == 201
    masked = api.get("/services/m")["connection_string"]
    assert SECRET not in masked and "****" in masked
    # To another server the secret does not go with its mask.
    mongo["connection_string"] = masked.replace("127.0.0.1:1", "127.0.0.1:2")
    if mongo["connection_string"] != masked:
        assert api.call("PUT", "/services/m", mongo)[0] == 422
    for path in ("/services", "/services/k", "/services/m", "/config", "/logs"):
        assert SECRET not in json.dumps(api.get(path)), path
    api.daemon.stop()
    for path in api.daemon.folder.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path
    assert SECRET not in api.daemon.stderr()
    api = start(text)
    assert api.get("/services/k")["sasl.username"] == "v"


# Where a process dies between two writes of what it keeps; n: the how manieth time.
CRASHES = [
    (point, n)
    for point, last in (("job_record", 5), ("service_record", 3), ("desired_record", 6), ("after_record", 14))
    for n in range(1, last + 1)
]


@pytest.mark.parametrize(("point", "n"), CRASHES)
def test_a_kill_between_any_two_writes_leaves_the_old_world_or_the_new(mstreamd, point, n):
    program = fault_binaries() / "mstreamd"
    text = services_text(config.table("[[connectors]]", connector("file_job")))
    daemon = mstreamd(text, env={"MSTREAM_CRASH_AT": f"{point}:{n}"}, program=program)
    api = Api(daemon)
    jobs, services, stopped = {}, {}, set()
    steps = [
        ("PUT", "services", "s", service("s", path="./a")),
        ("PUT", "jobs", "a", connector("a", rate=50, service="s")),
        ("PUT", "jobs", "b", connector("b", rate=50, enabled=False)),
        ("PUT", "jobs", "a", connector("a", rate=60, service="s")),
        ("PUT", "services", "s", service("s", path="./b")),
        ("POST", "jobs", "file_job", "stop"),
        ("POST", "jobs", "a", "stop"),
        ("POST", "jobs", "file_job", "start"),
        ("DELETE", "jobs", "b", None),
        ("DELETE", "jobs", "a", None),
        ("DELETE", "services", "s", None),
    ]
    pending = None
    for step in steps:
        method, kind, name, body = step
        path = f"/{kind}/{name}" + (f"/{body}" if method == "POST" else "")
        try:
            status, _, answer = api.call(method, path, body if method == "PUT" else None)
        except (OSError, HTTPException):
            pending = step
            break
        assert status in (200, 201), (step, answer)
        apply(step, jobs, services, stopped)
    assert pending is not None, "it was to die"
    assert daemon.wait() == -9
    old = (dict(jobs), dict(services), set(stopped))
    apply(pending, jobs, services, stopped)
    api = Api(mstreamd(text))
    found = wait_until(lambda: world(api))
    new = (jobs, services, stopped)
    # A wish for a job that is being made is nobody's before the job is there.
    assert found in (expected(old), expected(new)), (pending, found)
    # And it can be done, or done again.
    method, kind, name, body = pending
    path = f"/{kind}/{name}" + (f"/{body}" if method == "POST" else "")
    status, _, answer = api.call(method, path, body if method == "PUT" else None)
    assert status in (200, 201, 404), answer
    assert world(api) == expected(new)


def apply(step, jobs, services, stopped):
    method, kind, name, body = step
    known = jobs if kind == "jobs" else services
    if method == "PUT":
        known[name] = body
        if body.get("enabled") is False:
            stopped.add(name)
    elif method == "DELETE":
        del known[name]
        stopped.discard(name)
    elif body == "stop":
        stopped.add(name)
    else:
        stopped.discard(name)


def expected(of):
    jobs, services, stopped = of
    rates = {name: body["source"]["rate"] for name, body in jobs.items()}
    paths = {name: body["path"] for name, body in services.items()}
    return rates, paths, stopped


def world(api):
    """Rates of the jobs and paths of the services made over the API, and who is stopped."""
    jobs = [job for job in api.get("/jobs") if not job["leaving"] or job["revision"]]
    rates = {j["name"]: j["pipeline"]["source"]["rate"] for j in jobs if j["defined_in"] == "api"}
    paths = {s["name"]: s["path"] for s in api.get("/services") if s["defined_in"] == "api"}
    return rates, paths, {job["name"] for job in jobs if job["desired_state"] == "stopped"}


def test_a_running_job_that_is_restarted_1000_times_runs_and_loses_nothing(start):
    job = connector("a", rate=2000)
    job["source"]["template"] = '{"n": {{seq}}}'
    api = start(services_text(config.table("[[connectors]]", job)))
    wait_running(api, "a")
    for _ in range(1000):
        api.post("/jobs/a/restart")
    wait_running(api, "a")
    assert api.get("/jobs/a")["desired_state"] == "running"
    folder = api.daemon.folder
    seen = len(set(written(folder, "a")))
    wait_until(lambda: len(set(written(folder, "a"))) > seen)
    api.daemon.stop()
    assert without_gap(sorted(set(written(folder, "a")))), "numbers are missing"


def test_a_job_is_removed_with_all_that_it_left(start):
    api = start(services_text())
    assert api.call("POST", "/jobs", connector("a"))[0] == 201
    wait_until(lambda: api.get("/jobs/a/checkpoints"))
    assert api.call("DELETE", "/jobs/a?purge=true")[0] == 200
    wait_gone(api, "a")
    assert api.call("POST", "/jobs", connector("a", enabled=False))[0] == 201
    assert api.get("/jobs/a/checkpoints") == []
    api.post("/jobs/a/start")
    wait_until(lambda: api.get("/jobs/a/checkpoints"))
    assert api.call("DELETE", "/jobs/a")[0] == 200
    wait_gone(api, "a")
    assert api.call("POST", "/jobs", connector("a", enabled=False))[0] == 201
    assert api.get("/jobs/a/checkpoints") != []


def lifecycle_text(mongodb, startup, *jobs):
    system = {
        "job_lifecycle": {"service_name": "st", "resource": "jobs", "startup_state": startup},
        "service_lifecycle": {"service_name": "st", "resource": "services"},
    }
    text = services_text(config.mongodb(mongodb.uri, mongodb.name, name="st"))
    text += config.table("[system]", system)
    return text + "".join(config.table("[[connectors]]", job) for job in jobs)


def wait_names(api, *wanted):
    wait_until(lambda: names(api) == sorted(wanted), what=f"jobs {wanted}")


def test_the_first_start_seeds_from_the_file_and_later_ones_do_not(start, mongodb):
    api = start(lifecycle_text(mongodb, "seed_from_file", connector("one"), connector("two")))
    wait_names(api, "one", "two")
    assert {job["defined_in"] for job in api.get("/jobs")} == {"api"}
    assert api.call("DELETE", "/jobs/one")[0] == 200
    assert api.call("PUT", "/jobs/two", connector("two", rate=9))[0] == 200
    api.daemon.stop()
    api = start(lifecycle_text(mongodb, "seed_from_file", connector("one"), connector("two")))
    wait_names(api, "two")
    assert api.get("/jobs/two")["pipeline"]["source"]["rate"] == 9


def test_the_file_is_forced_on_what_is_stored(start, mongodb):
    api = start(lifecycle_text(mongodb, "force_from_file", connector("one")))
    wait_names(api, "one")
    assert api.call("POST", "/jobs", connector("extra"))[0] == 201
    assert api.call("PUT", "/jobs/one", connector("one", rate=9))[0] == 200
    api.post("/jobs/one/stop")
    api.daemon.stop()
    api = start(lifecycle_text(mongodb, "force_from_file", connector("one")))
    wait_names(api, "extra", "one")
    wait_running(api, "one")
    assert api.get("/jobs/one")["pipeline"]["source"]["rate"] == 200
    assert api.get("/jobs/extra")["desired_state"] == "stopped"


def test_what_is_stored_is_kept_and_the_file_has_no_say(start, mongodb):
    api = start(lifecycle_text(mongodb, "keep", connector("one")))
    wait_until(lambda: api.call("POST", "/jobs", connector("mine"))[0] == 201)
    wait_names(api, "mine")
    api.daemon.stop()
    api = start(lifecycle_text(mongodb, "keep", connector("one")))
    wait_names(api, "mine")
    wait_running(api, "mine")


def test_daemons_that_share_a_state_see_what_each_other_changes(start, mongodb):
    first = lifecycle_text(mongodb, "keep")
    second = first.replace("./state", "./state-2").replace("./out", "./out-2")
    one, two = start(first), start(second)
    wait_until(lambda: one.call("POST", "/jobs", connector("a"))[0] == 201)
    wait_names(two, "a")
    two.post("/jobs/a/stop")
    one.wait_state("a", "stopped")
    tag = one.call("GET", "/jobs/a")[1]["ETag"]
    assert two.call("PUT", "/jobs/a", connector("a", rate=5), {"If-Match": tag})[0] == 200
    # The first has not seen it yet, or has: the race is lost either way.
    assert one.call("PUT", "/jobs/a", connector("a", rate=6), {"If-Match": tag})[0] == 412
    wait_until(lambda: one.get("/jobs/a")["pipeline"]["source"]["rate"] == 5)
    one.post("/jobs/a/start")
    wait_until(lambda: two.get("/jobs/a")["desired_state"] == "running")
    assert one.call("DELETE", "/jobs/a")[0] == 200
    wait_names(two)


def test_jobs_go_on_while_their_state_is_away_and_nothing_can_be_changed(start, own_proxy, mongodb):
    uri = own_proxy.before_mongodb(mongodb.uri)
    text = lifecycle_text(mongodb, "keep").replace(mongodb.uri, uri)
    api = start(text)
    wait_until(lambda: api.call("POST", "/jobs", connector("a"))[0] == 201)
    wait_running(api, "a")
    own_proxy.cut()
    events = api.get("/jobs/a/metrics")["events_processed"]
    status, headers, answer = api.call("PUT", "/jobs/a", connector("a", rate=5))
    assert status == 503 and headers["Retry-After"], answer
    wait_until(lambda: api.get("/jobs/a/metrics")["events_processed"] > events)
    own_proxy.restore()
    wait_until(lambda: api.call("PUT", "/jobs/a", connector("a", rate=5))[0] == 200, 60)


def test_bodies_of_clients_of_the_published_program_work(start, mongodb):
    api = start(services_text())
    body = {
        "provider": "mongodb",
        "name": "mg",
        "connection_string": mongodb.uri,
        "db_name": mongodb.name,
        "write_mode": "replace",
    }
    status, _, answer = api.call("POST", "/services", body)
    assert status == 201 and answer["item"]["provider"] == "mongodb", answer
    job = {
        "enabled": True,
        "name": "users",
        "batch": {"kind": "count", "size": 10},
        "checkpoint": None,
        "source": {
            "service_name": "mg", "resource": "users", "schema_id": None,
            "output_encoding": "json",
        },
        "middlewares": None,
        "schemas": None,
        "sinks": [{"service_name": "mg", "resource": "copy", "output_encoding": "bson"}],
    }  # fmt: skip
    status, _, answer = api.call("POST", "/jobs", job)
    assert status == 201, answer
    assert {"message", "item"} == set(answer)
    item = answer["item"]
    assert item["linked_services"] == ["mg", "mg"] and item["desired_state"] == "running"
    assert item["pipeline"]["batch"] == {"kind": "count", "size": 10}
    assert api.call("POST", "/jobs/users/restart")[2]["item"]["name"] == "users"
    wait_running(api, "users")
    assert api.call("POST", "/jobs/users/stop")[0] == 200
    assert api.call("POST", "/jobs", job)[0] == 409


def test_the_commands_make_change_and_remove(start, mstream, tmp_path):
    api = start(services_text())
    at = ("--url", api.url)
    file = tmp_path / "job.json"
    file.write_text(json.dumps(connector("a")))
    assert "a: the job was made" in mstream("jobs", "create", file, *at).out
    assert "already" in mstream("jobs", "create", file, *at, code=1).err
    assert "a: the job was so already" in mstream("jobs", "apply", file, *at).out
    shown = mstream("jobs", "show", "a", "--definition", *at).json()
    shown["source"]["rate"] = 7
    both = json.dumps([shown, connector("b")])
    said = mstream("jobs", "apply", "-", *at, input=both).out
    assert "a: the job was changed" in said and "b: the job was made" in said
    shown["source"]["rat"] = shown["sinks"][0]["pat"] = 1
    said = mstream("jobs", "apply", "-", *at, input=json.dumps(shown), code=1).err
    assert "source.rat: unknown key" in said and "sinks[0].pat: unknown key" in said
    assert "standard input:1:1: " in mstream("jobs", "create", "-", *at, input="{", code=2).err
    mstream("jobs", "delete", "a", "--if-match", "1", *at, code=1)
    assert "a: the job" in mstream("jobs", "delete", "a", "--purge", *at).out

    body = json.dumps(service())
    mstream("services", "create", "-", *at, input=body)
    assert mstream("services", "apply", "-", *at, input=body, code=0).out
    listed = mstream("services", "list", *at).out.splitlines()
    assert listed[0].split() == ["SERVICE", "PROVIDER", "DEFINED", "IN", "USED", "BY"]
    assert any(line.split() == ["disk", "file", "file", "b"] for line in listed), listed
    assert mstream("services", "show", "out", *at, "--json").json()["path"] == "./out"
    mstream("services", "delete", "out", *at)
    mstream("services", "show", "out", *at, code=1)
    assert "loaded again" in mstream("reload", *at).out


def test_without_its_key_a_service_is_set_aside_with_its_jobs_and_comes_back_with_it(start):
    text = services_text()
    api = start(text)
    assert api.call("POST", "/services", service())[0] == 201
    assert api.call("POST", "/jobs", connector("sealed", service="out"))[0] == 201
    assert api.call("POST", "/jobs", connector("open"))[0] == 201
    api.daemon.stop()
    key = api.daemon.folder / "mstream.key"
    kept = key.read_bytes()
    key.unlink()
    api = start(text)
    wait_running(api, "open")
    assert names(api) == ["open", "sealed"]
    job = api.get("/jobs/sealed")
    assert job["state"] == "failed" and "out" in job["reason"]["message"], job["reason"]
    assert api.get("/health")["status"] == "degraded"
    # What is set aside keeps nobody from changing other things.
    assert api.call("PUT", "/jobs/open", connector("open", rate=7))[0] == 200
    key.write_bytes(kept)
    key.chmod(0o600)
    assert api.post("/reload")["message"]
    wait_running(api, "sealed", "open")
    assert api.get("/health")["status"] == "healthy"
