# SPDX-License-Identifier: MIT
"""The test servers themselves: what other tests rely on, they really do."""

import socket
import time

import confluent_kafka
import pymongo
import pymongo.errors
import pytest
from support.waiting import wait_until


def test_a_change_stream_runs_on_the_plain_replica_set(mongodb):
    with mongodb.db["c"].watch() as stream:
        mongodb.db["c"].insert_one({"_id": 1})
        assert stream.next()["documentKey"] == {"_id": 1}


def test_deleted_documents_come_as_pre_images(mongodb):
    mongodb.enable_pre_images("c")
    mongodb.db["c"].insert_one({"_id": 1, "a": "kept"})
    with mongodb.db["c"].watch(full_document_before_change="required") as s:
        mongodb.db["c"].delete_one({"_id": 1})
        assert s.next()["fullDocumentBeforeChange"] == {"_id": 1, "a": "kept"}


def test_a_fail_point_makes_the_server_answer_with_an_error(mongodb):
    end = mongodb.fail_point(
        "failCommand",
        {"times": 1},
        failCommands=["distinct"],
        errorCode=136,
    )
    with pytest.raises(pymongo.errors.OperationFailure) as caught:
        mongodb.db["c"].distinct("a")
    end()
    assert caught.value.code == 136


def test_records_come_back_with_key_headers_and_order(kafka):
    topic = kafka.topic("t", partitions=3)
    kafka.produce(
        topic,
        [
            {"key": b"k", "value": b"%d" % i, "headers": {"op": "create"}}
            for i in range(100)
        ],
    )
    records = kafka.consume_all(topic)
    assert [r.value for r in records] == [b"%d" % i for i in range(100)]
    assert {r.key for r in records} == {b"k"}
    assert records[0].headers == {"op": "create"}
    assert kafka.count(topic) == 100


def test_a_missing_topic_is_not_created_by_asking(kafka):
    with pytest.raises(AssertionError) as caught:
        kafka.produce(f"{kafka.prefix}.nobody", [b"x"])
    assert "UNKNOWN_TOPIC_OR_PART" in str(caught.value)


# -- secure ---------------------------------------------------------------


def refused_mongo(uri):
    with pymongo.MongoClient(uri, serverSelectionTimeoutMS=1000) as client:
        with pytest.raises(pymongo.errors.PyMongoError) as caught:
            client["app"]["c"].find_one()
    return caught.value


def test_the_secure_replica_set_lets_in_by_password_and_certificate(secure):
    for name in ("", "_ADMIN", "_X509"):
        uri = secure[f"MSTREAM_TEST_SECURE_MONGODB{name}"]
        with pymongo.MongoClient(uri) as client:
            client["app"]["c"].find_one()


def test_the_secure_replica_set_refuses_everybody_else(secure):
    good = secure["MSTREAM_TEST_SECURE_MONGODB"]
    plain = good.partition("?")[0] + "?directConnection=true"
    assert isinstance(
        refused_mongo(plain), pymongo.errors.ServerSelectionTimeoutError
    )
    wrong = refused_mongo(good.replace("app-secret", "wrong"))
    assert wrong.code == 18
    nobody = good.replace("app:app-secret@", "").replace(
        "&authSource=admin", ""
    )
    assert refused_mongo(nobody).code == 13
    stranger = refused_mongo(good.replace("/ca.pem", "/wrong-ca.pem"))
    assert "CERTIFICATE_VERIFY_FAILED" in str(stranger)


def secure_kafka(secure, **changes):
    tls = secure["MSTREAM_TEST_SECURE_TLS"]
    return {
        "bootstrap.servers": secure["MSTREAM_TEST_SECURE_KAFKA"],
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": secure["MSTREAM_TEST_SECURE_KAFKA_USER"],
        "sasl.password": secure["MSTREAM_TEST_SECURE_KAFKA_PASSWORD"],
        "ssl.ca.location": f"{tls}/ca.pem",
        **changes,
    }


def mutual_tls(secure, name):
    tls = secure["MSTREAM_TEST_SECURE_TLS"]
    return {
        "bootstrap.servers": secure["MSTREAM_TEST_SECURE_KAFKA_MTLS"],
        "security.protocol": "SSL",
        "ssl.ca.location": f"{tls}/ca.pem",
        "ssl.certificate.location": f"{tls}/{name}.pem",
        "ssl.key.location": f"{tls}/{name}.key",
    }


