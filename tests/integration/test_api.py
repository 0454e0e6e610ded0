# SPDX-License-Identifier: MIT
"""The REST API of a running daemon: what it says, what it does, whom it refuses."""

import json
import re
import socket
import sys
import threading
import time

import pytest
from servers_lib import cache
from support import config
from support.api import Api, jobs_text
from support.waiting import wait_until


@pytest.fixture
def api(mstreamd):
    daemon = mstreamd(jobs_text("a", "b"))
    api = Api(daemon)
    api.daemon = daemon
    return api


def test_jobs_are_shown_with_the_published_keys(api):
    api.wait_state("a", "running")
    jobs = api.get("/jobs")
    assert [job["name"] for job in jobs] == ["a", "b"]
    job = jobs[0]
    assert {"started_at", "stopped_at", "state", "desired_state"} <= set(job)
    assert job["linked_services"] == ["made", "disk"]
    assert job["pipeline"]["source"]["service_name"] == "made"
    assert api.get("/jobs?limit=1&after=a")[0]["name"] == "b"
    metrics = api.get("/jobs/a/metrics")
    wait_until(lambda: api.get("/jobs/a/metrics")["events_processed"] > 100)
    assert set(metrics) >= {
        "events_processed", "bytes_processed", "current_lag_seconds",
        "throughput_per_second", "total_errors", "last_processed_at",
    }  # fmt: skip
    assert api.get("/stats")["running_jobs"] == 2
    assert api.get("/health")["status"] == "healthy"
    newest = wait_until(lambda: api.get("/jobs/a/checkpoints"))[0]
    assert newest["cursor"]["source"] == "generate"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", newest["updated_at"])
    assert api.get("/jobs/a/runs")[0]["stopped_at"] is None


def test_a_job_is_stopped_started_paused_and_restarted(api):
    api.post("/jobs/a/stop")
    api.wait_state("a", "stopped")
    assert api.get("/jobs/b")["state"] == "running"
    assert api.get("/jobs/a")["desired_state"] == "stopped"
    api.post("/jobs/a/pause", status=409)
    api.post("/jobs/a/start")
    api.wait_state("a", "running")
    api.post("/jobs/a/pause")
    api.wait_state("a", "paused")
    api.post("/jobs/a/resume")
    api.wait_state("a", "running")
    events = api.get("/jobs/a/metrics")["events_processed"]
    for _ in range(30):
        answer = api.post("/jobs/a/restart")
        assert answer["item"]["desired_state"] == "running"
    api.wait_state("a", "running")
    assert api.get("/jobs/a/metrics")["events_processed"] >= events
    assert api.get("/jobs/nobody", 404)["code"] == "not_found"


def test_a_stop_outlives_a_reload_and_a_removed_job_goes(mstreamd):
    daemon = mstreamd(jobs_text("a", "b"))
    api = Api(daemon)
    api.post("/jobs/a/stop")
    api.wait_state("a", "stopped")
    text = jobs_text("a").replace("port = 0", f"port = {api.port}")
    daemon.config.write_text(text)
    daemon.reload()
    daemon.wait_log("configuration loaded again")
    assert [job["name"] for job in api.get("/jobs")] == ["a"]
    assert api.get("/jobs/a")["state"] == "stopped"


def test_health_says_what_is_wrong_with_which_job(mstreamd, tmp_path):
    text = jobs_text("good")
    text += config.service("file", "gone", path=str(tmp_path / "gone"))
    source = {"service_name": "gone", "resource": "in.jsonl"}
    text += config.job("bad", source, {"service_name": "disk", "resource": "bad.jsonl"})
    (tmp_path / "gone").write_text("this is no directory")
    api = Api(mstreamd(text))
    health = wait_until(lambda: (h := api.get("/health"))["problems"] and h)
    assert health["status"] == "degraded"
    assert [one["job"] for one in health["problems"]] == ["bad"]
    assert health["problems"][0]["message"]
    assert api.get("/jobs/bad")["reason"]["message"] == health["problems"][0]["message"]


