# SPDX-License-Identifier: MIT
"""`mstream` says what it finds, all of it, and nothing that is not so."""

import json

import pytest

from support.file_job import file_job

AWAY = "mongodb://127.0.0.1:1/?replicaSet=rs0&serverSelectionTimeoutMS=300"

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
        return file_job(tmp_path, lines, services=services, source=source, job=job)

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


def findings(mstream, path, code, *words):
    found = mstream("doctor", path, "--json", "--timeout=1s", *words, code=code)
    return [(f["level"], f["service"], f["text"], f["hint"]) for f in found.json()]


def test_doctor_looks_at_services_that_no_job_uses(mstream, config):
    kafka = '[[services]]\nprovider = "kafka"\nname = "k"\n'
    path = config(MONGODB + kafka + '"bootstrap.servers" = "127.0.0.1:1"\n')
    failed = [f for f in findings(mstream, path, 1) if f[0] == "fail"]
    assert [f[1] for f in failed] == ["m", "k"]
    assert all(f[3] for f in failed), failed
    findings(mstream, path, 0, "--job=users")


def test_doctor_asks_the_store_of_checkpoints(mstream, config):
    found = findings(mstream, config(SHARED + MONGODB), 1)
    assert ("fail", "system.checkpoints") in [f[:2] for f in found]
    assert "m" not in [f[1] for f in found]


def test_a_directory_that_can_not_be_made_fails(mstream, config, tmp_path):
    path = config()
    assert "does not exist" in mstream("doctor", path).out
    for folder in ("/proc/nowrite", str(tmp_path / "job.toml" / "below")):
        path.write_text(path.read_text().replace('"./out"', f'"{folder}"'))
        found = findings(mstream, path, 1)
        assert [f[1] for f in found if f[0] == "fail"] == ["out"], found
        config()


KAFKA = """
[[services]]
provider = "kafka"
name = "k"
"bootstrap.servers" = "h:1"
"queue.buffering.max.messages" = "abc"
"linger.mss" = 3
"acks" = 77777
"max.in.flight" = "7"
"""


def problems(mstream, path, code=2, env=None):
    found = mstream("validate", path, "--json", code=code, env=env).json()
    return [(p["severity"], p["path"], p["line"], p["message"]) for p in found]


@pytest.mark.parametrize("used", [False, True])
def test_validate_says_every_bad_property_at_its_line(mstream, config, used):
    job = 'dlq = { service_name = "k", resource = "letters" }' if used else ""
    path = config(KAFKA + MONGODB.replace("mongodb:", "nonsense:"), job)
    found = problems(mstream, path)
    names = ["queue.buffering.max.messages", "linger.mss", "acks"]
    lines = path.read_text().splitlines()
    for name in names:
        (one,) = [p for p in found if f'"{name}"' in p[1] or p[1].endswith(f".{name}")]
        assert one[0] == "error"
        assert name in lines[one[2] - 1]
        assert "\n" not in one[3]
    assert [p for p in found if p[1].endswith("connection_string")]
    warned = [p[1] for p in found if p[0] == "warning"]
    assert ('services[0]."max.in.flight"' in warned) == used, found


def test_a_bad_step_is_said_beside_others_at_its_key(mstream, config):
    job = """retry = { base = "2h" , max = "1h" }
[[connectors]]
name = "watch"
source = { service_name = "m", resource = "users", output_encoding = "json",
           start = "yesterday" }
sinks = [ { service_name = "out", resource = "{foo}" } ]
"""
    job = job.replace(",\n           ", ", ")
    path = config(MONGODB, job, source=', input_encoding = "json", bad = 1')
    found = problems(mstream, path)
    assert [p[1] for p in found if p[1].startswith("connectors[1]")] == [
        "connectors[1].source.start",
        "connectors[1].sinks[0].resource",
    ], found


def test_all_mistakes_of_a_step_are_found_in_one_go(mstream, config):
    job = """
[[services]]
provider = "kafka"
name = "good"
"bootstrap.servers" = "127.0.0.1:1"
[[connectors]]
name = "many"
source = { service_name = "m", resource = "users", pipeline = "[", start = "x", a = 1 }
sinks = [ { service_name = "good", resource = "{foo}", key = "{bar", b = 2 } ]
"""
    found = [p[1] for p in problems(mstream, config(MONGODB, job))]
    assert [name for name in found if name.startswith("connectors[1]")] == [
        "connectors[1].source.pipeline",
        "connectors[1].source.start",
        "connectors[1].source.a",
        "connectors[1].sinks[0].resource",
        "connectors[1].sinks[0].key",
        "connectors[1].sinks[0].b",
    ], found


