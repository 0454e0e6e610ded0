# SPDX-License-Identifier: MIT
"""Events per second through the HTTP sink and middleware, beside libcurl alone.

The server is one thread that echoes what it gets (bench/http_echo.c).
"""

import json
import resource
import subprocess
import time

from .to_kafka import median

CONCURRENCY = 32
BYTES = 700

CONFIG = """
[state]
path = "{folder}/state-{number}"

[[services]]
provider = "generate"
name = "g"

[[services]]
provider = "http"
name = "h"
host = "{url}"

[[services]]
provider = "file"
name = "f"
path = "{folder}/out-{number}"

[[connectors]]
name = "j"
source = {{ service_name = "g", resource = "n", rate = 0, count = {count}, keys = 100000, size = {bytes}, output_encoding = "json" }}
"""

SINK = """
sinks = [ { service_name = "h", resource = "in", output_encoding = "json", concurrency = 32 } ]
"""

MIDDLEWARE = """
middlewares = [ { service_name = "h", resource = "ask", output_encoding = "json", concurrency = 32 } ]
sinks = [ { service_name = "f", resource = "out.jsonl", output_encoding = "json" } ]
"""


def serve(place):
    server = subprocess.Popen(
        place.program("bench/http_echo"), stdout=subprocess.PIPE, text=True
    )
    place.children.append(server)
    return server, f"http://127.0.0.1:{server.stdout.readline().strip()}"


def bare(place, url, count):
    words = place.program("bench/http_load", url, count, CONCURRENCY, BYTES)
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    said = json.loads(done.stdout)
    return {"rate": count / said["seconds"], "cpu": said["cpu"] / count * 1e6}


def mstream(place, url, count, steps, number):
    path = place.folder / f"http-{number}.toml"
    path.write_text(
        CONFIG.format(
            folder=place.folder, url=url, count=count, bytes=BYTES, number=number
        )
        + steps
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    subprocess.run(
        place.program("bin/mstream", "run", path, "--once"),
        check=True,
        capture_output=True,
    )
    seconds = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"rate": count / seconds, "cpu": cpu / count * 1e6}


def run(place, report, count, rounds):
    server, url = serve(place)
    sent, echoed = "libcurl alone, to /in", "libcurl alone, echoed"
    runs = {sent: [], "HTTP sink": [], echoed: [], "HTTP middleware": []}
    for number in range(rounds):
        runs[sent].append(bare(place, url + "/in", count))
        runs["HTTP sink"].append(mstream(place, url, count, SINK, 2 * number))
        runs[echoed].append(bare(place, url + "/ask", count))
        runs["HTTP middleware"].append(
            mstream(place, url, count, MIDDLEWARE, 2 * number + 1)
        )
    server.kill()
    server.wait(20)

    def of(name, key):
        return median([one[key] for one in runs[name]])

    report.section(
        f"HTTP, {count} requests of {BYTES} bytes, {CONCURRENCY} at once, to an echo server"
    )
    report.table(
        ("", "events/s", "CPU s per 1 M"),
        [(name, f"{of(name, 'rate'):.0f}", f"{of(name, 'cpu'):.2f}") for name in runs],
    )
    for name, alone in (("HTTP sink", sent), ("HTTP middleware", echoed)):
        rate = of(name, "rate")
        # The generator, the server and libcurl share the processors.
        report.ratio(f"{name}: rate / libcurl", rate / of(alone, "rate"), at_least=0.6)
        report.ratio(f"{name}: 1000 events/s", rate / 1000, at_least=20)
