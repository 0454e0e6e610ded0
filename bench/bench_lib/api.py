# SPDX-License-Identifier: MIT
"""The REST API: rate, latency while all else hangs, streams and memory."""

import http.client
import os
import re
import socket
import statistics
import time
from pathlib import Path

from .setup import Daemon, wait

HEAD = """
[state]
path = "./state"
[api]
enabled = {enabled}
port = 0

[[services]]
provider = "generate"
name = "made"

[[services]]
provider = "file"
name = "disk"
path = "./out"
"""

JOB = """
[[connectors]]
name = "{name}"
source = {{ service_name = "made", resource = "n"{rate} }}
sinks = [ {{ service_name = "disk", resource = "{name}.jsonl" }} ]
"""

HUNG = """
[[services]]
provider = "mongodb"
name = "hung{number}"
connection_string = "mongodb://127.0.0.1:{port}/?replicaSet=rs0"
db_name = "app"
server_selection_timeout = "10m"

[[connectors]]
name = "hung{number}"
source = {{ service_name = "hung{number}", resource = "c", output_encoding = "json" }}
sinks = [ {{ service_name = "disk", resource = "hung{number}.jsonl" }} ]
"""


def jobs(count, enabled="true"):
    text = HEAD.format(enabled=enabled)
    return text + "".join(JOB.format(name=f"j{n:03}", rate=", rate = 1") for n in range(count))


class Served(Daemon):
    """A daemon, and where its API listens."""

    def __init__(self, site, config):
        super().__init__(site, config)
        found = re.search(rb"listening on http://127.0.0.1:(\d+)", Path(self._log.name).read_bytes())
        self.port = int(found.group(1))

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), 30)

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status == 200, text
        return text

    def cpu(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def on_one_core(self):
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {0})


def read_answer(line):
    got = b""
    while b"\r\n\r\n" not in got:
        got += line.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    rest = int(re.search(rb"Content-Length: (\d+)", head).group(1)) - len(body)
    while rest > 0:
        rest -= len(line.recv(1 << 20))
    assert head.startswith(b"HTTP/1.1 200"), head


def rate(site, report):
    """GET /jobs with 100 jobs, the daemon on one core, four connections."""
    daemon = Served(site, jobs(100))
    if os.cpu_count() > 1:
        daemon.on_one_core()
        os.sched_setaffinity(0, {1})
    asked = b"GET /jobs?limit=100 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    lines = [daemon.connect() for _ in range(4)]
    count = 0
    cpu, began = daemon.cpu(), time.monotonic()
    while time.monotonic() - began < 4:
        for line in lines:
            line.sendall(asked)
        for line in lines:
            read_answer(line)
        count += len(lines)
    seconds, used = time.monotonic() - began, daemon.cpu() - cpu
    idle = daemon.memory_kb("VmRSS") / 1024
    for line in lines:
        line.close()
    daemon.stop()
    os.sched_setaffinity(0, range(os.cpu_count()))
    report.ratio("GET /jobs with 100 jobs, daemon on one core: requests/s", count / seconds, at_least=1000)
    report.ratio("the same: ms of CPU for each", used / count * 1000, at_most=1.0)
    report.ratio("RSS with 100 jobs of an event per second, MiB", idle, at_most=100)


def latencies(daemon, count):
    """Milliseconds of GET /health, each on a connection of its own."""
    seen = []
    for _ in range(count):
        began = time.monotonic()
        daemon.get("/health")
        seen.append((time.monotonic() - began) * 1000)
    return seen


def p99(values):
    return statistics.quantiles(values, n=100)[98]


def hanging(site, report):
    """Ten services that take connections and say nothing; one job floods."""
    servers = [socket.create_server(("127.0.0.1", 0), backlog=64) for _ in range(10)]
    text = HEAD.format(enabled="true") + JOB.format(name="flood", rate="")
    for number, server in enumerate(servers):
        text += HUNG.format(number=number, port=server.getsockname()[1])
    daemon = Served(site, text)
    wait(lambda: b'"flood"' in daemon.get("/jobs"), 10)
    report.ratio(
        "p99 of GET /health while ten services hang and a job floods, ms",
        p99(latencies(daemon, 1000)),
        at_most=50,
    )
    daemon.process.kill()
    daemon.process.wait()
    for server in servers:
        server.close()


def streams(site, report):
    daemon = Served(site, jobs(1))
    before = daemon.memory_kb("VmRSS")
    lines = [daemon.connect() for _ in range(200)]
    for line in lines:
        line.sendall(b"GET /logs/stream?initial=10 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for line in lines:
        got = b""
        while b"data: " not in got:
            got += line.recv(65536)
    report.ratio("p99 of GET /health beside 200 streams, ms", p99(latencies(daemon, 500)), at_most=50)
    report.ratio("200 streams, MiB", (daemon.memory_kb("VmRSS") - before) / 1024, at_most=8)
    for line in lines:
        line.close()
    daemon.stop()


def memory(site, report):
    """Of a daemon with one job: what the API adds, with 50 requests done."""
    bare = Daemon(site, jobs(1, enabled="false"))
    time.sleep(2)
    without = bare.memory_kb("VmRSS")
    bare.stop()
    daemon = Served(site, jobs(1))
    time.sleep(2)
    for _ in range(50):
        daemon.get("/jobs")
    more = daemon.memory_kb("VmRSS") - without
    daemon.stop()
    report.ratio("RSS that the API adds, MiB", more / 1024, at_most=8)


def run(site, report):
    report.section("REST API")
    rate(site, report)
    hanging(site, report)
    streams(site, report)
    memory(site, report)
