# SPDX-License-Identifier: MIT
"""`mstream schema` on both stores: what people type, and several at once."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import config
from support.schemas import ID, INT, LONG, NOTE, record, schema, write

__all__ = ["schema", "write"]

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
