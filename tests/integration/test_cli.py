# SPDX-License-Identifier: MIT
"""`mstream` without servers: words, exit codes, state, help, completions."""

import json
import re
import resource
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import ROOT
from support.file_job import file_job
from support.programs import binary
from support.waiting import wait_until

GENERATED = """
[state]
path = "./state"
[[services]]
provider = "generate"
name = "made"
[[services]]
provider = "terminal"
name = "screen"
[[connectors]]
name = "numbers"
source = { service_name = "made", template = '{"n": {{seq}}}', rate = 50 }
sinks = [ { service_name = "screen" } ]
checkpoint = { enabled = true, interval = "50ms" }
"""

BAD_NUMBER = '{"_id":99999999999999999999}'

COMMANDS = [
    "validate",
    "doctor",
    "explain",
    "run",
    "dry-run",
    "convert",
    "checkpoints list",
    "checkpoints show",
    "checkpoints set",
    "checkpoints rewind",
    "checkpoints export",
    "checkpoints import",
    "dlq list",
    "dlq show",
    "dlq replay",
    "dlq discard",
    "schema check",
    "schema register",
    "schema list",
    "schema show",
    "schema compat",
    "schema delete",
    "completion",
]


@pytest.fixture
def config(tmp_path):
    """config(sink="…"): writes job.toml and its input; returns the path."""

    def write(lines=('{"_id":1}', '{"_id":2}'), **more):
        return file_job(tmp_path, lines, **more)

    return write


@pytest.fixture
def generated(tmp_path):
    path = tmp_path / "numbers.toml"
    path.write_text(GENERATED)
    return path


def delivered(mstream, tmp_path):
    """Return the documents of all files that the job wrote."""
    found = []
    for path in sorted((tmp_path / "out").glob("*.bson")):
        lines = mstream("convert", "--from=bson", "--to=json", "--in", path).out
        found += [json.loads(line)["_id"] for line in lines.splitlines()]
    return found


# --- words ----------------------------------------------------------------


def test_help_lists_every_command_and_each_has_an_example(mstream):
    words = mstream("help").out
    for command in COMMANDS:
        assert re.search(rf"^  {command.split()[0]} ", words, re.M), command
        text = mstream(*command.split(), "--help").out
        assert text.startswith(f"Usage: mstream {command} ")
        assert "\nExample:\n  " in text
        assert "--json" in text
        assert mstream("help", *command.split()).out == text


def test_the_version_is_said(mstream):
    assert re.fullmatch(r"mstream \d+\.\d+\.\d+\n", mstream("--version").out)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Usage: mstream COMMAND"),
        (["checkpoints"], "Usage: mstream checkpoints"),
        (["valdate", "x"], "did you mean 'validate'?"),
        (["dlq", "lst"], "did you mean 'list'?"),
        (["run", "x", "--onec"], "did you mean '--once'?"),
        (["run", "x", "-once"], "did you mean '--once'?"),
        (["run"], "usage: mstream run FILE"),
        (["run", "a", "b"], "too many arguments: 'b'"),
        (["run", "a", "--timeout"], "--timeout wants a value"),
        (["run", "a", "--once=yes"], "--once takes no value"),
        (["run", "a", "--timeout", "soon"], "--timeout wants a duration"),
        (["dry-run", "a"], "--job is missing"),
        (["dry-run", "a", "--job=b", "--limit=0"], "at least 1"),
        (["completion", "tcsh"], "can not be 'tcsh'"),
        (["dlq", "show", "x"], "'x' is not the number of a letter"),
        (["dlq", "replay"], "say either ID or --all"),
        (["dlq", "discard", "--all"], "--all --job NAME"),
        (["checkpoints", "set", "a"], "a position is missing, or --reset"),
        (["checkpoints", "rewind", "a"], "--to TIME or --back DURATION"),
        (["checkpoints", "rewind", "a", "--to", "noon"], "RFC 3339"),
    ],
)
def test_wrong_usage_is_said_with_exit_code_2(mstream, words, message):
    result = mstream(*words, code=2)
    assert message in result.err
    assert result.out == ""


@pytest.mark.parametrize(
    "command", ["validate", "run", "explain", "doctor", "dry-run"]
)
def test_files_that_are_no_configuration_are_refused(mstream, tmp_path, command):
    more = ["--job", "x"] if command == "dry-run" else []
    (tmp_path / "binary.toml").write_bytes(bytes(range(256)) * 10)
    for name in ["nowhere.toml", "binary.toml", "."]:
        result = mstream(command, name, *more, code=2)
        assert name in result.err + result.out


