# SPDX-License-Identifier: MIT
"""The life of jobs: checkpoints that are wrong, reloads, modes, neighbours."""

import re
import sqlite3

import pymongo
import pytest
from support import config
from support.files import without_gap, written
from support.mongodb_stream import Stream
from support.programs import without_names
from support.waiting import wait_until

MADE = {"service_name": "made", "template": '{"n": {{seq}}}'}
AWAY = config.job(
    "away",
    {**MADE, "size": "1KiB", "rate": 0},
    {"service_name": "away", "resource": "nowhere"},
)


def numbers(name, rate=500, **more):
    sink = {"service_name": "files", "resource": f"{name}.jsonl"}
    return config.job(name, {**MADE, "rate": rate}, sink, **more)


@pytest.fixture
def head(mongodb, kafka):
    return (
        config.state()
        + config.service("generate", "made")
        + config.service("file", "files", path="./out")
        + config.mongodb(mongodb.uri, mongodb.name)
        + config.kafka(kafka.bootstrap)
        + config.kafka("127.0.0.1:1", "away")
    )


@pytest.fixture
def stream(mongodb, kafka, mstream, mstreamd):
    return Stream(mongodb, kafka, mstream, mstreamd)


# --- checkpoints that are wrong -------------------------------------------


def test_a_damaged_checkpoint_is_refused_in_words(stream, mongodb):
    mongodb.db["users"].insert_one({"_id": 1})
    stream.run()
    path = stream.mstream.folder / "state" / "state.db"
    with sqlite3.connect(path) as db:
        number, position = db.execute(
            "SELECT number, position FROM checkpoints ORDER BY number DESC LIMIT 1"
        ).fetchone()
        bad = bytes([position[0] ^ 1]) + bytes(position[1:])
        db.execute(
            "UPDATE checkpoints SET position = ? WHERE number = ?", (bad, number)
        )
    db.close()
    mongodb.db["users"].insert_one({"_id": 2})
    result = stream.run(code=1)
    assert "checkpoint" in result.err and "damaged" in result.err
    assert "hint" in result.err
    # Nothing was read past it; a person decides, and nothing is missing.
    assert [d["_id"] for d in stream.documents()] == [1]
    config = stream.mstream.folder / "once.toml"
    stream.mstream(
        "checkpoints", "set", stream.job, "--reset", "--config", config
    )
    stream.run()
    assert {d["_id"] for d in stream.documents()} == {1, 2}


def test_a_checkpoint_of_another_source_is_refused_in_words(stream, mongodb):
    mongodb.db["users"].insert_one({"_id": 1})
    stream.run()
    result = stream.run(code=1, resource="orders")
    assert "belongs to another source" in result.err
    assert "users" in result.err and "orders" in result.err
    mongodb.db["users"].insert_one({"_id": 2})
    stream.run()
    assert [d["_id"] for d in stream.documents()] == [1, 2]


def test_a_position_that_is_gone_fails_the_job_with_what_was_lost(stream, mongodb):
    mongodb.db["users"].insert_one({"_id": 1})
    stream.run()
    mongodb.db["users"].insert_one({"_id": 2})
    end = stream.fail(errorCode=286, commands=("aggregate", "getMore"))
    try:
        result = stream.run(code=1)
    finally:
        end()
    assert "no longer has the position" in result.err
    # The server forgot nothing here, so the interval is empty; that a real
    # one is named, test_mongodb_positions.py shows on an oplog that is full.
    assert "on_lost_position" in result.err
    stream.run()
    assert [d["_id"] for d in stream.documents()] == [1, 2]


# --- reloads --------------------------------------------------------------


