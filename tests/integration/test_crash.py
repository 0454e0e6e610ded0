# SPDX-License-Identifier: MIT
"""kill -9 wherever it hurts: nothing missing, order per key kept."""

import json
import random
import time

import pytest
from support.crash import Verdict, Writer, fault_binaries
from support.waiting import wait_until

TO_KAFKA = """
[state]
path = "./state"
[limits]
memory = "4MiB"

[[services]]
provider = "mongodb"
name = "m"
connection_string = "{uri}"
db_name = "{db}"

[[services]]
provider = "kafka"
name = "k"
"bootstrap.servers" = "{kafka}"

[[connectors]]
name = "crash"
source = {{ service_name = "m", resource = "docs", output_encoding = "json", start = "{start}" }}
sinks = [ {{ service_name = "k", resource = "{topic}", output_encoding = "json" }} ]
checkpoint = {{ enabled = true, interval = "50ms" }}
batch = {{ kind = "count", size = 50 }}
"""

POINTS = [
    "after_read",
    "after_send",
    "after_confirm",
    "before_checkpoint",
    "after_checkpoint",
]

# Between two checkpoints, 50 ms apart, and in flight: no crash may repeat
# more than this.
REPEATED_PER_CRASH = 5000


class ToKafka:
    """A job from a collection to a topic with three partitions."""

    def __init__(self, mongodb, kafka, mstreamd):
        self.topic = kafka.topic("docs", partitions=3)
        self.kafka, self.mstreamd = kafka, mstreamd
        now = mongodb.client.admin.command("ping")["operationTime"]
        self.config = TO_KAFKA.format(
            uri=mongodb.uri,
            db=mongodb.name,
            kafka=kafka.bootstrap,
            topic=self.topic,
            start=f"timestamp:{now.time},{now.inc}",
        )
        self.writer = Writer(mongodb.db["docs"], seed=3)

    def start(self, **options):
        return self.mstreamd(self.config, **options)

    def arrivals(self):
        for record in self.kafka.consume_all(self.topic):
            doc = json.loads(record.value)
            yield doc["_id"], doc["v"]

    def arrived(self):
        newest = Verdict(self.arrivals()).newest
        return dict(newest) == dict(self.writer.versions)

    def finish(self, crashes):
        wait_until(self.arrived, 60, what="the last versions in the topic")
        verdict = Verdict(self.arrivals())
        verdict.check(self.writer.versions)
        assert verdict.repeated <= crashes * REPEATED_PER_CRASH
        return verdict


@pytest.fixture
def to_kafka(mongodb, kafka, mstreamd):
    return ToKafka(mongodb, kafka, mstreamd)


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_at_every_point_loses_nothing(to_kafka, point):
    crashes = 0
    writer = to_kafka.writer.start()
    for nth in (1, 2, 5, 9):
        daemon = to_kafka.start(
            env={"MSTREAM_CRASH_AT": f"{point}:{nth}"},
            program=fault_binaries() / "mstreamd",
            ready=False,
        )
        assert daemon.wait(30) == -9
        crashes += 1
    writer.stop()
    to_kafka.start()
    to_kafka.finish(crashes)


def test_fifty_random_crashes_under_load_lose_nothing(to_kafka):
    chance = random.Random(7)
    writer = to_kafka.writer.start()
    for _ in range(50):
        daemon = to_kafka.start()
        daemon_until = time.monotonic() + chance.uniform(0.0, 0.4)
        wait_until(lambda: time.monotonic() >= daemon_until, 5)
        daemon.kill()
    writer.stop()
    to_kafka.start()
    verdict = to_kafka.finish(50)
    assert verdict.total > 1000, "there was no load"
