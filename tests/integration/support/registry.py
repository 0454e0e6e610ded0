# SPDX-License-Identifier: MIT
"""Schema registries: what confluent_kafka makes of one, and a fake for faults.

The fake does what no real registry does: answer late, half, with nonsense or
without end, and want logins and certificates. For everything else there is
the variant `registry` of scripts/servers.
"""

import json
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from servers_lib import cache

# Behind the venv's own packages: only what these lack comes from there.
sys.path.append(str(cache.packages("registry")))

from confluent_kafka.schema_registry import (  # noqa: E402
    Schema,
    SchemaRegistryClient,
)
from confluent_kafka.schema_registry.avro import (  # noqa: E402
    AvroDeserializer,
    AvroSerializer,
)
from confluent_kafka.serialization import (  # noqa: E402
    MessageField,
    SerializationContext,
)


class Registry:
    """A real registry, through the client that others use."""

    def __init__(self, url):
        self.url = url
        self.client = SchemaRegistryClient({"url": url})

    def register(self, subject, schema):
        return self.client.register_schema(
            subject, Schema(json.dumps(schema), "AVRO")
        )

    def subjects(self):
        return self.client.get_subjects()

    def versions(self, subject):
        return self.client.get_versions(subject)

    def set_level(self, subject, level):
        self.client.set_compatibility(subject, level)

    def encode(self, topic, schema, values):
        """Values as confluent_kafka's serializer puts them into the topic."""
        serializer = AvroSerializer(self.client, json.dumps(schema))
        context = SerializationContext(topic, MessageField.VALUE)
        return [serializer(value, context) for value in values]

    def decode(self, topic, payloads):
        deserializer = AvroDeserializer(self.client)
        context = SerializationContext(topic, MessageField.VALUE)
        return [deserializer(payload, context) for payload in payloads]


class FakeRegistry:
    """`url` of a small registry in this process; `fault` spoils its answers.

    fault(handler) is called for each request; what it returns is True when
    it has answered itself. authorization: the value that the header must have.
    """

    def __init__(self, certificates=None, mutual=False, authorization=None):
        self.schemas, self.subjects = {}, {}
        self.requests, self.fault = [], None
        self.authorization = authorization
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        scheme = "http"
        if certificates:
            scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"{certificates}/server.pem")
            if mutual:
                context.load_verify_locations(f"{certificates}/ca.pem")
                context.verify_mode = ssl.CERT_REQUIRED
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True
            )
        self.port = self.server.server_address[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self.server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def add(self, subject, schema, number=None, **more):
        """Keep a schema; more: other members of the answers."""
        text = schema if isinstance(schema, str) else json.dumps(schema)
        number = number or len(self.schemas) + 1
        self.schemas[number] = {"schema": text, **more}
        versions = self.subjects.setdefault(subject, [])
        versions.append(number)
        return number

    def paths(self):
        return [path for _, path in self.requests]

    # -- answers ----------------------------------------------------------

    def _answer(self, method, path, body):
        """(status, object) for a request."""
        words = [unquote(word) for word in path.split("/") if word]
        if words[:2] == ["schemas", "ids"]:
            found = self.schemas.get(int(words[2]))
            return (200, found) if found else _no(404, 40403, "no such schema")
        if words == ["subjects"]:
            return 200, list(self.subjects)
        if words[:2] == ["compatibility", "subjects"]:
            return 200, {"is_compatible": True}
        if words[0] != "subjects":
            return _no(404, 404, "not found")
        if method == "POST":
            return self._post(words[1], json.loads(body), words[2:])
        numbers = self.subjects.get(words[1])
        if numbers is None:
            return _no(404, 40401, "no such subject")
        if len(words) == 3:
            return 200, list(range(1, len(numbers) + 1))
        version = len(numbers) if words[3] == "latest" else int(words[3])
        if not 1 <= version <= len(numbers):
            return _no(404, 40402, "no such version")
        number = numbers[version - 1]
        whole = {"subject": words[1], "version": version, "id": number}
        return 200, {**whole, **self.schemas[number]}

    def _post(self, subject, body, rest):
        for number in self.subjects.get(subject, []):
            if self.schemas[number]["schema"] == body["schema"]:
                return 200, {"id": number}
        if rest == ["versions"]:
            return 200, {"id": self.add(subject, body["schema"])}
        return _no(404, 40403, "no such schema")

    def _handler(self):
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _serve(self):
                length = int(self.headers.get("Content-Length") or 0)
                self.body = self.rfile.read(length)
                fake.requests.append((self.command, self.path))
                if fake.fault and fake.fault(self):
                    return
                wanted = fake.authorization
                if wanted and self.headers.get("Authorization") != wanted:
                    self.send(*_no(401, 401, "who are you?"))
                    return
                path = urlsplit(self.path).path
                self.send(*fake._answer(self.command, path, self.body))

            def send(self, status, content, headers=(), text=None):
                data = (text if text is not None else json.dumps(content)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = _serve

            def log_message(self, *_):
                pass

        return Handler


def _no(status, code, message):
    return status, {"error_code": code, "message": message}


# -- faults: each answers, or does not -------------------------------------


def late(handler, seconds=30):
    """Say nothing for longer than anybody waits."""
    time.sleep(seconds)  # of a thread that ends with the process
    handler.close_connection = True
    return True


def half(handler):
    """Promise more than comes."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b'{"schema": "{\\"type\\": \\"rec')
    handler.close_connection = True
    return True


def nonsense(handler):
    handler.send(200, None, text='{"schema": "{}", "id": ')
    return True


def page(handler):
    handler.send(200, None, text="<html>sign in</html>")
    return True


def endless(handler):
    """10 GB of a schema, as far as anybody reads."""
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Content-Length", str(10 << 30))
    handler.end_headers()
    piece = b"x" * (1 << 20)
    try:
        handler.wfile.write(b'{"schema": "')
        for _ in range(10 << 10):
            handler.wfile.write(piece)
    except OSError:
        pass
    return True


def status(number, code=None, headers=()):
    def fault(handler):
        handler.send(*_no(number, code or number, "not now"), headers)
        return True

    return fault
