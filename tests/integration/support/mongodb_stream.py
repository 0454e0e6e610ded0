# SPDX-License-Identifier: MIT
"""A job from a MongoDB collection to a Kafka topic, as tests use it."""

import sqlite3

from bson import json_util

from . import config
from .waiting import wait_until


class Stream:
    """One job from a collection to a topic, and what arrived."""

    def __init__(self, mongodb, kafka, mstream, mstreamd):
        self.mongodb, self.kafka = mongodb, kafka
        self.mstream, self.mstreamd = mstream, mstreamd
        self.job = f"job_{mongodb.name}"
        self.topic = kafka.topic("out", max__message__bytes=40000000)
        self.uri = mongodb.uri
        self.source = {"resource": "users"}
        self.since()

    def since(self):
        """Make jobs without a checkpoint begin here."""
        time = self.mongodb.client.admin.command("ping")["operationTime"]
        # The next tick: what was written until now stays out.
        self.source["start"] = f"timestamp:{time.time},{time.inc + 1}"
        return time

    def config(self, **source):
        return (
            config.state()
            + config.mongodb(self.uri, self.mongodb.name)
            + config.kafka(
                self.kafka.bootstrap,
                **{"message.max.bytes": 40000000, "linger.ms": 0},
            )
            + config.job(
                self.job,
                {"service_name": "m", **self.source, **source},
                {
                    "service_name": "k",
                    "resource": self.topic,
                    "output_encoding": "json",
                },
            )
        )

    def run(self, *arguments, code=0, **source):
        """Run until everything that is there now has arrived."""
        path = self.mstream.folder / "once.toml"
        path.write_text(self.config(**source))
        return self.mstream(
            "run", path, "--once", "--timeout", "60", *arguments, code=code
        )

    def daemon(self, **source):
        return self.mstreamd(self.config(**source))

    def records(self):
        return self.kafka.consume_all(self.topic)

    def documents(self):
        return [json_util.loads(r.value) for r in self.records()]

    def wait_for(self, count, deadline=30):
        wait_until(
            lambda: self.kafka.count(self.topic) >= count,
            deadline,
            what=f"{count} records",
        )
        return self.documents()

    def wait_open(self, collection="users"):
        """Wait until the job's change stream is open (start = now)."""
        app = f"mstream {self.job}"

        def open_cursors():
            found = self.mongodb.client.admin.aggregate(
                [
                    {"$currentOp": {"idleCursors": True, "localOps": True}},
                    {"$match": {"appName": app, "cursor": {"$exists": 1}}},
                ]
            )
            return list(found)

        wait_until(open_cursors, what="an open change stream")

    def fail(self, mode="alwaysOn", commands=("getMore",), **data):
        """Make commands of this job fail; returns what ends it."""
        return self.mongodb.fail_point(
            "failCommand",
            mode,
            failCommands=list(commands),
            appName=f"mstream {self.job}",
            **data,
        )

    def checkpoints(self):
        """The saved positions of the job, oldest first."""
        path = self.mstream.folder / "state" / "state.db"
        if not path.exists():
            return []
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            rows = db.execute("SELECT * FROM checkpoints ORDER BY 2").fetchall()
        return [str(row) for row in rows]
