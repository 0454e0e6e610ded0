# SPDX-License-Identifier: MIT
"""What `mstream schema check` calls compatible, held against others."""

import json
import random
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from servers_lib import cache

PAIRS = 300


@pytest.fixture
def write(tmp_path):
    """write("a.avsc", text): a file; its path."""

    def make(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path

    return make


def check(mstream, new, old, level="BACKWARD"):
    done = mstream(
        "schema", "check", new, "--against", old, f"--compat={level}",
        "--type=avro", "--json",
        code=None,
    )  # fmt: skip
    fine = json.loads(done.out)["compatible"]
    assert done.code == (0 if fine else 3), done.err
    return fine


def random_type(rng, depth, names):
    """Return a schema without logical types: those others do not compare."""
    kind = rng.randrange(12 if depth > 0 else 8)
    if kind < 8:
        return rng.choice(
            ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]
        )
    if kind == 8:
        return {"type": "array", "items": random_type(rng, depth - 1, names)}
    if kind == 9:
        return {"type": "map", "values": random_type(rng, depth - 1, names)}
    name = f"N{len(names)}"
    names.append(name)
    if kind == 10:
        symbols = rng.sample(["A", "B", "C", "D"], rng.randint(1, 4))
        made = {"type": "enum", "name": name, "symbols": symbols}
        return {**made, "default": symbols[0]} if rng.random() < 0.3 else made
    fields = []
    for field_name in rng.sample(["a", "b", "c", "d"], rng.randint(0, 3)):
        field = {"name": field_name, "type": random_type(rng, depth - 1, names)}
        if field["type"] == "int" and rng.random() < 0.5:
            field["default"] = 0
        fields.append(field)
    return {"type": "record", "name": name, "fields": fields}


def mutated(rng, schema):
    """Return the schema with something small changed."""
    if isinstance(schema, str):
        return rng.choice(["int", "long", "double", "string", "bytes", schema])
    changed = dict(schema)
    if schema["type"] == "array":
        changed["items"] = mutated(rng, schema["items"])
    elif schema["type"] == "map":
        changed["values"] = mutated(rng, schema["values"])
    elif schema["type"] == "enum":
        changed["symbols"] = rng.sample(schema["symbols"], len(schema["symbols"]))
        changed["symbols"] += rng.choice([[], ["E"]])
        changed.pop("default", None)
    else:
        fields = [dict(field) for field in schema["fields"]]
        if fields and rng.random() < 0.6:
            field = rng.choice(fields)
            field["type"] = mutated(rng, field["type"])
            field.pop("default", None)
        elif fields and rng.random() < 0.5:
            fields.remove(rng.choice(fields))
        else:
            fields.append({"name": "new", "type": "int"})
            if rng.random() < 0.5:
                fields[-1]["default"] = 1
        changed["fields"] = fields
    return changed


def test_others_call_the_same_schemas_compatible(mstream, write):
    """Apache's own rules, on random pairs and on small changes."""
    sys.path.insert(0, str(cache.packages("avro-rules")))
    import avro.compatibility
    import avro.schema

    rng = random.Random(17)
    rules = avro.compatibility.ReaderWriterCompatibilityChecker
    right = avro.compatibility.SchemaCompatibilityType.compatible
    pairs = []
    for _ in range(PAIRS):
        old = random_type(rng, 3, [])
        new = mutated(rng, old) if rng.random() < 0.8 else random_type(rng, 3, [])
        if rng.random() < 0.3:
            old, new = new, old
        pairs.append((json.dumps(new), json.dumps(old)))

    def compare(pair):
        new, old = (write(f"{i}-{id(pair)}.avsc", text) for i, text in enumerate(pair))
        return check(mstream, new, old)

    with ThreadPoolExecutor(2) as pool:
        ours = list(pool.map(compare, pairs))
    theirs = [
        rules().get_compatibility(*map(avro.schema.parse, pair)).compatibility == right
        for pair in pairs
    ]
    assert PAIRS * 0.2 < sum(theirs) < PAIRS * 0.8
    for pair, mine, other in zip(pairs, ours, theirs, strict=True):
        assert mine == other, pair


