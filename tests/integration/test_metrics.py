# SPDX-License-Identifier: MIT
"""The daemon's numbers: right, complete, and as Prometheus takes them."""

import json
import re
import time

import pytest
from support import ROOT, config
from support.api import Api, jobs_text
from support.prometheus import PACKAGING, Prometheus, families, promtool
from support.waiting import wait_until

from test_api_access import certificate

LINES = 1234
OPEN = "application/openmetrics-text"


@pytest.fixture
def prometheus(tmp_path):
    made = []

    def start(api, **target):
        target = {"static_configs": [{"targets": [f"127.0.0.1:{api.port}"]}], **target}
        made.append(Prometheus(tmp_path, **target))
        return made[-1]

    yield start
    for one in made:
        one.close()


def copy_text(folder, lines, **keys):
    """A job that copies a file of lines once, into BSON."""
    (folder / "in.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return config.service("file", "files", path=str(folder)) + config.job(
        "copy",
        {"service_name": "files", "resource": "in.jsonl", "output_encoding": "json"},
        {"service_name": "files", "resource": "out.bson", "output_encoding": "bson"},
        mode="once",
        **keys,
    )


def metrics(api, accept=None):
    headers = {"Accept": accept} if accept else {}
    status, headers, text = api.call("GET", "/metrics", headers=headers)
    assert status == 200
    return headers["Content-Type"], text.decode()


def sample(text, name, **labels):
    """Of the text format; None: there is none."""
    wanted = {f'{key}="{value}"' for key, value in labels.items()}
    for found, inside, value in re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", text, re.M):
        if found == name and set(inside.split(",") if inside else ()) == wanted:
            return float(value)
    return None


def test_promtool_takes_both_formats_and_the_documentation_names_all(mstreamd):
    api = Api(mstreamd(jobs_text("a", "b")))
    api.wait_state("a", "running")
    wait_until(lambda: api.get("/jobs/a/metrics")["checkpoints"] > 0)
    api.get("/jobs/nobody", 404)
    kind, text = metrics(api)
    assert kind == "text/plain; version=0.0.4; charset=utf-8"
    promtool("check", "metrics", text=text)
    kind, opened = metrics(api, f"{OPEN};version=1.0.0,text/plain;q=0.5")
    assert kind == f"{OPEN}; version=1.0.0; charset=utf-8"
    assert opened.endswith("# EOF\n")
    assert 'mstream_job_state{job_name="a",state="running"} 1' in text
    assert sample(text, "mstream_api_requests_total", operation="getJob", status="4xx") == 1
    for name in ("process_resident_memory_bytes", "process_cpu_seconds_total",
                 "process_open_fds", "process_threads", "process_start_time_seconds"):
        assert sample(text, name) > 0
    documented = (ROOT / "docs" / "metrics.md").read_text()
    for name in families(text):
        assert f"`{name}`" in documented, name
    # What the files for Prometheus and Grafana ask for is there.
    known = set(families(text))
    known |= {f"{name}_{end}" for name in known for end in ("bucket", "sum", "count")}
    # Of sources that generators are not.
    known |= {"mstream_job_lag_seconds", "mstream_job_lag_events",
              "mstream_job_position_horizon_seconds"}  # fmt: skip
    for name in ("prometheus-rules.yml", "grafana-dashboard.json"):
        asked = re.findall(r"\b((?:mstream|process)_\w+)", (PACKAGING / name).read_text())
        assert asked and set(asked) <= known, name


