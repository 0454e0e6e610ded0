# SPDX-License-Identifier: MIT
"""Scripts tried, checked and tested over the API."""

import base64
import json
import threading
import time

import pytest
from support import config
from support.api import Api, jobs_text

MASK = """function transform(data, attributes)
    data.email = mask_email(data.email)
    return data, attributes
end
"""
ENDLESS = "function transform(data) while true do end end"
# Lua counts instructions, so only what takes long in one of them meets the clock.
SLOW = """function transform(data)
    local s = string.rep("a", 100000)
    for i = 1, 100 do string.find(s, ".-.-.-b") end
    return data
end"""


@pytest.fixture
def api(mstreamd):
    return Api(mstreamd(jobs_text("a")))


def run(api, script, payload=None, status=200, **more):
    body = {"script": script, **more}
    if payload is not None:
        body["payload"] = payload
    answer = api.post("/transform/run", body, status=status)
    return answer["item"] if status == 200 else answer


def test_a_script_is_run_on_one_event(api):
    item = run(api, MASK, {"email": "joe@example.org", "n": 1}, attributes={"op": "create"})
    assert item["document"] == {"email": "j***@example.org", "n": 1}
    assert item["attributes"] == {"op": "create"} and item["encoding"] == "json"
    assert item["results"] == [{"document": item["document"], "attributes": {"op": "create"}}]
    assert item["dropped"] is False and item["duration_ms"] >= 0
    assert list(item["document"]) == ["email", "n"]
    # As the published mstream wants it: a text.
    assert run(api, MASK, '{"email": "joe@example.org"}')["document"] == {"email": "j***@example.org"}
    dropped = run(api, "function transform(d) return nil end", {"a": 1})
    assert dropped["dropped"] and dropped["document"] is None and dropped["results"] == []
    fan = run(api, "function transform(d) emit({n=1}) emit({n=2}, {t='x'}) emit(null) end", {})
    assert [r["document"] for r in fan["results"]] == [{"n": 1}, {"n": 2}, None]
    assert fan["results"][1]["attributes"] == {"t": "x"}
    none = run(api, "function transform(d) return {none = d == nil} end")
    assert none["document"] == {"none": True}


def test_types_go_through_a_run_as_they_are(api):
    typed = {
        "long": {"$numberLong": "5"},
        "at": {"$date": "2026-11-21T10:40:05Z"},
        "id": {"$oid": "0123456789abcdef01234567"},
        "price": {"$numberDecimal": "1.50"},
    }
    document = run(api, "function transform(d) d.x = 1 return d end", typed)["document"]
    # A long that is small must say so, else it would be read as an int.
    assert document["long"] == {"$numberLong": "5"} and document["x"] == {"$numberInt": "1"}
    assert document["price"] == typed["price"] and document["id"] == typed["id"]


def test_payloads_come_in_each_encoding(api):
    bson = b"\x0c\x00\x00\x00\x10a\x00\x07\x00\x00\x00\x00"
    echo = "function transform(d) return d end"
    item = run(api, echo, base64.b64encode(bson).decode(), encoding="bson")
    assert item["document"] == {"a": 7} and item["encoding"] == "bson"
    schema = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}]}
    avro = {"schema_encoding": "avro", "body": json.dumps(schema)}
    item = run(api, echo, base64.b64encode(b"\x0e").decode(), encoding="avro", input_schema=avro)
    assert item["document"] == {"a": {"$numberLong": "7"}}
    # What comes out has to be what the schema says.
    item = run(api, echo, {"a": 1}, schema=avro)
    assert item["document"] == {"a": {"$numberLong": "1"}} and item["encoding"] == "avro"
    wrong = run(api, "function transform(d) d.a = 'x' return d end", {"a": 1}, 400, schema=avro)
    assert "the result" in wrong["message"] and "'a'" in wrong["message"]
    json_schema = {"schema_encoding": "json", "body": '{"required": ["b"]}'}
    assert "b" in run(api, echo, {"a": 1}, 400, schema=json_schema)["message"]
    assert "base64" in run(api, echo, "!", 400, encoding="bson")["message"]
    assert "input_schema" in run(api, echo, {}, 400, input_schema={**avro, "body": "{"})["message"]