@pytest.mark.parametrize(
    "mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"]
)
def test_the_secure_broker_lets_in_by_password(secure, kafka_at, mechanism):
    config = secure_kafka(secure, **{"sasl.mechanism": mechanism})
    cluster = kafka_at(config.pop("bootstrap.servers"), **config)
    topic = cluster.topic("t")
    cluster.produce(topic, [b"hello"])
    assert [r.value for r in cluster.consume_all(topic)] == [b"hello"]
    cluster.close()


def test_the_secure_broker_lets_in_by_certificate(secure, kafka_at):
    config = mutual_tls(secure, "client")
    cluster = kafka_at(config.pop("bootstrap.servers"), **config)
    cluster.produce(cluster.topic("t"), [b"hello"])
    cluster.close()


def error_of(config):
    """Return the codes of the errors of a client that gets nowhere."""
    seen = []
    producer = confluent_kafka.Producer(
        {**config, "error_cb": lambda e: seen.append(e.name()), "log_level": 0}
    )

    def down():
        producer.poll(0.05)
        return "_ALL_BROKERS_DOWN" in seen

    wait_until(down, 20, what="the errors of a refused client")
    return seen


def test_the_secure_broker_refuses_everybody_else(secure):
    wrong = secure_kafka(secure, **{"sasl.password": "wrong"})
    assert "_AUTHENTICATION" in error_of(wrong)
    tls = secure["MSTREAM_TEST_SECURE_TLS"]
    other = secure_kafka(secure, **{"ssl.ca.location": f"{tls}/wrong-ca.pem"})
    assert "_SSL" in error_of(other)
    # TLS 1.3 tells a client of its bad certificate by ending the connection.
    assert "_ALL_BROKERS_DOWN" in error_of(mutual_tls(secure, "stranger"))
    plain = {"bootstrap.servers": secure["MSTREAM_TEST_SECURE_KAFKA"]}
    assert "_ALL_BROKERS_DOWN" in error_of(plain)


# -- faults ---------------------------------------------------------------


def test_a_step_down_gives_another_primary(own_servers, mongodb_at):
    replica = own_servers("replica", oplog_mb=64)
    mongo = mongodb_at(replica.env()["MSTREAM_TEST_REPLICA_MONGODB"])
    mongo.db["c"].insert_one({"_id": 1})
    before = replica.step_down()
    wait_until(lambda: replica.primary() != before, 30)
    mongo.db["c"].insert_one({"_id": 2})
    assert mongo.db["c"].count_documents({}) == 2


def test_a_killed_primary_is_replaced_and_comes_back(own_servers, mongodb_at):
    replica = own_servers("replica", oplog_mb=64)
    mongo = mongodb_at(replica.env()["MSTREAM_TEST_REPLICA_MONGODB"])
    mongo.db["c"].insert_one({"_id": 1})
    before = replica.primary()
    replica.kill(before)
    assert replica.primary() != before
    replica.start(before)
    assert replica.is_up()
    assert mongo.db["c"].count_documents({}) == 1


def test_three_brokers_go_on_without_one(own_servers, kafka_at):
    brokers = own_servers("brokers")
    cluster = kafka_at(brokers.env()["MSTREAM_TEST_BROKERS_KAFKA"])
    topic = cluster.topic("t", partitions=3)
    cluster.produce(topic, [b"%d" % i for i in range(30)])
    brokers.kill("kafka:1")
    cluster.produce(topic, [b"%d" % i for i in range(30, 60)])
    assert {int(r.value) for r in cluster.consume_all(topic)} == set(range(60))
    brokers.start("kafka:1")


def test_a_restarted_broker_and_mongod_keep_their_data(
    own_servers, kafka_at, mongodb_at
):
    plain = own_servers("plain", oplog_mb=64)
    cluster = kafka_at(plain.env()["MSTREAM_TEST_KAFKA"])
    mongo = mongodb_at(plain.env()["MSTREAM_TEST_MONGODB"])
    topic = cluster.topic("t")
    cluster.produce(topic, [b"kept"])
    mongo.db["c"].insert_one({"_id": "kept"})
    plain.kill("kafka")
    plain.restart("mongodb")
    plain.start("kafka")
    assert [r.value for r in cluster.consume_all(topic)] == [b"kept"]
    assert mongo.db["c"].find_one() == {"_id": "kept"}


