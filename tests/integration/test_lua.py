# SPDX-License-Identifier: MIT
"""Scripts between real servers, exchanged and stopped while events flow."""

import json

from bson import Decimal128, Int64
from support import ROOT, config, files
from support.waiting import wait_until



def write_script(folder, name, text):
    path = folder / "scripts" / name
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(path)
    return path


def lines_of(path):
    """What was written, also while the job is still writing."""
    return files.lines_of(path.parent, f"{path.name}*")


def test_mongodb_to_lua_to_kafka(mstreamd, mstream, mongodb, kafka, tmp_path):
    topic = kafka.topic("docs")
    write_script(
        tmp_path,
        "mask.lua",
        "function transform(data, attributes)\n"
        "    if data == nil then return null end\n"
        "    if data.secret then return nil end\n"
        "    if data.bad then error('bad document') end\n"
        "    attributes.seen = 'yes'\n"
        "    data.email = mask_email(data.email)\n"
        "    return data, attributes\n"
        "end\n",
    )
    path = tmp_path / "job.toml"
    now = mongodb.client.admin.command("ping")["operationTime"]
    source = {
        "service_name": "m",
        "resource": "users",
        "start": f"timestamp:{now.time},{now.inc + 1}",
    }
    sink = {
        "service_name": "k",
        "resource": topic,
        "output_encoding": "json",
        "json_mode": "canonical",
    }
    middleware = {"service_name": "scripts", "resource": "mask.lua"}
    path.write_text(
        config.state()
        + config.mongodb(mongodb.uri, mongodb.name)
        + config.kafka(kafka.bootstrap)
        + config.service("udf", "scripts", script_path="scripts")
        + config.job("users", source, sink, middlewares=[middleware])
    )
    daemon = mstreamd(path)
    users = mongodb.db["users"]
    odd = {"_id": 3, "email": "ada@example.org", "n": Int64(5), "d": Decimal128("1.50")}
    users.insert_one({"_id": 1, "secret": True})
    users.insert_one({"_id": 2, "bad": True})
    users.insert_one(odd)
    users.delete_one({"_id": 3})
    wait_until(lambda: kafka.count(topic) >= 2, what="the records")
    records = kafka.consume_all(topic)
    daemon.stop()
    assert [r.key for r in records] == [b"3", b"3"]
    assert json.loads(records[0].value) == {
        "_id": {"$numberInt": "3"},
        "email": "a***@example.org",
        "n": {"$numberLong": "5"},
        "d": {"$numberDecimal": "1.50"},
    }
    assert records[0].headers["seen"] == "yes"
    assert json.loads(records[1].value) == {"_id": {"$numberInt": "3"}}
    letters = mstream("dlq", "list", "--json", "--config", path).json()
    assert [letter["stage"] for letter in letters] == ["middleware"]
    assert "mask.lua:4: bad document" in letters[0]["reason"]


def stream_job(folder, name, script, **source):
    """A job on events of its own making; its output's path."""
    made = {"service_name": "load", "resource": "made", "rate": 200, **source}
    made["template"] = '{"_id": {{seq}}, "n": {{seq}}}'
    sink = {"service_name": "out", "resource": f"{name}.jsonl"}
    middleware = {"service_name": "scripts", "resource": script}
    return config.job(name, made, sink, middlewares=[middleware])


def services():
    return (
        config.state()
        + config.service("generate", "load")
        + config.service("file", "out", path="./out")
        + config.service("udf", "scripts", script_path="scripts")
    )


def test_a_script_is_exchanged_while_events_flow(mstreamd, tmp_path):
    body = "function transform(data) data.v = %d return data end"
    write_script(tmp_path, "v.lua", body % 1)
    path = tmp_path / "job.toml"
    path.write_text(services() + stream_job(tmp_path, "job", "v.lua"))
    daemon = mstreamd(path)
    out = tmp_path / "out" / "job.jsonl"
    wait_until(lambda: any('"v":1' in line for line in lines_of(out)))
    write_script(tmp_path, "v.lua", "function transform(")
    daemon.wait_log("the old version goes on", 30)
    write_script(tmp_path, "v.lua", body % 2)
    daemon.wait_log("a new version runs", 30)
    wait_until(lambda: any('"v":2' in line for line in lines_of(out)))
    daemon.stop()
    found = [json.loads(line) for line in lines_of(out)]
    assert [one["n"] for one in found] == list(range(1, len(found) + 1))
    versions = [one["v"] for one in found]
    assert versions == sorted(versions)


