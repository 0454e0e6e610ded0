# SPDX-License-Identifier: MIT
"""`mstream` with real servers: looking, rewinding, replaying, refusing."""

import datetime
import json

import pytest
from support.waiting import wait_until

SERVICES = """
[state]
path = "./state"
[[services]]
provider = "mongodb"
name = "m"
connection_string = "@URI@"
db_name = "@DB@"
[[services]]
provider = "kafka"
name = "k"
"bootstrap.servers" = "@KAFKA@"
"""

OUT = """
[[connectors]]
name = "out"
source = { service_name = "m", resource = "users", output_encoding = "json", start = "@START@", enable_pre_images = @IMAGES@ }
sinks = [ { service_name = "k", resource = "@TOPIC@", output_encoding = "json" } ]
"""

BACK = """
[[connectors]]
name = "back"
source = { service_name = "k", resource = "@TOPIC@", input_encoding = "json", start = "earliest" }
sinks = [ { service_name = "m", resource = "copy", write_mode = "@MODE@" } ]
"""


def moment():
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def world(mongodb, kafka, tmp_path):
    """world(job, key=value…): writes job.toml for this test's servers."""
    topic = kafka.topic("users", partitions=3)

    def write(job, start="now", images="false", mode="apply"):
        values = {
            "URI": mongodb.uri,
            "DB": mongodb.name,
            "KAFKA": kafka.bootstrap,
            "TOPIC": topic,
            "START": start,
            "IMAGES": images,
            "MODE": mode,
        }
        text = SERVICES + job
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        path = tmp_path / "job.toml"
        path.write_text(text)
        return path

    write.topic = topic
    write.group = lambda job: f"mstream-{job}"
    return write


def numbers(result):
    """The counts of the only job that ran."""
    [job] = result.json()["jobs"]
    return job["events_in"], job["rejected"]


def test_a_mongodb_job_runs_is_looked_at_and_rewound(world, mongodb, kafka, mstream):
    start = moment()
    path = world(OUT, start=start)
    at = ["--config", path]
    assert numbers(mstream("run", path, "--once", "--json")) == (0, 0)
    mongodb.db["users"].insert_many([{"_id": i} for i in range(5)])
    shown = mstream("dry-run", path, "--job=out", "--limit=3", "--json").out
    lines = [json.loads(line) for line in shown.splitlines()]
    assert [json.loads(line["payload"])["_id"] for line in lines] == [0, 1, 2]
    assert kafka.count(world.topic) == 0
    assert numbers(mstream("run", path, "--once", "--json")) == (5, 0)
    assert kafka.count(world.topic) == 5
    [saved] = mstream("checkpoints", "list", *at, "--json").json()
    assert saved["source"].startswith("mongodb/")
    assert saved["words"] in mstream("checkpoints", "show", "out", *at).out

    mstream("checkpoints", "rewind", "out", "--to", start, *at)
    [saved] = mstream("checkpoints", "list", *at, "--json").json()
    assert saved["origin"] == "set"
    assert start[:16] in saved["words"]
    assert numbers(mstream("run", path, "--once", "--json")) == (5, 0)
    assert kafka.count(world.topic) == 10
    early = ["--to", "2001-01-01T00:00:00Z"]
    refused = mstream("checkpoints", "rewind", "out", *early, *at, code=1)
    assert "oplog begins at" in refused.err
    [still] = mstream("checkpoints", "list", *at, "--json").json()
    assert still["origin"] == "saved"


def test_a_dry_run_turns_no_pre_images_on(world, mongodb, mstream):
    mongodb.db.create_collection("users")
    path = world(OUT, images="true")
    mstream("dry-run", path, "--job=out")
    [info] = mongodb.db.list_collections(filter={"name": "users"})
    assert "changeStreamPreAndPostImages" not in info["options"]


