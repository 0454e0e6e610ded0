# SPDX-License-Identifier: MIT
"""From a topic into a collection: a writer, daemons, and what arrived."""

import json
import threading

import confluent_kafka
import pymongo

from .crash import Verdict, Writer
from .waiting import wait_until

CONFIG = """
[state]
path = "./{state}"
[limits]
memory = "4MiB"

[[services]]
provider = "kafka"
name = "k"
"bootstrap.servers" = "{kafka}"
"group.id" = "{group}"
"session.timeout.ms" = 6000
"heartbeat.interval.ms" = 500
{properties}

[[services]]
provider = "mongodb"
name = "m"
connection_string = "{uri}"
db_name = "{db}"

[[connectors]]
name = "{group}"
source = {{ service_name = "k", resource = "{topic}", input_encoding = "json", start = "earliest" }}
sinks = [ {{ service_name = "m", resource = "docs", output_encoding = "bson" }} ]
checkpoint = {{ enabled = true, interval = "50ms" }}
batch = {{ kind = "count", size = 50 }}
"""


class TopicWriter(Writer):
    """Sends each document's next version to a topic."""

    def __init__(self, kafka, topic, **options):
        super().__init__(None, **options)
        self.topic = topic
        self._producer = confluent_kafka.Producer(
            {**kafka.properties, "linger.ms": 1, "enable.idempotence": True}
        )
        self._refused = []

    def write(self, n):
        for _ in range(n):
            key = self._random.randrange(self.keys)
            version = self.versions[key] + 1
            self._producer.produce(
                self.topic,
                key=str(key),
                value=json.dumps({"_id": key, "v": version}),
                on_delivery=self._reported,
            )
            self.versions[key] = version
            self.total += 1
        self._producer.poll(0)

    def _reported(self, error, _message):
        if error is not None:
            self._refused.append(error)

    def stop(self):
        super().stop()
        assert self._producer.flush(60) == 0
        assert not self._refused, self._refused[0]
        return self


class Watcher:
    """Every (key, version) that a collection held, in order of writing."""

    def __init__(self, collection):
        self.collection = collection
        self.arrivals = []
        self._stop = threading.Event()
        self._stream = self._watch()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _watch(self, after=None):
        return self.collection.watch(
            [{"$match": {"operationType": {"$in": ["insert", "replace"]}}}],
            max_await_time_ms=50,
            resume_after=after,
        )

    def _next(self):
        """The next event, also while primaries come and go."""
        try:
            if not self._stream.alive:
                self._stream = self._watch(self._stream.resume_token)
            return self._stream.try_next()
        except pymongo.errors.PyMongoError:
            return None

    def _run(self):
        while not self._stop.is_set():
            event = self._next()
            if event is not None:
                doc = event["fullDocument"]
                self.arrivals.append((doc["_id"], doc["v"]))

    def verdict(self):
        return Verdict(list(self.arrivals))

    def close(self):
        self._stop.set()
        self._thread.join(10)
        self._stream.close()


class ToMongodb:
    """A job from a topic with three partitions to the collection `docs`."""

    def __init__(self, mongodb, kafka, mstreamd, per_second=2000):
        self.kafka, self.mstreamd = kafka, mstreamd
        self.group = f"group_{kafka.prefix}"
        self.topic = kafka.topic("docs", partitions=3)
        self.uri, self.db = mongodb.uri, mongodb.name
        self.bootstrap = kafka.bootstrap
        self.docs = mongodb.db["docs"]
        self.writer = TopicWriter(
            kafka, self.topic, seed=5, per_second=per_second
        )
        self.watcher = Watcher(self.docs)

    def start(self, state="state", properties="", more="", **options):
        config = more + CONFIG.format(
            state=state,
            kafka=self.bootstrap,
            group=self.group,
            properties=properties,
            uri=self.uri,
            db=self.db,
            topic=self.topic,
        )
        return self.mstreamd(config, **options)

    def held(self):
        """What the collection holds now."""
        try:
            return {d["_id"]: d["v"] for d in self.docs.find()}
        except pymongo.errors.AutoReconnect:
            return None

    def finish(self, deadline=120):
        versions = dict(self.writer.versions)
        wait_until(
            lambda: self.held() == versions,
            deadline,
            interval=0.2,
            what="the last versions in the collection",
        )
        wait_until(
            lambda: self.watcher.verdict().last == versions,
            60,
            interval=0.2,
            what="the last versions from the change stream",
        )
        verdict = self.watcher.verdict()
        verdict.check(versions)
        return verdict