def random_json_schema(rng, depth):
    """Return a JSON Schema of the words that can be decided."""
    kind = rng.choice(
        ["integer", "number", "string", "boolean", "null", "enum", "any"]
        + ["object", "array", "anyOf", "oneOf"] * (depth > 0)
    )
    if kind == "any":
        return rng.choice([True, {}])
    if kind == "enum":
        return {"enum": rng.sample([1, 2, "a", "b", None, True], rng.randint(1, 4))}
    if kind in ("anyOf", "oneOf"):
        return {kind: [random_json_schema(rng, depth - 1) for _ in range(2)]}
    schema = {"type": kind}
    if kind in ("integer", "number"):
        for word in ("minimum", "maximum", "exclusiveMinimum", "multipleOf"):
            if rng.random() < 0.25:
                schema[word] = rng.randint(1, 4)
    elif kind == "string":
        for word in ("minLength", "maxLength"):
            if rng.random() < 0.3:
                schema[word] = rng.randint(0, 3)
    elif kind == "array":
        if rng.random() < 0.7:
            schema["items"] = random_json_schema(rng, depth - 1)
        if rng.random() < 0.3:
            schema["maxItems"] = rng.randint(0, 3)
    elif kind == "object":
        names = rng.sample(["a", "b", "c"], rng.randint(0, 3))
        schema["properties"] = {n: random_json_schema(rng, depth - 1) for n in names}
        if rng.random() < 0.4:
            schema["required"] = rng.sample(["a", "b"], rng.randint(0, 2))
        if rng.random() < 0.4:
            schema["additionalProperties"] = rng.choice(
                [False, random_json_schema(rng, depth - 1)]
            )
        if rng.random() < 0.1:
            schema["patternProperties"] = {"^b": random_json_schema(rng, depth - 1)}
    return schema


def mutated_json(rng, schema):
    """Return the schema with a word changed, gone or new somewhere."""
    if not isinstance(schema, dict) or not schema or rng.random() < 0.2:
        return random_json_schema(rng, 1)
    changed = dict(schema)
    word = rng.choice(list(changed))
    value = changed[word]
    if word == "properties" and value:
        name = rng.choice(list(value))
        changed[word] = {**value, name: mutated_json(rng, value[name])}
    elif word in ("items", "additionalProperties"):
        changed[word] = mutated_json(rng, value)
    elif word in ("anyOf", "oneOf"):
        changed[word] = [mutated_json(rng, value[0]), *value[1:]]
    elif isinstance(value, int) and not isinstance(value, bool):
        changed[word] = max(1, value + rng.choice([-1, 1]))
    elif word != "type":
        del changed[word]
    else:
        changed["title"] = "a word for people"
    return changed


def random_value(rng, depth):
    kind = rng.randrange(7 if depth > 0 else 5)
    if kind == 5:
        names = rng.sample(["a", "b", "c", "d"], rng.randint(0, 3))
        return {name: random_value(rng, depth - 1) for name in names}
    if kind == 6:
        return [random_value(rng, depth - 1) for _ in range(rng.randint(0, 3))]
    return [
        rng.randint(0, 6), rng.choice([0.5, 2.5, 3.5]), rng.choice(["", "a", "bb"]),
        rng.choice([True, False]), None,
    ][kind]  # fmt: skip


def test_what_is_compatible_takes_every_old_value(mstream, write):
    """Random JSON Schemas and values, judged by Python's jsonschema."""
    sys.path.insert(0, str(cache.packages("json-schema")))
    import jsonschema

    rng = random.Random(23)
    values = [random_value(rng, 3) for _ in range(400)]
    pairs = []
    for _ in range(PAIRS):
        old = random_json_schema(rng, 2)
        new = mutated_json(rng, old)
        pairs.append((new, old) if rng.random() < 0.5 else (old, new))

    def compare(pair):
        new, old = (
            write(f"{i}-{id(pair)}.json", json.dumps(one)) for i, one in enumerate(pair)
        )
        done = mstream(
            "schema", "check", new, "--against", old, "--type=json", "--json", code=None
        )
        assert done.code in (0, 3), done.err
        return json.loads(done.out)["compatible"]

    with ThreadPoolExecutor(2) as pool:
        ours = list(pool.map(compare, pairs))
    assert PAIRS * 0.2 < sum(ours) < PAIRS * 0.9
    missed = 0
    for (new, old), fine in zip(pairs, ours, strict=True):
        reader = jsonschema.Draft202012Validator(new)
        writer = jsonschema.Draft202012Validator(old)
        against = [
            value
            for value in values
            if writer.is_valid(value) and not reader.is_valid(value)
        ]
        assert not (fine and against), (new, old, against[0])
        missed += not fine and not against
    # To refuse all would be safe, too.
    assert missed < PAIRS * 0.3
