# SPDX-License-Identifier: MIT
"""Every example starts and does what its first lines say."""

import datetime
import decimal
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bson import Decimal128
from support import ROOT
from support.avro import fastavro
from support.files import text_of
from support.orders import V1
from support.orders import orders as orders_of
from support.registry import Registry
from support.waiting import wait_until

EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))
SCHEMAS = ROOT / "examples" / "schemas"


def orders(folder):
    """Return the documents of the quick start's files, in order."""
    found = []
    for path in sorted(Path(folder).glob("quickstart-out/orders-*")):
        for line in path.read_text().splitlines():
            found.append(json.loads(line))
    return found


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_valid(mstream, path):
    for folder in ("schemas", "scripts"):
        shutil.copytree(ROOT / "examples" / folder, mstream.folder / "examples" / folder)
    mstream("validate", path)


def test_there_are_examples():
    assert {"quickstart", "mongodb-to-kafka"} <= {p.stem for p in EXAMPLES}


def test_the_quick_start_goes_on_where_it_stopped(mstreamd, tmp_path):
    example = ROOT / "examples" / "quickstart.toml"
    for expected in (5, 10, 15):
        daemon = mstreamd(example)
        wait_until(lambda: len(orders(tmp_path)) >= expected)
        daemon.stop()
        assert '"_id"' in daemon.stdout()
    # Deletes have no `seq`; every other document counts on.
    numbers = [order.get("seq") for order in orders(tmp_path)]
    for at, number in enumerate(numbers, start=1):
        assert number in (at, None), numbers


def test_mongodb_to_kafka_delivers(mstreamd, mongodb, kafka):
    topic = f"{kafka.prefix}.users"
    daemon = mstreamd(
        ROOT / "examples" / "mongodb-to-kafka.toml",
        env={
            "MONGO_URI": mongodb.uri,
            "MONGO_DATABASE": mongodb.name,
            "KAFKA_BOOTSTRAP": kafka.bootstrap,
            "KAFKA_TOPIC": topic,
        },
    )
    users = mongodb.db["users"]
    wait_until(lambda: follows(mongodb), what="the change stream")
    users.insert_one({"_id": "ada", "age": 36})
    users.update_one({"_id": "ada"}, {"$set": {"age": 37}})
    # The update's document is looked up: it must still be there.
    wait_until(lambda: kafka.exists(topic) and kafka.count(topic) >= 2)
    users.delete_one({"_id": "ada"})
    wait_until(
        lambda: kafka.exists(topic) and kafka.count(topic) >= 3
    )
    records = kafka.consume_all(topic)
    daemon.stop()
    kafka.admin.delete_topics([topic])
    assert [r.key for r in records] == [b"ada"] * 3
    assert [r.headers["op"] for r in records] == ["create", "update", "delete"]
    assert json.loads(records[1].value) == {"_id": "ada", "age": 37}
    assert records[2].value is None


def run(mstreamd, name, **env):
    return mstreamd(ROOT / "examples" / f"{name}.toml", env=env)


def test_generate_writes_all_changes(mstreamd, tmp_path):
    daemon = run(mstreamd, "generate")
    out = tmp_path / "generate-out"
    daemon.wait_log("completed", 60)
    daemon.stop()
    rows = (out / "people.csv").read_text().splitlines()
    assert rows[0] == "n,name,age,role"
    assert len(rows) == 1 + 100000
    assert [path.name for path in sorted(out.glob("people-*.bson"))] == [
        f"people-{n:06}.bson" for n in (1, 2, 3)
    ]


def test_files_are_copied_and_followed(mstreamd, tmp_path):
    incoming = tmp_path / "files-in"
    incoming.mkdir()
    (incoming / "a.jsonl").write_text('{"_id": 1, "name": "Ada"}\n')
    (incoming / "t.csv").write_text("id,name\n7,Grace\n")
    daemon = run(mstreamd, "files")
    out = tmp_path / "files-out"

    def found(pattern):
        return text_of(out, pattern)

    wait_until(lambda: found("*/lines-*").count("\n") == 1)
    with (incoming / "a.jsonl").open("a") as more:
        more.write('{"_id": 2, "name": "Alan"}\n')
    wait_until(lambda: found("*/lines-*").count("\n") == 2)
    wait_until(lambda: found("tables.csv*").count("\n") == 2)
    daemon.stop()
    names = [json.loads(line)["name"] for line in found("*/lines-*").split("\n")[:2]]
    assert names == ["Ada", "Alan"]
    assert found("tables.csv*").split("\n")[1] == "7,Grace"


