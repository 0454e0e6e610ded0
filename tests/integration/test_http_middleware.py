# SPDX-License-Identifier: MIT
"""Events that an HTTP server answers: changed, dropped, made into several."""

import json
import struct
import threading

import bson
import pytest
from support import config, http
from support.http_job import COUNT, KEYS, check
from support.waiting import wait_until

JSON = [("Content-Type", "application/json")]
FRAMED = [("Content-Type", "application/x-mstream-framed")]


@pytest.fixture
def server(make_http):
    return make_http()


@pytest.fixture
def sink(make_http):
    return make_http()


def job(server, sink, count=COUNT, step=None, service=None, encoding="json", **keys):
    source = {"resource": "n", "rate": 0, "count": count, "keys": KEYS, "seed": 1}
    source["template"] = '{"_id": {{id}}, "seq": {{seq}}, "name": {{name}}}'
    retry = {"base": "20ms", "max": "200ms"}
    return (
        'shutdown_timeout = "2s"\n'
        + config.state()
        + config.service("generate", "g")
        + config.service("http", "ask", host=server.url, **(service or {}))
        + config.service("http", "h", host=sink.url)
        + config.job(
            "j",
            {"service_name": "g", **source, "output_encoding": encoding},
            {"service_name": "h", "resource": "in", "output_encoding": encoding},
            middlewares=[
                {"service_name": "ask", "resource": "ask", "output_encoding": encoding}
                | (step or {})
            ],
            **({"retry": retry} | keys),
        )
    )


def answer(change):
    """A fault that answers with what change makes of the document."""

    def fault(handler, request):
        body = change(json.loads(request.body))
        if body is None:
            handler.send(204)
        else:
            handler.send(200, json.dumps(body).encode(), JSON)
        return True

    return fault


def enrich(document):
    return {**document, "rich": document["seq"] * 2}


def finish(daemon):
    daemon.wait_log("job: completed", 60)


def test_the_answer_takes_the_place_of_the_event(server, sink, mstreamd):
    server.fault = answer(enrich)
    finish(mstreamd(job(server, sink)))
    check(sink.documents())
    assert all(d["rich"] == d["seq"] * 2 for d in sink.documents())
    assert len(server.requests) == COUNT
    assert server.requests[0].headers["x-op"] == "create"
    assert server.requests[0].path == "/ask"


def test_several_are_asked_about_at_once_and_a_key_never_is(server, sink, mstreamd):
    now, most, twice, lock = {}, [0], [0], threading.Lock()
    met = threading.Event()

    def fault(handler, request):
        document = json.loads(request.body)
        with lock:
            twice[0] += now.get(document["_id"], 0)
            now[document["_id"]] = 1
            most[0] = max(most[0], sum(now.values()))
            if most[0] >= 6:
                met.set()
        met.wait(5)
        with lock:
            now[document["_id"]] = 0
        return answer(enrich)(handler, request)

    server.fault = fault
    finish(mstreamd(job(server, sink, step={"concurrency": 6})))
    check(sink.documents())
    assert most[0] == 6
    assert twice[0] == 0


def test_an_answer_of_204_drops_and_an_array_is_several(server, sink, mstreamd):
    def change(document):
        seq = document["seq"]
        if seq % 3 == 0:
            return None
        if seq % 3 == 1:
            return [{**document, "part": n} for n in range(seq % 4)]
        return document

    server.fault = answer(change)
    finish(mstreamd(job(server, sink)))
    wanted = []
    for seq in range(1, COUNT + 1):
        if seq % 3 == 1:
            wanted += [(seq, part) for part in range(seq % 4)]
        elif seq % 3 == 2:
            wanted.append((seq, None))
    found = [(d["seq"], d.get("part")) for d in sink.documents()]
    assert sorted(found, key=str) == sorted(wanted, key=str)