def test_a_reload_changes_one_job_and_leaves_the_others(head, mstreamd, tmp_path):
    path = tmp_path / "mstream.toml"
    path.write_text(head + numbers("stays") + numbers("changes"))
    daemon = mstreamd(path)
    names = ("stays", "changes")
    wait_until(lambda: all(len(written(tmp_path, n)) > 50 for n in names))

    def reload(text):
        times = daemon.stderr().count("configuration loaded again")
        path.write_text(head + text)
        daemon.reload()
        wait_until(
            lambda: daemon.stderr().count("configuration loaded again") > times
        )

    def starts(name):
        found = re.findall(rf"running .* job={name}\b", daemon.stderr())
        return len(found)

    reload(numbers("stays") + numbers("changes", rate=501) + numbers("comes"))
    wait_until(lambda: len(written(tmp_path, "comes")) > 20)
    before = len(written(tmp_path, "changes"))
    wait_until(lambda: len(written(tmp_path, "changes")) > before + 50)
    reload(numbers("stays") + numbers("comes"))
    gone = written(tmp_path, "changes")
    before = len(written(tmp_path, "stays"))
    wait_until(lambda: len(written(tmp_path, "stays")) > before + 50)
    assert written(tmp_path, "changes") == gone
    assert [starts(n) for n in ("stays", "changes", "comes")] == [1, 2, 1]
    daemon.stop()
    for name in ("stays", "changes", "comes"):
        assert without_gap(written(tmp_path, name)), name


def test_a_reload_of_a_broken_file_changes_nothing(head, mstreamd, tmp_path):
    path = tmp_path / "mstream.toml"
    path.write_text(head + numbers("stays"))
    daemon = mstreamd(path)
    wait_until(lambda: len(written(tmp_path, "stays")) > 20)
    path.write_text(head + numbers("stays").replace("sinks", "sniks"))
    daemon.reload()
    daemon.wait_log("sniks")
    before = len(written(tmp_path, "stays"))
    wait_until(lambda: len(written(tmp_path, "stays")) > before + 50)
    daemon.stop()
    assert without_gap(written(tmp_path, "stays"))


# --- neighbours -----------------------------------------------------------


def test_a_service_that_is_down_blocks_no_other_job(head, mstreamd, tmp_path):
    quick = 'shutdown_timeout = "1s"\n'
    daemon = mstreamd(quick + head + AWAY + numbers("here"))
    assert daemon.ready_ms < 10_000
    wait_until(lambda: len(written(tmp_path, "here")) > 200, 60)
    daemon.wait_log("127.0.0.1:1", 60)
    daemon.stop()
    assert without_gap(written(tmp_path, "here"))


def memory_of_a_dead_sink(head, mstreamd, seconds):
    """RSS in KiB at the start and later, with a source as fast as it can."""
    limits = '[limits]\nmemory = "16MiB"\n'
    daemon = mstreamd(limits + head + AWAY)
    last = [daemon.rss_kb()]

    def settled():
        """Filled to its budget: no more than noise between two looks."""
        last.append(daemon.rss_kb())
        return len(last) > 25 and last[-1] - last[-20] < 256

    wait_until(settled, 60, 0.1, what="a full budget")
    start = daemon.rss_kb()
    looks = int(seconds / 0.2)
    seen = []
    wait_until(
        lambda: seen.append(daemon.rss_kb()) or len(seen) >= looks,
        seconds * 3 + 30,
        0.2,
    )
    daemon.kill()
    return start, max(seen)


def test_memory_is_flat_while_a_sink_is_dead(head, mstreamd):
    start, most = memory_of_a_dead_sink(head, mstreamd, 8)
    assert most < 64 * 1024
    assert most - start < 4 * 1024


@pytest.mark.soak
def test_memory_stays_flat_for_minutes(head, mstreamd):
    start, most = memory_of_a_dead_sink(head, mstreamd, 120)
    assert most < 64 * 1024
    assert most - start < 4 * 1024


# --- modes ----------------------------------------------------------------


def test_a_name_of_a_test_is_not_taken_for_words_of_the_log(tmp_path, unique):
    said = f"{tmp_path}: job_{unique}: a name of words"
    assert said.count("name_of_a_test") == 2
    assert "name_of_a_test" not in without_names(said)
    assert without_names(said).endswith(": a name of words")


def test_once_ends_completed_and_the_next_start_takes_what_is_new(
    stream, mongodb
):
    for n in range(3):
        mongodb.db["users"].insert_one({"_id": n})
        daemon = stream.mstreamd(
            stream.config().replace("checkpoint =", 'mode = "once"\ncheckpoint =')
        )
        daemon.wait_log("job: completed", 60)
        daemon.stop()
        assert [d["_id"] for d in stream.documents()] == list(range(n + 1))


