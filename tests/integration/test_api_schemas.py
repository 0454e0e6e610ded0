# SPDX-License-Identifier: MIT
"""Schemas and services of a daemon's API: what is made, kept, and asked of servers."""

import json
import socket
import time

import pytest
from support import config
from support.api import Api, jobs_text

RECORD = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}


@pytest.fixture
def api(mstreamd):
    return Api(mstreamd(jobs_text("a")))


def field(name, **more):
    return {**RECORD, "fields": [*RECORD["fields"], {"name": name, "type": "int", **more}]}


def test_a_document_is_made_up_by_a_schema(api):
    schema = {
        "type": "object",
        "required": ["n", "s"],
        "properties": {"n": {"type": "integer", "minimum": 3, "maximum": 5}, "s": {"type": "string"}},
    }
    made = api.post("/schema/fill", {"schema": schema})
    assert 3 <= made["n"] <= 5 and isinstance(made["s"], str)
    assert api.post("/schema/fill", {"schema": json.dumps(schema), "seed": 1}) == made
    assert isinstance(api.post("/schema/fill", {"schema": RECORD})["a"], int)
    schema["properties"]["n"]["minimum"] = 9
    answer = api.post("/schema/fill", {"schema": schema}, status=422)
    assert "minimum" in answer["message"]
    assert api.post("/schema/fill", {"schema": "no"}, status=422)["code"] == "invalid"
    assert api.post("/schema/fill", {}, status=422)["path"] == "schema"


def test_schemas_are_turned_into_the_other_kind(api):
    source = {"schema_encoding": "avro", "body": json.dumps(RECORD)}
    answer = api.post("/schema/convert", {"source": source, "target_encoding": "json"})
    assert answer["encoding"] == "json"
    there = json.loads(answer["schema"])
    assert there["properties"]["a"]["type"] == "integer"
    back = {"schema_encoding": "json", "body": answer["schema"]}
    options = {"name": "Order", "namespace": "shop"}
    asked = {"source": back, "target_encoding": "avro", "options": options}
    made = json.loads(api.post("/schema/convert", asked)["schema"])
    assert made["type"] == "record" and made["fields"][0]["name"] == "a"
    for wrong, path in [
        ({"source": source, "target_encoding": "avro"}, "target_encoding"),
        ({"source": {**source, "schema_encoding": "xml"}, "target_encoding": "json"}, "source.schema_encoding"),
        ({"source": {**source, "body": 7}, "target_encoding": "json"}, "source.body"),
        ({"source": {"schema_encoding": "avro"}, "target_encoding": "json"}, "source.body"),
        ({"source": source}, "target_encoding"),
    ]:
        assert api.post("/schema/convert", wrong, status=422)["path"] == path
    broken = {"schema_encoding": "avro", "body": '{"type":"rec"}'}
    api.post("/schema/convert", {"source": broken, "target_encoding": "json"}, status=422)


def test_subjects_have_versions_that_fit_each_other(api, mstream):
    assert api.get("/schemas") == []
    api.get("/schemas/orders", status=404)
    path = "/schemas/orders"
    dry = api.post(path, {"schema": RECORD, "dry_run": True})
    assert (dry["version"], dry["dry_run"]) == (1, True)
    first = api.post(path, {"schema": RECORD})
    assert (first["version"], first["new"]) == (1, True)
    again = api.post(path, {"schema": json.dumps(RECORD)})
    assert (again["version"], again["id"], again["new"]) == (1, first["id"], False)
    answer = api.post(path, {"schema": field("b")}, status=422)
    assert "BACKWARD" in answer["message"] and "b" in answer["message"]
    assert api.post(path, {"schema": field("b", default=0)})["version"] == 2
    assert api.post(path, {"compatibility": "NONE"})["subject"] == "orders"
    assert api.post(path, {"schema": field("c")})["version"] == 3
    shown = api.get(path)
    assert shown["compatibility"] == "NONE"
    assert [one["version"] for one in shown["versions"]] == [1, 2, 3]
    assert json.loads(shown["versions"][0]["definition"]) == RECORD
    newest = api.get(f"{path}/versions/latest")
    assert newest["version"] == 3 and json.loads(newest["definition"]) == field("c")
    assert api.get(f"{path}/versions/1")["id"] == first["id"]
    for wrong in ("0", "9", "x", "99999999999999999999"):
        api.get(f"{path}/versions/{wrong}", status=404)
    assert api.call("DELETE", f"{path}/versions/3")[0] == 200
    assert api.call("DELETE", f"{path}/versions/3")[0] == 404
    api.post("/schemas/zebra", {"schema": RECORD})
    assert [one["subject"] for one in api.get("/schemas")] == ["orders", "zebra"]
    assert [one["subject"] for one in api.get("/schemas?after=orders&limit=1")] == ["zebra"]
    assert api.call("DELETE", path)[0] == 200
    assert [one["subject"] for one in api.get("/schemas")] == ["zebra"]
    assert api.post(path, {}, status=422)["path"] == "schema"
    assert api.post(path, {"compatibility": "SOME"}, status=422)["path"] == "compatibility"


