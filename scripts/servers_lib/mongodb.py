# SPDX-License-Identifier: MIT
"""MongoDB replica sets: one member, three members, or one with TLS and users."""

import base64
import os
import secrets
import time

from . import cache, process, tls
from .errors import ServersError
from .ports import HOST

SET_NAME = "mst"
USER, PASSWORD = "app", "app-secret"
ADMIN, ADMIN_PASSWORD = "admin", "admin-secret"


def plan(name, folder, port, options, certificates=None):
    """Return the record of one mongod, not yet started."""
    binary, env = cache.mongod()
    argv = [
        str(binary),
        "--dbpath", str(folder / "data"),
        "--port", str(port),
        "--bind_ip", HOST,
        "--replSet", SET_NAME,
        "--oplogSize", str(options["oplog_mb"]),
        "--wiredTigerCacheSizeGB", str(options["cache_mb"] / 1024),
        "--nounixsocket",
        "--setParameter", "enableTestCommands=1",
        "--setParameter", "diagnosticDataCollectionEnabled=false",
        "--setParameter", "shutdownTimeoutMillisForSignaledShutdown=2000",
        "--setParameter", "expiredChangeStreamPreImageRemovalJobSleepSecs=1",
        # Without this the journal alone takes 300 MB of disk.
        "--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=16MB)",
    ]
    query = "directConnection=true"
    if certificates:
        argv += _security_arguments(folder, certificates)
        query += f"&tls=true&tlsCAFile={certificates}/ca.pem"
    return {
        "kind": "mongodb",
        "name": name,
        "dir": str(folder),
        "port": port,
        "argv": argv,
        "env": env,
        "ping": f"mongodb://{HOST}:{port}/?{query}",
    }


def _security_arguments(folder, certificates):
    folder.mkdir(parents=True, exist_ok=True)
    key_file = folder / "member.key"
    if not key_file.exists():
        key_file.write_bytes(base64.b64encode(secrets.token_bytes(300)))
        key_file.chmod(0o400)
    return [
        "--tlsMode", "requireTLS",
        "--tlsCertificateKeyFile", f"{certificates}/server.pem",
        "--tlsCAFile", f"{certificates}/ca.pem",
        "--tlsAllowConnectionsWithoutCertificates",
        "--keyFile", str(key_file),
        "--setParameter",
        "authenticationMechanisms=SCRAM-SHA-1,SCRAM-SHA-256,MONGODB-X509",
    ]  # fmt: skip


def prepare(server):
    os.makedirs(f"{server['dir']}/data", exist_ok=True)


def client(uri, timeout_ms=2000, **more):
    """Return a pymongo client that gives up quickly."""
    # Imported late: `status` and `down` work without the venv.
    import pymongo

    return pymongo.MongoClient(
        uri,
        serverSelectionTimeoutMS=timeout_ms,
        connectTimeoutMS=timeout_ms,
        **more,
    )


def is_ready(server):
    import pymongo.errors

    try:
        with client(server["ping"], 500) as connection:
            return connection.admin.command("ping")["ok"] == 1
    except pymongo.errors.PyMongoError:
        return False


def initiate(servers, seconds=30):
    """Make the started members one replica set with a primary."""
    import pymongo.errors

    config = {
        "_id": SET_NAME,
        "members": [
            {"_id": i, "host": f"{HOST}:{server['port']}"}
            for i, server in enumerate(servers)
        ],
        "settings": {"electionTimeoutMillis": 2000},
    }
    if len(servers) > 1:
        config["settings"]["heartbeatIntervalMillis"] = 500
    with client(servers[0]["ping"]) as connection:
        try:
            connection.admin.command("replSetInitiate", config)
        except pymongo.errors.OperationFailure as error:
            if error.codeName != "AlreadyInitialized":
                raise
    wait_primary(servers, seconds)


def primary(servers):
    """Return the record of the member that takes writes, or None."""
    import pymongo.errors

    for server in servers:
        if not process.alive(server.get("ident")):
            continue
        try:
            with client(server["ping"], 500) as connection:
                hello = connection.admin.command("hello")
        except pymongo.errors.PyMongoError:
            continue
        if hello.get("isWritablePrimary"):
            return server
    return None


def wait_primary(servers, seconds=30):
    deadline = time.monotonic() + seconds
    while True:
        found = primary(servers)
        if found:
            return found
        if time.monotonic() > deadline:
            raise ServersError(f"the replica set has no primary after {seconds} s")
        time.sleep(0.05)


def step_down(servers, seconds=5):
    """Make the primary step down and return the record that it was."""
    import pymongo.errors

    found = wait_primary(servers)
    with client(found["ping"], 15000) as connection:
        try:
            connection.admin.command(
                "replSetStepDown", seconds, secondaryCatchUpPeriodSecs=2
            )
        except pymongo.errors.AutoReconnect:
            # The server may drop the connection that asked.
            pass
    return found


def create_users(server):
    """Make the users of the secure variant over the localhost exception."""
    import pymongo.errors

    everything = [
        "readWriteAnyDatabase", "dbAdminAnyDatabase", "clusterMonitor",
    ]  # fmt: skip
    with client(server["ping"]) as connection:
        try:
            connection.admin.command(
                "createUser", ADMIN, pwd=ADMIN_PASSWORD, roles=["root"]
            )
        except pymongo.errors.OperationFailure as error:
            # 13: there are users, so that the exception no longer holds.
            if error.code != 13:
                raise
            return
    login = {"username": ADMIN, "password": ADMIN_PASSWORD}
    with client(server["ping"], authSource="admin", **login) as connection:
        connection.admin.command(
            "createUser",
            USER,
            pwd=PASSWORD,
            roles=everything,
            mechanisms=["SCRAM-SHA-1", "SCRAM-SHA-256"],
        )
        connection["$external"].command(
            "createUser",
            tls.CLIENT_USER,
            roles=[{"role": role, "db": "admin"} for role in everything],
        )


def uri(servers, login="", **options):
    hosts = ",".join(f"{HOST}:{server['port']}" for server in servers)
    query = "&".join(
        f"{key}={value}"
        for key, value in {"replicaSet": SET_NAME, **options}.items()
    )
    return f"mongodb://{login}{hosts}/?{query}"
