# SPDX-License-Identifier: MIT
"""Servers, programs and topics for the benchmarks."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import confluent_kafka
import pymongo
from confluent_kafka import admin as kafka_admin
from servers_lib.instance import Instance

PARTITIONS = 4


class Place:
    """Where programs are and files go."""

    def __init__(self, build, folder):
        self.build, self.folder = Path(build).resolve(), Path(folder)
        self.children = []  # what must not outlive the run

    def close(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()

    def program(self, *words):
        return [str(self.build / words[0]), *map(str, words[1:])]


class Site(Place):
    """One MongoDB and one Kafka of this run alone."""

    def __init__(self, build, folder):
        super().__init__(build, folder)
        self.instance = Instance("plain", self.folder / "servers")
        self.instance.up(oplog_mb=4096, cache_mb=1024, partitions=PARTITIONS)
        env = self.instance.env()
        self.mongodb = env["MSTREAM_TEST_MONGODB"]
        self.kafka = env["MSTREAM_TEST_KAFKA"]
        self.client = pymongo.MongoClient(self.mongodb)
        self.admin = kafka_admin.AdminClient({"bootstrap.servers": self.kafka})
        self._number = 0

    def close(self):
        super().close()
        self.client.close()
        self.instance.down()

    def name(self, word):
        self._number += 1
        return f"{word}{self._number}"

    def topic(self, word):
        """A topic whose timestamps are the broker's: when it was appended."""
        name = self.name(word)
        new = kafka_admin.NewTopic(
            name,
            PARTITIONS,
            1,
            config={"message.timestamp.type": "LogAppendTime"},
        )
        self.admin.create_topics([new])[name].result(30)
        wait(lambda: self._has_leaders(name), 20)
        return name

    def _has_leaders(self, name):
        found = self.admin.list_topics(name, timeout=10).topics[name].partitions
        leaders = [p for p in found.values() if p.leader >= 0]
        return len(leaders) == PARTITIONS

    def consumer(self):
        return confluent_kafka.Consumer(
            {
                "bootstrap.servers": self.kafka,
                "group.id": "bench-count",
                "enable.auto.commit": False,
            }
        )

    def count(self, topic):
        consumer = self.consumer()
        try:
            return sum(high for _low, high in self._ends(consumer, topic))
        finally:
            consumer.close()

    @staticmethod
    def _ends(consumer, topic):
        for p in range(PARTITIONS):
            where = confluent_kafka.TopicPartition(topic, p)
            yield consumer.get_watermark_offsets(where, timeout=30)

    def span(self, topic):
        """Seconds between the first and the last append of the broker."""
        consumer, stamps = self.consumer(), []
        for p, (low, high) in enumerate(self._ends(consumer, topic)):
            for offset in {low, high - 1} if high > low else ():
                where = confluent_kafka.TopicPartition(topic, p, offset)
                consumer.assign([where])
                message = None
                while message is None:
                    message = consumer.poll(1)
                stamps.append(message.timestamp()[1])
        consumer.close()
        return (max(stamps) - min(stamps)) / 1000

    def operation_time(self):
        return self.client.admin.command("ping")["operationTime"]


def wait(predicate, seconds, every=0.05):
    deadline = time.monotonic() + seconds
    while not predicate():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(every)


class Daemon:
    """mstreamd with its time to READY=1, its CPU and its peak memory."""

    def __init__(self, site, config):
        self.folder = folder = Path(tempfile.mkdtemp(prefix="d", dir=site.folder))
        path = folder / "mstream.toml"
        path.write_text(config)
        address = str(folder / "n")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind(address)
        listener.settimeout(10)
        self._log = open(folder / "log", "wb")
        began = time.monotonic()
        self.process = subprocess.Popen(
            site.program("bin/mstreamd", "--config", path),
            cwd=folder,
            env={
                **os.environ,
                "NOTIFY_SOCKET": address,
                "MSTREAM_API_PORT": "0",
            },
            stdin=subprocess.DEVNULL,
            stderr=self._log,
        )
        site.children.append(self.process)
        assert b"READY=1" in listener.recv(100)
        self.ready_ms = (time.monotonic() - began) * 1000
        listener.close()

    def memory_kb(self, field="VmHWM"):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        for line in status.splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        return 0

    def stop(self):
        """SIGTERM; returns (CPU seconds, peak KiB)."""
        peak = self.memory_kb()
        self.process.send_signal(signal.SIGTERM)
        _pid, status, use = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self._log.close()
        assert self.process.returncode == 0, "mstreamd did not stop cleanly"
        return use.ru_utime + use.ru_stime, peak


SERVICES = """
[state]
path = "./state"
[limits]
memory = "32MiB"

[[services]]
provider = "mongodb"
name = "m"
connection_string = "{mongodb}"
db_name = "{db}"

[[services]]
provider = "kafka"
name = "k"
"bootstrap.servers" = "{kafka}"
"""

TO_KAFKA = (
    SERVICES
    + """
[[connectors]]
name = "bench"
source = {{ service_name = "m", resource = "c", output_encoding = "json", start = "{start}" }}
sinks = [ {{ service_name = "k", resource = "{topic}", output_encoding = "json" }} ]
"""
)

TO_MONGODB = (
    SERVICES
    + """
[[connectors]]
name = "bench"
source = {{ service_name = "k", resource = "{topic}", input_encoding = "json", output_encoding = "json", start = "earliest" }}
sinks = [ {{ service_name = "m", resource = "c", output_encoding = "bson", connections = {connections} }} ]
"""
)