def test_problems_have_places_also_as_json(mstream, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text('[state]\npaht = "x"\n')
    problem = mstream("validate", path, "--json", code=2).json()[0]
    assert (problem["line"], problem["column"]) == (2, 1)
    assert "path" in problem["hint"]
    assert "bad.toml:2:1" in mstream("validate", path, code=2).out


def test_a_job_that_is_not_there_is_named(mstream, config):
    for command in ["run", "explain", "doctor", "dry-run"]:
        result = mstream(command, config(), "--job", "usres", code=2)
        assert "did you mean 'users'?" in result.err


def test_errors_are_json_where_that_is_wanted(mstream, config):
    result = mstream("run", config(), "--job", "usres", "--json", code=2)
    assert json.loads(result.err)["hint"] == "did you mean 'users'?"


def test_explain_and_doctor_speak_json(mstream, config):
    path = config(job='memory = "7MiB"')
    [job] = mstream("explain", path, "--json").json()
    assert job["job"] == "users"
    assert "7MiB" in job["explain"]
    settings = job["effective"]["connector"]
    lines = path.read_text().splitlines()
    name, _, line = settings["memory"]["origin"].rpartition(":")
    assert settings["memory"]["value"] == "7MiB"
    assert name == str(path) and "7MiB" in lines[int(line) - 1]
    assert settings["mode"] == {"value": "stream", "origin": "default"}
    [sink] = job["effective"]["sinks"]
    assert sink["service"]["path"]["value"] == "./out"
    assert sink["options"]["format"]["origin"] == "default"
    findings = mstream("doctor", path, "--json").json()
    assert {f["level"] for f in findings} <= {"ok", "warn"}
    assert {f["service"] for f in findings} >= {"state", "in", "out"}


# --- run ------------------------------------------------------------------


def test_once_drains_what_is_there_and_counts_it(mstream, config, tmp_path):
    path = config(lines=[])
    [job] = mstream("run", path, "--once", "--json").json()["jobs"]
    assert (job["state"], job["events_in"]) == ("completed", 0)
    config()
    [job] = mstream("run", path, "--once", "--json").json()["jobs"]
    assert (job["events_in"], job["events_out"], job["rejected"]) == (2, 2, 0)
    assert delivered(mstream, tmp_path) == [1, 2]


def test_a_failed_job_says_so_once(mstream, config):
    path = config(lines=["nonsense"], job='on_reject = "stop"')
    result = mstream("run", path, "--once", code=1)
    assert result.err.count("a single JSON value") == 1
    assert result.err.startswith("error: ") or "\nerror: " in result.err


def test_time_over_is_exit_code_4_with_a_checkpoint(mstream, generated):
    result = mstream("run", generated, "--once", "--timeout", "500ms", code=4)
    [saved] = mstream("checkpoints", "list", "--config", generated, "--json").json()
    assert saved["events"] == len(result.out.splitlines())
    again = mstream("run", generated, "--once", "--timeout", "500ms", code=4)
    seen = [json.loads(s)["n"] for s in (result.out + again.out).splitlines()]
    assert seen == list(range(seen[0], seen[0] + len(seen)))


@pytest.fixture
def running(mstream, generated, tmp_path):
    """`mstream run` in the background, delivering."""
    with open(tmp_path / "seen", "wb") as out:
        process = mstream.start("run", generated, stdout=out, stderr=out)
    wait_until(lambda: (tmp_path / "seen").read_bytes().count(b'"n"') > 3)
    yield process
    process.kill()
    process.wait(10)


def test_a_job_that_runs_refuses_what_wants_its_lease(mstream, generated, running):
    at = ["--config", generated]
    for words in [
        ["run", generated, "--once"],
        ["checkpoints", "set", "numbers", '{"kind":"generate","next":1}', *at],
        ["checkpoints", "set", "numbers", "--reset", *at],
    ]:
        result = mstream(*words, code=5)
        assert f"pid {running.pid}" in result.err
    assert mstream("checkpoints", "list", *at, "--json").json()
    assert '"n"' in mstream("dry-run", generated, "--job=numbers", "--limit=1").out


REFUSED = """
[state]
path = "./state"
[[services]]
provider = "generate"
name = "made"
[[services]]
provider = "file"
name = "out"
path = "./out"
[[connectors]]
name = "refused"
source = { service_name = "made", template = '{"n": {{seq}}}', rate = 200 }
sinks = [ { service_name = "out", resource = "{attr:missing}" } ]
checkpoint = { enabled = true, interval = "10ms" }
"""


def test_commands_and_a_daemon_that_writes_do_not_disturb_each_other(
    mstream, mstreamd
):
    """Letters and checkpoints are saved all the time; commands come in fours."""
    daemon = mstreamd(REFUSED)
    at = ["--config", daemon.config]
    wait_until(lambda: mstream("dlq", "list", *at, "--json").json())

    def look(letter):
        assert mstream("dlq", "list", *at, "--json").json()
        mstream("dlq", "discard", letter["id"], "--yes", *at)
        assert mstream("checkpoints", "list", *at, "--json").json()
        assert "holds its lease" in mstream(
            "dlq", "replay", "--all", "--job=refused", *at, code=5).err
        return True

    letters = []
    while len(letters) < 100:
        letters = mstream("dlq", "list", *at, "--json").json()
    with ThreadPoolExecutor(4) as four:
        assert all(four.map(look, letters[:40]))
    daemon.stop()
    assert "busy" not in daemon.stderr()
    assert "not saved" not in daemon.stderr()


def test_ctrl_c_drains_and_the_next_run_goes_on(mstream, generated, running, tmp_path):
    running.send_signal(signal.SIGINT)
    assert running.wait(20) == 0
    seen = re.findall(r'"n":\s*(\d+)', (tmp_path / "seen").read_text())
    shown = mstream("dry-run", generated, "--job=numbers", "--limit=1", "--json")
    assert json.loads(shown.out)["preview"]["n"] == int(seen[-1]) + 1


def test_a_file_size_limit_is_an_error_not_a_crash(mstream, tmp_path):
    done = subprocess.run(
        [binary("mstream"), "convert", "--from=json", "--to=json", "--out", "big"],
        cwd=tmp_path,
        input=b'{"a":1}\n' * 20000,
        capture_output=True,
        timeout=30,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)),
    )
    assert done.returncode == 1
    assert b"File too large" in done.stderr


