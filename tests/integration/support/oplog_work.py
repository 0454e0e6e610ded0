# SPDX-License-Identifier: MIT
"""Random changes of every kind, for the readers to tell of."""

import random
import threading

import bson
from pymongo import DeleteOne, InsertOne, ReplaceOne, ReturnDocument, UpdateOne
from pymongo.errors import AutoReconnect, CollectionInvalid, OperationFailure, PyMongoError

from .oplog_values import Values

TOO_LARGE_FOR_CACHE = 388
REFUSED = (OperationFailure, CollectionInvalid, AutoReconnect)


class Mutator:
    """Random changes of every kind, from a seed, which tests print.

    `kinds` counts what was done; what the server refused counts too: both
    readers see what was written of it.
    """

    def __init__(self, mongodb, seed, names=("a", "b", "c.d"), ids=0):
        print(f"random work with MSTREAM_TEST_SEED={seed}")
        self.client, self.db = mongodb.client, mongodb.db
        self.random = random.Random(seed)
        self.values = Values(self.random, ids * 100_000)
        self.names = names
        self.kinds = {}
        # An index is ready only once all voting members are up.
        self.indexes = True
        self.alone = True
        # Commands that are for tests only.
        self.prepares = True

    def update(self):
        r, value = self.random, self.values.value
        path = self.values.name()
        if r.random() < 0.5:
            path += "." + self.values.name()
        return r.choice(
            [
                {"$set": {path: value()}},
                {"$set": {self.values.name(): value(), "pad": "p" * 300}},
                {"$unset": {path: 1}},
                {"$inc": {"n": 1}},
                {"$push": {"list": {"$each": [value()], "$slice": -5}}},
                {"$push": {"list": value()}},
                {"$pop": {"list": 1}},
                {"$set": {f"list.{r.randrange(8)}": value()}},
                {"$set": {f"list.{r.randrange(3)}.q": value(2)}},
                {"$rename": {"x": "y"}},
                {"$currentDate": {"when": True}},
                [{"$set": {"list": {"$slice": ["$list", 2]}}}],
                [{"$unset": self.values.name()}, {"$set": {"n": {"$literal": value()}}}],
                [{"$replaceWith": {"$mergeObjects": ["$$ROOT", {"m": value()}]}}],
            ]
        )

    def one_of(self, collection, session=None, whole=False):
        """A filter that finds one document, or that document."""
        # By its place among them: the server's own choice would follow no seed.
        found = list(collection.find({}, {"_id": 1}, session=session).limit(300))
        if not found:
            return None if whole else {"_id": "none"}
        which = {"_id": {"$eq": self.random.choice(found)["_id"]}}
        return collection.find_one(which, session=session) if whole else which

    # -- writes -----------------------------------------------------------

    def write(self, collection, session=None):
        kind = self.random.choice(
            4 * ["insert"]
            + 4 * ["update"]
            + ["replace", "delete", "find_and_modify", "bulk", "mutate", "mutate"]
        )
        self.count(kind)
        getattr(self, f"write_{kind}")(collection, session)

    def write_insert(self, collection, session):
        collection.insert_one(self.values.document(), session=session)

    def write_update(self, collection, session):
        collection.update_one(
            self.one_of(collection, session), self.update(), session=session
        )

    def write_replace(self, collection, session):
        replacement = self.values.document()
        del replacement["_id"]
        collection.replace_one(
            self.one_of(collection, session), replacement, session=session
        )

    def write_delete(self, collection, session):
        collection.delete_one(self.one_of(collection, session), session=session)

    def write_find_and_modify(self, collection, session):
        r = self.random
        which = self.one_of(collection, session)
        kind = r.randrange(4)
        if kind == 0:
            collection.find_one_and_delete(which, session=session)
        elif kind == 1:
            collection.find_one_and_replace(
                which, {"replaced": self.values.value()}, session=session
            )
        else:
            collection.find_one_and_update(
                which,
                {"$inc": {"n": 1}, "$set": {"found": self.values.value()}},
                upsert=kind == 3,
                return_document=r.choice(
                    [ReturnDocument.BEFORE, ReturnDocument.AFTER]
                ),
                session=session,
            )

    def write_bulk(self, collection, session):
        ids = self.values.ids
        collection.bulk_write(
            [
                InsertOne({"_id": bson.ObjectId(), "bulk": 1}),
                InsertOne({"_id": bson.ObjectId(), "bulk": 2}),
                UpdateOne({"bulk": 1}, {"$set": {"bulk": 3}}),
                ReplaceOne({"bulk": 2}, {"other": 1}),
                UpdateOne({"up": ids}, {"$set": {"v": 1}}, upsert=True),
                DeleteOne({"bulk": 3}),
            ],
            ordered=self.random.random() < 0.5,
            session=session,
        )

    def write_mutate(self, collection, session):
        """Any document into any other: the server makes the delta."""
        found = self.one_of(collection, session, whole=True)
        if found is not None:
            changed = self.values.mutated(found)
            collection.update_one(
                {"_id": {"$eq": found["_id"]}},
                [{"$replaceWith": {"$literal": changed}}],
                session=session,
            )

    # -- transactions -----------------------------------------------------

    def transaction(self):
        r = self.random
        with self.client.start_session() as session:
            session.start_transaction()
            try:
                for _ in range(r.randrange(1, 8)):
                    self.write(self.db[r.choice(self.names)], session)
                if r.random() < 0.1:
                    name = f"made{self.values.ids}"
                    self.db.create_collection(name, session=session)
                    self.db[name].create_index("x", session=session)
            except PyMongoError:
                if session.in_transaction:
                    session.abort_transaction()
                return
            end = r.random()
            if end < 0.2:
                session.abort_transaction()
            elif end < 0.4 and self.prepares:
                self.prepared(session)
            else:
                session.commit_transaction()

    def prepared(self, session):
        """Ends it in two steps, with another's write in between."""
        admin = self.client.admin
        commits = self.random.random() < 0.7
        self.count("prepared")
        prepared = admin.command("prepareTransaction", session=session)
        if self.alone:
            # Another's command may wait for this, and this one for that.
            self.db["between"].insert_one({"commits": commits})
        if commits:
            admin.command(
                "commitTransaction",
                commitTimestamp=prepared["prepareTimestamp"],
                session=session,
            )
        # Of one that was committed: only for the driver.
        session.abort_transaction()

    def large_transaction(self, size):
        """Of so many bytes, over several entries."""
        r = self.random
        self.count("large")

        def work(session):
            rest = size
            while rest > 0:
                # Three of them fit into one event: a stream that has to split
                # one makes tokens of another version from then on.
                piece = r.choice([100, 100_000, 1_000_000, 4_000_000])
                collection = self.db[r.choice(self.names)]
                if r.randrange(3) == 0:
                    self.write_delete(collection, session)
                collection.insert_one(
                    {"_id": bson.ObjectId(), "pad": "p" * piece}, session=session
                )
                rest -= piece

        in_transaction(self.client, work)

    def apply_ops(self):
        """A user's own: as one, or (with a command) each for itself."""
        r = self.random
        name = r.choice(self.names)
        ns = f"{self.db.name}.{name}"
        operations = [
            {"op": "i", "ns": ns, "o": {"_id": bson.ObjectId(), "ops": i}}
            for i in range(r.randrange(1, 4))
        ]
        if r.random() < 0.5:
            command = {"create": f"{name}.made{self.values.ids}"}
            operations.append(
                {"op": "c", "ns": f"{self.db.name}.$cmd", "o": command}
            )
        self.values.ids += 1
        self.client.admin.command("applyOps", operations)

    # -- collections ------------------------------------------------------

    def ddl(self):
        r = self.random
        name = r.choice(self.names)
        kind = r.choice(
            [
                "create_index", "drop_indexes", "drop", "rename", "validate",
                "hide_index", "images", "create", "view", "change_view", "many",
                "rename_away", "remove_many",
            ]  # fmt: skip
        )
        self.count(kind)
        getattr(self, f"ddl_{kind}")(name)

    def ddl_create_index(self, name):
        if self.indexes:
            self.db[name].create_index(self.values.name())

    def ddl_drop_indexes(self, name):
        self.db[name].drop_indexes()

    def ddl_drop(self, name):
        if self.random.random() < 0.3:
            self.db[name].drop()

    def ddl_rename(self, name):
        self.db[name].rename(self.random.choice(self.names), dropTarget=True)

    def ddl_rename_away(self, name):
        """Into another database and back."""
        if self.random.random() < 0.3:
            here = f"{self.db.name}.{name}"
            there = f"{self.db.name}_else.{name}"
            rename = self.client.admin.command
            rename("renameCollection", here, to=there)
            rename("renameCollection", there, to=here, dropTarget=True)

    def ddl_validate(self, name):
        self.db.command("collMod", name, validationLevel="moderate")

    def ddl_hide_index(self, name):
        for index in self.db[name].list_indexes():
            if index["name"] != "_id_":
                change = {"name": index["name"], "hidden": self.random.random() < 0.5}
                self.db.command("collMod", name, index=change)

    def ddl_images(self, name):
        self.db.command(
            "collMod",
            name,
            changeStreamPreAndPostImages={"enabled": self.random.random() < 0.8},
        )

    def ddl_create(self, name):
        self.db.create_collection(name)

    def ddl_view(self, name):
        self.db.command("create", "view", viewOn=name, pipeline=[])

    def ddl_change_view(self, name):
        if self.random.random() < 0.5:
            self.db.command("collMod", "view", viewOn=name, pipeline=[])
        else:
            self.db["view"].drop()

    def ddl_many(self, name):
        self.db[name].update_many({}, {"$inc": {"many": 1}})

    def ddl_remove_many(self, name):
        self.db[name].delete_many({"bulk": {"$exists": True}})

    # -- all of it --------------------------------------------------------

    def count(self, kind):
        self.kinds[kind] = self.kinds.get(kind, 0) + 1

    def step(self):
        r = self.random
        try:
            kind = r.random()
            if kind < 0.08:
                self.transaction()
            elif kind < 0.13:
                self.ddl()
            elif kind < 0.15:
                self.apply_ops()
            else:
                self.write(self.db[r.choice(self.names)])
        except REFUSED:
            self.count("refused")

    def writes(self, number):
        """Of documents alone."""
        for _ in range(number):
            try:
                self.write(self.db[self.random.choice(self.names)])
            except REFUSED:
                self.count("refused")

    def run(self, steps):
        for _ in range(steps):
            self.step()


def begin(session, work, attempts=20):
    """Leaves a transaction open in which work(session) was done; again where
    the server ends it because its cache is full."""
    for attempt in range(attempts):
        session.start_transaction()
        try:
            return work(session)
        except OperationFailure as error:
            session.abort_transaction()
            again = error.code == TOO_LARGE_FOR_CACHE or error.has_error_label(
                "TransientTransactionError"
            )
            if not again or attempt == attempts - 1:
                raise
            # Writes out what fills it.
            session.client.admin.command("fsync")


def in_transaction(client, work):
    """work(session) in a transaction, which is committed."""
    with client.start_session() as session:
        begin(session, work)
        session.commit_transaction()


def at_once(mutators, steps):
    """All of them work at the same time."""
    failed = []

    def work(mutator):
        try:
            mutator.run(steps)
        except BaseException as error:
            failed.append(error)

    for mutator in mutators:
        mutator.alone = False
    threads = [threading.Thread(target=work, args=[m]) for m in mutators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
