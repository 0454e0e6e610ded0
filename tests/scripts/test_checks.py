# SPDX-License-Identifier: MIT
"""Each check finds what it is there to find, and says where."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPDX = "/* SPDX-License-Identifier: MIT */\n"


class Repository:
    """A small repository in which a check is run."""

    def __init__(self, folder):
        self.folder = folder / "repo"
        self.folder.mkdir()
        self.cache = folder / "cache"
        for name in (".clang-format", ".clang-tidy"):
            shutil.copy(ROOT / name, self.folder)

    def write(self, name, text, spdx=True):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((SPDX if spdx else "") + text)
        return path

    def build(self, *names, flags=""):
        (self.folder / "build").mkdir(exist_ok=True)
        src = self.folder / "src"
        entries = [
            {
                "directory": str(self.folder / "build"),
                "file": str(self.folder / name),
                "command": f"cc -I{src} {flags} -std=c11 -c {self.folder / name}",
            }
            for name in names
        ]
        database = self.folder / "build" / "compile_commands.json"
        database.write_text(json.dumps(entries))

    def check(self, name, *arguments):
        """Run a check; returns (exit code, lines it printed)."""
        done = subprocess.run(
            [ROOT / "scripts" / name, "--root", self.folder, *arguments],
            cwd=self.folder,
            env={**os.environ, "XDG_CACHE_HOME": str(self.cache)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout.splitlines()


@pytest.fixture
def repo(tmp_path):
    return Repository(tmp_path)


ALL = ["format", "size", "banned", "includes", "headers", "tidy"]


@pytest.mark.parametrize("name", ALL)
def test_every_check_explains_itself(name):
    done = subprocess.run(
        [ROOT / "scripts" / f"check-{name}", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "example: scripts/check-" in done.stdout


@pytest.mark.parametrize("name", ["format", "size", "banned", "includes"])
def test_a_check_that_looks_at_nothing_fails(repo, name):
    assert repo.check(f"check-{name}")[0] == 1


INCLUDES = [
    ("src/base/a.c", '"core/event.h"', "base may not include"),
    ("src/core/a.c", '"config/x.h"', "core may not include"),
    ("src/config/a.c", '"schema/x.h"', "config may not include"),
    ("src/encodings/a.c", '"clients/x.h"', "encodings may not include"),
    ("src/sources/a.c", '"sinks/x.h"', "sources may not include"),
    ("src/sources/a.c", '"state/x.h"', "sources may not include"),
    ("src/pipeline/a.c", '"config/x.h"', "pipeline may not include"),
    ("src/jobs/a.c", '"state/x.h"', "jobs may not include"),
    ("src/sinks/kafka/a.c", '"sinks/file/x.h"', "sinks/kafka may not"),
    ("src/newcomer/a.c", '"base/x.h"', "no place in the picture"),
    ("src/core/a.c", '"../base/x.h"', "not written from the root"),
    ("src/core/a.c", '"x.h"', "not written from the root"),
    ("src/pipeline/a.c", "<bson/bson.h>", "pipeline may not use"),
    ("src/core/a.c", "<librdkafka/rdkafka.h>", "core may not use"),
    ("cmd/mstreamd/main.c", '"sinks/kafka.h"', "only builtins.c"),
    ("cmd/mstreamd/main.c", '"../../src/base/x.h"', "not written from"),
]


@pytest.mark.parametrize("name,target,finding", INCLUDES)
def test_a_wrong_include_is_found(repo, name, target, finding):
    repo.write(name, f"\n#include {target}\n")
    code, lines = repo.check("check-includes")
    assert code == 1
    assert lines[0].startswith(f"{name}:3: ") and finding in lines[0]


@pytest.mark.parametrize(
    "name,target",
    [
        ("src/log/a.c", '"base/x.h"'),
        ("src/sources/mongodb/a.c", '"sources/mongodb/x.h"'),
        ("src/sources/mongodb/a.c", '"encodings/x.h"'),
        ("src/sinks/a.c", "<librdkafka/rdkafka.h>"),
        ("src/jobs/a.c", '"pipeline/x.h"'),
        ("cmd/mstreamd/builtins.c", '"sinks/kafka.h"'),
        ("cmd/mstream/run.c", '"jobs/x.h"'),
        ("cmd/mstream/run.c", '"run.h"'),
        ("src/base/a.c", '<stdio.h>\n/* #include "core/x.h" */'),
    ],
)
def test_a_right_include_is_not(repo, name, target):
    repo.write(name, f"#include {target}\n")
    assert repo.check("check-includes") == (0, [])


def test_headers_that_include_each_other_are_found(repo):
    repo.write("src/core/a.h", '#include "core/b.h"\n')
    repo.write("src/core/b.h", '#include "core/a.h"\n')
    code, lines = repo.check("check-includes")
    assert code == 1 and "circle" in lines[0]


def test_long_files_are_found(repo):
    repo.write("src/core/long.c", "int a;\n" * 600)
    repo.write("src/core/good.c", "int a;\n" * 599)
    repo.write("src/core/long.h", "int a;\n" * 121)
    repo.write("src/core/talks.h", "int a;\n" * 100 + "/* word */\n" * 100)
    repo.write("scripts/long.py", "pass\n" * 601, spdx=False)
    code, lines = repo.check("check-size")
    assert code == 1
    assert [line.partition(": ")[0] for line in lines] == [
        "scripts/long.py:601",
        "src/core/long.c:601",
        "src/core/long.h:121",
    ]


BANNED = [
    *[
        (f"void f(void) {{ {word}(0); }}", f"{word}: use")
        for word in (
            "sprintf strcpy strcat strtok atoi gets strerror localtime gmtime "
            "system alloca"
        ).split()
    ],
    ("int a; // why", "starts with //"),
    ("/* TO" + "DO: later */", "do it, or write an issue"),
    ("typedef struct a { int b; } a;", "typedef of struct"),
    ("static int counter;", "is static and can change"),
    ("static int table[3] = {1, 2, 3};", "is static and can change"),
    ("static const char *name = 0;", "is static and can change"),
    ("int f(void)\n{\n    static bool once;\n}", "is static and can change"),
]


@pytest.mark.parametrize("text,finding", BANNED)
def test_what_the_house_does_not_use_is_found(repo, text, finding):
    repo.write("src/core/a.c", f"{text}\n")
    code, lines = repo.check("check-banned")
    assert code == 1
    assert any(finding in line for line in lines), lines
    assert lines[0].startswith("src/core/a.c:")


def test_the_line_of_a_banned_function_is_right(repo):
    repo.write("src/core/a.c", "/* a\n * b */\nvoid f(void)\n{\n    gets(0);\n}\n")
    assert repo.check("check-banned")[1][0].startswith("src/core/a.c:6: gets")


GOOD = [
    "void f(void) { snprintf(0, 0, 0); strerror_r(1, 0, 0); }",
    'const char *a = "system(1) // TO' + 'DO";',
    "/* atoi(3) would be wrong */",
    "struct a { int (*system)(void); };",
    "typedef struct a *(*mst_make)(int);",
    "static const int table[] = {1, 2};",
    "static const char *const names[] = {0};",
    "static struct a *make(int b);",
    "static int twice(int a)\n{\n    return a + a;\n}",
    "static inline int one(void)\n{\n    return 1;\n}",
    "static _Thread_local int seed;",
    "static pthread_once_t once = PTHREAD_ONCE_INIT;",
]


@pytest.mark.parametrize("text", GOOD)
def test_what_only_looks_like_it_is_not(repo, text):
    repo.write("src/core/a.c", f"{text}\n")
    assert repo.check("check-banned") == (0, [])


def test_a_missing_licence_line_is_found(repo):
    repo.write("src/core/a.c", "int a;\n", spdx=False)
    code, lines = repo.check("check-banned")
    assert code == 1 and "SPDX" in lines[0]


def test_unformatted_code_is_found_and_mended(repo):
    repo.write("src/core/a.c", "int   a;\n")
    code, lines = repo.check("check-format")
    assert code == 1 and lines[0].startswith("src/core/a.c:2: ")
    assert repo.check("check-format", "--fix")[0] == 0
    assert repo.check("check-format") == (0, [])


def test_a_header_that_needs_another_is_found(repo):
    good = "#ifndef A\n#define A\n#include <stddef.h>\nsize_t a(void);\n#endif\n"
    repo.write("src/core/good.h", good)
    repo.write("src/core/bad.h", "#ifndef B\n#define B\nsize_t b(void);\n#endif\n")
    repo.write("src/core/twice.h", "struct t { int a; };\n")
    repo.build("src/core/a.c")
    code, lines = repo.check("check-headers")
    assert code == 1
    findings = [line for line in lines if line.startswith("src/core/")]
    assert [line.partition(":")[0] for line in findings] == [
        "src/core/bad.h",
        "src/core/twice.h",
    ]


def test_headers_see_the_include_folders_of_the_build(repo):
    for name in ("one", "two"):
        repo.write(f"libraries/{name}/{name}.h", f"extern int {name};\n")
    repo.write("src/core/a.h", "#include <one.h>\n#include <two.h>\n")
    folders = [repo.folder / "libraries" / name for name in ("one", "two")]
    flags = " ".join(f"-isystem {folder}" for folder in folders)
    repo.build("src/core/a.c", "src/core/b.c", flags=flags)
    assert repo.check("check-headers") == (0, [])


CLUMSY = "int clumsy(int a);\nint clumsy(int a)\n{\n    if (a)\n        return 1;\n    return 0;\n}\n"


def test_clang_tidy_finds_and_forgets_nothing(repo):
    repo.write("src/core/a.c", CLUMSY)
    repo.write("src/core/b.c", "int good(void);\nint good(void)\n{\n    return 1;\n}\n")
    repo.build("src/core/a.c", "src/core/b.c")
    for _ in range(2):
        code, lines = repo.check("check-tidy")
        assert code == 1
        assert len(lines) == 1 and lines[0].startswith("src/core/a.c:5: ")
        assert "braces" in lines[0]


def test_clang_tidy_looks_again_when_a_header_changes(repo):
    repo.write("src/core/h.h", "int clumsy(int a);\n")
    body = CLUMSY.partition("\n")[2]
    repo.write("src/core/a.c", '#include "core/h.h"\nint one(void);\nint one(void)\n{\n    return 1;\n}\n')
    repo.build("src/core/a.c")
    assert repo.check("check-tidy") == (0, [])
    repo.write("src/core/h.h", "static inline\n" + body)
    code, lines = repo.check("check-tidy")
    assert code == 1 and lines[0].startswith("src/core/h.h:")


def test_clang_tidy_limits_functions(repo):
    lines = "    a++;\n" * 61
    repo.write("src/core/a.c", f"int f(int a);\nint f(int a)\n{{\n{lines}    return a;\n}}\n")
    repo.build("src/core/a.c")
    code, found = repo.check("check-tidy")
    assert code == 1 and "exceeds recommended size" in found[0]


def test_clang_tidy_looks_again_when_its_configuration_changes(repo):
    repo.write("tests/a.c", CLUMSY)
    repo.build("tests/a.c")
    quiet = "InheritParentConfig: true\nChecks: '-readability-*'\n"
    repo.write("tests/.clang-tidy", quiet, spdx=False)
    assert repo.check("check-tidy") == (0, [])
    (repo.folder / "tests/.clang-tidy").unlink()
    assert repo.check("check-tidy")[0] == 1
