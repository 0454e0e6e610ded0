# SPDX-License-Identifier: MIT
"""What a server may do wrong, said to the sink and to the middleware: each row
has its outcome. Nothing is lost, memory stays bounded, no login goes astray."""

import itertools
import json
import socket
import time
from pathlib import Path

import pytest
from support import http
from support.http import TokenServer
from support.http_job import SECRET, check
from support.http_raw import (
    Cuts,
    answer,
    bomb,
    chunk,
    chunked,
    in_two_seconds,
    raw,
    without_end,
)
from support.http_side import Side, finish
from support.waiting import wait_until

TYPE = "Content-Type: application/json"
GROWTH_KB = 24_000  # of all buffers, whatever the server sends


@pytest.fixture(params=["sink", "middleware"])
def side(request, make_http):
    return Side(request.param, make_http(), make_http())


def wrong_frame(count, *lengths):
    body = count.to_bytes(4, "little") + b"\1"
    for length in lengths:
        body += length.to_bytes(4, "little") + b"{}"
    return answer(200, body, "Content-Type: application/x-mstream-framed")


WAITED_FOR = {
    "closed at once": (raw(b""), "Empty reply"),
    "half a head": (raw(b"HTTP/1.1 200 OK\r\nContent-Le"), "within the head"),
    "a head and no body": (raw(answer(200, b"12")[:-2]), "transfer closed"),
    "less than its length": (raw(answer(200, b"{}").replace(b": 2", b": 3")), "transfer closed"),
    "late": (http.late, "timed out"),
    "slow": (http.drip, "timed out"),
    "reset": (http.reset, "reset by peer"),
    "no HTTP": (http.no_http, "HTTP/0.9"),
    "length that is none": (raw(answer(200, b"{}").replace(b": 2", b": two")), ""),
    "two lengths": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        "",
    ),
    "a chunk that is none": (raw(chunked(200, b"zz\r\n{}\r\n")), "chunk"),
    "a chunk without its end": (raw(chunked(200, chunk(b"{}", 9), end=b"")), ""),
    "chunks without the last": (raw(chunked(200, chunk(b"{}"), end=b"")), ""),
    "headers without end": (
        without_end(b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"x" * 1000 + b"\r\n"),
        "larger than",
    ),
    "one header without end": (
        without_end(b"HTTP/1.1 200 OK\r\nX-More: ", b"x" * 4096),
        "too long",
    ),
    "100 without end": (without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), ""),
    "10 GB of chunks of 500": (
        without_end(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n", chunk(b"x" * 65536)),
        "status 500: xxx",
    ),
    "a bomb of 500": (raw(answer(500, *bomb())), "status 500"),
    **{
        str(number): (http.status(number), f"status {number}: not now")
        for number in (408, 421, 423, 425, 429, 500, 502, 503, 504, 507, 520, 599)
    },
}


def bounded(daemon, before):
    assert daemon.rss_kb() < before + GROWTH_KB


def test_what_may_pass_is_waited_for(side, mstreamd, http_letters):
    count = 2 * len(WAITED_FOR)
    met = side.spoil([fault for fault, _said in WAITED_FOR.values()], times=2)
    step = {"concurrency": 1}
    retry = {"base": "1ms", "max": "20ms"}
    daemon = mstreamd(
        side.job(count, service={"timeout_sec": "400ms"}, step=step, retry=retry)
    )
    before = daemon.rss_kb()
    daemon.wait_log("job: completed", 60)
    assert [letter["reason"] for letter in http_letters()] == []
    check(side.documents(), count)
    bounded(daemon, before)
    for at, (name, (_fault, said)) in enumerate(WAITED_FOR.items()):
        assert met[at] >= 3, name
        assert said in daemon.stderr(), name
    assert http_letters() == []


