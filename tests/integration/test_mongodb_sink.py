# SPDX-License-Identifier: MIT
"""The MongoDB sink in real jobs: copies are equal, faults lose nothing."""

import datetime
import os
import random
import subprocess

import bson
import pytest
from pymongo import errors
from support import ROOT
from support.mixed import raw_documents
from support.programs import binary
from support.waiting import wait_until

CONFIG = """
[state]
path = "./state"

[[services]]
provider = "mongodb"
name = "from"
connection_string = "{uri}"
db_name = "{db}"

[[services]]
provider = "mongodb"
name = "to"
connection_string = "{to}"
db_name = "{db}"

[[connectors]]
name = "copy_{db}"
source = {{ service_name = "from", resource = "users", {source} }}
sinks = [ {{ service_name = "to", resource = "copy", {sink} }} ]
checkpoint = {{ enabled = true, interval = "100ms" }}
"""

VALUES = [
    1,
    2**40,
    0.1,
    "text é",
    None,
    True,
    b"bytes",
    datetime.datetime(2026, 1, 2, 3, 4, 5),
    bson.Decimal128("1.50"),
    bson.ObjectId("65f0a1b2c3d4e5f601234567"),
    bson.Timestamp(5, 6),
    bson.Regex("^a", "i"),
    bson.Int64(3),
    {"nested": {"deep": [1, {"x": 2}]}},
    [],
    [1, "two", 3.0],
]


class Copy:
    """One job from `users` to `copy` in the test's database."""

    def __init__(self, mongodb, mstream, mstreamd):
        self.mongodb, self.mstream, self.mstreamd = mongodb, mstream, mstreamd
        self.users, self.copy = mongodb.db.users, mongodb.db.copy
        self.to = mongodb.uri
        time = mongodb.client.admin.command("ping")["operationTime"]
        self.start = f'start = "timestamp:{time.time},{time.inc + 1}"'

    def config(self, source="", sink=""):
        return CONFIG.format(
            uri=self.mongodb.uri,
            to=self.to,
            db=self.mongodb.name,
            source=", ".join(x for x in (self.start, source) if x),
            sink=sink or 'write_mode = "apply"',
        )

    def run(self, code=0, **options):
        path = self.mstream.folder / "copy.toml"
        path.write_text(self.config(**options))
        return self.mstream("run", path, "--once", "--timeout", "60", code=code)

    def daemon(self, **options):
        return self.mstreamd(self.config(**options))

    def same(self):
        db = self.mongodb.db
        return raw_documents(db["users"]) == raw_documents(db["copy"])

    def change(self, count, documents=50, seed=1):
        """Mixed operations on a few documents."""
        pick = random.Random(seed)
        for number in range(count):
            key = {"_id": f"k{pick.randrange(documents)}"}
            kind = pick.randrange(10)
            value = pick.choice(VALUES)
            if kind < 3:
                self.users.replace_one(key, {"n": number, "v": value}, upsert=True)
            elif kind < 5:
                self.users.update_one(
                    key,
                    {"$set": {f"f{pick.randrange(5)}": value, "n": number}},
                    upsert=True,
                )
            elif kind < 6:
                self.users.update_one(key, {"$unset": {f"f{pick.randrange(5)}": ""}})
            elif kind < 7:
                self.users.update_one(
                    key, {"$set": {"list": list(range(pick.randrange(40)))}}
                )
            elif kind < 8:
                try:
                    self.users.update_one(
                        key,
                        {"$push": {"list": {"$each": [number], "$slice": -9}}},
                    )
                except errors.WriteError:
                    pass  # `list` may be there as something else
            elif kind < 9:
                self.users.delete_one(key)
            else:
                try:
                    self.users.insert_one({**key, "v": value})
                except errors.DuplicateKeyError:
                    pass


@pytest.fixture
def copy(mongodb, mstream, mstreamd):
    return Copy(mongodb, mstream, mstreamd)


