# SPDX-License-Identifier: MIT
"""Who may use the API of a daemon: TLS, tokens, roles, certificates, secrets."""

import http.client
import json
import shutil
import socket
import ssl

import pytest
from support import config
from support.api import Api, jobs_text
from support.tls import certificate
from support.waiting import wait_until


def test_an_address_that_others_reach_needs_tls_and_tokens(mstreamd):
    daemon = mstreamd(jobs_text("a", host="0.0.0.0"), ready=False)
    assert daemon.wait() == 2
    assert "needs TLS" in daemon.stderr() and "who asks" in daemon.stderr()


@pytest.mark.filterwarnings("ignore:.*TLSv1_1:DeprecationWarning")
def test_tls_tokens_and_roles(mstreamd, mstream, tmp_path):
    key, cert = certificate(tmp_path)
    tokens = tmp_path / "tokens"
    made = {}
    for role in ("read", "operate", "admin"):
        made[role] = mstream("token", "create", f"t-{role}", "--role", role, "--file", tokens).out.strip()
    assert tokens.stat().st_mode & 0o777 == 0o600
    daemon = mstreamd(
        jobs_text("a", tls_cert=str(cert), tls_key=str(key), tokens_file=str(tokens))
    )
    context = ssl.create_default_context(cafile=cert)
    api = Api(daemon, context=context)
    assert api.url.startswith("https://")
    assert api.call("GET", "/livez")[0] == 200
    assert api.call("GET", "/jobs")[0] == 401
    api.token = "wrong"
    assert api.call("GET", "/jobs")[0] == 401
    api.token = made["read"]
    assert api.call("GET", "/jobs")[0] == 200
    assert api.call("POST", "/jobs/a/stop")[0] == 403
    api.token = made["operate"]
    assert api.call("POST", "/jobs/a/restart")[0] == 200
    assert api.call("DELETE", "/jobs/a/dlq")[0] == 403
    api.token = made["admin"]
    assert api.call("DELETE", "/jobs/a/dlq")[0] == 200
    asked = ["--url", api.url, "--ca-file", cert]
    listed = mstream("jobs", "list", *asked, env={"MSTREAM_TOKEN": made["read"]})
    assert listed.out.startswith("JOB")
    refused = mstream("jobs", "stop", "a", *asked, env={"MSTREAM_TOKEN": made["read"]}, code=1)
    assert "this needs operate" in refused.err
    nobody = mstream("jobs", "list", *asked, env={"MSTREAM_TOKEN": ""}, code=1)
    assert "hint: set MSTREAM_TOKEN" in nobody.err
    audit = [line for line in daemon.stderr().splitlines() if " audit: " in line]
    assert any("who=t-operate" in line and "restartJob" in line for line in audit)
    for token in made.values():
        assert token not in daemon.stderr()
        assert token not in json.dumps(api.get("/logs"))
    # Taken back: its line goes, without a restart.
    kept = [line for line in tokens.read_text().splitlines() if "t-read" not in line]
    tokens.write_text("\n".join(kept) + "\n")
    api.token = made["read"]
    wait_until(lambda: api.call("GET", "/jobs")[0] == 401)
    old = ssl.create_default_context(cafile=cert)
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Api(daemon, made["admin"], old).get("/jobs")


def test_a_browser_trades_its_token_for_a_cookie(mstreamd, mstream, tmp_path):
    key, cert = certificate(tmp_path)
    tokens = tmp_path / "tokens"
    token = mstream("token", "create", "ops", "--role", "operate", "--file", tokens).out.strip()
    daemon = mstreamd(
        jobs_text("a", tls_cert=str(cert), tls_key=str(key), tokens_file=str(tokens))
    )
    api = Api(daemon, context=ssl.create_default_context(cafile=cert))
    assert api.call("POST", "/session", headers={"Origin": api.url})[0] == 401
    bearer = {"Authorization": f"Bearer {token}", "Origin": api.url}
    status, headers, answer = api.call("POST", "/session", headers=bearer)
    assert status == 200 and (answer["name"], answer["role"]) == ("ops", "operate")
    cookie, *marks = headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Secure", "Path=/"} <= set(marks)
    assert cookie.startswith("__Host-mstream=") and token not in cookie
    page = {"Cookie": cookie, "Origin": api.url}
    status, headers, jobs = api.call("GET", "/jobs", headers={"Cookie": cookie})
    assert status == 200 and jobs[0]["name"] == "a"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert api.call("POST", "/jobs/a/restart", headers=page)[0] == 200
    assert api.call("POST", "/jobs/a/stop", headers={"Cookie": cookie})[0] == 403
    evil = {"Cookie": cookie, "Origin": "https://evil.example"}
    assert api.call("POST", "/jobs/a/stop", headers=evil)[0] == 403
    assert api.call("DELETE", "/session", headers=page)[0] == 200
    assert api.call("GET", "/jobs", headers={"Cookie": cookie})[0] == 401
    log = daemon.stderr()
    assert "beginSession" in log and cookie.partition("=")[2] not in log