def test_poll_comes_again_and_again(stream, mongodb):
    mode = 'mode = "poll"\npoll_interval = "200ms"\ncheckpoint ='
    daemon = stream.mstreamd(stream.config().replace("checkpoint =", mode))
    for n in range(5):
        mongodb.db["users"].insert_one({"_id": n})
        stream.wait_for(n + 1, 60)
    assert [d["_id"] for d in stream.documents()] == list(range(5))
    assert daemon.stderr().count("job: completed") >= 2
    daemon.stop()


def test_four_workers_keep_the_order_of_each_key(stream, mongodb):
    mongodb.db["users"].insert_many([{"_id": n, "v": n - 20} for n in range(20)])
    text = stream.config().replace("checkpoint =", "workers = 4\ncheckpoint =")
    mongodb.db["users"].bulk_write(
        [
            pymongo.UpdateOne({"_id": n % 20}, {"$set": {"v": n}})
            for n in range(4000)
        ]
    )
    path = stream.mstream.folder / "workers.toml"
    change = 'resource = "users", full_document = "off", payload = "change"'
    path.write_text(text.replace('resource = "users"', change))
    stream.mstream("run", path, "--once", "--timeout", "60")
    last = {}
    for event in stream.documents():
        if event["operationType"] == "update":
            key = event["documentKey"]["_id"]
            version = event["updateDescription"]["updatedFields"]["v"]
            assert version == last.get(key, key - 20) + 20
            last[key] = version
    assert last == {n: 3980 + n for n in range(20)}


# --- users and passwords --------------------------------------------------


def secured(stream, secure, kafka_password=None, mongodb_password=None):
    uri = secure["MSTREAM_TEST_SECURE_MONGODB"]
    if mongodb_password is not None:
        uri = re.sub(r"//([^:]+):[^@]+@", rf"//\1:{mongodb_password}@", uri)
    stream.uri = uri
    ca = f"{secure['MSTREAM_TEST_SECURE_TLS']}/ca.pem"
    password = kafka_password or secure["MSTREAM_TEST_SECURE_KAFKA_PASSWORD"]
    return stream.config(start="now").replace(
        '"linger.ms" = 0',
        '"linger.ms" = 0\n"security.protocol" = "SASL_SSL"\n'
        f'"ssl.ca.location" = "{ca}"\n"sasl.mechanism" = "SCRAM-SHA-512"\n'
        f'"sasl.username" = "{secure["MSTREAM_TEST_SECURE_KAFKA_USER"]}"\n'
        f'"sasl.password" = "{password}"',
    )


@pytest.fixture
def secure_stream(secure, mongodb_at, kafka_at, mstream, mstreamd):
    kafka = kafka_at(
        secure["MSTREAM_TEST_SECURE_KAFKA"],
        **{
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": f"{secure['MSTREAM_TEST_SECURE_TLS']}/ca.pem",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": secure["MSTREAM_TEST_SECURE_KAFKA_USER"],
            "sasl.password": secure["MSTREAM_TEST_SECURE_KAFKA_PASSWORD"],
        },
    )
    mongodb = mongodb_at(secure["MSTREAM_TEST_SECURE_MONGODB"])
    yield Stream(mongodb, kafka, mstream, mstreamd)
    mongodb.client.drop_database(mongodb.name)
    kafka.close()


def test_tls_and_scram_on_both_sides(secure_stream, secure):
    secure_stream.mstreamd(secured(secure_stream, secure))
    wait_until(secure_stream.checkpoints, 60, what="an open stream")
    secure_stream.mongodb.db["users"].insert_many([{"_id": n} for n in range(50)])
    assert [d["_id"] for d in secure_stream.wait_for(50, 60)] == list(range(50))


@pytest.mark.parametrize("side", ["mongodb", "kafka"])
def test_a_wrong_password_is_said_and_never_shown(secure_stream, secure, side):
    text = secured(secure_stream, secure, **{f"{side}_password": "wr0ng-hush"})
    daemon = secure_stream.mstreamd(text)
    secure_stream.mongodb.db["users"].insert_one({"_id": 1})
    daemon.wait_log("password", 60)
    if side == "mongodb":
        daemon.wait_log("tried again in 60 s")  # time may heal it
    path = daemon.config
    told = secure_stream.mstream("doctor", path, code=None)
    explained = secure_stream.mstream("explain", path, code=None)
    daemon.stop()
    every = [daemon.stderr(), daemon.stdout(), told.out, told.err]
    every += [explained.out, explained.err]
    assert "hush" not in "".join(every)