REFUSED = {
    "no JSON": (raw(answer(200, b"<html>", TYPE)), "no JSON"),
    "half a document": (raw(answer(200, b'{"a": 1, "b":', TYPE)), "no JSON"),
    "a document cut by a wrong length": (
        raw(answer(200, b'{"a": 1}', TYPE).replace(b": 8", b": 5")),
        "no JSON",
    ),
    "two documents": (raw(answer(200, b"{} {}", TYPE)), "no JSON"),
    "half until the end of the connection": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" b'{"a": '),
        "no JSON",
    ),
    "an array of what is no JSON": (raw(answer(200, b"[1, nil]", TYPE)), "JSON"),
    "half an array": (raw(answer(200, b'[{"a": 1}, {"b":', TYPE)), "no whole JSON array"),
    "text that is not UTF-8": (raw(answer(200, b'{"a": "\xff"}', TYPE)), "no JSON"),
    "another type": (raw(answer(200, b"{}", "Content-Type: text/html")), "was sent"),
    "another encoding": (raw(answer(200, b"\5\0\0\0\0", "Content-Type: application/bson")), "was sent"),
    "a frame with less than it says": (raw(wrong_frame(3, 2, 2)), "frame"),
    "a frame with more than it says": (raw(wrong_frame(1, 2, 2)), "behind the last"),
    "a frame with a length of 4 GB": (raw(wrong_frame(1, 0xFFFFFFFF)), "frame"),
    "a frame of another encoding": (
        raw(answer(200, b"\0\0\0\0\2", "Content-Type: application/x-mstream-framed")),
        "another encoding",
    ),
    "a frame of what is no JSON": (
        raw(answer(200, b"\1\0\0\0\1\2\0\0\0xy", "Content-Type: application/x-mstream-framed")),
        "no JSON",
    ),
    "an empty body": (raw(answer(200)), "is empty"),
    "10 GB": (http.endless(200), "is larger than"),
    "10 GB of chunks": (
        without_end(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk(b"x" * 65536)),
        "is larger than",
    ),
    "10 GB without a length": (without_end(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), "is larger than"),
    "a bomb": (raw(answer(200, bomb()[0], bomb()[1], TYPE)), "Content-Encoding: gzip"),
    **{
        str(number): (http.status(number), f"status {number}: not now")
        for number in (400, 406, 409, 411, 413, 415, 416, 417, 418, 422, 428, 431, 451)
    },
}

# What says nothing to a sink, which looks at the status alone.
FOR_SINKS = {name for name in REFUSED if name.isdigit()}


def test_what_no_time_heals_is_refused_alone(side, mstreamd, http_letters):
    rows = [name for name in REFUSED if side.word == "middleware" or name in FOR_SINKS]
    count = 2 * len(rows)
    side.spoil([REFUSED[name][0] for name in rows])
    step = {"answer_max": "1MiB"} if side.word == "middleware" else {}
    daemon = mstreamd(side.job(count, step={"concurrency": 1, **step}))
    before = daemon.rss_kb()
    daemon.wait_log("job: completed", 60)
    bounded(daemon, before)
    assert {d["seq"] for d in side.documents()} == set(range(1, count + 1, 2))
    reasons = [letter["reason"] for letter in http_letters()]
    for name, reason in zip(rows, reasons, strict=True):
        assert REFUSED[name][1] in reason, name


def same(request):
    return answer(200, request.body, TYPE)


TAKEN = {
    "100 before it": lambda r: b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + same(r),
    "103 before it": lambda r: b"HTTP/1.1 103 Hints\r\nX-mstream-op: delete\r\n\r\n" + same(r),
    "more than its length": lambda r: same(r) + b"and more",
    "no length": lambda r: b"HTTP/1.1 200 OK\r\n\r\n" + r.body,
    "HTTP/1.0": lambda r: b"HTTP/1.0 200 OK\r\n\r\n" + r.body,
    "no type": lambda r: answer(200, r.body),
    "a type with more": lambda r: answer(200, r.body, TYPE + "; charset=utf-8"),
    "201": lambda r: answer(201, r.body, TYPE),
    "chunks of a byte": lambda r: chunked(
        200, *(chunk(r.body[i : i + 1]) for i in range(len(r.body)))
    ),
    "chunks with a trailer": lambda r: chunked(
        200, chunk(r.body), end=b"0\r\nX-Sum: 1\r\n\r\n"
    ),
    "an array of one": lambda r: answer(200, b"[" + r.body + b"]", TYPE),
    "not compressed": lambda r: answer(200, r.body, TYPE, "Content-Encoding: identity"),
}


def test_what_is_right_in_an_odd_way_is_taken(side, mstreamd, http_letters):
    rows = dict(TAKEN)
    if side.word == "sink":  # which looks at nothing but the status
        rows |= {n: f[0] for n, f in REFUSED.items() if n not in FOR_SINKS}
    count = 2 * len(rows)

    def noted(fault):
        def note(handler, request):
            if side.word == "sink":
                side.server.accepted.append(request)
            return fault(handler, request)

        return note

    side.spoil([noted(f if n in REFUSED else raw(f)) for n, f in rows.items()])
    daemon = mstreamd(side.job(count))
    before = daemon.rss_kb()
    finish(side, daemon, count)
    bounded(daemon, before)
    assert http_letters() == []
    assert {r.headers["x-op"] for r in side.ends.accepted} <= {"create"}


def test_an_answer_cut_at_any_byte_loses_nothing(side, mstreamd, http_letters):
    def make(request):
        return same(request) if side.word == "middleware" else answer(200, b"done")

    cuts = Cuts(make)

    def noted(handler, request):
        cuts(handler, request)
        if cuts.done and side.word == "sink":
            side.server.accepted.append(request)
        return True

    side.server.fault = noted
    daemon = mstreamd(side.job(retry={"base": "1ms", "max": "5ms"}))
    finish(side, daemon)
    assert cuts.done
    assert http_letters() == []


