# SPDX-License-Identifier: MIT
"""The MongoDB source when the server, the line or the rights fail."""

from urllib.parse import quote

import pymongo
import pytest
from servers_lib import cache, ports, process
from support.mongo import limited_users
from support.mongodb_stream import Stream
from support.waiting import wait_until


@pytest.fixture
def stream(mongodb, kafka, mstream, mstreamd):
    return Stream(mongodb, kafka, mstream, mstreamd)


@pytest.fixture
def users(mongodb, stream):
    return mongodb.db["users"]


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


def test_a_stop_leaves_no_cursor_behind(stream, users):
    where = f"{users.database.name}.users"

    def cursors():
        return list(
            stream.mongodb.client.admin.aggregate(
                [
                    {"$currentOp": {"allUsers": True, "idleCursors": True}},
                    {"$match": {"ns": where, "cursor": {"$exists": True}}},
                ]
            )
        )

    daemon = stream.daemon()
    users.insert_one({"_id": 0})
    stream.wait_for(1)
    wait_until(cursors, what="an open stream")
    daemon.stop()
    wait_until(lambda: not cursors(), 30, what="no cursor to be left")


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


def test_a_standalone_server_is_refused_in_words(stream, tmp_path):
    binary, env = cache.mongod()
    port = ports.take(1)[0]
    data = tmp_path / "data"
    data.mkdir()
    argv = [str(binary), "--dbpath", str(data), "--port", str(port)]
    argv += ["--bind_ip", "127.0.0.1", "--nounixsocket"]
    server = process.spawn(argv, str(tmp_path / "mongod.log"), env)
    try:
        wait_until(lambda: ports.is_listening(port))
        stream.uri = f"mongodb://127.0.0.1:{port}/"
        result = stream.run(code=1, start="now")
    finally:
        process.kill(server)
    assert "standalone" in result.err
    assert "rs.initiate()" in result.err


# --- rights ---------------------------------------------------------------


@pytest.fixture
def role(secure, unique):
    """role(actions): a connection string of a user that may just that."""
    where = {"db": unique, "collection": "users"}
    with limited_users(secure, unique) as (create, admin):
        yield lambda actions: create([{"resource": where, "actions": actions}]), admin


def test_find_and_changestream_on_the_collection_are_enough(stream, role):
    create, db = role
    stream.uri = create(["find", "changeStream"])
    db["users"].insert_one({"_id": 0})
    stream.daemon(start="now")
    wait_until(lambda: stream.checkpoints())
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


def test_a_certificate_logs_in(stream, secure):
    uri = secure["MSTREAM_TEST_SECURE_MONGODB_X509"]
    folder = secure["MSTREAM_TEST_SECURE_TLS"]
    client = pymongo.MongoClient(uri)
    # The files come from the service's keys, not from the connection string.
    host = uri.partition("://")[2].partition("/")[0]
    stream.uri = (
        f"mongodb://{host}/?replicaSet=mst&authMechanism=MONGODB-X509"
        f"&authSource={quote('$external')}"
    )
    config = stream.config(start="now").replace(
        "db_name =",
        f'tls_ca_file = "{folder}/ca.pem"\n'
        f'tls_certificate_key_file = "{folder}/client.pem"\n'
        "db_name =",
    )
    stream.mstreamd(config)
    wait_until(stream.checkpoints, what="an open stream")
    client[stream.mongodb.name]["users"].insert_one({"_id": 1})
    try:
        assert stream.wait_for(1) == [{"_id": 1}]
    finally:
        client.drop_database(stream.mongodb.name)
        client.close()