def test_a_token_that_is_taken_back_ends_sessions_and_streams(mstreamd, mstream, tmp_path):
    tokens = tmp_path / "tokens"
    token = mstream("token", "create", "one", "--role", "read", "--file", tokens).out.strip()
    api = Api(mstreamd(jobs_text("a", tokens_file=str(tokens))), token)
    _, headers, _ = api.call("POST", "/session")
    cookie = headers["Set-Cookie"].partition(";")[0]
    streams = []
    for header in ({"Authorization": f"Bearer {token}"}, {"Cookie": cookie}):
        connection = api.connect(timeout=30)
        connection.request("GET", "/logs/stream", headers=header)
        streams.append(connection.getresponse())
    assert all(stream.status == 200 for stream in streams)
    tokens.write_text("# nobody\n")
    for stream in streams:
        stream.read()  # to its end, which comes
    api.token = None
    assert api.call("GET", "/jobs", headers={"Cookie": cookie})[0] == 401


def test_a_new_certificate_is_shown_without_a_restart(mstreamd, tmp_path):
    key, cert = certificate(tmp_path)
    daemon = mstreamd(jobs_text("a", tls_cert=str(cert), tls_key=str(key)))
    api = Api(daemon, context=ssl.create_default_context(cafile=cert))
    api.get("/health")
    new_key, new_cert = certificate(tmp_path, "renewed")
    shutil.copy(new_key, key)
    shutil.copy(new_cert, cert)
    api.context = ssl.create_default_context(cafile=new_cert)

    def works():
        try:
            return api.get("/health")
        except ssl.SSLError:
            return None

    wait_until(works)
    # One that can not be used is said, and the one before stays.
    cert.write_text("this is no certificate")
    wait_until(lambda: api.get("/health") and "the one before is still in use" in daemon.stderr())
    assert api.get("/health")


def test_guessing_tokens_is_slow_and_holds_nobody_up(mstreamd, mstream, tmp_path):
    tokens = tmp_path / "tokens"
    token = mstream("token", "create", "one", "--role", "read", "--file", tokens).out.strip()
    api = Api(mstreamd(jobs_text("a", tokens_file=str(tokens))), token)
    lines = [socket.create_connection((api.host, api.port), 30) for _ in range(200)]
    guess = b"GET /jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer mst_guess\r\n\r\n"
    for line in lines:
        line.sendall(guess)
    assert api.get("/jobs"), "who has a token is not slowed down"
    answers = [line.recv(4096) for line in lines]
    for line in lines:
        line.close()
    slowed = [answer for answer in answers if b" 401 " in answer]
    refused = [answer for answer in answers if b" 429 " in answer]
    assert len(slowed) + len(refused) == 200 and slowed and refused
    assert all(b"Retry-After: 1" in answer for answer in refused)


def test_a_client_certificate_is_required_where_it_is_asked_for(mstreamd, tmp_path):
    key, cert = certificate(tmp_path)
    client_key, client_cert = certificate(tmp_path, "client")
    daemon = mstreamd(
        jobs_text("a", tls_cert=str(cert), tls_key=str(key), client_ca=str(client_cert))
    )
    context = ssl.create_default_context(cafile=cert)
    api = Api(daemon, context=context)
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
        api.get("/jobs")
    context.load_cert_chain(client_cert, client_key)
    assert api.get("/jobs")[0]["name"] == "a"


def test_secrets_of_services_are_nowhere(mstreamd):
    canary = "canary-8f3a"
    text = jobs_text("a")
    text += config.mongodb(f"mongodb://u:{canary}@127.0.0.1:1/?replicaSet=rs0", "app")
    text += config.kafka("127.0.0.1:1", **{"sasl.password": canary, "sasl.username": "u",
                                           "security.protocol": "SASL_PLAINTEXT",
                                           "sasl.mechanisms": "PLAIN"})  # fmt: skip
    text += config.job(
        "hidden",
        {"service_name": "m", "resource": "users", "output_encoding": "json"},
        {"service_name": "k", "resource": "users", "output_encoding": "json"},
    )
    daemon = mstreamd(text)
    api = Api(daemon)
    wait_until(lambda: api.get("/jobs/hidden")["reason"])
    paths = [path for path in api.get("/openapi.json")["paths"] if "stream" not in path]
    for path in paths:
        asked = path.replace("{name}", "hidden").replace("{id}", "1")
        assert canary not in str(api.call("GET", asked)), asked
    assert canary not in daemon.stderr()
