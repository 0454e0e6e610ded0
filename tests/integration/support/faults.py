# SPDX-License-Identifier: MIT
"""A fault proxy of a test's own, before servers that go on undisturbed."""

import fcntl
import os
import subprocess
import sys
from urllib.parse import urlsplit

from servers_lib.proxy import Control

from . import SCRIPTS


class FaultProxy(Control):
    """Routes `mongodb` and `kafka`, each with an address for the bridge.

    cut, reset, stall, slow, delay, limit and restore are Control's.

    A broker tells its clients where to connect to: so it advertises the port
    of the proxy on listeners of their own, and one proxy at a time can stand
    before each. A file lock says which are taken.
    """

    def __init__(self):
        self._lock = None
        self.kafka = None
        self.mongodb = None
        self._process = subprocess.Popen(
            [sys.executable, str(SCRIPTS / "fault-proxy")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self._process.stdout.readline().split()
        assert line[:1] == ["control"], "the fault proxy did not start"
        super().__init__(int(line[1]))

    def before_mongodb(self, uri):
        """Add the route; `self.mongodb` is the URI through it."""
        host = urlsplit(uri).netloc.rpartition("@")[2].split(",")[0]
        port = self.add("mongodb", host)
        self.mongodb = f"mongodb://127.0.0.1:{port}/?directConnection=true"
        return self.mongodb

    def before_kafka(self, instance):
        """Add the route; `self.kafka` is the bootstrap address through it."""
        broker = instance.of_kind("kafka")[0]
        for slot, (behind, front) in enumerate(broker["ports"]["proxies"]):
            # Slot 0 is the `proxy` variant's.
            if slot and self._claim(f"{instance.run_dir}/.slot-{slot}"):
                self.add("kafka", f"127.0.0.1:{behind}", front)
                self.kafka = f"127.0.0.1:{front}"
                return self.kafka
        raise AssertionError("all proxied listeners of the broker are in use")

    def _claim(self, path):
        file = open(path, "w", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        file.write(str(os.getpid()))
        self._lock = file
        return True

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        if self._lock is not None:
            self._lock.close()
