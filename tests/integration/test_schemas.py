# SPDX-License-Identifier: MIT
"""`mstream schema` on both stores: what people type, and several at once."""

import io
import json
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from servers_lib import cache
from support import config
from support.avro import fastavro

PAIRS = 300

INT = {"name": "total", "type": "int"}
LONG = {"name": "total", "type": "long"}
ID = {"name": "id", "type": "long"}
NOTE = {"name": "note", "type": "string"}


def record(*fields):
    return {"type": "record", "name": "Order", "fields": list(fields)}


@pytest.fixture
def write(tmp_path):
    """write("a.avsc", schema): a file; its path."""

    def make(name, schema):
        path = tmp_path / name
        path.write_text(schema if isinstance(schema, str) else json.dumps(schema))
        return path

    return make


@pytest.fixture(params=["state", "mongodb"])
def schema(request, mstream, tmp_path):
    """schema("list"): mstream schema on one of the stores."""
    text = config.state()
    if request.param == "mongodb":
        mongo = request.getfixturevalue("mongodb")
        text += config.mongodb(mongo.uri, mongo.name)
        text += '[system]\nschemas = { service_name = "m", resource = "kept" }\n'
    path = tmp_path / "mstream-config.toml"
    path.write_text(text)

    def run(*words, **more):
        return mstream("schema", *words, "--config", path, **more)

    run.mstream = mstream
    return run


# --- subjects -------------------------------------------------------------


def test_versions_are_kept_and_shown(schema, write):
    assert schema("list").out == "there are no schemas yet\n"
    assert schema("list", "--json").json() == []
    first = write("1.avsc", record(ID, INT))
    second = write("2.avsc", record(ID, LONG))
    done = schema(
        "register", "orders", first, "--key=id", "--unique-by=id",
        "--sort-by=-total,id",
    )  # fmt: skip
    assert done.out == "orders: registered as version 1, id 1\n"
    again = schema("register", "orders", first, "--json").json()
    assert again == {
        "subject": "orders", "version": 1, "id": 1, "new": False, "dry_run": False,
    }  # fmt: skip
    dry = schema("register", "orders", second, "--dry-run")
    assert dry.out == "orders: would become version 2\n"
    assert schema("register", "orders", second, "--json").json()["version"] == 2
    assert schema("register", "copy", second, "--json").json()["id"] == 2
    (copy, orders) = schema("list", "--json").json()
    assert copy["subject"] == "copy"
    assert orders["compatibility"] == "BACKWARD"
    assert orders["key_properties"] == orders["unique_by"] == ["id"]
    assert orders["sort_by"] == ["-total", "id"]
    assert [one["version"] for one in orders["versions"]] == [1, 2]
    table = schema("list").out.splitlines()
    assert table[0].split() == [
        "SUBJECT", "VERSION", "ID", "TYPE", "COMPATIBILITY", "KEY", "CREATED",
    ]  # fmt: skip
    assert table[2].split()[:6] == ["orders", "2", "2", "avro", "BACKWARD", "id"]
    assert schema("show", "orders", "--version=1", "--text").out == first.read_text()
    shown = schema("show", "orders", "--version=latest").out
    assert "version         2 (latest)\n" in shown
    assert "sort_by         -total, id\n" in shown
    assert second.read_text() in shown
    by_id = schema("show", "--id=1", "--json").json()
    assert (by_id["subject"], by_id["version"]) == ("orders", 1)
    assert json.loads(by_id["text"]) == record(ID, INT)


