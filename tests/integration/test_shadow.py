# SPDX-License-Identifier: MIT
"""Other middlewares beside a job's own: what they would change, and the switch."""

import json
import threading

import pytest
from support import ROOT, config, files
from support.api import Api
from support.crash import fault_binaries
from support.waiting import wait_until

DOC = '{"n": {{seq}}, "email": "ada@example.org", "items": [{"sku": "a"}, {"sku": "b"}]}'
MASK = {"service_name": "mask", "fields": ["email"], "with": "email"}
SET = {"service_name": "set", "fields": {"origin": "shop"}}

# What becomes of an event is told by its last digit.
LIVE = """
function transform(data)
    local way = data.n % 10
    if way == 5 then return nil end
    if way == 6 then error("six") end
    if way == 7 then emit(data) emit(data) return end
    return data
end
"""
NEW = """
function transform(data)
    local way = data.n % 10
    if way == 1 then return nil end
    if way == 2 then emit(data) emit(data) return end
    if way == 3 then error("three") end
    if way == 4 then
        data.email = "x"
        data.items[2].sku = "c"
        data.new = true
    end
    return data
end
"""
OUTCOMES = {
    "equal": 300,  # 8, 9, 0
    "different": 100,  # 4
    "dropped_only_live": 100,  # 5
    "dropped_only_shadow": 100,  # 1
    "more_results": 100,  # 2
    "fewer_results": 100,  # 7
    "rejected_only_live": 100,  # 6
    "rejected_only_shadow": 100,  # 3
}
ENDLESS = "function transform(data) while true do end end\n"
GREEDY = 'function transform(data) return string.rep("x", 1e8) end\n'


def source(count, rate):
    made = {"service_name": "made", "resource": "made", "template": DOC}
    return made | {"format": "json", "count": count, "rate": rate, "seed": 1}


SINK = {"service_name": "disk", "resource": "out.jsonl"}


def services():
    return (
        config.state()
        + config.table("[api]", {"port": 0})
        + config.service("generate", "made")
        + config.service("file", "disk", path="./out")
        + config.service("udf", "script", script_path=".")
    )


def text_of(*steps, count=4000, rate=2000, **more):
    keys = {"middlewares": list(steps), **more} if steps else more
    return services() + config.job("job", source(count, rate), SINK, **keys)


def definition(*steps, count=4000, rate=2000, **more):
    return {
        "name": "job",
        "source": source(count, rate),
        "middlewares": list(steps),
        "sinks": [SINK],
        "checkpoint": {"enabled": True, "interval": "50ms"},
        **more,
    }


def start(api, *steps, status=201, **more):
    return api.post("/jobs/job/shadow", {"middlewares": list(steps), **more}, status)


def ended(api, deadline=60):
    def report():
        found = api.get("/jobs/job/shadow")
        return found if found["state"] != "running" else None

    return wait_until(report, deadline=deadline)


def outcomes(report):
    return {k: n for k, n in report["outcomes"].items() if n}


def lines(folder):
    """Those that are written to their end."""
    return files.text_of(folder / "out", "*out.jsonl*").split("\n")[:-1]


def written(folder):
    return [json.loads(line) for line in lines(folder)]


def wait_written(folder, n, deadline=60):
    wait_until(lambda: len(lines(folder)) >= n, deadline=deadline)


def test_the_same_middlewares_make_no_difference_to_anything(mstreamd, tmp_path):
    outputs = []
    for name in ("alone", "beside"):
        folder = tmp_path / name
        folder.mkdir()
        text = text_of(MASK, SET, count=3000, rate=3000).replace("./", f"{folder}/")
        api = Api(mstreamd(text))
        if name == "beside":
            start(api, MASK, SET, samples=5)
        wait_written(folder, 3000)
        if name == "beside":
            report = ended(api)
            assert report["state"] == "job_ended"
            assert report["compared"] > 0 and report["skipped"] == report["failed"] == 0
            assert outcomes(report) == {"equal": report["compared"]}
            assert report["fields"] == report["samples"] == []
            assert report["cost"]["live"]["events"] == report["compared"]
            assert report["cost"]["shadow"]["cpu_ns"] > 0
        api.daemon.stop()
        outputs.append(lines(folder))
    assert outputs[0] == outputs[1]


