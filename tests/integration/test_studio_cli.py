# SPDX-License-Identifier: MIT
"""Scripts checked and tested on the command line."""

import json
import re
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest
from support.api import Api, jobs_text

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "examples/scripts").glob("*.lua"))
TESTED = [script for script in SCRIPTS if script.with_suffix(".test.json").exists()]
MASK = "function transform(d)\n  d.email = mask_email(d.email)\n  return d\nend\n"


@pytest.mark.parametrize("script", TESTED, ids=lambda path: path.stem)
def test_the_examples_pass_their_tests(mstream, script):
    done = mstream("transform", "test", script)
    assert re.search(r"^(\d+) of \1 passed$", done.out, re.M), done.out
    mstream("transform", "validate", script)


def test_there_are_examples():
    assert {path.stem for path in TESTED} >= {"mask", "route", "split", "aggregate"}


def test_the_cases_that_the_documentation_shows_pass(mstream, tmp_path):
    text = (ROOT / "docs/studio.md").read_text()
    shown = re.findall(r"```json\n(.*?)```", text, re.S)
    assert shown
    (tmp_path / "mask.lua").write_text(MASK)
    cases = [json.loads(one) for one in shown]
    (tmp_path / "mask.test.json").write_text(json.dumps(cases))
    done = mstream("transform", "test", tmp_path / "mask.lua")
    assert done.out.endswith(f"{len(cases)} of {len(cases)} passed\n")


def test_a_case_that_fails_is_told_and_counted(mstream, tmp_path):
    (tmp_path / "mask.lua").write_text(MASK)
    cases = [
        {"name": "good", "input": {"email": "a@b"}, "expected": {"email": "*@b"}},
        {"name": 'not "so" <good>', "input": {"email": "a@b"}, "expected": {"email": 5}},
        {"name": "raises", "input": {"email": "a@b"}, "expected_error": "no"},
    ]
    suite, junit = tmp_path / "suite.json", tmp_path / "out.xml"
    suite.write_text(json.dumps({"name": "x", "cases": cases}))
    args = ("transform", "test", tmp_path / "mask.lua", "--suite", suite)
    done = mstream(*args, "--junit", junit, code=1)
    assert "ok    good\n" in done.out and 'FAIL  not "so" <good>\n' in done.out
    assert 'email: it is string instead of int32 (equals, expected 5, actual "*@b")' in done.out
    assert done.out.endswith("1 of 3 passed\n")
    root = xml.parse(junit).getroot()
    assert (root.get("tests"), root.get("failures")) == ("3", "2")
    assert [one.get("name") for one in root] == [case["name"] for case in cases]
    assert len(root[0]) == 0 and "int32" in root[1][0].get("message")
    answer = json.loads(mstream(*args, "--json", code=1).out)
    assert answer["summary"] == {"total": 3, "passed": 1, "failed": 2}


def test_what_is_no_test_is_refused(mstream, tmp_path):
    script, suite = tmp_path / "mask.lua", tmp_path / "mask.test.json"
    script.write_text(MASK)
    mstream("transform", "test", script, code=1)  # there is no file of cases
    for text, said in [
        ("{}", "cases"),
        ("[1]", "case 1"),
        ('[{"name": "a", "inptu": {}}]', "did you mean 'input'"),
        ("[{]", "mask.test.json"),
    ]:
        suite.write_text(text)
        done = mstream("transform", "test", script, code=2)
        assert said in done.err, done.err
    suite.write_text("[]")
    script.write_text("function transform(")
    assert "mask.lua:1" in mstream("transform", "test", script, code=2).err