def test_a_harmful_script_harms_its_own_events_only(mstreamd, mstream, tmp_path):
    write_script(
        tmp_path,
        "bad.lua",
        "function transform(data)\n"
        "    if data.n % 3 == 0 then while true do pcall(transform, data) end end\n"
        "    if data.n % 3 == 1 then return ('a'):rep(40):find(('a?'):rep(40) .. ('a'):rep(41)) end\n"
        "    return data\n"
        "end\n",
    )
    write_script(tmp_path, "good.lua", "function transform(data) return data end")
    path = tmp_path / "job.toml"
    bad = stream_job(tmp_path, "bad", "bad.lua", count=15, rate=0)
    good = stream_job(tmp_path, "good", "good.lua", count=2000, rate=0)
    path.write_text(services() + bad + good)
    daemon = mstreamd(path)
    wait_until(lambda: len(lines_of(tmp_path / "out" / "good.jsonl")) == 2000)
    wait_until(lambda: len(lines_of(tmp_path / "out" / "bad.jsonl")) == 5, 60)
    daemon.stop()
    letters = mstream("dlq", "list", "--json", "--config", path).json()
    assert len(letters) == 10
    assert all(any(word in one["reason"] for word in BUSY) for one in letters)


# Which of the two comes first depends on the machine.
BUSY = ("too many instructions", "takes too long")
# What a script does: why its event is refused.
HARMS = {
    "while true do end": BUSY,
    "while true do pcall(function() while true do end end) end": BUSY,
    "local s = 'x' while true do s = s .. s end": ("too much memory",),
    "local t = {} while true do t = {t, {}, {}} end": ("too much memory",),
    "return ('x'):rep(1e9)": ("too large",),
    "return ('a'):rep(40):find(('a?'):rep(40) .. ('a'):rep(40) .. 'b')": BUSY,
    "return ('a'):rep(100000):gsub('.-b', '')": BUSY,
    "return table.concat({}, '', 1, 1e15)": BUSY,
    "table.sort({3, 2, 1}, function() while true do end end)": BUSY,
    "local function f() return 1 + f() end return f()": ("too much memory",),
    "return coroutine.wrap(function() while true do end end)()": ("global 'coroutine'",),
    "return setmetatable({}, {__index = function() while true do end end}).x": BUSY,
    "getmetatable('').__index = function() end error('changed')": ("attempt to index a boolean",),
    "return setmetatable({}, {__gc = function() while true do end end})": ("'__gc' is not allowed",),
    "local t = {} for i = 1, 1e5 do t[i] = {i} end error(t)": ("error object is a table",),
    "while true do emit({a = ('x'):rep(1e5)}) end": BUSY,
}


def test_every_kind_of_harm_is_stopped_while_another_job_goes_on(mstreamd, mstream, tmp_path):
    harms = ",\n".join(f"function(data) {one} end" for one in HARMS)
    write_script(
        tmp_path,
        "bad.lua",
        f"local harms = {{\n{harms}\n}}\n"
        "function transform(data)\n"
        "    if harms[data.n] then return {made = harms[data.n](data)} end\n"
        "    return data\n"
        "end\n",
    )
    write_script(tmp_path, "good.lua", "function transform(data) return data end")
    path = tmp_path / "job.toml"
    good = stream_job(tmp_path, "good", "good.lua", count=5000, rate=0)
    bad = stream_job(tmp_path, "bad", "bad.lua", count=len(HARMS) + 3, rate=0)
    path.write_text(services() + bad + good)
    daemon = mstreamd(path)
    wait_until(lambda: len(lines_of(tmp_path / "out" / "good.jsonl")) == 5000, 60)
    wait_until(lambda: len(lines_of(tmp_path / "out" / "bad.jsonl")) == 3, 60)
    daemon.stop()
    found = [json.loads(line)["n"] for line in lines_of(tmp_path / "out" / "bad.jsonl")]
    assert found == [len(HARMS) + n for n in (1, 2, 3)]
    letters = mstream("dlq", "list", "--json", "--config", path).json()
    for letter, why in zip(letters, HARMS.values(), strict=True):
        assert any(word in letter["reason"] for word in why), letter["reason"]