def test_what_a_script_does_wrong_is_said(api):
    assert "script:1" in run(api, "function transform(", {}, 400)["message"]
    assert "transform" in run(api, "x = 1", {}, 400)["message"]
    said = run(api, "function transform(d)\n error('no tenant')\nend", {}, 400)
    assert said["code"] == "rejected" and "script:2: no tenant" in said["message"]
    assert "instructions" in run(api, ENDLESS, {}, 400)["message"]
    bomb = "function transform(d) local t = {} for i = 1, 1e9 do t[i] = {} end end"
    assert run(api, bomb, {}, 400)["code"] == "rejected"
    flood = "function transform(d) for i = 1, 5000 do emit({}) end end"
    assert "1000 results" in run(api, flood, {}, 400)["message"]
    for broken in ("{", "[1]", '{"a": 1, "a": 2}'):
        assert "payload" in run(api, MASK, broken, 400)["message"]
    assert "attributes" in run(api, MASK, {}, 400, attributes={"a": 1})["message"]


def test_heavy_scripts_starve_nobody(api):
    """Sixteen at once: the API answers, the job moves, and some are told to come again."""
    codes = []
    ends = time.monotonic() + 3

    def flood():
        while time.monotonic() < ends:
            codes.append(api.call("POST", "/transform/run", {"script": SLOW, "payload": {}})[0])

    threads = [threading.Thread(target=flood) for _ in range(16)]
    before = api.get("/jobs/a/metrics")["events_processed"]
    for thread in threads:
        thread.start()
    healthy = 0
    while time.monotonic() < ends:
        assert api.get("/health")["status"] == "healthy"
        api.get("/schemas")  # one that may wait
        healthy += 1
    for thread in threads:
        thread.join()
    assert healthy > 3
    assert set(codes) <= {400, 429} and 429 in codes and 400 in codes
    assert api.get("/jobs/a/metrics")["events_processed"] > before


def diagnose(api, script):
    return api.post("/transform/validate", {"script": script})


def test_mistakes_are_told_with_their_places(api):
    assert diagnose(api, MASK) == {"valid": True, "diagnostics": []}
    two = "function a()\n  local x = = 1\nend\n\nfunction transform(d)\n  return d +\nend\n"
    answer = diagnose(api, two)
    assert answer["valid"] is False
    places = [(d["line"], d["column"], d["severity"]) for d in answer["diagnostics"]]
    assert places == [(2, 13, "error"), (7, 1, "error")]
    for one in answer["diagnostics"]:
        assert (one["end_line"], one["end_column"]) > (one["line"], one["column"])
    missing = diagnose(api, "function transfrom(d) return d end")
    assert not missing["valid"] and "did you mean 'transfrom'" in missing["diagnostics"][0]["message"]
    raised = diagnose(api, "local t = nil\nt.x = 1\nfunction transform(d) return d end")
    assert not raised["valid"] and raised["diagnostics"][0]["line"] == 2


def test_what_looks_wrong_is_a_warning(api):
    script = """local known = {}
seen = 0
function transform(data, attributes, more)
    data.a = mask_emial(data.a)
    totl = 1
    seen = seen + 1
    data.b = string.fromat("%d", totl)
    known.x, data.c = helper(data), state.n
    return data
end
"""
    answer = diagnose(api, script)
    assert answer["valid"] is True
    told = [(d["line"], d["column"], d["message"]) for d in answer["diagnostics"]]
    assert [t[:2] for t in told] == [(3, 10), (4, 14), (5, 5), (7, 21), (8, 23)]
    assert "did you mean 'mask_email'" in told[1][2] and "local totl" in told[2][2]
    assert "did you mean 'string.format'" in told[3][2] and "'helper'" in told[4][2]
    assert all(d["severity"] == "warning" for d in answer["diagnostics"])
    none = diagnose(api, "function transform() return {} end")
    assert "no parameter" in none["diagnostics"][0]["message"]


def test_editors_are_told_the_functions(api):
    found = {one["label"]: one for one in api.get("/transform/completions")}
    assert found["mask_email"]["kind"] == "function" and found["transform"]["kind"] == "snippet"
    keys = {"label", "kind", "detail", "documentation", "insert_text", "is_snippet"}
    assert all(set(one) == keys for one in found.values())