def test_what_is_not_compatible_is_refused_with_every_reason(schema, write):
    schema("register", "orders", write("1.avsc", record(ID, INT)))
    wrong = write("2.avsc", record({**ID, "type": "string"}, INT, NOTE))
    for verb in (["register", "orders", wrong], ["check", wrong, "--subject=orders"]):
        done = schema(*verb, code=3)
        assert done.out.splitlines() == [
            "the new schema can not read data of version 1: id: the reader has "
            "string where the data have long",
            "the new schema can not read data of version 1: note: the writer does "
            "not have this field, and the reader has no default for it",
        ]
    done = schema("register", "orders", wrong, "--json", code=3)
    assert json.loads(done.err)["error"].endswith("subject 'orders': 2 problems")
    assert [
        (one["type"], one["path"], one["version"], one["direction"])
        for one in json.loads(done.out)["problems"]
    ] == [
        ("TYPE_MISMATCH", "id", 1, "backward"),
        ("READER_FIELD_MISSING_DEFAULT_VALUE", "note", 1, "backward"),
    ]
    assert len(schema("list", "--json").json()[0]["versions"]) == 1
    # The level of this time only, and then for all times.
    schema("check", wrong, "--subject=orders", "--compat=NONE")
    assert schema("compat", "orders").out == "BACKWARD\n"
    assert schema("compat", "orders", "full_transitive").out == "FULL_TRANSITIVE\n"
    forward = write("3.avsc", record(ID, LONG))
    done = schema("register", "orders", forward, code=3)
    assert done.out.startswith("version 1 can not read data of the new schema: total")
    schema("register", "orders", forward, "--compat=NONE")
    assert schema("compat", "orders", "--json").json()["compatibility"] == "NONE"


def test_json_schemas_have_subjects_too(schema, write):
    item = {"$ref": "#/$defs/item"}
    first = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"id": {"type": "integer"}, "item": item},
        "additionalProperties": False,
        "$defs": {"item": {"type": "object", "properties": {"sku": {}}}},
    }
    path = write("1.json", first)
    schema("register", "items", path, "--key=id,item.sku")
    assert "'item.skew'" in schema(
        "register", "items", "--key=item.skew", code=3
    ).err
    wider = {**first, "properties": {**first["properties"], "note": {}}}
    assert schema("register", "items", write("2.json", wider), "--json").json() == {
        "subject": "items", "version": 2, "id": 2, "new": True, "dry_run": False,
    }  # fmt: skip
    done = schema("register", "items", write("3.json", first), "--compat=FULL")
    assert "has it already as version 1" in done.out
    closed = {**wider, "required": ["id"]}
    done = schema("register", "items", write("4.json", closed), code=3)
    assert "the reader requires 'id'" in done.out
    avro = write("5.avsc", record(ID))
    done = schema("register", "items", avro, code=3)
    assert "one is an Avro schema, the other a JSON Schema" in done.out
    assert schema("list", "--json").json()[0]["versions"][0]["type"] == "json"


def test_keys_name_properties_of_the_schema(schema, write):
    first = write("1.avsc", record(ID, INT))
    done = schema("register", "orders", first, "--key=totl", code=3)
    assert "key_properties of subject 'orders'" in done.err
    assert "did you mean 'total'?" in done.err
    assert schema("list").out == "there are no schemas yet\n"
    schema("register", "orders", first)
    schema("register", "orders", "--key=id,total")
    done = schema("register", "orders", write("2.avsc", record(ID)), code=3)
    assert "has no property 'total'" in done.err
    schema("register", "orders", "--key=")
    assert schema("list", "--json").json()[0]["key_properties"] == []
    schema("register", "orders", write("2.avsc", record(ID)))


def test_deleting_asks_and_numbers_do_not_return(schema, write):
    for i, fields in enumerate([(ID,), (ID, INT)]):
        schema("register", "orders", write(f"{i}.avsc", record(*fields)),
               "--compat=NONE")  # fmt: skip
    done = schema("delete", "orders", "--version=2", code=2)
    assert "Delete version 2 of 'orders'?" in done.err
    assert "--yes" in done.err
    schema("delete", "orders", "--version=2", "--yes")
    assert "no version 2" in schema(
        "delete", "orders", "--version=2", "--yes", code=1
    ).err
    assert "no version 2" in schema("show", "orders", "--version=2", code=1).err
    third = write("3.avsc", record(ID, NOTE))
    assert schema("register", "orders", third, "--json").json()["version"] == 3
    schema("delete", "orders", "--yes")
    assert "there is no subject 'orders'" in schema("show", "orders", code=1).err
    assert "mstream schema list" in schema("delete", "orders", "--yes", code=1).err