def test_scripts_are_checked(mstream, tmp_path):
    good, bad, odd = (tmp_path / f"{name}.lua" for name in ("good", "bad", "odd"))
    good.write_text(MASK)
    bad.write_text("function transform(d)\n  return d +\nend\n")
    odd.write_text("function transform(d)\n  return mask_mail(d)\nend\n")
    done = mstream("transform", "validate", good, bad, odd, code=2)
    lines = done.out.splitlines()
    assert lines[0] == f"{good}: ok"
    assert lines[1].startswith(f"{bad}:3:1: error: ")
    assert lines[2].startswith(f"{odd}:2:10: warning: ") and "mask_email" in lines[2]
    assert mstream("transform", "validate", odd).code == 0
    answer = json.loads(mstream("transform", "validate", bad, "--json", code=2).out)
    assert answer[0]["file"] == str(bad) and answer[0]["answer"]["valid"] is False


def test_generated_cases_pass(mstream, tmp_path):
    script, sample = tmp_path / "mask.lua", tmp_path / "doc.json"
    script.write_text(MASK)
    sample.write_text('{"email": "joe@example.org", "n": {"$numberLong": "3"}}')
    made = mstream("transform", "generate", script, "--input", sample).out
    assert len(json.loads(made)["cases"]) > 10
    (tmp_path / "mask.test.json").write_text(made)
    mstream("transform", "test", script)
    few = mstream("transform", "generate", script, "--input", sample, "--max-cases", "2")
    assert len(json.loads(few.out)["cases"]) == 2 and "--max-cases" in few.err


def test_documents_of_each_encoding_are_run(mstream, tmp_path):
    script, schema, data = (tmp_path / name for name in ("a.lua", "a.avsc", "a.bin"))
    script.write_text("function transform(d) d.n = d.n + 1 return d end")
    schema.write_text('{"type":"record","name":"R","fields":[{"name":"n","type":"long"}]}')
    data.write_bytes(b"\x0e")
    args = ("transform", "run", script, "--input", data)
    done = mstream(*args, "--encoding", "avro", "--input-schema", schema)
    assert json.loads(done.out) == {"n": 8}
    data.write_bytes(b"\x0c\x00\x00\x00\x10n\x00\x07\x00\x00\x00\x00")
    assert json.loads(mstream(*args, "--encoding", "bson").out) == {"n": 8}
    data.write_text('{"n": 1}\n{"n": 2}\n')
    assert mstream(*args, "--schema", schema).out == '{"n":2}\n{"n":3}\n'
    data.write_text('{"n": 1, "m": 2}\n{"n": "x"}\n')
    assert "line 2" in mstream(*args, code=3).err
    assert mstream(*args, "--encoding", "avro", code=3).out == ""


def test_a_daemon_keeps_tests_and_runs_them(mstream, mstreamd, tmp_path):
    url = Api(mstreamd(jobs_text("a"))).url
    script, suite, junit = (tmp_path / name for name in ("mask.lua", "suite.json", "out.xml"))
    script.write_text(MASK)
    good = {"name": "good", "input": {"email": "a@b"}, "expected": {"email": "*@b"}}
    suite.write_text(json.dumps({"name": "masks", "cases": [good]}))

    def suites(*args, code=0):
        return mstream("suites", *args, "--url", url, code=code)

    assert "no tests" in suites("list").out
    assert suites("create", suite, "--script", script, "--id", "mask").out == "mask\n"
    assert "mask" in suites("create", suite, "--script", script, "--id", "mask", code=1).err
    assert re.search(r"^mask +masks +1 ", suites("list").out, re.M)
    assert json.loads(suites("show", "mask").out)["cases"] == [good]
    assert suites("run", "mask", "--junit", junit).out == "ok    good\n1 of 1 passed\n"
    assert xml.parse(junit).getroot().get("failures") == "0"
    script.write_text("function transform(d) return {} end")
    done = suites("run", "mask", "--script", script, code=1)
    assert "FAIL  good\n      email: it is not there" in done.out
    assert json.loads(suites("run", "mask", "--json").out)["summary"]["passed"] == 1
    suites("delete", "mask")
    assert "mask" in suites("run", "mask", code=1).err
    suite.write_text("{")
    assert f"{suite}:1:" in suites("create", suite, code=2).err
