# SPDX-License-Identifier: MIT
"""Signals, reloads and time limits, with sinks and stores that are dead."""

import json
import re
import signal
import subprocess

import pytest
from support import config
from support.files import without_gap, written
from support.waiting import wait_until

MADE = {"service_name": "made", "template": '{"n": {{seq}}}'}
QUICK = 'shutdown_timeout = "1s"\n'
SLOW = 'shutdown_timeout = "20s"\n'
LOADED = "configuration loaded again"


def services():
    return (
        config.service("generate", "made")
        + config.service("file", "files", path="./out")
        + config.kafka("127.0.0.1:1", "away")
    )


def away(name="away", **more):
    sink = {"service_name": "away", "resource": "nowhere"}
    return config.job(name, {**MADE, "rate": 100}, sink, **more)


def numbers(name, rate=500, **more):
    sink = {"service_name": "files", "resource": f"{name}.jsonl"}
    return config.job(name, {**MADE, "rate": rate}, sink, **more)


def counted(name, count=3, **more):
    sink = {"service_name": "files", "resource": f"{name}.jsonl"}
    return config.job(name, {**MADE, "count": count}, sink, **more)


@pytest.fixture
def reloading(mstreamd, tmp_path):
    """A daemon on a file that can be replaced: start(text), reload(text)."""

    class Reloading:
        path = tmp_path / "mstream.toml"
        daemon = None

        def start(self, text, **more):
            self.path.write_text(text)
            self.daemon = mstreamd(self.path, **more)
            return self.daemon

        def reload(self, text):
            self.path.write_text(text)
            self.daemon.reload()

        def finish(self, text):
            times = self.daemon.stderr().count(LOADED)
            self.reload(text)
            wait_until(lambda: self.daemon.stderr().count(LOADED) > times, 60)

    return Reloading()


# --- signals ----------------------------------------------------------------


@pytest.mark.parametrize("first", ["TERM", "INT"])
@pytest.mark.parametrize("second", ["TERM", "INT"])
def test_a_second_signal_ends_the_daemon_at_once(mstreamd, first, second):
    daemon = mstreamd(SLOW + config.state() + services() + away())
    daemon.wait_log("127.0.0.1:1")
    # Each from a process of its own, as two hands would.
    subprocess.run(["kill", f"-{first}", str(daemon.pid)], check=True)
    daemon.wait_log("stopping")
    subprocess.run(["kill", f"-{second}", str(daemon.pid)], check=True)
    assert daemon.wait(15) == 1
    assert "second signal" in daemon.stderr()


def test_a_signal_that_timeout_sends_twice_is_one(mstreamd):
    daemon = mstreamd(QUICK + config.state() + services() + numbers("one"))
    daemon.process.send_signal(signal.SIGTERM)
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.wait() == 0


@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM", "SIGINT"])
def test_a_run_drains_when_its_terminal_goes(mstream, tmp_path, name):
    path = tmp_path / "run.toml"
    path.write_text(config.state() + services() + numbers("one"))
    seen = []
    for _ in range(2):
        before = len(seen)
        run = mstream.start("run", path, stderr=subprocess.DEVNULL)
        wait_until(lambda n=before: len(written(tmp_path, "one")) > n + 50)
        run.send_signal(getattr(signal, name))
        assert run.wait(30) == 0
        seen = written(tmp_path, "one")
    assert without_gap(seen)


# --- reloads ----------------------------------------------------------------


def test_a_reload_does_not_wait_for_a_dead_sink(reloading, tmp_path):
    text = SLOW + config.state() + services()
    daemon = reloading.start(
        text + away() + numbers("stays"), env={"WATCHDOG_USEC": "200000"}
    )
    daemon.wait_log("127.0.0.1:1")
    wait_until(lambda: len(written(tmp_path, "stays")) > 10)
    changed = away(workers=2)
    reloading.reload(text + changed + numbers("stays") + numbers("comes"))
    wait_until(lambda: len(written(tmp_path, "comes")) > 20)
    beats = daemon.notifications.count("WATCHDOG=1")
    wait_until(lambda: daemon.notifications.count("WATCHDOG=1") > beats + 3)
    assert LOADED not in daemon.stderr()
    assert daemon.notifications[-1] != "READY=1"
    # A second reload in the middle of the first is taken as well.
    reloading.reload(text + changed + numbers("comes") + numbers("last"))
    wait_until(lambda: len(written(tmp_path, "last")) > 20)
    assert LOADED not in daemon.stderr()
    # A stop too: its drain is that of the job which was asked before.
    subprocess.run(["kill", "-TERM", str(daemon.pid)], check=True)
    daemon.wait_log("stopping")
    subprocess.run(["kill", "-TERM", str(daemon.pid)], check=True)
    assert daemon.wait(10) == 1