def test_those_who_register_at_once_get_versions_of_their_own(schema, write):
    schema("register", "orders", write("0.avsc", record(ID)), "--compat=NONE")
    files = [
        write(f"{i}.avsc", record(ID, {"name": f"f{i}", "type": "int"}))
        for i in range(8)
    ]
    with ThreadPoolExecutor(4) as pool:
        got = list(
            pool.map(
                lambda path: schema("register", "orders", path, "--json").json(),
                files,
            )
        )
    assert sorted(one["version"] for one in got) == list(range(2, 10))
    assert len({one["id"] for one in got}) == 8
    for one, path in zip(got, files, strict=True):
        shown = schema("show", "orders", f"--version={one['version']}", "--text")
        assert shown.out == path.read_text()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["show", "nobody"], 1, "there is no subject 'nobody'"),
        (["show", "--id=77"], 1, "there is no schema with id 77"),
        (["show"], 2, "say either SUBJECT or --id N"),
        (["show", "a", "--version=0"], 2, "1 or more, or 'latest'"),
        (["compat", "nobody"], 1, "there is no subject 'nobody'"),
        (["compat", "nobody", "FULL"], 1, "there is no subject 'nobody'"),
        (["compat", "a", "SOME"], 2, "it is one of NONE, BACKWARD,"),
        (["register", "a", "/nowhere"], 1, "/nowhere: No such file"),
        (["register", "nobody", "--compat=FULL"], 1, "there is no subject 'nobody'"),
        (["register", "a\nb", "@"], 3, "no control characters"),
        (["register", "x" * 300, "@"], 3, "1 to 255 bytes"),
        (["check", "@", "--subject=nobody"], 1, "there is no subject 'nobody'"),
        (["check", "@", "--subject=a", "--against=@"], 2, "either --against or"),
        (["check", "@", "--compat=SOME"], 2, "can not be 'SOME'"),
    ],
)
def test_mistakes_are_said(schema, write, words, code, message):
    path = write("ok.avsc", '"int"')
    words = [word.replace("@", str(path)) for word in words]
    done = schema(*words, code=code)
    assert message in done.err
    assert done.out == ""


def test_a_database_that_is_away_is_an_error_and_not_a_wait(mstream, tmp_path, write):
    path = tmp_path / "away.toml"
    path.write_text(
        config.state()
        + config.mongodb(
            "mongodb://u:secret@127.0.0.1:9/?serverSelectionTimeoutMS=300", "x"
        )
        + '[system]\nschemas = { service_name = "m", resource = "kept" }\n'
    )
    done = mstream("schema", "list", "--config", path, code=1)
    assert "x.kept" in done.err
    assert "secret" not in done.err


def test_the_published_mstreams_documents_are_used(mongodb, mstream, tmp_path, write):
    mongodb.db.kept.insert_one(
        {
            "id": "7f3a",
            "name": "order",
            "encoding": "avro",
            "definition": json.dumps(record(ID, INT)),
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
        }
    )
    path = tmp_path / "mstream-config.toml"
    path.write_text(
        config.state()
        + config.mongodb(mongodb.uri, mongodb.name)
        + '[system]\nschemas = { service_name = "m", resource = "kept" }\n'
    )
    at = ("--config", path)
    assert mstream("schema", "list", *at, "--json").json()[0]["subject"] == "order"
    assert '"total"' in mstream("schema", "show", "7f3a", "--text", *at).out
    assert '"total"' in mstream("schema", "show", "order", "--text", *at).out
    newer = write("2.avsc", record(ID, LONG))
    got = mstream("schema", "register", "order", newer, *at, "--json").json()
    assert got["version"] == 2
    (kept,) = mongodb.db.kept.find()
    assert kept["name"] == "order"
    assert kept["encoding"] == "avro"
    assert json.loads(kept["definition"]) == record(ID, LONG)
    assert [one["version"] for one in kept["versions"]] == [1, 2]


