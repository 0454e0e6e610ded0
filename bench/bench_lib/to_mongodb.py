# SPDX-License-Identifier: MIT
"""Kafka -> MongoDB: documents per second beside bare bulk writes."""

import json
import os
import re
import subprocess
import time

import confluent_kafka
from bson import json_util

from .setup import TO_MONGODB, Daemon, wait
from .to_kafka import median


def bare_once(site, mode, count, connections):
    """The bare bulk program's documents per second."""
    done = subprocess.run(
        site.program("bench/mongo_bulk", mode, count, connections),
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "MSTREAM_TEST_MONGODB": site.mongodb},
    )
    return float(json.loads(done.stdout)["docs_per_second"])


def documents(count, version):
    pad = "abcdefghijklmnopqrstuvwxyz" * 34
    for n in range(count):
        yield n, json_util.dumps(
            {
                "_id": n,
                "version": version,
                "name": "Grace Hopper",
                "email": "grace@example.org",
                "quantity": n % 97,
                "score": n * 0.37,
                "active": n % 2 == 0,
                "tags": ["alpha", "beta", n],
                "text": pad,
            }
        )


def fill(site, topic, count, version, op):
    producer = confluent_kafka.Producer(
        {"bootstrap.servers": site.kafka, "linger.ms": 20}
    )
    for n, text in documents(count, version):
        while True:
            try:
                producer.produce(
                    topic, text, key=str(n), headers={"op": op}
                )
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(60) == 0


class Written:
    """How many documents the server has written, cheaply: its whole status
    costs it 3 ms, which a poll every 20 ms would take from the bridge."""

    def __init__(self, site):
        self._admin = site.client.admin
        named = self._admin.command("serverStatus")
        self._less = {
            word: 0
            for word, value in named.items()
            if isinstance(value, dict) and word not in ("opcounters", "$clusterTime")
        }
        self._before = self._all()

    def _all(self):
        status = self._admin.command({"serverStatus": 1, **self._less})
        return status["opcounters"]["insert"] + status["opcounters"]["update"]

    def count(self):
        return self._all() - self._before


def mstream_once(site, db, count, version, op, connections):
    topic = site.topic("fill")
    fill(site, topic, count, version, op)
    daemon = Daemon(
        site,
        TO_MONGODB.format(
            mongodb=site.mongodb,
            db=db,
            kafka=site.kafka,
            topic=topic,
            connections=connections,
        ),
    )
    rate = drained_rate(site, count)
    cpu, peak = daemon.stop()
    found = site.client[db]["c"].count_documents({"version": version})
    assert found == count, f"{count - found} documents are missing"
    return {"rate": rate, "cpu": cpu / count * 1e6, "rss": peak / 1024}


def drained_rate(site, count):
    """Documents per second between a tenth and the whole, by polling."""
    written = Written(site)
    marks = {}

    def poll():
        done = written.count()
        now = time.monotonic()
        if done >= count // 10 and "first" not in marks:
            marks["first"] = (now, done)
        marks["last"] = (now, done)
        return done >= count

    wait(poll, 180, every=0.02)
    (t0, n0), (t1, n1) = marks["first"], marks["last"]
    return (n1 - n0) / (t1 - t0)


def run(site, report, count, rounds, connections=2):
    report.section(
        f"Kafka -> MongoDB, {count} documents of 1 KiB, {connections} connections"
    )
    rows, ratios = [], []
    # A broker that has just started compiles while it serves.
    mstream_once(site, site.name("warm"), count // 2, 0, "create", connections)
    for op, mode in (("create", "insert"), ("replace", "replace")):
        bare, mstream, pairs = [], [], []
        db = site.name("sink")
        if op == "replace":
            mstream_once(site, db, count, 0, "create", connections)
        for version in range(1, rounds + 1):
            if op == "create":
                db = site.name("sink")
            bare.append(bare_once(site, mode, count, connections))
            mstream.append(
                mstream_once(site, db, count, version, op, connections)
            )
            pairs.append(mstream[-1]["rate"] / bare[-1])
        rows.append((f"{op}: bare bulk", f"{median(bare):.0f}", "", ""))
        rows.append(
            (
                f"{op}: mstream",
                f"{median([m['rate'] for m in mstream]):.0f}",
                f"{median([m['cpu'] for m in mstream]):.2f}",
                f"{max(m['rss'] for m in mstream):.0f}",
            )
        )
        ratios.append((f"{op}: rate / bare bulk", median(pairs)))
    report.table(("", "docs/s", "CPU s per 1 M", "peak RSS MiB"), rows)
    for word, value in ratios:
        report.ratio(word, value, at_least=0.8)


# What is asked of the worst shape; the pattern finds it in each.
_RATIOS = {
    "codec": (
        ("BSON -> JSON / libbson", r"BSON -> JSON.*\n.*ratio ([\d.]+)", 8),
        ("BSON -> JSON, MB/s", r"BSON -> JSON relaxed +(\d+) MB/s", 700),
        ("JSON -> BSON / libbson", r"JSON -> BSON.*\n.*ratio ([\d.]+)", 8),
        ("JSON -> BSON, MB/s", r"JSON -> BSON +(\d+) MB/s", 1000),
    ),
    "codec_avro": (
        ("BSON -> Avro / avro_value_t", r"ratios: encode ([\d.]+)", 2.5),
        ("Avro -> BSON / avro_value_t", r"ratios: .*to BSON ([\d.]+)", 2),
        ("Avro -> JSON / avro_value_t", r"ratios: .*to JSON ([\d.]+)", 2),
    ),
}


def codec(site, report, rounds, program, title):
    """A codec program's own lines, and the worst shape of each path."""
    done = subprocess.run(
        site.program(f"bench/{program}", rounds),
        check=True,
        capture_output=True,
        text=True,
    )
    report.section(title)
    report.text(done.stdout)
    report.gap()
    for word, pattern, bound in _RATIOS.get(program, ()):
        worst = min(float(found) for found in re.findall(pattern, done.stdout))
        report.ratio(f"worst shape: {word}", worst, at_least=bound)