def test_connections_that_end_between_requests_lose_nothing(side, mstreamd, http_letters):
    """Said or not: the next request finds them closed, or half closed."""
    turn = itertools.count()

    def fault(handler, request):
        kind = next(turn) % 4
        side.well(handler, request) or (
            side.server.accepted.append(request) or handler.send(204)
        )
        handler.wfile.flush()
        handler.close_connection = kind != 0
        if kind == 2:
            handler.connection.shutdown(socket.SHUT_WR)
            time.sleep(0.01)
        return True

    side.server.fault = fault
    finish(side, mstreamd(side.job(120)), 120)
    assert http_letters() == []


def test_faults_by_turns_lose_and_turn_nothing(side, mstreamd, http_letters):
    turn = itertools.count()
    faults = [
        http.status(500), http.half, http.reset, http.status(503), raw(b""),
        raw(chunked(200, b"zz\r\n")), http.status(408), http.no_http,
    ]  # fmt: skip

    def fault(handler, request):
        number = next(turn)
        if number % 7 == 0:
            return faults[number // 7 % len(faults)](handler, request)
        if number % 5 == 0:
            time.sleep(0.005)
        return side.well(handler, request)

    side.server.fault = fault
    finish(side, mstreamd(side.job(600, step={"concurrency": 16})), 600)
    assert http_letters() == []


def test_retry_after_is_obeyed(side, mstreamd):
    times = {}

    def say(number, line):
        def fault(handler, request):
            seen = times.setdefault(number, [])
            seen.append(time.monotonic())
            if len(seen) > 1:
                return side.well(handler, request)
            said = line if isinstance(line, str) else line()
            return raw(answer(number, b"", said), keep=True)(handler, request)

        return fault

    faults = [side.well, say(408, "Retry-After: 1"), say(425, in_two_seconds),
              say(429, in_two_seconds), say(503, "Retry-After: 1")]  # fmt: skip
    side.spoil(faults)
    finish(side, mstreamd(side.job(10, step={"concurrency": 1})), 10)
    # A date has whole seconds: it may be as near as one.
    assert all(seen[1] - seen[0] >= 0.95 for seen in times.values()), times
    assert len(times) == 4


def mend_each(side, mstreamd, faults, words):
    """One daemon: each fault fails the job, until it is mended and reloaded."""
    mended = set()

    def unless_mended(at, fault):
        def one(handler, request):
            return (side.well if at in mended else fault)(handler, request)

        return one

    count = 2 * len(faults) + 2
    side.spoil([side.well, *(unless_mended(at, f) for at, f in enumerate(faults))])
    auth = {"kind": "bearer", "token": SECRET}
    service = {"auth": auth, "headers": {"X-Tenant": "a"}}
    daemon = mstreamd(side.job(count, service=service, step={"concurrency": 1}))
    for at, said in enumerate(words):
        daemon.wait_log(said)
        wait_until(
            lambda at=at: daemon.stderr().count("failed: tried again in 60 s") == at + 1,
            what=said,
        )
        mended.add(at)
        daemon.reload()
    finish(side, daemon, count)
    return daemon


def test_what_a_person_has_to_mend_fails_the_job_and_loses_nothing(
    side, mstreamd, http_letters
):
    numbers = [401, 402, 403, 404, 405, 407, 410, 501, 505]
    faults = [http.status(number) for number in numbers]
    mend_each(side, mstreamd, faults, [f"status {number}" for number in numbers])
    assert http_letters() == []


def test_a_redirect_is_refused_and_no_login_goes_to_another_host(
    side, make_http, mstreamd, http_letters
):
    other = make_http()
    numbers = [300, 301, 302, 303, 304, 307, 308]
    where = [("Location", other.url + "/in")]
    faults = [http.status(number, headers=where) for number in numbers]
    daemon = mend_each(
        side, mstreamd, faults, [f"status {number}" for number in numbers]
    )
    assert "redirects are not followed" in daemon.stderr()
    assert other.requests == []
    assert http_letters() == []


def test_a_name_that_is_none_is_waited_for(side, mstreamd):
    daemon = mstreamd(side.job(url="http://nowhere.invalid"))
    daemon.wait_log("resolve host")
    assert "failed:" not in daemon.stderr()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_server_that_comes_later_gets_everything(side, make_http, mstreamd, http_letters):
    port = free_port()
    daemon = mstreamd(side.job(url=f"http://127.0.0.1:{port}"))
    daemon.wait_log("onnect")  # refused, in the words of the library's version
    side.server.close()
    side.server = make_http(port=port)
    side.server.fault = side.well
    finish(side, daemon)
    assert http_letters() == []


def test_what_speaks_no_tls_is_waited_for(side, mstreamd):
    daemon = mstreamd(side.job(url=side.server.url.replace("http:", "https:")))
    daemon.wait_log("code=35")
    assert "failed:" not in daemon.stderr()
    assert side.server.requests == []


def test_a_stop_waits_for_no_server(side, mstreamd):
    side.server.fault = http.late
    daemon = mstreamd(side.job())
    wait_until(lambda: side.server.requests, what="a request")
    daemon.stop()
    side.server.fault = side.well
    finish(side, mstreamd(side.job()))


def test_a_kill_with_requests_under_way_loses_nothing(side, mstreamd, http_letters):
    side.server.fault = http.late
    daemon = mstreamd(side.job())
    wait_until(lambda: len(side.server.requests) > 5, what="requests")
    daemon.kill()
    side.server.fault = side.well
    finish(side, mstreamd(side.job()))
    assert http_letters() == []


def timers(port):
    """What the kernel waits with on connections to that port: 2 is keepalive."""
    found = []
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[2].split(":")[1], 16) == port and fields[3] == "01":
            found.append(int(fields[5].split(":")[0], 16))
    return found


