# SPDX-License-Identifier: MIT
"""`mstream` says what it finds, all of it, and nothing that is not so."""

import json

import pytest

AWAY = "mongodb://127.0.0.1:1/?replicaSet=rs0&serverSelectionTimeoutMS=300"

# Files to files; @SERVICES@ and @JOB@ are more keys.
FILES = """
[state]
path = "./state"
@SERVICES@
[[services]]
provider = "file"
name = "in"
path = "./in"
[[services]]
provider = "file"
name = "out"
path = "./out"
[[connectors]]
name = "users"
source = { service_name = "in", resource = "users.jsonl" @SOURCE@ }
sinks = [ { service_name = "out", resource = "users.bson", output_encoding = "bson" } ]
@JOB@
"""

MONGODB = f"""
[[services]]
provider = "mongodb"
name = "m"
connection_string = "{AWAY}"
db_name = "app"
"""

SHARED = '[system]\ncheckpoints = { service_name = "m", resource = "at" }\n'


@pytest.fixture
def config(tmp_path):
    """config(services="…", job="…"): writes job.toml; returns the path."""

    def write(services="", job="", source="", lines=('{"_id":1}',)):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / "users.jsonl").write_text("".join(f"{s}\n" for s in lines))
        path = tmp_path / "job.toml"
        text = FILES.replace("@SERVICES@", services).replace("@JOB@", job)
        path.write_text(text.replace("@SOURCE@", source))
        return path

    return write


@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["show", "users"]])
def test_a_store_that_is_away_is_not_an_empty_one(mstream, config, words):
    path = config(SHARED + MONGODB)
    result = mstream("checkpoints", *words, "--config", path, code=1)
    assert "127.0.0.1:1" in result.err
    assert result.out == ""


def test_a_moment_that_nobody_confirms_is_saved_by_force_only(mstream, config):
    watch = """
[[connectors]]
name = "watch"
source = { service_name = "m", resource = "users", output_encoding = "json" }
sinks = [ { service_name = "out", resource = "users.json" } ]
"""
    path = config(MONGODB, watch)
    at = ["--config", path]
    rewind = ["checkpoints", "rewind", "watch", "--back", "1h", *at]
    result = mstream(*rewind, code=1)
    assert "127.0.0.1:1" in result.err
    assert "--force" in result.err
    assert mstream("checkpoints", "list", "--json", *at).json() == []
    mstream(*rewind, "--force")
    (one,) = mstream("checkpoints", "list", "--json", *at).json()
    assert one["job"] == "watch"


def test_text_of_others_does_not_command_the_terminal(mstream, config):
    bad = '{"_id":99999999999999999999,"t":"\u009b2J\u009b31m"}'
    path = config(lines=[bad])
    at = ["--config", path]
    mstream("run", path, "--once", code=3)
    result = mstream("dlq", "show", "1", *at)
    assert "\\xC2\\x9B2J" in result.out
    for text in (result.out, mstream("dlq", "list", *at).out):
        assert not [c for c in text if ord(c) < 32 and c not in "\n\t"]
        assert "\u009b" not in text
    assert json.loads(mstream("dlq", "show", "1", "--json", *at).out)
