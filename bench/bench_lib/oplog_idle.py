# SPDX-License-Identifier: MIT
"""What jobs on quiet collections cost mongod while another one is written."""

import time

from .oplog import server_cpu
from .setup import Daemon, wait
from .to_kafka import load, median

JOBS = 60
INSERTS = 50000
SETTLE = 3  # seconds, before and after

SERVICES = """
[state]
path = "./state"
[[services]]
provider = "mongodb"
name = "m"
connection_string = "{mongodb}"
db_name = "{db}"
[[services]]
provider = "file"
name = "f"
path = "./out"
"""

JOB = """
[[connectors]]
name = "job{n}"
source = {{ service_name = "m", resource = "quiet{n}", reader = "{reader}", output_encoding = "json" }}
sinks = [ {{ service_name = "f", resource = "{n}.jsonl", output_encoding = "json" }} ]
"""


def start(site, jobs, reader):
    """A daemon whose jobs have nothing to do, at the end of the oplog."""
    text = SERVICES.format(mongodb=site.mongodb, db=site.name("quiet"))
    text += "".join(JOB.format(n=n, reader=reader) for n in range(jobs))
    daemon = Daemon(site, text)

    def said(what):
        return (daemon.folder / "log").read_text().count(what)

    wait(lambda: said("running from") >= jobs, 60)
    if reader == "oplog" and jobs > 1:
        wait(lambda: said("the oplog's tail that jobs share") >= jobs, 60)
    return daemon


def once(site, jobs, reader):
    """CPU seconds of mongod, and of the daemon for all its life."""
    daemon = start(site, jobs, reader) if jobs else None
    time.sleep(SETTLE)
    before = server_cpu(site)
    load(site, site.name("busy"), INSERTS)
    time.sleep(SETTLE)
    used = server_cpu(site) - before
    cpu, peak = daemon.stop() if daemon else (0, 0)
    return {"server": used, "cpu": cpu, "rss": peak / 1024}


def run(site, report, rounds):
    kinds = {
        "no job": (0, ""),
        "1 job, oplog": (1, "oplog"),
        f"{JOBS} jobs, oplog": (JOBS, "oplog"),
        "1 job, change stream": (1, "change_stream"),
        f"{JOBS} jobs, change streams": (JOBS, "change_stream"),
    }
    runs = {name: [] for name in kinds}
    once(site, 0, "")  # the first is not like the others
    for _ in range(rounds):
        for name, (jobs, reader) in kinds.items():
            runs[name].append(once(site, jobs, reader))

    def of(name, key):
        return median([run[key] for run in runs[name]])

    report.section(f"Quiet collections, while another gets {INSERTS} inserts")
    report.table(
        ("", "mongod's CPU s", "the daemon's, from its start on", "peak RSS MiB"),
        [
            (name, f"{of(name, 'server'):.2f}", f"{of(name, 'cpu'):.2f}", f"{of(name, 'rss'):.0f}")
            for name in kinds
        ],
    )
    report.ratio(
        f"mongod's CPU with {JOBS} jobs on the oplog / with one",
        of(f"{JOBS} jobs, oplog", "server") / of("1 job, oplog", "server"),
        at_most=1.3,
    )
