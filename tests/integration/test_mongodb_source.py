# SPDX-License-Identifier: MIT
"""The MongoDB source on a real server: what becomes which event."""

import json

import pytest
from support.mongodb_stream import Stream


@pytest.fixture(params=["change_stream", "oplog"])
def stream(mongodb, kafka, mstream, mstreamd, request):
    stream = Stream(mongodb, kafka, mstream, mstreamd)
    stream.source["reader"] = request.param
    return stream


# What only the server itself can do.
in_the_server = pytest.mark.parametrize("stream", ["change_stream"], indirect=True)


@pytest.fixture
def users(mongodb, stream):
    return mongodb.db["users"]


def names(records):
    return [r.headers["op"] for r in records]


# --- events ---------------------------------------------------------------


def test_every_operation_becomes_an_event(stream, users, mongodb):
    mongodb.enable_pre_images("users")
    stream.since()
    users.insert_one({"_id": 1, "a": 1})
    users.update_one({"_id": 1}, {"$set": {"a": 2}})
    users.replace_one({"_id": 1}, {"_id": 1, "b": 3})
    users.update_one({"_id": 1}, {"$set": {"c": 4}})
    users.delete_one({"_id": 1})
    users.insert_one({"_id": 2})
    stream.run(before="whenAvailable")
    records = stream.records()
    assert names(records) == [
        "create",
        "update",
        "replace",
        "update",
        "delete",
        "create",
    ]
    assert [r.headers["operation_type"] for r in records][:5] == [
        "insert",
        "update",
        "replace",
        "update",
        "delete",
    ]
    assert {r.headers["database"] for r in records} == {mongodb.name}
    assert {r.headers["collection"] for r in records} == {"users"}
    assert {r.key for r in records} == {b"1", b"2"}
    documents = stream.documents()
    assert documents[0] == {"_id": 1, "a": 1}
    assert documents[4] == {"_id": 1, "b": 3, "c": 4}
    # Looked up when it was already deleted.
    assert documents[1] == {"_id": 1}
    assert records[1].headers["full_document"] == "missing"
    assert "full_document" not in records[0].headers


def test_updates_carry_the_document_of_now(stream, users):
    users.insert_one({"_id": 1, "a": 1})
    users.update_one({"_id": 1}, {"$set": {"a": 2}})
    stream.run()
    assert stream.documents() == [{"_id": 1, "a": 1}, {"_id": 1, "a": 2}]
    assert "full_document" not in stream.records()[1].headers


def test_the_document_right_after_the_change_when_available(stream, users, mongodb):
    mongodb.enable_pre_images("users")
    stream.since()
    users.insert_one({"_id": 1, "a": 1})
    for a in range(2, 5):
        users.update_one({"_id": 1}, {"$set": {"a": a}})
    stream.run(full_document="required")
    assert [d["a"] for d in stream.documents()] == [1, 2, 3, 4]


def test_a_delete_without_pre_image_gives_the_key(stream, users):
    users.insert_one({"_id": "x", "a": 1})
    users.delete_one({"_id": "x"})
    stream.run(before="whenAvailable")
    assert stream.documents()[1] == {"_id": "x"}


def test_a_transaction_arrives_whole_and_in_order(stream, users, mongodb):
    users.insert_one({"_id": 0})
    with mongodb.client.start_session() as session, session.start_transaction():
        for i in range(1, 50):
            users.insert_one({"_id": i}, session=session)
    stream.run()
    assert [d["_id"] for d in stream.documents()] == list(range(50))


def test_payload_change_is_the_whole_event(stream, users):
    users.insert_one({"_id": 1, "a": 1, "b": [1, 2, 3]})
    users.update_one({"_id": 1}, {"$set": {"a": 2}, "$unset": {"b": 1}})
    stream.run(payload="change")
    event = stream.documents()[1]
    assert event["operationType"] == "update"
    assert event["updateDescription"]["updatedFields"] == {"a": 2}
    assert event["updateDescription"]["removedFields"] == ["b"]
    assert event["fullDocument"] == {"_id": 1, "a": 2}


