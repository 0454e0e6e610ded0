# SPDX-License-Identifier: MIT
"""The public suite of JSON Schema, and random schemas to judge beside others."""

import json
import sys

from servers_lib import cache

sys.path.insert(0, str(cache.packages("json-schema")))

import jsonschema  # noqa: E402

__all__ = ["jsonschema", "groups", "random_schema", "random_document", "refused", "remote"]

DRAFT_7 = "http://json-schema.org/draft-07/schema#"


def groups(draft, folder="."):
    """Yield (file, group) of the suite."""
    for path in sorted((cache.json_schema_suite() / draft / folder).glob("*.json")):
        for group in json.loads(path.read_text()):
            schema = group["schema"]
            if draft == "draft7" and isinstance(schema, dict):
                group["schema"] = {"$schema": DRAFT_7, **schema}
            yield path.name, group


def remote(url):
    """The schema that the suite would serve there, with its address."""
    path = cache.json_schema_suite().parent / "remotes" / url.split("1234/", 1)[1]
    return {**json.loads(path.read_text()), "$id": url}


def refused(mstream, folder, schema, documents, *flags):
    """Judge by `mstream convert`: None and the error where the schema is none,
    else the set of the documents that are refused, counted from 0, and why."""
    path = folder / "schema.json"
    path.write_text(json.dumps(schema))
    lines = "".join(json.dumps(doc) + "\n" for doc in documents)
    done = mstream(
        "convert", "--from=json", "--to=json", "--schema", path,
        "--schema-encoding=json", "--on-error=skip", "--no-extended", *flags,
        code=None, input=lines,
    )  # fmt: skip
    if done.code == 2:
        return None, done.err
    assert done.code in (0, 3), done
    found = set()
    for line in done.err.splitlines():
        if line.startswith("error: document "):
            found.add(int(line.split()[2].rstrip(",")) - 1)
    kept = [line for i, line in enumerate(lines.splitlines()) if i not in found]
    assert done.out.splitlines() == kept
    return found, done.err


_NAMES = ["a", "b", "c", "ab"]
_TYPES = ["null", "boolean", "object", "array", "number", "string", "integer"]
_NUMBERS = [0, 1, -1, 2, 3.5, 0.5, 10, 7, 1e3]
_TEXTS = ["", "a", "ab", "abc", "\u00e4", "\U0001f4a9x", "12"]


def _scalar(rng):
    return rng.choice([None, True, False, *_NUMBERS, *_TEXTS])


def random_document(rng, depth=3):
    """Return any JSON value; an object where depth is 3."""
    kind = rng.random()
    if depth == 3 or (depth > 0 and kind < 0.35):
        names = rng.sample(_NAMES, rng.randint(0, len(_NAMES)))
        return {name: random_document(rng, depth - 1) for name in names}
    if depth > 0 and kind < 0.6:
        return [random_document(rng, depth - 1) for _ in range(rng.randint(0, 4))]
    return _scalar(rng)


def random_schema(rng, depth=4):
    """Return a schema of 2020-12; references lead to its root's $defs."""
    if depth == 0 or rng.random() < 0.08:
        return rng.choice([True, {}, {"type": rng.choice(_TYPES)}, False])

    def inner():
        return random_schema(rng, depth - 1)

    def some():
        return [inner() for _ in range(rng.randint(1, 3))]

    def named():
        return {name: inner() for name in rng.sample(_NAMES, rng.randint(0, 3))}

    def names():
        return rng.sample(_NAMES, rng.randint(0, 2))

    def small():
        return rng.randint(0, 3)

    makers = {
        "type": lambda: rng.choice([rng.choice(_TYPES), rng.sample(_TYPES, 3)]),
        "enum": lambda: [random_document(rng, 1) for _ in range(3)],
        "const": lambda: random_document(rng, 1),
        "minimum": lambda: rng.choice(_NUMBERS),
        "maximum": lambda: rng.choice(_NUMBERS),
        "exclusiveMinimum": lambda: rng.choice(_NUMBERS),
        "exclusiveMaximum": lambda: rng.choice(_NUMBERS),
        "multipleOf": lambda: rng.choice([1, 2, 0.5, 3]),
        "minLength": small,
        "maxLength": small,
        "pattern": lambda: rng.choice(["^a", "b$", "[0-9]", "^.$", "c?"]),
        "properties": named,
        "patternProperties": lambda: {rng.choice(["^a", "b", "."]): inner()},
        "additionalProperties": inner,
        "propertyNames": inner,
        "unevaluatedProperties": inner,
        "required": names,
        "minProperties": small,
        "maxProperties": small,
        "dependentRequired": lambda: {rng.choice(_NAMES): names()},
        "dependentSchemas": lambda: {rng.choice(_NAMES): inner()},
        "prefixItems": some,
        "items": inner,
        "contains": inner,
        "minContains": small,
        "maxContains": small,
        "unevaluatedItems": inner,
        "minItems": small,
        "maxItems": small,
        "uniqueItems": lambda: True,
        "allOf": some,
        "anyOf": some,
        "oneOf": some,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "$ref": lambda: "#/$defs/" + rng.choice("xy"),
    }
    keywords = rng.sample(sorted(makers), rng.randint(1, 4))
    schema = {keyword: makers[keyword]() for keyword in keywords}
    if depth == 4:
        # They refer nowhere themselves, so that nothing loops.
        schema["$defs"] = {
            "x": {"type": rng.sample(_TYPES, 4), "properties": {"a": {"minLength": 1}}},
            "y": {"properties": {"a": True, "b": {"type": "number"}}, "maxItems": 2},
        }
    return schema
