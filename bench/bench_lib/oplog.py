# SPDX-License-Identifier: MIT
"""The oplog reader beside the ceiling of a change stream and beside mstream's
own change stream: rate, CPU of both ends, memory."""

import json
import os
import subprocess

from pymongo import DeleteOne, InsertOne, UpdateOne

from .setup import Daemon, wait
from .to_kafka import load, median, mstream_config

_TICKS = os.sysconf("SC_CLK_TCK")


def server_cpu(site):
    """CPU seconds of mongod until now."""
    [server] = [s for s in site.instance.servers if s["name"] == "mongodb"]
    with open(f"/proc/{server['ident']['pid']}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def ceiling_once(site, db, start, count, full_document):
    topic = site.topic("ceiling")
    before = server_cpu(site)
    done = subprocess.run(
        site.program(
            "bench/ceiling", site.mongodb, db, "c", site.kafka, topic, *start,
            count, 5, full_document,
        ),  # fmt: skip
        check=True,
        capture_output=True,
        text=True,
    )
    said = json.loads(done.stdout)
    assert said["delivered"] == count
    return {
        "rate": count / site.span(topic),
        "cpu": said["cpu"] / count * 1e6,
        "server": (server_cpu(site) - before) / count * 1e6,
        "rss": said["rss_kb"] / 1024,
    }


# What a job's source says for each row.
SOURCES = {
    "change_stream": 'reader = "change_stream", lookup = "server"',
    "batched": 'reader = "change_stream", lookup = "batched"',
    "oplog": 'reader = "oplog"',
}


def mstream_once(site, db, start, count, name):
    topic = site.topic(name)
    before = server_cpu(site)
    config = mstream_config(site, db, start, topic)
    config = config.replace(
        'resource = "c"', f'resource = "c", {SOURCES[name]}', 1
    )
    daemon = Daemon(site, config)
    wait(lambda: site.count(topic) >= count, 300)
    server = server_cpu(site) - before
    cpu, peak = daemon.stop()
    assert site.count(topic) == count
    return {
        "rate": count / site.span(topic),
        "cpu": cpu / count * 1e6,
        "server": server / count * 1e6,
        "rss": peak / 1024,
    }


def mixed_load(site, db, count):
    """Of ten changes six inserts, three updates and one delete."""
    collection = site.client[db]["c"]
    began = site.operation_time()
    done = 0
    n = 0
    while done < count:
        work = []
        for _ in range(100):
            work += [
                InsertOne({"_id": n + i, "n": 0, "pad": f"{i:04}" * 240})
                for i in range(6)
            ]
            work += [UpdateOne({"_id": n + i}, {"$set": {"n": 1}}) for i in range(3)]
            work.append(DeleteOne({"_id": n + 5}))
            n += 6
        collection.bulk_write(work)
        done += len(work)
    return (began.time, began.inc + 1), done


def compare(site, report, title, work, rounds, bounds):
    db, start, count, full_document = work
    looks = full_document == "updateLookup"
    names = ["change_stream", *(["batched"] if looks else []), "oplog"]
    runs = {name: [] for name in ["ceiling", *names]}
    for _ in range(rounds):
        runs["ceiling"].append(ceiling_once(site, db, start, count, full_document))
        for name in names:
            runs[name].append(mstream_once(site, db, start, count, name))

    def of(name, key):
        return median([run[key] for run in runs[name]])

    report.section(title)
    report.table(
        ("", "events/s", "CPU s per 1 M", "mongod's", "peak RSS MiB"),
        [
            (name, f"{of(name, 'rate'):.0f}", f"{of(name, 'cpu'):.2f}",
             f"{of(name, 'server'):.2f}", f"{of(name, 'rss'):.0f}")
            for name in runs
        ],
    )  # fmt: skip
    at_least, server_at_most = bounds
    report.ratio(
        "rate / ceiling", of("oplog", "rate") / of("ceiling", "rate"), at_least=at_least
    )
    report.ratio(
        "mongod's CPU / with a change stream",
        of("oplog", "server") / of("change_stream", "server"),
        at_most=server_at_most,
    )
    report.ratio(
        "CPU / mstream's with a change stream",
        of("oplog", "cpu") / of("change_stream", "cpu"),
        at_most=1.5,
    )
    report.ratio("peak RSS, MiB", max(r["rss"] for r in runs["oplog"]), at_most=64)
    if looks:
        report.ratio(
            "change stream: documents looked up in batches / by the server",
            of("batched", "rate") / of("change_stream", "rate"),
            at_least=1,
        )


def run(site, report, count, rounds):
    db = site.name("bench")
    start = load(site, db, count)
    compare(
        site,
        report,
        f"Oplog -> Kafka, {count} inserts of 1 KiB, JSON",
        (db, start, count, "default"),
        rounds,
        (3, 0.25),
    )
    db = site.name("bench")
    start, done = mixed_load(site, db, count // 3)
    compare(
        site,
        report,
        f"Oplog -> Kafka with look-ups, {done} changes, 60/30/10",
        (db, start, done, "updateLookup"),
        rounds,
        (2, 0.25),
    )
