# SPDX-License-Identifier: MIT
"""Start and end processes that outlive this one, without ever ending another.

A process is known by pid, start time and boot, so that a pid that the kernel
gave to somebody else is never signalled.
"""

import os
import signal
import subprocess
import time

from .errors import ServersError


def _boot_id():
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


def _stat(pid):
    """Return (state, start time in ticks) of a pid, or None."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
            fields = f.read().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[19])


def spawn(argv, log, env=None, cwd=None):
    """Start a process in its own session and return its identity."""
    with open(log, "ab") as out:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            start_new_session=True,
        )
    found = _stat(child.pid)
    start = found[1] if found else 0
    # The caller keeps the identity, not the handle: silence its warning.
    child.returncode = 0
    return {"pid": child.pid, "start": start, "boot": _boot_id()}


def alive(ident):
    if not ident:
        return False
    _reap(ident["pid"])
    found = _stat(ident["pid"])
    return (
        found is not None
        and found[0] not in "ZX"
        and found[1] == ident["start"]
        and ident["boot"] == _boot_id()
    )


def _reap(pid):
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


def send(ident, number):
    """Signal the process if it is still the one that was started."""
    if not alive(ident):
        return False
    try:
        os.kill(ident["pid"], number)
    except ProcessLookupError:
        return False
    return True


def wait_gone(ident, seconds):
    deadline = time.monotonic() + seconds
    while alive(ident):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def stop(ident, seconds=15):
    """End the process: politely first, then by force."""
    send(ident, signal.SIGCONT)
    if not send(ident, signal.SIGTERM):
        return
    if not wait_gone(ident, seconds):
        kill(ident)


def kill(ident):
    if not send(ident, signal.SIGKILL):
        return
    if not wait_gone(ident, 10):
        raise ServersError(f"process {ident['pid']} does not end")


def rss_mb(ident):
    try:
        with open(f"/proc/{ident['pid']}/status", encoding="utf-8") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) // 1024
    except OSError:
        pass
    return 0
