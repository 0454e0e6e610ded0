# SPDX-License-Identifier: MIT
"""Orders in Avro by a registry: schemas, documents, services and jobs."""

import io
import json

from support import config
from support.avro import fastavro
from support.waiting import wait_until

V1 = {
    "type": "record",
    "name": "Order",
    "namespace": "test.shop",
    "fields": [
        {"name": "_id", "type": "string"},
        {"name": "amount", "type": "int"},
        {"name": "note", "type": ["null", "string"], "default": None},
    ],
}
V2 = {
    **V1,
    "fields": V1["fields"]
    + [{"name": "city", "type": "string", "default": "nowhere"}],
}
# What a step wants, whoever wrote: a promoted number, a new name.
WANTED = {
    **V1,
    "fields": [
        {"name": "_id", "type": "string"},
        {"name": "amount", "type": "long"},
        {"name": "place", "aliases": ["city"], "type": "string", "default": "?"},
    ],
}


def orders(first, count, **more):
    return [
        {"_id": f"order-{i}", "amount": i, "note": None if i % 3 else "x", **more}
        for i in range(first, first + count)
    ]


def encode(document, schema, number):
    """A record's value in a Confluent frame."""
    out = io.BytesIO()
    out.write(b"\0" + number.to_bytes(4, "big"))
    fastavro.schemaless_writer(out, schema, document)
    return out.getvalue()


def decode(datum, schema):
    return fastavro.schemaless_reader(io.BytesIO(datum), schema)


class Jobs:
    """The text of jobs between a topic and collections of this test."""

    def __init__(self, mongodb, kafka, folder):
        self.mongodb, self.kafka = mongodb, kafka
        self.schemas = folder / "schemas"
        self.schemas.mkdir()
        self.keep("order.avsc", V1)
        self.keep("wanted.avsc", WANTED)

    def keep(self, name, schema):
        """Put a schema into the folder of schemas; returns its entry."""
        (self.schemas / name).write_text(json.dumps(schema))
        return entry(name)

    def services(self, url, **keys):
        return (
            config.state()
            + config.mongodb(self.mongodb.uri, self.mongodb.name)
            + config.kafka(
                self.kafka.bootstrap, **{"group.id": f"group-{self.mongodb.name}"}
            )
            + config.service("schema_files", "files", path=str(self.schemas))
            + config.service("schema_registry", "registry", url=url, **keys)
        )

    def job(self, source, sink, name="job", **more):
        return config.job(
            f"{name}_{self.mongodb.name}",
            source,
            sink,
            retry={"base": "50ms", "max": "200ms"},
            **more,
        )

    def from_kafka(self, topic, schemas=(), sink=None, **source):
        return self.job(
            {
                "service_name": "k",
                "resource": topic,
                "input_encoding": "avro",
                "start": "earliest",
                "schema_registry": "registry",
                **source,
            },
            {"service_name": "m", "resource": "copy", **(sink or {})},
            "in",
            schemas=list(schemas),
        )

    def to_kafka(self, topic, schemas, **sink):
        time = self.mongodb.client.admin.command("ping")["operationTime"]
        return self.job(
            {
                "service_name": "m",
                "resource": "docs",
                "start": f"timestamp:{time.time},{time.inc + 1}",
            },
            {
                "service_name": "k",
                "resource": topic,
                "output_encoding": "avro",
                "schema_registry": "registry",
                **sink,
            },
            "out",
            schemas=schemas,
        )

    def copied(self, count, seconds=60):
        """Wait for the documents; returns them in their order."""
        copy = self.mongodb.db.copy
        wait_until(
            lambda: copy.count_documents({}) == count, seconds, what="all documents"
        )
        return sorted(copy.find(), key=lambda d: d["amount"])


def entry(name, service="files", **more):
    """An entry of `schemas`, by the name of its file."""
    return {
        "id": name.partition(".")[0],
        "service_name": service,
        "resource": name,
        **more,
    }