def test_every_way_to_differ_is_counted_exactly(mstreamd, tmp_path):
    (tmp_path / "live.lua").write_text(LIVE)
    (tmp_path / "new.lua").write_text(NEW)
    live = {"service_name": "script", "resource": "live.lua"}
    new = {"service_name": "script", "resource": "new.lua"}
    api = Api(mstreamd(text_of(live, on_reject="skip")))
    start(api, new, events=1000, samples=40)
    report = ended(api)
    assert (report["state"], report["compared"]) == ("events", 1000)
    assert (report["skipped"], report["failed"]) == (0, 0)
    assert report["outcomes"] == OUTCOMES
    assert sorted((one["field"], one["added"], one["changed"]) for one in report["fields"]) == [
        ("email", 0, 100),
        ("items[].sku", 0, 100),
        ("new", 100, 0),
    ]
    kinds = {one["outcome"] for one in report["samples"]}
    assert kinds == set(OUTCOMES) - {"equal"}
    for one in report["samples"]:
        n = json.loads(one["before"]["payload"])["n"]
        if one["outcome"] == "different":
            assert n % 10 == 4
            assert {(c["field"], c.get("shadow")) for c in one["changes"]} == {
                ("email", "x"),
                ("items[1].sku", "c"),
                ("new", True),
            }
        if one["outcome"] == "rejected_only_shadow":
            assert "three" in one["shadow"]["rejected"]
        if one["outcome"] == "fewer_results":
            assert (one["live"]["results"], one["shadow"]["results"]) == (2, 1)
    # The job did what it does without a shadow.
    wait_written(tmp_path, 3600)
    times = {5: 0, 6: 0, 7: 2}
    wanted = [n for n in range(1, 4001) for _ in range(times.get(n % 10, 1))]
    assert [one["n"] for one in written(tmp_path)] == wanted


def test_fields_that_always_differ_can_be_left_out(mstreamd):
    api = Api(mstreamd(text_of(MASK)))
    start(api, MASK, {"service_name": "set", "time": "meta.at"}, events=50, ignore=["meta"])
    assert outcomes(ended(api)) == {"equal": 50}
    start(api, MASK, {"service_name": "set", "time": "meta.at"}, events=50, ignore=["met"])
    report = ended(api)
    assert outcomes(report) == {"different": 50}
    assert [one["field"] for one in report["fields"]] == ["meta"]


def test_a_job_without_middlewares_can_have_a_shadow(mstreamd):
    api = Api(mstreamd(text_of()))
    start(api, events=50)
    assert outcomes(ended(api)) == {"equal": 50}
    start(api, SET, events=50)
    report = ended(api)
    assert outcomes(report) == {"different": 50}
    assert report["fields"] == [
        {"field": "origin", "added": 50, "removed": 0, "changed": 0, "order": 0}
    ]


@pytest.mark.parametrize(("script", "why"), [(ENDLESS, "instructions"), (GREEDY, "too large")])
def test_a_shadow_that_never_ends_does_not_hold_the_job_up(mstreamd, tmp_path, script, why):
    (tmp_path / "bad.lua").write_text(script)
    api = Api(mstreamd(text_of(MASK, count=20000, rate=10000, memory="4MiB")))
    start(api, {"service_name": "script", "resource": "bad.lua"})
    wait_written(tmp_path, 20000)
    assert [one["n"] for one in written(tmp_path)] == list(range(1, 20001))
    report = api.get("/jobs/job/shadow")
    assert report["memory"] <= 1024 * 1024
    assert report["skipped"] > 0 or script != ENDLESS
    # Of what it saw not one came through, and it says why.
    report = wait_until(
        lambda: (found := api.get("/jobs/job/shadow"))["compared"] and found
    )
    assert outcomes(report) == {"rejected_only_shadow": report["compared"]}
    assert why in report["samples"][0]["shadow"]["rejected"]
    api.call("DELETE", "/jobs/job/shadow")
    job = api.get("/jobs/job/metrics")
    assert (job["events_delivered"], job["events_rejected"]) == (20000, 0), job


