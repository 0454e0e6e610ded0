# SPDX-License-Identifier: MIT
"""A MongoDB deployment as tests see it."""

import pymongo


class Mongo:
    """`client` and `uri` of the deployment, `db` and `name` of this test."""

    def __init__(self, uri, name):
        self.uri, self.name = uri, name
        self.client = pymongo.MongoClient(uri, serverSelectionTimeoutMS=10000)
        self.db = self.client[name]

    def enable_pre_images(self, collection):
        if collection not in self.db.list_collection_names():
            self.db.create_collection(collection)
        self.db.command(
            "collMod",
            collection,
            changeStreamPreAndPostImages={"enabled": True},
        )

    def fail_point(self, name, mode, **data):
        """Set a fail point of the server; returns what ends it."""
        command = self.client.admin.command
        command("configureFailPoint", name, mode=mode, data=data)
        return lambda: command("configureFailPoint", name, mode="off")

    def close(self):
        try:
            self.client.drop_database(self.name)
        finally:
            self.client.close()

    def close_quietly(self):
        """For servers that a test may have left broken."""
        self.client.close()
