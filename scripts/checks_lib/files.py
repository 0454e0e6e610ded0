# SPDX-License-Identifier: MIT
"""The files that a check looks at, and how it reports what it finds."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

C_FOLDERS = ("src", "cmd", "tests", "bench")
C_ENDINGS = (".c", ".h", ".cpp", ".hpp")


def parser(doc, example, files=True):
    """Return the argument parser that all checks have in common."""
    made = argparse.ArgumentParser(
        description=doc,
        epilog=f"example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--root",
        type=Path,
        default=Path(__file__).resolve().parents[2],
        help="repository to look at (default: this one)",
    )
    if files:
        made.add_argument(
            "files", nargs="*", help="only these (default: all that apply)"
        )
    return made


def _listed(root):
    """Files that git knows or would add; all files where there is no git."""
    done = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return sorted(set(filter(None, done.stdout.split("\0"))))
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith((".", "build"))]
        found += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return sorted(found)


def all_files(root, only=()):
    """Return relative paths of the repository's files, or of those named."""
    root = Path(root).resolve()
    if only:
        named = [Path(name).resolve() for name in only]
        return [str(path.relative_to(root)) for path in named]
    return [name for name in _listed(root) if (root / name).is_file()]


def c_files(root, only=(), folders=C_FOLDERS, endings=C_ENDINGS):
    return [
        name
        for name in all_files(root, only)
        if name.endswith(endings) and name.split("/")[0] in folders
    ]


def changed_since(root, base):
    """Return relative paths that differ from where this branch left `base`."""

    def git(*words):
        return subprocess.run(
            ["git", "-C", str(root), *words],
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    fork = git("merge-base", base, "HEAD").strip() or "HEAD"
    names = git("diff", "--name-only", fork).split("\n")
    names += git("ls-files", "--others", "--exclude-standard").split("\n")
    return {name for name in names if name}


class Report:
    """Findings as file:line: text, and the exit code."""

    def __init__(self, name):
        self.name, self.findings = name, []

    def add(self, path, line, text):
        self.findings.append((path, line, text))

    def end(self, looked_at):
        for path, line, text in sorted(set(self.findings)):
            print(f"{path}:{line}: {text}")
        if not looked_at:
            # A check that looks at nothing must not pass for a good one.
            print(f"{self.name}: no files to look at", file=sys.stderr)
            return 1
        count = len(set(self.findings))
        verdict = "ok" if not count else f"{count} findings"
        print(f"{self.name}: {looked_at} files, {verdict}", file=sys.stderr)
        return 1 if count else 0
