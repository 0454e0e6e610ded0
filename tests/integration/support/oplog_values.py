# SPDX-License-Identifier: MIT
"""Random values, keys and documents, and random changes of them."""

import uuid

import bson

NAMES = ["x", "y", "z", "w", "0", "1", "d", "sub", "ü"]
# Only by whole values: an update's paths can not name them.
ODD_NAMES = [*NAMES, "a.b", "x.0", "", "$a"]


class Values:
    """Made by a random.Random; keys are new ones behind that number."""

    def __init__(self, random, ids=0):
        self.random = random
        self.ids = ids

    def value(self, depth=0):
        r = self.random
        kind = r.randrange(14 if depth < 3 else 11)
        if kind == 11:
            return [self.value(depth + 1) for _ in range(r.randrange(6))]
        if kind > 11:
            return {self.name(): self.value(depth + 1) for _ in range(r.randrange(5))}
        return self.scalar(kind)

    def scalar(self, kind):
        r = self.random
        makers = [
            lambda: r.randrange(-100, 100),
            lambda: bson.Int64(r.randrange(-(2**40), 2**40)),
            lambda: r.choice([0.5, -1.25, 3.0, float("inf"), -0.0]),
            lambda: "".join(r.choice("abcäé.$0") for _ in range(r.randrange(12))),
            lambda: bson.ObjectId(bytes(r.randrange(256) for _ in range(12))),
            lambda: r.choice([True, False, None]),
            lambda: bson.Decimal128(r.choice(["1.5", "-0", "NaN", "12E+20"])),
            lambda: bson.Timestamp(r.randrange(2**31), r.randrange(100)),
            lambda: bson.Binary(bytes(r.randrange(40)), r.choice([0, 5, 128])),
            lambda: r.choice([bson.MinKey(), bson.MaxKey(), bson.Regex("a.b", "i")]),
            lambda: bson.Code("f()", {"x": 1} if r.random() < 0.5 else None),
        ]
        return makers[kind]()

    def name(self):
        return self.random.choice(NAMES)

    def id(self):
        """A new key; but for a few that come again and again."""
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

    def document(self):
        document = {"_id": self.id(), "n": 0, "pad": "p" * 200}
        for _ in range(self.random.randrange(5)):
            document[self.name()] = self.value()
        document["list"] = [self.value(1) for _ in range(self.random.randrange(6))]
        return document

    # -- changes ----------------------------------------------------------

    def mutated(self, document):
        """The document with some changes anywhere in it, but in its _id."""
        rest = {k: v for k, v in document.items() if k != "_id"}
        for _ in range(self.random.randrange(1, 4)):
            rest = self._mutated_fields(rest)
        return {"_id": document["_id"], **rest}

    def _mutated(self, value, depth):
        if isinstance(value, dict) and depth < 6:
            return self._mutated_fields(value, depth + 1)
        if isinstance(value, list) and depth < 6:
            return self._mutated_items(value, depth + 1)
        return self.value(2)

    def _mutated_fields(self, fields, depth=0):
        r = self.random
        fields = dict(fields)
        kind = r.randrange(6)
        name = r.choice(list(fields)) if fields else ""
        if not fields or kind == 0:
            fields[r.choice(ODD_NAMES if depth else NAMES)] = self.value(1)
        elif kind == 1:
            del fields[name]
        elif kind == 2:
            fields[name] = fields.pop(name)
        else:
            fields[name] = self._mutated(fields[name], depth)
        return fields

    def _mutated_items(self, items, depth):
        r = self.random
        items = list(items)
        kind = r.randrange(6)
        at = r.randrange(len(items)) if items else 0
        if not items or kind == 0:
            items.append(self.value(2))
        elif kind == 1:
            items = items[:at]
        elif kind == 2:
            items.insert(at, self.value(2))
        else:
            items[at] = self._mutated(items[at], depth)
        return items