# --- dry-run --------------------------------------------------------------


def test_a_dry_run_shows_and_changes_nothing(mstream, config, tmp_path):
    path = config(lines=['{"_id":1}', BAD_NUMBER, '{"_id":3}'])
    text = mstream("dry-run", path, "--job=users", code=3)
    assert '{"_id":1}' in text.out
    assert "REJECTED: field '_id'" in text.out
    shown = mstream("dry-run", path, "--job=users", "--json", code=3)
    lines = [json.loads(line) for line in shown.out.splitlines()]
    assert [("rejected" in line) for line in lines] == [False, True, False]
    assert json.loads(lines[2]["payload"]) == {"_id": 3}
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "state").exists()
    one = mstream("dry-run", path, "--job=users", "--limit=1", "--json")
    assert len(one.out.splitlines()) == 1


def test_a_dry_run_goes_on_where_the_job_stands(mstream, config):
    path = config()
    mstream("run", path, "--once")
    config(lines=['{"_id":1}', '{"_id":2}', '{"_id":3}'])
    shown = mstream("dry-run", path, "--job=users", "--json").out
    assert json.loads(json.loads(shown)["payload"]) == {"_id": 3}
    waited = mstream("dry-run", config(), "--job=users", "--timeout=200ms", code=None)
    assert waited.code in (1, 4), "the file became shorter, or nothing came"


# --- checkpoints ----------------------------------------------------------


def test_checkpoints_are_listed_set_reset_and_moved(mstream, generated, tmp_path):
    at = ["--config", generated]
    assert mstream("checkpoints", "list", *at, "--json").json() == []
    assert "no job" in mstream("checkpoints", "list", *at).out
    assert "no checkpoint" in mstream("checkpoints", "show", "numbers", *at, code=1).err
    mstream("run", generated, "--once", "--timeout=300ms", code=4)
    [saved] = mstream("checkpoints", "list", *at, "--json").json()
    assert saved["words"] in mstream("checkpoints", "list", *at).out

    lines = mstream("checkpoints", "export", *at, "--json").out
    assert json.loads(lines)["job"] == "numbers"
    position = '{"kind":"generate","next":7}'
    mstream("checkpoints", "set", "numbers", position, *at)
    shown = mstream("checkpoints", "show", "numbers", *at).out
    assert "next is event number 7" in shown
    assert position in shown
    assert "set by hand" in shown
    newest = mstream("checkpoints", "show", "numbers", *at, "--json").json()[0]
    assert (newest["position"], newest["origin"]) == (position, "set")
    dry = mstream("dry-run", generated, "--job=numbers", "--limit=1", "--json")
    assert json.loads(dry.out)["preview"]["n"] == 7

    mstream("checkpoints", "set", "numbers", "--reset", *at)
    assert mstream("checkpoints", "list", *at, "--json").json() == []
    (tmp_path / "lines").write_text(lines)
    assert mstream("checkpoints", "import", "lines", *at, "--json").json() == [
        "numbers"
    ]
    [again] = mstream("checkpoints", "list", *at, "--json").json()
    assert again["position"] == saved["position"]


