# SPDX-License-Identifier: MIT
"""A real Prometheus that scrapes a daemon, and promtool."""

import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request

from . import ROOT
from .waiting import wait_until

PACKAGING = ROOT / "packaging"


def tool(name):
    path = shutil.which(name)
    assert path, f"{name} is missing: run scripts/deps test"
    return path


def promtool(*arguments, text=None):
    """What it says; it has to be content."""
    done = subprocess.run(
        [tool("promtool"), *arguments], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def families(text):
    """The names and types of an answer in the text format."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))


class Prometheus:
    """It scrapes often, on a port of its own, and is asked by its API."""

    def __init__(self, folder, **target):
        """target: keys of a scrape_config, JSON being YAML."""
        self.folder = folder
        config = {
            "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
            "rule_files": [str(PACKAGING / "prometheus-rules.yml")],
            "scrape_configs": [{"job_name": "mstream", **target}],
        }
        path = folder / "prometheus.yml"
        path.write_text(json.dumps(config))
        self.log = folder / "prometheus.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [tool("prometheus"), f"--config.file={path}", "--log.level=debug",
                 "--web.listen-address=127.0.0.1:0", f"--storage.tsdb.path={folder}/tsdb"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        try:
            self.url = "http://" + wait_until(self._listens, what=f"its port in {self.log}")
        except BaseException:
            self.close()
            raise

    def _listens(self):
        text = self.log.read_text(errors="replace")
        assert self.process.poll() is None, text
        found = re.search(r'msg="Listening on" address=(\S+)', text)
        return found and "Server is ready" in text and found.group(1)

    def api(self, path, **query):
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]

    def value(self, query):
        """The one number that a query gives now; None: none yet."""
        result = self.api("query", query=query)["result"]
        assert len(result) <= 1, result
        return float(result[0]["value"][1]) if result else None

    def wait_value(self, query, expected):
        wait_until(lambda: self.value(query) == expected, what=f"{query} to be {expected}")

    def close(self):
        self.process.kill()
        self.process.wait(10)
