# SPDX-License-Identifier: MIT
"""The fault proxy as a server of a variant, and its client for tests."""

import json
import socket
import sys
from pathlib import Path

from .errors import ServersError
from .ports import HOST

_SCRIPT = Path(__file__).resolve().parent.parent / "fault-proxy"


def plan(name, folder, control, routes):
    """Return the record of a proxy; routes: {name: (port, "host:port")}."""
    argv = [sys.executable, str(_SCRIPT), "--control", str(control)]
    argv += [f"{r}={port}:{target}" for r, (port, target) in routes.items()]
    return {
        "kind": "proxy",
        "name": name,
        "dir": str(folder),
        "port": control,
        "routes": {r: port for r, (port, _) in routes.items()},
        "argv": argv,
        "env": {},
    }


def is_ready(server):
    try:
        Control(server["port"]).status()
    except (OSError, ServersError):
        return False
    return True


class Control:
    """Commands to a running fault proxy; see fault_proxy for their meaning."""

    def __init__(self, port, timeout=5):
        self.port, self.timeout = port, timeout

    def send(self, *words):
        line = " ".join(str(word) for word in words) + "\n"
        where = (HOST, self.port)
        with socket.create_connection(where, timeout=self.timeout) as link:
            link.sendall(line.encode())
            answer = json.loads(link.makefile().readline() or "{}")
        if not answer.pop("ok", False):
            raise ServersError(f"fault proxy: {answer.get('error', 'no answer')}")
        return answer

    def add(self, name, target, port=0):
        return self.send("add", name, port, target)["port"]

    def remove(self, name):
        self.send("remove", name)

    def cut(self, name="*"):
        self.send("cut", name)

    def reset(self, name="*"):
        self.send("reset", name)

    def stall(self, name="*"):
        self.send("stall", name)

    def slow(self, bytes_per_second, name="*"):
        self.send("slow", name, bytes_per_second)

    def delay(self, milliseconds, name="*"):
        self.send("delay", name, milliseconds)

    def limit(self, count, name="*"):
        self.send("limit", name, count)

    def restore(self, name="*"):
        self.send("restore", name)

    def status(self):
        return self.send("status")["routes"]

    def quit(self):
        self.send("quit")
