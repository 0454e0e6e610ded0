# SPDX-License-Identifier: MIT
"""What doctor and explain say of a MongoDB source, and its example."""

import json
import re

import pytest
from support import ROOT
from support.mongodb_stream import Stream
from support.waiting import wait_until


@pytest.fixture
def stream(mongodb, kafka, mstream, mstreamd):
    return Stream(mongodb, kafka, mstream, mstreamd)


def findings(stream, code=None, **source):
    path = stream.mstream.folder / "doctor.toml"
    path.write_text(stream.config(**source))
    result = stream.mstream("doctor", path, "--json", code=code)
    return {
        f["what"]: f for f in result.json() if f["service"] == "m"
    }, result.out


def test_doctor_finds_a_good_source_good(stream, mongodb):
    mongodb.enable_pre_images("users")
    found, _ = findings(stream, before="required")
    assert found["server"]["level"] == "ok"
    assert re.search(r"MongoDB \d+\.\d+\.\d+, replica set", found["server"]["text"])
    assert found["change stream"]["level"] == "ok"
    assert found["pre-images"]["level"] == "ok"
    assert "reaches back to" in found["oplog"]["text"]


def test_doctor_says_what_is_missing(stream, mongodb):
    mongodb.db.create_collection("users")
    found, _ = findings(stream, code=1, before="required")
    assert found["pre-images"]["level"] == "fail"
    assert "enable_pre_images" in found["pre-images"]["hint"]


def test_doctor_names_an_unreachable_server_without_its_password(stream):
    stream.uri = "mongodb://app:s3cret@127.0.0.1:1/?replicaSet=rs0"
    found, out = findings(stream, code=1)
    assert found["server"]["level"] == "fail"
    assert "running" in found["server"]["hint"]
    assert "s3cret" not in out


def test_doctor_tells_when_certificates_end(stream, secure):
    stream.uri = secure["MSTREAM_TEST_SECURE_MONGODB_X509"]
    _, out = findings(stream)
    texts = [f["text"] for f in json.loads(out) if f["what"] == "certificate"]
    assert len(texts) == 2, "the server's and the client's"
    assert all("is good until 20" in text for text in texts)


def test_explain_prints_the_aggregate_that_is_sent(stream):
    stream.uri = "mongodb://app:s3cret@127.0.0.1:1/?replicaSet=rs0"
    path = stream.mstream.folder / "explain.toml"
    path.write_text(
        stream.config(
            start="timestamp:12,3",
            operations=["create"],
            pipeline='[{"$match": {"fullDocument.x": 1}}]',
        )
    )
    result = stream.mstream("explain", path)
    command = json.loads(re.search(r"command: *(\{.*\})", result.out).group(1))
    assert command["aggregate"] == "users"
    assert command["readConcern"] == {"level": "majority"}
    stages = command["pipeline"]
    assert stages[0]["$changeStream"]["startAtOperationTime"] == {
        "$timestamp": {"t": 12, "i": 3}
    }
    assert stages[1]["$match"]["operationType"]["$nin"] == [
        "update",
        "replace",
        "delete",
    ]
    assert stages[2] == {"$match": {"fullDocument.x": 1}}
    assert "s3cret" not in result.out


def test_the_example_runs(mongodb, mstreamd):
    config = ROOT / "examples" / "mongodb-database.toml"
    daemon = mstreamd(
        config, env={"MONGO_URI": mongodb.uri, "MONGO_DB": mongodb.name}
    )

    def shown():
        # The stream begins at some moment after the daemon is ready.
        mongodb.db["users"].insert_one({"a": 1})
        mongodb.db["orders_2026"].insert_one({"a": 2})
        mongodb.db["other"].insert_one({"a": 3})
        whole = daemon.stdout().rpartition("\n")[0]
        lines = [json.loads(line) for line in whole.splitlines()]
        return {line["source"]["collection"] for line in lines} or None

    wait_until(lambda: (shown() or set()) >= {"users", "orders_2026"}, interval=0.2)
    assert shown() == {"users", "orders_2026"}
