# SPDX-License-Identifier: MIT
"""The REST API of a daemon, asked as a program would, and by hand."""

import http.client
import json
import re
import socket
import urllib.parse

from . import config
from .waiting import wait_until


def jobs_text(*names, rate=200, **api):
    text = config.state() + config.table("[api]", {"port": 0, **api})
    text += config.service("generate", "made") + config.service("file", "disk", path="./out")
    for name in names:
        source = {"service_name": "made", "resource": "n", "rate": rate}
        text += config.job(name, source, {"service_name": "disk", "resource": f"{name}.jsonl"})
    return text


class Api:
    """One daemon's API, asked over plain connections."""

    def __init__(self, daemon, token=None, context=None):
        self.daemon = daemon
        daemon.wait_log("listening on http")
        self.url = re.search(r"listening on (http\S+)", daemon.stderr()).group(1)
        address = urllib.parse.urlsplit(self.url)
        self.host, self.port = address.hostname, address.port
        self.token, self.context = token, context

    def connect(self, timeout=10):
        if self.context:
            return http.client.HTTPSConnection(
                self.host, self.port, timeout=timeout, context=self.context
            )
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def call(self, method, path, body=None, headers=None):
        """Return (status, headers, body as JSON or bytes)."""
        headers = dict(headers or {})
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        connection = self.connect()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        is_json = (answer.getheader("Content-Type") or "").startswith("application/json")
        return answer.status, answer.headers, json.loads(text) if is_json and text else text

    def get(self, path, status=200):
        got, _, body = self.call("GET", path)
        assert got == status, body
        return body

    def post(self, path, body=None, status=200):
        got, _, answer = self.call("POST", path, body)
        assert got == status, answer
        return answer

    def raw(self, data, timeout=20):
        """Send bytes as they are; return all that comes back."""
        with socket.create_connection((self.host, self.port), timeout) as line:
            line.sendall(data)
            got = b""
            while True:
                try:
                    piece = line.recv(65536)
                except ConnectionResetError:
                    return got
                if not piece:
                    return got
                got += piece

    def wait_state(self, job, state, deadline=30):
        return wait_until(
            lambda: self.get(f"/jobs/{job}")["state"] == state,
            deadline,
            what=f"{job} {state}",
        )
