# SPDX-License-Identifier: MIT
"""Events as HTTP requests: nothing is lost, no key's order turns, and each
answer has its outcome."""

import gzip
import json
import threading
import time

import pytest
from bson import decode
from support import config, http
from support.http import Nginx
from support.http_job import COUNT, arrived, check, job, seqs
from support.http_raw import frame_items
from support.waiting import wait_until


@pytest.fixture
def server(make_http):
    return make_http()


@pytest.fixture
def nginx(tmp_path):
    one = Nginx(tmp_path / "nginx")
    one.start()
    yield one
    one.stop()


def test_events_arrive_in_the_order_of_their_keys(server, mstreamd):
    daemon = mstreamd(job(server.url, sink={"concurrency": 8}))
    arrived(server)
    daemon.wait_log("job: completed")
    assert len(server.requests) == COUNT
    request = server.requests[0]
    assert (request.method, request.path) == ("POST", "/in")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-op"] == "create"


def test_nginx_takes_them_and_its_restart_costs_nothing(nginx, mstreamd):
    daemon = mstreamd(
        job(nginx.url, 8000, sink={"resource": "log"}, source={"rate": 4000})
    )
    wait_until(lambda: len(nginx.lines()) > 200, 30, what="some events")
    nginx.stop()
    daemon.wait_log("connect")
    nginx.start()
    daemon.wait_log("job: completed", 60)
    check(
        [json.loads(line[3].replace('\\"', '"')) for line in nginx.lines()], 8000
    )


def test_nginx_refuses_what_is_too_large_alone(nginx, mstreamd, http_letters):
    large = '{"_id": {{id}}, "seq": {{seq}}, "x": {{text:150000}}}'
    daemon = mstreamd(job(nginx.url, 3, source={"template": large}))
    daemon.wait_log("job: completed", 60)
    found = http_letters()
    assert len(found) == 3
    assert "status 413" in found[0]["reason"]
    assert "Request Entity Too Large" in found[0]["reason"]


def test_redirects_of_nginx_are_not_followed(nginx, mstreamd):
    daemon = mstreamd(job(nginx.url, sink={"resource": "old"}))
    daemon.wait_log("status 301")
    daemon.wait_log("failed: tried again in 60 s")
    assert nginx.lines() == []


