# SPDX-License-Identifier: MIT
"""What a job wrote into files, also while it is still writing."""

import json
import re

from .waiting import wait_until


def text_of(folder, pattern):
    """All files of the pattern, in the order of names."""

    def read():
        try:
            return [
                path.read_text()
                for path in sorted(folder.glob(pattern), key=str)
            ]
        except FileNotFoundError:
            return None  # renamed meanwhile: look again

    texts = []
    wait_until(lambda: texts.append(read()) or texts[-1] is not None)
    return "".join(texts[-1])


def lines_of(folder, pattern, keepends=False):
    return text_of(folder, pattern).splitlines(keepends=keepends)


def written(folder, name):
    """The numbers in a job's files, the one that is being written included."""
    text = text_of(folder / "out", f"*{name}.jsonl*")
    return [int(n) for n in re.findall(r'"n": ?(\d+)}', text)]


def without_gap(seen):
    return seen == list(range(seen[0], seen[0] + len(seen)))


def numbers(folder, pattern="*", field="seq", writing=False):
    """The field of every document. While somebody is writing, the end of a
    line may not be there yet."""
    found = []
    for line in lines_of(folder, pattern, keepends=True):
        if writing and not line.endswith("\n"):
            continue
        document = json.loads(line)
        if field in document:
            found.append(document[field])
    return found
