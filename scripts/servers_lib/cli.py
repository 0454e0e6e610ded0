# SPDX-License-Identifier: MIT
"""The command line of scripts/servers."""

import argparse
import json
import os
import shlex
import sys

from . import cache, variants
from .errors import ServersError
from .instance import Instance

EXAMPLES = """examples:
  scripts/servers up                         one MongoDB, one Kafka broker
  eval "$(scripts/servers env --export)"     tell programs where they are
  scripts/servers up --variant secure --variant replica
  scripts/servers stop kafka                 a fault; `start kafka` ends it
  scripts/servers kill mongodb:1 --variant replica
  scripts/servers down --all

variants:
"""
ACTIONS = {
    "start": "start servers that were stopped or killed, data kept",
    "stop": "end servers politely, data kept",
    "kill": "end servers with SIGKILL, data kept",
    "restart": "stop and start servers",
    "pause": "freeze servers: connections stay open, nothing answers",
    "resume": "go on after pause",
}


def _parser():
    listing = "".join(f"  {k:9}{v}\n" for k, v in variants.SUMMARY.items())
    parser = argparse.ArgumentParser(
        prog="scripts/servers",
        description="Real MongoDB and Kafka servers for tests, on free "
        "loopback ports.",
        epilog=EXAMPLES + listing + "\nMSTREAM_TEST_MONGODB and "
        "MSTREAM_TEST_KAFKA, where set, name servers to use\ninstead of "
        "starting them. MSTREAM_TEST_RUN is a folder for a set of servers\n"
        "of one's own (default: the run folder in the cache).",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = _command(commands, "up", "start what is not running, wait till ready")
    up.add_argument("--oplog-mb", type=int, metavar="N", help="default 512")
    up.add_argument("--cache-mb", type=int, metavar="N", help="default 256")
    up.add_argument("--heap-mb", type=int, metavar="N", help="default 384")
    up.add_argument("--partitions", type=int, metavar="N", help="default 4")
    _command(commands, "down", "end what was started, delete its data")
    status = _command(commands, "status", "what runs, on which ports")
    status.add_argument("--json", action="store_true")
    env = _command(commands, "env", "print NAME=value lines")
    env.add_argument("--export", action="store_true", help="for eval in a shell")
    for action, summary in ACTIONS.items():
        fault = _command(commands, action, summary)
        fault.add_argument("server", help="kafka, mongodb, mongodb:1, ...")
    _command(commands, "step-down", "make the primary step down")
    commands.add_parser("fetch", help="only fill the cache", description="")
    return parser


def _command(commands, name, summary):
    command = commands.add_parser(name, help=summary, description=summary)
    command.add_argument(
        "--variant",
        action="append",
        choices=list(variants.BUILDERS),
        help="may be repeated (default: plain)",
    )
    command.add_argument(
        "--all", action="store_true", help="every variant that applies"
    )
    return command


def _chosen(arguments):
    """Return instances in an order that suits the proxy, which comes last."""
    names = arguments.variant or ["plain"]
    if arguments.all:
        names = list(variants.BUILDERS)
    elif arguments.command in ("status", "env") and not arguments.variant:
        names = [n for n in variants.BUILDERS if Instance(n).state] or names
    ordered = [n for n in variants.BUILDERS if n in names]
    return [Instance(name) for name in ordered]


def _up(arguments):
    options = {
        name: getattr(arguments, name) for name in variants.DEFAULTS
    }
    for instance in _chosen(arguments):
        if instance.variant == "proxy":
            Instance("plain").up()
        started = instance.up(**options)
        print(f"{instance.variant}: {'started' if started else 'was up'}")
        differing = {
            k: v
            for k, v in options.items()
            if v is not None and instance.state["options"].get(k) != v
        }
        if differing:
            print(
                f"{instance.variant}: runs with other options than "
                f"{differing}; down and up changes them",
                file=sys.stderr,
            )


def _down(arguments):
    for instance in reversed(_chosen(arguments)):
        was = instance.state is not None
        instance.down()
        print(f"{instance.variant}: {'ended' if was else 'was not up'}")


def _status(arguments):
    reports = [instance.status() for instance in _chosen(arguments)]
    if arguments.json:
        print(json.dumps(reports, indent=2))
    else:
        for report in reports:
            print(f"{report['variant']}: {'up' if report['up'] else 'down'}")
            for name, value in report["external"].items():
                print(f"  {name} is set: {value}")
            for s in report["servers"]:
                state = "running" if s["running"] else "stopped"
                print(
                    f"  {s['name']:10} {state}  port {s['port']}  "
                    f"pid {s['pid']}  {s['rss_mb']} MB  {s['log']}"
                )
    return 0 if all(r["up"] for r in reports) else 1


def _env(arguments):
    lead = "export " if arguments.export else ""
    found = False
    for instance in _chosen(arguments):
        for name, value in instance.env().items():
            found = True
            print(f"{lead}{name}={shlex.quote(value)}")
    if not found:
        raise ServersError("no variant is up", "run scripts/servers up")


def _fault(arguments):
    for instance in _chosen(arguments):
        getattr(instance, arguments.command)(arguments.server)


def _step_down(arguments):
    if not arguments.variant:
        arguments.variant = ["replica"]
    for instance in _chosen(arguments):
        print(f"{instance.step_down()} stepped down")


def _fetch(_):
    cache.fetch_all()


def use_venv():
    """Go on in the Python that has the clients of both servers."""
    python = cache.venv_python()
    if os.path.realpath(sys.prefix) != os.path.realpath(python.parent.parent):
        os.execv(python, [str(python)] + sys.argv)


def main():
    arguments = _parser().parse_args()
    run = {
        "up": _up,
        "down": _down,
        "status": _status,
        "env": _env,
        "fetch": _fetch,
        "step-down": _step_down,
    }.get(arguments.command, _fault)
    try:
        if arguments.command in ("up", "start", "restart", "step-down"):
            use_venv()
        return run(arguments) or 0
    except ServersError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return 1
