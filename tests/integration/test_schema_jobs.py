# SPDX-License-Identifier: MIT
"""Jobs whose schemas are kept by `mstream schema`, or by MongoDB."""

import io
import json
import time

import pytest
from support import config
from support.avro import fastavro
from support.schemas import ID, INT, NOTE, record, schema, write

__all__ = ["schema", "write"]


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
        {"id": "latest", "resource": "orders", "version": "latest"},
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
        "first": first, "named": first, "newest": newest, "latest": newest, "numbered": newest,
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
                        {
                            "id": "order",
                            "service_name": "m",
                            "resource": resource,
                            "version": "latest",
                        }
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
