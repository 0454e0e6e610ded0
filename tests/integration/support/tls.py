# SPDX-License-Identifier: MIT
"""Certificates that sign themselves."""

import subprocess


def certificate(folder, name="server"):
    """Return the files (key, certificate) of a server on 127.0.0.1 and ::1."""
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-keyout", key, "-out", cert, "-subj", f"/CN={name}",
         "-addext", "subjectAltName=IP:127.0.0.1,IP:::1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, cert
