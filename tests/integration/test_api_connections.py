# SPDX-License-Identifier: MIT
"""Connections of the API: thousands of them, slow, silent, half done, and streams."""

import json
import resource
import select
import socket
import ssl
from pathlib import Path

import pytest
from support import config
from support.api import Api, jobs_text
from support.programs import sanitized
from support.silent import Silent
from support.tls import certificate
from support.waiting import wait_until

HEAD = b"GET /jobs HTTP/1.1\r\nHost: localhost\r\n"
BODY = (
    b"POST /jobs/a/dlq/replay HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
)
STREAM = b"GET /logs/stream?initial=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def api(mstreamd):
    return Api(mstreamd(jobs_text("a")))


@pytest.fixture(params=["plain", "tls"])
def either(request, mstreamd, tmp_path):
    """An API without TLS, and one with it."""
    more = {}
    context = None
    if request.param == "tls":
        key, cert = certificate(tmp_path)
        more = {"tls_cert": str(cert), "tls_key": str(key)}
        context = ssl.create_default_context(cafile=cert)
    return Api(mstreamd(jobs_text("a", **more)), context=context)


@pytest.fixture
def many():
    """How many connections this process may have, at most 10 000."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2000:
        pytest.skip(f"no more than {hard} files may be open here")
    most = 10_000 if hard == resource.RLIM_INFINITY else min(10_000, hard - 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most + 500, hard))
    yield most
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def line_to(api, timeout=30):
    line = socket.create_connection((api.host, api.port), timeout)
    return api.context.wrap_socket(line, server_hostname=api.host) if api.context else line


def threads(api):
    return len(list(Path(f"/proc/{api.daemon.pid}/task").iterdir()))


def test_ten_thousand_connections_leave_an_api_that_answers(either, many):
    """Idle ones, those with half a head and with half a body: all stay open."""
    before = either.daemon.rss_kb()
    lines = []
    for number in range(many):
        line = socket.socket()
        line.setblocking(False)
        line.connect_ex((either.host, either.port))
        lines.append(line)
        said = (b"", HEAD, BODY, b"\x16\x03\x01\x02\x00")[number % 4]
        try:
            line.send(said)
        except OSError:
            pass  # not connected yet, or cut off already: silent, that is
        if number % 500 == 0:
            assert either.get("/health")["status"] == "healthy"
    assert either.get("/health")["status"] == "healthy"
    assert threads(either) < 40
    if not sanitized():
        assert either.daemon.rss_kb() - before <= (8 if either.context is None else 32) * 1024
    for line in lines:
        line.close()
    assert either.get("/jobs")[0]["name"] == "a"


def test_requests_that_drip_are_cut_off_however_steadily_they_come(api):
    """A byte now and then is no life: a deadline is for the whole request."""
    with line_to(api) as line:
        line.sendall(HEAD)
        line.settimeout(0.2)
        got = b""
        for _ in range(300):
            try:
                line.sendall(b"x")
                got = line.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                break
            break
        else:
            pytest.fail("it was never cut off")
    assert got == b"" or got.startswith(b"HTTP/1.1 408")


def read_event(line):
    got = b""
    while b"data: " not in got or not got.endswith(b"\n\n"):
        piece = line.recv(65536)
        assert piece, got
        got += piece
    return got


def test_two_hundred_streams_take_no_threads_and_starve_nobody(either):
    lines = [line_to(either) for _ in range(200)]
    for line in lines:
        line.sendall(STREAM)
    for line in lines:
        got = b""
        while b"\r\n\r\n" not in got:
            got += line.recv(4096)
        assert got.startswith(b"HTTP/1.1 200"), got
    either.post("/jobs/a/restart")
    for line in lines:
        assert b"id: " in read_event(line)
        assert either.get("/livez")["status"]
    assert threads(either) < 40
    for line in lines:
        line.close()

    def there_is_room():
        with line_to(either) as line:
            line.sendall(STREAM)
            return line.recv(64).startswith(b"HTTP/1.1 200")

    wait_until(there_is_room)


def test_listeners_that_read_nothing_hold_nobody_up(api):
    """Slow listeners lose lines, and get to know of it; others get all."""
    deaf = [line_to(api) for _ in range(20)]
    for line in deaf:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.sendall(STREAM)
    with line_to(api) as listener:
        listener.sendall(STREAM)
        for _ in range(20):
            api.post("/jobs/a/restart")
        got = b""
        while got.count(b"restartJob") < 20:
            piece = listener.recv(65536)
            assert piece
            got += piece
    for line in deaf:
        line.close()


def test_requests_behind_each_other_are_answered_in_their_order(api):
    paths = ["/livez", "/nowhere", "/jobs", "/openapi.json", "/jobs/none", "/readyz"] * 20
    asked = b"".join(
        b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode() for path in paths[:-1]
    )
    asked += b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    got = api.raw(asked)
    status = [int(part[:3]) for part in got.split(b"HTTP/1.1 ")[1:]]
    assert status == [200, 404, 200, 200, 404, 200] * 20


def test_a_body_is_asked_for_only_from_those_who_may_send_it(api):
    head = BODY[:-1].replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    api.post("/jobs/a/stop")
    api.wait_state("a", "stopped")
    with line_to(api) as line:
        line.sendall(head)
        assert line.recv(64) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b'{"timeout": "5s"}'.ljust(100))
        assert line.recv(64).startswith(b"HTTP/1.1 200")
    with line_to(api) as line:
        line.sendall(head.replace(b"/jobs/a/dlq/replay", b"/jobs/a/nothing"))
        assert line.recv(64).startswith(b"HTTP/1.1 404")
    head = head.replace(b"Length: 100", b"Length: 3000000")
    assert api.raw(head).startswith(b"HTTP/1.1 413")


def test_a_client_that_has_said_all_still_gets_its_answer(either):
    with socket.create_connection((either.host, either.port), 30) as line:
        if either.context:
            line = either.context.wrap_socket(line, server_hostname=either.host)
        line.sendall(b"HEAD /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        line.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        if not either.context:
            line.shutdown(socket.SHUT_WR)
        got = b""
        while piece := line.recv(65536):
            got += piece
    assert got.count(b"HTTP/1.1 200") == 2
    assert got.count(b"{") == 1, "HEAD has no body"


def test_a_large_answer_is_whole_however_slowly_it_is_read(either):
    whole = either.get("/openapi.json")
    with line_to(either) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.sendall(b"GET /openapi.json HTTP/1.0\r\n\r\n")
        got = b""
        while piece := line.recv(1000):
            got += piece
    assert json.loads(got.partition(b"\r\n\r\n")[2]) == whole


@pytest.mark.skipif(not Path("/proc/net/if_inet6").is_file(), reason="there is no IPv6")
def test_ipv6_is_served_with_its_own_names(mstreamd, mstream):
    api = Api(mstreamd(jobs_text("a", host="::1")))
    assert api.url == f"http://[::1]:{api.port}"
    assert api.get("/jobs")[0]["name"] == "a"
    for host in (f"[::1]:{api.port}", "[::1]", "localhost", "127.0.0.1:1"):
        answer = api.raw(b"GET /jobs HTTP/1.0\r\nHost: %s\r\n\r\n" % host.encode())
        assert answer.startswith(b"HTTP/1.1 200"), host
    for host in ("[::2]", "[fe80::1]:80", "::1", "evil.example"):
        answer = api.raw(b"GET /jobs HTTP/1.0\r\nHost: %s\r\n\r\n" % host.encode())
        assert answer.startswith(b"HTTP/1.1 403"), host
    assert api.call("GET", "/jobs", headers={"Origin": api.url})[0] == 200
    assert api.call("GET", "/jobs", headers={"Origin": "http://[::1]:1"})[0] == 403
    assert mstream("jobs", "list", "--url", api.url).out.startswith("JOB")


@pytest.mark.skipif(not Path("/proc/net/if_inet6").is_file(), reason="there is no IPv6")
def test_all_addresses_of_both_families_are_served_by_one_host(mstreamd):
    daemon = mstreamd(jobs_text("a", host="::", insecure=True))
    api = Api(daemon)
    for host in ("::1", "127.0.0.1"):
        api.host = host
        api.post("/jobs/a/restart")
    audit = [line for line in daemon.stderr().splitlines() if " audit: " in line]
    assert "peer=::1" in audit[0] and "peer=127.0.0.1" in audit[1]


def test_requests_that_wait_for_a_server_leave_room_for_the_others(mstreamd):
    """More of them than there are threads: some wait, the rest is refused."""
    server = Silent()
    uri = f"mongodb://127.0.0.1:{server.port}/?replicaSet=rs0"
    text = jobs_text("a") + config.mongodb(uri, "app", server_selection_timeout="5s")
    source = {"service_name": "m", "resource": "users", "output_encoding": "json"}
    text += config.job("hung", source, {"service_name": "disk", "resource": "hung.jsonl"})
    api = Api(mstreamd(text))
    api.post("/jobs/hung/stop")
    api.wait_state("hung", "stopped")
    body = b'{"back": "1h"}'
    asked = (
        b"POST /jobs/hung/checkpoints/rewind HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    lines = [line_to(api, 60) for _ in range(100)]
    for line in lines:
        line.sendall(asked)

    def refused():
        readable = select.select(lines, [], [], 0)[0]
        return any(b'"busy"' in line.recv(4096, socket.MSG_PEEK) for line in readable)

    wait_until(refused, 60, what="one that is refused: or has each a thread?")
    for _ in range(50):
        assert api.get("/health")["status"]
        assert api.get("/jobs")
    assert threads(api) < 40
    answer = lines[0].recv(4096)
    assert answer.startswith((b"HTTP/1.1 503", b"HTTP/1.1 409", b"HTTP/1.1 422")), answer
    for line in lines:
        line.close()
    server.close()