# --- compatibility --------------------------------------------------------


def check(mstream, new, old, level="BACKWARD"):
    done = mstream(
        "schema", "check", new, "--against", old, f"--compat={level}",
        "--type=avro", "--json",
        code=None,
    )  # fmt: skip
    fine = json.loads(done.out)["compatible"]
    assert done.code == (0 if fine else 3), done.err
    return fine


def random_type(rng, depth, names):
    """Return a schema without logical types: those others do not compare."""
    kind = rng.randrange(12 if depth > 0 else 8)
    if kind < 8:
        return rng.choice(
            ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]
        )
    if kind == 8:
        return {"type": "array", "items": random_type(rng, depth - 1, names)}
    if kind == 9:
        return {"type": "map", "values": random_type(rng, depth - 1, names)}
    name = f"N{len(names)}"
    names.append(name)
    if kind == 10:
        symbols = rng.sample(["A", "B", "C", "D"], rng.randint(1, 4))
        made = {"type": "enum", "name": name, "symbols": symbols}
        return {**made, "default": symbols[0]} if rng.random() < 0.3 else made
    fields = []
    for field_name in rng.sample(["a", "b", "c", "d"], rng.randint(0, 3)):
        field = {"name": field_name, "type": random_type(rng, depth - 1, names)}
        if field["type"] == "int" and rng.random() < 0.5:
            field["default"] = 0
        fields.append(field)
    return {"type": "record", "name": name, "fields": fields}


def mutated(rng, schema):
    """Return the schema with something small changed."""
    if isinstance(schema, str):
        return rng.choice(["int", "long", "double", "string", "bytes", schema])
    changed = dict(schema)
    if schema["type"] == "array":
        changed["items"] = mutated(rng, schema["items"])
    elif schema["type"] == "map":
        changed["values"] = mutated(rng, schema["values"])
    elif schema["type"] == "enum":
        changed["symbols"] = rng.sample(schema["symbols"], len(schema["symbols"]))
        changed["symbols"] += rng.choice([[], ["E"]])
        changed.pop("default", None)
    else:
        fields = [dict(field) for field in schema["fields"]]
        if fields and rng.random() < 0.6:
            field = rng.choice(fields)
            field["type"] = mutated(rng, field["type"])
            field.pop("default", None)
        elif fields and rng.random() < 0.5:
            fields.remove(rng.choice(fields))
        else:
            fields.append({"name": "new", "type": "int"})
            if rng.random() < 0.5:
                fields[-1]["default"] = 1
        changed["fields"] = fields
    return changed


def test_others_call_the_same_schemas_compatible(mstream, write):
    """Apache's own rules, on random pairs and on small changes."""
    sys.path.insert(0, str(cache.avro_rules_packages()))
    import avro.compatibility
    import avro.schema

    rng = random.Random(17)
    rules = avro.compatibility.ReaderWriterCompatibilityChecker
    right = avro.compatibility.SchemaCompatibilityType.compatible
    pairs = []
    for _ in range(PAIRS):
        old = random_type(rng, 3, [])
        new = mutated(rng, old) if rng.random() < 0.8 else random_type(rng, 3, [])
        if rng.random() < 0.3:
            old, new = new, old
        pairs.append((json.dumps(new), json.dumps(old)))

    def compare(pair):
        new, old = (write(f"{i}-{id(pair)}.avsc", text) for i, text in enumerate(pair))
        return check(mstream, new, old)

    with ThreadPoolExecutor(2) as pool:
        ours = list(pool.map(compare, pairs))
    theirs = [
        rules().get_compatibility(*map(avro.schema.parse, pair)).compatibility == right
        for pair in pairs
    ]
    assert PAIRS * 0.2 < sum(theirs) < PAIRS * 0.8
    for pair, mine, other in zip(pairs, ours, theirs, strict=True):
        assert mine == other, pair


