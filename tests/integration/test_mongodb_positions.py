# SPDX-License-Identifier: MIT
"""Where the MongoDB source begins, goes on, and what it does at 16 MB."""

import json

import pytest
from bson import json_util
from support.mongodb_stream import Stream
from support.waiting import wait_until


@pytest.fixture
def stream(mongodb, kafka, mstream, mstreamd):
    return Stream(mongodb, kafka, mstream, mstreamd)


@pytest.fixture
def users(mongodb, stream):
    return mongodb.db["users"]


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
    wait_until(lambda: stream.checkpoints(), what="a first checkpoint")
    daemon.kill()
    users.insert_one({"_id": 1})
    stream.daemon(start="now")
    assert stream.wait_for(1) == [{"_id": 1}]


def test_quiet_collections_move_their_position(stream, users, mongodb):
    stream.daemon(heartbeat_interval="100ms")
    users.insert_one({"_id": 1})
    stream.wait_for(1)
    before = wait_until(lambda: stream.checkpoints())[-1]
    for i in range(3):
        mongodb.db["other"].insert_one({"_id": i})
    wait_until(lambda: stream.checkpoints()[-1] != before)


def test_a_bounded_run_reads_the_newest_change_of_all(stream, users, mongodb):
    """It begins at the very time at which it may end."""
    for n in range(5):
        with mongodb.client.start_session() as session:
            users.insert_one({"_id": n}, session=session)
            time = session.operation_time
        stream.run(start=f"timestamp:{time.time},{time.inc}")
        stream.mstream(
            "checkpoints", "set", stream.job, "--reset", "--config",
            stream.mstream.folder / "once.toml",
        )
    assert [d["_id"] for d in stream.documents()] == list(range(5))


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


@pytest.mark.parametrize("replies", range(1, 5))
def test_a_line_lost_between_fragments_loses_none(
    stream, users, mongodb, replies
):
    large(users, mongodb)
    # Each fragment is a reply of its own: one of these hits between two.
    end = stream.fail({"skip": replies}, closeConnection=True)
    try:
        daemon = stream.daemon(payload="change", before="required")
        daemon.wait_log("cannot read the changes")
    finally:
        end()
    # Those that were confirmed before may come again, but whole.
    events = {}

    def all_five():
        if stream.kafka.count(stream.topic) < 5:
            return False  # they are large: not read for nothing
        events.update({e["_id"]["_data"]: e for e in stream.documents()})
        return len(events) == 5

    wait_until(all_five, 60)
    assert [e["operationType"] for e in events.values()] == [
        "insert",
        "insert",
        "replace",
        "insert",
        "delete",
    ]
    replace = list(events.values())[2]
    assert replace["fullDocument"]["pad"] == "b" * 9_000_000
    assert replace["fullDocumentBeforeChange"]["pad"] == "a" * 9_000_000


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
    wait_until(lambda: stream.kafka.count(stream.topic) >= 6, 60)
    records = stream.records()[1:]
    assert [json_util.loads(r.value)["n"] for r in records] == [1, 2, 3, 4, 2]
    assert records[2].headers["before"] == "too_large"
    assert all("before" not in r.headers for r in records[:2] + records[3:])
    assert "without" in daemon.stderr()


# --- lost -----------------------------------------------------------------


@pytest.mark.soak
def test_a_position_that_left_the_oplog_is_said_with_its_interval(
    stream, own_servers, mongodb_at
):
    # The smallest oplog that the server truncates; it does so by the minute.
    servers = own_servers("plain", oplog_mb=1)
    other = mongodb_at(servers.env()["MSTREAM_TEST_MONGODB"])
    users = other.db["users"]
    users.insert_one({"_id": 0})
    stream.uri = other.uri
    time = other.client.admin.command("ping")["operationTime"]
    stream.run(start=f"timestamp:{time.time},{time.inc}")
    oplog = other.client.local["oplog.rs"]
    number = 1

    def first():
        nonlocal number
        users.insert_many(
            [{"_id": number + i, "pad": "x" * 100_000} for i in range(20)]
        )
        number += 20
        return oplog.find_one(sort=[("$natural", 1)])["ts"]

    wait_until(lambda: first() > time, 180, 0.5, "a truncated oplog")
    result = stream.run(code=1)
    began = first().as_datetime().strftime("%Y-%m-")
    assert "where the oplog begins, are lost to this job" in result.err
    assert began in result.err
    assert "on_lost_position" in result.err
