# SPDX-License-Identifier: MIT
"""The built-in middlewares, each by what a dry run shows."""

import json
import re

import pytest
from support import ROOT, config

DOC = {
    "_id": 1,
    "name": "Ada",
    "email": "ada@example.org",
    "phone": "+49 170 1234",
    "total": 12.5,
    "paid": True,
    "gift": None,
    "address": {"city": "London", "geo": {"lat": 1, "lon": 2}},
    "items": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}],
    "at": {"$date": "2026-11-21T10:00:00Z"},
    "oid": {"$oid": "0102030405060708090a0b0c"},
    "dec": {"$numberDecimal": "1.50"},
}

HASH = "a361fc0516894a29805742d18c2062065108996bdee21d8eecda9c133147d723"


def without(*names, **changes):
    return {**{k: v for k, v in DOC.items() if k not in names}, **changes}


def job(folder, middlewares, doc=DOC, count=1, **source):
    made = {"service_name": "load", "resource": "made", "rate": 0, "count": count}
    made["template"] = doc if isinstance(doc, str) else json.dumps(doc)
    made.update(source)
    sink = {"service_name": "out", "resource": "out.jsonl", "output_encoding": "json"}
    path = folder / "job.toml"
    path.write_text(
        config.state()
        + config.service("generate", "load")
        + config.service("file", "out", path="./out")
        + config.job("job", made, sink, middlewares=middlewares)
    )
    return path


def dry_run(mstream, middlewares, doc=DOC, code=0, **source):
    path = job(mstream.folder, middlewares, doc, **source)
    count = str(source.get("count", 1))
    shown = mstream("dry-run", path, "--job", "job", "--json", "--limit", count, code=code)
    return [json.loads(line) for line in shown.out.splitlines()]


def use(name, **options):
    return {"service_name": name, **options}


CHANGES = [
    (use("project", fields=["_id", "address.city", "items.sku"]),
     {"_id": 1, "address": {"city": "London"}, "items": [{"sku": "a"}, {"sku": "b"}]}),
    (use("project", remove=["address.geo", "items.n", "gift", "not.there"]),
     without("gift", address={"city": "London"}, items=[{"sku": "a"}, {"sku": "b"}])),
    (use("rename", fields={"name": "first", "address.city": "town", "items.n": "count"}),
     {("first" if k == "name" else k): v for k, v in without(
         address={"town": "London", "geo": {"lat": 1, "lon": 2}},
         items=[{"sku": "a", "count": 1}, {"sku": "b", "count": 2}]).items()}),
    (use("rename", fields={"name": "email"}),
     {("email" if k == "name" else k): v for k, v in without("email").items()}),
    (use("mask", fields=["name", "items.sku", "total", "gift"]),
     without(name="***", total=None,
             items=[{"sku": "*", "n": 1}, {"sku": "*", "n": 2}])),
    (use("mask", fields=["email"], **{"with": "email"}), without(email="a***@example.org")),
    (use("mask", fields=["phone"], **{"with": "phone"}), without(phone="********1234")),
    (use("mask", fields=["at"], **{"with": "year"}),
     without(at={"$date": "2026-01-01T00:00:00Z"})),
    (use("mask", fields=["name"], salt="pepper", **{"with": "hash"}), without(name=HASH)),
    (use("mask", fields=["address"], **{"with": "null"}), without(address=None)),
    (use("set", fields={"source": "shop", "address.zip": "N1"}, json={"v": "2", "t": "[]"}),
     without(address={**DOC["address"], "zip": "N1"}, source="shop", v=2, t=[])),
    (use("set", fields={"name": "x", "new": "y"}, keep=True), without(new="y")),
    (use("set", attributes={"kind": "op", "from": "collection", "none": "missing"}),
     without(**{"kind": "create", "from": "made"})),
    (use("flatten"), {
        **without("address", "items", "at", "oid", "dec"), "address_city": "London",
        "address_geo_lat": 1, "address_geo_lon": 2, "items": DOC["items"],
        "at": DOC["at"], "oid": DOC["oid"], "dec": DOC["dec"]}),
    (use("flatten", separator=".", arrays=True), {
        **without("address", "items", "at", "oid", "dec"), "address.city": "London",
        "address.geo.lat": 1, "address.geo.lon": 2, "items.0.sku": "a", "items.0.n": 1,
        "items.1.sku": "b", "items.1.n": 2,
        "at": DOC["at"], "oid": DOC["oid"], "dec": DOC["dec"]}),
]  # fmt: skip