def test_a_shadow_ends_with_its_time_and_with_its_job(mstreamd):
    api = Api(mstreamd(text_of(MASK)))
    assert api.get("/jobs/job/shadow", 404)["code"] == "not_found"
    start(api, MASK, duration="200ms")
    assert start(api, MASK, status=409)["message"] == "job 'job' has a shadow already"
    assert ended(api)["state"] == "duration"
    start(api, MASK)
    api.post("/jobs/job/stop")
    assert ended(api)["state"] == "job_ended"
    answer = start(api, MASK, status=409)
    assert answer["hint"] == "start it first"


def test_what_is_wrong_with_a_shadow_is_said(mstreamd, tmp_path):
    (tmp_path / "bad.lua").write_text("function transform(data")
    api = Api(mstreamd(text_of(MASK)))
    answer = start(api, {"service_name": "nobody"}, status=422)
    assert "nobody" in answer["message"]
    answer = start(api, {"service_name": "script", "resource": "bad.lua"}, status=422)
    assert "bad.lua" in answer["message"]
    answer = start(api, MASK | {"fields": ["${HOME}"]}, status=409)
    assert "variable" in answer["message"]
    taken = {"provider": "generate", "name": "made", "seed": 3}
    answer = start(api, MASK, status=409, services=[taken])
    assert "there is a service 'made' already" in answer["message"]
    for body in ({}, {"middlewares": 5}, {"middlewares": [], "events": 0},
                 {"middlewares": [], "ignore": "x"}, {"middlewares": [], "more": 1},
                 {"middlewares": [], "services": [5]}, {"middlewares": [], "duration": "x"}):
        assert api.call("POST", "/jobs/job/shadow", body)[0] == 422, body
    assert api.call("POST", "/jobs/none/shadow", {"middlewares": []})[0] == 404
    api.wait_state("job", "running")


def test_a_job_of_the_file_is_switched_there(mstreamd):
    api = Api(mstreamd(text_of(MASK)))
    start(api, MASK, SET, events=50)
    assert ended(api)["can_switch"] is False
    answer = api.post("/jobs/job/shadow/switch", {}, 409)
    assert "is written in" in answer["message"] and "mstream reload" in answer["hint"]
    assert api.get("/jobs/job")["state"] == "running"


def boundary(found):
    """How many went through the old middlewares; all came once, in order."""
    assert [one["n"] for one in found] == list(range(1, len(found) + 1))
    new = ["origin" in one for one in found]
    assert new == sorted(new)
    return new.index(True) if True in new else len(new)


def test_a_switch_has_one_boundary_under_load(mstreamd, tmp_path):
    api = Api(mstreamd(services()))
    api.post("/jobs", definition(MASK, count=20000, rate=5000), 201)
    api.wait_state("job", "running")
    wait_written(tmp_path, 10)
    (tmp_path / "new.lua").write_text("function transform(d) d.origin = 1 return d end")
    given = {"provider": "udf", "name": "given", "script_path": "."}
    start(api, MASK, {"service_name": "given", "resource": "new.lua"}, events=1000,
          services=[given])
    assert outcomes(ended(api)) == {"different": 1000}
    answer = api.post("/jobs/job/shadow/switch", {"max_different": 999}, 409)
    assert "1000 came out differently" in answer["message"]
    assert [one["service_name"] for one in api.get("/jobs/job")["pipeline"]["middlewares"]] == [
        "mask"
    ]
    answer = api.post("/jobs/job/shadow/switch", {"max_different": 1000})
    assert answer["report"]["compared"] == 1000
    assert answer["position"]
    job = api.get("/jobs/job")
    assert job["revision"] == str(answer["revision"])
    assert [one["service_name"] for one in job["pipeline"]["middlewares"]] == ["mask", "given"]
    wait_written(tmp_path, 20000)
    found = written(tmp_path)
    assert len(found) == 20000
    assert 1000 <= boundary(found) < 20000
    assert api.get("/jobs/job/shadow", 404)["message"] == "job 'job' has no shadow"
    # The service is there for good.
    assert api.get("/services/given")["name"] == "given"