def test_events_that_come_together_are_each_confirmed_or_refused(mstream):
    folder = mstream.folder
    write_script(
        folder,
        "together.lua",
        "function transform_batch(events)\n"
        "    local result = {}\n"
        "    for _, event in ipairs(events) do\n"
        "        local n = event.data.n\n"
        "        if n % 100 == 7 then error('seven') end\n"
        "        if n % 100 == 57 then reject(event, 'fifty-seven') end\n"
        "        event.data.of = #events\n"
        "        if n % 10 ~= 3 then table.insert(result, 1, event) end\n"
        "        if n % 10 == 5 then table.insert(result, derive(event, {n = n, more = true})) end\n"
        "    end\n"
        "    return result\n"
        "end\n",
    )
    path = folder / "job.toml"
    made = {"service_name": "load", "resource": "made", "rate": 0, "count": 1000}
    made["template"] = '{"_id": {{seq}}, "n": {{seq}}}'
    path.write_text(
        services()
        + config.job(
            "job",
            made,
            {"service_name": "out", "resource": "job.jsonl"},
            middlewares=[{"service_name": "scripts", "resource": "together.lua"}],
            batch={"kind": "count", "size": 50},
        )
    )
    mstream("run", path, "--once", code=3)
    found = [json.loads(line) for line in lines_of(folder / "out" / "job.jsonl")]
    expected = [
        n
        for n in range(1, 1001)
        for _ in range(0 if n % 10 == 3 or n % 100 in (7, 57) else 2 if n % 10 == 5 else 1)
    ]
    assert [one["n"] for one in found] == expected
    assert sum("more" in one for one in found) == 100
    # A batch with a seven in it went one by one, the others together.
    assert {one.get("of", 0) > 1 for one in found} == {True, False}
    letters = mstream("dlq", "list", "--json", "--config", path).json()
    reasons = [letter["reason"] for letter in letters]
    assert sum("together.lua:5: seven" in reason for reason in reasons) == 10
    assert sum("together.lua:6: fifty-seven" in reason for reason in reasons) == 10
    assert len(reasons) == 20
    shown = [
        mstream("dlq", "show", letter["id"], "--json", "--config", path).json()
        for letter in letters[:2]
    ]
    assert [one["script"] for one in shown] == ["together.lua"] * 2
    assert len({one["script_hash"] for one in shown}) == 1
    assert shown[0]["script_hash"] != "0" * 16
    text = mstream("dlq", "show", letters[0]["id"], "--config", path).out
    assert f"script     together.lua {shown[0]['script_hash']}" in text


def test_a_rejected_event_is_replayed_through_the_repaired_script(mstream):
    folder = mstream.folder
    write_script(
        folder,
        "some.lua",
        "function transform(data)\n"
        "    if data.n == 2 then error('not yet') end\n"
        "    return data\n"
        "end\n",
    )
    path = folder / "job.toml"
    path.write_text(services() + stream_job(folder, "job", "some.lua", count=3, rate=0))
    mstream("run", path, "--once", code=3)
    out = folder / "out" / "job.jsonl"
    assert [json.loads(line)["n"] for line in lines_of(out)] == [1, 3]
    mstream("dlq", "replay", "--all", "--config", path, code=None)
    assert len(mstream("dlq", "list", "--json", "--config", path).json()) == 1
    write_script(folder, "some.lua", "function transform(data) data.v = 2 return data end")
    mstream("dlq", "replay", "--all", "--config", path)
    found = [json.loads(line) for line in files.lines_of(folder / "out", "job*")]
    assert {"_id": 2, "n": 2, "v": 2} in found
    assert mstream("dlq", "list", "--json", "--config", path).json() == []


