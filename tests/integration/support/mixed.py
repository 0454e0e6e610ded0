# SPDX-License-Identifier: MIT
"""Mixed operations on documents of every BSON type, and equal copies."""

import datetime
import math
import random

import bson
import pymongo
from bson.raw_bson import RawBSONDocument

# Types that the driver cannot make: a symbol, undefined, a pointer.
RAW = [
    b"\x0e" + b"x\x00" + b"\x04\x00\x00\x00abc\x00",
    b"\x06" + b"x\x00",
    b"\x0c" + b"x\x00" + b"\x04\x00\x00\x00d.c\x00" + bytes(range(12)),
]

VALUES = [
    0,
    -1,
    2**31 - 1,
    bson.Int64(3),
    2**53 + 1,
    -(2**63),
    0.1,
    -0.0,
    3.0,
    1e300,
    5e-324,
    float("inf"),
    float("nan"),
    "text é \U0001f600",
    'quotes " \\ and \x01\x7f control',
    "zero \x00 inside",
    "",
    None,
    True,
    False,
    b"bytes",
    bson.Binary(bytes(range(256)), 128),
    bson.Binary(bytes(16), 4),
    bson.Binary(b"", 5),
    datetime.datetime(2026, 1, 2, 3, 4, 5, 678000),
    bson.datetime_ms.DatetimeMS(-1),
    bson.datetime_ms.DatetimeMS(2**55),
    bson.Decimal128("1.50"),
    bson.Decimal128("-9.99E+6144"),
    bson.Decimal128("NaN"),
    bson.ObjectId("65f0a1b2c3d4e5f601234567"),
    bson.Timestamp(5, 6),
    bson.Timestamp(2**32 - 1, 2**32 - 1),
    bson.Regex("^a/\"", "im"),
    bson.Code("f()"),
    bson.Code("f(a)", {"a": 1}),
    bson.MinKey(),
    bson.MaxKey(),
    {"nested": {"deep": [1, {"x": 2}], "": "empty name"}},
    {"$odd": 1, "a.b": 2},
    [],
    {},
    [1, "two", 3.0, [None], {"é": [{}]}],
    *(
        RawBSONDocument((len(e) + 5).to_bytes(4, "little") + e + b"\x00")
        for e in RAW
    ),
]

IDS = [
    lambda n: n,
    lambda n: f"k{n}",
    lambda n: str(n - 2),  # as text the same as an integer of another document
    lambda n: bson.ObjectId(f"{n:024x}"),
    lambda n: bson.Int64(2**40 + n),
    lambda n: {"a": n, "b": "x"},
    lambda n: n + 0.5,
    lambda n: datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=n),
    lambda n: bson.Binary(n.to_bytes(16, "big"), 4),
]


class Mixed:
    """Inserts, updates, replaces, deletes and inserts again, seeded."""

    def __init__(self, collection, documents=1000, seed=1):
        options = bson.CodecOptions(
            uuid_representation=bson.binary.UuidRepresentation.UNSPECIFIED
        )
        # Does not wait for the journal after each command.
        self.collection = collection.with_options(
            codec_options=options, write_concern=pymongo.WriteConcern(w=1)
        )
        self.ids = [IDS[n % len(IDS)](n) for n in range(documents)]
        self.there = set()
        self.done = 0
        self._random = random.Random(seed)

    def write(self, count):
        """Carry out `count` operations, in order per document."""
        while count > 0:
            n = min(count, len(self.ids) // 4)
            chosen = self._random.sample(range(len(self.ids)), n)
            batch = [self._operation(which) for which in chosen]
            # Each is of another document: those of a kind go as one command.
            batch.sort(key=lambda operation: type(operation).__name__)
            self.collection.bulk_write(batch)
            count -= n

    def _operation(self, which):
        self.done += 1
        pick = self._random
        key = {"_id": self.ids[which]}
        if which not in self.there:
            self.there.add(which)
            return pymongo.InsertOne({**key, **self._fields()})
        kind = pick.randrange(10)
        if kind < 2:
            self.there.discard(which)
            return pymongo.DeleteOne(key)
        if kind < 5:
            return pymongo.ReplaceOne(key, self._fields())
        if kind < 6:
            gone = {"$unset": {f"f{pick.randrange(5)}": ""}}
            return pymongo.UpdateOne(key, {**gone, "$set": {"n": self.done}})
        if kind < 7:
            push = {"$each": [pick.choice(VALUES), self.done], "$slice": -7}
            return pymongo.UpdateOne(key, {"$push": {"list": push}})
        change = {f"f{pick.randrange(5)}": pick.choice(VALUES), "n": self.done}
        return pymongo.UpdateOne(key, {"$set": change})

    def _fields(self):
        pick = self._random
        chosen = pick.sample(range(5), pick.randrange(5))
        fields = {f"f{n}": pick.choice(VALUES) for n in chosen}
        return {"n": self.done, **fields, "list": [self.done]}


def raw_documents(collection):
    """The documents byte for byte, in the order of `_id`."""
    options = bson.CodecOptions(document_class=RawBSONDocument)
    found = collection.with_options(codec_options=options).find()
    return [d.raw for d in found.sort("_id")]


def values(collection):
    """The documents as values: 3 is 3, be it of 32 or of 64 bit."""
    options = bson.CodecOptions(
        document_class=RawBSONDocument,
        datetime_conversion=bson.codec_options.DatetimeConversion.DATETIME_MS,
    )
    found = collection.with_options(codec_options=options).find()
    return [_value(d) for d in found.sort("_id")]


def _value(value):
    if isinstance(value, (dict, RawBSONDocument)):
        return [(name, _value(inner)) for name, inner in value.items()]
    if isinstance(value, list):
        return [_value(inner) for inner in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return (type(value).__name__, repr(value))
    if isinstance(value, float):
        return "nan" if math.isnan(value) else ("double", repr(value))
    return int(value)


def difference(one, other):
    """The first document that only one of two contents has, for people."""
    mine = [d for d in one if d not in other]
    yours = [d for d in other if d not in one]
    return f"{len(mine)} missing, {len(yours)} extra: {mine[:1]} {yours[:1]}"