# --- jobs -----------------------------------------------------------------


@pytest.fixture
def copy_job(tmp_path, schema):
    """copy_job(entry, ...): run a job from lines to lines, one file per schema."""

    def run(*entries, code=0):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "out").mkdir(exist_ok=True)
        (tmp_path / "in" / "lines.jsonl").write_text(
            '{"id":1,"total":5,"extra":true}\n'
        )
        path = tmp_path / "mstream-config.toml"
        base = path.read_text().partition('[[services]]\nprovider = "file"')[0]
        path.write_text(
            base
            + config.service("file", "in", path="./in")
            + config.service("file", "out", path="./out")
            + config.job(
                "copy",
                {"service_name": "in", "resource": "lines.jsonl"},
                *[
                    {
                        "service_name": "out",
                        "resource": f"{entry['id']}.jsonl",
                        "output_encoding": "json",
                        "schema_id": entry["id"],
                    }
                    for entry in entries
                ],
                schemas=entries,
            )
        )
        done = schema.mstream("run", path, "--once", "--no-progress", code=code)
        made = {
            file.stem: json.loads(file.read_text())
            for file in (tmp_path / "out").glob("*.jsonl")
            if file.stat().st_size > 0
        }
        return made, done

    return run


def test_a_job_takes_its_schemas_from_the_store(schema, write, copy_job):
    entries = (
        {"id": "first", "resource": "orders", "version": 1},
        {"id": "named", "resource": "orders:1"},
        {"id": "newest", "resource": "orders"},
        {"id": "numbered", "resource": "2"},
    )
    _, done = copy_job(*entries, code=1)
    assert "subject 'orders' has no version 1" in done.err
    assert "mstream schema list" in done.err
    schema("register", "orders", write("1.avsc", record(ID, INT)))
    note = {**NOTE, "default": "-"}
    schema("register", "orders", write("2.avsc", record(ID, INT, note)))
    made, _ = copy_job(*entries)
    first, newest = {"id": 1, "total": 5}, {"id": 1, "total": 5, "note": "-"}
    assert made == {
        "first": first, "named": first, "newest": newest, "numbered": newest,
    }  # fmt: skip


def test_a_mongodb_service_has_schemas_as_published(
    mongodb, mstream, tmp_path
):
    """By id or name, in `schemas` or where [system] schemas says."""
    texts = {"schemas": record(ID), "kept": record(INT)}
    for collection, text in texts.items():
        mongodb.db[collection].insert_one(
            {
                "id": "0f1e-77",
                "name": "order",
                "encoding": "avro",
                "definition": json.dumps(text),
            }
        )
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "lines.jsonl").write_text('{"id":1,"total":5}\n')
    for system, wanted in (
        ("", {"id": 1}),
        ('[system]\nschemas = { service_name = "m", resource = "kept" }\n', {"total": 5}),
    ):
        for resource in ("0f1e-77", "order"):
            out = tmp_path / f"out-{len(system)}-{resource}"
            out.mkdir()
            path = tmp_path / "job.toml"
            path.write_text(
                system
                + config.state(out.name + "-state")
                + config.mongodb(mongodb.uri, mongodb.name)
                + config.service("file", "in", path="./in")
                + config.service("file", "out", path=f"./{out.name}")
                + config.job(
                    "copy",
                    {"service_name": "in", "resource": "lines.jsonl"},
                    {
                        "service_name": "out",
                        "resource": "lines.jsonl",
                        "output_encoding": "json",
                        "schema_id": "order",
                    },
                    schemas=[
                        {"id": "order", "service_name": "m", "resource": resource}
                    ],
                )
            )
            mstream("run", path, "--once", "--no-progress")
            assert json.loads((out / "lines.jsonl").read_text()) == wanted


