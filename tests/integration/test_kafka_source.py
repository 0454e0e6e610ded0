# SPDX-License-Identifier: MIT
"""The Kafka source on a real broker."""

import json
import time

import confluent_kafka
import pytest
from confluent_kafka import TopicPartition
from support import ROOT
from support.kafka_copy import Copy
from support.waiting import wait_until


@pytest.fixture
def copy(kafka, mstream, mstreamd):
    return Copy(kafka, mstream, mstreamd)


def group_offsets(kafka, topic, partitions=3):
    consumer = confluent_kafka.Consumer(
        {**kafka.properties, "group.id": f"group_{kafka.prefix}"}
    )
    try:
        where = [TopicPartition(topic, p) for p in range(partitions)]
        return [found.offset for found in consumer.committed(where, timeout=10)]
    finally:
        consumer.close()


# --- messages -------------------------------------------------------------


def test_a_message_keeps_key_value_time_and_headers(copy, kafka):
    copy.sink["key"] = "id"
    kafka.produce(
        copy.topic,
        [
            {
                "key": b"\x00\xff",
                "value": b'{"a":1}',
                "headers": [("trace", b"t1"), ("op", b"update")],
                "timestamp": 1700000000123,
                "partition": 1,
            },
            {"value": b"{}", "partition": 2},
        ],
    )
    copy.run()
    with_key, bare = sorted(
        kafka.consume_all(copy.target), key=lambda r: r.key is None
    )
    assert with_key.key == b"\x00\xff"
    assert with_key.value == b'{"a":1}'
    assert with_key.timestamp == 1700000000123
    assert with_key.headers == {
        "op": "update",
        "origin": "kafka",
        "topic": copy.topic,
        "partition": "1",
        "offset": "0",
        "trace": "t1",
    }
    assert bare.key is None
    assert bare.headers["partition"] == "2"
    assert "op" not in bare.headers


def test_a_tombstone_is_a_delete_and_stays_a_tombstone(copy, kafka):
    kafka.produce(copy.topic, [{"key": "k", "value": None}])
    copy.run()
    (record,) = kafka.consume_all(copy.target)
    assert record.value is None
    assert record.key == b"k"
    assert record.headers["op"] == "delete"


def test_every_header_is_copied_whole(copy, kafka):
    headers = [
        ("large", b"x" * 200_000),
        ("trace", b"1"),
        ("bytes", b"\x00\xff"),
        ("none", None),
        ("empty", b""),
        ("trace", b"2"),
        ("topic", b"sports"),
        ("looks", b"base64:AA=="),
        ("op", b"insert"),
    ]
    kafka.produce(
        copy.topic, [{"value": "{}", "headers": headers, "partition": 2}]
    )
    copy.run()
    (record,) = kafka.consume_all(copy.target)
    assert record.raw_headers == [
        ("origin", b"kafka"),
        ("topic", copy.topic.encode()),
        ("partition", b"2"),
        ("offset", b"0"),
        *headers,
    ]


def test_headers_count_against_the_budget(copy, kafka):
    """90 MiB of headers pass through a budget of 8 MiB."""
    copy.more = {"memory": "8MiB"}
    copy.out_properties["message.max.bytes"] = 2_000_000
    copy.target = kafka.topic("wide", max__message__bytes=2_000_000)
    wide = kafka.topic("wide_in", max__message__bytes=2_000_000)
    header = ("h", b"x" * 900_000)
    kafka.produce(wide, [{"value": "{}", "headers": [header]}] * 100)
    daemon = copy.daemon(resource=wide)
    wait_until(lambda: kafka.count(copy.target) == 100, 60)
    assert daemon.peak_rss_kb() < 90 * 1024