@pytest.mark.parametrize("position", ["", "7", "{}", '{"kind":"kafka"}', "\x01"])
def test_a_position_that_is_none_is_refused(mstream, generated, position):
    at = ["--config", generated]
    result = mstream("checkpoints", "set", "numbers", position, *at, code=2)
    assert "position" in result.err
    assert mstream("checkpoints", "list", *at, "--json").json() == []


def test_an_import_is_all_or_nothing(mstream, generated):
    at = ["--config", generated]
    good = (
        '{"mstream_checkpoint":1,"job":"numbers","identity":"generate/seed=1",'
        '"position":"{\\"kind\\":\\"generate\\",\\"next\\":3}","events":2}\n'
    )
    for bad in ["{", "[]", good.replace("position", "posit"), "\x00\xff"]:
        result = mstream("checkpoints", "import", *at, input=good + bad, code=2)
        assert "line 2" in result.err
    assert mstream("checkpoints", "list", *at, "--json").json() == []
    mstream("checkpoints", "import", "-", *at, input=good)
    assert len(mstream("checkpoints", "list", *at, "--json").json()) == 1


def test_sources_without_time_can_not_be_rewound_by_it(mstream, generated):
    at = ["--config", generated]
    result = mstream("checkpoints", "rewind", "numbers", "--back=1h", *at, code=2)
    assert "checkpoints set" in result.err


# --- dead letters ---------------------------------------------------------


def test_a_run_says_where_the_rejected_went(mstream, config):
    path = config(lines=['{"_id":1}', BAD_NUMBER], job='on_reject = "skip"')
    skipped = mstream("run", path, "--once", code=3)
    assert "they were skipped" in skipped.err
    assert "dlq list" not in skipped.err


def test_letters_are_shown_and_replayed_when_the_cause_is_gone(
    mstream, config, tmp_path
):
    path = config(lines=['{"_id":1}', BAD_NUMBER, "nonsense", '{"_id":4}'])
    at = ["--config", path]
    result = mstream("run", path, "--once", code=3)
    assert "mstream dlq list" in result.err
    letters = mstream("dlq", "list", *at, "--json").json()
    assert [letter["stage"] for letter in letters] == ["encode", "encode"]
    table = mstream("dlq", "list", *at).out
    assert letters[0]["reason"] in table
    assert BAD_NUMBER not in table
    assert BAD_NUMBER in mstream("dlq", "show", letters[0]["id"], *at).out
    shown = mstream("dlq", "show", letters[1]["id"], *at, "--json").json()
    assert shown["payload"] == "nonsense"

    same = mstream("dlq", "replay", "--all", *at, "--json", code=3).json()
    assert same == {"sent": 2, "delivered": 0, "rejected": 2, "left": 0}
    letters = mstream("dlq", "list", *at, "--json").json()
    assert [letter["attempts"] for letter in letters] == [2, 2]
    path.write_text(
        path.read_text().replace(
            'output_encoding = "bson"', 'output_encoding = "bson", big_numbers = "double"'
        )
    )
    again = mstream("dlq", "replay", "--all", "--job=users", *at, "--json", code=3)
    assert again.json() == {"sent": 2, "delivered": 1, "rejected": 1, "left": 0}
    assert sorted(delivered(mstream, tmp_path)) == [1, 4, 1e20]
    [left] = mstream("dlq", "list", "--job=users", *at, "--json").json()
    assert mstream("dlq", "list", "--job=other", *at, "--json").json() == []

    refused = mstream("dlq", "discard", left["id"], *at, code=2)
    assert "--yes" in refused.err
    gone = mstream("dlq", "discard", left["id"], "--yes", *at, "--json").json()
    assert gone == {"discarded": 1}
    for command in ["show", "replay"]:
        assert "no letter" in mstream("dlq", command, left["id"], *at, code=1).err
    assert "no letter" in mstream("dlq", "discard", "9", "--yes", *at, code=1).err


