# SPDX-License-Identifier: MIT
"""Which servers a test run uses: those that are up, or its own."""

import json
import os
import shutil
from pathlib import Path

from servers_lib import cache, process, variants
from servers_lib.instance import Instance


def _self_identity():
    with open("/proc/self/stat", encoding="utf-8") as file:
        start = int(file.read().rpartition(")")[2].split()[19])
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return {"pid": os.getpid(), "start": start, "boot": file.read().strip()}


class ServerPool:
    """Servers that this test run started, and the way to shared ones."""

    def __init__(self):
        self.home = cache.root() / "runs"
        self.own = self.home / f"{os.getpid()}"
        self.started = []

    def open(self):
        self._sweep()
        self.own.mkdir(parents=True, exist_ok=True)
        (self.own / "owner.json").write_text(json.dumps(_self_identity()))

    def _sweep(self):
        """End what a test run that was killed has left behind."""
        for owner_file in self.home.glob("*/owner.json"):
            try:
                owner = json.loads(owner_file.read_text())
            except (OSError, ValueError):
                continue
            if process.alive(owner):
                continue
            # Another run may sweep it, too: os.walk passes over what is gone.
            for folder, _, names in os.walk(owner_file.parent):
                if "state.json" in names:
                    Instance(Path(folder).name, Path(folder).parent).down()
            shutil.rmtree(owner_file.parent, ignore_errors=True)

    def close(self):
        for instance in reversed(self.started):
            instance.down()
        shutil.rmtree(self.own, ignore_errors=True)

    def shared(self, variant):
        """Return the variant that is up, else one for this test run.

        Other test runs may use it at the same time: do not break it.
        """
        instance = Instance(variant)
        if instance.state and instance.is_up():
            return instance
        for started in self.started:
            if started.variant == variant and started.run_dir == self.own:
                return started
        instance = Instance(variant, self.own)
        self.started.append(instance)
        instance.up()
        return instance

    def private(self, variant, name, **options):
        """Return a variant that belongs to the caller, to break at will."""
        instance = Instance(variant, self.own / name)
        self.started.append(instance)
        instance.up(**options)
        return instance

    def end(self, instance):
        instance.down()
        self.started.remove(instance)
        shutil.rmtree(instance.run_dir, ignore_errors=True)

    def plain_address(self, name):
        """Return MSTREAM_TEST_MONGODB or MSTREAM_TEST_KAFKA."""
        if name not in variants.EXTERNAL:
            raise ValueError(name)
        return os.environ.get(name) or self.shared("plain").env()[name]

    def plain_instance(self):
        """Return the plain variant where its broker is the one in use."""
        instance = self.shared("plain")
        chosen = os.environ.get("MSTREAM_TEST_KAFKA")
        if chosen and instance.env().get("MSTREAM_TEST_KAFKA") != chosen:
            return None
        return instance if instance.of_kind("kafka") else None


