# SPDX-License-Identifier: MIT
"""Both readers of the MongoDB source side by side: random work for them, and
what each of them made of it."""

import random
import uuid
from dataclasses import dataclass

import bson
from bson.raw_bson import RawBSONDocument
from pymongo import DeleteOne, InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import AutoReconnect, CollectionInvalid, OperationFailure, PyMongoError

from . import config

READERS = ("change_stream", "oplog")
# What is compared with: the server's own way.
VARIANTS = {
    "change_stream": {"reader": "change_stream", "lookup": "server"},
    "batched": {"reader": "change_stream", "lookup": "batched"},
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
        return f"{self.key} {self.headers} {value}"


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

    def assert_equal(self, at_least=1, ignore=lambda event: event):
        """Compare event by event; returns them."""
        stream, oplog = (
            [ignore(event) for event in self.events(r)] for r in self.readers
        )
        for i, (one, other) in enumerate(zip(stream, oplog, strict=False)):
            assert one == other, f"event {i}: stream {one!r}, oplog {other!r}"
        assert len(stream) == len(oplog)
        assert len(stream) >= at_least
        return stream

    def compare(self, at_least=1, **source):
        """Run both over the same work and compare."""
        self.round += 1
        [*jobs] = self.run(**source).json()["jobs"]
        assert jobs[0]["kinds"] == jobs[1]["kinds"]
        return self.assert_equal(at_least)


# --- random work ----------------------------------------------------------


class Mutator:
    """Random changes of every kind, from a seed."""

    def __init__(self, mongodb, seed, names=("a", "b", "c.d")):
        self.client, self.db = mongodb.client, mongodb.db
        self.random = random.Random(seed)
        self.names = names
        self.ids = 0
        # An index is ready only once all voting members are up.
        self.indexes = True

    def value(self, depth=0):
        r = self.random
        kinds = 14 if depth < 3 else 11
        kind = r.randrange(kinds)
        if kind == 0:
            return r.randrange(-100, 100)
        if kind == 1:
            return bson.Int64(r.randrange(-(2**40), 2**40))
        if kind == 2:
            return r.choice([0.5, -1.25, 3.0, float("inf"), -0.0])
        if kind == 3:
            return "".join(r.choice("abcäé.$0") for _ in range(r.randrange(12)))
        if kind == 4:
            return bson.ObjectId(bytes(r.randrange(256) for _ in range(12)))
        if kind == 5:
            return r.choice([True, False, None])
        if kind == 6:
            return bson.Decimal128(r.choice(["1.5", "-0", "NaN", "12E+20"]))
        if kind == 7:
            return bson.Timestamp(r.randrange(2**31), r.randrange(100))
        if kind == 8:
            return bson.Binary(bytes(r.randrange(40)), r.choice([0, 5, 128]))
        if kind == 9:
            return r.choice([bson.MinKey(), bson.MaxKey(), bson.Regex("a.b", "i")])
        if kind == 10:
            return bson.Code("f()", {"x": 1} if r.random() < 0.5 else None)
        if kind == 11:
            return [self.value(depth + 1) for _ in range(r.randrange(6))]
        return {
            self.name(): self.value(depth + 1) for _ in range(r.randrange(5))
        }

    def name(self):
        return self.random.choice(["x", "y", "z", "w", "0", "1", "d", "sub", "ü"])

    def id(self):
        r = self.random
        self.ids += 1
        n = self.ids
        return r.choice(
            [
                n,
                bson.Int64(n * 1000003),
                float(n),
                -n - 300,
                f"id{n}",
                "",
                {"a": n, "b": [1, "x"]},
                bson.ObjectId(n.to_bytes(12, "big")),
                uuid.UUID(int=n).bytes,
                bson.Binary(bytes(n % 300), 0),
                bson.Timestamp(n, 1),
                None,
                n % 2 == 0,
                bson.SON([("z", n), ("a", {"n": None, "d": 2.0})]),
            ]
        )

    def update(self):
        r = self.random
        path = self.name()
        if r.random() < 0.5:
            path += "." + self.name()
        return r.choice(
            [
                {"$set": {path: self.value()}},
                {"$set": {self.name(): self.value(), "pad": "p" * 300}},
                {"$unset": {path: 1}},
                {"$inc": {"n": 1}},
                {"$push": {"list": {"$each": [self.value()], "$slice": -5}}},
                {"$push": {"list": self.value()}},
                {"$pop": {"list": 1}},
                {"$set": {f"list.{r.randrange(8)}": self.value()}},
                {"$set": {f"list.{r.randrange(3)}.q": self.value(2)}},
                {"$rename": {"x": "y"}},
                {"$currentDate": {"when": True}},
                [{"$set": {"list": {"$slice": ["$list", 2]}}}],
                [{"$unset": self.name()}, {"$set": {"n": {"$literal": self.value()}}}],
                [{"$replaceWith": {"$mergeObjects": ["$$ROOT", {"m": self.value()}]}}],
            ]
        )

    def document(self):
        document = {"_id": self.id(), "n": 0, "pad": "p" * 200}
        for _ in range(self.random.randrange(5)):
            document[self.name()] = self.value()
        document["list"] = [self.value(1) for _ in range(self.random.randrange(6))]
        return document

    def one_of(self, collection, session=None):
        found = list(
            collection.aggregate([{"$sample": {"size": 1}}, {"$project": {"_id": 1}}])
            if session is None
            else collection.find({}, {"_id": 1}, session=session).limit(1)
        )
        return {"_id": {"$eq": found[0]["_id"]}} if found else {"_id": "none"}

    def write(self, collection, session=None):
        r = self.random
        kind = r.randrange(12)
        if kind < 4:
            collection.insert_one(self.document(), session=session)
        elif kind < 8:
            collection.update_one(
                self.one_of(collection, session), self.update(), session=session
            )
        elif kind == 8:
            replacement = self.document()
            del replacement["_id"]
            collection.replace_one(
                self.one_of(collection, session), replacement, session=session
            )
        elif kind == 9:
            collection.delete_one(self.one_of(collection, session), session=session)
        elif kind == 10:
            collection.find_one_and_update(
                self.one_of(collection, session), {"$inc": {"n": 1}}, session=session
            )
        else:
            collection.bulk_write(
                [
                    InsertOne({"_id": bson.ObjectId(), "bulk": 1}),
                    InsertOne({"_id": bson.ObjectId(), "bulk": 2}),
                    UpdateOne({"bulk": 1}, {"$set": {"bulk": 3}}),
                    ReplaceOne({"bulk": 2}, {"other": 1}),
                    UpdateOne({"up": self.ids}, {"$set": {"v": 1}}, upsert=True),
                    DeleteOne({"bulk": 3}),
                ],
                ordered=r.random() < 0.5,
                session=session,
            )

    def transaction(self):
        r = self.random
        with self.client.start_session() as session:
            session.start_transaction()
            try:
                for _ in range(r.randrange(1, 8)):
                    self.write(self.db[r.choice(self.names)], session)
            except PyMongoError:
                if session.in_transaction:
                    session.abort_transaction()
                return
            if r.random() < 0.2:
                session.abort_transaction()
            else:
                session.commit_transaction()

    def ddl(self):
        r = self.random
        name = r.choice(self.names)
        kind = r.randrange(7)
        if kind == 0 and self.indexes:
            self.db[name].create_index(self.name())
        elif kind == 1:
            self.db[name].drop_indexes()
        elif kind == 2 and r.random() < 0.3:
            self.db[name].drop()
        elif kind == 3:
            self.db[name].rename(r.choice(self.names), dropTarget=True)
        elif kind == 4:
            self.db.command("collMod", name, validationLevel="moderate")
        elif kind == 5:
            self.db.create_collection(name)
        else:
            self.db[name].update_many({}, {"$inc": {"many": 1}})

    def step(self):
        r = self.random
        try:
            kind = r.random()
            if kind < 0.08:
                self.transaction()
            elif kind < 0.12:
                self.ddl()
            else:
                self.write(self.db[r.choice(self.names)])
        except (OperationFailure, CollectionInvalid, AutoReconnect):
            pass  # refused: both readers see what was written of it

    def run(self, steps):
        for _ in range(steps):
            self.step()


def raw(collection):
    """The collection's documents as they are stored."""
    return [
        document.raw
        for document in collection.with_options(
            codec_options=bson.CodecOptions(document_class=RawBSONDocument)
        ).find()
    ]