@pytest.mark.parametrize(
    "name",
    [
        "sinks_mongodb_server",
        "state_mongo_store",
        "state_records",
        "state_record_store_open",
        "state_subjects",
    ],
)
def test_the_tests_in_c_pass_on_a_real_server(mongodb, name):
    program = binary("mstream").parent.parent / "tests" / f"test_{name}"
    if not program.exists():
        pytest.skip(f"{program} is not built")
    done = subprocess.run(
        [program],
        env={**os.environ, "MSTREAM_TEST_MONGODB": mongodb.uri},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SKIPPED" not in done.stdout


@pytest.mark.parametrize("payload", ["document", "change"])
def test_the_guard_compares_places_in_the_oplog(copy, payload):
    copy.users.insert_one({"_id": 1, "n": 0})
    copy.users.update_one({"_id": 1}, {"$set": {"n": 1}})
    time = copy.mongodb.client.admin.command("ping")["operationTime"]
    copy.run(source=f'payload = "{payload}"', sink='guard = "position"')
    found = copy.copy.find_one()
    assert found["n"] == 1
    assert found["_mst"]["s"] == "mongodb"
    assert time.time - 60 < found["_mst"]["o"] >> 32 <= time.time


def test_a_delta_that_meets_no_document_is_said(copy):
    copy.users.insert_one({"_id": "k1", "n": 0})
    time = copy.mongodb.client.admin.command("ping")["operationTime"]
    copy.start = f'start = "timestamp:{time.time},{time.inc + 1}"'
    for n in range(3):
        copy.users.update_one({"_id": "k1"}, {"$set": {"n": n + 1}})
    copy.users.insert_one({"_id": "k2"})
    result = copy.run(source='payload = "change", full_document = "off"')
    assert "changes met no document" in result.err
    assert "never copied" in result.err
    assert [d["_id"] for d in copy.copy.find()] == ["k2"]


@pytest.mark.parametrize("payload", ["document", "change"])
@pytest.mark.parametrize("connections", [1, 4])
def test_a_copy_of_mixed_operations_is_equal_byte_for_byte(copy, payload, connections):
    copy.change(3000)
    copy.run(
        source=f'payload = "{payload}"',
        sink=f"connections = {connections}",
    )
    assert copy.users.count_documents({}) > 10
    assert copy.same()


def test_the_service_says_how_when_the_step_does_not(copy):
    copy.users.insert_one({"_id": 1})
    copy.users.delete_one({"_id": 1})
    text = copy.config().replace('write_mode = "apply"', "connections = 1")
    text = text.replace('\nname = "to"', '\nname = "to"\nwrite_mode = "insert"')
    path = copy.mstream.folder / "legacy.toml"
    path.write_text(text)
    # Insert mode takes no heed of operations: the delete's payload, which is
    # the document key, equals what is stored.
    copy.mstream("run", path, "--once", "--timeout", "60", code=0)
    assert copy.copy.count_documents({}) == 1


def test_kill_at_random_under_load_loses_nothing(copy):
    copy.change(4000, documents=200)
    pick = random.Random(7)
    for _ in range(8):
        daemon = copy.daemon()
        before = copy.copy.count_documents({})
        wait_until(
            lambda: copy.copy.count_documents({}) != before or pick.random() < 0.2,
            10,
            what="some progress",
        )
        daemon.kill()
        copy.change(300, documents=200, seed=pick.random())
    copy.daemon()
    wait_until(copy.same, 30, what="both collections equal")


def test_a_cut_connection_is_resumed(copy, fault_proxy):
    copy.to = fault_proxy.mongodb
    copy.daemon()
    copy.change(300)
    wait_until(copy.same, 30, what="equal before the cut")
    fault_proxy.cut("mongodb")
    copy.change(500, seed=2)
    fault_proxy.restore("mongodb")
    wait_until(copy.same, 60, what="equal after the cut")


def test_one_bad_document_is_rejected_and_its_neighbours_arrive(copy):
    copy.copy.create_index("mail", unique=True)
    copy.users.insert_many(
        [{"_id": i, "mail": "twice" if i in (3, 7) else f"m{i}"} for i in range(10)]
    )
    result = copy.run(code=3, sink="connections = 1")
    assert [d["_id"] for d in copy.copy.find(sort=[("_id", 1)])] == [
        0, 1, 2, 3, 4, 5, 6, 8, 9,
    ]  # fmt: skip
    assert "mail_1" in result.err


def test_templates_spread_collections(copy, mongodb):
    mongodb.db.users.insert_one({"_id": 1})
    mongodb.db.orders.insert_one({"_id": 2})
    text = copy.config().replace('resource = "users"', 'resource = "*"')
    text = text.replace('resource = "copy"', 'resource = "copy_of_{collection}"')
    text = text.replace(
        f'db_name = "{mongodb.name}"\n\n[[connectors]]',
        f'db_name = "{mongodb.name}_copy"\n\n[[connectors]]',
    )
    path = copy.mstream.folder / "spread.toml"
    path.write_text(text)
    try:
        copy.mstream("run", path, "--once", "--timeout", "60", code=0)
        target = mongodb.client[f"{mongodb.name}_copy"]
        assert target["copy_of_users"].find_one() == {"_id": 1}
        assert target["copy_of_orders"].find_one() == {"_id": 2}
    finally:
        mongodb.client.drop_database(f"{mongodb.name}_copy")


def test_checkpoints_can_live_in_mongodb(copy, mongodb):
    system = (
        '\n[system]\ncheckpoints = { service_name = "from", resource = "positions" }\n'
    )
    path = copy.mstream.folder / "shared.toml"
    path.write_text(copy.config() + system)
    copy.change(50)
    copy.mstream("run", path, "--once", "--timeout", "60", code=0)
    assert copy.same()
    saved = mongodb.db.positions.find_one({"_id": f"copy_{mongodb.name}"})
    assert saved["checkpoints"] and saved["holder"] == ""
    # Were the position not used, the second run would repeat all of it and
    # bring back what is removed here behind its back.
    mongodb.db.copy.delete_many({})
    copy.users.insert_one({"_id": "last"})
    copy.mstream("run", path, "--once", "--timeout", "60", code=0)
    assert [d["_id"] for d in mongodb.db.copy.find()] == ["last"]


def test_a_step_down_of_the_primary_is_survived(
    copy, own_servers, mongodb_at, mstream, mstreamd
):
    instance = own_servers("replica")
    mongo = mongodb_at(instance.env()["MSTREAM_TEST_REPLICA_MONGODB"])
    other = Copy(mongo, mstream, mstreamd)
    other.daemon()
    other.change(200)
    wait_until(other.same, 30, what="equal before the step-down")
    try:
        mongo.client.admin.command("replSetStepDown", 5, force=True)
    except errors.AutoReconnect:
        pass
    other.change(200, seed=3)
    wait_until(other.same, 90, what="equal after the step-down")


def test_the_example_keeps_a_copy(mongodb, mstreamd):
    target = f"{mongodb.name}_copy"
    daemon = mstreamd(
        ROOT / "examples" / "mongodb-to-mongodb.toml",
        env={
            "MONGO_URI": mongodb.uri,
            "MONGO_DATABASE": mongodb.name,
            "MONGO_TARGET_URI": mongodb.uri,
            "MONGO_TARGET_DATABASE": target,
        },
    )
    copied = mongodb.client[target].users
    try:

        def arrives():
            mongodb.db.users.replace_one({"_id": 0}, {"n": 1}, upsert=True)
            return copied.find_one({"_id": 0})

        wait_until(arrives, 30, what="the change stream")
        mongodb.db.users.update_one({"_id": 0}, {"$set": {"n": 2}})
        wait_until(lambda: copied.find_one({"n": 2}), 30, what="the delta")
        assert copied.find_one({"_id": 0})["_mst"]["s"] == "mongodb"
        daemon.stop()
    finally:
        mongodb.client.drop_database(target)


@pytest.fixture
def reader(secure, mongodb_at):
    """The URI of a user that may only read, on the server with TLS."""
    mongo = mongodb_at(secure["MSTREAM_TEST_SECURE_MONGODB_ADMIN"])
    mongo.client.admin.command(
        "createUser",
        mongo.name,
        pwd="secret-of-a-test",
        roles=[{"role": "read", "db": mongo.name}],
    )
    head, _, tail = secure["MSTREAM_TEST_SECURE_MONGODB"].rpartition("@")
    scheme = head.partition("://")[0]
    yield mongo, f"{scheme}://{mongo.name}:secret-of-a-test@{tail}"
    mongo.client.admin.command("dropUser", mongo.name)


def test_who_may_only_read_is_told_by_doctor_and_stops_the_job(reader, mstream):
    mongo, uri = reader
    path = mstream.folder / "reader.toml"
    path.write_text(
        f"""
[state]
path = ":memory:"

[[services]]
provider = "mongodb"
name = "to"
connection_string = "{uri}"
db_name = "{mongo.name}"

[[services]]
provider = "generate"
name = "g"

[[connectors]]
name = "job"
source = {{ service_name = "g", resource = "orders", count = 3 }}
sinks = [ {{ service_name = "to", resource = "copy", output_encoding = "bson" }} ]
"""
    )
    found = mstream("doctor", path, code=None)
    assert "missing" in found.out and "insert, update, remove" in found.out, found
    assert "readWrite" in found.out
    done = mstream("run", path, "--once", "--timeout", "30", code=1)
    assert "not authorized" in done.err, done
    assert "secret-of-a-test" not in found.out + found.err + done.out + done.err
