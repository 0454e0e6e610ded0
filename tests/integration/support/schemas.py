# SPDX-License-Identifier: MIT
"""Subjects on both stores, for tests of commands and of jobs."""

import json

import pytest

from support import config

INT = {"name": "total", "type": "int"}
LONG = {"name": "total", "type": "long"}
ID = {"name": "id", "type": "long"}
NOTE = {"name": "note", "type": "string"}


def record(*fields):
    return {"type": "record", "name": "Order", "fields": list(fields)}


@pytest.fixture
def write(tmp_path):
    """write("a.avsc", schema): a file; its path."""

    def make(name, schema):
        path = tmp_path / name
        path.write_text(schema if isinstance(schema, str) else json.dumps(schema))
        return path

    return make


@pytest.fixture(params=["state", "mongodb"])
def schema(request, mstream, tmp_path):
    """schema("list"): mstream schema on one of the stores."""
    text = config.state()
    if request.param == "mongodb":
        mongo = request.getfixturevalue("mongodb")
        text += config.mongodb(mongo.uri, mongo.name)
        text += '[system]\nschemas = { service_name = "m", resource = "kept" }\n'
    path = tmp_path / "mstream-config.toml"
    path.write_text(text)

    def run(*words, **more):
        return mstream("schema", *words, "--config", path, **more)

    run.mstream = mstream
    return run
