# SPDX-License-Identifier: MIT
"""The oplog reader beside the change stream: the same events, bit for bit."""

import pytest
from support.oplog import Mutator, Pair


@pytest.fixture
def pair(mongodb, kafka, mstream, mstreamd):
    return Pair(mongodb, kafka, mstream, mstreamd)


OPTIONS = [
    {"resource": "*", "payload": "change", "ddl": True},
    {"resource": "*", "payload": "change"},
    {"resource": "*", "payload": "document"},
    {"resource": "*", "collections": ["a", "c*"], "payload": "change"},
    {"resource": "a", "payload": "change", "ddl": True},
    {"resource": "a", "operations": ["create", "update"]},
    {
        "resource": "*",
        "payload": "change",
        "before": "whenAvailable",
        "full_document": "whenAvailable",
    },
    {"resource": "a", "before": "whenAvailable", "full_document": "updateLookup"},
    {"resource": "*", "payload": "change", "full_document": "off"},
]


def test_random_work_looks_the_same(pair, mongodb):
    mongodb.enable_pre_images("a")
    pair.since()
    Mutator(mongodb, seed=1).run(400)
    for options in OPTIONS:
        pair.compare(at_least=50, **options)
