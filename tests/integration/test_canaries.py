# SPDX-License-Identifier: MIT
"""Secrets of every field that takes one, looked for wherever they could come out."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support import ROOT, config
from support.api import Api, jobs_text
from support.waiting import wait_until

# Provider -> a service with a secret in every field that takes one.
SECRETS = {
    "mongodb": {
        "connection_string": "mongodb://u:{canary}@127.0.0.1:1/?replicaSet=rs0",
        "db_name": "app",
        "tls_certificate_key_password": "{canary}",
        "connect_timeout": "200ms",
        "server_selection_timeout": "200ms",
    },
    "kafka": {
        "bootstrap.servers": "127.0.0.1:1",
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanisms": "PLAIN",
        "sasl.username": "u",
        "sasl.password": "{canary}",
        "ssl.key.password": "{canary}",
        "ssl.keystore.password": "{canary}",
    },
    "schema_registry": {
        "url": "http://127.0.0.1:1",
        "username": "u",
        "password": "{canary}",
        "tls_key_password": "{canary}",
    },
    "schema_registry token": {"url": "http://127.0.0.1:1", "token": "{canary}"},
    "http basic": {
        "host": "http://127.0.0.1:1",
        "headers": {"X-Secret": "{canary}"},
        "auth": {"kind": "basic", "username": "u", "password": "{canary}"},
        "tls": {"key_password": "{canary}"},
    },
    "http bearer": {
        "host": "http://127.0.0.1:1",
        "auth": {"kind": "bearer", "token": "{canary}"},
    },
    "http api_key": {
        "host": "http://127.0.0.1:1",
        "auth": {"kind": "api_key", "key": "{canary}"},
    },
    "http oauth2": {
        "host": "http://127.0.0.1:1",
        "auth": {
            "kind": "oauth2",
            "token_url": "http://127.0.0.1:1/token",
            "client_id": "c",
            "client_secret": "{canary}",
        },
    },
}


def flat(keys, before=""):
    """All keys, those of tables as a.b, and their values."""
    for key, value in keys.items():
        if isinstance(value, dict):
            yield before + key, value
            yield from flat(value, f"{before}{key}.")
        else:
            yield before + key, value

# Nobody waits for what can not be sent.
HASTE = 'shutdown_timeout = "1s"\n'


class Canaries:
    """A word of its own for each secret."""

    def __init__(self, where):
        self.where, self.words = where, {}

    def service(self, provider):
        return self.filled(SECRETS[provider], provider)

    def filled(self, keys, what):
        filled = {}
        for key, value in keys.items():
            if isinstance(value, dict):
                filled[key] = self.filled(value, f"{what} {key}")
                continue
            word = f"kanari{self.where}{len(self.words):02d}x9"
            if "{canary}" in value:
                self.words[word] = f"{what} {key}"
            filled[key] = value.replace("{canary}", word)
        return filled

    def found(self, text):
        if isinstance(text, bytes):
            text = text.decode("latin-1")
        return [what for word, what in self.words.items() if word in text]


def name_of(provider):
    return provider.split()[0][0] + str(list(SECRETS).index(provider))


def test_every_secret_of_the_reference_has_a_canary():
    reference = (ROOT / "docs/reference.md").read_text()
    for part in re.split(r"^### Service of provider ", reference, flags=re.M)[1:]:
        part = part.split("\n#")[0]
        provider = re.match(r"`(\w+)`", part).group(1)
        for key in re.findall(r"^\| `([^`]+)` .*\*Secret: never shown", part, flags=re.M):
            there = [keys for name, keys in SECRETS.items() if name.split()[0] == provider]
            assert any(key in dict(flat(keys)) for keys in there), f"{provider}: {key}"


def every_get(api, names):
    """The answers of all operations that only read, by their address."""
    described = api.get("/openapi.json")
    for path, methods in described["paths"].items():
        if "get" not in methods or "stream" in path:
            continue
        # Those that ask a server that is not there wait for it.
        query = "?timeout=300ms&resource=x" if "introspect" in path else ""
        query = "?timeout=300ms" if path.endswith("/resources") else query
        for name in names if "{name}" in path else [""]:
            asked = re.sub(r"\{\w+\}", "1", path.replace("{name}", name)) + query
            yield asked, api.call("GET", asked)


def files_of(folder):
    for path in Path(folder).rglob("*"):
        if path.is_file() and path.suffix != ".toml":
            yield path, path.read_bytes()


def check_nowhere(canaries, api, daemon, names, folder):
    for asked, (_, headers, body) in every_get(api, names):
        assert not canaries.found(str(headers) + str(body)), asked
    for name in names:
        status, _, body = api.call("POST", f"/services/{name}/test?timeout=300ms")
        assert status in (200, 404) and not canaries.found(str(body)), name
    for path, content in files_of(folder):
        assert not canaries.found(content), path
    assert not canaries.found(daemon.stderr())


def jobs_that_fail():
    """One to and from each, so that every client says what is wrong."""
    made = {"service_name": "made", "resource": "n", "rate": 1, "output_encoding": "json"}
    json_from = {"resource": "x", "output_encoding": "json"}
    disk = {"service_name": "disk", "output_encoding": "json"}
    return [
        (
            "tomongo",
            {**made, "output_encoding": "bson"},
            {"service_name": "m0", "resource": "x", "output_encoding": "bson"},
        ),
        ("tokafka", made, {**json_from, "service_name": "k1"}),
        *[
            (f"tohttp{i}", made, {**json_from, "service_name": name_of(provider)})
            for i, provider in enumerate(SECRETS)
            if provider.startswith("http")
        ],
        ("frommongo", {**json_from, "service_name": "m0"}, {**disk, "resource": "y.jsonl"}),
        (
            "fromkafka",
            {**json_from, "service_name": "k1", "input_encoding": "json"},
            {**disk, "resource": "z.jsonl"},
        ),
    ]


def wait_for_reasons(api):
    for name, _, _ in jobs_that_fail():
        wait_until(lambda name=name: api.get(f"/jobs/{name}")["reason"], what=name)


def by_reference(canaries, keys, env):
    """The same keys, their secrets in variables."""
    changed = {}
    for key, value in keys.items():
        if isinstance(value, dict):
            changed[key] = by_reference(canaries, value, env)
        elif canaries.found(value):
            name = f"SECRET_{len(env)}"
            env[name] = value
            changed[key] = f"${{{name}}}"
        else:
            changed[key] = value
    return changed


@pytest.mark.parametrize("by", ["value", "reference"])
def test_secrets_of_the_file_are_nowhere_else(mstreamd, tmp_path, by):
    """Written in the file, and taken from the environment."""
    canaries = Canaries("file")
    text, env = HASTE + jobs_text("a"), {"MSTREAM_LOG_LEVEL": "debug"}
    for provider in SECRETS:
        keys = canaries.service(provider)
        if by == "reference":
            keys = by_reference(canaries, keys, env)
        text += config.service(provider.split()[0], name_of(provider), **keys)
    for name, source, sink in jobs_that_fail():
        text += config.job(name, source, sink)
    daemon = mstreamd(text, env=env)
    api = Api(daemon)
    wait_for_reasons(api)
    names = ["a", *map(name_of, SECRETS), *(job[0] for job in jobs_that_fail())]
    check_nowhere(canaries, api, daemon, names, tmp_path)


def test_secrets_sent_to_the_api_are_sealed_and_nowhere_else(mstreamd, mstream, tmp_path):
    canaries = Canaries("rest")
    daemon = mstreamd(HASTE + jobs_text("a"), env={"MSTREAM_LOG_LEVEL": "debug"})
    api = Api(daemon)
    for provider in SECRETS:
        keys = canaries.service(provider)
        body = {"provider": provider.split()[0], "name": name_of(provider), **keys}
        status, _, answer = api.call("POST", "/services", body)
        assert status == 201 and not canaries.found(str(answer)), answer
        broken = {**body, "name": "broken", "no_such_key": 1}
        status, _, answer = api.call("POST", "/services", broken)
        assert status == 422 and not canaries.found(str(answer)), answer
        kept = {**body, "name": name_of(provider)}
        status, _, answer = api.call("PUT", f"/services/{name_of(provider)}", kept)
        assert status == 200 and not canaries.found(str(answer)), answer
    for name, source, sink in jobs_that_fail():
        body = {"name": name, "source": source, "sinks": [sink]}
        status, _, answer = api.call("POST", "/jobs", body)
        assert status == 201, answer
    wait_for_reasons(api)
    names = ["a", *map(name_of, SECRETS), *(job[0] for job in jobs_that_fail())]
    check_nowhere(canaries, api, daemon, names, tmp_path)
    check_the_key(daemon, tmp_path)
    check_a_rotation(mstream, daemon, canaries, api, tmp_path)


def check_the_key(daemon, tmp_path):
    """It is in its file alone: in no core file, as text or as bytes."""
    path = tmp_path / "mstream.key"
    assert path.stat().st_mode & 0o777 == 0o600
    digits = [line for line in path.read_bytes().split() if re.fullmatch(b"[0-9a-f]{64}", line)]
    assert len(digits) == 1
    for other, content in files_of(tmp_path):
        assert other == path or digits[0] not in content, other
    if shutil.which("gcore") is None:
        return
    core = tmp_path / "core"
    made = subprocess.run(
        ["gcore", "-o", core, str(daemon.pid)], capture_output=True, timeout=60, check=False
    )
    if made.returncode != 0:
        return  # tracing is not allowed here
    core = Path(f"{core}.{daemon.pid}")
    content = core.read_bytes()
    os.unlink(core)
    assert b"mstreamd" in content
    assert digits[0] not in content and bytes.fromhex(digits[0].decode()) not in content


def check_a_rotation(mstream, daemon, canaries, api, tmp_path):
    """Beside the daemon, which goes on with the new key, also after a start."""
    before = mstream("key", "list", "--config", daemon.config, "--json").json()
    assert [one["services"] for one in before] == [len(SECRETS)]
    rotated = mstream("key", "rotate", "--config", daemon.config, "--json").json()
    assert (rotated["sealed"], rotated["failed"]) == (len(SECRETS), 0)
    after = mstream("key", "list", "--config", daemon.config, "--json").json()
    assert [(one["use"], one["services"]) for one in after] == [
        ("opens", 0),
        ("seals", len(SECRETS)),
    ]
    body = {"provider": "file", "name": "later", "path": "./later"}
    assert api.call("POST", "/services", body)[0] == 201
    newest = mstream("key", "list", "--config", daemon.config, "--json").json()[-1]
    assert newest["services"] == len(SECRETS) + 1
    for path, content in files_of(tmp_path):
        assert not canaries.found(content), path
