# SPDX-License-Identifier: MIT
"""mstreamd as a service manager sees it: ready, drained, resumed, alone."""

import re
import signal

import pytest
from support import config
from support.waiting import wait_until


def numbers(rate=200):
    source = {"service_name": "made", "template": '{"n": {{seq}}}'}
    return (
        config.state()
        + config.service("generate", "made")
        + config.service("terminal", "screen")
        + config.job(
            "numbers",
            {**source, "resource": "n", "rate": rate},
            {"service_name": "screen", "resource": "out"},
        )
    )


def shown(text):
    """Return the numbers of the documents that were shown, in order."""
    return [int(n) for n in re.findall(r'"n":\s*"?(\d+)', text)]


def test_a_daemon_says_ready_and_stopping(mstreamd):
    daemon = mstreamd(numbers())
    daemon.stop()
    assert "READY=1" in daemon.notifications
    assert "STOPPING=1" in daemon.notifications


def test_a_restart_goes_on_without_gap_or_repeat(mstreamd):
    seen = []
    for _ in range(3):
        daemon = mstreamd(numbers())
        wait_until(lambda: len(shown(daemon.stdout())) >= 20)
        daemon.stop()
        seen += shown(daemon.stdout())
    assert seen == list(range(seen[0], seen[0] + len(seen)))


def test_a_killed_daemon_repeats_but_loses_nothing(mstreamd):
    seen = []
    for _ in range(5):
        daemon = mstreamd(numbers(rate=1000))
        wait_until(lambda: len(shown(daemon.stdout())) >= 50)
        daemon.kill()
        seen += shown(daemon.stdout())
    assert sorted(set(seen)) == list(range(min(seen), max(seen) + 1))
    last = -1
    for number in dict.fromkeys(seen):
        assert number > last, "a first delivery was out of order"
        last = number


def test_sigint_is_a_clean_end_too(mstreamd):
    daemon = mstreamd(numbers())
    daemon.process.send_signal(signal.SIGINT)
    assert daemon.wait() == 0


def test_a_second_daemon_says_who_holds_the_state(mstreamd):
    first = mstreamd(numbers())
    second = mstreamd(numbers(), ready=False)
    assert second.wait() not in (0, None)
    assert str(first.pid) in second.stderr()
    assert first.running()


def test_a_missing_file_is_an_error_that_names_it(mstreamd, tmp_path):
    daemon = mstreamd(tmp_path / "nowhere.toml", ready=False)
    assert daemon.wait() == 2
    assert "nowhere.toml" in daemon.stderr()


def test_an_unknown_key_is_an_error_with_its_place(mstreamd):
    text = numbers().replace("[state]\npath", "[state]\npaht")
    daemon = mstreamd(text, ready=False)
    assert daemon.wait() == 2
    assert re.search(r"mstream-0\.toml:3:\d+: .*paht", daemon.stderr())
    assert "path" in daemon.stderr().replace("paht", "")


def test_a_reload_keeps_what_did_not_change(mstreamd):
    daemon = mstreamd(numbers())
    wait_until(lambda: shown(daemon.stdout()))
    daemon.reload()
    before = len(shown(daemon.stdout()))
    wait_until(lambda: len(shown(daemon.stdout())) > before + 20)
    daemon.stop()
    seen = shown(daemon.stdout())
    assert seen == list(range(seen[0], seen[0] + len(seen)))


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_the_programs_say_what_they_are(mstreamd, tmp_path, word):
    daemon = mstreamd(tmp_path / "unused.toml", arguments=[word], ready=False)
    assert daemon.wait() == 0
    assert "mstreamd" in daemon.stdout()