def test_what_compresses_extremely_is_told_and_can_be_bounded(copy, kafka):
    topic = kafka.topic("same", partitions=4, compression__type="zstd")
    kafka.produce(topic, [b'"' + b"x" * 1022 + b'"'] * 80_000)
    copy.more = {"memory": "32MiB"}
    hint = "fetch.message.max.bytes"
    daemon = copy.daemon(resource=topic)
    wait_until(lambda: kafka.count(copy.target) == 80_000, 60)
    daemon.stop()
    assert hint in daemon.stderr()
    copy.in_properties[hint] = 1024
    copy.in_properties["group.id"] += "2"
    daemon = copy.daemon(state="another", resource=topic)
    wait_until(lambda: kafka.count(copy.target) == 160_000, 60)
    assert daemon.peak_rss_kb() < 100 * 1024
    assert hint not in daemon.stderr()


def test_nothing_and_empty_stay_two_things(copy, kafka):
    sent = [
        (key, value) for key in (None, b"", b"k") for value in (None, b"", b"{}")
    ]
    copy.target = kafka.topic("one", partitions=1)
    kafka.produce(
        copy.topic,
        [{"key": key, "value": value, "partition": 0} for key, value in sent],
    )
    copy.run()
    records = kafka.consume_all(copy.target)
    assert [(r.key, r.value) for r in records] == sent


def test_a_letter_says_where_its_message_is_and_keeps_all(copy, kafka):
    headers = [("large", b"x" * 80_000), ("bytes", b"\xff"), ("bytes", b"2")]
    kafka.produce(
        copy.topic,
        [{"key": b"", "value": "{}", "headers": headers, "partition": 1}],
    )
    copy.out_properties["message.max.bytes"] = 50_000
    path = copy.path()
    copy.run(code=3)
    place = {"topic": copy.topic, "partition": 1, "offset": 0}
    words = f"topic {copy.topic}, partition 1, offset 0"
    at = ["--config", path]
    (letter,) = copy.mstream("dlq", "list", "--json", *at).json()
    assert letter["position"] == place
    assert "headers 80" in letter["reason"]
    assert words in copy.mstream("dlq", "list", *at).out
    assert words in copy.mstream("dlq", "show", letter["id"], *at).out
    shown = copy.mstream("dlq", "show", letter["id"], "--json", *at).json()
    assert shown["position"] == place
    assert shown["attributes"]["bytes"] == ["base64:/w==", "2"]
    copy.out_properties["message.max.bytes"] = 500_000
    copy.mstream("dlq", "replay", "--all", "--config", copy.path())
    (record,) = kafka.consume_all(copy.target)
    assert record.key == b""
    assert record.raw_headers[4:] == headers


def test_a_damaged_batch_is_neither_read_nor_passed_over(
    servers, kafka, mstream, mstreamd
):
    instance = servers.plain_instance()
    if instance is None:
        pytest.skip("the broker's files are somewhere else")
    copy = Copy(kafka, mstream, mstreamd, partitions=1)
    for n in range(3):
        kafka.produce(copy.topic, [f'{{"n": {n}, "mark": "mark-{n}"}}'])
    (log,) = instance.run_dir.glob(f"**/{copy.topic}-0/*.log")
    stored = log.read_bytes()

    def put(data):
        with log.open("r+b") as file:
            file.write(data)

    put(stored.replace(b"mark-1", b"mark-!"))
    daemon = copy.daemon()
    daemon.wait_log(f"cannot read offset 1 of {copy.topic}/0")
    assert copy.copied() == [0]
    put(stored)
    wait_until(lambda: kafka.count(copy.target) == 3, 60)
    assert copy.copied() == [0, 1, 2]


def test_aborted_transactions_are_not_read(copy, kafka):
    producer = confluent_kafka.Producer(
        {**kafka.properties, "transactional.id": kafka.prefix}
    )
    producer.init_transactions(30)
    for n, good in [(1, True), (2, False), (3, True), (4, False)]:
        producer.begin_transaction()
        producer.produce(copy.topic, json.dumps({"n": n}), key="k", partition=0)
        if good:
            producer.commit_transaction(30)
        else:
            producer.abort_transaction(30)
    # Ends, though the last offsets of the partition never become messages.
    copy.run()
    assert copy.copied() == [1, 3]


