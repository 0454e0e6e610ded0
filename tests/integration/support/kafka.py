# SPDX-License-Identifier: MIT
"""A Kafka cluster as tests see it."""

import logging
import time
from collections import namedtuple

import confluent_kafka
from confluent_kafka import admin as kafka_admin

# headers: a dict of text; raw_headers: (name, bytes or None), in their order
Record = namedtuple(
    "Record", "partition offset key value headers timestamp raw_headers"
)

_QUIET = logging.getLogger("mstream-test-kafka")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


class Kafka:
    """`bootstrap` and `admin` of the cluster; topics start with `prefix`."""

    def __init__(self, bootstrap, prefix, **properties):
        self.bootstrap, self.prefix = bootstrap, prefix
        self.properties = {"bootstrap.servers": bootstrap, **properties}
        self.admin = kafka_admin.AdminClient(self.properties, logger=_QUIET)
        self._topics = []

    def topic(self, name="t", partitions=1, replication=-1, **config):
        """Create a topic; dots of config keys are written as `__`.

        kafka.topic("users", 3, max__message__bytes=20_000_000)
        """
        full = f"{self.prefix}.{name}"
        new = kafka_admin.NewTopic(
            full,
            num_partitions=partitions,
            replication_factor=replication,
            config={k.replace("__", "."): str(v) for k, v in config.items()},
        )
        self._create(new)
        self._topics.append(full)
        self._wait_leaders(full, partitions)
        return full

    def _create(self, new, tries=3):
        """Create the topic, also while brokers come and go."""
        for left in reversed(range(tries)):
            try:
                self.admin.create_topics([new])[new.topic].result(30)
                return
            except confluent_kafka.KafkaException as caught:
                code = caught.args[0].code()
                # The answer to an earlier try may have been lost.
                exists = confluent_kafka.KafkaError.TOPIC_ALREADY_EXISTS
                if code == exists and left < tries - 1:
                    return
                # Negative codes are the library's own: connection troubles.
                if code >= 0 or not left:
                    raise

    def _wait_leaders(self, topic, partitions, seconds=20):
        deadline = time.monotonic() + seconds
        while True:
            found = self.admin.list_topics(topic, timeout=10).topics[topic]
            leaders = [p for p in found.partitions.values() if p.leader >= 0]
            if len(leaders) == partitions:
                return
            assert time.monotonic() < deadline, f"no leaders for {topic}"
            time.sleep(0.02)

    def produce(self, topic, records):
        """Send records and wait until all are stored.

        A record is a value, or a dict with any of value, key, headers,
        partition, timestamp.
        """
        producer = confluent_kafka.Producer(
            {
                **self.properties,
                "linger.ms": 5,
                "enable.idempotence": True,
                "topic.metadata.propagation.max.ms": 2000,
            },
            logger=_QUIET,
        )
        failed = []

        def reported(error, _message):
            if error is not None:
                failed.append(error)

        for record in records:
            if not isinstance(record, dict):
                record = {"value": record}
            while True:
                try:
                    producer.produce(topic, on_delivery=reported, **record)
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        assert producer.flush(60) == 0, "records were not delivered in 60 s"
        assert not failed, failed[0]

    def exists(self, topic):
        return topic in self.admin.list_topics(timeout=10).topics

    def ends(self, topic, seconds=20):
        """Return {partition: (low, high)} of the watermarks.

        A topic that was just created, or whose leader was just elected, has
        none for a moment.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self._ends(topic)
            except confluent_kafka.KafkaException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _ends(self, topic):
        consumer = self._consumer()
        try:
            found = consumer.list_topics(topic, timeout=10).topics[topic]
            return {
                p: consumer.get_watermark_offsets(
                    confluent_kafka.TopicPartition(topic, p), timeout=10
                )
                for p in sorted(found.partitions)
            }
        finally:
            consumer.close()

    def count(self, topic):
        """Return how many offsets the topic holds, all partitions."""
        return sum(high - low for low, high in self.ends(topic).values())

    def consume_all(self, topic, seconds=60, isolation="read_committed"):
        """Return every record that is there now, by partition and offset."""
        ends = self.ends(topic)
        consumer = self._consumer(isolation)
        records = []
        try:
            left = {p: high for p, (low, high) in ends.items() if high > low}
            consumer.assign(
                [
                    confluent_kafka.TopicPartition(topic, p, ends[p][0])
                    for p in left
                ]
            )
            deadline = time.monotonic() + seconds
            while left:
                assert time.monotonic() < deadline, f"{topic}: left {left}"
                for message in consumer.consume(10000, timeout=0.2):
                    assert message.error() is None, message.error()
                    if message.offset() < ends[message.partition()][1]:
                        records.append(_record(message))
                # Control records and compaction leave gaps: ask, not count.
                for where in consumer.position(consumer.assignment()):
                    if where.offset >= left.get(where.partition, 1 << 62):
                        del left[where.partition]
        finally:
            consumer.close()
        return sorted(records, key=lambda r: (r.partition, r.offset))

    def _consumer(self, isolation="read_committed"):
        return confluent_kafka.Consumer(
            {
                **self.properties,
                "group.id": f"{self.prefix}.reader",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": isolation,
                "fetch.wait.max.ms": 50,
            },
            logger=_QUIET,
        )

    def close(self):
        if self._topics:
            self.admin.delete_topics(self._topics, operation_timeout=10)


def _record(message):
    raw = message.headers() or []
    headers = {
        name: value.decode(errors="replace") if value is not None else None
        for name, value in raw
    }
    return Record(
        message.partition(),
        message.offset(),
        message.key(),
        message.value(),
        headers,
        message.timestamp()[1],
        raw,
    )
