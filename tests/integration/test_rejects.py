# SPDX-License-Identifier: MIT
"""What one side refuses: alone, kept with its reason, sent again later."""

import json
import os

import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource
from support import config
from support.waiting import wait_until


class Job:
    """A connector in one of two directions, its runs and its letters."""

    def __init__(self, direction, mongodb, kafka, mstream):
        self.direction, self.mstream = direction, mstream
        self.mongodb, self.kafka = mongodb, kafka
        self.name = f"job_{mongodb.name}"
        self.topic = kafka.topic("docs", max__message__bytes=15000)
        self.docs, self.copy = mongodb.db["docs"], mongodb.db["copy"]
        now = mongodb.client.admin.command("ping")["operationTime"]
        self.start = f"timestamp:{now.time},{now.inc + 1}"
        self.sink, self.more = {"connections": 2}, {}
        self.path = mstream.folder / "job.toml"

    def ends(self):
        """The source and the sink."""
        topic = {"service_name": "k", "resource": self.topic}
        docs = {"service_name": "m", "resource": "docs", "start": self.start}
        copy = {"service_name": "m", "resource": "copy", **self.sink}
        if self.direction == "to_kafka":
            return docs, {**topic, "output_encoding": "json"}
        source = {**topic, "input_encoding": "json", "start": "earliest"}
        return source, copy

    def write(self):
        self.path.write_text(
            config.state()
            + config.mongodb(self.mongodb.uri, self.mongodb.name)
            + config.kafka(
                self.kafka.bootstrap, **{"message.max.bytes": 20000000}
            )
            + config.service("file", "files", path="./letters")
            + config.job(self.name, *self.ends(), **self.more)
        )
        return self.path

    def run(self, code):
        return self.mstream(
            "run", self.write(), "--once", "--timeout", "60", code=code
        )

    def letters(self):
        listed = self.mstream("dlq", "list", "--json", "--config", self.write())
        return listed.json()

    def show(self, letter):
        at = ["--config", self.path]
        words = self.mstream("dlq", "show", letter["id"], *at).out
        shown = self.mstream("dlq", "show", letter["id"], *at, "--json").json()
        return words, shown

    def replay(self, code=0):
        return self.mstream(
            "dlq", "replay", "--all", "--json", "--config", self.write(), code=code
        ).json()

    def feed(self, *values):
        self.kafka.produce(
            self.topic,
            [{"key": f"k{n}", "value": value} for n, value in enumerate(values)],
        )

    def arrived(self):
        records = self.kafka.consume_all(self.topic)
        return [json.loads(r.value)["_id"] for r in records]

    def copied(self):
        return sorted(d["_id"] for d in self.copy.find())


@pytest.fixture
def to_kafka(mongodb, kafka, mstream):
    return Job("to_kafka", mongodb, kafka, mstream)


@pytest.fixture
def to_mongodb(mongodb, kafka, mstream):
    return Job("to_mongodb", mongodb, kafka, mstream)