def test_payload_debezium_is_its_envelope(stream, users, mongodb):
    mongodb.enable_pre_images("users")
    stream.since()
    users.insert_one({"_id": 1, "a": 1})
    users.update_one({"_id": 1}, {"$set": {"a": 2}})
    users.delete_one({"_id": 1})
    stream.run(payload="debezium", before="whenAvailable")
    create, update, delete = (json.loads(r.value) for r in stream.records())
    assert (create["op"], update["op"], delete["op"]) == ("c", "u", "d")
    assert create["before"] is None
    assert json.loads(create["after"]) == {"_id": 1, "a": 1}
    assert json.loads(update["before"]) == {"_id": 1, "a": 1}
    fields = update["updateDescription"]["updatedFields"]
    assert json.loads(fields) == {"a": 2}
    assert json.loads(delete["before"]) == {"_id": 1, "a": 2}
    source = create["source"]
    assert source["db"] == mongodb.name
    assert source["collection"] == "users"
    assert source["connector"] == "mongodb"
    assert source["snapshot"] == "false"


# --- what is watched ------------------------------------------------------


def test_the_database_or_some_of_its_collections(stream, mongodb):
    for name in ("a", "bb", "b.c", "c"):
        mongodb.db[name].insert_one({"_id": name})
    stream.run(resource="*")
    assert [d["_id"] for d in stream.documents()] == ["a", "bb", "b.c", "c"]
    stream.topic = stream.kafka.topic("some")
    stream.job += "_some"
    stream.run(resource="*", collections=["c", "b*"])
    assert [d["_id"] for d in stream.documents()] == ["bb", "b.c", "c"]


@in_the_server
def test_operations_and_pipeline_filter_in_the_server(stream, users):
    users.insert_many([{"_id": i, "x": i % 2} for i in range(10)])
    users.update_many({}, {"$set": {"y": 1}})
    users.delete_many({})
    stream.run(
        operations=["create", "delete"],
        pipeline='[{"$match": {"$or": [{"fullDocument.x": 1}, '
        '{"operationType": "delete"}]}}]',
    )
    counted = names(stream.records())
    assert counted.count("create") == 5
    assert counted.count("delete") == 10
    assert "update" not in counted


@in_the_server
def test_a_pipeline_that_changes_the_token_is_said_to(stream, users):
    users.insert_one({"_id": 1})
    result = stream.run(code=1, pipeline='[{"$project": {"_id": 0}}]')
    assert "pipeline" in result.err


def test_ddl_events_come_only_when_asked_for(stream, users, mongodb):
    users.insert_one({"_id": 1})
    users.create_index("a")
    users.drop()
    [job] = stream.run("--json").json()["jobs"]
    assert names(stream.records()) == ["create"]
    # What became no event is counted all the same.
    assert job["kinds"] == {"insert": 1, "drop": 1, "invalidate": 1}
    assert job["events_in"] == 1
    stream.topic = stream.kafka.topic("ddl")
    stream.job += "_ddl"
    stream.run(ddl=True)
    kinds = [r.headers["operation_type"] for r in stream.records()]
    assert kinds == ["create", "insert", "createIndexes", "drop"]
    assert stream.records()[3].headers["op"] == "none"


def test_pre_images_are_turned_on_when_asked_for(stream, users, mongodb):
    users.insert_one({"_id": 1, "a": 1})
    stream.source["start"] = "now"
    stream.daemon(before="required", enable_pre_images=True)
    stream.wait_open()
    users.delete_one({"_id": 1})
    assert stream.wait_for(1) == [{"_id": 1, "a": 1}]


# --- lives of a collection ------------------------------------------------


def test_a_collection_dropped_and_made_again_goes_on(stream, users):
    stream.daemon()
    for life in range(3):
        users.insert_many([{"_id": f"{life}-{i}"} for i in range(10)])
        users.drop()
    users.insert_one({"_id": "end"})
    documents = stream.wait_for(31)
    expected = [f"{life}-{i}" for life in range(3) for i in range(10)]
    assert [d["_id"] for d in documents] == [*expected, "end"]


def test_a_collection_renamed_and_made_again_goes_on(stream, users, mongodb):
    stream.daemon()
    for life in range(3):
        users.insert_one({"_id": life})
        users.rename(f"old{life}")
    users.insert_one({"_id": "end"})
    documents = stream.wait_for(4)
    assert [d["_id"] for d in documents] == [0, 1, 2, "end"]


def test_a_dropped_database_goes_on(stream, mongodb):
    stream.daemon(resource="*")
    mongodb.db["a"].insert_one({"_id": 1})
    stream.wait_for(1)
    mongodb.client.drop_database(mongodb.name)
    mongodb.db["b"].insert_one({"_id": 2})
    assert [d["_id"] for d in stream.wait_for(2)] == [1, 2]


def test_the_end_of_a_collection_is_a_place_to_resume_from(stream, users):
    users.insert_one({"_id": 1})
    users.drop()
    stream.run()
    users.insert_one({"_id": 2})
    stream.run()
    assert [d["_id"] for d in stream.documents()] == [1, 2]
