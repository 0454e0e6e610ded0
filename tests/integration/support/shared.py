# SPDX-License-Identifier: MIT
"""Many jobs of one daemon on the oplog of one set, and what a change stream
makes of the same."""

import json

from . import config
from .api import Api
from .files import lines_of
from .waiting import wait_until


class Jobs:
    """Jobs by name: options of their source. Each writes a file of its own."""

    def __init__(self, mongodb, mstream, mstreamd, **service):
        self.mongodb, self.mstream, self.mstreamd = mongodb, mstream, mstreamd
        self.service = service
        self.sources = {}

    def add(self, name, **source):
        self.sources[name] = {
            "payload": "change",
            "full_document": "off",
            "heartbeat_interval": "100ms",
            "max_await": "100ms",
            **source,
        }

    def config(self, reader="oplog", folder="oplog", more=""):
        text = (
            config.table("[state]", {"path": f"./state-{folder}"})
            + config.table("[api]", {"port": 0})
            + config.mongodb(self.mongodb.uri, self.mongodb.name, **self.service)
            + config.service("file", "disk", path=f"./{folder}")
        )
        for name, source in self.sources.items():
            source = {
                "service_name": "m", "reader": reader, "output_encoding": "json",
                **source,
            }  # fmt: skip
            text += config.job(name, source, {"service_name": "disk", "resource": f"{name}.jsonl"})
        return text + more

    def start(self, **keys):
        """A daemon with its API."""
        daemon = self.mstreamd(self.config(**keys))
        daemon.api = Api(daemon)
        # Something behind every start: the end of the oplog is known then.
        self.mongodb.db["tick"].insert_one({})
        return daemon

    def lines(self, name, folder="oplog"):
        return lines_of(self.mstream.folder / folder, f"*{name}.jsonl*")

    def sentinel(self, key):
        """A last change of every job; of whole databases in `a`."""
        for name in sorted({self._last(s) for s in self.sources.values()}, reverse=True):
            self.mongodb.db[name].insert_one({"_id": key})

    @staticmethod
    def _last(source):
        return "a" if source["resource"] == "*" else source["resource"]

    def has(self, name, key):
        place = f'"coll":"{self._last(self.sources[name])}"'
        return any(
            key in line and place in line.replace(" ", "") for line in self.lines(name)[-50:]
        )

    def wait_for(self, key, *names, deadline=60):
        """Jobs have written the sentinel."""
        left = list(names or self.sources)

        def all_there():
            left[:] = [name for name in left if not self.has(name, key)]
            return not left

        wait_until(all_there, deadline, 0.1, f"all to have {key}")

    def compare(self):
        """Change streams over the same: the same lines."""
        path = self.mstream.folder / "streams.toml"
        path.write_text(self.config(reader="change_stream", folder="stream"))
        self.mstream("run", path, "--once", "--timeout", "100")
        for name in self.sources:
            ours, streams = self.lines(name), self.lines(name, "stream")
            for i, (one, other) in enumerate(zip(streams, ours, strict=False)):
                assert json.loads(one) == json.loads(other), f"{name}, event {i}"
            assert len(ours) == len(streams), name
            assert streams


def tails(daemon):
    return {
        job["name"]: (job["metrics"]["tail"], job["metrics"]["tail_switches"])
        for job in daemon.api.get("/jobs")
    }


def wait_shared(daemon, *names, deadline=60):
    def there():
        found = tails(daemon)
        return all(found[name][0] == "shared" for name in names or found)

    wait_until(there, deadline, 0.1, "all to share one tail")


def cursors(mongodb):
    """Who has a cursor on the oplog for that database."""
    pipeline = [
        {"$currentOp": {"idleCursors": True, "allUsers": True}},
        {"$match": {"ns": "local.oplog.rs", "cursor.originatingCommand.tailable": True}},
    ]
    found = (op["cursor"]["originatingCommand"] for op in mongodb.client.admin.aggregate(pipeline))
    return sorted(
        command["comment"] for command in found
        if any(str(ns).startswith(f"{mongodb.name}.") for ns in command["filter"]["ns"]["$in"])
    )  # fmt: skip