def test_numbers_of_the_store_stand_in_confluent_frames(
    kafka, schema, write, tmp_path, mstream
):
    """Registered by the sink, and found again by the source."""
    topic = kafka.topic("kept", partitions=1)
    schema("register", "orders", write("1.avsc", record(ID, INT)))
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    lines = "".join(f'{{"id":{i},"total":{i * 7}}}\n' for i in range(50))
    (tmp_path / "in" / "lines.jsonl").write_text(lines)
    path = tmp_path / "mstream-config.toml"
    path.write_text(
        path.read_text()
        + config.kafka(kafka.bootstrap, **{"group.id": f"group-{topic}"})
        + config.service("schema_store", "kept")
        + config.service("file", "in", path="./in")
        + config.service("file", "out", path="./out")
        + config.job(
            "there",
            {"service_name": "in", "resource": "lines.jsonl"},
            {
                "service_name": "k",
                "resource": topic,
                "output_encoding": "avro",
                "schema_id": "order",
                "framing": "confluent",
                "schema_registry": "kept",
                "auto_register": True,
            },
            schemas=[{"id": "order", "service_name": "kept", "resource": "orders"}],
        )
        + config.job(
            "back",
            {
                "service_name": "k",
                "resource": topic,
                "input_encoding": "avro",
                "framing": "confluent",
                "schema_registry": "kept",
                "start": "earliest",
            },
            {
                "service_name": "out",
                "resource": "lines.jsonl",
                "output_encoding": "json",
            },
        )
    )
    mstream("run", path, "--job=there", "--once", "--no-progress")
    listed = {one["subject"]: one for one in schema("list", "--json").json()}
    number = listed[f"{topic}-value"]["versions"][0]["id"]
    assert number == listed["orders"]["versions"][0]["id"]
    values = [one.value for one in kafka.consume_all(topic)]
    assert {value[:5] for value in values} == {b"\0" + number.to_bytes(4, "big")}
    assert [
        fastavro.schemaless_reader(io.BytesIO(value[5:]), record(ID, INT))["total"]
        for value in values
    ] == [i * 7 for i in range(50)]
    mstream("run", path, "--job=back", "--once", "--no-progress")
    assert (tmp_path / "out" / "lines.jsonl").read_text() == lines


def test_a_job_whose_store_is_away_waits_and_can_be_stopped(tmp_path, mstream):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "lines.jsonl").write_text('{"id":1}\n')
    path = tmp_path / "away.toml"
    path.write_text(
        config.state()
        + config.mongodb("mongodb://127.0.0.1:9/", "x")
        + config.service("file", "in", path="./in")
        + config.service("file", "out", path="./out")
        + config.job(
            "copy",
            {"service_name": "in", "resource": "lines.jsonl"},
            {
                "service_name": "out",
                "resource": "lines.jsonl",
                "output_encoding": "json",
                "schema_id": "order",
            },
            schemas=[{"id": "order", "service_name": "m", "resource": "order"}],
        )
    )
    mstream("validate", path)
    began = time.monotonic()
    done = mstream(
        "run", path, "--once", "--no-progress", "--timeout=2s", code=None, timeout=60
    )
    assert done.code in (1, 4), done
    assert "x.schemas" in done.err
    # Far less than the 30 s that libmongoc looks for a server.
    assert time.monotonic() - began < 15