def test_values_of_the_environment_are_shown_as_references(mstream, config):
    job = """
[[connectors]]
name = "watch"
source = { service_name = "m", resource = "users", output_encoding = "json", @MORE@ }
sinks = [ { service_name = "out", resource = "copy" } ]
"""
    env = {"SECRETX": "topsecret", "TOK": 'quo"ted', "BAD": "hidden-number"}
    kafka = '[[services]]\nprovider = "kafka"\nname = "k"\n'
    kafka += '"bootstrap.servers" = "h:1"\n"linger.ms" = "${BAD}"\n'
    bad = job.replace("@MORE@", 'start = "${SECRETX}"')
    text = str(problems(mstream, config(MONGODB + kafka, bad), env=env))
    assert not [value for value in env.values() if value in text]
    assert "${SECRETX}" in text
    good = """pipeline = '[{"$match":{"t":"${SECRETX}"}}]'"""
    path = config(MONGODB, job.replace("@MORE@", good))
    text = mstream("explain", path, env=env).out
    assert "topsecret" not in text
    assert '"${SECRETX}"' in text


def test_a_letter_in_a_file_holds_everything(mstream, config, tmp_path):
    bad = '{"_id":99999999999999999999,"a":"\u00e9"}'
    dlq = 'dlq = { service_name = "out", resource = "letters.jsonl" }'
    path = config(job=dlq, lines=['{"_id":1}', bad])
    mstream("run", path, "--once", code=3)
    (line,) = (tmp_path / "out" / "letters.jsonl").read_text().splitlines()
    letter = json.loads(line)
    assert letter["payload"] == bad
    assert letter["encoding"] == "json"
    assert "outside the range" in letter["reason"]
    for name in ("_id", "hint", "time", "stage", "connector", "attributes"):
        assert name in letter
    assert (letter["job"], letter["sink"]) == ("users", "out")
    assert letter["attempts"] == 1
    assert [v for k, v in letter.items() if k.startswith("position") and v]


def test_what_does_nothing_is_a_warning(mstream, config):
    job = """timeout = "5s"
poll_interval = "5s"
on_reject = "skip"
dlq = { max_age = "1d" }"""
    found = problems(mstream, config(job=job), code=0)
    assert {(p[0], p[1].rpartition(".")[2]) for p in found} == {
        ("warning", "timeout"),
        ("warning", "poll_interval"),
        ("warning", "dlq"),
    }, found


def test_a_job_that_feeds_itself_is_an_error(mstream, config):
    loop = """
[[connectors]]
name = "loop"
source = { service_name = "m", resource = "users" }
sinks = [ { service_name = "m", resource = "users" } ]
"""
    found = problems(mstream, config(MONGODB, loop))
    assert [p[1] for p in found] == ["connectors[1].sinks[0]"]
    assert "without end" in found[0][3]


def test_checkpoints_of_a_job_without_them_are_set_with_a_warning(mstream, config):
    path = config(job="checkpoint = { enabled = false }")
    result = mstream("checkpoints", "set", "users", "--reset", "--config", path)
    assert "checkpoint.enabled = false" in result.err


def test_log_lines_are_json_where_that_is_wanted(mstream, config):
    result = mstream("run", config(), "--once", "--json")
    lines = [json.loads(line) for line in result.err.splitlines()]
    assert lines and all("message" in line for line in lines)


def test_a_dry_run_says_what_it_waits_for(mstream, config):
    job = """
[[connectors]]
name = "watch"
source = { service_name = "m", resource = "users", output_encoding = "json" }
sinks = [ { service_name = "out", resource = "copy" } ]
"""
    words = ["dry-run", config(MONGODB, job), "--job=watch", "--timeout=2s"]
    result = mstream(*words, code=4)
    assert "waiting for the source" in result.err
    assert "127.0.0.1:1" in result.err


def test_convert_refuses_a_json_mode_that_does_nothing(mstream):
    for words in (["json", "json"], ["json", "bson"]):
        flags = [f"--from={words[0]}", f"--to={words[1]}", "--json-mode=plain"]
        assert "--json-mode" in mstream("convert", *flags, input="{}", code=2).err


@pytest.mark.parametrize("word", ["validate", "doctor"])
def test_hints_name_only_what_there_is(mstream, config, word):
    path = config()
    assert "--config" not in str(mstream(word, "nofile.toml", code=2).out)
    path.write_text("[limits]\nmemory = -5\n")
    result = mstream(word, path, code=2)
    assert "got a negative number" in result.out + result.err