def test_checkpoints_are_set_rewound_and_removed_while_the_job_is_stopped(api):
    path = "/jobs/a/checkpoints"
    position = wait_until(lambda: api.get(path))[0]["cursor"]["data"]
    api.wait_state("a", "running")
    status, _, answer = api.call("PUT", path, {"position": position})
    assert status == 409, answer
    api.post("/jobs/a/stop")
    api.wait_state("a", "stopped")
    moved = {**position, "next": 777}
    status, _, answer = api.call("PUT", path, {"position": moved})
    assert status == 200 and "777" in answer["item"]["words"], answer
    newest = api.get(path)[0]
    assert newest["cursor"]["data"]["next"] == 777 and newest["origin"] == "set"
    for wrong in ({"position": "nonsense"}, {"position": {}}, {"position": 5}, {}):
        status, _, answer = api.call("PUT", path, wrong)
        assert status == 422, answer
    status, _, answer = api.call("POST", f"{path}/rewind", {"back": "1h"})
    assert status == 422 and "can not be rewound by time" in answer["message"]
    status, _, answer = api.call("POST", f"{path}/rewind", {})
    assert status == 422
    api.post("/jobs/a/start")
    api.wait_state("a", "running")
    first = api.get("/jobs/a/runs?limit=1")[0]
    assert first["id"] >= 1
    api.post("/jobs/a/stop")
    api.wait_state("a", "stopped")
    assert api.get(path)[0]["cursor"]["data"]["next"] >= 777
    assert api.call("DELETE", path)[0] == 200
    assert api.get(path) == []


def test_dead_letters_are_shown_sent_again_and_discarded(mstreamd, tmp_path):
    (tmp_path / "in.jsonl").write_text('{"a": 1}\nthis is no JSON\nnor this\n{"a": 2}\n')
    text = config.state() + config.table("[api]", {"port": 0})
    text += config.service("file", "disk", path=str(tmp_path))
    text += config.job(
        "copy",
        {"service_name": "disk", "resource": "in.jsonl", "output_encoding": "json"},
        {"service_name": "disk", "resource": "out.bson", "output_encoding": "bson"},
        on_reject="dlq",
    )
    api = Api(mstreamd(text))
    letters = wait_until(lambda: len(got := api.get("/jobs/copy/dlq")) == 2 and got)
    assert [one["job"] for one in letters] == ["copy", "copy"]
    assert letters[0]["reason"]
    first = letters[0]["id"]
    assert len(api.get(f"/jobs/copy/dlq?after={first}")) == 1
    shown = api.get(f"/jobs/copy/dlq/{first}")
    assert "this is no JSON" in json.dumps(shown)
    api.get("/jobs/copy/dlq/999999", 404)
    api.get("/jobs/copy/dlq/x", 404)
    if api.get("/jobs/copy")["state"] == "running":
        assert api.call("POST", f"/jobs/copy/dlq/{first}/replay")[0] == 409
    api.post("/jobs/copy/stop")
    wait_until(lambda: api.get("/jobs/copy")["state"] in ("stopped", "completed"))
    answer = api.post("/jobs/copy/dlq/replay", {"timeout": "20s"})
    assert answer["item"]["sent"] == 2 and answer["item"]["rejected"] == 2
    again = api.get("/jobs/copy/dlq")
    assert len(again) == 2 and again[0]["id"] > first
    assert api.call("DELETE", f"/jobs/copy/dlq/{again[0]['id']}")[0] == 200
    assert api.call("DELETE", f"/jobs/copy/dlq/{again[0]['id']}")[0] == 404
    assert "1 letters" in api.call("DELETE", "/jobs/copy/dlq")[2]["message"]
    assert api.get("/jobs/copy/dlq") == []


def test_logs_are_kept_and_streamed_and_resumed(api):
    lines = api.get("/logs")["logs"]
    assert any("is ready" in line["message"] for line in lines)
    assert [line["id"] for line in lines] == sorted(line["id"] for line in lines)
    connection = api.connect()
    connection.request("GET", "/logs/stream?job_name=a&initial=0")
    answer = connection.getresponse()
    assert answer.getheader("Content-Type") == "text/event-stream"
    api.post("/jobs/a/restart")
    api.post("/jobs/b/restart")
    seen = []
    while len(seen) < 1:
        line = answer.readline().decode()
        if line.startswith("data: "):
            seen.append(json.loads(line[6:]))
    connection.close()
    assert {line["job_name"] for line in seen} == {"a"}
    connection = api.connect()
    connection.request(
        "GET", "/logs/stream?job_name=a", headers={"Last-Event-ID": str(seen[0]["id"] - 1)}
    )
    answer = connection.getresponse()
    again = ""
    while not again.startswith("data: "):
        again = answer.readline().decode()
    assert json.loads(again[6:]) == seen[0]
    connection.close()


