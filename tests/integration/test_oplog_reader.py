# SPDX-License-Identifier: MIT
"""Which reader it is: rights, versions, what the oplog reader can not do."""

import json
import re

import bson
import pytest
from support.edited import Edited, newer
from support.mongo import limited_users
from support.oplog import Pair
from support.waiting import wait_until

@pytest.fixture
def pair(mongodb, kafka, mstream, mstreamd):
    return Pair(mongodb, kafka, mstream, mstreamd)


@pytest.fixture
def person(secure, unique):
    """person(privileges): a connection string of a user with these alone."""
    with limited_users(secure, unique) as made:
        yield made


def doctor(pair, reader, code=None, **source):
    path = pair.mstream.folder / "doctor.toml"
    path.write_text(pair.config([reader], **source))
    result = pair.mstream("doctor", path, "--json", code=code)
    return {f["what"]: f for f in result.json() if f["service"] == "m"}


def test_the_role_that_doctor_prints_is_enough(pair, person):
    create, db = person
    db.command("create", "a", changeStreamPreAndPostImages={"enabled": True})
    source = {"resource": "a", "before": "required", "start": "now"}
    pair.uri = create([])
    found = doctor(pair, "oplog", code=1, **source)
    assert found["reader"]["level"] == "fail"
    assert "local.oplog.rs" in found["reader"]["text"]
    role = re.search(r"createRole\((.*)\)$", found["role"]["text"])[1]
    role = json.loads(re.sub(r"(\w+):", r'"\1":', role))
    pair.uri = create(role["privileges"])
    found = doctor(pair, "oplog", **source)
    assert found["reader"]["level"] == "ok"
    daemon = pair.mstreamd(pair.config(["oplog"], **source))
    daemon.wait_log("is read from the oplog")
    db["a"].insert_one({"_id": 0, "n": 1})
    wait_until(lambda: pair.events("oplog"))
    db["a"].update_one({"_id": 0}, {"$set": {"n": 2}})
    wait_until(lambda: len(pair.events("oplog")) == 2)
    assert bson.decode(pair.events("oplog")[1].value) == {"_id": 0, "n": 2}
    daemon.stop()


def test_auto_takes_the_oplog_where_it_may_and_says_why_not(pair, person, mongodb):
    create, db = person
    mongodb.db["a"].insert_one({"_id": 0})
    done = pair.run(["auto"], resource="a")
    assert "is read from the oplog, which the server" in done.err
    pair.uri = create(
        [
            {
                "resource": {"db": db.name, "collection": "a"},
                "actions": ["find", "changeStream"],
            }
        ]
    )
    pair.round += 1
    done = pair.run(["auto"], resource="a", start="now")
    assert "is read by a change stream: the user may not read" in done.err


def test_what_the_oplog_reader_can_not_do_is_refused(pair, mongodb, mstream):
    path = mstream.folder / "refused.toml"
    pipeline = '[{"$match": {"fullDocument.x": 1}}]'
    path.write_text(pair.config(["oplog"], resource="a", pipeline=pipeline))
    assert "can not run a pipeline" in mstream("validate", path, code=2).out
    path.write_text(pair.config(["auto"], resource="a", pipeline=pipeline))
    mongodb.db["a"].insert_one({"_id": 0, "x": 1})
    mstream("validate", path)
    done = mstream("run", path, "--once", "--timeout", "60")
    assert "by a change stream: the oplog can not be read: the pipeline" in done.err
    mongodb.db.command("create", "v", viewOn="a", pipeline=[])
    path.write_text(pair.config(["oplog"], resource="v"))
    done = mstream("run", path, "--once", "--timeout", "60", code=1)
    assert "is a view or a time-series collection" in done.err


def test_explain_shows_what_is_asked_for(pair, mstream):
    path = mstream.folder / "explain.toml"
    path.write_text(pair.config(["oplog"], resource="a"))
    assert "local.oplog.rs" in mstream("explain", path).out

# --- versions -------------------------------------------------------------


@pytest.fixture
def claims(mongodb):
    """claims(wire_version): a connection string of the test's server, which
    claims to be of that version."""
    made = []

    def make(wire_version):
        made.append(Edited(mongodb.uri, reply=newer(wire_version)))
        return made[-1].uri

    yield make
    for server in made:
        server.close()


def test_a_server_that_was_not_tried_is_refused_with_the_reason(
    pair, mongodb, claims, mstream
):
    mongodb.db["a"].insert_one({"_id": 0})
    pair.uri = claims(25)
    path = mstream.folder / "newer.toml"
    path.write_text(pair.config(["oplog"], resource="a"))
    done = mstream("run", path, "--once", "--timeout", "60", code=1)
    assert "this is MongoDB 8.0, and this reader was tried with 6.0 only" in done.err
    assert "oplog_untested_server = true" in done.err
    found = doctor(pair, "oplog", code=1, resource="a")
    assert "this is MongoDB 8.0" in found["reader"]["text"]
    path.write_text(pair.config(["auto"], resource="a"))
    done = mstream("run", path, "--once", "--timeout", "60")
    assert "is read by a change stream: the oplog can not be read: this" in done.err
    assert len(pair.events("auto")) == 1


def test_a_server_that_was_not_tried_is_read_where_that_is_asked_for(
    pair, mongodb, claims, mstream
):
    a = mongodb.db["a"]
    a.insert_one({"_id": 0, "n": 0, "pad": "p" * 300})
    a.update_one({"_id": 0}, {"$set": {"n": 1}})
    mongodb.client.admin.command(
        "applyOps", [{"op": "i", "ns": f"{mongodb.name}.a", "o": {"_id": 1}}]
    )
    pair.uri = claims(25)
    source = {"resource": "a", "payload": "change", "oplog_untested_server": True}
    done = pair.run(["oplog"], **source)
    assert "the oplog reader was not tried with MongoDB 8.0" in done.err
    events = [bson.decode(event.value) for event in pair.events("oplog")]
    # Operations of applyOps are seen, and tokens are of version 2.
    assert [e["operationType"] for e in events if "documentKey" in e] == [
        "insert",
        "update",
        "insert",
    ]
    assert all(e["_id"]["_data"][18:22] == "2B04" for e in events)


def test_a_server_newer_than_all_rules_is_refused_always(
    pair, mongodb, claims, mstream
):
    pair.uri = claims(99)
    path = mstream.folder / "newest.toml"
    path.write_text(
        pair.config(["oplog"], resource="a", oplog_untested_server=True)
    )
    done = mstream("run", path, "--once", "--timeout", "60", code=1)
    assert "knows that of MongoDB up to 8.2, and the server is newer" in done.err
