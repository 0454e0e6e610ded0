# SPDX-License-Identifier: MIT
"""Fixtures of the integration tests; README.md here says how to use them."""

import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support.faults import FaultProxy  # noqa: E402
from support.http import HttpServer  # noqa: E402
from support.kafka import Kafka  # noqa: E402
from support.mongo import Mongo  # noqa: E402
from support.programs import CommandLine, Daemons  # noqa: E402
from support.servers import ServerPool  # noqa: E402

# Many daemons run side by side.
os.environ.setdefault("MSTREAM_API_PORT", "0")
# libmongoc keeps counters in shared memory named by the process id; those of
# a process that was killed stay, and the next one with its number warns.
os.environ.setdefault("MONGOC_DISABLE_SHM", "1")


@pytest.fixture(scope="session")
def servers():
    """Servers of this test run; see support/servers.py."""
    pool = ServerPool()
    pool.open()
    yield pool
    pool.close()


@pytest.fixture
def unique(request):
    """A name that no other test has; fit for databases, topics and files."""
    words = re.sub(r"[^a-z0-9]+", "_", request.node.name.lower())[:30].strip("_")
    return f"{words}_{uuid.uuid4().hex[:8]}"


@pytest.fixture
def mongodb(servers, unique):
    """The shared replica set, with a database of this test."""
    mongo = Mongo(servers.plain_address("MSTREAM_TEST_MONGODB"), unique)
    yield mongo
    mongo.close()


@pytest.fixture
def kafka(servers, unique):
    """The shared broker, with topics of this test."""
    cluster = Kafka(servers.plain_address("MSTREAM_TEST_KAFKA"), unique)
    yield cluster
    cluster.close()


@pytest.fixture
def secure(servers):
    """The addresses of the variant with TLS and users, as a dict."""
    return servers.shared("secure").env()


@pytest.fixture
def registry_servers(servers):
    """The addresses of the variant with a schema registry, as a dict."""
    return servers.shared("registry").env()


@pytest.fixture(scope="module")
def own_servers(servers, request):
    """own_servers("replica", oplog_mb=64): servers to break at will.

    One set per variant, options and module; ended with the module.
    """
    started = {}
    module = request.module.__name__.rpartition(".")[2]

    def start(variant, **options):
        key = (variant, tuple(sorted(options.items())))
        if key not in started:
            name = f"{module}-{len(started)}"
            started[key] = servers.private(variant, name, **options)
        # A test that failed may have left servers stopped or frozen.
        instance = started[key]
        for server in instance.servers:
            instance.resume(server["name"])
        instance.up()
        return instance

    yield start
    for instance in started.values():
        servers.end(instance)


@pytest.fixture
def mongodb_at(unique):
    """mongodb_at(uri): a Mongo for servers of this test's own."""
    made = []

    def connect(uri):
        made.append(Mongo(uri, unique))
        return made[-1]

    yield connect
    for mongo in made:
        mongo.close_quietly()


@pytest.fixture
def kafka_at(unique):
    """kafka_at(bootstrap, **properties): a Kafka for servers of one's own."""

    def connect(bootstrap, **properties):
        return Kafka(bootstrap, unique, **properties)

    return connect


@pytest.fixture
def fault_proxy(servers):
    """A proxy before the shared servers: .mongodb, .kafka, .cut("kafka")..."""
    proxy = FaultProxy()
    try:
        proxy.before_mongodb(servers.plain_address("MSTREAM_TEST_MONGODB"))
        instance = servers.plain_instance()
        if instance is not None:
            proxy.before_kafka(instance)
        yield proxy
    finally:
        proxy.close()


@pytest.fixture
def own_proxy():
    """A proxy without routes, for servers of one's own."""
    proxy = FaultProxy()
    yield proxy
    proxy.close()


@pytest.fixture
def mstreamd(tmp_path):
    """mstreamd(config_text): a daemon that is ready; see Daemons."""
    daemons = Daemons(tmp_path)
    yield daemons
    daemons.close()


@pytest.fixture
def mstream(tmp_path):
    """mstream("validate", path, code=2): run the command line."""
    return CommandLine(tmp_path)


@pytest.fixture
def make_http():
    """make_http(certificate=None, ...): an HttpServer; see support/http.py."""
    made = []

    def make(*arguments, **keys):
        made.append(HttpServer(*arguments, **keys))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A folder with ca.pem, server.pem, client.pem, other-ca.pem."""
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    for name in ("ca", "other-ca"):
        openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
        )  # fmt: skip
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    (folder / "wrong-names").write_text("subjectAltName=DNS:elsewhere")
    for name, names in (
        ("server", "names"),
        ("wrong", "wrong-names"),
        ("client", "names"),
    ):
        openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr",
        )  # fmt: skip
        openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "30", "-extfile", names, "-out", f"{name}.crt",
        )  # fmt: skip
        (folder / f"{name}.pem").write_text(
            (folder / f"{name}.crt").read_text() + (folder / f"{name}.key").read_text()
        )
    return folder


@pytest.fixture
def http_letters(mstream):
    """http_letters(): what was rejected, by the state of the test's daemon."""

    def found():
        return mstream(
            "dlq", "list", "--json", "--config", mstream.folder / "mstream-0.toml"
        ).json()

    return found