@pytest.mark.parametrize("encoding", ["json", "bson"])
@pytest.mark.parametrize(("step", "expected"), CHANGES, ids=lambda v: v.get("service_name", ""))
def test_a_document_is_changed(mstream, step, expected, encoding):
    (shown,) = dry_run(mstream, [step], format=encoding)
    found = json.loads(shown["payload"])
    assert found == expected
    # New fields come in the order of names; others stay where they are.
    if step["service_name"] not in ("flatten", "set"):
        assert list(found) == list(expected)


CONDITIONS = [
    ("total > 12", True), ("total >= 12.5 and total <= 12.5", True), ("total < 12.5", False),
    ("dec == 1.5", True), ("_id == 1", True), ("_id != 1", False), ("_id == '1'", False),
    ("name == 'Ada'", True), ('name < "Bob"', True), ("name > 5", False), ("name != 5", True),
    ("paid == true", True), ("paid == false", False), ("paid", None),
    ("gift == null", True), ("nothing == null", True), ("name == null", False),
    ("nothing != 5", True), ("nothing < 5", False), ("exists gift", True),
    ("exists nothing", False), ("not exists address.geo.lat", False),
    ("address.city == 'London' and items[1].n == 2", True),
    ("at > '2026-01-01T00:00:00Z'", True), ("at < '2026-01-01T00:00:00Z'", False),
    ("oid == '0102030405060708090a0b0c'", True), ("oid > '0102030405060708090a0b0a'", True),
    ("@op == 'create'", True), ("@collection == 'made'", True), ("@none == null", True),
    ("name == 'x' or (total > 1 and not (paid == false))", True),
    ("name == 'x' or name == 'y' and paid == true", False),
    ("", None), ("name = 'Ada'", None), ("name == Ada", None), ("(name == 'x'", None),
    ("name == 'x", None), ("name == 'x' name", None), ("> 5", None), ("not " * 60 + "a == 1", None),
]  # fmt: skip


@pytest.mark.parametrize(("where", "holds"), CONDITIONS)
def test_a_filter_lets_pass_what_its_condition_says(mstream, where, holds):
    if holds is None:
        path = job(mstream.folder, [use("filter", where=where)])
        said = mstream("validate", path, code=2)
        assert "the condition is wrong at character" in said.out + said.err or not where
        return
    (shown,) = dry_run(mstream, [use("filter", where=where)])
    assert ("payload" in shown) == holds
    assert shown.get("dropped", False) != holds


def test_events_that_pass_keep_their_bytes(mstream):
    doc = '{"a" : 1.50,  "b":1e2, "n": {{seq}}}'
    steps = [use("filter", where="n > 0"), use("dedupe", by="n"), use("flatten")]
    (shown,) = dry_run(mstream, steps, doc)
    plain = dry_run(mstream, [], doc)
    assert shown["payload"] == plain[0]["payload"]


def test_dedupe_drops_what_came_already(mstream):
    doc = '{"n": {{seq}}, "k": {{choice:a|b|c}}, "v": {"x": {{choice:1|2}}}}'
    shown = dry_run(mstream, [use("dedupe", by=["k", "v.x"])], doc, count=50)
    passed = [json.loads(one["payload"]) for one in shown if "payload" in one]
    assert len(passed) == len({(one["k"], one["v"]["x"]) for one in passed}) == 6
    doc = '{"k": {{key}}}'
    mixed = {"count": 50, "keys": 10, "operations": "create=1,update=3"}
    keys = [
        [json.loads(one["payload"])["k"] for one in shown if "payload" in one]
        for shown in (
            dry_run(mstream, [], doc, **mixed),
            dry_run(mstream, [use("dedupe", key=True)], doc, **mixed),
        )
    ]
    assert len(keys[0]) == 50 > len(keys[1])
    assert sorted(keys[1]) == sorted(set(keys[0]))
    doc = '{"n": {{seq}}, "k": {{choice:a|b|c}}}'
    small = dry_run(mstream, [use("dedupe", by="k", size=1)], doc, count=50)
    values = [json.loads(one["payload"])["k"] for one in small if "payload" in one]
    assert all(a != b for a, b in zip(values, values[1:], strict=False))
    path = job(mstream.folder, [use("dedupe")])
    said = mstream("validate", path, code=2)
    assert "either 'by' or key = true" in said.out + said.err