def test_what_replaces_a_job_starts_when_that_has_drained(reloading, tmp_path):
    text = QUICK + config.state() + services()
    daemon = reloading.start(text + away("one"))
    daemon.wait_log("127.0.0.1:1")
    reloading.finish(text + numbers("one"))
    wait_until(lambda: len(written(tmp_path, "one")) > 20)
    assert daemon.notifications.count("READY=1") == 2
    ready = [n for n in daemon.notifications if n != "WATCHDOG=1"]
    assert ready == ["READY=1", "RELOADING=1", "READY=1"]
    daemon.stop()
    assert written(tmp_path, "one")[0] == 1


def settled_rss(daemon):
    seen = [daemon.rss_kb()]

    def still():
        seen.append(daemon.rss_kb())
        return len(seen) > 25 and seen[-1] - seen[-20] < 256

    wait_until(still, 60, 0.1, what="a full budget")
    return seen[-1]


def test_jobs_that_come_stay_within_the_memory_of_all(reloading):
    limits = QUICK + config.table("[limits]", {"memory": "96MiB"})
    text = limits + config.state() + services()

    def dead(*names):
        sink = {"service_name": "away", "resource": "nowhere"}
        source = {**MADE, "size": "1KiB", "rate": 0}
        return "".join(config.job(name, source, sink) for name in names)

    daemon = reloading.start(text + dead("a"))
    before = settled_rss(daemon)
    assert before > 64 * 1024
    reloading.finish(text + dead("a", "b", "c", "d"))
    wait_until(lambda: len(re.findall(r"running .* job=[bcd]\b", daemon.stderr())) == 3)
    assert settled_rss(daemon) - before < 32 * 1024
    daemon.kill()


def test_an_event_larger_than_the_memory_of_its_job_goes_alone(mstream, tmp_path):
    source = {**MADE, "count": 4, "size": "2MiB"}
    sink = {"service_name": "files", "resource": "big.jsonl"}
    path = tmp_path / "run.toml"
    job = config.job("big", source, sink, memory="64KiB")
    path.write_text(config.state() + services() + job)
    mstream("run", path, "--once", "--timeout", "60")
    lines = (tmp_path / "out" / "big.jsonl").read_text().splitlines()
    assert [len(line) > 2_000_000 for line in lines] == [True] * 4


def test_a_reload_names_what_only_a_restart_changes(reloading, tmp_path):
    jobs = services() + numbers("one")
    daemon = reloading.start(config.state() + jobs)
    reloading.finish(config.state() + jobs)
    assert "has changed" not in daemon.stderr()
    reloading.finish(config.state("other") + jobs)
    assert "[state] has changed" in daemon.stderr()
    assert "[system] has changed" not in daemon.stderr()
    system = config.table(
        "[system.checkpoints]", {"service_name": "m", "resource": "marks"}
    )
    mongodb = config.mongodb("mongodb://127.0.0.1:1", "x")
    reloading.finish(config.state() + system + mongodb + jobs)
    assert "[system] has changed" in daemon.stderr()
    daemon.stop()
    assert not (tmp_path / "other").exists()


def test_a_reload_notices_a_schema_that_changed(reloading, tmp_path):
    made = {**MADE, "template": '{"n": {{seq}}, "more": 1}'}
    schema = tmp_path / "schemas" / "numbers.avsc"
    schema.parent.mkdir()

    def fields(*names):
        listed = [{"name": name, "type": "int"} for name in names]
        schema.write_text(
            json.dumps({"type": "record", "name": "N", "fields": listed})
        )

    def lines(name):
        texts = [p.read_text() for p in sorted((tmp_path / "out").glob(f"*{name}*"))]
        return "".join(texts)

    entry = {"id": "n", "service_name": "schemas", "resource": schema.name}
    sink = {"service_name": "files", "resource": "by-schema.jsonl"}
    text = (
        config.state()
        + services()
        + config.service("schema_files", "schemas", path="./schemas")
        + config.job("j", {**made, "rate": 100, "schema_id": "n"}, sink, schemas=[entry])
        + numbers("stays")
    )
    fields("n")
    daemon = reloading.start(text)
    wait_until(lambda: '"n"' in lines("by-schema"))
    assert '"more"' not in lines("by-schema")
    fields("n", "more")
    reloading.finish(text)
    wait_until(lambda: '"more"' in lines("by-schema"))
    # Nothing else was changed, and nothing else was started again.
    assert daemon.stderr().count("running from") == 3


