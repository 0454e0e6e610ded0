# SPDX-License-Identifier: MIT
"""Scripts that people keep over the API: made, changed while events flow, removed."""

import json

from support import config, files
from support.api import Api
from support.definitions import connector, services_text, wait_gone, wait_running
from support.waiting import wait_until

BODY = "function transform(data) data.v = %d return data end"
HERE = "/services/scripts/resources"


def lines_of(folder, name):
    return [json.loads(line) for line in files.lines_of(folder / "out", f"{name}.jsonl*")]


def start(mstreamd, folder, *more, **udf):
    (folder / "scripts").mkdir(exist_ok=True)
    path = folder / "job.toml"
    udf.setdefault("script_path", "scripts")
    path.write_text(services_text(config.service("udf", "scripts", **udf), *more))
    daemon = mstreamd(path)
    return daemon, Api(daemon), path


def job(name, script, **more):
    middlewares = [{"service_name": "scripts", "resource": script}]
    one = connector(name, middlewares=middlewares, **more)
    one["source"]["template"] = '{"_id": {{seq}}, "n": {{seq}}}'
    return one


def put(api, script, text, method="PUT", status=200, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    got, answered, body = api.call(method, f"{HERE}/{script}", {"content": text}, headers)
    assert got == status, body
    return answered["ETag"], body


def versions(folder, name):
    return {one["v"] for one in lines_of(folder, name)}


def test_a_script_is_made_changed_and_removed_while_events_flow(mstreamd, tmp_path):
    daemon, api, path = start(mstreamd, tmp_path)
    one = job("j", "v.lua")
    assert api.call("POST", "/jobs", one)[0] == 422
    made, body = put(api, "v.lua", BODY % 1, "POST", 201)
    assert (body["filename"], body["content"], body["origin"]) == ("v.lua", BODY % 1, "state")
    api.post("/jobs", one, 201)
    wait_running(api, "j")
    wait_until(lambda: 1 in versions(tmp_path, "j"), what="the first version")
    put(api, "v.lua", BODY % 3, "POST", 409)
    put(api, "w.lua", BODY % 3, "PUT", 404)
    # What is wrong is refused with its place, and the running one stays.
    got, _, body = api.call("PUT", f"{HERE}/v.lua", {"content": "function transform(d)\n  d = = 1\nend"})
    assert (got, body["code"], body["line"], body["column"]) == (400, "bad_script", 2, 7)
    assert "v.lua:2:7:" in body["message"]
    for wrong in ("", "x = 1", "error('no')\n" + BODY % 1):
        put(api, "v.lua", wrong, status=400)
    # Only what was read is changed.
    put(api, "v.lua", BODY % 2, status=412, If_Match='"1"')
    changed, _ = put(api, "v.lua", BODY % 2, If_Match=made)
    assert changed != made
    put(api, "v.lua", BODY % 4, status=412, If_Match=made)
    wait_until(lambda: 2 in versions(tmp_path, "j"), what="the second version")
    got, headers, body = api.call("GET", f"{HERE}/v.lua")
    assert (got, headers["ETag"], body["content"]) == (200, changed, BODY % 2)
    assert api.call("GET", f"{HERE}/v.lua", headers={"If-None-Match": changed})[0] == 304
    assert api.call("DELETE", f"{HERE}/v.lua")[0] == 409
    daemon.kill()
    # It is the state's: another daemon on it goes on with it, no event is lost.
    daemon = mstreamd(path)
    api = Api(daemon)
    before = len(lines_of(tmp_path, "j"))
    wait_until(lambda: len(lines_of(tmp_path, "j")) > before + 20, what="more events")
    assert api.call("DELETE", "/jobs/j")[0] == 200
    wait_gone(api, "j")
    assert api.call("DELETE", f"{HERE}/v.lua", headers={"If-Match": made})[0] == 412
    assert api.call("DELETE", f"{HERE}/v.lua")[0] == 200
    assert api.call("DELETE", f"{HERE}/v.lua")[0] == 404
    assert api.get(HERE)["resources"] == []
    daemon.stop()
    found = lines_of(tmp_path, "j")
    numbers = sorted({one["n"] for one in found})
    assert numbers == list(range(1, len(numbers) + 1))
    first = {}
    for one in found:
        first.setdefault(one["n"], one["v"])
    seen = [first[n] for n in numbers]
    assert seen == sorted(seen)


def test_files_and_definitions_have_scripts_too(mstreamd, tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "file.lua").write_text(BODY % 1)
    (tmp_path / "scripts" / "both.lua").write_text(BODY % 1)
    (tmp_path / "scripts" / "notes.txt").write_text("no script")
    (tmp_path / "scripts" / "folder.lua").mkdir()
    sources = [
        {"filename": "both.lua", "content": BODY % 2},
        {"filename": "inline.lua", "content": BODY % 2},
    ]
    daemon, api, _ = start(mstreamd, tmp_path, sources=sources)

    def listed():
        found = api.get(HERE)["resources"]
        assert all(one["resource_type"] == "script" for one in found)
        return [(one["name"], one["origin"]) for one in found]

    own = [("both.lua", "definition"), ("file.lua", "file"), ("inline.lua", "definition")]
    assert listed() == own
    for script in ("both.lua", "file.lua", "inline.lua"):
        api.post("/jobs", job(script[:-4], script), 201)
    wait_until(lambda: 1 in versions(tmp_path, "file"), what="the file's")
    wait_until(lambda: 2 in versions(tmp_path, "both"), what="the definition's")
    wait_until(lambda: 2 in versions(tmp_path, "inline"), what="the other one")
    for script in ("file.lua", "inline.lua"):
        assert api.call("DELETE", f"{HERE}/{script}")[0] == 409
        put(api, script, BODY % 3)
    assert listed()[1:] == [("file.lua", "state"), ("inline.lua", "state")]
    wait_until(lambda: 3 in versions(tmp_path, "file"), what="the state's")
    wait_until(lambda: 3 in versions(tmp_path, "inline"), what="the state's, too")
    # The file is as it was, and takes its place again.
    assert (tmp_path / "scripts" / "file.lua").read_text() == BODY % 1
    _, _, body = api.call("DELETE", f"{HERE}/file.lua")
    assert "takes its place" in body["message"]
    wait_until(lambda: lines_of(tmp_path, "file")[-1]["v"] == 1, what="the file's again")
    assert api.call("DELETE", f"{HERE}/inline.lua")[0] == 200
    assert listed() == own
    (tmp_path / "scripts" / "file.lua").write_text(BODY % 5)
    wait_until(lambda: 5 in versions(tmp_path, "file"), what="the file's new one")
    daemon.stop()


def test_names_that_lead_elsewhere_are_refused(mstreamd, tmp_path):
    (tmp_path / "secret.lua").write_text("secret")
    daemon, api, _ = start(mstreamd, tmp_path)
    for name in ("..%2Fsecret.lua", ".lua", "a.txt", "a%5Cb.lua", "a%20b.lua", ".hidden.lua", "x" * 200 + ".lua"):
        for method in ("GET", "PUT", "POST", "DELETE"):
            body = {"content": BODY % 1} if method[0] == "P" else None
            got, _, answer = api.call(method, f"{HERE}/{name}", body)
            assert got in (400, 404), (method, name, got, answer)
            assert "secret" not in str(answer.get("content"))
    assert api.call("GET", "/services/nobody/resources/a.lua")[0] == 404
    assert api.call("GET", "/services/disk/resources/a.lua")[0] == 400
    daemon.stop()


def test_a_script_that_breaks_in_flight_leaves_the_old_one_running(mstreamd, tmp_path):
    daemon, api, _ = start(mstreamd, tmp_path)
    put(api, "v.lua", "state.n = 1 " + BODY % 1, "POST", 201)
    api.post("/jobs", job("j", "v.lua"), 201)
    wait_until(lambda: 1 in versions(tmp_path, "j"), what="the first version")
    # Right by itself, and wrong where a state is there already.
    put(api, "v.lua", "function init() if state.n then error('not here') end end " + BODY % 2)
    daemon.wait_log("the old version goes on", 30)
    before = len(lines_of(tmp_path, "j"))
    wait_until(lambda: len(lines_of(tmp_path, "j")) > before + 20, what="more events")
    put(api, "v.lua", BODY % 3)
    wait_until(lambda: 3 in versions(tmp_path, "j"), what="the third version")
    daemon.stop()
    assert versions(tmp_path, "j") == {1, 3}


def test_the_command_line_reads_and_writes_scripts(mstreamd, mstream, tmp_path):
    daemon, api, _ = start(mstreamd, tmp_path)
    folder = mstream.folder
    (folder / "v.lua").write_text(BODY % 7)
    at = ("--url", api.url)

    def script(*words, code=0, **more):
        return mstream("services", "script", *words, *at, code=code, **more)

    script("create", "scripts", "v.lua", "--in", folder / "v.lua")
    assert script("get", "scripts", "v.lua").out == BODY % 7
    script("create", "scripts", "v.lua", input=BODY % 8, code=1)
    script("put", "scripts", "v.lua", input=BODY % 8)
    assert script("get", "scripts", "v.lua", "--json").json()["content"] == BODY % 8
    said = script("put", "scripts", "v.lua", input="function", code=1)
    assert "v.lua:1:9:" in said.err
    assert "v.lua" in mstream("services", "resources", "scripts", *at).out
    script("delete", "scripts", "v.lua")
    script("get", "scripts", "v.lua", code=1)
    script("rename", "scripts", "v.lua", code=2)
    daemon.stop()


def test_commands_without_a_daemon_use_the_scripts_of_the_state(mstreamd, mstream, tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "v.lua").write_text("function transform(data) error('as the file says') end")
    middlewares = [{"service_name": "scripts", "resource": "v.lua"}]
    source = {"service_name": "made", "resource": "n", "rate": 0, "count": 5}
    source["template"] = '{"_id": {{seq}}, "n": {{seq}}}'
    made = {
        name: config.job(
            name, source, {"service_name": "disk", "resource": f"{name}.jsonl"}, middlewares=middlewares
        )
        for name in ("j", "k")
    }
    daemon, api, path = start(mstreamd, tmp_path, made["j"])
    wait_until(lambda: api.get("/jobs/j")["metrics"]["events_rejected"] == 5, what="five letters")
    put(api, "v.lua", BODY % 2)
    daemon.stop()
    # The file is still wrong; what the state keeps is not.
    mstream("dlq", "replay", "--all", "--config", path)
    path.write_text(path.read_text() + made["k"])
    mstream("run", path, "--once", "--job", "k")
    for name in made:
        assert [(one["n"], one["v"]) for one in lines_of(tmp_path, name)] == [(n, 2) for n in range(1, 6)]