def noise(size):
    """Text that does not compress: the broker looks at what is stored."""
    return os.urandom(size // 2).hex()


def with_one_too_large(job, count=20, which=7):
    for n in range(count):
        pad = noise(40000) if n == which else "small"
        job.docs.insert_one({"_id": n, "pad": pad})
    return [n for n in range(count) if n != which]


# --- one kind after the other ---------------------------------------------


def test_a_document_that_is_too_large_waits_for_a_larger_topic(to_kafka):
    others = with_one_too_large(to_kafka)
    to_kafka.run(code=3)
    assert sorted(set(to_kafka.arrived())) == others
    [letter] = to_kafka.letters()
    words, shown = to_kafka.show(letter)
    assert "max.message.bytes of 15000" in words and to_kafka.topic in words
    assert shown["op"] == "create"

    assert to_kafka.replay(code=3)["rejected"] == 1
    assert len(to_kafka.letters()) == 1
    larger = ConfigEntry(
        "max.message.bytes",
        "1000000",
        incremental_operation=AlterConfigOpType.SET,
    )
    resource = ConfigResource(
        ConfigResource.Type.TOPIC, to_kafka.topic, incremental_configs=[larger]
    )
    to_kafka.kafka.admin.incremental_alter_configs([resource])[resource].result(10)

    def replayed():
        """The brokers take some time to know of the change."""
        return to_kafka.replay(code=None)["delivered"] == 1

    wait_until(replayed, 30)
    assert to_kafka.letters() == []
    assert sorted(set(to_kafka.arrived())) == sorted([*others, 7])


def test_what_is_no_document_is_kept_as_it_came(to_mongodb):
    bad = ["[1, 2]", "not json", '{"_id": 9, "a": ', '"text"']
    to_mongodb.feed('{"_id": 0}', bad[0], bad[1], '{"_id": 1}', *bad[2:], '{"_id": 2}')
    to_mongodb.run(code=3)
    assert to_mongodb.copied() == [0, 1, 2]
    letters = to_mongodb.letters()
    assert len(letters) == 4
    payloads = []
    for letter in letters:
        words, shown = to_mongodb.show(letter)
        payloads.append(shown["payload"])
        assert letter["reason"] in words
        assert shown["payload"] in words
        assert shown["attributes"]["topic"] == to_mongodb.topic
    assert sorted(payloads) == sorted(bad)


@pytest.mark.parametrize("connections", [1, 2])
def test_a_duplicate_key_in_insert_mode_waits(to_mongodb, connections):
    to_mongodb.sink = {"write_mode": "insert", "connections": connections}
    to_mongodb.copy.insert_many([{"_id": 3, "n": "other"}, {"_id": 4, "n": 4}])
    to_mongodb.feed(*(json.dumps({"_id": n, "n": n}) for n in range(10)))
    to_mongodb.run(code=3)
    assert to_mongodb.copied() == list(range(10))
    # The one that is equal is a replay, the other one is refused.
    [letter] = to_mongodb.letters()
    words, shown = to_mongodb.show(letter)
    assert json.loads(shown["payload"]) == {"_id": 3, "n": 3}
    assert "duplicate" in words.lower()
    assert to_mongodb.copy.find_one({"_id": 3})["n"] == "other"

    to_mongodb.copy.delete_one({"_id": 3})
    assert to_mongodb.replay()["delivered"] == 1
    assert to_mongodb.copy.find_one({"_id": 3})["n"] == 3
    assert to_mongodb.letters() == []


def test_a_violation_of_a_unique_index_waits(to_mongodb):
    to_mongodb.copy.create_index("mail", unique=True)
    to_mongodb.copy.insert_one({"_id": "first", "mail": "m4"})
    to_mongodb.feed(*(json.dumps({"_id": n, "mail": f"m{n}"}) for n in range(10)))
    to_mongodb.run(code=3)
    [letter] = to_mongodb.letters()
    words, _ = to_mongodb.show(letter)
    assert "mail_1" in words
    to_mongodb.copy.delete_one({"_id": "first"})
    assert to_mongodb.copied() == [n for n in range(10) if n != 4]
    assert to_mongodb.replay()["delivered"] == 1
    assert to_mongodb.copied() == list(range(10))


# --- what becomes of them -------------------------------------------------


def test_skip_counts_and_says_what_is_passed_over(to_mongodb):
    to_mongodb.more = {"on_reject": "skip"}
    to_mongodb.feed('{"_id": 0}', "not json", '{"_id": 1}', "[]", '{"_id": 2}')
    result = to_mongodb.run(code=3)
    assert to_mongodb.copied() == [0, 1, 2]
    assert to_mongodb.letters() == []
    assert result.err.count("skipped") >= 2


def test_stop_stops_before_it_and_goes_on_when_repaired(to_mongodb):
    to_mongodb.more = {"on_reject": "stop"}
    to_mongodb.sink = {"write_mode": "insert", "connections": 1}
    to_mongodb.copy.insert_one({"_id": 3, "n": "other"})
    to_mongodb.feed(*(json.dumps({"_id": n, "n": n}) for n in range(6)))
    for _ in range(2):
        result = to_mongodb.run(code=1)
        assert "refused an event" in result.err
        assert to_mongodb.copy.find_one({"_id": 3})["n"] == "other"
    assert to_mongodb.letters() == []
    to_mongodb.copy.delete_one({"_id": 3})
    to_mongodb.run(code=0)
    assert to_mongodb.copied() == list(range(6))
    assert to_mongodb.copy.find_one({"_id": 3})["n"] == 3


def test_letters_that_are_full_stop_the_job_and_none_is_lost(to_mongodb):
    to_mongodb.more = {"dlq": {"max_bytes": "4KiB"}}
    bad = [f"not json {n} {'x' * 900}" for n in range(10)]
    to_mongodb.feed('{"_id": 0}', *bad, '{"_id": 1}')
    result = to_mongodb.run(code=1)
    assert "dead letters" in result.err and "full" in result.err
    # Letters are kept in groups: a group that does not fit is not begun.
    assert len(to_mongodb.letters()) < 10
    # Nothing is passed over: with room, the rest is kept too.
    to_mongodb.more = {"dlq": {"max_bytes": "1MiB"}}
    to_mongodb.run(code=3)
    payloads = {
        to_mongodb.show(letter)[1]["payload"] for letter in to_mongodb.letters()
    }
    assert payloads == set(bad)
    assert to_mongodb.copied() == [0, 1]


# --- letters to a sink ----------------------------------------------------


def test_letters_to_a_topic_are_the_bytes_that_were_read(to_mongodb, kafka):
    letters = kafka.topic("letters")
    to_mongodb.more = {"dlq": {"service_name": "k", "resource": letters}}
    to_mongodb.feed('{"_id": 0}', "not json é", '{"_id": 1}', " [1,  2] ")
    to_mongodb.run(code=3)
    assert to_mongodb.copied() == [0, 1]
    assert to_mongodb.letters() == []
    records = kafka.consume_all(letters)
    assert {r.value.decode() for r in records} == {"not json é", " [1,  2] "}
    assert {r.key for r in records} == {b"k1", b"k3"}
    for record in records:
        headers = record.headers
        assert headers["mstream.dlq.job"] == to_mongodb.name
        assert headers["mstream.dlq.sink"] == "m"
        assert headers["mstream.dlq.encoding"] == "json"
        assert int(headers["mstream.dlq.attempts"]) >= 1
        assert headers["mstream.dlq.reason"] and headers["mstream.dlq.time"]
        assert json.loads(headers["mstream.dlq.position"])["topic"] == to_mongodb.topic
        assert headers["mstream.dlq.op"]
        assert headers["topic"] == to_mongodb.topic


BAD = '{"_id":1,"_id":2}'


def check_letter(letter, job):
    """An object that stands for BAD, the second message."""
    assert letter["payload"] == BAD
    assert letter["reason"] and letter["time"]
    assert (letter["job"], letter["sink"]) == (job.name, "m")
    assert (letter["encoding"], letter["attempts"]) == ("json", 1)
    assert letter["position"]["topic"] == job.topic
    assert letter["attributes"]["topic"] == job.topic


def test_letters_to_a_file_are_a_line_with_all_of_each(to_mongodb):
    to_mongodb.more = {"dlq": {"service_name": "files", "resource": "letters.jsonl"}}
    to_mongodb.feed('{"_id": 0}', BAD, '{"_id": 1}')
    to_mongodb.run(code=3)
    assert to_mongodb.copied() == [0, 1]
    folder = to_mongodb.mstream.folder / "letters"
    [file] = [path for path in folder.iterdir() if path.is_file()]
    [line] = file.read_text().splitlines()
    check_letter(json.loads(line), to_mongodb)


def test_letters_to_a_collection_are_documents_that_come_once(to_mongodb, mongodb):
    to_mongodb.more = {"dlq": {"service_name": "m", "resource": "letters"}}
    to_mongodb.feed('{"_id": 0}', BAD, '{"_id": 1}')
    to_mongodb.run(code=3)
    to_mongodb.mstream(
        *["checkpoints", "set", to_mongodb.name, "--reset", "--config", to_mongodb.path]
    )
    to_mongodb.run(code=None)
    [letter] = mongodb.db["letters"].find()
    check_letter(letter, to_mongodb)