def routed(mstream, doc, **options):
    path = job(mstream.folder, [use("route", **options)], doc, count=100)
    path.write_text(path.read_text().replace("out.jsonl", "{attr:t}.jsonl"))
    return path


def test_route_chooses_the_file(mstream):
    doc = '{"n": {{seq}}, "c": {"t": {{choice:north|south|null}}}}'
    for missing, there in (("default", "payload"), ("skip", "rejected")):
        path = routed(mstream, doc, attributes={"t": "c.none"}, missing=missing)
        code = 0 if there == "payload" else 3
        shown = mstream("dry-run", path, "--job", "job", "--json", "--limit", "1", code=code)
        assert there in json.loads(shown.out.splitlines()[0])
    path = routed(mstream, doc, attributes={"t": "c.t"})
    mstream("run", path, "--once", code=3)
    counts = {
        p.name: len(p.read_text().splitlines()) for p in (mstream.folder / "out").glob("*")
    }
    letters = mstream("dlq", "list", "--json", "--config", path).json()
    assert set(counts) == {"north.jsonl", "south.jsonl"}
    assert sum(counts.values()) + len(letters) == 100
    assert "no field 'c.t' to route by" in letters[0]["reason"]


def test_flatten_refuses_two_fields_of_one_name(mstream):
    doc = {"a": {"b": 1}, "a_b": 2}
    (shown,) = dry_run(mstream, [use("flatten")], doc, code=3)
    assert "two fields become 'a_b'" in shown["rejected"]


def test_what_is_wrong_is_said_before_the_start(mstream):
    for step, words in (
        (use("set", json={"a": "{"}), "the values of 'json' are no JSON"),
        (use("mask"), "'fields' is missing"),
        (use("mask", fields=["a"], field="b"), "unknown key 'field'"),
        (use("filtre", where="a == 1"), "unknown service 'filtre'"),
    ):
        path = job(mstream.folder, [step])
        said = mstream("validate", path, code=2)
        assert words in said.out + said.err


PAGE = ROOT / "docs" / "middlewares.md"
SHOWN = re.findall(r"```step\n(.*?)\n(.*?)```", PAGE.read_text(), re.S)


def test_the_page_shows_each_of_them():
    named = {re.search('service_name = "([a-z]+)"', step)[1] for step, _ in SHOWN}
    assert named == {
        "filter", "project", "rename", "mask", "set", "flatten", "route", "dedupe",
    }  # fmt: skip


@pytest.mark.parametrize(("step", "examples"), SHOWN, ids=lambda v: v[:60])
def test_what_the_page_shows_is_what_comes(mstream, step, examples):
    examples = [line.split("  ->  ") for line in examples.splitlines()]
    # One generator after the other would not meet in one dedupe: a file does.
    (mstream.folder / "in").mkdir()
    (mstream.folder / "in" / "shown.jsonl").write_text(
        "".join(document + "\n" for document, _ in examples)
    )
    path = mstream.folder / "job.toml"
    path.write_text(
        config.state()
        + config.service("file", "in", path="./in")
        + config.service("file", "out", path="./out")
        + config.job(
            "job",
            {"service_name": "in", "resource": "shown.jsonl", "output_encoding": "json"},
            {"service_name": "out", "resource": "out.jsonl", "output_encoding": "json"},
        )
        + f"middlewares = [{step}]\n"
    )
    limit = str(len(examples))
    code = 3 if any(becomes == "rejected" for _, becomes in examples) else 0
    done = mstream("dry-run", path, "--job", "job", "--json", "--limit", limit, code=code)
    shown = [json.loads(line) for line in done.out.splitlines()]
    for (document, becomes), one in zip(examples, shown, strict=True):
        if becomes in ("dropped", "rejected"):
            assert one.get(becomes), document
        elif becomes.startswith("@"):
            (after,) = one["steps"][0]["after"]
            wanted = dict(word[1:].split("=") for word in becomes.split())
            assert wanted.items() <= after["event"]["attributes"].items()
        else:
            found = json.loads(one["payload"])
            assert found == json.loads(becomes), document


