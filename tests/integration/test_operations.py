# SPDX-License-Identifier: MIT
"""docs/operations.md is typed from its top to its end, under load."""

import json
import os
import socket
import subprocess

import pytest
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
)
from support import ROOT
from support.crash import Verdict, Writer
from support.host import Host, chapters
from support.programs import binary
from support.waiting import wait_until

PAGE = ROOT / "docs/operations.md"
LARGE = 100_000  # bytes: what fits a record until it is mended


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Story:
    """What happens to the job of the page between its chapters."""

    def __init__(self, mongodb, kafka, folder):
        self.mongodb, self.kafka = mongodb, kafka
        self.topic = kafka.topic("orders", max__message__bytes=LARGE)
        self.orders = mongodb.db["orders"]
        mongodb.db.create_collection("orders")
        self.writer = Writer(self.orders, keys=20, per_second=200)
        now = mongodb.client.admin.command("ping")["operationTime"]
        port = free_port()
        url = f"127.0.0.1:{port}"
        self.host = Host(
            folder,
            {"MSTREAM_API_PORT": str(port), "MSTREAM_URL": f"http://{url}"},
            {
                "127.0.0.1:8787": url,
                "127.0.0.1:9092": kafka.bootstrap,
                "mongodb://127.0.0.1:27017/?replicaSet=rs0": mongodb.uri,
                # The oplog of a server that others use may begin in the
                # middle of a transaction.
                'start = "earliest"': f'start = "timestamp:{now.time},{now.inc}"',
                'db_name = "shop"': f'db_name = "{mongodb.name}"',
                'resource = "orders", output': f'resource = "{self.topic}", output',
            },
        )
        for version in ("0.1.0", "0.1.1"):
            subprocess.run(
                [ROOT / "packaging/build-deb", binary("mstream").parent.parent, folder],
                env={**os.environ, "VERSION": version},
                capture_output=True,
                check=True,
            )

    # --- what came ---------------------------------------------------------

    def versions(self):
        for record in self.kafka.consume_all(self.topic):
            doc = json.loads(record.value)
            if "v" in doc:
                yield doc["_id"], doc["v"]

    def wait_more(self, more=50):
        before = self.kafka.count(self.topic)
        wait_until(
            lambda: self.kafka.count(self.topic) >= before + more,
            60,
            0.1,
            what=f"{more} more records\n{self.host.daemon_log()}",
        )

    def letters(self):
        return json.loads(self.host.type("mstream dlq list --json 2>/dev/null"))

    # --- before and after chapters -----------------------------------------

    def after_start_stop_reload(self):
        self.writer.start()
        self.wait_more()

    def after_back_up(self):
        self.wait_more()

    def after_restore(self):
        self.wait_more()

    def before_upgrade_and_downgrade(self):
        self.wait_more()

    def after_upgrade_and_downgrade(self):
        self.wait_more()

    def before_a_lost_position(self):
        """The oplog has to reach back for as long as is rewound."""
        oplog = self.mongodb.client.local["oplog.rs"]
        first = oplog.find_one(sort=[("$natural", 1)])["ts"].time

        def long():
            now = self.mongodb.client.admin.command("ping")["operationTime"]
            return now.time - first > 32

        wait_until(long, 60, 0.5)

    def after_a_lost_position(self):
        self.wait_more()

    def before_a_poison_event(self):
        self.orders.insert_one({"_id": "poison", "text": os.urandom(LARGE).hex()})
        wait_until(self.letters, 60, 0.2, what="the dead letter")

    def between_a_poison_event(self, block):
        if block != 1:
            return
        # What the page says: the topic's limit is raised.
        topic = ConfigResource(
            ConfigResource.Type.TOPIC,
            self.topic,
            incremental_configs=[
                ConfigEntry(
                    "max.message.bytes",
                    str(10 * LARGE),
                    incremental_operation=AlterConfigOpType.SET,
                )
            ],
        )
        for done in self.kafka.admin.incremental_alter_configs([topic]).values():
            done.result(30)

    def after_a_poison_event(self):
        assert not self.letters()
        sent = (json.loads(r.value) for r in self.kafka.consume_all(self.topic))
        assert any(doc["_id"] == "poison" for doc in sent)

    def between_moving_a_job_to_another_daemon(self, block):
        if block == 1:
            # The other machine: nothing is known there.
            self.host.type("systemctl stop mstreamd")
            self.host.type("rm /var/lib/mstream/*")

    def after_moving_a_job_to_another_daemon(self):
        self.wait_more()

    def tell(self):
        for heading, blocks in chapters(PAGE):
            name = "_".join(heading.lower().replace(",", "").split())
            getattr(self, f"before_{name}", lambda: None)()
            for number, block in enumerate(blocks):
                between = getattr(self, f"between_{name}", lambda _: None)
                between(number)
                self.host.type(block)
            getattr(self, f"after_{name}", lambda: None)()

    def finish(self):
        self.writer.stop()
        wait_until(
            lambda: dict(Verdict(self.versions()).newest)
            == dict(self.writer.versions),
            60,
            0.2,
            what="the last versions",
        )
        Verdict(self.versions()).check(self.writer.versions)

    def close(self):
        self.host.close()


@pytest.fixture
def story(mongodb, kafka, tmp_path):
    one = Story(mongodb, kafka, tmp_path / "host")
    yield one
    one.close()


def test_the_page_of_operations_can_be_typed(story):
    """And nothing is missing after all of it: backups that are restored,
    upgrades and downgrades, rewinds and replays."""
    story.tell()
    story.finish()


def test_every_chapter_that_has_something_to_type_is_known():
    """A heading that was renamed would go without its checks."""
    names = {"_".join(h.lower().replace(",", "").split()) for h, _ in chapters(PAGE)}
    hooks = {
        name.partition("_")[2]
        for name in vars(Story)
        if name.split("_")[0] in ("before", "between", "after")
    }
    assert hooks <= names, hooks - names