def test_a_reload_takes_the_log_section(reloading):
    jobs = services() + numbers("one")
    daemon = reloading.start(config.state() + jobs)
    reloading.finish(config.table("[log]", {"format": "json"}) + config.state() + jobs)
    told = [n for n in daemon.stderr().splitlines() if LOADED in n]
    assert json.loads(told[0])["message"] == f"{LOADED}: 1 job"
    reloading.reload(config.table("[log]", {"level": "error"}) + config.state() + jobs)
    wait_until(lambda: daemon.notifications.count("READY=1") == 3)
    assert daemon.stderr().count(LOADED) == 1


# --- log lines --------------------------------------------------------------


def test_every_line_of_a_json_log_is_an_object(reloading):
    log = config.table("[log]", {"format": "json", "level": "debug"})
    text = QUICK + log + config.state() + services()
    daemon = reloading.start(text + away('he said "no"') + numbers("two"))
    daemon.wait_log("127.0.0.1:1")
    reloading.reload(text + numbers("two", rate=400))
    daemon.wait_log(LOADED, 60)
    daemon.stop()
    # The MongoDB library may say this before main; where shared memory is short.
    told = [n for n in daemon.stderr().splitlines() if "for counters" not in n]
    lines = [json.loads(line) for line in told]
    assert {"debug", "info", "warn"} >= {line["level"] for line in lines}
    for line in lines:
        assert {"time", "level", "area", "message"} <= set(line)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line["time"])
        assert line.get("hint") != ""
    assert 'he said "no"' in {line.get("job") for line in lines}


# --- times ------------------------------------------------------------------


def test_a_poll_a_month_apart_comes_once(mstreamd):
    month = counted("month", mode="poll", poll_interval="30d")
    often = counted("often", mode="poll", poll_interval="100ms")
    daemon = mstreamd(config.state() + services() + month + often)

    def completed(name):
        return len(re.findall(rf"completed job={name}\b", daemon.stderr()))

    wait_until(lambda: completed("often") >= 5 and completed("month") >= 1)
    assert completed("month") == 1
    daemon.stop()


def test_a_timeout_ends_waiting_for_the_lease(mstream, tmp_path):
    path = tmp_path / "run.toml"
    system = config.table(
        "[system.checkpoints]", {"service_name": "m", "resource": "marks"}
    )
    uri = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300"
    path.write_text(
        config.state() + system + config.mongodb(uri, "x") + services() + counted("d")
    )
    result = mstream("run", path, "--once", "--timeout", "2", code=4, timeout=60)
    assert "job 'd'" in result.err
    assert "the time of 2000 ms was over: " in result.err
    assert "127.0.0.1:1" in result.err


def test_a_timeout_ends_polling(mstream, tmp_path):
    path = tmp_path / "run.toml"
    job = counted("d", mode="poll", poll_interval="100ms")
    path.write_text(config.state() + services() + job)
    result = mstream("run", path, "--timeout", "2", code=4, timeout=60)
    assert "error: job 'd': the time of 2000 ms was over" in result.err
    assert written(tmp_path, "d") == [1, 2, 3]


# --- failures ---------------------------------------------------------------


def test_what_only_a_hand_can_heal_waits_for_it(reloading, tmp_path):
    path = tmp_path / "out" / "letters.jsonl"
    path.parent.mkdir()
    whole = "".join(f'{{"n": {n}}}\n' for n in range(20))
    path.write_text(whole)
    source = {"service_name": "files", "resource": "letters.jsonl"}
    sink = {"service_name": "files", "resource": "copied.jsonl"}
    text = config.state() + services() + config.job("copy", source, sink)
    daemon = reloading.start(text)
    wait_until(lambda: len(written(tmp_path, "copied")) == 20)
    daemon.stop()
    path.write_text('{"n": 0}\n')
    daemon = reloading.start(text)
    daemon.wait_log("was truncated")
    daemon.wait_log("not tried again before a reload or restart")
    path.write_text(whole + '{"n": 20}\n')
    reloading.finish(text)
    wait_until(lambda: len(written(tmp_path, "copied")) == 21)
    daemon.stop()
    assert without_gap(written(tmp_path, "copied"))


def test_a_checkpoint_of_another_source_is_not_tried_again(reloading, tmp_path):
    text = config.state() + services()
    daemon = reloading.start(text + numbers("one"))
    wait_until(lambda: len(written(tmp_path, "one")) > 20)
    daemon.stop()
    (tmp_path / "out" / "in.jsonl").write_text('{"n": 0}\n')
    source = {"service_name": "files", "resource": "in.jsonl"}
    sink = {"service_name": "files", "resource": "one.jsonl"}
    daemon = reloading.start(text + config.job("one", source, sink))
    daemon.wait_log("belongs to another source")
    daemon.wait_log("not tried again before a reload or restart")
    daemon.stop()
