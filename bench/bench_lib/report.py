# SPDX-License-Identifier: MIT
"""Tables for a person, kept for bench/RESULTS.md."""

import datetime
import os
import platform
import subprocess


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return f"{os.cpu_count()} x {model}, {platform.system()} {platform.machine()}"


def revision(root):
    done = subprocess.run(
        ["git", "-C", root, "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def sections(text):
    """The head of a report, and its sections: first words of a title -> text."""
    head, *rest = ("\n" + text).split("\n## ")
    return head.strip(), {part.split(",")[0].split("\n")[0]: part for part in rest}


class Report:
    def __init__(self, root):
        today = datetime.date.today().isoformat()
        self.now = f"{today}, revision {revision(root)}"
        self.lines = []
        self.missed = []
        self._say("# Results")
        self._say("")
        self._say(
            "Written by `make bench`. Only the ratios of one run count: "
            "absolute figures move from machine to machine."
        )
        self._say("")
        self._say(f"{today}, {machine()}, revision {revision(root)}; servers, "
                  "bridge and measuring programs share the processors.")

    def _say(self, line):
        print(line, flush=True)
        self.lines.append(line)

    def section(self, title):
        self._say("")
        self._say(f"## {title}")
        self._say("")

    def table(self, head, rows):
        self._say("| " + " | ".join(head) + " |")
        self._say("|" + " --- |" * len(head))
        for row in rows:
            self._say("| " + " | ".join(row) + " |")
        self._say("")

    def text(self, text):
        self._say("```")
        for line in text.rstrip().splitlines():
            self._say(line)
        self._say("```")

    def gap(self):
        self._say("")

    def ratio(self, word, value, at_least=None, at_most=None):
        good = (at_least is None or value >= at_least) and (
            at_most is None or value <= at_most
        )
        bound = f"at least {at_least}" if at_least is not None else f"at most {at_most}"
        verdict = "" if good else " **missed**"
        self._say(f"- {word}: **{value:.2f}** ({bound}){verdict}")
        if not good:
            self.missed.append(word)

    def write(self, path):
        """Replace what was measured; of a run of some parts alone, the others
        stay."""
        text = "\n".join(self.lines) + "\n"
        if path.exists():
            head, kept = sections(path.read_text(encoding="utf-8"))
            _head, new = sections(text)
            if not kept.keys() <= new.keys():
                for name, part in new.items():
                    title, _, body = part.partition("\n")
                    kept[name] = f"{title}\n\nMeasured {self.now}.\n{body}"
                parts = [head, *(f"## {part.strip()}" for part in kept.values())]
                text = "\n\n".join(parts) + "\n"
        path.write_text(text, encoding="utf-8")
