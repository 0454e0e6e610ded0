# SPDX-License-Identifier: MIT
"""One variant on this machine: start it, break it, ask it, end it.

The state of a variant is RUN/<variant>/state.json; tests use this class
directly, with a run directory of their own where they break servers.
"""

import json
import os
import shutil
import signal
import time
from pathlib import Path

from . import cache, kafka, mongodb, process, proxy, registry, variants
from .errors import ServersError

READY_SECONDS = 90


class Instance:
    def __init__(self, variant, run_dir=None):
        if variant not in variants.BUILDERS:
            known = ", ".join(variants.BUILDERS)
            raise ServersError(f"no variant '{variant}'", f"one of: {known}")
        self.variant = variant
        self.run_dir = Path(run_dir or cache.default_run_dir())
        self.folder = self.run_dir / variant
        self.state = self._load()

    # -- state ------------------------------------------------------------

    def _load(self):
        try:
            return json.loads((self.folder / "state.json").read_text())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise ServersError(
                f"{self.folder}/state.json is damaged: {error}",
                "end its servers by hand and delete the folder",
            ) from error

    def _save(self):
        partial = self.folder / "state.json.partial"
        partial.write_text(json.dumps(self.state, indent=2))
        partial.rename(self.folder / "state.json")

    def _locked(self):
        self.run_dir.mkdir(parents=True, exist_ok=True)
        return cache.locked(self.run_dir / ".lock")

    @property
    def servers(self):
        return self.state["servers"] if self.state else []

    def of_kind(self, kind):
        return [s for s in self.servers if s["kind"] == kind]

    def named(self, name):
        """Return records by name; `mongodb` means all of mongodb:1 ..."""
        found = [
            s
            for s in self.servers
            if s["name"] == name or s["name"].startswith(f"{name}:")
        ]
        if not found:
            known = ", ".join(s["name"] for s in self.servers) or "none"
            raise ServersError(
                f"variant {self.variant} has no server '{name}'",
                f"servers of it: {known}",
            )
        return found

    def env(self):
        return dict(self.state["env"]) if self.state else {}

    def is_up(self):
        return bool(self.state) and all(
            process.alive(s.get("ident")) for s in self.servers
        )

    # -- life -------------------------------------------------------------

    def up(self, **options):
        """Have all servers running and ready; True when any was started."""
        with self._locked():
            self.state = self._load()
            running = [s for s in self.servers if process.alive(s.get("ident"))]
            fresh = not running
            if fresh and not self._adopted():
                self._build(options)
            missing = [s for s in self.servers if s not in running]
            self._launch(missing)
            if missing:
                self._wait(missing)
                if fresh:
                    self._first_start()
            self.state["ready"] = True
            self._save()
            return bool(missing)

    def _adopted(self):
        """True when all servers of this variant are the user's own."""
        if self.state is None or self.servers:
            return False
        return self.state["env"] == self._external()

    def _external(self):
        if self.variant != "plain":
            return {}
        own = {}
        if self.state and self.servers:
            own = self.state["env"]
        return variants.external_servers(own)

    def _build(self, options):
        external = self._external()
        self._wipe()
        self.folder.mkdir(parents=True, exist_ok=True)
        chosen = {k: v for k, v in options.items() if v is not None}
        plain = None
        if self.variant == "proxy":
            plain = Instance("plain", self.run_dir).state
        site = variants.Site(
            self.folder, chosen, self._taken_ports(), external, plain
        )
        self.state = variants.BUILDERS[self.variant](site)
        self.state.update(
            variant=self.variant, options=chosen, external=external, ready=False
        )
        self._save()

    def _taken_ports(self):
        """Ports that variants have reserved, listening at the moment or not."""
        taken = set()
        for run_dir in {self.run_dir, cache.default_run_dir()}:
            for file in run_dir.glob("*/state.json"):
                try:
                    servers = json.loads(file.read_text())["servers"]
                except (OSError, ValueError, KeyError):
                    continue
                for server in servers:
                    taken.add(server["port"])
                    taken.update(_numbers(server.get("ports", {})))
                    taken.update(_numbers(server.get("routes", {})))
        return taken

    def _launch(self, servers):
        kafka.format_storage([s for s in servers if s["kind"] == "kafka"])
        for server in servers:
            if server["kind"] == "mongodb":
                mongodb.prepare(server)
            os.makedirs(server["dir"], exist_ok=True)
            server["ident"] = process.spawn(
                server["argv"], f"{server['dir']}/log", server["env"]
            )
            # Saved at once: what was started must be found by `down`.
            self._save()

    def _first_start(self):
        members = self.of_kind("mongodb")
        if members:
            mongodb.initiate(members)
            if self.state.get("certificates"):
                mongodb.create_users(members[0])

    def _wait(self, servers, seconds=READY_SECONDS):
        deadline = time.monotonic() + seconds
        for server in servers:
            while not self._is_ready(server):
                if not process.alive(server["ident"]):
                    raise ServersError(_failure(server, "ended at start"))
                if time.monotonic() > deadline:
                    raise ServersError(
                        _failure(server, f"is not ready after {seconds} s")
                    )
                time.sleep(0.05)

    def _is_ready(self, server):
        if server["kind"] == "mongodb":
            return mongodb.is_ready(server)
        if server["kind"] == "proxy":
            return proxy.is_ready(server)
        if server["kind"] == "registry":
            return registry.is_ready(server)
        running = [
            s
            for s in self.of_kind("kafka")
            if process.alive(s.get("ident"))
        ]
        return kafka.is_ready(server, len(running))

    def down(self):
        """End what was started and delete its data."""
        with self._locked():
            self.state = self._load()
            # The data goes, so that nobody needs to wait for a tidy end.
            for server in self.servers:
                process.send(server.get("ident"), signal.SIGKILL)
            for server in self.servers:
                process.kill(server.get("ident"))
            self._wipe()
            self.state = None

    def _wipe(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- faults -----------------------------------------------------------

    def start(self, name, wait=True):
        """Start servers that were stopped or killed, with their data."""
        with self._locked():
            self.state = self._load()
            wanted = self.named(name)
            down = [s for s in wanted if not process.alive(s.get("ident"))]
            self._launch(down)
        if wait:
            self._wait(wanted)
            if self.of_kind("mongodb"):
                mongodb.wait_primary(self.of_kind("mongodb"))

    def stop(self, name, seconds=20):
        for server in self.named(name):
            process.stop(server.get("ident"), seconds)

    def kill(self, name):
        for server in self.named(name):
            process.kill(server.get("ident"))

    def restart(self, name):
        self.stop(name)
        self.start(name)

    def pause(self, name):
        """Freeze servers: connections stay open and nothing answers."""
        for server in self.named(name):
            process.send(server.get("ident"), signal.SIGSTOP)

    def resume(self, name):
        for server in self.named(name):
            process.send(server.get("ident"), signal.SIGCONT)

    def step_down(self, seconds=5):
        """Make the primary step down; returns the name of who it was."""
        return mongodb.step_down(self.of_kind("mongodb"), seconds)["name"]

    def primary(self):
        """Return the name of the member that takes writes."""
        return mongodb.wait_primary(self.of_kind("mongodb"))["name"]

    def proxy(self):
        return proxy.Control(self.named("proxy")[0]["port"])

    # -- report -----------------------------------------------------------

    def status(self):
        """Return a dict that `status --json` prints."""
        return {
            "variant": self.variant,
            "up": self.is_up(),
            "folder": str(self.folder),
            "external": self.state["external"] if self.state else {},
            "env": self.env(),
            "servers": [
                {
                    "name": s["name"],
                    "kind": s["kind"],
                    "port": s["port"],
                    "running": process.alive(s.get("ident")),
                    "pid": (s.get("ident") or {}).get("pid"),
                    "rss_mb": process.rss_mb(s["ident"])
                    if process.alive(s.get("ident"))
                    else 0,
                    "log": f"{s['dir']}/log",
                }
                for s in self.servers
            ],
        }


def _numbers(value):
    """All integers in a nest of dicts and lists."""
    if isinstance(value, int):
        return {value}
    if isinstance(value, dict):
        value = list(value.values())
    found = set()
    if isinstance(value, list):
        for item in value:
            found |= _numbers(item)
    return found


def _failure(server, what):
    log = Path(server["dir"]) / "log"
    tail = []
    if log.exists():
        tail = log.read_text(errors="replace").splitlines()[-5:]
    lines = "\n".join(line[:400] for line in tail)
    return f"{server['name']} {what}; the end of {log}:\n{lines}"
