# SPDX-License-Identifier: MIT
"""Compile commands of the build, what a file includes, results that are kept."""

import hashlib
import json
import os
import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import ctext


def commands(build):
    """Return {absolute path: list of compiler arguments} of a build folder."""
    database = Path(build) / "compile_commands.json"
    found = {}
    for entry in json.loads(database.read_text()):
        path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        words = entry.get("arguments") or shlex.split(entry["command"])
        found.setdefault(path, words)
    return found


def include_flags(words):
    """Return the -I, -isystem, -D and -U of compiler arguments.

    Each is one tuple: ("-Ifolder",) or ("-isystem", "folder").
    """
    kept, rest = [], iter(words)
    for word in rest:
        if word in ("-I", "-isystem", "-D", "-U"):
            kept.append((word, next(rest, "")))
        elif word.startswith(("-I", "-isystem", "-D", "-U")):
            kept.append((word,))
    return kept


def include_folders(words):
    folders, rest = [], iter(words)
    for word in rest:
        if word == "-I":
            folders.append(next(rest, ""))
        elif word.startswith("-I"):
            folders.append(word[2:])
    return folders


class Closure:
    """All project files that a file includes, directly or not."""

    def __init__(self):
        self._direct = {}

    def _includes(self, path, folders):
        key = (path, tuple(folders))
        if key not in self._direct:
            found = []
            text = Path(path).read_text(errors="replace")
            here = os.path.dirname(path)
            for _, _, name in ctext.includes(text):
                for folder in [here, *folders]:
                    full = os.path.normpath(os.path.join(folder, name))
                    if os.path.isfile(full):
                        found.append(full)
                        break
            self._direct[key] = found
        return self._direct[key]

    def of(self, path, folders):
        seen, todo = set(), [os.path.normpath(path)]
        while todo:
            current = todo.pop()
            if current not in seen:
                seen.add(current)
                todo += self._includes(current, folders)
        return sorted(seen)


def digest(files, *words):
    """Return a hash of file contents and of words, order of files included."""
    made = hashlib.sha256()
    for word in words:
        made.update(str(word).encode() + b"\0")
    for path in files:
        made.update(hashlib.sha256(Path(path).read_bytes()).digest())
    return made.hexdigest()


class GoodResults:
    """Remembers, outside the repository, which inputs were found good."""

    def __init__(self, name):
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        self.folder = Path(base) / "mstream-test" / "checks" / name
        self.folder.mkdir(parents=True, exist_ok=True)

    def has(self, key):
        return (self.folder / key).exists()

    def add(self, key):
        (self.folder / key).touch()


def in_parallel(work, items, jobs):
    """Return the results of work(item), in order, `jobs` at a time."""
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return list(pool.map(work, items))
