# SPDX-License-Identifier: MIT
"""Files, terminal and generator, through the real programs."""

import csv
import json
import os
import random
import re
import sqlite3
import subprocess
import termios

import pytest
from support import ROOT
from support.crash import fault_binaries
from support.files import lines_of, numbers
from support.programs import binary
from support.waiting import wait_until

QUICKSTART = ROOT / "examples" / "quickstart.toml"


def finished(folder):
    return all(".part" not in path.name for path in folder.iterdir())


def job(source, sink, path=".", more=""):
    """A configuration with one job from a file, or generator, to files."""
    return f"""
[state]
path = "./state"

[[services]]
provider = "generate"
name = "generator"

[[services]]
provider = "file"
name = "in"
path = "{path}/in"

[[services]]
provider = "file"
name = "out"
path = "{path}/out"

[[connectors]]
name = "copy"
source = {{ {source} }}
sinks = [ {{ service_name = "out", {sink} }} ]
{more}
"""


def write(folder, name, content):
    folder.mkdir(exist_ok=True)
    path = folder / name
    mode = "wb" if isinstance(content, bytes) else "w"
    with open(path, mode) as file:
        file.write(content)
    return path


def run_once(mstream, tmp_path, config, code=0, name="job.toml"):
    path = write(tmp_path, name, config)
    return mstream("run", path, "--once", "--timeout", "60", code=code)


# --- the quick start ----------------------------------------------------


def test_quick_start_goes_on_where_it_was_stopped(mstreamd, tmp_path):
    out = tmp_path / "quickstart-out"
    for run in range(3):
        before = len(lines_of(out, "*")) if out.exists() else 0
        daemon = mstreamd(QUICKSTART)
        wait_until(lambda: out.exists() and len(lines_of(out, "*")) > before + 4)
        daemon.stop()
        assert finished(out)
        shown = [json.loads(line) for line in daemon.stdout().splitlines()]
        written = [json.loads(line) for line in lines_of(out, "*")]
        assert shown == written[before:]
    sequence = [d["seq"] for d in written if "seq" in d]
    assert sequence == sorted(set(sequence))
    deletes = [d for d in written if "seq" not in d]
    assert len(written) == sequence[-1] or len(deletes) > 0


def test_quick_start_survives_kills_without_gap_or_repeat(mstreamd, tmp_path):
    config = QUICKSTART.read_text()
    config = config.replace("rate = 5", "rate = 2000")
    config = config.replace(
        'operations = "create=70,update=20,replace=5,delete=5"',
        "template = '{\"seq\":{{seq}}}'",
    )
    config = config.replace('interval = "1s"', 'interval = "50ms"')
    config = config.replace("roll_events = 1000", "roll_events = 300")
    assert "2000" in config and "{{seq}}" in config and "50ms" in config
    out = tmp_path / "quickstart-out"
    chance = random.Random(4)
    for _ in range(12):
        before = len(lines_of(out, "*")) if out.exists() else 0
        daemon = mstreamd(config)
        more = before + chance.randrange(1, 1500)
        wait_until(lambda: out.exists() and len(lines_of(out, "*")) > more)
        daemon.kill()
    daemon = mstreamd(config)
    daemon.stop()
    assert finished(out)
    sequence = numbers(out)
    assert sequence == list(range(1, len(sequence) + 1))


# Each of them long before the first checkpoint that the interval asks for.
EARLY = [
    "before_checkpoint:1",
    "after_checkpoint:1",
    "after_read:1",
    "after_read:3",
    "after_send:1",
    "after_confirm:1",
    "after_confirm:1234",
]


@pytest.mark.parametrize("kind", ["generate", "file"])
@pytest.mark.parametrize("point", EARLY)
def test_a_kill_before_anything_is_saved_leaves_no_gap_and_no_repeat(
    point, kind, mstream, mstreamd, tmp_path
):
    total = 3000
    source = (
        'service_name = "generator", resource = "x", rate = 0, '
        f"count = {total}, template = '{{\"seq\":{{{{seq}}}}}}'"
    )
    if kind == "file":
        source = 'service_name = "in", resource = "a.jsonl", follow = false'
        write(tmp_path / "in", "a.jsonl", "".join(
            f'{{"seq":{n + 1}}}\n' for n in range(total)))
    config = job(
        source, 'resource = "b.jsonl", roll_events = 700',
        more='checkpoint = { enabled = true, interval = "1h" }')
    for _ in range(2):
        daemon = mstreamd(
            config, env={"MSTREAM_CRASH_AT": point}, ready=False,
            program=fault_binaries() / "mstreamd")
        assert daemon.wait(30) == -9
    run_once(mstream, tmp_path, config)
    assert numbers(tmp_path / "out") == list(range(1, total + 1))
    assert finished(tmp_path / "out")