def judged(api, script, *cases, status=200):
    answer = api.post("/transform/test/run", {"script": script, "cases": list(cases)}, status=status)
    return answer["item"] if status == 200 else answer


def test_what_is_expected_is_compared(api):
    """The published mstream passed whatever had no assertions."""
    masked = {"email": "j***@example.org", "n": 1}
    given = {"email": "joe@example.org", "n": 1}
    item = judged(
        api,
        MASK,
        {"name": "right", "input": given, "expected": masked},
        {"name": "wrong", "input": given, "expected": {**masked, "n": {"$numberLong": "1"}}},
        {"name": "more", "input": given, "expected": {**masked, "a": 1}},
        {"name": "less", "input": given, "expected": {"n": 1}},
    )
    assert item["summary"] == {"total": 4, "passed": 1, "failed": 3}
    right, wrong, more, less = item["results"]
    assert right["passed"] and "failures" not in right and right["actual"] == masked
    failure = wrong["failures"][0]
    assert failure["path"] == "n" and failure["message"] == "it is int32 instead of int64"
    assert failure["expected"] == {"$numberLong": "1"} and failure["actual"] == 1
    assert more["failures"][0]["path"] == "a" and more["failures"][0]["actual"] is None
    assert less["failures"][0]["path"] == "email" and less["failures"][0]["expected"] is None


def test_drops_results_errors_and_attributes_are_expected(api):
    script = """function transform(data, attributes)
    if data.kind == "drop" then return nil end
    if data.kind == "bad" then error("no such kind") end
    if data.kind == "two" then emit({n = 1}) emit({n = 2}) return end
    attributes.seen = "yes"
    return data, attributes
end"""
    item = judged(
        api,
        script,
        {"name": "drop", "input": {"kind": "drop"}, "expected": None},
        {"name": "not dropped", "input": {"kind": "x"}, "expected": None},
        {"name": "bad", "input": {"kind": "bad"}, "expected_error": "no such kind"},
        {"name": "any error", "input": {"kind": "bad"}, "expected_error": True},
        {"name": "another error", "input": {"kind": "bad"}, "expected_error": "timeout"},
        {"name": "no error", "input": {"kind": "x"}, "expected_error": True},
        {"name": "surprise", "input": {"kind": "bad"}, "expected": {}},
        {"name": "two", "input": {"kind": "two"}, "expected": [{"n": 1}, {"n": 2}]},
        {"name": "not two", "input": {"kind": "two"}, "expected": {"n": 1}},
        {
            "name": "attributes",
            "input": {"kind": "x"},
            "attributes": {"op": "create"},
            "expected_attributes": {"op": "create", "seen": "yes"},
        },
        {"name": "no such", "input": {}, "expected_attributes": {"seen": "no"}},
        {"name": "row", "inputs": [{"a": 1}, {"kind": "drop"}, {"a": 2}], "expected": [{"a": 1}, {"a": 2}]},
    )
    passed = [one["name"] for one in item["results"] if one["passed"]]
    assert passed == ["drop", "bad", "any error", "two", "attributes", "row"]
    by_name = {one["name"]: one for one in item["results"]}
    assert by_name["no such"]["failures"][0]["path"] == "@seen"
    assert "2 results instead of 1" in by_name["not two"]["failures"][0]["message"]
    assert "no such kind" in by_name["surprise"]["error"]


