# SPDX-License-Identifier: MIT
"""The table of tests/integration/README.md names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "tests" / "integration" / "README.md"


def named():
    text = README.read_text().partition("## What proves what")[2]
    return re.findall(r"`([^`]+)`", text.partition("\n## ")[0])


def test_every_test_in_the_table_exists():
    folder = README.parent
    known = {path.name for path in folder.glob("test_*.py")}
    for path in folder.glob("test_*.py"):
        known |= set(re.findall(r"^def (test_\w+)", path.read_text(), re.M))
    names = [name for name in named() if name.startswith("test_")]
    assert len(names) > 30
    assert [name for name in names if name not in known] == []


def test_every_path_in_the_table_exists():
    paths = [name for name in named() if "/" in name]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
