# SPDX-License-Identifier: MIT
"""The MongoDB source on a real server: every operation, start, fault."""

import json

import pymongo
import pytest
from bson import json_util
from support.waiting import wait_until

CONFIG = """
[state]
path = "./state"

[[services]]
provider = "mongodb"
name = "m"
connection_string = "{uri}"
db_name = "{db}"

[[services]]
provider = "kafka"
name = "k"
"bootstrap.servers" = "{kafka}"
"message.max.bytes" = 40000000
"linger.ms" = 0

[[connectors]]
name = "{job}"
source = {{ service_name = "m", {source} }}
sinks = [ {{ service_name = "k", resource = "{topic}", output_encoding = "json" }} ]
checkpoint = {{ enabled = true, interval = "50ms" }}
"""


def toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value)


class Stream:
    """One job from a collection to a topic, and what arrived."""

    def __init__(self, mongodb, kafka, mstream, mstreamd):
        self.mongodb, self.kafka = mongodb, kafka
        self.mstream, self.mstreamd = mstream, mstreamd
        self.job = f"job_{mongodb.name}"
        self.topic = kafka.topic("out", max__message__bytes=40000000)
        self.uri = mongodb.uri
        self.source = {"resource": "users"}
        self.since()

    def since(self):
        """Make jobs without a checkpoint begin here."""
        time = self.mongodb.client.admin.command("ping")["operationTime"]
        # The next tick: what was written until now stays out.
        self.source["start"] = f"timestamp:{time.time},{time.inc + 1}"
        return time

    def config(self, **source):
        keys = {**self.source, **source}
        return CONFIG.format(
            uri=self.uri,
            db=self.mongodb.name,
            kafka=self.kafka.bootstrap,
            job=self.job,
            topic=self.topic,
            source=", ".join(f"{k} = {toml(v)}" for k, v in keys.items()),
        )

    def run(self, code=0, **source):
        """Run until everything that is there now has arrived."""
        path = self.mstream.folder / "once.toml"
        path.write_text(self.config(**source))
        return self.mstream("run", path, "--once", "--timeout", "60", code=code)

    def daemon(self, **source):
        return self.mstreamd(self.config(**source))

    def records(self):
        return self.kafka.consume_all(self.topic)

    def documents(self):
        return [json_util.loads(r.value) for r in self.records()]

    def wait_for(self, count, deadline=30):
        wait_until(
            lambda: self.kafka.count(self.topic) >= count,
            deadline,
            what=f"{count} records",
        )
        return self.documents()

    def wait_open(self, collection="users"):
        """Wait until the job's change stream is open (start = now)."""
        app = f"mstream {self.job}"

        def open_cursors():
            found = self.mongodb.client.admin.aggregate(
                [
                    {"$currentOp": {"idleCursors": True, "localOps": True}},
                    {"$match": {"appName": app, "cursor": {"$exists": 1}}},
                ]
            )
            return list(found)

        wait_until(open_cursors, what="an open change stream")

    def fail(self, mode="alwaysOn", commands=("getMore",), **data):
        """Make commands of this job fail; returns what ends it."""
        return self.mongodb.fail_point(
            "failCommand",
            mode,
            failCommands=list(commands),
            appName=f"mstream {self.job}",
            **data,
        )


@pytest.fixture
def stream(mongodb, kafka, mstream, mstreamd):
    return Stream(mongodb, kafka, mstream, mstreamd)


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


def test_a_pipeline_that_changes_the_token_is_said_to(stream, users):
    users.insert_one({"_id": 1})
    result = stream.run(code=1, pipeline='[{"$project": {"_id": 0}}]')
    assert "pipeline" in result.err


def test_ddl_events_come_only_when_asked_for(stream, users, mongodb):
    users.insert_one({"_id": 1})
    users.create_index("a")
    users.drop()
    stream.run()
    assert names(stream.records()) == ["create"]
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


# --- positions ------------------------------------------------------------


def test_runs_continue_without_gap_or_repeat(stream, users):
    for i in range(5):
        users.insert_many([{"_id": f"{i}-{j}"} for j in range(100)])
        stream.run()
    got = [d["_id"] for d in stream.documents()]
    assert got == [f"{i}-{j}" for i in range(5) for j in range(100)]


def test_now_is_kept_before_the_first_event(stream, users):
    daemon = stream.daemon(start="now")
    stream.wait_open()
    wait_until(lambda: checkpoints(stream), what="a first checkpoint")
    daemon.kill()
    users.insert_one({"_id": 1})
    stream.daemon(start="now")
    assert stream.wait_for(1) == [{"_id": 1}]


def test_quiet_collections_move_their_position(stream, users, mongodb):
    stream.daemon(heartbeat_interval="100ms")
    users.insert_one({"_id": 1})
    stream.wait_for(1)
    before = wait_until(lambda: checkpoints(stream))[-1]
    for i in range(3):
        mongodb.db["other"].insert_one({"_id": i})
    wait_until(lambda: checkpoints(stream)[-1] != before)