FAULTS = {
    "late": (http.late, "timed out"),
    "half": (http.half, "transfer closed"),
    "reset": (http.reset, "reset by peer"),
    "no HTTP": (http.no_http, "HTTP/0.9"),
    "drip": (http.drip, "timed out"),
    "endless head": (http.endless_head, "larger than"),
    "500": (http.status(500), "status 500: not now"),
    "503": (http.status(503), "status 503"),
    "429": (http.status(429, headers=[("Retry-After", "1")]), "status 429"),
    "10 GB of 500": (http.endless(500), "status 500: xxx"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_failing_server_is_waited_for(name, server, mstreamd, http_letters):
    fault, said = FAULTS[name]
    server.fault = fault
    daemon = mstreamd(job(server.url, service={"timeout_sec": "700ms"}))
    daemon.wait_log(said)
    asked = len(server.requests)
    wait_until(lambda: len(server.requests) > asked + 8, 30, what="more attempts")
    assert daemon.rss_kb() < 100_000
    assert server.accepted == []
    server.fault = None
    arrived(server)
    assert http_letters() == []


def test_ten_gigabytes_of_a_good_answer_are_cut(server, mstreamd):
    def once(handler, request):
        server.accepted.append(request)
        return http.endless(200)(handler, request)

    server.fault = once
    daemon = mstreamd(job(server.url, 20))
    arrived(server, 20)
    daemon.wait_log("job: completed")
    assert daemon.rss_kb() < 100_000


def test_faults_by_turns_lose_and_turn_nothing(server, mstreamd, http_letters):
    turn = [0]
    faults = [http.status(500), http.half, http.reset, http.status(503), None]

    def by_turns(handler, request):
        turn[0] += 1
        fault = faults[turn[0] // 7 % len(faults)] if turn[0] % 7 == 0 else None
        return fault(handler, request) if fault else False

    server.fault = by_turns
    mstreamd(job(server.url, 1000, sink={"concurrency": 16}))
    arrived(server, 1000)
    assert http_letters() == []


def test_retry_after_is_obeyed(server, mstreamd):
    times = []

    def fault(handler, _request):
        times.append(time.monotonic())
        if len(times) == 1:
            handler.send(429, headers=[("Retry-After", "2")])
            return True
        return False

    server.fault = fault
    mstreamd(job(server.url, sink={"concurrency": 1}))
    arrived(server)
    assert times[1] - times[0] >= 2


@pytest.mark.parametrize("number", [301, 302, 401, 403, 404])
def test_what_a_person_has_to_mend_fails_the_job_and_loses_nothing(
    number, server, mstreamd, http_letters
):
    server.fault = http.status(number, headers=[("Location", "/other")])
    daemon = mstreamd(job(server.url))
    daemon.wait_log(f"status {number}")
    daemon.wait_log("failed: tried again in 60 s")
    server.fault = None
    daemon.reload()
    arrived(server)
    assert http_letters() == []
    assert {request.path for request in server.requests} == {"/in"}


def refuse_some(server):
    """Refuse bodies with a seq that 50 divides."""

    def fault(handler, request):
        body = request.body
        if any(
            b'"seq":%d,' % n in body or b'"seq": %d,' % n in body
            for n in range(50, COUNT + 1, 50)
        ):
            handler.send(422, b"no such thing: " + b"y" * 2000)
            return True
        return False

    server.fault = fault


def items(request):
    """The JSON of a batch's items, by its type."""
    kind = request.headers["content-type"]
    if kind == "application/x-ndjson":
        return [json.loads(line) for line in request.body.splitlines()]
    if kind == "application/json":
        return json.loads(request.body)
    content, found = frame_items(request.body)
    return [decode(i) if content == 2 else json.loads(i) for i in found]


@pytest.mark.parametrize("form", ["json_array", "ndjson", "framed"])
def test_a_refused_event_of_a_batch_fails_no_neighbour(
    form, server, mstreamd, http_letters
):
    refuse_some(server)
    sink = {"batch_events": 40, "batch_format": form, "concurrency": 2}
    daemon = mstreamd(job(server.url, sink=sink))
    daemon.wait_log("job: completed", 60)
    documents = [d for r in server.accepted for d in items(r)]
    assert sorted(d["seq"] for d in documents) == [
        n for n in range(1, COUNT + 1) if n % 50
    ]
    assert len(server.accepted) < COUNT / 2
    found = http_letters()
    assert len(found) == COUNT / 50
    for letter in found:
        assert "status 422: no such thing: yyy" in letter["reason"]
        assert letter["reason"].count("y") <= 512


def test_the_batch_of_a_connector_is_sent_as_frames_of_bson(server, mstreamd):
    daemon = mstreamd(
        job(
            server.url,
            sink={"output_encoding": "bson", "concurrency": 1},
            batch={"kind": "count", "size": 25},
        )
    )
    daemon.wait_log("job: completed")
    assert {r.headers["content-type"] for r in server.accepted} == {
        "application/x-mstream-framed"
    }
    check([d for r in server.accepted for d in items(r)])
    assert max(len(items(r)) for r in server.accepted) == 25


def test_bodies_are_compressed(server, mstreamd):
    daemon = mstreamd(
        job(
            server.url,
            sink={"compression": "gzip", "batch_events": 50, "batch_format": "ndjson"},
        )
    )
    daemon.wait_log("job: completed")
    lines = []
    for request in server.accepted:
        assert request.headers["content-encoding"] == "gzip"
        lines += gzip.decompress(request.body).splitlines()
    check([json.loads(line) for line in lines])


def test_kills_lose_nothing_and_repeats_have_the_same_key(server, mstreamd):
    text = job(
        server.url,
        3000,
        sink={"idempotency_header": "Idempotency-Key", "concurrency": 16},
    )
    for part in (300, 900, 1800):
        daemon = mstreamd(text)
        wait_until(lambda: len(server.accepted) > part, 60, what="progress")
        daemon.kill()
    mstreamd(text)
    wait_until(lambda: len(seqs(server)) == 3000, 60, what="all events")
    keys = {}
    for request in list(server.accepted):
        seq = json.loads(request.body)["seq"]
        keys.setdefault(seq, set()).add(request.headers["idempotency-key"])
    assert all(len(values) == 1 for values in keys.values())
    assert len({key for values in keys.values() for key in values}) == 3000


@pytest.mark.parametrize("fault", [http.late, http.drip])
def test_a_stop_waits_for_no_server(fault, server, mstreamd):
    server.fault = fault
    daemon = mstreamd(job(server.url))
    wait_until(lambda: server.requests, what="a request")
    daemon.stop()
    server.fault = None
    mstreamd(job(server.url))
    arrived(server)


def test_memory_is_flat_while_the_server_is_dead(server, mstreamd):
    server.fault = http.late
    text = job(server.url, 200_000, service={"timeout_sec": "500ms"})
    text += config.table("[limits]", {"memory": "4MiB"})
    daemon = mstreamd(text)
    daemon.wait_log("timed out")
    before = daemon.rss_kb()
    asked = len(server.requests)
    wait_until(lambda: len(server.requests) > asked + 40, 60, what="attempts")
    assert daemon.rss_kb() < before + 8000
    daemon.kill()


# -- the command line --------------------------------------------------------


def test_doctor_says_what_it_finds(server, mstream):
    path = mstream.folder / "m.toml"
    path.write_text(job(server.url))
    assert "answers, with status 204 to HEAD" in mstream("doctor", path).out
    assert [request.method for request in server.requests] == ["HEAD"]
    server.fault = http.status(401)
    assert "check 'auth'" in mstream("doctor", path, code=1).out


@pytest.mark.parametrize(
    ("service", "sink", "said"),
    [
        ({"auth": {"kind": "basic"}}, {}, "needs 'username'"),
        ({"headers": {"A B": "x"}}, {}, "a name is none that a header can have"),
        ({"tls": {"ca_file": "/nowhere"}}, {}, "can not be read"),
        ({}, {"resource": "{nope}"}, "placeholder"),
        ({}, {"outcomes": {"409": "fine"}}, "no outcome"),
        ({}, {"concurrency": 0}, "concurrency"),
        ({}, {"batch_events": 5, "batch_format": "ndjson",
              "output_encoding": "bson"}, "needs output_encoding"),
    ],
)  # fmt: skip
def test_validate_finds(service, sink, said, mstream):
    path = mstream.folder / "m.toml"
    path.write_text(job("http://127.0.0.1:1", service=service, sink=sink))
    assert said in mstream("validate", path, code=2).out


def test_from_a_collection_to_a_rest_resource(mongodb, server, mstreamd):
    rows, lock = {}, threading.Lock()

    def apply(_handler, request):
        with lock:
            key = request.path.removeprefix("/users/")
            if request.method == "DELETE":
                rows.pop(key, None)
            else:
                rows[key] = json.loads(request.body)
        return False

    server.fault = apply
    users = mongodb.db["users"]
    now = mongodb.client.admin.command("ping")["operationTime"]
    mstreamd(
        config.state()
        + config.mongodb(mongodb.uri, mongodb.name)
        + config.service("http", "h", host=server.url)
        + config.job(
            "users",
            {
                "service_name": "m",
                "resource": "users",
                "start": f"timestamp:{now.time},{now.inc}",
            },
            {
                "service_name": "h",
                "resource": "users/{key}",
                "output_encoding": "json",
                "method": "PUT",
                "delete_method": "DELETE",
                "concurrency": 8,
            },
        )
    )
    for n in range(400):
        key = f"u {n % 30}"
        if n % 7 == 6:
            users.delete_one({"_id": key})
        else:
            users.replace_one({"_id": key}, {"_id": key, "n": n}, upsert=True)
    wanted = {d["_id"].replace(" ", "%20"): d for d in users.find()}
    wait_until(lambda: rows == wanted, 60, what="the same rows")
    first = server.requests[0].headers
    assert first["x-database"] == mongodb.name
    assert first["x-operation_type"] == "insert"
