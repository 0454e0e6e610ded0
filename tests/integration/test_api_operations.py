# SPDX-License-Identifier: MIT
"""Every operation that openapi.json lists, called as no client should.

The tests walk the description, so that an operation is covered from the day
it is there.
"""

import itertools
import json

import pytest
from support.api import Api, jobs_text

ROLES = ("anyone", "read", "operate", "admin")
# What a field may not be, by what it is.
WRONG = {
    "string": (None, 7, 1.5, True, [], ["x"], {"a": 1}),
    "integer": (None, "x", 1.5, True, [], {}, 1 << 70, -(1 << 70)),
    "boolean": (None, "x", 1, 0.5, [], {}),
    "object": (None, 7, True, [], ["x"]),
    "array": (None, 7, True, "x", {}),
    "number": (None, "x", True, [], {}),
}


def operations(api):
    """Yield (method, path to ask, what is said of it)."""
    text = api.get("/openapi.json")
    for form, methods in text["paths"].items():
        path = form
        while "{" in path:
            name = path[path.index("{") + 1 : path.index("}")]
            path = path.replace(f"{{{name}}}", "a" if name == "name" else "1")
        for method, one in methods.items():
            yield method.upper(), path, one


def call(api, method, path, body=None, headers=None):
    """Return (status, answer); of streams only the head is awaited."""
    headers = dict(headers or {})
    if api.token:
        headers.setdefault("Authorization", f"Bearer {api.token}")
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
    connection = api.connect(timeout=60)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        kind = answer.getheader("Content-Type") or ""
        text = b"" if kind.startswith("text/event-stream") else answer.read()
    finally:
        connection.close()
    assert kind, (method, path)
    return answer.status, json.loads(text) if kind.startswith("application/json") else text


def refused(api, method, path, body, what):
    """It is the client's fault, and is said in the one shape of errors."""
    status, answer = call(api, method, path, body)
    assert 400 <= status < 500, (what, status, answer)
    assert isinstance(answer["message"], str) and isinstance(answer["code"], str), what
    assert set(answer) <= {"message", "code", "path", "hint", "problems"}, what
    # Of a definition with several mistakes each is said, the first in front.
    for problem in answer.get("problems", []):
        assert isinstance(problem["message"], str), what


def kinds(field):
    kind = field.get("type", ())
    return {kind} if isinstance(kind, str) else set(kind)


def wrong_values(field):
    """What no type that the field may be of takes."""
    mine = kinds(field)
    if not mine:
        return [None] if field.get("type") else []
    values = [v for v in WRONG[sorted(mine)[0]] if not fits(v, mine)]
    if "enum" in field:
        values.append("none-of-these")
    if mine == {"string"} and "maxLength" in field:
        values.append("x" * (field["maxLength"] + 1))
    if "integer" in mine and "maximum" in field and field["maximum"] < (1 << 63) - 1:
        values += [field["maximum"] + 1, field["minimum"] - 1]
    return values


def fits(value, mine):
    kind = {str: "string", bool: "boolean", dict: "object", list: "array", float: "number"}
    if isinstance(value, bool):
        return "boolean" in mine
    if isinstance(value, int):
        small = -(1 << 63) <= value < 1 << 63
        return "number" in mine or ("integer" in mine and small)
    return value is not None and kind[type(value)] in mine


@pytest.fixture
def api(mstreamd):
    return Api(mstreamd(jobs_text("a")))