def test_assertions_hold_or_say_why(api):
    echo = "function transform(d, a) return d, a end"
    given = {
        "n": 5,
        "big": {"$numberLong": "9007199254740993"},
        "text": "hello world",
        "list": [{"c": 1}, {"c": 2}],
        "sub": {"x": 1, "y": 2},
        "at": {"$date": "2026-11-21T00:00:00Z"},
        "none": None,
    }
    good = [
        ("n", "equals", 5),
        ("list[1].c", "equals", 2),
        ("list.1.c", "equals", 2),
        ("", "contains", {"n": 5}),
        ("sub", "equals", {"y": 2, "x": 1}),
        ("text", "contains", "lo w"),
        ("list", "contains", {"c": 2}),
        ("n", "type_matches", "int32"),
        ("n", "type_matches", "number"),
        ("at", "type_matches", "date"),
        ("n", "gt", 4.5),
        ("n", "gte", 5),
        ("n", "lt", {"$numberDecimal": "5.1"}),
        ("big", "gt", 9007199254740992.0),
        ("text", "lte", "hello world"),
        ("at", "gt", {"$date": "2026-01-01T00:00:00Z"}),
        ("none", "exists", True),
        ("nothing", "exists", False),
        ("text", "matches", "^hello\\s+w"),
        ("@tenant", "equals", "north"),
    ]
    bad = [
        ("n", "equals", 5.0),
        ("list[2].c", "equals", 2),
        ("text", "contains", "xyz"),
        ("list", "contains", {"c": 3}),
        ("n", "type_matches", "string"),
        ("n", "gt", 5),
        ("text", "gt", 1),
        ("nothing", "lt", 1),
        ("n", "exists", False),
        ("text", "matches", "^world"),
        ("n", "matches", "5"),
        ("@nobody", "exists", True),
    ]

    def case(name, rows):
        assertions = [{"path": p, "assert_type": t, "expected_value": v} for p, t, v in rows]
        return {"name": name, "input": given, "attributes": {"tenant": "north"}, "assertions": assertions}

    item = judged(api, echo, case("good", good), case("bad", bad))
    first, second = item["results"]
    assert first["passed"], first["failures"]
    failed = [(f["path"], f["assert_type"]) for f in second["failures"]]
    assert failed == [(p, t) for p, t, _ in bad]
    assert all(f["message"] for f in second["failures"])


def test_strict_mode_wants_something_said_of_everything(api):
    echo = "function transform(d) return d end"
    given = {"a": 1, "list": [{"x": 1, "y": 2}]}

    def case(name, *paths, **more):
        said = [{"path": p, "assert_type": "exists"} for p in paths]
        return {"name": name, "input": given, "assertions": said, "strict_mode": True, **more}

    item = judged(
        api,
        echo,
        case("all", "a", "list[0].x", "list.0.y"),
        case("some", "a", "list[0].x"),
        case("whole", expected=given),
    )
    assert [one["passed"] for one in item["results"]] == [True, False, True]
    assert [f["path"] for f in item["results"][1]["failures"]] == ["list[0].y"]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"input": {}}, "name"),
        ({"name": "x"}, "input"),
        ({"name": "x", "input": 7}, "input"),
        ({"name": "x", "input": {}, "expcted": {}}, "expcted"),
        ({"name": "x", "input": {}, "expected": {}, "expected_error": True}, "both"),
        ({"name": "x", "input": {}, "assertions": [{"path": "a"}]}, "assert_type"),
        ({"name": "x", "input": {}, "assertions": [{"path": "a..b", "assert_type": "exists"}]}, "a..b"),
        ({"name": "x", "input": {}, "assertions": [{"path": "a[x]", "assert_type": "exists"}]}, "a[x]"),
        ({"name": "x", "input": {}, "assertions": [{"path": "a", "assert_type": "is"}]}, "assert_type"),
        ({"name": "x", "input": {}, "assertions": [{"path": "a", "assert_type": "equals"}]}, "expected_value"),
        (
            {"name": "x", "input": {}, "assertions": [{"path": "a", "assert_type": "type_matches", "expected_value": "strng"}]},
            "strng",
        ),
    ],
)
def test_a_case_that_is_none_is_refused(api, case, said):
    answer = judged(api, MASK, case, status=400)
    assert said in answer["message"]