def test_many_letters_go_page_by_page(mstream, config, tmp_path):
    path = config(lines=[BAD_NUMBER] * 250)
    at = ["--config", path]
    mstream("run", path, "--once", code=3)
    assert len(mstream("dlq", "list", "--limit=7", *at, "--json").json()) == 7
    config(lines=[], sink=', big_numbers = "double"')
    done = mstream("dlq", "replay", "--all", *at, "--json").json()
    assert done == {"sent": 250, "delivered": 250, "rejected": 0, "left": 0}
    assert delivered(mstream, tmp_path) == [1e20] * 250
    assert mstream("dlq", "list", *at, "--json").json() == []


def test_letters_that_are_too_old_go_without_a_new_one(mstream, config):
    path = config(lines=["nonsense"])
    at = ["--config", path]
    mstream("run", path, "--once", code=3)
    assert mstream("dlq", "list", *at, "--json").json()
    config(lines=["nonsense"], source=", follow = true", job='dlq = { max_age = "1ms" }')
    process = mstream.start("run", path, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: mstream("dlq", "list", *at, "--json").json() == [])
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_on_reject_skip_does_not_end_letters(mstream, config):
    path = config(lines=["nonsense"])
    at = ["--config", path]
    mstream("run", path, "--once", code=3)
    config(lines=["nonsense"], job='on_reject = "skip"')
    mstream("dlq", "replay", "--all", *at, code=3)
    assert len(mstream("dlq", "list", *at, "--json").json()) == 1


def test_letters_of_sinks_that_are_gone_are_left_alone(mstream, config):
    path = config(lines=["nonsense"])
    at = ["--config", path]
    mstream("run", path, "--once", code=3)
    path.write_text(path.read_text().replace('"out"', '"elsewhere"'))
    result = mstream("dlq", "replay", "--all", *at, "--json", code=1)
    assert result.json()["left"] == 1
    assert len(mstream("dlq", "list", *at, "--json").json()) == 1


def test_a_running_job_refuses_a_replay(mstream, config):
    path = config(lines=["nonsense"], source=", follow = true")
    at = ["--config", path]
    process = mstream.start("run", path, stderr=subprocess.DEVNULL)
    try:
        letters = wait_until(
            lambda: json.loads(mstream("dlq", "list", *at, "--json").out)
        )
        result = mstream("dlq", "replay", letters[0]["id"], *at, code=5)
        assert f"pid {process.pid}" in result.err
    finally:
        process.terminate()
        process.wait(20)


# --- completions and manual pages -----------------------------------------


def complete(mstream, tmp_path, *words):
    """What bash offers for the last of these words."""
    script = tmp_path / "completion.bash"
    script.write_text(mstream("completion", "bash").out)
    code = (
        'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mstream; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", code, script, "mstream", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_flags_choices_and_files(mstream, tmp_path):
    (tmp_path / "job.toml").write_text("")
    top = complete(mstream, tmp_path, "")
    assert set(top) >= {command.split()[0] for command in COMMANDS}
    assert set(complete(mstream, tmp_path, "dlq", "")) >= {"list", "replay"}
    assert complete(mstream, tmp_path, "convert", "--from", "") == [
        "bson",
        "json",
        "avro",
    ]
    assert complete(mstream, tmp_path, "run", "--on") == ["--once"]
    assert complete(mstream, tmp_path, "run", "jo") == ["job.toml"]
    assert complete(mstream, tmp_path, "dlq", "list", "--config", "j") == ["job.toml"]
    assert complete(mstream, tmp_path, "dlq", "list", "--job", "j") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_read_their_completions(mstream, tmp_path, shell):
    result = mstream("completion", shell)
    assert mstream("completion", shell, "--json").json()["script"] == result.out
    script = tmp_path / "script"
    script.write_text(result.out)
    try:
        done = subprocess.run([shell, "-n", script], timeout=10, check=False)
    except FileNotFoundError:
        pytest.skip(f"there is no {shell}")
    assert done.returncode == 0


def flags_of(text):
    return set(re.findall(r"(?<!\w)--([a-z][a-z-]+)", text))


def test_the_manual_pages_have_every_command_and_flag(mstream):
    page = (ROOT / "docs" / "man" / "mstream.1").read_text().replace("\\-", "-")
    for command in COMMANDS:
        assert f".Ss mstream {command}\n" in page
        words = mstream(*command.split(), "--help").out.split("Example:")[0]
        for flag in flags_of(words):
            assert f"Fl Fl {flag}" in page, f"{command} --{flag}"
    page = (ROOT / "docs" / "man" / "mstreamd.8").read_text()
    done = subprocess.run(
        [binary("mstreamd"), "--help"], capture_output=True, text=True, check=True
    )
    for flag in flags_of(done.stdout):
        assert f"Fl Fl {flag}" in page, f"mstreamd --{flag}"
