# SPDX-License-Identifier: MIT
"""mstream top, logs, runs and stats: a daemon as a person watches it."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

import pytest
from support import config
from support.api import Api, jobs_text
from support.programs import binary
from support.waiting import wait_until

OTHER_SCREEN, SCREEN_BACK = "\x1b[?1049h", "\x1b[?1049l"


class Terminal:
    """A program on a terminal of its own, and what it shows."""

    def __init__(self, *command, width=80, rows=24):
        self.master, slave = pty.openpty()
        self.resize(width, rows)
        self.before = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            [str(one) for one in command], stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True,
        )  # fmt: skip
        self.slave = slave
        self.text = ""

    def resize(self, width, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, width, 0, 0))

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            self.text += os.read(self.master, 65536).decode()
        return self.text

    def screens(self):
        """All whole screens shown so far, as lists of lines."""
        whole = re.findall(r"\x1b\[H(.*?)\x1b\[J", self.read(), re.S)
        return [[line.removesuffix("\x1b[K") for line in one.split("\r\n")] for one in whole]

    def wait_screen(self, fits, what):
        """The newest screen, as soon as it is as wanted."""

        def newest():
            screens = self.screens()
            return screens[-1] if screens and fits(screens[-1]) else None

        return wait_until(newest, what=what)

    def key(self, key):
        os.write(self.master, key.encode())

    def end(self):
        code = self.process.wait(30)
        self.read()
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal():
    made = []

    def start(*command, **size):
        made.append(Terminal(*command, **size))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture
def api(mstreamd):
    daemon = mstreamd(jobs_text("alpha", "beta"))
    api = Api(daemon)
    api.daemon = daemon
    for job in ("alpha", "beta"):
        api.wait_state(job, "running")
    return api


def order(screen):
    return [line.split()[0] for line in screen if line.startswith(("alpha", "beta"))]


def test_top_shows_the_jobs_sorts_them_and_gives_the_terminal_back(api, terminal):
    api.post("/jobs/beta/stop")
    api.wait_state("beta", "stopped")
    top = terminal(binary("mstream"), "top", "--url", api.url, "--interval", "200ms")
    screen = top.wait_screen(lambda s: len(order(s)) == 2, "both jobs")
    assert screen[0].startswith("2 jobs, 1 running, 1 stopped; up ")
    assert screen[0].endswith("by name")
    assert screen[2].split()[:2] == ["JOB", "STATE"]
    assert order(screen) == ["alpha", "beta"]

    def rate(screen):
        row = next(line.split() for line in screen if line.startswith("alpha"))
        return row[1] == "running" and float(row[2].rstrip("k"))

    # It is about 200 a second, as the job is told; that it moves is enough.
    top.wait_screen(lambda s: len(order(s)) == 2 and rate(s) > 1, "a rate")
    for by in ("rate", "lag", "errors", "queue", "state", "name"):
        top.key("s")
        top.wait_screen(lambda s, by=by: s[0].endswith(f"by {by}"), f"jobs by {by}")
    api.post("/jobs/beta/start")
    top.wait_screen(lambda s: "2 running" in s[0], "what has changed")
    top.key("q")
    assert top.end() == 0
    assert top.text.startswith(OTHER_SCREEN) and top.text.endswith(SCREEN_BACK)
    assert termios.tcgetattr(top.slave) == top.before


def test_top_fits_the_terminal_also_when_that_changes(mstreamd, terminal):
    names = [f"job-{n:02}-with-a-long-name" for n in range(20)]
    api = Api(mstreamd(jobs_text(*names, rate=1)))
    top = terminal(
        binary("mstream"), "top", "--url", api.url, "--interval", "30s", width=40, rows=10
    )

    def fits(screen, width, rows):
        return len(screen) == rows and all(len(line) <= width for line in screen)

    top.wait_screen(lambda s: fits(s, 40, 10), "a screen of 40 x 10")
    top.resize(100, 15)
    os.kill(top.process.pid, signal.SIGWINCH)
    screen = top.wait_screen(lambda s: fits(s, 100, 15), "a screen of 100 x 15")
    assert any(len(line) > 40 for line in screen)
    os.kill(top.process.pid, signal.SIGTERM)
    assert top.end() == 0
    assert top.text.endswith(SCREEN_BACK)
    assert termios.tcgetattr(top.slave) == top.before


def test_top_outlives_the_daemon_and_says_so(api, terminal):
    top = terminal(binary("mstream"), "top", "--url", api.url, "--interval", "200ms")
    top.wait_screen(lambda s: len(order(s)) == 2, "both jobs")
    api.daemon.stop()
    screen = top.wait_screen(lambda s: api.url.split("//")[1] in s[0], "what is wrong")
    assert order(screen) == ["alpha", "beta"]
    api.daemon = api.daemon.config
    top.key("q")
    assert top.end() == 0


def test_without_a_terminal_top_is_one_table(api, mstream):
    asked = ["--url", api.url]
    for more in ([], ["--once"]):
        out = mstream("top", *asked, *more).out
        assert out.startswith("2 jobs, 2 running; up ") and "\x1b" not in out
        assert re.search(r"^alpha +running ", out, re.M)
    both = mstream("top", *asked, "--json").json()
    assert [job["name"] for job in both["jobs"]] == ["alpha", "beta"]
    assert both["stats"]["running_jobs"] == 2
    mstream("top", *asked, "--interval", "1ms", code=2)
    mstream("top", *asked, "--sort", "colour", code=2)
    mstream("top", "--url", "http://127.0.0.1:1", code=1)


def test_stats_and_runs_are_shown(api, mstream):
    asked = ["--url", api.url]
    wait_until(lambda: api.get("/stats")["total_events_processed"] > 0)
    assert re.search(r"^total_events_processed +[1-9]", mstream("stats", *asked).out, re.M)
    assert mstream("stats", *asked, "--json").json()["running_jobs"] == 2
    api.post("/jobs/alpha/restart")
    wait_until(lambda: len(api.get("/jobs/alpha/runs")) == 2)
    table = mstream("runs", "alpha", *asked).out.splitlines()
    assert table[0].split()[:3] == ["RUN", "STARTED", "ENDED"] and len(table) == 3
    assert len(mstream("runs", "alpha", *asked, "--limit", "1", "--json").json()) == 1
    mstream("runs", "alpha", *asked, "--limit", "0", code=2)
    assert "there is no job" in mstream("runs", "nobody", *asked, code=1).err


def test_logs_are_shown_by_job_level_and_time(api, mstream):
    asked = ["--url", api.url]
    assert "mstreamd" in mstream("logs", *asked).out
    lines = mstream("jobs", "logs", "alpha", *asked).out.splitlines()
    assert lines and all(line.endswith("job=alpha") or " job=alpha " in line for line in lines)
    assert mstream("logs", *asked, "--level", "error").out == ""
    assert mstream("logs", *asked, "--since", "2100-01-01T00:00:00Z").out == ""
    assert mstream("logs", *asked, "--since", "1h").out.splitlines()
    assert len(mstream("logs", *asked, "--lines", "2").out.splitlines()) == 2
    first = mstream("logs", *asked, "--lines", "1", "--json")
    assert json.loads(first.out)["timestamp"]
    assert "there is no job" in mstream("jobs", "logs", "nobody", *asked, code=1).err
    for wrong in (["--since", "soon"], ["--lines", "0"], ["--level", "loud"]):
        mstream("logs", *asked, *wrong, code=2)


def test_who_follows_the_log_misses_nothing_when_the_daemon_starts_again(api, mstreamd, tmp_path):
    """By Last-Event-ID; numbers of a daemon are above those of the one before."""
    path = tmp_path / "followed.jsonl"
    with open(path, "wb") as out:
        follower = subprocess.Popen(
            [binary("mstream"), "jobs", "logs", "alpha", "-f", "--json", "--url", api.url],
            stdout=out, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def followed():
        return [json.loads(line) for line in path.read_text().splitlines()]

    def running(lines):
        return [line for line in lines if "running from" in line["message"]]

    try:
        wait_until(lambda: len(running(followed())) == 1)
        api.post("/jobs/alpha/restart")
        wait_until(lambda: len(running(followed())) == 2)
        api.daemon.stop()
        text = jobs_text("alpha", "beta").replace("port = 0", f"port = {api.port}")
        again = mstreamd(text, env={"MSTREAM_API_PORT": str(api.port)})
        wait_until(lambda: len(running(followed())) == 3)
        ids = [line["id"] for line in followed()]
        assert ids == sorted(set(ids)), "in order, and none twice"
        assert all(line["job_name"] == "alpha" for line in followed())
        of_job = Api(again).get("/logs?job_name=alpha&limit=10000")["logs"]
        assert [line["id"] for line in of_job] == ids[-len(of_job) :]
    finally:
        follower.kill()
        follower.wait(10)


def test_lines_that_a_connector_writes_have_its_job(mongodb, mstreamd):
    """Also those of code that does not know for whom it works."""
    text = config.state() + config.table("[api]", {"port": 0})
    text += config.mongodb(mongodb.uri, mongodb.name) + config.service("file", "disk", path="./out")
    source = {"service_name": "m", "resource": "users", "output_encoding": "json"}
    text += config.job("copy", source, {"service_name": "disk", "resource": "users.jsonl"})
    api = Api(mstreamd(text))
    api.wait_state("copy", "running")
    mongodb.db["users"].insert_one({"_id": 1})
    wait_until(lambda: api.get("/jobs/copy/metrics")["events_processed"] == 1)
    mongodb.db["users"].drop()

    def lines(target):
        all_of_job = api.get("/logs?job_name=copy&limit=1000")["logs"]
        return [line["message"] for line in all_of_job if line["target"] == target]

    wait_until(lambda: any("drop on" in line for line in lines("mongodb")))