def test_a_switch_between_topics_sends_each_message_once(mstreamd, kafka):
    given, target = kafka.topic("in"), kafka.topic("out")
    text = config.state() + config.table("[api]", {"port": 0})
    api = Api(mstreamd(text + config.kafka(kafka.bootstrap)))
    job = {
        "name": "job",
        "source": {"service_name": "k", "resource": given, "input_encoding": "json",
                   "start": "earliest"},
        "middlewares": [MASK],
        "sinks": [{"service_name": "k", "resource": target, "output_encoding": "json"}],
        "checkpoint": {"enabled": True, "interval": "50ms"},
    }  # fmt: skip
    api.post("/jobs", job, 201)
    api.wait_state("job", "running")
    start(api, MASK, SET, events=500)

    def send(first, last):
        kafka.produce(
            given,
            [
                {"key": f"k{n % 7}", "value": json.dumps({"n": n, "email": "a@b.org"})}
                for n in range(first, last)
            ],
        )

    sender = threading.Thread(
        target=lambda: [send(n, n + 250) for n in range(1, 4001, 250)], daemon=True
    )
    sender.start()
    assert outcomes(ended(api)) == {"different": 500}
    # Messages come all the while.
    answer = api.post("/jobs/job/shadow/switch", {})
    assert answer["position"]
    sender.join()

    def all_sent():
        found = [json.loads(one.value) for one in kafka.consume_all(target)]
        return found if len(found) >= 4000 else None

    found = wait_until(all_sent, deadline=60, interval=0.5)
    assert len(found) == 4000
    assert 500 <= boundary(found) <= 4000


@pytest.mark.parametrize(
    ("point", "new"),
    [("before_drain:1", False), ("after_drain:1", False), ("job_record:2", False),
     ("after_record:3", True)],
)  # fmt: skip
def test_a_kill_around_the_switch_leaves_one_definition_and_one_boundary(
    mstreamd, tmp_path, point, new
):
    program = fault_binaries() / "mstreamd"
    daemon = mstreamd(services(), env={"MSTREAM_CRASH_AT": point}, program=program)
    api = Api(daemon)
    api.post("/jobs", definition(MASK, count=6000, rate=3000), 201)
    api.wait_state("job", "running")
    start(api, MASK, SET, events=500)
    ended(api)
    with pytest.raises((OSError, ValueError, AssertionError)):
        api.post("/jobs/job/shadow/switch", {})
        raise AssertionError("it did not die")
    daemon.wait()
    api = Api(mstreamd(services()))
    steps = api.get("/jobs/job")["pipeline"]["middlewares"]
    assert [one["service_name"] for one in steps] == (["mask", "set"] if new else ["mask"])
    wait_until(lambda: api.get("/jobs/job")["state"] in ("running", "completed"))
    wait_until(lambda: written(tmp_path) and written(tmp_path)[-1]["n"] == 6000)
    found = written(tmp_path)
    if point == "before_drain:1":
        # As any crash: what was not saved yet comes again.
        assert {one["n"] for one in found} == set(range(1, 6001))
        assert not any("origin" in one for one in found)
    else:
        assert 500 <= boundary(found) <= 6000
        assert (boundary(found) < 6000) == new


