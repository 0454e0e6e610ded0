# SPDX-License-Identifier: MIT
"""The server of examples/enrich.toml: knows customers, and completes orders.

    python3 enrich_server.py PORT
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CUSTOMERS = {
    "ada": {"name": "Ada Lovelace", "tier": "gold"},
    "alan": {"name": "Alan Turing", "tier": "silver"},
    "grace": {"name": "Grace Hopper", "tier": "gold"},
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept
    disable_nagle_algorithm = True

    def do_POST(self):
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        customer = CUSTOMERS.get(order["customer"])
        if order["customer"] == "test":
            self.answer(204)  # drops the event
        elif customer is None:
            self.answer(422, {"error": "no such customer"})
        else:
            # An X-mstream- header becomes an attribute of the event.
            tier = {"X-mstream-tier": customer["tier"]}
            self.answer(200, {**order, **customer}, tier)

    def answer(self, status, body=None, headers=None):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if data:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