def random_json_schema(rng, depth):
    """Return a JSON Schema of the words that can be decided."""
    kind = rng.choice(
        ["integer", "number", "string", "boolean", "null", "enum", "any"]
        + ["object", "array", "anyOf", "oneOf"] * (depth > 0)
    )
    if kind == "any":
        return rng.choice([True, {}])
    if kind == "enum":
        return {"enum": rng.sample([1, 2, "a", "b", None, True], rng.randint(1, 4))}
    if kind in ("anyOf", "oneOf"):
        return {kind: [random_json_schema(rng, depth - 1) for _ in range(2)]}
    schema = {"type": kind}
    if kind in ("integer", "number"):
        for word in ("minimum", "maximum", "exclusiveMinimum", "multipleOf"):
            if rng.random() < 0.25:
                schema[word] = rng.randint(1, 4)
    elif kind == "string":
        for word in ("minLength", "maxLength"):
            if rng.random() < 0.3:
                schema[word] = rng.randint(0, 3)
    elif kind == "array":
        if rng.random() < 0.7:
            schema["items"] = random_json_schema(rng, depth - 1)
        if rng.random() < 0.3:
            schema["maxItems"] = rng.randint(0, 3)
    elif kind == "object":
        names = rng.sample(["a", "b", "c"], rng.randint(0, 3))
        schema["properties"] = {n: random_json_schema(rng, depth - 1) for n in names}
        if rng.random() < 0.4:
            schema["required"] = rng.sample(["a", "b"], rng.randint(0, 2))
        if rng.random() < 0.4:
            schema["additionalProperties"] = rng.choice(
                [False, random_json_schema(rng, depth - 1)]
            )
        if rng.random() < 0.1:
            schema["patternProperties"] = {"^b": random_json_schema(rng, depth - 1)}
    return schema


def mutated_json(rng, schema):
    """Return the schema with a word changed, gone or new somewhere."""
    if not isinstance(schema, dict) or not schema or rng.random() < 0.2:
        return random_json_schema(rng, 1)
    changed = dict(schema)
    word = rng.choice(list(changed))
    value = changed[word]
    if word == "properties" and value:
        name = rng.choice(list(value))
        changed[word] = {**value, name: mutated_json(rng, value[name])}
    elif word in ("items", "additionalProperties"):
        changed[word] = mutated_json(rng, value)
    elif word in ("anyOf", "oneOf"):
        changed[word] = [mutated_json(rng, value[0]), *value[1:]]
    elif isinstance(value, int) and not isinstance(value, bool):
        changed[word] = max(1, value + rng.choice([-1, 1]))
    elif word != "type":
        del changed[word]
    else:
        changed["title"] = "a word for people"
    return changed


def random_value(rng, depth):
    kind = rng.randrange(7 if depth > 0 else 5)
    if kind == 5:
        names = rng.sample(["a", "b", "c", "d"], rng.randint(0, 3))
        return {name: random_value(rng, depth - 1) for name in names}
    if kind == 6:
        return [random_value(rng, depth - 1) for _ in range(rng.randint(0, 3))]
    return [
        rng.randint(0, 6), rng.choice([0.5, 2.5, 3.5]), rng.choice(["", "a", "bb"]),
        rng.choice([True, False]), None,
    ][kind]  # fmt: skip


def test_what_is_compatible_takes_every_old_value(mstream, write):
    """Random JSON Schemas and values, judged by Python's jsonschema."""
    sys.path.insert(0, str(cache.json_schema_packages()))
    import jsonschema

    rng = random.Random(23)
    values = [random_value(rng, 3) for _ in range(400)]
    pairs = []
    for _ in range(PAIRS):
        old = random_json_schema(rng, 2)
        new = mutated_json(rng, old)
        pairs.append((new, old) if rng.random() < 0.5 else (old, new))

    def compare(pair):
        new, old = (
            write(f"{i}-{id(pair)}.json", json.dumps(one)) for i, one in enumerate(pair)
        )
        done = mstream(
            "schema", "check", new, "--against", old, "--type=json", "--json", code=None
        )
        assert done.code in (0, 3), done.err
        return json.loads(done.out)["compatible"]

    with ThreadPoolExecutor(2) as pool:
        ours = list(pool.map(compare, pairs))
    assert PAIRS * 0.2 < sum(ours) < PAIRS * 0.9
    missed = 0
    for (new, old), fine in zip(pairs, ours, strict=True):
        reader = jsonschema.Draft202012Validator(new)
        writer = jsonschema.Draft202012Validator(old)
        against = [
            value
            for value in values
            if writer.is_valid(value) and not reader.is_valid(value)
        ]
        assert not (fine and against), (new, old, against[0])
        missed += not fine and not against
    # To refuse all would be safe, too.
    assert missed < PAIRS * 0.3
