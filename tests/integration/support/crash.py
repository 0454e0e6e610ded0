# SPDX-License-Identifier: MIT
"""Write numbered versions of documents, and judge what came of them."""

import os
import random
import threading
from collections import defaultdict
from pathlib import Path

from pymongo import errors

from . import ROOT

# Where a program with fault points can be told to crash.
POINTS = [
    "after_read",
    "after_send",
    "after_confirm",
    "before_checkpoint",
    "after_checkpoint",
]


def fault_binaries():
    """The folder of programs that crash where they are told to."""
    folder = Path(os.environ.get("MSTREAM_FAULT_BIN", ROOT / "build-faults/bin"))
    assert (folder / "mstreamd").is_file(), (
        f"{folder}/mstreamd is missing: scripts/test builds it, or: cmake -B "
        "build-faults -DMST_FAULT_POINTS=ON && cmake --build build-faults"
    )
    return folder


class Writer:
    """Replaces documents at random, each with its next version."""

    def __init__(self, collection, keys=100, seed=1, per_second=None):
        self.collection, self.keys = collection, keys
        self.versions = defaultdict(int)
        self.total = 0
        self._random = random.Random(seed)
        self._pause = threading.Event()
        self._wait = None if per_second is None else 1 / per_second
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.failed = None

    def write(self, n):
        for _ in range(n):
            self.write_next(self._random.randrange(self.keys))

    def write_next(self, key):
        version = self.versions[key] + 1
        self._replace(key, version)
        self.versions[key] = version
        self.total += 1

    def _replace(self, key, version):
        """Until it is acknowledged, also while primaries come and go."""
        for left in reversed(range(600)):
            try:
                self.collection.replace_one(
                    {"_id": key}, {"_id": key, "v": version}, upsert=True
                )
                return
            except (errors.AutoReconnect, errors.DuplicateKeyError):
                # An upsert that was carried out without an answer is there.
                if not left:
                    raise
                self._pause.wait(0.05)

    def _run(self):
        try:
            while not self._stop.is_set():
                self.write(20)
                if self._wait:
                    self._pause.wait(20 * self._wait)
        except Exception as caught:  # noqa: BLE001 - told by stop()
            self.failed = caught

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._stop.set()
        self._thread.join(30)
        assert self.failed is None, self.failed
        return self


class Verdict:
    """What a sequence of (key, version), in order of arrival, says."""

    def __init__(self, arrivals):
        self.newest = defaultdict(int)
        self.gaps = []
        self.missing = []
        self.total = 0
        seen = set()
        last = defaultdict(int)
        for key, version in arrivals:
            self.total += 1
            # A replay may go back; it may never leave one out.
            if version > last[key] + 1:
                self.gaps.append((key, last[key], version))
            if version > self.newest[key] + 1:
                self.missing.append((key, self.newest[key], version))
            last[key] = version
            self.newest[key] = max(self.newest[key], version)
            seen.add((key, version))
        self.repeated = self.total - len(seen)
        self.last = dict(last)

    def check(self, versions, strays=False):
        """With `strays`, an old one may come again alone, not its followers."""
        assert not self.missing, f"versions left out: {self.missing[:5]}"
        if not strays:
            assert not self.gaps, f"out of order: {self.gaps[:5]}"
        assert dict(self.newest) == dict(versions)
        # What came last for each key is its last version: nothing old
        # overtook something new.
        assert self.last == dict(versions)