def test_cases_are_made_of_a_sample(api):
    script = """function transform(data)
    if data.email == nil then error("no email") end
    data.email = mask_email(data.email)
    data.total = data.price * 2
    data.at = now()
    return data
end"""
    sample = {"email": "joe@example.org", "price": 3, "tags": ["a"], "sub": {"x": 1.5}}
    answer = api.post(
        "/transform/test/generate", {"script": script, "sample_input": sample, "max_cases": 200}
    )
    item = answer["item"]
    assert item["input_schema"]["type"] == "object" and item["left_out"] == 0
    cases = {case["name"]: case for case in item["cases"]}
    # What differs each time is expected by its type.
    baseline = cases["baseline"]
    assert baseline["input"] == sample and "expected" not in baseline
    said = {a["path"]: (a["assert_type"], a["expected_value"]) for a in baseline["assertions"]}
    assert said["at"] == ("type_matches", "date") and said["total"] == ("equals", 6)
    assert cases["email is absent"]["expected_error"] == "no email"
    assert "attempt to" in cases["price is a text"]["expected_error"]
    for name in ("email is null", "email is empty", "email is not ASCII", "email is a number",
                 "price is the greatest of 64 bits", "sub is empty", "sub.x is no number",
                 "tags has null in it", "tags[0] is empty", "the document is empty",
                 "there is no document"):
        assert name in cases, name
    # Those that the script names come first.
    assert [case["name"] for case in item["cases"]][1].startswith("email")
    # All of them hold.
    ran = judged(api, script, *item["cases"])
    assert ran["summary"]["failed"] == 0, [r for r in ran["results"] if not r["passed"]]
    few = api.post("/transform/test/generate", {"script": script, "sample_input": sample, "max_cases": 3})
    assert len(few["item"]["cases"]) == 3 and few["item"]["left_out"] > 10
    assert "script:1" in api.post("/transform/test/generate", {"script": "x(", "sample_input": {}}, 400)["message"]


SUITE = {
    "name": "masks",
    "description": "what is said of it",
    "context": {"type": "lua", "script": MASK},
    "cases": [
        {"name": "good", "input": {"email": "joe@example.org"}, "expected": {"email": "j***@example.org"}},
        {"name": "bad", "input": {"email": "joe@example.org"}, "expected": {"email": "joe"}},
    ],
}


def test_suites_are_kept_and_run_by_id(api):
    status, headers, made = api.call("POST", "/test-suites", SUITE)
    assert status == 201, made
    item = made["item"]
    assert headers["Location"] == f"/test-suites/{item['id']}" and len(item["id"]) == 36
    path = headers["Location"]
    assert {key: item[key] for key in SUITE} == SUITE
    status, headers, got = api.call("GET", path)
    assert got == item and headers["ETag"]
    assert api.call("GET", path, headers={"If-None-Match": headers["ETag"]})[0] == 304
    brief = {"id": item["id"], "name": "masks", "description": "what is said of it", "case_count": 2}
    assert api.get("/test-suites") == [brief]
    ran = api.post(f"{path}/run")["item"]
    assert ran["summary"] == {"total": 2, "passed": 1, "failed": 1}
    # Another version of the script, without keeping it.
    other = "function transform(d) return {email = 'joe'} end"
    ran = api.post(f"{path}/run", {"script": other})["item"]
    assert [one["passed"] for one in ran["results"]] == [False, True]
    assert "script:1" in api.post(f"{path}/run", {"script": "x("}, status=400)["message"]
    # What was read may be sent back; what is left out is gone.
    less = {key: got[key] for key in got if key != "description"}
    less["cases"] = got["cases"][:1]
    status, changed_headers, changed = api.call("PUT", path, less)
    assert status == 200 and "description" not in changed["item"]
    assert changed["item"]["created_at"] == got["created_at"]
    assert api.get("/test-suites")[0]["case_count"] == 1
    # Who read it before is told.
    old = {"If-Match": headers["ETag"]}
    assert api.call("PUT", path, less, old)[0] == 412
    assert api.call("DELETE", path, headers=old)[0] == 412
    assert api.call("DELETE", path, headers={"If-Match": changed_headers["ETag"]})[0] == 200
    for method, rest in (("GET", ""), ("DELETE", ""), ("POST", "/run")):
        assert api.call(method, path + rest)[0] == 404, method
    assert api.call("PUT", path, less)[0] == 404


def test_a_suite_that_is_there_is_not_written_over(api):
    mine = {**SUITE, "id": "masks"}
    assert api.post("/test-suites", mine, status=201)["item"]["id"] == "masks"
    answer = api.post("/test-suites", {**mine, "name": "other"}, status=409)
    assert "masks" in answer["message"] and "PUT" in answer["hint"]
    assert api.get("/test-suites/masks")["name"] == "masks"
    status, _, answer = api.call("POST", "/test-suites", mine, {"If-None-Match": "*"})
    assert (status, answer["code"]) == (412, "changed")
    for i in range(3):
        api.post("/test-suites", {**SUITE, "id": f"n{i}"}, status=201)
    ids = [one["id"] for one in api.get("/test-suites?limit=2")]
    assert ids == ["masks", "n0"]
    assert [one["id"] for one in api.get("/test-suites?limit=2&after=n0")] == ["n1", "n2"]


