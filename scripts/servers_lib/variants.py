# SPDX-License-Identifier: MIT
"""What each variant is made of. Nothing is started here.

A builder takes a `Site` and returns {"servers": [...], "env": {...}} and,
where the variant has certificates, "certificates": folder.
"""

import os
from urllib.parse import quote

from . import kafka, mongodb, ports, proxy, registry, tls
from .errors import ServersError

# Listeners of the plain broker that advertise a fault proxy's port. Slot 0 is
# for the `proxy` variant, the others for test runs that bring their own.
PROXY_SLOTS = 4
DEFAULTS = {"oplog_mb": 512, "cache_mb": 256, "heap_mb": 384, "partitions": 4}
EXTERNAL = ("MSTREAM_TEST_MONGODB", "MSTREAM_TEST_KAFKA")


class Site:
    """Where a variant is built: its folder, its options, free ports."""

    def __init__(self, folder, options, taken=(), external=None, plain=None):
        self.folder = folder
        self.options = {**DEFAULTS, **options}
        self.external = external or {}
        self.plain = plain
        self._taken = set(taken)

    def ports(self, count):
        found = ports.take(count, self._taken)
        self._taken.update(found)
        return found

    def port(self):
        return self.ports(1)[0]


def build_plain(site):
    servers, env = [], dict(site.external)
    if "MSTREAM_TEST_MONGODB" not in env:
        member = mongodb.plan(
            "mongodb", site.folder / "mongodb", site.port(), site.options
        )
        servers.append(member)
        env["MSTREAM_TEST_MONGODB"] = mongodb.uri([member])
    if "MSTREAM_TEST_KAFKA" not in env:
        client, controller, *rest = site.ports(2 + 2 * PROXY_SLOTS)
        where = {
            "client": client,
            "controller": controller,
            "proxies": list(zip(rest[:PROXY_SLOTS], rest[PROXY_SLOTS:])),
        }
        broker = kafka.plan(
            "kafka", site.folder / "kafka", 1, where, site.options
        )
        kafka.configure([broker])
        servers.append(broker)
        env["MSTREAM_TEST_KAFKA"] = broker["client"]["bootstrap.servers"]
    return {"servers": servers, "env": env}


def build_secure(site):
    certificates = tls.create(site.folder / "tls")
    member = mongodb.plan(
        "mongodb",
        site.folder / "mongodb",
        site.port(),
        site.options,
        certificates,
    )
    client, mtls, controller = site.ports(3)
    where = {"client": client, "mtls": mtls, "controller": controller}
    broker = kafka.plan("kafka", site.folder / "kafka", 1, where, site.options)
    kafka.configure([broker], certificates)
    with_tls = {"tls": "true", "tlsCAFile": f"{certificates}/ca.pem"}
    scram = {**with_tls, "authSource": "admin"}
    x509 = {
        **with_tls,
        "tlsCertificateKeyFile": f"{certificates}/client.pem",
        "authMechanism": "MONGODB-X509",
        "authSource": quote("$external"),
    }
    user = f"{mongodb.USER}:{mongodb.PASSWORD}@"
    admin = f"{mongodb.ADMIN}:{mongodb.ADMIN_PASSWORD}@"
    env = {
        "MSTREAM_TEST_SECURE_MONGODB": mongodb.uri([member], user, **scram),
        "MSTREAM_TEST_SECURE_MONGODB_ADMIN": mongodb.uri(
            [member], admin, **scram
        ),
        "MSTREAM_TEST_SECURE_MONGODB_X509": mongodb.uri([member], **x509),
        "MSTREAM_TEST_SECURE_KAFKA": f"{ports.HOST}:{client}",
        "MSTREAM_TEST_SECURE_KAFKA_MTLS": f"{ports.HOST}:{mtls}",
        "MSTREAM_TEST_SECURE_KAFKA_USER": kafka.USER,
        "MSTREAM_TEST_SECURE_KAFKA_PASSWORD": kafka.PASSWORD,
        "MSTREAM_TEST_SECURE_TLS": str(certificates),
    }
    return {
        "servers": [member, broker],
        "env": env,
        "certificates": str(certificates),
    }


def build_replica(site):
    members = [
        mongodb.plan(
            f"mongodb:{i}", site.folder / f"mongodb-{i}", port, site.options
        )
        for i, port in enumerate(site.ports(3), start=1)
    ]
    env = {"MSTREAM_TEST_REPLICA_MONGODB": mongodb.uri(members)}
    return {"servers": members, "env": env}


def build_brokers(site):
    brokers = []
    for node in (1, 2, 3):
        client, controller = site.ports(2)
        where = {"client": client, "controller": controller}
        folder = site.folder / f"kafka-{node}"
        brokers.append(
            kafka.plan(f"kafka:{node}", folder, node, where, site.options)
        )
    kafka.configure(brokers)
    addresses = [b["client"]["bootstrap.servers"] for b in brokers]
    env = {"MSTREAM_TEST_BROKERS_KAFKA": ",".join(addresses)}
    return {"servers": brokers, "env": env}


def build_proxy(site):
    """A fault proxy before the plain variant, which must be up."""
    routes, env = {}, {}
    for server in (site.plain or {"servers": []})["servers"]:
        if server["kind"] == "mongodb":
            front = site.port()
            routes["mongodb"] = (front, f"{ports.HOST}:{server['port']}")
            env["MSTREAM_TEST_PROXY_MONGODB"] = (
                f"mongodb://{ports.HOST}:{front}/?directConnection=true"
            )
        elif server["kind"] == "kafka":
            behind, front = server["ports"]["proxies"][0]
            routes["kafka"] = (front, f"{ports.HOST}:{behind}")
            env["MSTREAM_TEST_PROXY_KAFKA"] = f"{ports.HOST}:{front}"
    if not routes:
        raise ServersError(
            "the proxy variant stands before servers of the plain variant",
            "run scripts/servers up --variant plain first",
        )
    record = proxy.plan("proxy", site.folder / "proxy", site.port(), routes)
    env["MSTREAM_TEST_PROXY_CONTROL"] = str(record["port"])
    return {"servers": [record], "env": env}


def build_registry(site):
    certificates = tls.create(site.folder / "tls")
    port, tls_port = site.ports(2)
    record = registry.plan(
        "registry", site.folder / "registry", port, tls_port, certificates
    )
    env = {
        "MSTREAM_TEST_REGISTRY": f"http://{ports.HOST}:{port}{registry.PATH}",
        "MSTREAM_TEST_REGISTRY_TLS": (
            f"https://{ports.HOST}:{tls_port}{registry.PATH}"
        ),
        "MSTREAM_TEST_REGISTRY_CERTIFICATES": str(certificates),
    }
    # No users to be made: these certificates are for the registry alone.
    return {"servers": [record], "env": env}


BUILDERS = {
    "plain": build_plain,
    "secure": build_secure,
    "replica": build_replica,
    "brokers": build_brokers,
    "registry": build_registry,
    "proxy": build_proxy,
}
SUMMARY = {
    "plain": "one-member replica set, one broker",
    "secure": "the same with TLS, SCRAM, X.509 and mutual TLS",
    "replica": "three-member replica set with fast elections",
    "brokers": "three brokers, replication 3",
    "registry": "schema registry, plain and with TLS",
    "proxy": "fault proxy before the plain servers",
}


def external_servers(own_env):
    """Servers that the user names in the environment, unless they are ours."""
    found = {}
    for name in EXTERNAL:
        value = os.environ.get(name)
        if value and value != own_env.get(name):
            found[name] = value
    return found
