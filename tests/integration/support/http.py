# SPDX-License-Identifier: MIT
"""HTTP servers: a small one that keeps what it gets and can be spoiled, and
nginx."""

import json
import socket
import ssl
import struct
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .waiting import wait_until


class Request:
    """What came: method, path, headers (lower case), body."""

    def __init__(self, handler, body):
        self.method, self.path = handler.command, handler.path
        self.headers = {k.lower(): v for k, v in handler.headers.items()}
        self.body = body


class HttpServer:
    """`url` of a server in this process; `fault` spoils its answers.

    fault(handler, request) is called for each request; True: it has answered
    itself. Requests that are answered with 2xx are in `accepted`, all in
    `requests`.
    """

    def __init__(self, certificate=None, authorities=None, authorization=None, port=0):
        self.requests, self.accepted, self.fault = [], [], None
        self.authorization = authorization
        self.status, self.tokens = 204, 0
        self.server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.server.daemon_threads = True
        scheme = "http"
        if certificate:
            scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            if authorities:
                context.load_verify_locations(authorities)
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

    def documents(self):
        """The JSON of all bodies that were accepted."""
        return [json.loads(r.body) for r in list(self.accepted) if r.body]

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _serve(self):
                length = int(self.headers.get("Content-Length") or 0)
                request = Request(self, self.rfile.read(length))
                server.requests.append(request)
                if server.fault and server.fault(self, request):
                    return
                wanted = server.authorization
                if wanted and self.headers.get("Authorization") != wanted:
                    self.send(401, b"who are you?")
                    return
                server.accepted.append(request)
                self.send(server.status)

            def send(self, status, data=b"", headers=()):
                self.send_response(status)
                if status != 204:
                    self.send_header("Content-Length", str(len(data)))
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve

            def log_message(self, *_):
                pass

        return Handler


class TokenServer(HttpServer):
    """Gives tokens secret-1, secret-2, ..."""

    def __init__(self, secret, lasts=3600):
        super().__init__()
        self.secret, self.lasts, self.forms = secret, lasts, []
        self.fault = self._give

    def _give(self, handler, request):
        self.forms.append((request.headers.get("authorization"), request.body))
        self.tokens += 1
        token = f"{self.secret}-{self.tokens}"
        body = json.dumps({"access_token": token, "expires_in": self.lasts})
        handler.send(200, body.encode())
        return True


# -- faults: each answers, or does not --------------------------------------


def status(number, data=b"not now", headers=()):
    def fault(handler, _request):
        handler.send(number, data, headers)
        return True

    return fault


def late(handler, _request):
    """Say nothing for longer than anybody waits."""
    time.sleep(30)  # of a thread that ends with the process
    handler.close_connection = True
    return True


def half(handler, _request):
    """Promise more than comes."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"so far")
    handler.close_connection = True
    return True


def no_http(handler, _request):
    handler.wfile.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
    handler.close_connection = True
    return True


def reset(handler, _request):
    """Break the connection with RST, without an answer."""
    handler.connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    handler.connection.close()
    handler.close_connection = True
    return True


def drip(handler, _request):
    """A byte now and then."""
    handler.close_connection = True
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(1000):
            handler.wfile.write(b".")
            time.sleep(0.1)
    except OSError:
        pass
    return True


def endless(number=200):
    """10 GB of an answer, as far as anybody reads."""

    def fault(handler, _request):
        handler.close_connection = True
        handler.send_response(number)
        handler.send_header("Content-Length", str(10 << 30))
        handler.end_headers()
        piece = b"x" * (1 << 20)
        try:
            for _ in range(10 << 10):
                handler.wfile.write(piece)
        except OSError:
            pass
        return True

    return fault


def endless_head(handler, _request):
    handler.close_connection = True
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100_000):
            handler.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")
    except OSError:
        pass
    return True


# -- nginx -------------------------------------------------------------------

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log off; underscores_in_headers on;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
    scgi_temp_path {folder}/s; client_max_body_size 100k;
    log_format seen escape=json '$request_method $request_uri $http_x_op $request_body';
    server {{
        listen 127.0.0.1:{port};
        location /log {{ access_log {folder}/seen.log seen;
            client_body_in_single_buffer on; client_body_buffer_size 128k;
            proxy_pass http://127.0.0.1:{port}/ok; }}
        location /ok {{ return 204; }}
        location /old {{ return 301 /ok; }}
    }}
}}
"""


class Nginx:
    def __init__(self, folder):
        folder.mkdir(parents=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.url = folder, f"http://127.0.0.1:{self.port}"
        (folder / "nginx.conf").write_text(
            NGINX.format(folder=folder, port=self.port)
        )
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["/usr/sbin/nginx", "-p", self.folder, "-c", self.folder / "nginx.conf"],
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, what="nginx")

    def _answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def lines(self):
        """(method, path, op, body) of what came."""
        path = self.folder / "seen.log"
        text = path.read_text() if path.exists() else ""
        return [line.split(" ", 3) for line in text.splitlines()]