def test_openapi_describes_what_there_is(api):
    described = api.get("/openapi.json")
    assert described["openapi"].startswith("3.1")
    ids = [one["operationId"] for path in described["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))
    shapes = described["components"]["schemas"]
    for reference in re.findall(r"#/components/schemas/(\w+)", json.dumps(described)):
        assert reference in shapes
    for path, methods in described["paths"].items():
        # Those of services and schemas have tests of their own.
        if "get" in methods and "stream" not in path and not re.match(r"/(services|schemas)/", path):
            asked = path.replace("{name}", "a").replace("{id}", "1")
            status, _, _ = api.call("GET", asked)
            assert status in (200, 404), asked
            # The job has no shadow; test_shadow.py reads one.
            assert status == 200 or "{id}" in path or path.endswith("/shadow"), asked


def test_a_validator_of_others_takes_openapi_json(api):
    # Behind the venv's own packages: only what these lack comes from there.
    sys.path.append(str(cache.packages("openapi")))
    import openapi_spec_validator

    openapi_spec_validator.validate(api.get("/openapi.json"))


def test_a_wrong_body_is_refused_with_its_place(api):
    path = "/jobs/a/dlq/replay"
    status, _, answer = api.call("POST", path, '{"timeout":\n 1,,}', {"Content-Type": "application/json"})
    assert (status, answer["code"]) == (400, "bad_json")
    assert "line 2" in answer["message"]
    status, _, answer = api.call("POST", path, {"timeot": 1})
    assert (status, answer["code"], answer["path"]) == (422, "unknown_field", "timeot")
    status, _, answer = api.call("POST", path, {"timeout": "soon"})
    assert (status, answer["path"]) == (422, "timeout")
    status, _, answer = api.call("POST", path, "{}", {"Content-Type": "text/plain"})
    assert status == 415
    status, headers, _ = api.call("PUT", "/jobs/a/stop")
    assert status == 405 and headers["Allow"] == "POST"
    large = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n" % path.encode()
    assert b" 413 " in api.raw(large).split(b"\r\n")[0]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Content-Length: 2\r\nContent-Length: 3\r\n", 400),
        ("Content-Length: 2x\r\n", 400),
        ("Transfer-Encoding: chunked\r\n", 411),
        ("Host: again\r\n", 400),
        ("X: y\r\n" * 80, 431),
        ("X: " + "y" * 20000 + "\r\n", None),
    ],
)
def test_a_request_that_two_programs_would_read_differently_is_none(api, head, status):
    text = f"POST /jobs/a/stop HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n0\r\n\r\n"
    got = api.raw(text.encode())
    line, _, rest = got.partition(b"\r\n")
    assert status is None or line.startswith(b"HTTP/1.1 %d" % status), got[:300]
    assert b" 200 " not in line
    assert b"<html" not in rest.lower()
    assert rest.count(b"HTTP/1.1") == 0, "a second answer: the rest was read as a request"
    assert api.get("/jobs/a")["desired_state"] == "running"


def test_a_name_of_somebody_else_that_leads_here_is_refused(api):
    got = api.raw(b"GET /jobs HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 403")
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{api.port + 1}"):
        assert api.call("POST", "/jobs/a/stop", headers={"Origin": origin})[0] == 403
    assert api.call("GET", "/jobs", headers={"Origin": api.url})[0] == 200


