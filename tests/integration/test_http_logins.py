# SPDX-License-Identifier: MIT
"""How requests log in, and whom they trust."""

import json

import pytest
from support import http
from support.http import TokenServer
from support.http_job import SECRET, arrived, job
from support.waiting import wait_until


@pytest.fixture
def server(make_http):
    return make_http()


def test_a_token_that_is_refused_is_renewed(server, mstreamd):
    token_server = TokenServer(SECRET)
    server.authorization = f"Bearer {SECRET}-1"
    auth = {
        "kind": "oauth2",
        "token_url": token_server.url + "/token",
        "client_id": "me",
        "client_secret": SECRET,
        "scope": "in out",
    }
    seen = [0]

    def count(handler, request):
        seen[0] += 1
        if seen[0] == 100:
            server.authorization = f"Bearer {SECRET}-2"
        return False

    server.fault = count
    daemon = mstreamd(job(server.url, service={"auth": auth}))
    arrived(server)
    daemon.wait_log("job: completed")
    token_server.close()
    basic = "Basic bWU6czNjcmV0LWM0bmFyeS0wODE1"
    form = b"grant_type=client_credentials&scope=in%20out"
    assert token_server.forms == [(basic, form)] * 2
    assert SECRET not in daemon.stderr()


def test_a_token_is_renewed_before_it_ends(server, mstreamd):
    token_server = TokenServer(SECRET, lasts=1)
    auth = {
        "kind": "oauth2",
        "token_url": token_server.url,
        "client_id": "me",
        "client_secret": SECRET,
        "client_auth": "body",
    }
    source = {"rate": 50}
    mstreamd(job(server.url, 150, service={"auth": auth}, source=source))
    arrived(server, 150)
    token_server.close()
    assert token_server.tokens >= 2
    assert b"client_secret=" in token_server.forms[0][1]
    used = [r.headers["authorization"] for r in server.accepted]
    assert used[0] != used[-1]


def test_a_token_server_that_refuses_fails_the_job(server, mstreamd):
    token_server = TokenServer(SECRET)
    token_server.fault = http.status(
        401, json.dumps({"error": "invalid_client", "hint": SECRET}).encode()
    )
    auth = {
        "kind": "oauth2",
        "token_url": token_server.url,
        "client_id": "me",
        "client_secret": SECRET,
    }
    daemon = mstreamd(job(server.url, service={"auth": auth}))
    daemon.wait_log("gives no token: status 401, invalid_client")
    daemon.wait_log("failed: tried again in 60 s")
    token_server.close()
    assert server.requests == []
    assert SECRET not in daemon.stderr()


def test_a_token_file_that_changes_is_read_again(server, mstreamd, tmp_path):
    path = tmp_path / "token"
    path.write_text("first\n")
    server.authorization = "Bearer first"
    auth = {"kind": "bearer", "token_file": str(path)}
    source = {"rate": 100}
    mstreamd(job(server.url, service={"auth": auth}, source=source))
    wait_until(lambda: len(server.accepted) > 20, what="some events")
    path.write_text("second\n")
    server.authorization = "Bearer second"
    arrived(server)


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ({"kind": "basic", "username": "me", "password": SECRET},
         "authorization", "Basic bWU6czNjcmV0LWM0bmFyeS0wODE1"),
        ({"kind": "bearer", "token": SECRET}, "authorization", f"Bearer {SECRET}"),
        ({"kind": "api_key", "key": SECRET}, "x-api-key", SECRET),
    ],
    ids=["basic", "bearer", "api_key"],
)  # fmt: skip
def test_a_login_is_sent_and_never_shown(
    auth, name, value, server, mstreamd, mstream, http_letters
):
    """Not even where the server says it back."""

    def echo(handler, request):
        handler.send(400, json.dumps(dict(request.headers)).encode())
        return True

    server.fault = echo
    service = {"auth": auth, "headers": {"X-Tenant": f"{SECRET}-tenant"}}
    text = job(server.url, 3, service=service)
    daemon = mstreamd(text)
    daemon.wait_log("job: completed")
    assert all(request.headers[name] == value for request in server.requests)
    path = mstream.folder / "again.toml"
    path.write_text(text)
    shown = [
        daemon.stderr(),
        json.dumps(http_letters()),
        mstream("explain", path).out,
        mstream("doctor", path, code=None).out,
        mstream("validate", path, code=None).out,
    ]
    for one in shown:
        assert value not in one
        assert value.split()[-1] not in one


def test_certificates_are_checked(make_http, certificates, mstreamd):
    server = make_http(certificates / "server.pem")
    tls = {"ca_file": str(certificates / "ca.pem")}
    for number, wrong in enumerate(
        ({}, {"tls": {"ca_file": str(certificates / "other-ca.pem")}})
    ):
        daemon = mstreamd(job(server.url, service=wrong).replace(
            "./state", f"./state{number}"))
        daemon.wait_log("certificate")
        daemon.wait_log("failed: tried again in 60 s")
        daemon.stop()
    assert server.requests == []
    mstreamd(job(server.url, service={"tls": tls}))
    arrived(server)
    other = make_http(certificates / "wrong.pem")
    daemon = mstreamd(
        job(other.url, service={"tls": tls}).replace("./state", "./other")
    )
    daemon.wait_log("failed: tried again in 60 s")
    assert other.requests == []


def test_a_client_certificate_is_shown(make_http, certificates, mstreamd):
    server = make_http(certificates / "server.pem", certificates / "ca.pem")
    tls = {
        "ca_file": str(certificates / "ca.pem"),
        "certificate_file": str(certificates / "client.pem"),
    }
    mstreamd(job(server.url, service={"tls": tls}))
    arrived(server)


def test_the_environments_proxy_is_used_only_if_asked(server, make_http, mstreamd):
    proxy = make_http()
    env = {"http_proxy": proxy.url, "HTTP_PROXY": proxy.url, "no_proxy": ""}
    mstreamd(job(server.url), env=env)
    arrived(server)
    assert proxy.requests == []
    text = job("http://nowhere.invalid", service={"proxy": "environment"})
    mstreamd(text.replace("./state", "./other"), env=env)
    arrived(proxy)
    assert proxy.requests[0].path == "http://nowhere.invalid/in"
