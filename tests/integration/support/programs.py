# SPDX-License-Identifier: MIT
"""Run mstreamd and mstream, as a service manager and a person would."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from . import ROOT
from .waiting import wait_until


def binary(name):
    folder = os.environ.get("MSTREAM_BIN") or ROOT / "build" / "bin"
    path = Path(folder).resolve() / name
    assert path.is_file(), f"{path} is missing: run `make build`"
    return path


def sanitized():
    """Whether the daemon has a sanitizer in it, which takes memory of its own."""
    program = binary("mstreamd").read_bytes()
    return b"__tsan_init" in program or b"__asan_init" in program


# Fixtures cut the name of a test here, pytest's folder too.
NAME_LEN = 30


def without_names(text):
    test = os.environ.get("PYTEST_CURRENT_TEST", "").split("::")[-1]
    name = re.split(r"\W", test)[0][:NAME_LEN]
    return re.sub(re.escape(name), "~", text, flags=re.IGNORECASE) if name else text


class Daemon:
    """One mstreamd, with its notifications and its stderr."""

    def __init__(self, config, folder, arguments=(), env=None, program=None):
        self.config, self.folder = config, folder
        # Socket paths are short; those of test folders are not.
        self._short = tempfile.mkdtemp(prefix="mst-")
        address = f"{self._short}/notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(0.1)
        self.notifications = []
        self.ready_ms = None
        number = len(list(folder.glob("mstreamd-*.log")))
        self.log = folder / f"mstreamd-{number}.log"
        self.out = folder / f"mstreamd-{number}.out"
        self._started = time.monotonic()
        with open(self.log, "wb") as err, open(self.out, "wb") as out:
            self.process = subprocess.Popen(
                [program or binary("mstreamd"), "--config", config, *arguments],
                cwd=folder,
                env={
                    **os.environ,
                    "NOTIFY_SOCKET": address,
                    # Many run side by side.
                    "MSTREAM_API_PORT": "0",
                    **(env or {}),
                },
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self):
        while True:
            try:
                text = self._socket.recv(4096).decode()
            except socket.timeout:
                if self.process.poll() is not None:
                    return
                continue
            except OSError:
                return
            for line in text.splitlines():
                if line == "READY=1" and self.ready_ms is None:
                    self.ready_ms = (time.monotonic() - self._started) * 1000
                self.notifications.append(line)

    def wait_ready(self, deadline=30):
        def ready_or_gone():
            return self.ready_ms is not None or self.process.poll() is not None

        wait_until(ready_or_gone, deadline, what=f"READY=1\n{self.stderr()}")
        assert self.ready_ms is not None, (
            f"mstreamd ended with {self.process.returncode} before it was "
            f"ready:\n{self.stderr()}"
        )
        return self

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process.poll() is None

    def stderr(self):
        return self.log.read_text(errors="replace")

    def stdout(self):
        return self.out.read_text(errors="replace")

    def wait_log(self, text, deadline=30):
        """Wait until the log holds the text, elsewhere than in a name that a
        fixture made of the test's own: folders, jobs and databases have one."""
        wait_until(
            lambda: without_names(text) in without_names(self.stderr()),
            deadline,
            what=f"{text!r} in {self.log}",
        )

    def rss_kb(self, field="VmRSS"):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1])
        return 0

    def peak_rss_kb(self):
        return self.rss_kb("VmHWM")

    def rewrite(self, text):
        """Give its configuration file another content."""
        Path(self.config).write_text(text)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def kill(self):
        """kill -9; no exit code is expected afterwards."""
        self.process.kill()
        self.process.wait(10)
        self._release()

    def wait(self, deadline=60):
        """Wait for an end of its own; returns the exit code."""
        code = self.process.wait(deadline)
        self._release()
        return code

    def stop(self, deadline=60, expect=0):
        """SIGTERM, and the exit code that a clean stop has."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"mstreamd ran on {deadline} s after SIGTERM:\n{self._tail()}"
            ) from None
        self._release()
        if expect is not None:
            assert code == expect, f"mstreamd exit {code}:\n{self._tail()}"
        return code

    def _tail(self):
        return "\n".join(self.stderr().splitlines()[-40:])

    def _release(self):
        self._listener.join(2)
        self._socket.close()
        shutil.rmtree(self._short, ignore_errors=True)


class Daemons:
    """The `mstreamd` fixture: call it to start one."""

    def __init__(self, folder):
        self.folder = folder
        self.all = []

    def __call__(
        self, config, arguments=(), env=None, ready=True, program=None
    ):
        """Start a daemon; `config` is TOML text or the path of a file.

        It runs in the test's folder, so that relative paths end up there.
        At the end of the test it gets SIGTERM and must exit with 0, unless
        the test has ended it before.
        """
        if not isinstance(config, Path):
            path = self.folder / f"mstream-{len(self.all)}.toml"
            path.write_text(config)
            config = path
        daemon = Daemon(config, self.folder, arguments, env, program)
        self.all.append(daemon)
        return daemon.wait_ready() if ready else daemon

    def close(self):
        failures = []
        for daemon in reversed(self.all):
            if not daemon.running():
                continue
            try:
                daemon.stop()
            except AssertionError as error:
                failures.append(str(error))
        assert not failures, "\n".join(failures)


class Result:
    """What a finished command left."""

    def __init__(self, arguments, done):
        self.arguments = arguments
        self.code = done.returncode
        self.raw = done.stdout
        self.out = done.stdout.decode(errors="replace")
        self.err = done.stderr.decode(errors="replace")

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        words = " ".join(str(a) for a in self.arguments)
        return f"<mstream {words}: exit {self.code}\n{self.out}\n{self.err}>"


class CommandLine:
    """The `mstream` fixture: call it to run a command to its end."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, *arguments, code=0, input=None, env=None, timeout=120):
        """Run; asserts the exit code unless `code` is None."""
        if isinstance(input, str):
            input = input.encode()
        done = subprocess.run(
            [binary("mstream"), *map(str, arguments)],
            cwd=self.folder,
            env={**os.environ, **(env or {})},
            input=input if input is not None else b"",
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        result = Result(arguments, done)
        if code is not None:
            assert result.code == code, result
        return result

    def start(self, *arguments, env=None, **more):
        """Start a command that goes on, as a terminal does; its Popen."""
        # Under nohup it would inherit that hang-ups are to be ignored.
        ignored = signal.signal(signal.SIGHUP, signal.SIG_DFL)
        try:
            return subprocess.Popen(
                [binary("mstream"), *map(str, arguments)],
                cwd=self.folder,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                **more,
            )
        finally:
            signal.signal(signal.SIGHUP, ignored)