def test_a_paused_server_is_silent_and_goes_on(own_servers, mongodb_at):
    plain = own_servers("plain", oplog_mb=64)
    mongo = mongodb_at(plain.env()["MSTREAM_TEST_MONGODB"])
    mongo.db["c"].insert_one({"_id": 1})
    plain.pause("mongodb")
    with pymongo.MongoClient(mongo.uri, serverSelectionTimeoutMS=500) as other:
        with pytest.raises(pymongo.errors.ServerSelectionTimeoutError):
            other.admin.command("ping")
    plain.resume("mongodb")
    assert mongo.db["c"].count_documents({}) == 1


def echo_server():
    server = socket.create_server(("127.0.0.1", 0))
    return server, f"127.0.0.1:{server.getsockname()[1]}"


def connected(proxy, server, port):
    front = socket.create_connection(("127.0.0.1", port), timeout=10)
    behind, _ = server.accept()
    behind.settimeout(10)
    return front, behind


def test_a_cut_route_ends_connections_and_refuses_new_ones(own_proxy):
    server, target = echo_server()
    port = own_proxy.add("r", target)
    front, behind = connected(own_proxy, server, port)
    front.sendall(b"ping")
    assert behind.recv(10) == b"ping"
    own_proxy.cut("r")
    assert front.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    own_proxy.restore("r")
    connected(own_proxy, server, port)


def test_a_reset_route_ends_connections_with_an_error(own_proxy):
    server, target = echo_server()
    port = own_proxy.add("r", target)
    front, _behind = connected(own_proxy, server, port)
    own_proxy.reset("r")
    with pytest.raises(ConnectionResetError):
        front.recv(1)
    connected(own_proxy, server, port)


def test_a_stalled_route_keeps_its_bytes_until_it_is_restored(own_proxy):
    server, target = echo_server()
    port = own_proxy.add("r", target)
    front, behind = connected(own_proxy, server, port)
    own_proxy.stall("r")
    front.sendall(b"late")
    behind.settimeout(0.3)
    with pytest.raises(TimeoutError):
        behind.recv(10)
    behind.settimeout(10)
    own_proxy.restore("r")
    assert behind.recv(10) == b"late"


def test_a_slow_route_takes_its_time(own_proxy):
    server, target = echo_server()
    port = own_proxy.add("r", target)
    front, behind = connected(own_proxy, server, port)
    own_proxy.slow(100_000, "r")
    started = time.monotonic()
    front.sendall(b"x" * 50_000)
    left = 50_000
    while left:
        left -= len(behind.recv(65536))
    assert time.monotonic() - started >= 0.5


def test_a_limited_route_breaks_in_the_middle(own_proxy):
    server, target = echo_server()
    port = own_proxy.add("r", target)
    own_proxy.limit(300, "r")
    front, behind = connected(own_proxy, server, port)
    behind.sendall(b"x" * 1000)
    got = 0
    with pytest.raises(ConnectionResetError):
        while True:
            got += len(front.recv(100))
    assert got <= 300


def test_the_fault_proxy_stands_before_both_servers(
    fault_proxy, mongodb, kafka, kafka_at, mongodb_at
):
    through = mongodb_at(fault_proxy.mongodb)
    through.db["c"].insert_one({"_id": 1})
    fault_proxy.cut("mongodb")
    with pymongo.MongoClient(
        fault_proxy.mongodb, serverSelectionTimeoutMS=300
    ) as other:
        with pytest.raises(pymongo.errors.ServerSelectionTimeoutError):
            other.admin.command("ping")
    fault_proxy.restore("mongodb")
    assert through.db["c"].count_documents({}) == 1

    topic = kafka.topic("t")
    kafka_at(fault_proxy.kafka).produce(topic, [b"through"])
    routes = fault_proxy.status()
    assert routes["kafka"]["bytes_up"] > 0
    assert [r.value for r in kafka.consume_all(topic)] == [b"through"]
