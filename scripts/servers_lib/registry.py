# SPDX-License-Identifier: MIT
"""A schema registry: Apicurio, which speaks as Confluent's does."""

import http.client

from . import cache
from .ports import HOST

# Where its answers are those of Confluent's registry.
PATH = "/apis/ccompat/v7"


def plan(name, folder, port, tls_port, certificates):
    """Return the record of a registry with a plain and a TLS port."""
    argv = [
        "java", "-Xmx384m", "-XX:TieredStopAtLevel=1",
        f"-Dquarkus.http.host={HOST}",
        f"-Dquarkus.http.port={port}",
        f"-Dquarkus.http.ssl-port={tls_port}",
        f"-Dquarkus.http.ssl.certificate.files={certificates}/server.crt",
        f"-Dquarkus.http.ssl.certificate.key-files={certificates}/server.key",
        "-jar", str(cache.registry_jar()),
    ]  # fmt: skip
    return {
        "kind": "registry",
        "name": name,
        "dir": str(folder),
        "port": port,
        "ports": {"tls": tls_port},
        "argv": argv,
        "env": {},
    }


def is_ready(server):
    link = http.client.HTTPConnection(HOST, server["port"], timeout=2)
    try:
        link.request("GET", f"{PATH}/subjects")
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()
