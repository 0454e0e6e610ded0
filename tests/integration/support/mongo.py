# SPDX-License-Identifier: MIT
"""A MongoDB deployment as tests see it."""

from contextlib import contextmanager

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


@contextmanager
def limited_users(secure, database):
    """create(privileges): a connection string of a user with these alone; and
    the database, by a user who may do all."""
    admin = pymongo.MongoClient(secure["MSTREAM_TEST_SECURE_MONGODB_ADMIN"])
    made = []

    def create(privileges):
        name = f"{database}_{len(made)}"
        made.append(name)
        admin.admin.command("createRole", name, privileges=privileges, roles=[])
        admin.admin.command("createUser", name, pwd="p@ss", roles=[name])
        uri = secure["MSTREAM_TEST_SECURE_MONGODB"]
        return f"mongodb://{name}:p%40ss@" + uri.partition("@")[2]

    yield create, admin[database]
    for name in made:
        admin.admin.command("dropUser", name)
        admin.admin.command("dropRole", name)
    admin.drop_database(database)
    admin.close()
