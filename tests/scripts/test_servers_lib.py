# SPDX-License-Identifier: MIT
"""What scripts/servers promises: never another's process, never twice."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from servers_lib import ports, process, tls, variants  # noqa: E402
from servers_lib.errors import ServersError  # noqa: E402
from servers_lib.instance import Instance  # noqa: E402


@pytest.fixture
def sleeper(tmp_path):
    ident = process.spawn(["sleep", "600"], tmp_path / "log")
    yield ident
    process.kill(ident)


def test_a_process_is_known_until_it_is_killed(sleeper):
    assert process.alive(sleeper)
    process.kill(sleeper)
    assert not process.alive(sleeper)


def test_a_process_that_only_has_the_same_pid_is_left_alone(sleeper):
    stranger = {**sleeper, "start": sleeper["start"] - 1}
    assert not process.alive(stranger)
    process.stop(stranger)
    process.kill(stranger)
    other_boot = {**sleeper, "boot": "another"}
    process.kill(other_boot)
    assert process.alive(sleeper)


def test_ports_are_free_and_distinct():
    found = ports.take(50)
    assert len(set(found)) == 50
    assert not set(ports.take(50, found)).intersection(found)


def test_an_unknown_variant_is_refused(tmp_path):
    with pytest.raises(ServersError) as caught:
        Instance("plane", tmp_path)
    assert "plain" in caught.value.hint


@pytest.fixture
def own_addresses(monkeypatch):
    monkeypatch.setenv("MSTREAM_TEST_MONGODB", "mongodb://db.example/")
    monkeypatch.setenv("MSTREAM_TEST_KAFKA", "kafka.example:9092")


def test_named_servers_are_used_and_nothing_is_started(tmp_path, own_addresses):
    instance = Instance("plain", tmp_path)
    assert instance.up() is False
    assert instance.servers == []
    assert instance.env() == {
        "MSTREAM_TEST_MONGODB": "mongodb://db.example/",
        "MSTREAM_TEST_KAFKA": "kafka.example:9092",
    }
    assert instance.up() is False
    instance.down()
    assert instance.env() == {}


def test_addresses_of_our_own_servers_are_not_somebody_elses(own_addresses):
    own = {"MSTREAM_TEST_MONGODB": "mongodb://db.example/"}
    assert variants.external_servers(own) == {
        "MSTREAM_TEST_KAFKA": "kafka.example:9092"
    }


def test_a_damaged_state_is_said_and_not_guessed(tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "state.json").write_text("{")
    with pytest.raises(ServersError) as caught:
        Instance("plain", tmp_path)
    assert "damaged" in str(caught.value)


def test_an_unknown_server_is_named_with_the_known_ones(tmp_path):
    (tmp_path / "plain").mkdir()
    state = {"servers": [{"name": "kafka", "kind": "kafka"}], "env": {}}
    (tmp_path / "plain" / "state.json").write_text(json.dumps(state))
    with pytest.raises(ServersError) as caught:
        Instance("plain", tmp_path).named("mongodb")
    assert "kafka" in caught.value.hint


def servers(*words, run):
    return subprocess.run(
        [ROOT / "scripts" / "servers", *words],
        env={
            **{k: v for k, v in os.environ.items() if "MSTREAM_TEST" not in k},
            "MSTREAM_TEST_RUN": str(run),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_status_and_env_of_nothing(tmp_path):
    status = servers("status", "--json", run=tmp_path)
    assert status.returncode == 1
    assert json.loads(status.stdout)[0]["up"] is False
    env = servers("env", run=tmp_path)
    assert env.returncode == 1 and "hint: run scripts/servers up" in env.stderr
    assert servers("down", run=tmp_path).returncode == 0


def test_up_twice_starts_once_and_down_leaves_nothing(tmp_path):
    first = servers("up", "--oplog-mb", "64", run=tmp_path)
    assert first.stdout == "plain: started\n", first.stderr
    before = json.loads(servers("status", "--json", run=tmp_path).stdout)
    again = servers("up", run=tmp_path)
    assert again.stdout == "plain: was up\n"
    after = json.loads(servers("status", "--json", run=tmp_path).stdout)
    assert [server["pid"] for server in before[0]["servers"]] == [
        server["pid"] for server in after[0]["servers"]
    ]
    idents = [server["ident"] for server in Instance("plain", tmp_path).servers]
    assert len(idents) == 2
    assert servers("down", run=tmp_path).returncode == 0
    assert not any(process.alive(ident) for ident in idents)
    assert not (tmp_path / "plain").exists()


def test_a_killed_server_is_started_again_by_up(tmp_path):
    servers("up", "--oplog-mb", "64", run=tmp_path)
    try:
        assert servers("kill", "kafka", run=tmp_path).returncode == 0
        assert servers("status", run=tmp_path).returncode == 1
        assert servers("up", run=tmp_path).stdout == "plain: started\n"
        assert servers("status", run=tmp_path).returncode == 0
    finally:
        servers("down", run=tmp_path)


def test_certificates_are_made_once(tmp_path):
    tls.create(tmp_path)
    made = (tmp_path / "client.pem").read_bytes()
    tls.create(tmp_path)
    assert (tmp_path / "client.pem").read_bytes() == made
    checked = subprocess.run(
        ["openssl", "verify", "-CAfile", "ca.pem", "client.crt", "server.crt"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