@pytest.mark.parametrize("form", ["time", "timestamp", "token", "document"])
def test_every_start_begins_where_it_says(stream, users, mongodb, form):
    users.insert_one({"_id": "before"})
    with mongodb.db.watch() as watch:
        users.insert_one({"_id": "mark"})
        event = watch.next()
    users.insert_one({"_id": "after"})
    time = event["clusterTime"]
    start = {
        "time": "2026-01-01T00:00:00Z",
        "timestamp": f"timestamp:{time.time},{time.inc}",
        "token": f"resume_token:{event['_id']['_data']}",
        "document": f"resume_token:{json.dumps(event['_id'])}",
    }[form]
    if form == "time":
        # The oplog of a shared server may not reach back to its first day.
        start = time.as_datetime().strftime("%Y-%m-%dT%H:%M:%SZ")
    stream.run(start=start)
    expected = {"timestamp": ["mark", "after"], "time": ["mark", "after"]}
    got = [d["_id"] for d in stream.documents()]
    # A time has whole seconds: what came in the same second comes too.
    assert got[-len(expected.get(form, ["after"])) :] == expected.get(
        form, ["after"]
    )
    if form != "time":
        assert "before" not in got


def test_earliest_begins_with_the_oplog(stream, users, own_servers, mongodb_at):
    servers = own_servers("plain", oplog_mb=64)
    other = mongodb_at(servers.env()["MSTREAM_TEST_MONGODB"])
    other.db["users"].insert_many([{"_id": i} for i in range(100)])
    stream.uri = other.uri
    stream.run(start="earliest")
    assert [d["_id"] for d in stream.documents()] == list(range(100))


@pytest.mark.parametrize("start", ["yesterday", "resume_token:8G", "timestamp:1"])
def test_a_start_that_can_not_be_is_refused(stream, start):
    result = stream.run(code=None, start=start)
    assert result.code in (1, 2)
    assert "start" in result.err


def checkpoints(stream):
    """The saved positions of the job, oldest first."""
    import sqlite3

    path = stream.mstream.folder / "state" / "state.db"
    if not path.exists():
        return []
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT * FROM checkpoints ORDER BY 2").fetchall()
    return [str(row) for row in rows]


# --- large events ---------------------------------------------------------


def large(users, mongodb):
    """Five changes; the event of the third is larger than 16 MB."""
    mongodb.enable_pre_images("users")
    users.insert_one({"_id": 1, "n": 1, "pad": "a" * 9_000_000})
    users.insert_one({"_id": 2, "n": 2})
    users.replace_one({"_id": 1}, {"_id": 1, "n": 3, "pad": "b" * 9_000_000})
    users.insert_one({"_id": 3, "n": 4})
    users.delete_one({"_id": 2})


def test_events_above_16_mb_are_joined_from_fragments(stream, users, mongodb):
    large(users, mongodb)
    stream.run(payload="change", before="required")
    events = stream.documents()
    assert [e["operationType"] for e in events] == [
        "insert",
        "insert",
        "replace",
        "insert",
        "delete",
    ]
    assert events[2]["fullDocument"]["pad"] == "b" * 9_000_000
    assert events[2]["fullDocumentBeforeChange"]["pad"] == "a" * 9_000_000
    assert "splitEvent" not in events[2]
    assert events[2]["documentKey"] == {"_id": 1}
    # And it is a place to go on from.
    users.insert_one({"_id": 9})
    stream.run(payload="change", before="required")
    assert stream.documents()[5]["documentKey"] == {"_id": 9}


def test_a_server_that_can_not_split_loses_only_what_is_before(
    stream, users, mongodb
):
    users.insert_one({"_id": 0, "n": 0})
    daemon = stream.daemon(before="whenAvailable")
    stream.wait_for(1)
    # The next aggregate is the one with the split stage.
    end = stream.fail({"times": 1}, ["aggregate"], errorCode=40324)
    try:
        large(users, mongodb)
        daemon.wait_log("can not split")
    finally:
        end()
    documents = stream.wait_for(6)[1:]
    assert [d["n"] for d in documents] == [1, 2, 3, 4, 2]
    records = stream.records()[1:]
    assert records[2].headers["before"] == "too_large"
    assert all("before" not in r.headers for r in records[:2] + records[3:])
    assert "without" in daemon.stderr()


# --- faults ---------------------------------------------------------------

LABEL = ["ResumableChangeStreamError"]


