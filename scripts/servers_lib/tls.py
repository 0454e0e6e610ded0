# SPDX-License-Identifier: MIT
"""A certificate authority of our own, and what servers and clients need of it.

Files in the folder:
  ca.pem            the authority that signed everybody
  wrong-ca.pem      another one: clients that trust only it must fail
  server.pem        server certificate and key (127.0.0.1, localhost)
  client.pem        client certificate and key, CN=app
  client.crt/.key   the same as two files
  stranger.pem      client certificate that wrong-ca signed
  server.p12, trust.p12   for the JVM
"""

import subprocess

from .errors import ServersError

PASSWORD = "mstream-test"
CLIENT_SUBJECT = "/O=mstream test/OU=clients/CN=app"
# As MongoDB spells it for a user of $external.
CLIENT_USER = "CN=app,OU=clients,O=mstream test"
_SERVER_SUBJECT = "/O=mstream test/OU=servers/CN=localhost"
_SERVER_EXT = """basicConstraints=CA:FALSE
keyUsage=digitalSignature,keyEncipherment
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=IP:127.0.0.1,DNS:localhost
"""
_CLIENT_EXT = """basicConstraints=CA:FALSE
keyUsage=digitalSignature
extendedKeyUsage=clientAuth
"""


def _run(argv, folder):
    try:
        done = subprocess.run(
            argv, cwd=folder, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise ServersError(
            f"{argv[0]} is missing", "run scripts/deps test"
        ) from error
    if done.returncode != 0:
        raise ServersError(f"{argv[0]} {argv[1]} failed:\n{done.stderr}")


def _authority(folder, name, subject):
    _run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
            "-keyout", f"{name}.key", "-out", f"{name}.pem",
            "-days", "30", "-subj", subject,
        ],
        folder,
    )


def _signed(folder, name, subject, extensions, authority):
    (folder / f"{name}.ext").write_text(extensions)
    _run(
        [
            "openssl", "req", "-newkey", "rsa:2048", "-nodes",
            "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject,
        ],
        folder,
    )
    _run(
        [
            "openssl", "x509", "-req", "-in", f"{name}.csr",
            "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
            "-CAcreateserial", "-days", "30",
            "-extfile", f"{name}.ext", "-out", f"{name}.crt",
        ],
        folder,
    )
    key = (folder / f"{name}.key").read_text()
    certificate = (folder / f"{name}.crt").read_text()
    (folder / f"{name}.pem").write_text(certificate + key)
    (folder / f"{name}.pem").chmod(0o600)


def create(folder):
    """Fill the folder. Idempotent: a complete one is left as it is."""
    if (folder / "trust.p12").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    _authority(folder, "ca", "/O=mstream test/CN=test authority")
    _authority(folder, "wrong-ca", "/O=somebody else/CN=other authority")
    _signed(folder, "server", _SERVER_SUBJECT, _SERVER_EXT, "ca")
    _signed(folder, "client", CLIENT_SUBJECT, _CLIENT_EXT, "ca")
    _signed(folder, "stranger", CLIENT_SUBJECT, _CLIENT_EXT, "wrong-ca")
    _run(
        [
            "openssl", "pkcs12", "-export", "-in", "server.pem",
            "-certfile", "ca.pem", "-name", "server",
            "-passout", f"pass:{PASSWORD}", "-out", "server.p12",
        ],
        folder,
    )
    _run(
        [
            "keytool", "-importcert", "-noprompt", "-alias", "ca",
            "-file", "ca.pem", "-keystore", "trust.p12",
            "-storetype", "PKCS12", "-storepass", PASSWORD,
        ],
        folder,
    )
    return folder
