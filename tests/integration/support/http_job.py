# SPDX-License-Identifier: MIT
"""A job that sends generated events over HTTP, and what has to arrive."""

from . import config
from .waiting import wait_until

COUNT = 300
KEYS = 20
SECRET = "s3cret-c4nary-0815"


def job(url, count=COUNT, service=None, sink=None, source=None, **keys):
    """A configuration: `count` events of KEYS keys go to url."""
    made = {"resource": "orders", "rate": 0, "count": count, "keys": KEYS, "seed": 1}
    made |= {"template": '{"_id": {{id}}, "seq": {{seq}}, "name": {{name}}}'}
    made |= {"output_encoding": "json", **(source or {})}
    retry = {"base": "20ms", "max": "200ms"}
    return (
        'shutdown_timeout = "2s"\n'
        + config.state()
        + config.service("generate", "g")
        + config.service("http", "h", host=url, **(service or {}))
        + config.job(
            "j",
            {"service_name": "g", **made},
            {"service_name": "h", "resource": "in", "output_encoding": "json"}
            | (sink or {}),
            **({"retry": retry} | keys),
        )
    )


def check(documents, count=COUNT):
    """All arrived, and in the order of each key; repeats are behind."""
    first, newest = {}, {}
    for document in documents:
        if document["seq"] not in first:
            first[document["seq"]] = document
            assert document["seq"] > newest.get(document["_id"], 0), document
            newest[document["_id"]] = document["seq"]
    assert sorted(first) == list(range(1, count + 1))


def seqs(server):
    return {document["seq"] for document in server.documents()}


def arrived(server, count=COUNT, seconds=60):
    wait_until(lambda: len(seqs(server)) == count, seconds, what="all events")
    check(server.documents(), count)