@pytest.mark.parametrize(
    "fault",
    [
        {"errorCode": 43},
        {"errorCode": 237},
        {"errorCode": 91},
        {"errorCode": 189},
        {"errorCode": 10107},
        {"errorCode": 112},
        {"errorCode": 4711, "errorLabels": LABEL},
        {"closeConnection": True},
    ],
    ids=lambda fault: "-".join(map(str, list(fault.values())[:1])),
)
def test_what_time_heals_is_healed_without_a_hand(stream, users, fault):
    stream.daemon()
    users.insert_one({"_id": 0})
    stream.wait_for(1)
    end = stream.fail({"times": 2}, **fault)
    try:
        users.insert_many([{"_id": i} for i in range(1, 50)])
        documents = stream.wait_for(50)
    finally:
        end()
    assert [d["_id"] for d in documents] == list(range(50))


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (286, "no longer has the position"),
        (136, "no longer has the position"),
        (260, "no longer has the position"),
        (280, "no longer has the position"),
        (13, "find and changeStream"),
        (18, "password"),
        (47, "enable_pre_images"),
        (50811, "resume token"),
    ],
)
def test_what_needs_a_person_stops_with_cause_and_hint(stream, users, code, says):
    users.insert_one({"_id": 0})
    end = stream.fail(errorCode=code)
    try:
        result = stream.run(code=1)
    finally:
        end()
    assert says in result.err
    assert stream.run().code == 0
    assert stream.documents() == [{"_id": 0}]


def test_a_lost_position_can_go_on_from_now(stream, users):
    daemon = stream.daemon(on_lost_position="now")
    users.insert_one({"_id": 0})
    stream.wait_for(1)
    end = stream.fail({"times": 1}, errorCode=286)
    try:
        daemon.wait_log("POSITION LOST")
    finally:
        end()
    users.insert_one({"_id": 1})
    assert [d["_id"] for d in stream.wait_for(2)] == [0, 1]


def test_a_connection_cut_and_stalled_is_resumed(stream, users, fault_proxy):
    stream.uri = fault_proxy.mongodb
    stream.daemon()
    users.insert_one({"_id": 0})
    stream.wait_for(1)
    for i in range(1, 4):
        fault_proxy.cut("mongodb")
        users.insert_one({"_id": i})
        fault_proxy.restore("mongodb")
        fault_proxy.stall("mongodb")
        users.insert_one({"_id": i + 10})
        fault_proxy.restore("mongodb")
    wanted = {0, 1, 2, 3, 11, 12, 13}
    wait_until(lambda: {d["_id"] for d in stream.documents()} == wanted, 60)


def test_a_killed_daemon_loses_nothing(stream, users):
    total = 0
    for _ in range(5):
        daemon = stream.daemon()
        seen = stream.kafka.count(stream.topic)
        users.insert_many([{"_id": i} for i in range(total, total + 5000)])
        total += 5000
        wait_until(lambda: stream.kafka.count(stream.topic) > seen)
        daemon.kill()
    stream.run()
    got = [d["_id"] for d in stream.documents()]
    assert sorted(set(got)) == list(range(total))
    first = list(dict.fromkeys(got))
    assert first == sorted(first), "a first delivery was out of order"


# --- rights ---------------------------------------------------------------


@pytest.fixture
def role(secure, unique):
    """role(actions): a connection string of a user that may just that."""
    admin = pymongo.MongoClient(secure["MSTREAM_TEST_SECURE_MONGODB_ADMIN"])
    made = []

    def create(actions):
        name = f"{unique}_{len(made)}"
        made.append(name)
        where = {"db": unique, "collection": "users"}
        admin.admin.command(
            "createRole",
            name,
            privileges=[{"resource": where, "actions": actions}],
            roles=[],
        )
        admin.admin.command("createUser", name, pwd="p@ss", roles=[name])
        uri = secure["MSTREAM_TEST_SECURE_MONGODB"]
        return f"mongodb://{name}:p%40ss@" + uri.partition("@")[2]

    yield create, admin[unique]
    for name in made:
        admin.admin.command("dropUser", name)
        admin.admin.command("dropRole", name)
    admin.drop_database(unique)
    admin.close()


def test_find_and_changestream_on_the_collection_are_enough(stream, role):
    create, db = role
    stream.uri = create(["find", "changeStream"])
    db["users"].insert_one({"_id": 0})
    stream.daemon(start="now")
    wait_until(lambda: checkpoints(stream))
    db["users"].insert_one({"_id": 1})
    assert stream.wait_for(1) == [{"_id": 1}]


def test_a_missing_privilege_is_named(stream, role):
    create, _ = role
    stream.uri = create(["find"])
    result = stream.run(code=1)
    assert "changeStream" in result.err
    assert "p@ss" not in result.err and "p%40ss" not in result.err


def test_a_wrong_password_is_said_and_not_shown(stream, role):
    create, _ = role
    stream.uri = create(["find", "changeStream"]).replace("p%40ss", "wr0ng")
    result = stream.run(code=1)
    assert "password" in result.err
    assert "wr0ng" not in result.err
