# SPDX-License-Identifier: MIT
"""fastavro, another reader and writer of Avro, and documents to give it."""

import datetime
import decimal
import random
import sys
import uuid

import bson
from bson import Binary, Decimal128, Int64, ObjectId
from servers_lib import cache

sys.path.insert(0, str(cache.packages("avro")))

import fastavro  # noqa: E402
import fastavro.utils  # noqa: E402

_ITEM = {
    "type": "record",
    "name": "Item",
    "fields": [
        {"name": "x", "type": "int"},
        {"name": "y", "type": ["null", "Item"], "default": None},
    ],
}

SCHEMA = {
    "type": "record",
    "name": "Everything",
    "namespace": "test.shop",
    "fields": [
        {"name": "_id", "type": "string"},
        {"name": "i", "type": "int"},
        {"name": "l", "type": "long"},
        {"name": "d", "type": "double"},
        {"name": "s", "type": ["null", "string"], "default": None},
        {"name": "t", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {
            "name": "p",
            "type": {
                "type": "bytes",
                "logicalType": "decimal",
                "precision": 20,
                "scale": 2,
            },
        },
        {"name": "u", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "b", "type": "bytes"},
        {"name": "a", "type": {"type": "array", "items": _ITEM}},
        {"name": "m", "type": {"type": "map", "values": "long"}},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
        {"name": "n", "type": "int", "default": 7},
    ],
}


def _document(rnd):
    days = datetime.timedelta(milliseconds=rnd.randint(0, 10**11))
    price = decimal.Decimal(rnd.randint(-(10**18), 10**18)).scaleb(-2)
    fields = {
        "_id": ObjectId(),
        "i": rnd.randint(-(2**31), 2**31 - 1),
        "l": Int64(rnd.randint(-(2**63), 2**63 - 1)),
        "d": rnd.random(),
        "s": rnd.choice([None, "x" * rnd.randint(0, 200), "\u00e4\u20ac\U0001f600"]),
        "t": datetime.datetime(2020, 1, 1) + days,
        "p": Decimal128(price),
        "u": Binary.from_uuid(uuid.UUID(int=rnd.getrandbits(128))),
        "b": rnd.randbytes(rnd.randint(0, 40)),
        "a": [
            {"x": k, "y": None if k % 2 else {"x": 1, "y": None}}
            for k in range(rnd.choice([0, 1, 3, 70]))
        ],
        "m": {f"k{k}": Int64(k) for k in range(rnd.randint(0, 5))},
        "e": rnd.choice("AB"),
    }
    # Half of them do not have their fields in the schema's order.
    names = list(fields)
    if rnd.random() < 0.5:
        rnd.shuffle(names)
    return {name: fields[name] for name in names}


def documents(count, seed):
    rnd = random.Random(seed)
    return [_document(rnd) for _ in range(count)]


def write_bson(path, docs):
    path.write_bytes(b"".join(bson.encode(doc) for doc in docs))


def as_read(document):
    """The document as fastavro reads its datum."""
    return {
        **document,
        "_id": str(document["_id"]),
        "t": document["t"].replace(tzinfo=datetime.timezone.utc),
        "p": document["p"].to_decimal(),
        "u": document["u"].as_uuid(),
        "n": 7,
    }


_PLAIN = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]


def random_schema(rnd, names, depth=0):
    """A schema of any type; names: an iterator of numbers."""
    kind = rnd.randrange(14 if depth < 4 else 8)
    number = next(names)
    if kind < 8:
        return _PLAIN[kind]
    if kind == 8:
        return {"type": "enum", "name": f"E{number}", "symbols": ["A", "B", "C"]}
    if kind == 9:
        return {"type": "fixed", "name": f"F{number}", "size": rnd.randrange(20)}
    if kind == 10:
        return {"type": "array", "items": random_schema(rnd, names, depth + 1)}
    if kind == 11:
        return {"type": "map", "values": random_schema(rnd, names, depth + 1)}
    if kind == 12:
        return rnd.sample(_PLAIN, rnd.randint(1, 5))
    return random_record(rnd, names, depth + 1)


def random_record(rnd, names, depth=0):
    number = next(names)
    fields = [
        {"name": f"f{i}", "type": random_schema(rnd, names, depth + 1)}
        for i in range(rnd.randint(0, 8))
    ]
    return {"type": "record", "name": f"R{number}", "fields": fields}


def random_data(schema, count):
    return list(fastavro.utils.generate_many(schema, count))
