# SPDX-License-Identifier: MIT
"""Keys of stored services: the commands, and what a crash leaves."""

import pytest
from support import config
from support.crash import fault_binaries

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
