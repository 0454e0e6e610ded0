# SPDX-License-Identifier: MIT
"""The text of configurations, table by table.

    text = config.state() + config.mongodb(uri, db) + config.kafka(bootstrap)
    text += config.job("copy", {"service_name": "m", "resource": "users"},
                       {"service_name": "k", "resource": topic})
"""

import json
import re

_BARE = re.compile(r"[A-Za-z0-9_-]+")

# As often as that, so that tests need not wait for progress to be saved.
CHECKPOINT = {"enabled": True, "interval": "50ms"}


def value(of):
    """A value in TOML; dicts are written on one line."""
    if isinstance(of, dict):
        return "{ " + ", ".join(f"{_key(k)} = {value(v)}" for k, v in of.items()) + " }"
    if isinstance(of, (list, tuple)):
        return "[ " + ", ".join(map(value, of)) + " ]"
    # JSON's strings, numbers, true and false are TOML's, too.
    return json.dumps(of, ensure_ascii=False)


def table(header, keys):
    lines = [f"{_key(k)} = {value(v)}\n" for k, v in keys.items()]
    return f"\n{header}\n" + "".join(lines)


def state(path="state"):
    """The state store, in the test's folder."""
    return table("[state]", {"path": f"./{path}"})


def service(provider, name, **keys):
    return table("[[services]]", {"provider": provider, "name": name, **keys})


def mongodb(uri, db, name="m", **keys):
    return service("mongodb", name, connection_string=uri, db_name=db, **keys)


def kafka(bootstrap, name="k", **keys):
    return service("kafka", name, **{"bootstrap.servers": bootstrap, **keys})


def job(name, source, *sinks, **keys):
    """A connector that saves its progress often."""
    keys = {"source": source, "sinks": sinks, "checkpoint": CHECKPOINT, **keys}
    return table("[[connectors]]", {"name": name, **keys})


def _key(name):
    return name if _BARE.fullmatch(name) else json.dumps(name)