def test_a_stopped_terminal_does_not_hold_up_the_end(tmp_path):
    """Lines are pretty on a terminal; Ctrl-S on it is not waited for."""
    config = QUICKSTART.read_text().replace("rate = 5,", "rate = 0,")
    path = write(tmp_path, "q.toml", 'shutdown_timeout = "1s"\n' + config)
    master, slave = os.openpty()
    try:
        daemon = subprocess.Popen(
            [binary("mstreamd"), "--config", path],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=slave,
            stderr=subprocess.DEVNULL,
        )
        shown = b""
        while len(shown) < 20000:
            shown += os.read(master, 4096)
        termios.tcflow(slave, termios.TCOOFF)
        daemon.terminate()
        assert daemon.wait(30) == 0
    finally:
        daemon.kill()
        os.close(master)
        os.close(slave)
    first = re.sub(r"\x1b\[[0-9]*m", "", shown.decode().splitlines()[0])
    assert re.match(
        r'\d\d:\d\d:\d\d\.\d{3} create  0 collection=orders \{"_id":0,"seq":1,', first
    )
    assert b"\x1b[32mcreate" in shown


def test_a_reader_of_the_output_that_goes_away_fails_the_job(tmp_path, mstream):
    path = write(
        tmp_path, "q.toml", 'shutdown_timeout = "1s"\n' + QUICKSTART.read_text())
    run = mstream.start(
        "run", path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    run.stdout.readline()
    run.stdout.close()
    errors = run.stderr.read().decode()
    assert run.wait(30) == 1
    assert "broken pipe" in errors


# --- round trips --------------------------------------------------------

DOCUMENTS = [
    {"_id": n, "text": f"text \"{n}\" \u00e9\u4e2d,;\n\t", "n": n * 1.5,
     "list": [1, {"a": None}], "yes": n % 2 == 0}
    for n in range(5000)
]


def test_json_lines_come_out_as_they_went_in(mstream, tmp_path):
    text = "".join(json.dumps(d) + "\n" for d in DOCUMENTS)
    write(tmp_path / "in", "a.jsonl", text)
    run_once(mstream, tmp_path, job(
        'service_name = "in", resource = "*.jsonl"',
        'resource = "b.jsonl"'))
    assert (tmp_path / "out" / "b.jsonl").read_text() == text


def test_bson_comes_out_byte_by_byte_also_by_way_of_json(mstream, tmp_path):
    bson = pytest.importorskip("bson")
    data = b"".join(bson.encode(d) for d in DOCUMENTS)
    write(tmp_path / "in", "a.bson", data)
    run_once(mstream, tmp_path, job(
        'service_name = "in", resource = "a.bson"',
        'resource = "b.bson"'))
    assert (tmp_path / "out" / "b.bson").read_bytes() == data
    run_once(mstream, tmp_path, job(
        'service_name = "in", resource = "a.bson"',
        'resource = "c.jsonl", output_encoding = "json"'
        ).replace('"copy"', '"to-json"'))
    os.rename(tmp_path / "out" / "c.jsonl", tmp_path / "in" / "c.jsonl")
    run_once(mstream, tmp_path, job(
        'service_name = "in", resource = "c.jsonl"',
        'resource = "d.bson", output_encoding = "bson"'
        ).replace('"copy"', '"from-json"'))
    assert (tmp_path / "out" / "d.bson").read_bytes() == data


def test_csv_goes_in_as_documents(mstream, tmp_path):
    (tmp_path / "in").mkdir()
    with open(tmp_path / "in" / "a.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "flag"])
        for d in DOCUMENTS:
            writer.writerow([d["_id"], d["text"], str(d["yes"]).lower()])
    run_once(mstream, tmp_path, job(
        'service_name = "in", resource = "a.csv", types = "infer"',
        'resource = "b.jsonl"'))
    got = [json.loads(line) for line in lines_of(tmp_path / "out", "b.jsonl")]
    assert got == [
        {"id": d["_id"], "text": d["text"], "flag": d["yes"]} for d in DOCUMENTS
    ]


# --- runs ---------------------------------------------------------------


def test_once_takes_what_is_there_and_the_next_run_what_is_new(mstream, tmp_path):
    config = job(
        'service_name = "in", resource = "*.jsonl"',
        'resource = "b.jsonl"')
    write(tmp_path / "in", "a.jsonl", '{"seq":1}\n{"seq":2}\n')
    run_once(mstream, tmp_path, config)
    assert numbers(tmp_path / "out") == [1, 2]
    with open(tmp_path / "in" / "a.jsonl", "a") as file:
        file.write('{"seq":3}\n')
    os.rename(tmp_path / "in" / "a.jsonl", tmp_path / "in" / "0.jsonl")
    write(tmp_path / "in", "a.jsonl", '{"seq":4}\n')
    run_once(mstream, tmp_path, config)
    assert numbers(tmp_path / "out", "b.jsonl") == [1, 2, 3, 4]
    run_once(mstream, tmp_path, config)
    assert numbers(tmp_path / "out", "b.jsonl") == [1, 2, 3, 4]


def test_each_run_leaves_a_record_of_where_it_began_and_ended(mstream, tmp_path):
    config = job(
        'service_name = "generator", resource = "x", rate = 0',
        'resource = "b.jsonl"')
    run_once(mstream, tmp_path, config)
    run_once(mstream, tmp_path, config)
    state = sqlite3.connect(tmp_path / "state" / "state.db")
    rows = state.execute(
        "SELECT first_position, last_position FROM runs ORDER BY id").fetchall()
    state.close()
    runs = [tuple(json.loads(p)["next"] for p in row) for row in rows]
    assert runs == [(1, 101), (101, 201)]


def test_a_truncated_file_stops_the_job_in_words(mstream, tmp_path):
    config = job(
        'service_name = "in", resource = "a.jsonl"',
        'resource = "b.jsonl"')
    write(tmp_path / "in", "a.jsonl", '{"seq":1}\n{"seq":2}\n')
    run_once(mstream, tmp_path, config)
    write(tmp_path / "in", "a.jsonl", '{"seq":9}\n')
    result = run_once(mstream, tmp_path, config, code=1)
    assert "was truncated" in result.err and "on_truncate" in result.err
    run_once(mstream, tmp_path, config.replace(
        'resource = "a.jsonl"', 'resource = "a.jsonl", on_truncate = "restart"'))
    assert numbers(tmp_path / "out", "b.jsonl") == [1, 2, 9]


def test_files_roll_by_size_and_none_is_too_large(mstream, tmp_path):
    run_once(mstream, tmp_path, job(
        'service_name = "generator", resource = "x", rate = 0, count = 20000',
        'resource = "{date}/x-{seq}.jsonl", roll_size = "256KiB"'))
    files = sorted((tmp_path / "out").glob("*/x-*.jsonl"))
    assert len(files) > 8
    assert all(path.stat().st_size <= 256 * 1024 for path in files)
    assert numbers(tmp_path / "out", "*/*") == list(range(1, 20001))


@pytest.mark.parametrize("limit", ["roll_age", "roll_idle"])
def test_a_file_is_completed_in_time_when_no_event_follows(
    limit, mstreamd, tmp_path
):
    write(tmp_path / "in", "a.jsonl", '{"seq":1}\n{"seq":2}\n')
    daemon = mstreamd(job(
        'service_name = "in", resource = "a.jsonl"',
        f'resource = "b.jsonl", {limit} = "1s"',
        more='checkpoint = { enabled = true, interval = "50ms" }'))
    complete = tmp_path / "out" / "b-000001.jsonl"
    wait_until(complete.exists, 30, what="the final name")
    assert complete.read_text() == '{"seq":1}\n{"seq":2}\n'
    with open(tmp_path / "in" / "a.jsonl", "a") as file:
        file.write('{"seq":3}\n')
    wait_until(lambda: (tmp_path / "out" / "b-000002.jsonl").exists(), 30)
    daemon.stop()
    assert numbers(tmp_path / "out") == [1, 2, 3]


def test_a_followed_file_is_read_through_kills_and_rotations(mstreamd, tmp_path):
    """A writer appends and rotates; the reader is killed again and again."""
    config = job(
        'service_name = "in", resource = "log*", format = "json"',
        'resource = "b.jsonl"',
        more='checkpoint = { enabled = true, interval = "50ms" }')
    source, out = tmp_path / "in", tmp_path / "out"
    write(source, "log", "")
    n = 0
    for round_ in range(6):
        daemon = mstreamd(config)
        for _ in range(4):
            with open(source / "log", "a") as file:
                for _ in range(250):
                    n += 1
                    file.write(json.dumps({"seq": n}) + "\n")
            wait_until(
                lambda: out.exists()
                and n in numbers(out, "b.jsonl*", writing=True))
        # A kill before the first checkpoint begins anew: docs/files.md.
        (daemon.kill if round_ > 0 else daemon.stop)()
        os.rename(source / "log", source / f"log.{round_}")
        write(source, "log", "")
    daemon = mstreamd(config)
    n += 1
    with open(source / "log", "a") as file:
        file.write(json.dumps({"seq": n}) + "\n")
    wait_until(lambda: n in numbers(out, "b.jsonl*", writing=True))
    daemon.stop()
    assert numbers(out, "b.jsonl*") == list(range(1, n + 1))


def test_an_attribute_in_the_path_can_not_leave_the_directory(mstream, tmp_path):
    write(tmp_path / "in" , "a.jsonl", '{"seq":1}\n')
    (tmp_path / "in" / "sub").mkdir()
    write(tmp_path / "in" / "sub", "a.jsonl", '{"seq":2}\n')
    result = run_once(mstream, tmp_path, job(
        'service_name = "in", resource = "sub/a.jsonl"',
        'resource = "{attr:file}"'), code=3)
    assert result.code == 3
    assert not (tmp_path / "out" / "sub").exists()


# --- the examples -------------------------------------------------------


def test_example_generate_makes_the_same_files_in_one_run_or_in_four(
    mstream, mstreamd, tmp_path
):
    text = (ROOT / "examples" / "generate.toml").read_text()
    text = text.replace("{{now}}", "0").replace("100000", "20000")
    mstream("run", write(tmp_path / "whole", "g.toml", text.replace(
        "./", f"{tmp_path}/whole/")), "--once", "--timeout", "60")
    slow = text.replace("rate = 0", "rate = 9000").replace(
        "./", f"{tmp_path}/pieces/")
    (tmp_path / "pieces").mkdir()
    table = tmp_path / "pieces" / "generate-out"
    for enough, end in ((2000, "stop"), (6000, "kill"), (12000, "kill")):
        daemon = mstreamd(slow)
        wait_until(
            lambda: table.exists() and len(lines_of(table, "people.csv*")) > enough)
        getattr(daemon, end)()
    mstream("run", write(tmp_path, "slow.toml", slow), "--once",
            "--timeout", "60")
    for pattern in ("people.csv", "people-*.bson"):
        whole, pieces = (
            b"".join(
                path.read_bytes()
                for path in sorted((tmp_path / run / "generate-out").glob(pattern))
            )
            for run in ("whole", "pieces")
        )
        assert len(whole) > 100000
        assert whole == pieces


def test_example_files_copies_lines_and_tables(mstreamd, tmp_path):
    write(tmp_path / "files-in", "a.jsonl", '{"_id":1,"n":1}\n')
    write(tmp_path / "files-in", "a.csv", "id,name\n1,\"x, y\"\n2,\n")
    out = tmp_path / "files-out"
    daemon = mstreamd(ROOT / "examples" / "files.toml")
    wait_until(lambda: out.exists() and len(lines_of(out, "tables.csv*")) == 3)
    with open(tmp_path / "files-in" / "a.jsonl", "a") as file:
        file.write('{"_id":2,"n":2}\n')
    write(tmp_path / "files-in", "b.jsonl", '{"_id":3,"n":3}\n')
    wait_until(lambda: len(lines_of(out, "*/lines-*")) == 3)
    daemon.stop()
    assert sorted(numbers(out, "*/lines-*", "n")) == [1, 2, 3]
    assert (out / "tables.csv").read_text() == 'id,name\n1,"x, y"\n2,\n'
    documents = (out / "lines.bson").read_bytes()
    assert documents.count(b"_id") == 3