@pytest.mark.parametrize("seconds", [0, 77])
def test_idle_connections_are_probed_if_asked(seconds, side, mstreamd):
    side.server.fault = http.late
    daemon = mstreamd(
        side.job(service={"tcp_keepalive_sec": seconds}, step={"concurrency": 1})
    )
    wait_until(lambda: side.server.requests, what="a request")
    wanted = 2 if seconds else 0
    wait_until(lambda: timers(side.server.port) == [wanted], what="the timer")
    daemon.stop()


@pytest.mark.parametrize(
    ("attributes", "there"),
    [
        ("all", {"x-op", "x-collection"}),
        ("none", set()),
        (["op"], {"x-op"}),
        (["op", "key", "job", "collection", "source_ts_ms"],
         {"x-op", "x-key", "x-job", "x-collection", "x-source_ts_ms"}),
    ],
    ids=str,
)  # fmt: skip
def test_attributes_choose_the_headers(attributes, there, side, mstreamd):
    step = {"attributes": attributes, "method": "PUT"}

    def put(handler, request):
        if side.word == "sink":
            return False
        handler.send(200, request.body, [("Content-Type", "application/json")])
        return True

    side.server.fault = put
    headers = {"Tenant": "a", "Via": "${NAME_OF_NONE:-mstream}"}
    finish(side, mstreamd(side.job(service={"headers": headers}, step=step)))
    for request in side.server.requests:
        assert request.method == "PUT"
        assert request.headers["tenant"] == "a"
        assert request.headers["via"] == "mstream"
        assert {name for name in request.headers if name.startswith("x-")} == there


def test_a_login_that_is_refused_under_way_is_renewed(side, mstreamd, http_letters):
    tokens = TokenServer(SECRET)
    wanted = [1]

    def fault(handler, request):
        if json.loads(request.body)["seq"] == 50:
            wanted[0] = 2
        if request.headers.get("authorization") != f"Bearer {SECRET}-{wanted[0]}":
            handler.send(401, b"who are you?")
            return True
        return side.well(handler, request)

    side.server.fault = fault
    auth = {"kind": "oauth2", "token_url": tokens.url, "client_id": "me"}
    auth["client_secret"] = SECRET
    daemon = mstreamd(side.job(100, service={"auth": auth}))
    finish(side, daemon, 100)
    tokens.close()
    assert tokens.tokens == 2
    assert http_letters() == []
    assert SECRET not in daemon.stderr()


@pytest.mark.parametrize("wrong", ["authority", "name", "client"])
def test_a_certificate_that_is_not_good_fails_the_job(
    wrong, side, make_http, certificates, mstreamd
):
    name = "wrong" if wrong == "name" else "server"
    authority = "other-ca" if wrong == "authority" else "ca"
    clients = certificates / "ca.pem" if wrong == "client" else None
    side.server = make_http(certificates / f"{name}.pem", clients)
    side.server.fault = side.well
    tls = {"ca_file": str(certificates / f"{authority}.pem")}
    daemon = mstreamd(side.job(service={"tls": tls}))
    if wrong == "client":  # what the server wants is only known afterwards
        daemon.wait_log("certificate")
    else:
        daemon.wait_log("failed: tried again in 60 s")
    daemon.stop()
    assert side.server.requests == []
    tls = {"ca_file": str(certificates / "ca.pem")}
    if wrong == "client":
        tls["certificate_file"] = str(certificates / "client.pem")
    if wrong == "name":
        tls = {"insecure_skip_verify": True}
    daemon = mstreamd(side.job(service={"tls": tls}))
    finish(side, daemon)
