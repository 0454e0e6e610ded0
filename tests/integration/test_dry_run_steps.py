# SPDX-License-Identifier: MIT
"""What each middleware makes of an event, as dry runs show it."""

import json
import os
import pty

import pytest
from support import config
from support.api import Api

DOC = '{"_id": {{seq}}, "email": "ada@example.org", "n": {{seq}}, "old": true}'
SCRIPT = """
function transform(data)
    if data.n == 3 then error("three is too many") end
    emit({n = data.n, part = 1})
    emit({n = data.n, part = 2})
end
"""
STEPS = [
    {"service_name": "mask", "fields": ["email"], "with": "email"},
    {"service_name": "filter", "where": "n != 2"},
    {"service_name": "script", "resource": "some.lua"},
    {"service_name": "project", "fields": ["n", "part"]},
    {"service_name": "set", "fields": {"origin": "shop"}},
]

# The text of a whole run: step by step, and what the sink gets.
TEXT = """\
1 create: {"_id": 1, "email": "ada@example.org", "n": 1, "old": true}
  mask: changed
    ~ email: "ada@example.org" -> "a***@example.org"
  filter: unchanged
  script: 2 events
    event 1:
      - _id: 1
      - email: "a***@example.org"
      + part: 1
      - old: true
    event 2:
      - _id: 1
      - email: "a***@example.org"
      + part: 2
      - old: true
  project, event 1: unchanged
  project, event 2: unchanged
  set, event 1: changed
    + origin: "shop"
  set, event 2: changed
    + origin: "shop"
1 create -> disk: ./out/out.jsonl: 32 bytes
    {"n":1,"part":1,"origin":"shop"}
1 create -> disk: ./out/out.jsonl: 32 bytes
    {"n":1,"part":2,"origin":"shop"}
2 create: {"_id": 2, "email": "ada@example.org", "n": 2, "old": true}
  mask: changed
    ~ email: "ada@example.org" -> "a***@example.org"
  filter: dropped
2 create: dropped by a middleware
3 create: {"_id": 3, "email": "ada@example.org", "n": 3, "old": true}
  mask: changed
    ~ email: "ada@example.org" -> "a***@example.org"
  filter: unchanged
  script: REJECTED: middleware 'script': """


def text_of(folder, **more):
    (folder / "some.lua").write_text(SCRIPT)
    made = {"service_name": "made", "resource": "made", "format": "json"}
    made |= {"template": DOC, "count": 3, "rate": 0}
    disk = {"service_name": "disk", "resource": "out.jsonl"}
    keys = {"middlewares": STEPS, "mode": "once", **more}
    return (
        config.state()
        + config.table("[api]", {"port": 0})
        + config.service("generate", "made")
        + config.service("file", "disk", path="./out")
        + config.service("udf", "script", script_path=".")
        + config.job("job", made, disk, **keys)
    )


@pytest.fixture
def job(mstream):
    path = mstream.folder / "job.toml"
    path.write_text(text_of(mstream.folder))
    return path


def test_every_step_says_what_it_made_of_the_event(mstream, job):
    shown = mstream("dry-run", job, "--job", "job", code=3)
    assert shown.out.startswith(TEXT)
    assert "three is too many" in shown.out
    assert "3 create -> disk: REJECTED: " in shown.out
    assert "\x1b" not in shown.out
    assert not (mstream.folder / "out").exists()


def test_steps_come_with_the_first_thing_that_is_shown_of_an_event(mstream, job):
    shown = mstream("dry-run", job, "--job", "job", "--json", code=3)
    found = [json.loads(line) for line in shown.out.splitlines()]
    assert ["steps" in one for one in found] == [True, False, True, True]
    steps = found[0]["steps"]
    assert [(one["step"], one["middleware"], one["outcome"]) for one in steps] == [
        (1, "mask", "changed"),
        (2, "filter", "unchanged"),
        (3, "script", "several"),
        (4, "project", "unchanged"),
        (4, "project", "unchanged"),
        (5, "set", "changed"),
        (5, "set", "changed"),
    ]
    assert [one.get("part") for one in steps] == [None, None, None, 1, 2, 1, 2]
    assert json.loads(steps[0]["before"]["payload"])["email"] == "ada@example.org"
    (after,) = steps[0]["after"]
    assert after["changes"] == [
        {
            "kind": "changed",
            "field": "email",
            "before": "ada@example.org",
            "after": "a***@example.org",
        }
    ]
    assert json.loads(after["event"]["payload"])["email"] == "a***@example.org"
    assert found[2]["steps"][-1]["outcome"] == "dropped"
    assert "three is too many" in found[3]["steps"][-1]["rejected"]


def test_the_api_shows_the_same(mstreamd, mstream):
    api = Api(mstreamd(text_of(mstream.folder)))
    api.wait_state("job", "completed")
    # From the beginning again.
    api.call("DELETE", "/jobs/job/checkpoints")
    shown = mstream("jobs", "dry-run", "job", "--url", api.url, code=3)
    for line in TEXT.splitlines():
        # Sinks describe what they would get in their own way.
        assert line in shown.out or " -> disk: " in line
    answer = api.post("/jobs/job/dry-run")
    first = answer["deliveries"][0]["steps"]
    assert first[0]["after"][0]["changes"][0]["field"] == "email"


def read_all(fd):
    text = b""
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            return text.decode()
        if not piece:
            return text.decode()
        text += piece


@pytest.mark.parametrize(
    ("flags", "env", "colours"),
    [
        ([], {"TERM": "xterm"}, True),
        ([], {"TERM": "xterm", "NO_COLOR": "1"}, False),
        ([], {"TERM": "dumb"}, False),
        (["--color=never"], {"TERM": "xterm"}, False),
        (["--color=always"], {"TERM": "xterm", "NO_COLOR": "1"}, True),
    ],
)
def test_a_terminal_sees_colours_unless_it_is_told_not_to(mstream, job, flags, env, colours):
    here, there = pty.openpty()
    done = mstream.start("dry-run", job, "--job", "job", *flags, env=env, stdout=there)
    os.close(there)
    text = read_all(here)
    os.close(here)
    assert done.wait(timeout=60) == 3
    changed = '~ email: "ada@example.org" -> "a***@example.org"'
    assert ("\x1b[33m" + changed + "\x1b[0m" in text) == colours
    assert ("\x1b" in text) == colours
    assert changed in text


def test_colours_can_be_had_in_a_file(mstream, job):
    shown = mstream("dry-run", job, "--job", "job", "--color", "always", code=3)
    assert '\x1b[32m+ origin: "shop"\x1b[0m' in shown.out
    assert mstream("dry-run", job, "--job", "job", "--color", "red", code=2).err
