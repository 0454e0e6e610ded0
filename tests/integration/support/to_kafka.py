# SPDX-License-Identifier: MIT
"""From a collection into a topic under load, and what arrived."""

import json

from . import config
from .crash import Verdict, Writer
from .waiting import wait_until

# Between two checkpoints, 50 ms apart, and in flight: no crash may repeat
# more than this.
REPEATED_PER_CRASH = 5000


class ToKafka:
    """A job from a collection to a topic with three partitions."""

    def __init__(self, mongodb, kafka, mstreamd, per_second=None):
        self.topic = kafka.topic("docs", partitions=3)
        self.kafka, self.mstreamd = kafka, mstreamd
        self.uri, self.db = mongodb.uri, mongodb.name
        self.bootstrap = kafka.bootstrap
        now = mongodb.client.admin.command("ping")["operationTime"]
        self.since = f"timestamp:{now.time},{now.inc}"
        self.keys = {}  # more of the connector
        self.writer = Writer(mongodb.db["docs"], seed=3, per_second=per_second)

    def start(self, state="state", more="", **options):
        source = {"resource": "docs", "output_encoding": "json"}
        sink = {"resource": self.topic, "output_encoding": "json"}
        text = (
            more
            + config.state(state)
            + config.table("[limits]", {"memory": "4MiB"})
            + config.mongodb(self.uri, self.db)
            + config.kafka(self.bootstrap)
            + config.job(
                "crash",
                {"service_name": "m", **source, "start": self.since},
                {"service_name": "k", **sink},
                batch={"kind": "count", "size": 50},
                **self.keys,
            )
        )
        return self.mstreamd(text, **options)

    def arrivals(self):
        for record in self.kafka.consume_all(self.topic):
            doc = json.loads(record.value)
            yield doc["_id"], doc["v"]

    def arrived(self):
        newest = Verdict(self.arrivals()).newest
        return dict(newest) == dict(self.writer.versions)

    def finish(self, crashes, strays=False):
        wait_until(self.arrived, 60, 0.2, what="the last versions in the topic")
        verdict = Verdict(self.arrivals())
        verdict.check(self.writer.versions, strays)
        assert verdict.repeated <= crashes * REPEATED_PER_CRASH
        return verdict
