# SPDX-License-Identifier: MIT
"""A job from one topic to another, as tests of both ends use it."""

import json

from . import config


class Copy:
    """Copies `topic` to `target`."""

    def __init__(self, kafka, mstream, mstreamd, partitions=3):
        self.kafka, self.mstream, self.mstreamd = kafka, mstream, mstreamd
        self.topic = kafka.topic("in", partitions=partitions)
        self.target = kafka.topic("out", partitions=partitions)
        self.job = f"job_{kafka.prefix}"
        self.source = {"input_encoding": "json", "start": "earliest"}
        self.sink = {"output_encoding": "json"}
        self.more = {}  # further keys of the connector
        self.out_properties = {"bootstrap.servers": kafka.bootstrap}
        self.in_properties = {
            "bootstrap.servers": kafka.bootstrap,
            "group.id": f"group_{kafka.prefix}",
            "session.timeout.ms": 6000,
        }

    def config(self, state="state", **source):
        source = {"resource": self.topic, **self.source, **source}
        sink = {"resource": self.target, **self.sink}
        return (
            config.state(state)
            + config.table("[log]", {"level": "debug"})
            + config.service("kafka", "in", **self.in_properties)
            + config.service("kafka", "out", **self.out_properties)
            + config.job(
                self.job,
                {"service_name": "in", **source},
                {"service_name": "out", **sink},
                **self.more,
            )
        )

    def path(self, **source):
        path = self.mstream.folder / "copy.toml"
        path.write_text(self.config(**source))
        return path

    def run(self, code=0, **source):
        """Copy what is there now."""
        path = self.path(**source)
        return self.mstream("run", path, "--once", "--timeout", "60", code=code)

    def daemon(self, state="state", **source):
        return self.mstreamd(self.config(state, **source))

    def feed(self, first, last, keys=10):
        """Records numbered first to last - 1, in order per key."""
        self.kafka.produce(
            self.topic,
            [
                {"key": f"k{n % keys}", "value": json.dumps({"n": n})}
                for n in range(first, last)
            ],
        )

    def copied(self):
        """The numbers in the target, by arrival per partition."""
        records = self.kafka.consume_all(self.target)
        return [json.loads(r.value)["n"] for r in records if r.value]

    def in_order(self, keys=10):
        """Every key's numbers grow by `keys`, but for replays going back."""
        last = {}
        for record in self.kafka.consume_all(self.target):
            n = json.loads(record.value)["n"]
            before = last.get(record.key)
            if before is not None and n > before + keys:
                return False
            last[record.key] = n
        return True