def test_a_suite_that_could_not_be_run_is_refused(api):
    for wrong, path in [
        ({"context": {"type": "rhai", "script": ""}}, "context.type"),
        ({"context": {"type": "lua"}}, "context.script"),
        ({"context": {"type": "http"}}, "context.endpoint"),
        ({"context": {}}, "context.type"),
        ({"name": 7}, "name"),
        ({"id": "x" * 200}, "id"),
    ]:
        assert api.post("/test-suites", {**SUITE, **wrong}, status=422)["path"] == path
    broken = {**SUITE, "cases": [{"name": "x", "input": {}, "expectd": {}}]}
    assert "did you mean 'expected'" in api.post("/test-suites", broken, status=422)["hint"]
    assert api.get("/test-suites") == []
    http = {**SUITE, "id": "h", "context": {"type": "http", "endpoint": "http://127.0.0.1/x"}}
    api.post("/test-suites", http, status=201)
    assert "script" in api.post("/test-suites/h/run", status=422)["hint"]
    assert api.post("/test-suites/h/run", {"script": MASK})["item"]["summary"]["passed"] == 1


WORKSPACE = {
    "name": "my desk",
    "script": {"service_name": "scripts", "resource": "mask.lua"},
    "input": '{"email": "a@b"}',
    "schema": {"schema_id": "orders", "service_name": "m"},
    "test_suite_id": "masks",
}


def test_workspaces_are_kept(api):
    made = api.post("/workspaces", WORKSPACE, status=201)["item"]
    path = f"/workspaces/{made['id']}"
    assert {key: made[key] for key in WORKSPACE} == WORKSPACE
    assert api.get(path) == made
    assert api.get("/workspaces") == [{"id": made["id"], "name": "my desk"}]
    status, _, answer = api.call("PUT", path, {"name": "empty"})
    assert status == 200
    kept = {"id": made["id"], "name": "empty", "created_at": made["created_at"]}
    assert {k: v for k, v in answer["item"].items() if k != "updated_at"} == kept
    assert api.get(path) == answer["item"]
    assert api.call("PUT", path, {"name": "x", "id": "other"})[0] == 422
    for wrong in ({"script": {"service_name": "s"}}, {"schema": {"schema_id": 1, "service_name": "m"}}):
        assert api.post("/workspaces", {"name": "x", **wrong}, status=422)["code"]
    assert api.call("DELETE", path)[0] == 200 and api.call("DELETE", path)[0] == 404


def test_what_is_kept_outlives_the_daemon(mstreamd):
    text = jobs_text("a")
    daemon = mstreamd(text)
    Api(daemon).post("/test-suites", {**SUITE, "id": "s"}, status=201)
    Api(daemon).post("/workspaces", {**WORKSPACE, "id": "w"}, status=201)
    daemon.stop()
    after = Api(mstreamd(text))
    assert after.get("/test-suites/s")["cases"] == SUITE["cases"]
    assert after.get("/workspaces/w")["input"] == WORKSPACE["input"]
    assert after.post("/test-suites/s/run")["item"]["summary"]["total"] == 2


def test_mongodb_keeps_them_where_it_is_told(mstreamd, mongodb):
    text = jobs_text("a") + config.mongodb(mongodb.uri, mongodb.name)
    text += config.table("[system]", {
        "test_suites": {"service_name": "m", "resource": "suites"},
        "workspaces": {"service_name": "m", "resource": "desks"},
    })
    api = Api(mstreamd(text))
    api.post("/test-suites", {**SUITE, "id": "s"}, status=201)
    api.post("/workspaces", {**WORKSPACE, "id": "w"}, status=201)
    assert api.post("/test-suites/s/run")["item"]["summary"]["passed"] == 1
    found = mongodb.db["suites"].find_one({"_id": {"kind": "test suite", "name": "s"}})
    # Readable for people.
    assert json.loads(found["suite"])["name"] == "masks"
    assert mongodb.db["desks"].count_documents({}) == 1
    assert api.call("DELETE", "/workspaces/w")[0] == 200
    assert mongodb.db["desks"].count_documents({}) == 0
