# SPDX-License-Identifier: MIT
"""What README.md and docs/ show can be typed, and does what they say."""

import re
import shlex

import pytest
from support import ROOT, config
from support.waiting import wait_until

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def whole_configurations():
    """The TOML blocks that are a file, not a part of one."""
    for page in PAGES:
        blocks = re.findall(r"```toml\n(.*?)```", page.read_text(), re.S)
        for number, block in enumerate(blocks, 1):
            if "[[connectors]]" in block and "[[services]]" in block:
                yield pytest.param(block, id=f"{page.stem}-{number}")


def commands():
    """The lines that call one of our programs, without their comments."""
    for page in PAGES:
        for line in page.read_text().splitlines():
            found = re.match(r"    (mstreamd? .*)", line)
            # The daemon's own are tried in test_daemon.py.
            if found and not found[1].startswith("mstreamd"):
                words = shlex.split(found[1], comments=True)
                yield pytest.param(words, id=f"{page.stem}: {' '.join(words)}")


@pytest.mark.parametrize("text", list(whole_configurations()))
def test_a_configuration_that_is_shown_is_valid(text, mstream, tmp_path):
    path = tmp_path / "mstream-config.toml"
    path.write_text(text)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for schema in re.findall(r'"(\w+\.avsc)"', text):
        (tmp_path / "schemas").mkdir(exist_ok=True)
        (tmp_path / "schemas" / schema).write_text(
            '{"type": "record", "name": "shown", "fields": []}'
        )
    mstream("validate", path, env={"MONGO_URI": "mongodb://127.0.0.1/"})


JOBS = (
    config.state()
    + config.service("generate", "made")
    + config.service("file", "files", path="./out")
    + "".join(
        config.job(
            name,
            {"service_name": "made", "template": '{"n": {{seq}}}', "count": 5},
            {"service_name": "files", "resource": f"{name}.jsonl"},
        )
        for name in ("users", "orders")
    )
)


@pytest.mark.parametrize("words", list(commands()))
def test_a_command_that_is_shown_is_understood(words, mstream, tmp_path):
    (tmp_path / "mstream-config.toml").write_text(JOBS)
    mstream("run", "mstream-config.toml", "--once")
    if ">" in words:
        words = words[: words.index(">")]
    if "import" in words:
        exported = mstream("checkpoints", "export").raw
        (tmp_path / words[-1]).write_bytes(exported)
    done = mstream(*words[1:], code=None, input="yes\n")
    # Jobs that generate have no time, no letters and other positions: that
    # may be refused, the words of the command may not.
    for refusal in ("usage:", "no command", "no option", "--help"):
        assert refusal not in done.err, done


def test_the_walk_through_of_the_readme(
    mongodb, kafka, mstream, mstreamd, tmp_path
):
    text = (ROOT / "README.md").read_text()
    block = next(b for b in re.findall(r"```toml\n(.*?)```", text, re.S))
    topic = kafka.topic("orders", partitions=3)
    for shown, ours in [
        ('db_name = "shop"', f'db_name = "{mongodb.name}"'),
        ("127.0.0.1:9092", kafka.bootstrap),
        ('service_name = "events", resource = "orders"',
         f'service_name = "events", resource = "{topic}"'),
    ]:  # fmt: skip
        assert shown in block
        block = block.replace(shown, ours)
    path = tmp_path / "mstream-config.toml"
    path.write_text(block)
    env = {"MONGO_URI": mongodb.uri}
    orders = mongodb.db["orders"]
    mongodb.db.create_collection("orders")
    mstream("validate", path, env=env)
    mstream("doctor", path, env=env)
    mstream("dry-run", path, "--job", "orders", env=env)
    daemon = mstreamd(path, env=env)
    daemon.wait_log("running")

    def arrives():
        orders.insert_one({"item": "cup"})
        return kafka.count(topic) > 0

    wait_until(arrives, 60, 0.2, what="an order in the topic")
    daemon.stop()
    assert b'"item":"cup"' in kafka.consume_all(topic)[0].value