SHADOW_FILE = """
middlewares = [
    { service_name = "mask", fields = ["email"], with = "email" },
    { service_name = "set", fields = { origin = "shop" } },
]
"""


def test_the_command_line_follows_reports_and_switches(mstreamd, mstream, tmp_path):
    api = Api(mstreamd(services()))
    api.post("/jobs", definition(MASK, count=0, rate=2000), 201)
    api.wait_state("job", "running")
    (tmp_path / "new.toml").write_text(SHADOW_FILE)
    at = ("--url", api.url)
    shown = mstream("jobs", "shadow", "job", "--with", "new.toml", "--events", "300", *at, code=3)
    shown_lines = shown.out.splitlines()
    assert shown_lines[0] == (
        "shadow of job 'job' (events): 300 compared, 300 differ, 0 not compared"
    )
    assert "  origin  added 300" in shown_lines
    assert '      added origin: - -> "shop"' in shown_lines
    assert "\x1b" not in shown.out
    assert any(line.startswith("  shadow ") for line in shown_lines)
    # The report is there until the next one.
    again = mstream("jobs", "shadow", "job", "--json", *at, code=3).json()
    assert (again["compared"], again["can_switch"]) == (300, True)
    said = mstream("jobs", "shadow", "job", "--switch-if-equal", *at, code=1)
    assert "300 came out differently" in said.err
    same = ("--ignore", "origin", "--events", "200", "--switch-if-equal")
    shown = mstream("jobs", "shadow", "job", "--with", "new.toml", *same, *at)
    assert "\nswitched: " in shown.out
    steps = api.get("/jobs/job")["pipeline"]["middlewares"]
    assert [one["service_name"] for one in steps] == ["mask", "set"]
    wait_until(lambda: "origin" in written(tmp_path)[-1])

    assert "has no shadow" in mstream("jobs", "shadow", "job", *at, code=1).err
    for text, why in (("sinks = []", "'sinks' is not for a shadow"), ("x", "new.toml:1:"),
                      ("", "there are no middlewares")):
        (tmp_path / "new.toml").write_text(text)
        assert why in mstream("jobs", "shadow", "job", "--with", "new.toml", *at, code=2).err
    (tmp_path / "new.toml").write_text(SHADOW_FILE)
    said = mstream("jobs", "shadow", "job", "--with", "new.toml", "--switch", *at, code=2)
    assert "when is the switch to be made?" in said.err
    mstream("jobs", "shadow", "job", "--with", "new.toml", "--detach", *at)
    assert "(stopped)" in mstream("jobs", "shadow", "job", "--stop", *at, code=None).out


def test_numbers_of_shadows_are_metrics(mstreamd):
    api = Api(mstreamd(text_of(MASK)))
    start(api, MASK, SET, events=70)
    ended(api)
    text = api.call("GET", "/metrics")[2]
    text = text.decode() if isinstance(text, bytes) else text
    assert 'mstream_shadow_events_total{job_name="job",outcome="different"} 70' in text
    assert 'mstream_shadow_events_total{job_name="job",outcome="equal"} 0' in text
    assert 'mstream_shadow_skipped_total{job_name="job"} 0' in text


def test_the_example_says_what_its_new_middlewares_change(mstreamd, mstream):
    api = Api(mstreamd(ROOT / "examples" / "shadow.toml"))
    api.wait_state("orders", "running")
    new = ROOT / "examples" / "shadow" / "new.toml"
    asked = ("--events", "500", "--url", api.url)
    shown = mstream("jobs", "shadow", "orders", "--with", new, *asked, code=3)
    found = shown.out.splitlines()
    assert found[0] == (
        "shadow of job 'orders' (events): 500 compared, 500 differ, 0 not compared"
    )
    assert "  email  changed 500" in found
    assert "  note  removed 500" in found