def test_kafka_to_kafka_mirrors(mstreamd, kafka):
    topic, copy = kafka.topic("orders", partitions=3), f"{kafka.prefix}.copy"
    kafka.produce(topic, [{"key": b"a", "value": b'{"n": 1}'}])
    daemon = run(
        mstreamd,
        "kafka-to-kafka",
        KAFKA_BOOTSTRAP=kafka.bootstrap,
        KAFKA_TARGET_BOOTSTRAP=kafka.bootstrap,
        KAFKA_TOPIC=topic,
        KAFKA_TARGET_TOPIC=copy,
    )
    wait_until(lambda: kafka.exists(copy) and kafka.count(copy) == 1)
    (record,) = kafka.consume_all(copy)
    daemon.stop()
    kafka.admin.delete_topics([copy])
    assert (record.key, record.value) == (b"a", b'{"n": 1}')


def test_kafka_to_mongodb_applies(mstreamd, mongodb, kafka):
    topic = kafka.topic("users", partitions=3)
    kafka.produce(
        topic,
        [
            {"key": b"1", "value": b'{"_id": 1, "name": "Ada"}'},
            {"key": b"2", "value": b'{"_id": 2, "name": "Alan"}'},
            {"key": b"1", "value": b'{"_id": 1, "name": "Ada L."}'},
        ],
    )
    daemon = run(
        mstreamd,
        "kafka-to-mongodb",
        KAFKA_BOOTSTRAP=kafka.bootstrap,
        KAFKA_TOPIC=topic,
        KAFKA_GROUP=kafka.prefix,
        MONGO_URI=mongodb.uri,
        MONGO_DATABASE=mongodb.name,
    )
    wanted = {1: "Ada L.", 2: "Alan"}
    wait_until(
        lambda: {d["_id"]: d["name"] for d in mongodb.db["users"].find()} == wanted
    )
    daemon.stop()


def schema_of(name):
    return fastavro.parse_schema(json.loads((SCHEMAS / name).read_text()))


def read_avro(value, name, registry_id):
    """A record in Confluent's frame, as fastavro reads it."""
    assert value[:5] == b"\0" + registry_id.to_bytes(4, "big")
    return fastavro.schemaless_reader(io.BytesIO(value[5:]), schema_of(name))


PLACED = datetime.datetime(2026, 11, 21, 10, 40, tzinfo=datetime.timezone.utc)
ORDER = {"item": "lamp", "quantity": 2, "placed": PLACED}
PRICE = decimal.Decimal("19.90")


def test_mongodb_to_kafka_avro_delivers_by_both_schemas(mstreamd, mongodb, kafka):
    topic, report = f"{kafka.prefix}.orders", f"{kafka.prefix}.report"
    daemon = run(
        mstreamd,
        "mongodb-to-kafka-avro",
        SCHEMAS=str(SCHEMAS),
        MONGO_URI=mongodb.uri,
        MONGO_DATABASE=mongodb.name,
        KAFKA_BOOTSTRAP=kafka.bootstrap,
        KAFKA_TOPIC=topic,
        KAFKA_REPORT_TOPIC=report,
    )
    wait_until(lambda: follows(mongodb), what="the change stream")
    price = Decimal128(PRICE)
    mongodb.db["orders"].insert_one({"_id": "o1", **ORDER, "price": price, "x": 1})
    for name in (topic, report):
        wait_until(lambda name=name: kafka.exists(name) and kafka.count(name) == 1)
    (order,), (short,) = kafka.consume_all(topic), kafka.consume_all(report)
    daemon.stop()
    kafka.admin.delete_topics([topic, report])
    assert read_avro(order.value, "order.avsc", 1) == {
        "_id": "o1",
        **ORDER,
        "price": PRICE,
        "note": None,
    }
    assert read_avro(short.value, "order-report.avsc", 2) == {
        "_id": "o1",
        "quantity": 2,
        "price": PRICE,
        "currency": "EUR",
    }


def test_kafka_avro_to_mongodb_gives_each_sink_its_schema(mstreamd, mongodb, kafka):
    topic, report = kafka.topic("orders", partitions=1), f"{kafka.prefix}.report"
    records = []
    for n in range(3):
        out = io.BytesIO(b"\0\0\0\0\x01")
        out.seek(5)
        order = {"_id": f"o{n}", **ORDER, "price": PRICE, "note": "n"}
        fastavro.schemaless_writer(out, schema_of("order.avsc"), order)
        records.append({"key": f"o{n}".encode(), "value": out.getvalue()})
    # Refused alone by every sink: it ends too early.
    records.insert(1, {"key": b"bad", "value": records[0]["value"][:-1]})
    kafka.produce(topic, records)
    daemon = run(
        mstreamd,
        "kafka-avro-to-mongodb",
        SCHEMAS=str(SCHEMAS),
        KAFKA_BOOTSTRAP=kafka.bootstrap,
        KAFKA_TOPIC=topic,
        KAFKA_REPORT_TOPIC=report,
        KAFKA_GROUP=kafka.prefix,
        MONGO_URI=mongodb.uri,
        MONGO_DATABASE=mongodb.name,
    )
    copy = mongodb.db["orders_copy"]
    wait_until(lambda: copy.count_documents({}) == 3)
    wait_until(lambda: kafka.exists(report) and kafka.count(report) == 3)
    shorts = kafka.consume_all(report)
    daemon.stop()
    kafka.admin.delete_topics([report])
    assert copy.find_one({"_id": "o1"}) == {
        "_id": "o1",
        **ORDER,
        "placed": PLACED.replace(tzinfo=None),
        "price": Decimal128(PRICE),
        "note": "n",
    }
    found = [read_avro(short.value, "order-report.avsc", 2) for short in shorts]
    assert sorted(order["_id"] for order in found) == ["o0", "o1", "o2"]
    assert {order["currency"] for order in found} == {"EUR"}
    assert {type(order["quantity"]) for order in found} == {int}


