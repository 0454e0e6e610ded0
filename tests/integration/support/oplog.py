# SPDX-License-Identifier: MIT
"""Both readers of the MongoDB source side by side, and what each of them made
of the same changes."""

import json
from dataclasses import dataclass

import bson

from . import bson_bytes, config

SHOWN = 3000  # characters of an event in a message
READERS = ("change_stream", "oplog")
# What is compared with: the server's own way.
VARIANTS = {
    "change_stream": {"reader": "change_stream", "lookup": "server"},
    "batched": {"reader": "change_stream", "lookup": "batched"},
    "second": {"reader": "oplog"},
}


@dataclass
class Event:
    """What arrived, but for where it arrived."""

    key: bytes
    value: bytes
    headers: dict

    def __repr__(self):
        try:
            value = bson.decode(self.value) if self.value else None
        except bson.errors.InvalidBSON:
            value = self.value
        return f"{self.key} {self.headers} {value}"[:SHOWN]


class Pair:
    """Two jobs with the same options, but for their reader."""

    def __init__(self, mongodb, kafka, mstream, mstreamd, readers=READERS):
        self.mongodb, self.kafka = mongodb, kafka
        self.readers = readers
        self.mstream, self.mstreamd = mstream, mstreamd
        self.uri = mongodb.uri
        self.source = {}
        self.round = 0
        self.topics = {}
        self.since()

    def since(self):
        """Begin here: what was written until now stays out."""
        time = self.mongodb.client.admin.command("ping")["operationTime"]
        self.source["start"] = f"timestamp:{time.time},{time.inc + 1}"

    def topic(self, reader):
        name = f"{reader}{self.round}"
        if name not in self.topics:
            self.topics[name] = self.kafka.topic(
                name, max__message__bytes=80000000
            )
        return self.topics[name]

    def job(self, reader, name=None, **source):
        return config.job(
            name or f"{reader}_{self.mongodb.name}_{self.round}",
            {
                "service_name": "m",
                **VARIANTS.get(reader, {"reader": reader}),
                **self.source,
                **source,
            },
            {
                "service_name": "k",
                "resource": self.topic(reader),
                "output_encoding": source.get("encoding", "bson"),
            },
        )

    def config(self, readers=None, **source):
        if readers is None:
            readers = self.readers
        return (
            config.state()
            + config.mongodb(self.uri, self.mongodb.name)
            + config.kafka(
                self.kafka.bootstrap,
                **{"message.max.bytes": 80000000, "linger.ms": 0},
            )
            + "".join(self.job(r, **source) for r in readers)
        )

    def run(self, readers=None, **source):
        """Run both until everything that is there now has arrived."""
        path = self.mstream.folder / "once.toml"
        path.write_text(self.config(readers, **source))
        return self.mstream("run", path, "--once", "--timeout", "120", "--json")

    def events(self, reader):
        return [
            Event(record.key, record.value, record.headers)
            for record in self.kafka.consume_all(self.topic(reader))
        ]

    def assert_equal(self, at_least=1, equal=Event.__eq__):
        """Compare event by event; returns them."""
        stream, oplog = (self.events(r) for r in self.readers)
        for i, (one, other) in enumerate(zip(stream, oplog, strict=False)):
            assert equal(one, other), unequal(i, one, other)
        assert len(stream) == len(oplog)
        assert len(stream) >= at_least
        return stream

    def compare(self, at_least=1, **source):
        """Run both over the same work and compare."""
        self.round += 1
        [*jobs] = self.run(**source).json()["jobs"]
        assert jobs[0]["kinds"] == jobs[1]["kinds"]
        equal = same
        if source.get("payload") == "debezium":
            equal = same_envelope
        elif source.get("full_document") not in ("whenAvailable", "required"):
            equal = Event.__eq__
        return self.assert_equal(at_least, equal)


def unequal(i, one, other):
    """What to say of event i."""
    if (one.key, one.headers) != (other.key, other.headers):
        return f"event {i}: {one.key} {one.headers}, {other.key} {other.headers}"
    where, *values = bson_bytes.difference(one.value, other.value)
    return f"event {i}, at {where}: {repr(values)[:SHOWN]} in {one!r}"


def same(one, other):
    """Equal, but for fields that the change stream has twice.

    6.0 shows a field that an update moved to the end at its old place, too, in
    the documents that it makes of pre-images.
    """
    if one == other:
        return True
    if one.key != other.key or one.headers != other.headers:
        return False
    once = bson_bytes.once(one.value)
    return once != one.value and once == other.value


def same_envelope(one, other):
    """Equal, but for the time at which it was made; and as `same`."""
    if (one.key, one.headers) != (other.key, other.headers):
        return False
    return _envelope(one) == _envelope(other)


def _last(pairs):
    """Fields in their order, each once: the last of a name."""
    last = {name: i for i, (name, _) in enumerate(pairs)}
    return [pair for i, pair in enumerate(pairs) if last[pair[0]] == i]


def _envelope(event):
    """It holds documents as text."""
    if not event.value:
        return event.value
    envelope = bson.decode(event.value)
    del envelope["ts_ms"]
    if envelope["after"] is not None:
        envelope["after"] = json.loads(envelope["after"], object_pairs_hook=_last)
    return list(envelope.items())
