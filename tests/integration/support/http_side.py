# SPDX-License-Identifier: MIT
"""One job for the HTTP sink and the HTTP middleware: what holds for both."""

import json

from . import config
from .http_job import KEYS, check

COUNT = 40


class Side:
    """The sink or the middleware, asking `server`; `ends` is where all ends."""

    def __init__(self, word, server, ends):
        self.word, self.server, self.ends = word, server, ends
        server.fault = self.well

    def well(self, handler, request):
        """Whatever is right: the sink's 204, or the document."""
        if self.word == "sink" or request.method != "POST":
            return False
        handler.send(200, request.body, [("Content-Type", "application/json")])
        return True

    def spoil(self, faults, times=None):
        """Every other document meets one of the faults, so many times."""
        met = {}

        def some(handler, request):
            at, good = divmod(json.loads(request.body)["seq"] - 2, 2)
            if good or at >= len(faults):
                return self.well(handler, request)
            met[at] = met.get(at, 0) + 1
            if times and met[at] > times:
                return self.well(handler, request)
            return faults[at](handler, request)

        self.server.fault = some
        return met

    def job(self, count=COUNT, url=None, service=None, step=None, encoding="json", **keys):
        source = {"resource": "n", "rate": 0, "count": count, "keys": KEYS, "seed": 1}
        source["template"] = '{"_id": {{id}}, "seq": {{seq}}, "name": {{name}}}'
        retry = {"base": "20ms", "max": "200ms"}
        bad = {"service_name": "bad", "output_encoding": encoding, **(step or {})}
        good = {"service_name": "good", "resource": "in", "output_encoding": encoding}
        sink, steps = bad, {}
        if self.word == "middleware":
            sink, steps = good, {"middlewares": [bad]}
        return (
            'shutdown_timeout = "2s"\n'
            + config.state()
            + config.service("generate", "g")
            + config.service("http", "bad", host=url or self.server.url, **(service or {}))
            + config.service("http", "good", host=self.ends.url)
            + config.job(
                "j",
                {"service_name": "g", **source, "output_encoding": encoding},
                sink,
                **steps,
                **({"retry": retry} | keys),
            )
        )

    def documents(self):
        return (self.server if self.word == "sink" else self.ends).documents()


def finish(side, daemon, count=COUNT):
    daemon.wait_log("job: completed", 60)
    check(side.documents(), count)