def test_mongodb_database_shows_envelopes(mstreamd, mongodb):
    daemon = run(
        mstreamd, "mongodb-database", MONGO_URI=mongodb.uri, MONGO_DB=mongodb.name
    )
    wait_until(lambda: follows(mongodb), what="the change stream")
    mongodb.db["other"].insert_one({"_id": 0})
    mongodb.db["users"].insert_one({"_id": 1})
    mongodb.db["orders_eu"].insert_one({"_id": 2})
    wait_until(lambda: '"orders_eu"' in daemon.stdout())
    daemon.stop()
    assert '"users"' in daemon.stdout()
    assert '"other"' not in daemon.stdout()
    assert '"op":"c"' in daemon.stdout()


def test_mongodb_to_mongodb_replays(mstreamd, mongodb):
    copy = f"{mongodb.name}_copy"
    daemon = run(
        mstreamd,
        "mongodb-to-mongodb",
        MONGO_URI=mongodb.uri,
        MONGO_DATABASE=mongodb.name,
        MONGO_TARGET_URI=mongodb.uri,
        MONGO_TARGET_DATABASE=copy,
    )
    users = mongodb.db["users"]
    wait_until(lambda: follows(mongodb), what="the change stream")
    users.insert_one({"_id": 1, "tags": ["a", "b"], "n": 1})
    users.update_one({"_id": 1}, {"$set": {"tags.1": "c"}, "$inc": {"n": 4}})
    users.insert_one({"_id": 2})
    users.delete_one({"_id": 2})
    target = mongodb.client[copy]["users"]

    def replayed():
        found = [(d["_id"], d.get("tags"), d.get("n")) for d in target.find()]
        return found == [(1, ["a", "c"], 5)]

    try:
        wait_until(replayed)
        daemon.stop()
    finally:
        mongodb.client.drop_database(copy)


def follows(mongodb):
    """True once a change stream on this test's database is open."""
    pipeline = [
        {"$currentOp": {"allUsers": True, "idleCursors": True}},
        {"$match": {"ns": {"$regex": f"^{mongodb.name}[.]"}}},
    ]
    return list(mongodb.client.admin.aggregate(pipeline))


def test_schema_registry_there_and_back(mstreamd, mongodb, kafka, registry_servers):
    topic = f"{kafka.prefix}.orders"
    registry = Registry(registry_servers["MSTREAM_TEST_REGISTRY"])
    registry.register(f"{topic}-value", V1)
    kafka.topic("orders", partitions=1)
    mstreamd(
        ROOT / "examples" / "schema-registry.toml",
        env={
            "MONGO_URI": mongodb.uri,
            "MONGO_DATABASE": mongodb.name,
            "KAFKA_BOOTSTRAP": kafka.bootstrap,
            "KAFKA_TOPIC": topic,
            "REGISTRY_URL": registry.url,
            "SUBJECT": f"{topic}-value",
        },
    )
    wait_until(lambda: follows(mongodb), what="the change stream")
    docs = orders_of(0, 5)
    mongodb.db.orders.insert_many(docs)
    copy = mongodb.db.orders_copy
    wait_until(lambda: copy.count_documents({}) == 5, 60, what="the copies")
    assert sorted(copy.find(), key=lambda d: d["amount"]) == docs
    payloads = [record.value for record in kafka.consume_all(topic)]
    assert registry.decode(topic, payloads) == docs


def test_schemas_of_the_store_shape_lines(mstream, tmp_path):
    example = ROOT / "examples" / "schemas.toml"
    (tmp_path / "schemas-in").mkdir()
    (tmp_path / "schemas-in" / "orders.jsonl").write_text(
        '{"total":1.5,"id":7,"more":true}\n'
    )
    mstream(
        "schema", "register", "orders", ROOT / "examples" / "schemas.avsc",
        "--key=id", "--config", example,
    )  # fmt: skip
    mstream("run", example, "--once", "--no-progress")
    out = tmp_path / "schemas-out" / "orders.jsonl"
    assert out.read_text() == '{"id":7,"total":1.5,"note":""}\n'