def test_clients_that_send_slowly_are_cut_off_and_hold_nobody_up(api):
    slow = []
    for _ in range(40):
        line = socket.create_connection((api.host, api.port), 20)
        line.sendall(b"GET /jobs HTTP/1.1\r\nHost: loc")
        slow.append(line)
    for _ in range(10):
        line = socket.create_connection((api.host, api.port), 20)
        line.sendall(b"POST /jobs/a/dlq/replay HTTP/1.1\r\nHost: localhost\r\n"
                     b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
        slow.append(line)
    began = time.monotonic()
    api.get("/health")
    assert time.monotonic() - began < 5
    for line in slow:
        line.settimeout(30)
        while line.recv(4096):
            pass
        line.close()


def test_many_connections_leave_an_api_that_answers(api):
    lines = []
    for _ in range(800):
        line = socket.socket()
        line.setblocking(False)
        line.connect_ex((api.host, api.port))
        lines.append(line)
    for line in lines:
        line.close()
    wait_until(lambda: api.get("/health"), 30)
    assert api.daemon.running()


def test_streams_are_bounded_and_starve_nobody(api):
    lines = []
    refused = 0
    for _ in range(210):
        line = socket.create_connection((api.host, api.port), 20)
        line.sendall(b"GET /logs/stream?initial=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        lines.append(line)
    for line in lines:
        refused += b" 503 " in line.recv(64)
    assert refused == 10
    api.get("/health")
    for line in lines:
        line.close()


def test_a_port_that_is_taken_is_said(mstreamd):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        daemon = mstreamd(
            jobs_text("a"), arguments=["--set", f"api.port={port}"], ready=False
        )
        assert daemon.wait() == 1
        assert f"127.0.0.1:{port}" in daemon.stderr()
        assert "hint: api.port" in daemon.stderr()


def test_without_the_api_nothing_listens(mstreamd):
    daemon = mstreamd(jobs_text("a", enabled=False))
    assert "listening" not in daemon.stderr()


def test_the_commands_ask_the_daemon(api, mstream):
    env = {"MSTREAM_URL": api.url}
    api.wait_state("a", "running")
    listed = mstream("jobs", "list", env=env).out
    assert re.search(r"^a +running", listed, re.M)
    assert mstream("jobs", "list", "--json", env=env).json()[0]["name"] == "a"
    assert "running" in mstream("jobs", "show", "a", "--url", api.url).out
    assert mstream("jobs", "metrics", "a", "--json", env=env).json()["runs"] == 1
    mstream("jobs", "stop", "a", env=env)
    api.wait_state("a", "stopped")
    refused = mstream("jobs", "pause", "a", env=env, code=1)
    assert "error: job 'a' is stopped" in refused.err and "hint: start it first" in refused.err
    for verb in ("start", "restart", "pause", "resume"):
        mstream("jobs", verb, "a", env=env)
    api.wait_state("a", "running")
    assert mstream("health", env=env).out.startswith("healthy")
    missing = mstream("jobs", "show", "no body", env=env, code=1)
    assert "there is no job 'no body'" in missing.err
    api.daemon.stop()
    gone = mstream("health", env=env, code=1)
    assert "hint: is mstreamd running?" in gone.err


def test_the_api_costs_little_memory(mstreamd):
    without = mstreamd(jobs_text("a", enabled=False))
    time.sleep(1)
    bare = without.rss_kb()
    without.stop()
    daemon = mstreamd(jobs_text("a"))
    api = Api(daemon)
    for _ in range(50):
        api.get("/jobs")
    assert daemon.rss_kb() - bare <= 8 * 1024


def test_a_flood_of_restarts_from_many_sides_ends_well(api):
    def flood():
        for _ in range(25):
            api.post("/jobs/a/restart")

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    api.wait_state("a", "running")
    runs = api.get("/jobs/a/runs?limit=100")
    assert runs[0]["state"] == "running"
    assert all(run["state"] != "failed" for run in runs)


class Silent:
    """A server that takes connections, keeps them, and never says anything."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(30)
        self.port = self.listener.getsockname()[1]

    def take(self):
        """Wait until somebody has connected and asked something."""
        self.line, _ = self.listener.accept()
        self.line.settimeout(30)
        assert self.line.recv(65536)

    def is_waited_for(self):
        """Whether who asked has neither hung up nor given up."""
        self.line.setblocking(False)
        try:
            while self.line.recv(65536):
                pass
        except BlockingIOError:
            return True
        return False

    def close(self):
        self.line.close()
        self.listener.close()


def test_health_answers_at_once_while_servers_do_not(mstreamd):
    """All that waits for a server still waits when /health has answered."""
    servers = [Silent() for _ in range(5)]
    text = jobs_text("a", rate=5000)
    patience = {
        f"{what}_timeout": "10m" for what in ("connect", "server_selection", "socket")
    }
    for number, server in enumerate(servers):
        uri = f"mongodb://127.0.0.1:{server.port}/?replicaSet=rs0"
        text += config.mongodb(uri, "app", name=f"m{number}", **patience)
        text += config.job(
            f"hung{number}",
            {"service_name": f"m{number}", "resource": "users", "output_encoding": "json"},
            {"service_name": "disk", "resource": f"hung{number}.jsonl"},
        )
    api = Api(mstreamd(text))
    for server in servers:
        server.take()
    for _ in range(100):
        assert api.get("/health")["status"]
    assert all(server.is_waited_for() for server in servers)
    for server in servers:
        server.close()
