# SPDX-License-Identifier: MIT
"""MongoDB -> Kafka: rate, CPU, memory and latency beside the ceiling."""

import json
import statistics
import subprocess
import time

from .setup import TO_KAFKA, Daemon, wait


def median(values):
    return statistics.median(values)


def load(site, db, count, rate=0):
    out = subprocess.run(
        site.program("bench/load", site.mongodb, db, "c", count, rate),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return out.split()


def ceiling_once(site, db, start, count):
    topic = site.topic("ceiling")
    done = subprocess.run(
        site.program(
            "bench/ceiling", site.mongodb, db, "c", site.kafka, topic, *start,
            count, 5,
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
        "rss": said["rss_kb"] / 1024,
    }


def mstream_config(site, db, start, topic):
    return TO_KAFKA.format(
        mongodb=site.mongodb,
        db=db,
        kafka=site.kafka,
        topic=topic,
        start=f"timestamp:{start[0]},{start[1]}",
    )


def mstream_once(site, db, start, count):
    topic = site.topic("mstream")
    daemon = Daemon(site, mstream_config(site, db, start, topic))
    wait(lambda: site.count(topic) >= count, 120)
    cpu, peak = daemon.stop()
    assert site.count(topic) == count
    return {
        "rate": count / site.span(topic),
        "cpu": cpu / count * 1e6,
        "rss": peak / 1024,
        "ready": daemon.ready_ms,
    }


def throughput(site, report, count, rounds):
    db = site.name("bench")
    start = load(site, db, count)
    ceiling, mstream = [], []
    for _ in range(rounds):
        ceiling.append(ceiling_once(site, db, start, count))
        mstream.append(mstream_once(site, db, start, count))

    def of(runs, key):
        return median([run[key] for run in runs])

    report.section(f"MongoDB -> Kafka, {count} inserts of 1 KiB, JSON")
    report.table(
        ("", "events/s", "CPU s per 1 M", "peak RSS MiB"),
        [
            ("ceiling", f"{of(ceiling, 'rate'):.0f}",
             f"{of(ceiling, 'cpu'):.2f}", f"{of(ceiling, 'rss'):.0f}"),
            ("mstream", f"{of(mstream, 'rate'):.0f}",
             f"{of(mstream, 'cpu'):.2f}", f"{of(mstream, 'rss'):.0f}"),
        ],
    )  # fmt: skip
    pairs = list(zip(ceiling, mstream))
    report.ratio("rate / ceiling", median([m["rate"] / c["rate"] for c, m in pairs]), at_least=0.9)
    report.ratio("CPU / ceiling", median([m["cpu"] / c["cpu"] for c, m in pairs]), at_most=1.5)
    report.ratio("peak RSS, MiB", max(m["rss"] for m in mstream), at_most=64)
    report.ratio("ready after exec, ms", of(mstream, "ready"), at_most=50)


# Into so many runs a round's seconds are cut.
LATENCY_TURNS = 4


class Ceiling:
    """The ceiling program, running until it is stopped."""

    def __init__(self, site, db, start, topic):
        self.process = subprocess.Popen(
            site.program(
                "bench/ceiling", site.mongodb, db, "c", site.kafka, topic,
                *start, 0, 0,
            ),  # fmt: skip
            stdout=subprocess.DEVNULL,
        )
        site.children.append(self.process)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def latency_reader(site, topic, count, rate):
    reader = subprocess.Popen(
        site.program(
            "bench/latency", site.kafka, topic, count, 3 * count // rate + 60
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert reader.stderr.readline() == "ready\n"
    return reader


def latency_once(site, which, count, rate):
    db, topic = site.name("latency"), site.topic("latency")
    now = site.operation_time()
    start = (str(now.time), str(now.inc))
    if which == "ceiling":
        bridge = Ceiling(site, db, start, topic)
    else:
        bridge = Daemon(site, mstream_config(site, db, start, topic))
    reader = latency_reader(site, topic, count, rate)
    time.sleep(1)
    load(site, db, count, rate)
    said = json.loads(reader.communicate()[0])
    bridge.stop()
    missing = count - said["count"]
    assert missing == 0, f"{which}: {missing} of {count} events are missing"
    return said


def latency(site, report, seconds, rounds, rate=2000):
    """Many short runs in turn: the 99th percentile of one run is a pause of a
    server's disk or of the machine, and a median of many is not."""
    runs = {"ceiling": [], "mstream": []}
    latency_once(site, "ceiling", rate, rate)  # the servers warm up
    for turn in range(rounds * LATENCY_TURNS):
        for which in sorted(runs, reverse=turn % 2 == 1):
            runs[which].append(
                latency_once(site, which, seconds * rate // LATENCY_TURNS, rate)
            )
    report.section(f"Latency at {rate} events/s, ceiling with linger 0 (ms)")
    keys = ("p50_ms", "p99_ms", "p999_ms")
    found = {
        which: {key: median([r[key] for r in said]) for key in keys}
        for which, said in runs.items()
    }
    report.table(
        ("", "p50", "p99", "p99.9"),
        [
            (which, *(f"{found[which][key]:.2f}" for key in keys))
            for which in runs
        ],
    )
    for key, word in (("p50_ms", "p50"), ("p99_ms", "p99")):
        report.ratio(
            f"{word} / ceiling",
            found["mstream"][key] / found["ceiling"][key],
            at_most=1.0,
        )


def dead_broker(site, report, seconds, count):
    """Memory while the broker is stopped under load, and that all arrives."""
    db, topic = site.name("dead"), site.topic("dead")
    now = site.operation_time()
    start = (str(now.time), str(now.inc))
    daemon = Daemon(site, mstream_config(site, db, start, topic))
    load(site, db, 1000)
    wait(lambda: site.count(topic) >= 1000, 60)
    site.instance.stop("kafka")
    load(site, db, count)
    seen = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        seen.append(daemon.memory_kb("VmRSS") / 1024)
        time.sleep(1)
    site.instance.start("kafka")
    wait(lambda: site.count(topic) >= count + 1000, 120)
    _cpu, peak = daemon.stop()
    half = len(seen) // 2
    report.section(f"Broker stopped for {seconds} s under load")
    report.ratio("peak RSS, MiB", peak / 1024, at_most=64)
    report.ratio(
        "growth in the second half, MiB",
        max(seen[half:]) - max(seen[:half]),
        at_most=1.0,
    )
    report.ratio("events missing afterwards", count + 1000 - site.count(topic), at_most=0)