def test_every_field_of_every_body_is_checked(api):
    seen = 0
    for method, path, one in operations(api):
        if "requestBody" not in one:
            continue
        schema = one["requestBody"]["content"]["application/json"]["schema"]
        fields = schema.get("properties", {})
        needed = schema.get("required", [])
        what = (method, path)
        for text in ("null", "[]", "7", '"x"', "{", "{} {}", "[" * 3000 + "]" * 3000):
            refused(api, method, path, text, (*what, text[:20]))
        deep = '{"a":' * 100 + "1" + "}" * 100
        refused(api, method, path, deep, (*what, "deep"))
        refused(api, method, path, '{"no such field": 1}', (*what, "unknown"))
        for left_out in needed:
            rest = {name: "x" for name in needed if name != left_out}
            refused(api, method, path, json.dumps(rest), (*what, left_out, "missing"))
        for name, field in fields.items():
            seen += 1
            nested = json.dumps({name: 1}).replace("1", '{"a":' * 100 + "1" + "}" * 100)
            refused(api, method, path, nested, (*what, name, "deep"))
            for value in wrong_values(field):
                text = json.dumps({name: value})
                refused(api, method, path, text, (*what, name, text[:40]))
    assert seen >= 5


def test_every_key_of_every_query_is_checked(api):
    seen = 0
    for method, path, one in operations(api):
        refused(api, method, f"{path}?no_such_key=1", None, (method, path))
        for field in one["parameters"]:
            if field["in"] != "query":
                continue
            seen += 1
            name = field["name"]
            values = ["%00", "%FF", "%", "x" * 5000]
            if "integer" in kinds(field["schema"]):
                values += ["", "x", "1.5", "1e3", str(1 << 70), "-1"]
            if "enum" in field["schema"] or field["schema"].get("format") == "date-time":
                values += ["", "none-of-these"]
            for value in values:
                what = (method, path, name, value[:40])
                refused(api, method, f"{path}?{name}={value}", None, what)
            refused(api, method, f"{path}?{name}=1&{name}=1", None, (method, path, name, "twice"))
    assert seen >= 5


def test_every_operation_asks_for_its_role(mstreamd, mstream, tmp_path):
    file = tmp_path / "tokens"
    tokens = {"anyone": None}
    for role in ROLES[1:]:
        made = mstream("token", "create", role, "--role", role, "--file", file)
        tokens[role] = made.out.strip()
    api = Api(mstreamd(jobs_text("a", tokens_file=str(file))), tokens["admin"])
    walked = list(operations(api))
    for role, (method, path, one) in itertools.product(ROLES, walked):
        api.token = tokens[role]
        status, answer = call(api, method, path)
        what = (role, method, path, status, answer)
        if ROLES.index(role) >= ROLES.index(one["x-role"]):
            assert status not in (401, 403) and status < 500, what
        else:
            assert status == (401 if role == "anyone" else 403), what
            assert answer["code"] in ("unauthorized", "forbidden"), what


def test_no_operation_is_for_pages_of_others(api):
    own = {"Host": f"127.0.0.1:{api.port}"}
    for method, path, _ in operations(api):
        for origin in ("http://evil.example", "null", f"http://127.0.0.1:{api.port + 1}", ""):
            status, answer = call(api, method, path, headers={**own, "Origin": origin})
            assert (status, answer["code"]) == (403, "foreign_origin"), (method, path, origin)
        status, answer = call(api, method, path, headers={"Host": "evil.example"})
        assert (status, answer["code"]) == (403, "foreign_host"), (method, path)


def test_no_operation_takes_a_body_whose_length_is_said_twice(api):
    for method, path, _ in operations(api):
        for more in ("Transfer-Encoding: chunked", "Content-Length: 2", "Content-Length: 3"):
            head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n{more}"
            got = api.raw(head.encode() + b"\r\n\r\n0\r\n\r\n{}")
            assert got.startswith(b"HTTP/1.1 400"), (method, path, more, got[:200])
            assert got.count(b"HTTP/1.1 ") == 1, (method, path, more)


def test_every_path_says_which_methods_it_takes(api):
    paths = {}
    for method, path, _ in operations(api):
        paths.setdefault(path, set()).add(method)
    for path, methods in paths.items():
        connection = api.connect()
        connection.request("PATCH", path)
        answer = connection.getresponse()
        assert answer.status == 405, path
        assert set(answer.getheader("Allow").split(", ")) >= methods, path
        connection.close()