def test_mongodb_to_http_keeps_a_resource_like_the_collection(
    mstreamd, mongodb, make_http
):
    server = make_http()
    run(
        mstreamd,
        "mongodb-to-http",
        MONGO_URI=mongodb.uri,
        MONGO_DATABASE=mongodb.name,
        HOOK_URL=server.url,
        HOOK_KEY="k",
    )
    users = mongodb.db["users"]
    wait_until(lambda: follows(mongodb), what="the change stream")
    users.insert_one({"_id": "ada", "age": 36})
    wait_until(lambda: len(server.accepted) == 1)
    users.delete_one({"_id": "ada"})
    wait_until(lambda: len(server.accepted) == 2)
    put, delete = server.accepted
    assert (put.method, put.path) == ("PUT", "/users/ada")
    assert json.loads(put.body) == {"_id": "ada", "age": 36}
    assert put.headers["x-api-key"] == "k"
    assert (delete.method, delete.path) == ("DELETE", "/users/ada")


def once(mstream, name, code=0, **env):
    """Runs the example to its end; returns {file: documents}."""
    shutil.copytree(ROOT / "examples" / "scripts", mstream.folder / "examples" / "scripts")
    example = ROOT / "examples" / f"{name}.toml"
    mstream("run", example, "--once", "--no-progress", code=code, env=env)
    return {
        path.stem: [json.loads(line) for line in path.read_text().splitlines()]
        for path in (mstream.folder / f"{name}-out").glob("*.jsonl")
    }


def test_lua_masks_splits_adds_up_and_routes(mstream):
    """No tenant is named nowhere: those orders are refused."""
    found = once(mstream, "lua", code=3)
    people = found["people"]
    assert len(people) == 1000
    for seq, one in enumerate(people, start=1):
        assert "name" not in one
        assert one["email"] == "u***@example.org"
        assert one["phone"].startswith("****") and len(one["phone"]) == 15
        assert one["born"].endswith("-01-01")
        assert len(one["customer"]) == 64 and one["total"] >= 0, seq
    assert len(found["items"]) == 2000
    assert [item["order"] for item in found["items"]] == [
        n for n in range(1, 1001) for _ in range(2)
    ]
    assert [item["place"] for item in found["items"]] == [1, 2] * 1000
    assert found["sums"] == [
        {"orders": n, "items": 3 * n} for n in range(100, 1001, 100)
    ]
    routed = found["north"] + found["south"]
    assert all("tenant" not in order for order in routed)
    example = ROOT / "examples" / "lua.toml"
    letters = mstream("dlq", "list", "--json", "--config", example).json()
    assert all("no such tenant: nowhere" in letter["reason"] for letter in letters)


def test_enrich_completes_orders_over_http(mstream):
    script = ROOT / "examples" / "scripts" / "enrich_server.py"
    server = subprocess.Popen(
        [sys.executable, script, "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        url = server.stdout.readline().strip()
        found = once(mstream, "enrich", code=3, ENRICH_URL=url)
        example = ROOT / "examples" / "enrich.toml"
        letters = mstream("dlq", "list", "--json", "--config", example, "--limit", "1000").json()
    finally:
        server.kill()
        server.wait()
    assert set(found) == {"gold", "silver"}
    names = {order["customer"]: order["name"] for orders in found.values() for order in orders}
    assert names == {"ada": "Ada Lovelace", "alan": "Alan Turing", "grace": "Grace Hopper"}
    assert {order["customer"] for order in found["silver"]} == {"alan"}
    assert all("no such customer" in letter["reason"] for letter in letters)
    for orders in found.values():
        numbers = [order["_id"] for order in orders]
        assert numbers == sorted(numbers)
    # The rest are orders of tests.
    assert len(letters) > 100
    assert 100 < 1000 - len(letters) - sum(map(len, found.values())) < 300


def test_middlewares_mask_and_route_without_a_script(mstream):
    found = once(mstream, "middlewares")
    assert set(found) == {"north", "south"}
    assert 500 < sum(map(len, found.values())) < 800
    for tenant, orders in found.items():
        for order in orders:
            assert list(order) == [
                "_id", "tenant", "customer_name", "customer_email",
                "customer_phone", "customer_born", "quantity",
            ]  # fmt: skip
            assert order["tenant"] == tenant
            assert len(order["customer_name"]) == 64
            assert order["customer_email"] == "u***@example.org"
            assert order["customer_phone"][:-4] == "*" * 11
            assert order["customer_born"].endswith("-01-01")