def test_raw_bytes_are_refused_with_a_hint(mstream):
    path = mstream.folder / "job.toml"
    source = {"service_name": "k", "resource": "t", "input_encoding": "raw"}
    step = use("filter", where="a == 1")
    path.write_text(
        config.state()
        + config.kafka("127.0.0.1:1")
        + config.job("job", source, {"service_name": "k", "resource": "u"}, middlewares=[step])
    )
    said = mstream("validate", path, code=2)
    assert "'filter' does not take raw" in said.out + said.err
    assert 'set output_encoding = "bson"' in said.out + said.err


ORDER = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "_id", "type": "long"},
        {"name": "total", "type": "double"},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal",
                                   "precision": 10, "scale": 2}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "counts", "type": {"type": "map", "values": "long"}},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "email", "type": "string"},
    ],
}  # fmt: skip

ORDERS = (
    '{"_id": {"$numberLong": "{{seq}}"}, "total": {{double:0..500:3}}, '
    '"price": {"$numberDecimal": "{{int:1..99999}}.25"}, '
    '"at": {"$date": "2026-11-21T10:00:00.123Z"}, "tags": [{{name}}, "\\u00e9"], '
    '"counts": {"a": {"$numberLong": "{{int:1..9}}"}}, "note": {{choice:x|y|null}}, '
    '"email": "user{{seq}}@example.org"}'
)


def echo(handler, request):
    if request.path == "/echo":
        handler.send(200, request.body, [("Content-Type", "avro/binary")])
    return request.path == "/echo"


def test_avro_comes_and_goes_and_the_rest_keeps_its_bytes(mstream, make_http):
    (mstream.folder / "order.avsc").write_text(json.dumps(ORDER))
    bodies = []
    for number, steps in enumerate(
        (
            [],
            [
                # A step that gives Avro back, which is decoded by its schema.
                use("h", resource="echo", output_encoding="bson"),
                use("filter", where="total >= 0 and email like '*@example.org'"),
                use("mask", fields=["email"], **{"with": "email"}),
            ],
        )
    ):
        server = make_http()
        server.fault = echo
        source = {"service_name": "load", "resource": "made", "rate": 0, "count": 50}
        source |= {"template": ORDERS, "seed": 7, "format": "bson"}
        source |= {"output_encoding": "avro", "schema_id": "order"}
        sink = {"service_name": "h", "output_encoding": "avro", "schema_id": "order"}
        path = mstream.folder / f"job{number}.toml"
        path.write_text(
            config.state(f"state{number}")
            + config.service("generate", "load")
            + config.service("schema_files", "schemas", path=".")
            + config.service("http", "h", host=server.url)
            + config.job(
                "job",
                source,
                sink | {"concurrency": 1},
                middlewares=steps,
                schemas=[
                    {"id": "order", "service_name": "schemas", "resource": "order.avsc"}
                ],
            )
        )
        mstream("run", path, "--once", "--no-progress")
        assert {r.headers["content-type"] for r in server.accepted} == {"avro/binary"}
        bodies.append([request.body for request in server.accepted])
    assert len(bodies[0]) == len(bodies[1]) == 50
    for number, (plain, masked) in enumerate(zip(*bodies, strict=True), start=1):
        email, hidden = f"user{number}@example.org", "u***@example.org"
        assert plain.endswith(email.encode())
        assert masked.endswith(hidden.encode())
        # A byte of length before each.
        assert plain[: -len(email) - 1] == masked[: -len(hidden) - 1]
