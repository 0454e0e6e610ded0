# SPDX-License-Identifier: MIT
"""Daemons on several machines that share the jobs of one MongoDB state."""

import datetime
import json
import re
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import pymongo

from . import config
from .api import Api
from .crash import Verdict, Writer
from .waiting import wait_until

CHECKPOINTS = {"checkpoints": {"service_name": "s", "resource": "positions"}}
STORED = {"job_lifecycle": {"service_name": "s", "resource": "jobs"}}


def other_machine(folder):
    """The library that makes a program think it runs elsewhere."""
    made = folder / "other_machine.so"
    if not made.exists():
        source = Path(__file__).with_name("other_machine.c")
        subprocess.run(
            ["cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", made, source, "-ldl"],
            check=True,
        )
    return made


class Saves:
    """Every checkpoint that is saved, in the order of saving."""

    def __init__(self, positions):
        self.seen = {}  # job -> [(fence, events, position)]
        self._stop = threading.Event()
        self._positions = positions
        self._stream = self._watch()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _watch(self, after=None):
        return self._positions.watch(max_await_time_ms=50, resume_after=after)

    def _run(self):
        while not self._stop.is_set():
            try:
                if not self._stream.alive:
                    self._stream = self._watch(self._stream.resume_token)
                event = self._stream.try_next()
            except pymongo.errors.PyMongoError:
                # Primaries come and go.
                self._stop.wait(0.05)
                continue
            if event is not None:
                self._look(event)

    def _look(self, event):
        changed = event.get("updateDescription", {}).get("updatedFields", {})
        if event["operationType"] in ("insert", "replace"):
            changed = event["fullDocument"]
        newest = None
        for field, what in changed.items():
            if field == "checkpoints" and what:
                newest = what[-1]
            elif field.startswith("checkpoints."):
                newest = what
        if newest is not None:
            self.seen.setdefault(event["documentKey"]["_id"], []).append(newest)

    def check(self):
        """Fences only grow, and within one of them what was confirmed does."""
        assert self.seen
        for job, saves in self.seen.items():
            marks = [(save["fence"], save["events"]) for save in saves]
            assert marks == sorted(marks), f"{job}: an old holder saved: {marks}"
            places = [(s["fence"], s["events"], str(s["position"])) for s in saves]
            twice = [place for place, n in Counter(places).items() if n > 1]
            assert not twice, f"{job}: saved twice: {twice[:3]}"

    def close(self):
        self._stop.set()
        self._thread.join(10)
        self._stream.close()


class Cluster:
    """`jobs` jobs, each from a collection of its own to a topic of its own."""

    def __init__(self, mongodb, kafka, mstreamd, jobs, per_second=100):
        self.mongodb, self.kafka, self.mstreamd = mongodb, kafka, mstreamd
        self.names = [f"job{n}_{kafka.prefix}" for n in range(jobs)]
        self.topics = {name: kafka.topic(name) for name in self.names}
        self.positions = mongodb.db["positions"]
        now = mongodb.client.admin.command("ping")["operationTime"]
        self.since = f"timestamp:{now.time},{now.inc}"
        self.writers = {
            name: Writer(
                mongodb.db[name], keys=20, seed=n, per_second=per_second
            )
            for n, name in enumerate(self.names)
        }
        self.saves = Saves(self.positions)
        self.library = other_machine(mstreamd.folder)
        self.daemons = {}
        self.stored = False  # the jobs are made over the API
        self.state_uri = None  # where it is another one than the documents'

    def connector(self, name):
        common = {"output_encoding": "json"}
        source = {"service_name": "m", "resource": name, "start": self.since}
        sink = {"service_name": "k", "resource": self.topics[name]}
        return {"source": {**source, **common}, "sinks": [{**sink, **common}]}

    def text(self, state):
        jobs, shared = "", CHECKPOINTS
        if self.stored:
            shared = {**CHECKPOINTS, **STORED}
        else:
            for name in self.names:
                connector = self.connector(name)
                jobs += config.job(
                    name, connector["source"], *connector["sinks"]
                )
        return (
            config.table("[system]", shared)
            + config.state(state)
            + config.mongodb(self.mongodb.uri, self.mongodb.name)
            + config.mongodb(
                self.state_uri or self.mongodb.uri, self.mongodb.name, name="s"
            )
            + config.kafka(self.kafka.bootstrap)
            + jobs
        )

    def start(self, machine, skew=0, lease=None):
        """A daemon on a machine of that name, whose clock is off by `skew`
        seconds."""
        env = {
            "LD_PRELOAD": str(self.library),
            "OTHER_HOST": machine,
            "OTHER_SKEW": str(skew),
        }
        if lease:
            env["MSTREAM_STATE_LEASE"] = lease
        daemon = self.mstreamd(self.text(machine), env=env)
        self.daemons[machine] = daemon
        said = re.search(r"^(\S+T\S+)Z ", daemon.stderr(), re.M)[1]
        at = datetime.datetime.fromisoformat(f"{said}+00:00")
        off = at.timestamp() - time.time()
        assert abs(off - skew) < 600, f"its clock is off by {off} s"
        return daemon

    def leases(self):
        return {one["_id"]: one for one in self.positions.find()}

    def holders(self):
        """How many jobs each machine has."""
        leases = self.leases().values()
        machines = (one.get("holder", "").split(" ")[0] for one in leases)
        return Counter(machine for machine in machines if machine)

    def wait_spread(self, deadline=60, **expected):
        wait_until(
            lambda: dict(self.holders()) == expected,
            deadline,
            0.1,
            what=f"{expected}, there is {self.holders()}",
        )

    def write(self):
        for writer in self.writers.values():
            writer.start()

    def arrivals(self, name):
        for record in self.kafka.consume_all(self.topics[name]):
            doc = json.loads(record.value)
            yield doc["_id"], doc["v"]

    def wait_more(self, more=100, deadline=60):
        """Until each topic has got that many more records."""
        before = {name: self.kafka.count(t) for name, t in self.topics.items()}
        for name, topic in self.topics.items():
            wait_until(
                lambda: self.kafka.count(topic) >= before[name] + more,  # noqa: B023
                deadline,
                0.1,
                what=f"{more} more records of {name}",
            )

    def finish(self, strays=False):
        """All arrived, in order per key; returns the verdicts by job."""
        for writer in self.writers.values():
            writer.stop()
            # What a sleeping producer held is sent on waking, behind newer
            # ones: every key is written once more.
            for key in range(writer.keys):
                writer.write_next(key)
        verdicts = {}
        for name, writer in self.writers.items():
            wait_until(
                lambda: dict(Verdict(self.arrivals(name)).newest)  # noqa: B023
                == dict(writer.versions),  # noqa: B023
                60,
                0.2,
                what=f"the last versions of {name}",
            )
            verdicts[name] = Verdict(self.arrivals(name))
            verdicts[name].check(writer.versions, strays)
        self.saves.check()
        return verdicts

    def api(self, machine):
        return Api(self.daemons[machine])

    def close(self):
        self.saves.close()
