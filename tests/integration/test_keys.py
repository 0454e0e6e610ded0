# SPDX-License-Identifier: MIT
"""Keys of stored services: the commands, and what a crash leaves."""

import pytest
from support import config
from support.api import Api, jobs_text
from support.crash import fault_binaries
from support.waiting import wait_until

KEY_POINTS = ["before_key_file", "before_key_rename", "after_key_rename"]


@pytest.fixture
def keys(mstream, tmp_path):
    """Runs `mstream key`, on a state and a key file of this test."""
    path = tmp_path / "keys.toml"
    key = config.table("[system]", {"encryption_key_path": str(tmp_path / "k.key")})
    path.write_text(config.table("[state]", {"path": str(tmp_path / "state")}) + key)

    def run(*arguments, **options):
        return mstream("key", *arguments, "--config", path, **options)

    run.file = tmp_path / "k.key"
    run.config = path
    return run


def test_a_rotation_adds_a_key_that_only_its_owner_reads(keys):
    assert "no key yet" in keys("list").out
    first = keys("rotate", "--json").json()["key"]
    assert keys.file.stat().st_mode & 0o777 == 0o600
    second = keys("rotate", "--json").json()["key"]
    assert keys("rotate", "--no-new", "--json").json()["key"] == second
    assert keys("list", "--json").json() == [
        {"key": first, "use": "opens", "services": 0},
        {"key": second, "use": "seals", "services": 0},
    ]
    keys.file.chmod(0o640)
    result = keys("list", code=1)
    assert "mode 0640" in result.err and "chmod 600" in result.err
    assert keys.file.read_text().split()[-1] not in result.err


def test_keys_of_the_environment_are_not_written_down(keys):
    old, new = "ab" * 32, "cd" * 32
    env = {"MSTREAM_ENC_KEY": new, "MSTREAM_ENC_KEY_OLD": old}
    key = keys("rotate", "--json", env=env).json()["key"]
    listed = keys("list", "--json", env=env).json()
    assert [(one["key"] == key, one["use"]) for one in listed] == [
        (False, "opens"),
        (True, "seals"),
    ]
    assert not keys.file.exists()
    result = keys("list", code=1, env={"MSTREAM_ENC_KEY": new[1:]})
    assert "MSTREAM_ENC_KEY" in result.err and new[1:] not in result.err


@pytest.mark.parametrize("point", KEY_POINTS)
def test_a_rotation_that_is_killed_while_it_writes_the_key_loses_none(keys, mstream, point):
    first = keys("rotate", "--json").json()["key"]
    killed = mstream.start(
        "key", "rotate", "--config", keys.config,
        env={"MSTREAM_CRASH_AT": f"{point}:1"},
        executable=fault_binaries() / "mstream",
    )
    assert killed.wait(30) == -9
    there = [one["key"] for one in keys("list", "--json").json()]
    assert there[0] == first
    assert len(there) == (2 if point == "after_key_rename" else 1)
    newest = keys("rotate", "--json").json()["key"]
    assert [one["key"] for one in keys("list", "--json").json()] == [*there, newest]
    assert [path.name for path in keys.file.parent.glob("k.key*")] == ["k.key"]


def rest_text(where):
    """A daemon whose services are kept there: in its file, or in MongoDB."""
    text = jobs_text("a")
    if where is not None:
        text += config.mongodb(where.uri, where.name, name="state")
        lifecycle = {"service_name": "state", "resource": "kept"}
        text += config.table("[system]", {"service_lifecycle": lifecycle})
    return text


SERVICES = ("one", "two", "three")


def add_services(api):
    for name in SERVICES:
        body = {"provider": "file", "name": name, "path": f"./{name}"}
        # Where they are kept on a server, that is looked for first.
        wait_until(lambda body=body: api.call("POST", "/services", body)[0] == 201)


def kept(api):
    return {one["name"]: one["path"] for one in api.get("/services") if one["name"] in SERVICES}


@pytest.mark.parametrize("kind", ["embedded", "mongodb"])
def test_a_rotation_that_is_killed_at_any_save_leaves_all_readable(request, mstreamd, mstream, kind):
    where = request.getfixturevalue("mongodb") if kind == "mongodb" else None
    daemon = mstreamd(rest_text(where))
    api = Api(daemon)
    add_services(api)
    known = kept(api)
    for point in ("before_record", "after_record"):
        for nth in range(1, len(SERVICES) + 1):
            killed = mstream.start(
                "key", "rotate", "--config", daemon.config,
                env={"MSTREAM_CRASH_AT": f"{point}:{nth}"},
                executable=fault_binaries() / "mstream",
            )
            assert killed.wait(30) == -9
            listed = mstream("key", "list", "--config", daemon.config, "--json").json()
            done = nth if point == "after_record" else nth - 1
            assert listed[-1] == {**listed[-1], "use": "seals", "services": done}
            assert sum(one["services"] for one in listed) == len(SERVICES)
            assert all(one["use"] != "missing" for one in listed)
            # Beside it the daemon goes on, with the new key; of a store that
            # others share it first has to see the new revision.
            body = {"provider": "file", "name": "two", "path": f"./{point}{nth}"}
            wait_until(lambda body=body: api.call("PUT", "/services/two", body)[0] == 200)
            known["two"] = body["path"]
    assert daemon.stop() == 0
    # Nobody waits for a state that is on a server.
    again = Api(mstreamd(daemon.config.read_text()))
    wait_until(lambda: kept(again) == known)
    rotated = mstream("key", "rotate", "--config", daemon.config, "--json").json()
    assert (rotated["sealed"], rotated["failed"]) == (len(SERVICES), 0)


def test_a_wrong_key_is_named_and_the_services_are_left_alone(mstreamd, mstream, tmp_path):
    daemon = mstreamd(rest_text(None))
    add_services(Api(daemon))
    assert daemon.stop() == 0
    text = daemon.config.read_text()
    path = tmp_path / "mstream.key"
    key = mstream("key", "list", "--config", daemon.config, "--json").json()[0]["key"]
    right = path.read_bytes()
    path.write_text("ab" * 32 + "\n")
    daemon = mstreamd(text)
    daemon.wait_log(key)
    assert kept(Api(daemon)) == {}
    result = mstream("key", "rotate", "--config", daemon.config, code=1)
    assert key in result.err and "3 can not be opened" in result.out
    assert daemon.stop() == 0
    path.write_bytes(right)
    assert set(kept(Api(mstreamd(text)))) == set(SERVICES)