def test_what_is_no_json_is_rejected_alone(copy, kafka):
    copy.sink["output_encoding"] = "bson"
    values = [b'{"n":1}', b"not json", b'{"n":2}']
    kafka.produce(
        copy.topic, [{"value": v, "partition": 0} for v in values]
    )
    copy.run(code=3)
    assert len(kafka.consume_all(copy.target)) == 2


# --- where it begins ------------------------------------------------------


def test_every_start_counts_offset_0_and_empty_partitions(copy, kafka):
    then = int(time.time() * 1000) - 60000
    for n, when in enumerate([then - 20000, then - 10000, then, then + 1000]):
        kafka.produce(
            copy.topic,
            [{"value": json.dumps({"n": n}), "partition": 0, "timestamp": when}],
        )
    # Partition 1 begins after the moment asked for, partition 2 is empty.
    kafka.produce(
        copy.topic,
        [{"value": '{"n": 9}', "partition": 1, "timestamp": then + 5000}],
    )
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(then // 1000))
    moment += f".{then % 1000:03}Z"
    copy.run(start=moment)
    assert sorted(copy.copied()) == [2, 3, 9]
    # And goes on from there, with what comes to the empty one.
    kafka.produce(copy.topic, [{"value": '{"n": 10}', "partition": 2}])
    copy.run(start=moment)
    assert sorted(copy.copied()) == [2, 3, 9, 10]


def test_seek_back_begins_that_many_seconds_ago(copy, kafka):
    now = int(time.time() * 1000)
    for n, when in enumerate([now - 100000, now - 50000, now]):
        kafka.produce(
            copy.topic,
            [{"value": json.dumps({"n": n}), "partition": 0, "timestamp": when}],
        )
    copy.in_properties["offset_seek_back_seconds"] = 70
    del copy.source["start"]
    copy.run()
    assert sorted(copy.copied()) == [1, 2]


def test_latest_gives_only_what_comes_after(copy, kafka):
    copy.feed(0, 30)
    daemon = copy.daemon(start="latest")
    daemon.wait_log("partitions assigned")
    copy.feed(30, 40)
    wait_until(lambda: kafka.count(copy.target) >= 10)
    assert sorted(copy.copied()) == list(range(30, 40))


def test_latest_with_a_crash_before_the_first_message_has_no_gap(copy, kafka):
    copy.feed(0, 30)
    daemon = copy.daemon(start="latest")
    wait_until(lambda: min(group_offsets(kafka, copy.topic)) >= 0)
    daemon.kill()
    copy.feed(30, 40)
    copy.daemon(start="latest")
    wait_until(lambda: kafka.count(copy.target) >= 10)
    assert sorted(copy.copied()) == list(range(30, 40))


def test_a_group_without_a_checkpoint_goes_on(copy, kafka):
    copy.feed(0, 30)
    copy.run()
    wait_until(lambda: sum(group_offsets(kafka, copy.topic)) == 30)
    copy.feed(30, 60)
    daemon = copy.daemon(state="another", start="committed")
    wait_until(lambda: kafka.count(copy.target) >= 60)
    daemon.stop()
    assert sorted(copy.copied()) == list(range(60))


def test_a_pattern_reads_all_its_topics(copy, kafka):
    other = kafka.topic("in2", partitions=2)
    copy.feed(0, 10)
    kafka.produce(other, [json.dumps({"n": 10})])
    copy.run(resource=f"^{kafka.prefix}\\.in")
    assert sorted(copy.copied()) == list(range(11))


def test_a_list_reads_all_its_topics(copy, kafka):
    other = kafka.topic("in2", partitions=2)
    copy.feed(0, 10)
    kafka.produce(other, [json.dumps({"n": 10})])
    copy.run(topics=[copy.topic, other])
    assert sorted(copy.copied()) == list(range(11))


def test_a_lost_position_stops_the_job_with_the_interval(copy, kafka):
    copy.feed(0, 30)
    copy.run()
    copy.feed(30, 90)
    ends = kafka.ends(copy.topic)
    victim = max(ends, key=lambda p: ends[p][1])
    high = ends[victim][1]
    kafka.admin.delete_records([TopicPartition(copy.topic, victim, high - 1)])[
        TopicPartition(copy.topic, victim)
    ].result(10)
    result = copy.run(code=1)
    assert f"to {high - 2} of {copy.topic}/{victim}" in result.err
    assert "on_lost_position" in result.err
    copy.run(on_lost_position="earliest")
    assert max(copy.copied()) == 89


def test_a_missing_topic_stops_the_job(copy):
    result = copy.run(code=1, resource="no.such.topic")
    assert "no.such.topic" in result.err
    assert "hint" in result.err


# --- going on -------------------------------------------------------------


def test_restarts_go_on_in_all_partitions(copy, kafka):
    for turn in range(3):
        copy.feed(turn * 100, turn * 100 + 100)
        copy.run()
        assert sorted(copy.copied()) == list(range(turn * 100 + 100))


def test_kill_9_loses_nothing_and_keeps_order(copy, kafka):
    copy.feed(0, 20000)
    for turn in range(4):
        daemon = copy.daemon()
        wanted = turn * 4000 + 500
        wait_until(lambda: kafka.count(copy.target) > wanted)
        daemon.kill()
    copy.daemon()
    wait_until(lambda: len(set(copy.copied())) == 20000, 60)
    assert copy.in_order()


@pytest.mark.parametrize("strategy", ["range", "cooperative-sticky"])
def test_two_daemons_share_and_one_is_killed(copy, kafka, strategy):
    copy.in_properties["partition.assignment.strategy"] = strategy
    copy.feed(0, 6000)
    first = copy.daemon(state="one")
    wait_until(lambda: kafka.count(copy.target) > 1000)
    second = copy.daemon(state="two")
    second.wait_log("partitions assigned")
    copy.feed(6000, 12000)
    wait_until(lambda: kafka.count(copy.target) > 9000, 60)
    first.kill()
    copy.feed(12000, 18000)
    wait_until(lambda: len(set(copy.copied())) == 18000, 60)
    assert copy.in_order()
    assert second.running()


def test_a_clean_handover_repeats_nothing(copy, kafka):
    copy.feed(0, 3000)
    first = copy.daemon(state="one")
    wait_until(lambda: kafka.count(copy.target) >= 3000)
    second = copy.daemon(state="two")
    second.wait_log("partitions assigned")
    copy.feed(3000, 6000)
    wait_until(lambda: kafka.count(copy.target) >= 6000, 60)
    first.stop()
    copy.feed(6000, 9000)
    wait_until(lambda: kafka.count(copy.target) >= 9000, 60)
    assert sorted(copy.copied()) == list(range(9000))


# --- people ---------------------------------------------------------------


def test_doctor_and_explain_say_what_is_there(copy):
    copy.in_properties["sasl.password"] = "hush-hush"
    path = copy.path()
    told = copy.mstream("doctor", path)
    assert "3 partitions" in told.out
    explained = copy.mstream("explain", path)
    assert "enable.auto.commit = false" in explained.out
    assert "sasl.password = ********" in explained.out
    assert "hush" not in told.out + explained.out


# --- the example ----------------------------------------------------------


def test_the_example_copies(kafka, mstreamd):
    topic = kafka.topic("orders")
    target = f"{kafka.prefix}.copy"
    kafka.produce(topic, [{"key": "a", "value": '{"n": 1}'}])
    mstreamd(
        ROOT / "examples" / "kafka-to-kafka.toml",
        env={
            "KAFKA_BOOTSTRAP": kafka.bootstrap,
            "KAFKA_TARGET_BOOTSTRAP": kafka.bootstrap,
            "KAFKA_TOPIC": topic,
            "KAFKA_TARGET_TOPIC": target,
        },
    )
    wait_until(lambda: kafka.exists(target) and kafka.count(target) == 1)
    (record,) = kafka.consume_all(target)
    kafka.admin.delete_topics([target])
    assert (record.key, record.value) == (b"a", b'{"n": 1}')
