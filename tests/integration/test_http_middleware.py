# SPDX-License-Identifier: MIT
"""Events that an HTTP server answers: changed, dropped, made into several."""

import json
import struct
import threading

import bson
import pytest
from support import config, http
from support.http_job import COUNT, KEYS, check
from support.http_raw import frame_items
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


# -- several events in one request -------------------------------------------


def items_of(request, form):
    if form == "json_array":
        return [json.dumps(one).encode() for one in json.loads(request.body)]
    if form == "ndjson":
        return request.body.splitlines()
    return frame_items(request.body)[1]


def body_of(items, form, content=1):
    """An answer of JSON items, and its header; None: dropped."""
    if form == "json_array":
        texts = [b"null" if item is None else item for item in items]
        return b"[" + b", ".join(texts) + b"]", JSON
    if form == "ndjson":
        texts = [b"null" if item is None else item for item in items]
        return b"\n".join(texts) + b"\n\n", [("Content-Type", "application/x-ndjson")]
    body = struct.pack("<IB", len(items), content)
    for item in items:
        body += struct.pack("<I", len(item or b"")) + (item or b"")
    return body, FRAMED


def batches(form, change):
    """A fault that answers with what change makes of each document."""

    def fault(handler, request):
        made = [change(json.loads(item)) for item in items_of(request, form)]
        texts = [None if one is None else json.dumps(one).encode() for one in made]
        handler.send(200, *body_of(texts, form))
        return True

    return fault


FORMS = {
    "framed": "application/x-mstream-framed",
    "json_array": "application/json",
    "ndjson": "application/x-ndjson",
}


@pytest.mark.parametrize("form", FORMS)
def test_several_events_go_in_one_request(form, server, sink, mstreamd, http_letters):
    """Each item of the answer is for one of them: changed, dropped, several."""

    def change(document):
        seq = document["seq"]
        if seq % 10 == 0:
            return None
        if seq % 10 == 1:
            return [{**document, "part": n} for n in range(seq % 4)]
        return enrich(document)

    server.fault = batches(form, change)
    step = {"batch_events": 25, "batch_format": form, "concurrency": 4}
    finish(mstreamd(job(server, sink, step=step)))
    assert {r.headers["content-type"] for r in server.requests} == {FORMS[form]}
    assert len(server.requests) <= COUNT / 5
    wanted = []
    for seq in range(1, COUNT + 1):
        if seq % 10 == 1:
            wanted += [(seq, part) for part in range(seq % 4)]
        elif seq % 10:
            wanted.append((seq, None))
    found = [(d["seq"], d.get("part")) for d in sink.documents()]
    assert sorted(found, key=str) == sorted(wanted, key=str)
    newest = {}
    for document in sink.documents():
        assert document["seq"] >= newest.get(document["_id"], 0)
        newest[document["_id"]] = document["seq"]
    assert http_letters() == []


def test_frames_of_bson_keep_every_byte(server, sink, mstreamd):
    def fault(handler, request):
        handler.send(200, *body_of(items_of(request, "framed"), "framed", 2))
        return True

    server.fault = fault
    step = {"batch_events": 10}
    finish(mstreamd(job(server, sink, 100, step=step, encoding="bson")))
    sent = [item for r in server.requests for item in items_of(r, "framed")]
    assert sorted(r.body for r in sink.accepted) == sorted(sent)
    assert sorted(bson.decode(item)["seq"] for item in sent) == list(range(1, 101))


@pytest.mark.parametrize("wrong", ["fewer", "more", "one", "422", "empty"])
def test_an_answer_that_fits_no_batch_is_asked_for_alone(
    wrong, server, sink, mstreamd, http_letters
):
    """Only the events that are refused alone become letters."""

    def fault(handler, request):
        items = items_of(request, "json_array")
        bad = any(json.loads(item)["seq"] % 20 == 0 for item in items)
        if len(items) > 1 and bad and wrong == "fewer":
            items = items[1:]
        elif len(items) > 1 and bad and wrong == "more":
            items = [*items, items[0]]
        elif len(items) > 1 and bad and wrong == "one":
            handler.send(200, items[0], JSON)
            return True
        elif bad and wrong in ("422", "empty"):
            handler.send(422 if wrong == "422" else 200, b"")
            return True
        handler.send(200, *body_of(items, "json_array"))
        return True

    server.fault = fault
    step = {"batch_events": 10, "batch_format": "json_array"}
    finish(mstreamd(job(server, sink, 100, step=step)))
    refused = {n for n in range(20, 101, 20)} if wrong in ("422", "empty") else set()
    assert {d["seq"] for d in sink.documents()} == set(range(1, 101)) - refused
    assert len(sink.documents()) == 100 - len(refused)
    assert len(http_letters()) == len(refused)


def test_batches_outlive_a_failing_server(server, sink, mstreamd, http_letters):
    turn, faults = [0], [http.status(503), http.half, http.reset]

    def fault(handler, request):
        turn[0] += 1
        if turn[0] % 3 == 0:
            return faults[turn[0] // 3 % 3](handler, request)
        return batches("ndjson", enrich)(handler, request)

    server.fault = fault
    step = {"batch_events": 20, "batch_format": "ndjson", "concurrency": 2}
    finish(mstreamd(job(server, sink, 1000, step=step)))
    check(sink.documents(), 1000)
    assert http_letters() == []


def test_a_format_of_json_needs_json(server, sink, mstreamd):
    step = {"batch_events": 10, "batch_format": "ndjson"}
    daemon = mstreamd(job(server, sink, 10, step=step, encoding="bson"))
    daemon.wait_log('batch_format = "ndjson" needs events in JSON')
    assert server.requests == []