def test_validate_says_where_a_script_is_wrong(mstream):
    folder = mstream.folder
    write_script(folder, "wrong.lua", "function transform(data)\n  retrun data\nend\n")
    path = folder / "job.toml"
    path.write_text(services() + stream_job(folder, "job", "wrong.lua"))
    said = mstream("validate", path, code=2)
    assert "wrong.lua:2:" in said.out + said.err
    write_script(folder, "wrong.lua", "x = 1\n")
    said = mstream("validate", path, code=2)
    assert "no function transform" in said.out + said.err


def test_dry_run_shows_what_a_script_gives(mstream):
    folder = mstream.folder
    write_script(
        folder,
        "some.lua",
        "function transform(data)\n"
        "    if data.n == 2 then return nil end\n"
        "    emit({a = data.n}) emit({b = data.n})\n"
        "end\n",
    )
    path = folder / "job.toml"
    path.write_text(services() + stream_job(folder, "job", "some.lua", count=3, rate=0))
    shown = mstream("dry-run", path, "--job", "job", "--limit", "3", "--json").out
    found = [json.loads(line) for line in shown.splitlines()]
    assert [one["event"] for one in found] == [1, 1, 2, 3, 3]
    assert found[2]["dropped"]
    assert [one.get("payload") for one in found[:2]] == ['{"a":1}', '{"b":1}']


def test_the_example_masks_splits_sums_and_routes(mstream):
    folder = mstream.folder
    (folder / "examples").symlink_to(ROOT / "examples")
    mstream("run", "examples/lua.toml", "--once", code=3)
    out = folder / "lua-out"

    def read(name):
        return [json.loads(line) for line in lines_of(out / name)]

    people = read("people.jsonl")
    assert len(people) == 1000
    assert all("name" not in one and one["email"].startswith("u***@") for one in people)
    assert all(one["born"].endswith("-01-01") for one in people)
    items = read("items.jsonl")
    assert [(one["order"], one["place"]) for one in items[:3]] == [(1, 1), (1, 2), (2, 1)]
    assert len(items) == 2000
    sums = read("sums.jsonl")
    assert sums == [{"items": 300 * n, "orders": 100 * n} for n in range(1, 11)]
    north, south = read("north.jsonl"), read("south.jsonl")
    assert all("tenant" not in one for one in north + south)
    letters = mstream("dlq", "list", "--json", "--config", "examples/lua.toml").json()
    assert len(north) + len(south) + len(letters) == 1000
    assert "no such tenant: nowhere" in letters[0]["reason"]


def test_transform_run_prints_what_a_script_gives(mstream):
    folder = mstream.folder
    script = write_script(
        folder,
        "try.lua",
        "function transform(data, attributes)\n"
        "    if data.n == 2 then return nil end\n"
        "    if data.n == 3 then error('three') end\n"
        "    attributes.seen = 'yes'\n"
        "    emit({a = data.n})\n"
        "    return data, attributes\n"
        "end\n",
    )
    lines = '{"n": 1, "d": {"$date": "2026-11-21T10:00:00Z"}}\n{"n": 2}\n\n{"n": 3}\n'
    done = mstream("transform", "run", script, input=lines, code=3)
    assert [json.loads(line) for line in done.out.splitlines()] == [
        {"a": 1},
        {"n": 1, "d": {"$date": "2026-11-21T10:00:00Z"}},
    ]
    assert "line 2: dropped" in done.err
    assert "line 4: " in done.err
    assert "try.lua:3: three" in done.err
    (folder / "doc.json").write_text('{\n  "n": 1\n}\n')
    at = ["--input", "doc.json", "--attributes", "a=1,b=2"]
    shown = mstream("transform", "run", script, *at, "--json").out
    assert [json.loads(line) for line in shown.splitlines()] == [
        {"line": 1, "document": {"a": 1}, "attributes": {"a": "1", "b": "2"}},
        {"line": 1, "document": {"n": 1}, "attributes": {"a": "1", "b": "2", "seen": "yes"}},
    ]
    write_script(folder, "try.lua", "function transform(")
    assert "try.lua:1:" in mstream("transform", "run", script, code=1).err
    mstream("transform", "run", script, "--attributes", "x", code=2)
