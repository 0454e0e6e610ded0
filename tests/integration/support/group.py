# SPDX-License-Identifier: MIT
"""From a topic into a collection: a writer, daemons, and what arrived."""

import json
import threading

import confluent_kafka
import pymongo

from . import config
from .crash import Verdict, Writer
from .waiting import wait_until


class TopicWriter(Writer):
    """Sends each document's next version to a topic."""

    def __init__(self, kafka, topic, **options):
        super().__init__(None, **options)
        self.topic = topic
        self._producer = confluent_kafka.Producer(
            {**kafka.properties, "linger.ms": 1, "enable.idempotence": True}
        )
        self._refused = []

    def _replace(self, key, version):
        self._producer.produce(
            self.topic,
            key=str(key),
            value=json.dumps({"_id": key, "v": version}),
            on_delivery=self._reported,
        )
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

    def start(self, state="state", properties=None, more="", **options):
        source = {"resource": self.topic, "input_encoding": "json"}
        sink = {"resource": "docs", "output_encoding": "bson"}
        text = (
            more
            + config.state(state)
            + config.table("[limits]", {"memory": "4MiB"})
            + config.kafka(
                self.bootstrap,
                **{
                    "group.id": self.group,
                    "session.timeout.ms": 6000,
                    "heartbeat.interval.ms": 500,
                    **(properties or {}),
                },
            )
            + config.mongodb(self.uri, self.db)
            + config.job(
                self.group,
                {"service_name": "k", **source, "start": "earliest"},
                {"service_name": "m", **sink},
                batch={"kind": "count", "size": 50},
            )
        )
        return self.mstreamd(text, **options)

    def held(self):
        """What the collection holds now."""
        try:
            return {d["_id"]: d["v"] for d in self.docs.find()}
        except pymongo.errors.AutoReconnect:
            return None

    def finish(self, crashes=None, deadline=120):
        """`crashes` bounds no repeats here: a replay changes nothing."""
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