def test_every_query_of_the_dashboard_is_one():
    """Rules with them are checked by promtool, which knows the language."""
    board = json.loads((PACKAGING / "grafana-dashboard.json").read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    rules = [
        {"record": f"query{n}", "expr": query.replace("$__rate_interval", "5m").replace("$job", ".*")}
        for n, query in enumerate(queries)
    ]
    assert len(rules) > 10 and not any("$" in rule["expr"] for rule in rules)
    groups = json.dumps({"groups": [{"name": "board", "rules": rules}]})
    promtool("check", "rules", "/dev/stdin", text=groups)


@pytest.mark.parametrize("tls", [False, True])
def test_a_prometheus_finds_the_numbers(mstreamd, mstream, prometheus, tmp_path, tls):
    tokens = tmp_path / "tokens"
    token = mstream("token", "create", "p", "--role", "read", "--file", tokens).out.strip()
    keys, target = {"tokens_file": str(tokens)}, {"authorization": {"credentials": token}}
    if tls:
        key, cert = certificate(tmp_path)
        keys |= {"tls_cert": str(cert), "tls_key": str(key)}
        target |= {"scheme": "https", "tls_config": {"ca_file": str(cert)}}
    text = config.state() + config.table("[api]", {"port": 0, **keys})
    text += copy_text(tmp_path, [json.dumps({"n": n}) for n in range(LINES)])
    daemon = mstreamd(text)
    daemon.wait_log("job: completed")
    server = prometheus(Api(daemon), **target)
    server.wait_value('up{job="mstream"}', 1)
    server.wait_value('mstream_job_events_read_total{job_name="copy"}', LINES)
    server.wait_value('mstream_job_events_delivered_total{job_name="copy"}', LINES)
    server.wait_value('mstream_job_state{state="completed"}', 1)
    server.wait_value('mstream_job_latency_seconds_count{stage="convert"}', LINES)
    server.wait_value('mstream_job_latency_seconds_bucket{stage="sink",le="+Inf"}', LINES)
    server.wait_value("mstream_job_batch_events_sum", LINES)
    server.wait_value("mstream_job_queue_bytes", 0)
    wait_until(lambda: (server.value("process_resident_memory_bytes") or 0) > 1e6)
    stage = 'mstream_job_latency_seconds_bucket{stage="sink"}'
    assert server.value(f"histogram_quantile(0.99, {stage})") >= 0
    asked = 'mstream_api_requests_total{operation="getMetrics",status="2xx"}'
    wait_until(lambda: (server.value(asked) or 0) > 1)
    # It knows what they are: that comes with the format.
    described = server.api("metadata", metric="mstream_job_latency_seconds")
    assert described["mstream_job_latency_seconds"][0]["type"] == "histogram"
    rules = server.api("rules")["groups"][0]["rules"]
    assert rules and all(rule["health"] != "err" for rule in rules)


def test_prometheus_without_the_token_is_told_so_and_counted(mstreamd, mstream, prometheus, tmp_path):
    tokens = tmp_path / "tokens"
    token = mstream("token", "create", "p", "--role", "read", "--file", tokens).out.strip()
    api = Api(mstreamd(jobs_text("a", tokens_file=str(tokens))))
    server = prometheus(api)
    server.wait_value('up{job="mstream"}', 0)
    api.token = token
    _, text = metrics(api)
    assert sample(text, "mstream_api_refusals_total", reason="unauthorized") > 0
    assert token not in text


@pytest.mark.parametrize("on_reject, outcome", [("dlq", "dead_lettered"), ("skip", "skipped")])
def test_errors_are_counted_by_what_became_of_them(mstreamd, tmp_path, on_reject, outcome):
    text = config.state() + config.table("[api]", {"port": 0})
    lines = ['{"a": 1}', "this is no JSON", "nor this", '{"a": 2}']
    daemon = mstreamd(text + copy_text(tmp_path, lines, on_reject=on_reject))
    daemon.wait_log("job: completed")
    _, text = metrics(Api(daemon))
    counted = {
        one: sample(text, "mstream_job_errors_total", job_name="copy", outcome=one)
        for one in ("retried", "skipped", "dead_lettered", "fatal")
    }
    assert counted == {**dict.fromkeys(counted, 0), outcome: 2}
    assert sample(text, "mstream_job_events_rejected_total", job_name="copy") == 2


def test_what_a_middleware_lets_go_is_counted_and_measured(mstreamd, tmp_path):
    text = config.state() + config.table("[api]", {"port": 0})
    lines = [json.dumps({"n": n}) for n in range(100)]
    steps = [{"service_name": "filter", "where": "n < 40"}]
    daemon = mstreamd(text + copy_text(tmp_path, lines, middlewares=steps))
    daemon.wait_log("job: completed")
    _, text = metrics(Api(daemon))
    labels = {"job_name": "copy"}
    assert sample(text, "mstream_job_events_read_total", **labels) == 100
    assert sample(text, "mstream_job_events_dropped_total", **labels) == 60
    assert sample(text, "mstream_job_events_delivered_total", **labels) == 40
    assert sample(text, "mstream_job_queue_events", **labels) == 0
    for stage in ("convert", "sink"):
        assert sample(text, "mstream_job_latency_seconds_count", stage=stage, **labels) == 100
    # None is measured from a moment before this daemon.
    assert sample(text, "mstream_job_latency_seconds_sum", stage="sink", **labels) < 100 * 60


def test_numbers_go_on_when_a_job_is_restarted(mstreamd):
    api = Api(mstreamd(jobs_text("a")))
    name = "mstream_job_latency_seconds_count"
    labels = {"job_name": "a", "stage": "total"}
    before = wait_until(lambda: sample(metrics(api)[1], name, **labels))
    api.post("/jobs/a/restart")
    api.wait_state("a", "running")
    text = metrics(api)[1]
    assert sample(text, name, **labels) >= before
    assert sample(text, "mstream_job_runs_total", job_name="a") == 2


def test_it_is_known_when_a_position_leaves_the_oplog(mongodb, mstreamd):
    """Measured beside the jobs: also of one that stands still."""
    text = config.state() + config.table("[api]", {"port": 0})
    text += config.mongodb(mongodb.uri, mongodb.name)
    text += config.service("file", "disk", path="./out")
    for name in ("moving", "stopped"):
        text += config.job(
            name,
            {"service_name": "m", "resource": "users", "output_encoding": "json"},
            {"service_name": "disk", "resource": f"{name}.jsonl"},
        )
    api = Api(mstreamd(text))
    for name in ("moving", "stopped"):
        api.wait_state(name, "running")
        wait_until(lambda name=name: api.get(f"/jobs/{name}/checkpoints"))
    api.post("/jobs/stopped/stop")
    mongodb.db["users"].insert_one({"_id": 1})
    metric = "mstream_job_position_horizon_seconds"

    def seconds(job):
        return sample(metrics(api)[1], metric, job_name=job)

    wait_until(lambda: seconds("moving") is not None and seconds("stopped") is not None)
    oplog = mongodb.client["local"]["oplog.rs"]
    first = oplog.find_one(sort=[("$natural", 1)])["ts"].time
    for job in ("moving", "stopped"):
        assert 0 <= seconds(job) <= time.time() + 1 - first


def test_the_alert_rules_are_right():
    promtool("check", "rules", str(PACKAGING / "prometheus-rules.yml"))
    promtool("test", "rules", str(PACKAGING / "prometheus-rules-test.yml"))