def test_bson_and_frames_come_back_intact(server, sink, mstreamd):
    """Every byte: the body is never taken for text."""

    def fault(handler, request):
        assert request.headers["content-type"] == "application/bson"
        assert bson.decode(request.body)
        other = bson.encode({"raw": bytes(range(256)), "d": bson.Decimal128("1.0")})
        body = struct.pack("<IB", 2, 2)
        for item in (request.body, other):
            body += struct.pack("<I", len(item)) + item
        handler.send(200, body, FRAMED)
        return True

    server.fault = fault
    finish(mstreamd(job(server, sink, 20, encoding="bson")))
    bodies = [request.body for request in sink.accepted]
    other = bson.encode({"raw": bytes(range(256)), "d": bson.Decimal128("1.0")})
    assert bodies.count(other) == 20
    assert sorted(b for b in bodies if b != other) == sorted(
        request.body for request in server.requests
    )


def test_headers_of_an_answer_are_attributes(server, sink, mstreamd):
    def fault(handler, request):
        handler.send(
            200, request.body, [("X-mstream-tenant", "a b"), ("X-mstream-op", "delete")]
        )
        return True

    server.fault = fault
    finish(mstreamd(job(server, sink, 10)))
    assert {r.headers["x-tenant"] for r in sink.accepted} == {"a b"}
    assert {r.headers["x-op"] for r in sink.accepted} == {"delete"}


FAULTS = {
    "late": (http.late, "timed out"),
    "half": (http.half, "transfer closed"),
    "reset": (http.reset, "reset by peer"),
    "500": (http.status(500), "status 500: not now"),
    "429": (http.status(429, headers=[("Retry-After", "1")]), "status 429"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_failing_server_is_waited_for(name, server, sink, mstreamd, http_letters):
    fault, said = FAULTS[name]
    server.fault = fault
    daemon = mstreamd(job(server, sink, service={"timeout_sec": "700ms"}))
    daemon.wait_log(said)
    assert sink.requests == []
    server.fault = answer(enrich)
    finish(daemon)
    check(sink.documents())
    assert http_letters() == []


REFUSED = {
    "422": (http.status(422, b"no such name"), "status 422: no such name"),
    "10 GB": (http.endless(200), "is larger than 1000 bytes"),
    "wrong type": (
        lambda handler, _: handler.send(200, b"<p>", [("Content-Type", "text/html")])
        or True,
        "the answer is 'text/html', and 'application/json' was sent",
    ),
    "empty": (http.status(200, b""), "the answer with status 200 is empty"),
    "half an array": (http.status(200, b'[{"a": 1}, {"b":'), "no whole JSON array"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_answer_that_is_none_rejects_that_event_alone(
    name, server, sink, mstreamd, http_letters
):
    fault, said = REFUSED[name]

    def some(handler, request):
        if json.loads(request.body)["seq"] % 10 == 0:
            return fault(handler, request)
        return answer(enrich)(handler, request)

    server.fault = some
    daemon = mstreamd(job(server, sink, 50, step={"answer_max": 1000}))
    finish(daemon)
    assert {d["seq"] for d in sink.documents()} == {
        n for n in range(1, 51) if n % 10
    }
    assert len(http_letters()) == 5
    assert all(said in letter["reason"] for letter in http_letters())
    assert daemon.rss_kb() < 100_000


def test_kills_lose_nothing(server, sink, mstreamd):
    server.fault = answer(enrich)
    text = job(server, sink, 3000, workers=2)
    for part in (300, 1200):
        daemon = mstreamd(text)
        wait_until(lambda: len(sink.accepted) > part, 60, what="progress")
        daemon.kill()
    finish(mstreamd(text))
    assert {d["seq"] for d in sink.documents()} == set(range(1, 3001))


def test_a_stop_waits_for_no_server(server, sink, mstreamd):
    server.fault = http.late
    daemon = mstreamd(job(server, sink))
    wait_until(lambda: server.requests, what="a request")
    daemon.stop()
    server.fault = answer(enrich)
    finish(mstreamd(job(server, sink)))
    check(sink.documents())
