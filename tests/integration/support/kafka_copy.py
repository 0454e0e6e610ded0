# SPDX-License-Identifier: MIT
"""A job from one topic to another, as tests of both ends use it."""

import json

CONFIG = """
[state]
path = "./{state}"
[log]
level = "debug"

[[services]]
provider = "kafka"
name = "in"
{in_properties}

[[services]]
provider = "kafka"
name = "out"
{out_properties}

[[connectors]]
name = "{job}"
source = {{ service_name = "in", {source} }}
sinks = [ {{ service_name = "out", {sink} }} ]
checkpoint = {{ enabled = true, interval = "50ms" }}
"""


def toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + inline(value) + " }"
    return json.dumps(value)


def inline(keys):
    return ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in keys.items())


def lines(keys):
    return "\n".join(f"{json.dumps(k)} = {toml(v)}" for k, v in keys.items())


class Copy:
    """Copies `topic` to `target`."""

    def __init__(self, kafka, mstream, mstreamd, partitions=3):
        self.kafka, self.mstream, self.mstreamd = kafka, mstream, mstreamd
        self.topic = kafka.topic("in", partitions=partitions)
        self.target = kafka.topic("out", partitions=partitions)
        self.job = f"job_{kafka.prefix}"
        self.source = {"input_encoding": "json", "start": "earliest"}
        self.sink = {"output_encoding": "json"}
        self.out_properties = {"bootstrap.servers": kafka.bootstrap}
        self.in_properties = {
            "bootstrap.servers": kafka.bootstrap,
            "group.id": f"group_{kafka.prefix}",
            "session.timeout.ms": 6000,
        }

    def config(self, state="state", **source):
        source = {"resource": self.topic, **self.source, **source}
        sink = {"resource": self.target, **self.sink}
        return CONFIG.format(
            state=state,
            in_properties=lines(self.in_properties),
            out_properties=lines(self.out_properties),
            job=self.job,
            source=inline(source),
            sink=inline(sink),
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