def test_a_service_is_tested_and_looked_into(mstreamd, mongodb):
    for i in range(30):
        mongodb.db.people.insert_one({"name": "x", "n": i} if i % 3 else {"name": "x"})
    mongodb.db.others.insert_one({"a": 1})
    text = jobs_text("a") + config.mongodb(mongodb.uri, mongodb.name)
    api = Api(mstreamd(text))
    tested = api.post("/services/m/test")
    assert tested["ok"], tested
    assert {one["level"] for one in tested["findings"]} <= {"ok", "warn"}
    names = api.get("/services/m/resources")
    assert names["service_name"] == "m"
    assert {"name": "people", "resource_type": "collection"} in names["resources"]
    found = api.get("/services/m/schema/introspect?resource=people&sample_size=30")
    assert sum(one["sample_count"] for one in found) >= 30
    assert abs(sum(one["share_percent"] for one in found) - 100) < 0.1
    assert found[0]["share_percent"] >= found[-1]["share_percent"]
    assert "name" in found[0]["schema"]["properties"]
    api.get("/services/m/schema/introspect?resource=nothing", status=404)
    api.get("/services/m/schema/introspect", status=400)
    assert "generate" in api.get("/services/made/resources", status=422)["message"]
    assert api.post("/services/made/test")["ok"]
    api.post("/services/nobody/test", status=404)
    api.get("/services/nobody/resources", status=404)


def test_schemas_of_a_service_have_the_published_shape(mstreamd, mongodb):
    api = Api(mstreamd(jobs_text("a") + config.mongodb(mongodb.uri, mongodb.name)))
    mongodb.db.schemas.insert_one(
        {"id": "0f1e", "name": "old", "encoding": "avro", "definition": '"int"'}
    )
    path = "/services/m/schemas"
    body = {"id": "order", "encoding": "avro", "definition": json.dumps(RECORD)}
    made = api.post(path, body, status=201)["item"]
    assert (made["id"], made["encoding"], made["version"]) == ("order", "avro", 1)
    assert json.loads(made["definition"]) == RECORD
    broken = {**body, "definition": json.dumps(field("b"))}
    assert "BACKWARD" in api.post(path, broken, status=422)["message"]
    assert [one["id"] for one in api.get(path)] == ["old", "order"]
    assert set(api.get(path)[0]) == {"id", "name", "encoding"}
    assert [one["id"] for one in api.get(f"{path}?after=old")] == ["order"]
    assert api.get(f"{path}/0f1e")["definition"] == '"int"'
    assert api.get(f"{path}/order") == made
    assert api.call("DELETE", f"{path}/order")[0] == 200
    assert api.call("DELETE", f"{path}/order")[0] == 404
    api.get(f"{path}/order", status=404)
    assert api.get("/schemas") == []
    assert api.post(path, {**body, "id": ""}, status=422)["path"] == "name"
    assert "generate" in api.get("/services/made/schemas", status=422)["message"]


def test_a_server_that_does_not_answer_holds_nobody_up(mstreamd):
    """An address that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"mongodb://u:canary-word@127.0.0.1:{silent.getsockname()[1]}/?directConnection=true"
        daemon = mstreamd(jobs_text("a") + config.mongodb(uri, "d"))
        api = Api(daemon)
        began = time.monotonic()
        tested = api.post("/services/m/test?timeout=1s")
        assert not tested["ok"]
        assert api.get("/services/m/resources?timeout=1s", status=503)["message"]
        assert api.get("/services/m/schema/introspect?resource=x&timeout=1s", status=503)["message"]
        assert api.get("/services/m/schemas", status=503)["message"]
        assert time.monotonic() - began < 30
        assert "canary-word" not in json.dumps(tested) + daemon.stderr()
        assert api.get("/livez")
