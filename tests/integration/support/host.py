# SPDX-License-Identifier: MIT
"""A host to type on: a shell whose paths and services are a test's own."""

import os
import re
import signal
import subprocess
import time
import uuid
from pathlib import Path

from .programs import binary

# What a host has and a test has not. They see the folders of the test.
STUBS = {
    "make": "exit 0  # the test has made it\n",
    "apt-get": """
for word; do case $word in
*.deb)
    dpkg-deb -x "$HOST/${word##*/}" "$HOST/unpacked"
    # A configuration that was changed stays, a program in use is replaced.
    cp -a --remove-destination "$HOST/unpacked/usr" "$HOST"
    cp -an "$HOST/unpacked/etc" "$HOST" ;;
esac; done
[ ! -e "$HOST/pid" ] || systemctl restart mstreamd
""",
    # Owners: there is no user mstream here.
    "install": """
declare -a words
while [ $# -gt 0 ]; do
    case $1 in -o | -g) shift ;; *) words+=("$1") ;; esac
    shift
done
exec /usr/bin/install "${words[@]}"
""",
    "journalctl": 'tail -n 20 "$HOST/daemon.log"\n',
    "systemctl": """
running() { [ -e "$HOST/pid" ] && kill -0 "$(cat "$HOST/pid")" 2>/dev/null; }
stop() {
    running && kill -TERM "$(cat "$HOST/pid")"
    while running; do sleep 0.05; done
    rm -f "$HOST/pid"
}
start() {
    # What the shell has exported is not the daemon's.
    unset MONGO_URI MSTREAM_TOKEN
    set -a; . "$HOST/etc/mstream/environment"; set +a
    export CREDENTIALS_DIRECTORY=$HOST/etc/credstore
    mkdir -p "$HOST/var/lib/mstream"
    cd "$HOST/var/lib/mstream"
    : >"$HOST/daemon.log"
    "$HOST/usr/bin/mstreamd" --config "$HOST/etc/mstream/mstream-config.toml" \\
        >/dev/null 2>"$HOST/daemon.log" </dev/null &
    echo $! >"$HOST/pid"
    until grep -q 'is ready' "$HOST/daemon.log"; do
        running || { cat "$HOST/daemon.log" >&2; exit 1; }
        sleep 0.05
    done
}
case $1 in
enable) [ "$2" = --now ] && start ;;
start) start ;;
stop) stop ;;
restart) stop; start ;;
reload) kill -HUP "$(cat "$HOST/pid")" ;;
*) echo "systemctl $*?" >&2; exit 1 ;;
esac
""",
}


class Host:
    """A shell in which what is typed stays in `folder`."""

    def __init__(self, folder, env, replaced):
        self.folder = folder
        # The longest names first; a path below the folder is not replaced.
        self.replaced = {
            **replaced,
            "/etc/": f"{folder}/etc/",
            "/var/": f"{folder}/var/",
        }
        stubs = folder / "stubs"
        stubs.mkdir(parents=True)
        for name, text in STUBS.items():
            (stubs / name).write_text(f"#!/bin/bash\n{text}")
            (stubs / name).chmod(0o755)
        self.wanted = folder / "etc/mstream"
        self.wanted.mkdir(parents=True)
        # Before there is a package: the programs of the build.
        programs = binary("mstream").parent
        self._shell = subprocess.Popen(
            ["bash", "--norc", "-e", "-o", "pipefail"],
            cwd=self.wanted,
            env={
                **os.environ,
                **env,
                "HOST": str(folder),
                "PATH": f"{stubs}:{folder}/usr/bin:{programs}:{os.environ['PATH']}",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def type(self, text):
        """Type it; returns what was said. Fails where a command does."""
        for shown, ours in self.replaced.items():
            text = text.replace(shown, ours)
        end = uuid.uuid4().hex
        self._shell.stdin.write(f"{text}\necho {end}\n")
        self._shell.stdin.flush()
        said = []
        for line in self._shell.stdout:
            if line.strip() == end:
                return "".join(said)
            said.append(line)
        raise AssertionError(f"a command failed in:\n{text}\n{''.join(said)}")

    def daemon_log(self):
        return (self.folder / "daemon.log").read_text(errors="replace")

    def close(self):
        self._shell.stdin.close()
        self._shell.wait(30)
        pid = self.folder / "pid"
        if not pid.exists():
            return
        number = int(pid.read_text())
        try:
            os.kill(number, signal.SIGTERM)
            for _ in range(600):
                os.kill(number, 0)
                time.sleep(0.05)
        except ProcessLookupError:
            return
        raise AssertionError(f"mstreamd ran on:\n{self.daemon_log()}")


def chapters(page: Path):
    """[(heading, [blocks])]: what a page shows to be typed, in its order."""
    parts = re.split(r"^## (.*)$", page.read_text(), flags=re.M)
    return [
        (heading, re.findall(r"```sh\n(.*?)```", text, re.S))
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    ]
