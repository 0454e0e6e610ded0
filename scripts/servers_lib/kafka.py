# SPDX-License-Identifier: MIT
"""Kafka brokers in KRaft mode: one, three, or one with TLS and SASL."""

import base64
import os
import subprocess
import uuid

from . import cache, tls
from .errors import ServersError
from .ports import HOST

USER, PASSWORD = "app", "app-secret"
BROKER_USER, BROKER_PASSWORD = "broker", "broker-secret"
_MECHANISMS = ["SCRAM-SHA-256", "SCRAM-SHA-512"]


def plan(name, folder, node, ports, options):
    """Return the record of one broker, not yet started.

    `ports` holds "client" and "controller" and, where the broker is to be
    reached through a fault proxy, "proxies": pairs of the port that the
    broker listens on and the port of the proxy, which it advertises.
    """
    heap = f"-Xmx{options['heap_mb']}m"
    argv = [
        "java", "-Xms128m", heap, "-XX:TieredStopAtLevel=1",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-cp", cache.kafka_classpath(),
        "kafka.Kafka", str(folder / "server.properties"),
    ]  # fmt: skip
    return {
        "kind": "kafka",
        "name": name,
        "dir": str(folder),
        "node": node,
        "port": ports["client"],
        "ports": ports,
        "argv": argv,
        "env": {},
        "client": {"bootstrap.servers": f"{HOST}:{ports['client']}"},
        "options": options,
    }


def configure(servers, certificates=None):
    """Write server.properties of brokers that form one cluster."""
    voters = ",".join(
        f"{s['node']}@{HOST}:{s['ports']['controller']}" for s in servers
    )
    for server in servers:
        server["voters"] = voters
        server["secure"] = certificates is not None
        if certificates:
            server["client"] = client_config(server, certificates)
        properties = _common(server, len(servers), voters)
        if certificates:
            properties.update(_secure_listeners(server, certificates))
        else:
            properties.update(_plain_listeners(server))
        os.makedirs(server["dir"], exist_ok=True)
        text = "".join(f"{key}={value}\n" for key, value in properties.items())
        with open(f"{server['dir']}/server.properties", "w") as file:
            file.write(text)


def _common(server, brokers, voters):
    copies = min(brokers, 3)
    return {
        "process.roles": "broker,controller",
        "node.id": server["node"],
        "controller.quorum.voters": voters,
        "controller.listener.names": "CONTROLLER",
        "log.dirs": f"{server['dir']}/data",
        "num.partitions": server["options"]["partitions"],
        # A misspelt topic is to be an error, not a new topic.
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": max(1, copies - 1),
        "transaction.state.log.num.partitions": 4,
        "default.replication.factor": copies,
        "min.insync.replicas": max(1, copies - 1),
        "group.initial.rebalance.delay.ms": 0,
        "log.index.size.max.bytes": 1048576,
        # Faults are to be over in seconds.
        "controller.quorum.fetch.timeout.ms": 1000,
        "controller.quorum.election.timeout.ms": 500,
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
    }


def _plain_listeners(server):
    ports = server["ports"]
    listen = [f"PLAIN://{HOST}:{ports['client']}"]
    advertise = list(listen)
    protocols = ["PLAIN:PLAINTEXT", "CONTROLLER:PLAINTEXT"]
    for slot, (behind, front) in enumerate(ports.get("proxies", [])):
        listen.append(f"PROXY{slot}://{HOST}:{behind}")
        advertise.append(f"PROXY{slot}://{HOST}:{front}")
        protocols.append(f"PROXY{slot}:PLAINTEXT")
    listen.append(f"CONTROLLER://{HOST}:{ports['controller']}")
    return {
        "listeners": ",".join(listen),
        "advertised.listeners": ",".join(advertise),
        "listener.security.protocol.map": ",".join(protocols),
        "inter.broker.listener.name": "PLAIN",
    }


def _jaas(module, user, password, more=""):
    return (
        f"org.apache.kafka.common.security.{module} required "
        f'username="{user}" password="{password}"{more};'
    )