def test_a_kafka_job_is_looked_at_without_joining_its_group(
    world, mongodb, kafka, mstream
):
    path = world(BACK)
    # Other tests' jobs have this name: the group must be this test's own.
    path.write_text(path.read_text().replace('"back"', f'"{mongodb.name}"'))
    job, at = mongodb.name, ["--config", path]
    kafka.produce(world.topic, [f'{{"_id":{i}}}' for i in range(5)])
    shown = mstream("dry-run", path, "--job", job, "--json").out
    ids = [json.loads(json.loads(s)["payload"])["_id"] for s in shown.splitlines()]
    assert sorted(ids) == [0, 1, 2, 3, 4]
    groups = kafka.admin.list_consumer_groups().result(10).valid
    assert world.group(job) not in [group.group_id for group in groups]
    assert mongodb.db["copy"].count_documents({}) == 0

    with_group = mstream.start("run", path)
    try:
        wait_until(lambda: mongodb.db["copy"].count_documents({}) == 5)
        wait_until(lambda: '"events":5' in mstream("checkpoints", "export", *at).out)
        mstream("dry-run", path, "--job", job, "--limit=1", "--timeout=1s", code=4)
        kafka.produce(world.topic, ['{"_id":5}'])
        wait_until(lambda: mongodb.db["copy"].count_documents({}) == 6)
        rewind = ["checkpoints", "rewind", job, "--back=1h", *at]
        assert str(with_group.pid) in mstream(*rewind, code=5).err
    finally:
        with_group.terminate()
        assert with_group.wait(30) == 0


def test_a_kafka_job_is_rewound_behind_what_its_group_says(
    world, mongodb, kafka, mstream
):
    path = world(BACK)
    path.write_text(path.read_text().replace('"back"', f'"{mongodb.name}"'))
    job, at = mongodb.name, ["--config", path]
    kafka.produce(world.topic, [f'{{"_id":{i}}}' for i in range(5)])
    assert numbers(mstream("run", path, "--once", "--json")) == (5, 0)
    assert numbers(mstream("run", path, "--once", "--json")) == (0, 0)
    said = mstream("checkpoints", "rewind", job, "--back=1h", *at).out
    assert world.topic in said
    assert numbers(mstream("run", path, "--once", "--json")) == (5, 0)


def test_a_duplicate_is_replayed_when_it_is_gone(world, mongodb, kafka, mstream):
    path = world(BACK, mode="insert")
    path.write_text(path.read_text().replace('"back"', f'"{mongodb.name}"'))
    at = ["--config", path]
    mongodb.db["copy"].insert_one({"_id": 1, "other": True})
    kafka.produce(world.topic, ['{"_id":1}', '{"_id":2}'])
    result = mstream("run", path, "--once", "--json", code=3)
    assert numbers(result) == (2, 1)
    [letter] = mstream("dlq", "list", *at, "--json").json()
    assert letter["stage"] == "sink"
    shown = mstream("dlq", "show", letter["id"], *at)
    assert '{"_id":1}' in shown.out
    mstream("dlq", "replay", letter["id"], *at, code=3)
    [letter] = mstream("dlq", "list", *at, "--json").json()
    mongodb.db["copy"].delete_one({"_id": 1})
    done = mstream("dlq", "replay", letter["id"], *at, "--json").json()
    assert done == {"sent": 1, "delivered": 1, "rejected": 0, "left": 0}
    assert list(mongodb.db["copy"].find({"_id": 1})) == [{"_id": 1}]
    assert mstream("dlq", "list", *at, "--json").json() == []


def test_doctor_says_what_is_good_and_what_is_not(world, mongodb, mstream):
    mongodb.db.create_collection("users")
    path = world(OUT)
    levels = [f["level"] for f in mstream("doctor", path, "--json").json()]
    assert "ok" in levels
    assert "fail" not in levels
    path.write_text(path.read_text().replace(world.topic, f"{world.topic}.none"))
    result = mstream("doctor", path, code=1)
    assert "fail" in result.out
    assert "hint: " in result.out


def test_servers_that_are_away_time_out(world, mongodb, mstream):
    path = world(OUT)
    away = "mongodb://127.0.0.1:9/?replicaSet=rs0"
    path.write_text(path.read_text().replace(mongodb.uri, away))
    for words in [["run", path, "--once"], ["dry-run", path, "--job=out"]]:
        result = mstream(*words, "--timeout=2s", code=4)
        assert "127.0.0.1:9" in result.err
    result = mstream("doctor", path, "--timeout=1s", code=1)
    assert "fail" in result.out