def _secure_listeners(server, certificates):
    ports = server["ports"]
    scram = _jaas("scram.ScramLoginModule", BROKER_USER, BROKER_PASSWORD)
    plain = _jaas(
        "plain.PlainLoginModule",
        BROKER_USER,
        BROKER_PASSWORD,
        f' user_{BROKER_USER}="{BROKER_PASSWORD}" user_{USER}="{PASSWORD}"',
    )
    oauth = (
        "org.apache.kafka.common.security.oauthbearer."
        'OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="app";'
    )
    clients = (
        f"SASLTLS://{HOST}:{ports['client']},MTLS://{HOST}:{ports['mtls']}"
    )
    return {
        "listeners": f"{clients},CONTROLLER://{HOST}:{ports['controller']}",
        "advertised.listeners": clients,
        "listener.security.protocol.map":
            "SASLTLS:SASL_SSL,MTLS:SSL,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "SASLTLS",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-256",
        "sasl.enabled.mechanisms": ",".join(
            _MECHANISMS + ["PLAIN", "OAUTHBEARER"]
        ),
        "listener.name.sasltls.scram-sha-256.sasl.jaas.config": scram,
        "listener.name.sasltls.scram-sha-512.sasl.jaas.config": scram,
        "listener.name.sasltls.plain.sasl.jaas.config": plain,
        "listener.name.sasltls.oauthbearer.sasl.jaas.config": oauth,
        "listener.name.mtls.ssl.client.auth": "required",
        "ssl.keystore.location": f"{certificates}/server.p12",
        "ssl.keystore.type": "PKCS12",
        "ssl.keystore.password": tls.PASSWORD,
        "ssl.truststore.location": f"{certificates}/trust.p12",
        "ssl.truststore.type": "PKCS12",
        "ssl.truststore.password": tls.PASSWORD,
        "authorizer.class.name":
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{BROKER_USER};User:ANONYMOUS",
        "allow.everyone.if.no.acl.found": "true",
    }  # fmt: skip


def client_config(server, certificates):
    """Return librdkafka properties of a user who may do everything."""
    return {
        "bootstrap.servers": f"{HOST}:{server['port']}",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": BROKER_USER,
        "sasl.password": BROKER_PASSWORD,
        "ssl.ca.location": f"{certificates}/ca.pem",
    }


def format_storage(servers):
    """Give the brokers of one cluster their empty storage, all at once."""
    fresh = [s for s in servers if not os.path.isdir(f"{s['dir']}/data")]
    if not fresh:
        return
    raw = uuid.uuid4().bytes
    cluster = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    # A leading dash would be taken for an option.
    cluster = "m" + cluster[1:]
    running = [(s, _start_format(s, cluster)) for s in fresh]
    for server, child in running:
        output, _ = child.communicate(timeout=120)
        if child.returncode != 0:
            raise ServersError(
                f"{server['name']}: storage format failed:\n{output[-800:]}"
            )


def _start_format(server, cluster):
    argv = [
        "java", "-XX:TieredStopAtLevel=1", "-cp", cache.kafka_classpath(),
        "kafka.tools.StorageTool", "format", "-t", cluster,
        "-c", f"{server['dir']}/server.properties",
    ]  # fmt: skip
    if server["secure"]:
        logins = [(USER, PASSWORD), (BROKER_USER, BROKER_PASSWORD)]
        for mechanism in _MECHANISMS:
            for user, password in logins:
                argv.append("--add-scram")
                argv.append(f"{mechanism}=[name={user},password={password}]")
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except FileNotFoundError as error:
        raise ServersError("java is missing", "run scripts/deps test") from error


def admin(config, **more):
    # Imported late: `status` and `down` work without the venv.
    from confluent_kafka.admin import AdminClient

    quiet = {"log_level": 0, "socket.timeout.ms": 5000}
    return AdminClient({**config, **quiet, **more}, logger=_quiet())


def _quiet():
    import logging

    logger = logging.getLogger("mstream-test-kafka")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


def is_ready(server, brokers=1):
    """True when this broker answers and knows all brokers of its cluster."""
    from confluent_kafka import KafkaException

    try:
        metadata = admin(server["client"]).list_topics(timeout=2)
    except KafkaException:
        return False
    return len(metadata.brokers) >= brokers
