# SPDX-License-Identifier: MIT
"""Daemons on several machines share jobs: evenly, and through every death."""

import random
import signal

import pytest
from support.cluster import Cluster
from support.waiting import wait_until

SHORT = "2s"


@pytest.fixture
def cluster(mongodb, kafka, mstreamd):
    made = []

    def make(jobs, **options):
        made.append(Cluster(mongodb, kafka, mstreamd, jobs, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def server_time_ms(cluster):
    now = cluster.mongodb.client.admin.command("hello")["localTime"]
    return now.timestamp() * 1000


def taken_ms(lease, ttl_ms):
    """When, by the server's clock, a lease was taken or renewed."""
    return lease["expires"].timestamp() * 1000 - ttl_ms


def test_jobs_of_a_dead_machine_go_on_within_ten_seconds(cluster):
    shop = cluster(4)
    shop.start("alpha")
    shop.start("beta")
    shop.wait_spread(alpha=2, beta=2)
    shop.write()
    shop.wait_more(20)
    before = shop.leases()
    shop.daemons["alpha"].kill()
    killed = server_time_ms(shop)
    first = {}

    def all_taken():
        for name, lease in shop.leases().items():
            if lease["fence"] > before[name]["fence"]:
                first.setdefault(name, taken_ms(lease, 7000))
        return len(first) == 2

    wait_until(all_taken, 60, 0.1, what="the leases of the dead machine")
    # Its process could not be looked at: the leases ran out.
    assert max(first.values()) - killed <= 10_000
    shop.wait_spread(beta=4)
    shop.wait_more(20)
    shop.finish()


def test_machines_come_and_go_and_each_gets_its_share(cluster, mstream):
    """Nothing is repeated by it, and clocks that are off do no harm."""
    shop = cluster(6)
    shop.start("alpha", lease=SHORT)
    shop.wait_spread(alpha=6)
    shop.write()
    shop.start("beta", lease=SHORT, skew=3600)
    shop.wait_spread(alpha=3, beta=3)
    shop.start("gamma", lease=SHORT, skew=-3600)
    shop.wait_spread(alpha=2, beta=2, gamma=2)

    # That is where it stays, renewal after renewal.
    before = shop.leases()
    for _ in range(4):
        seen = shop.leases()
        wait_until(
            lambda: all(
                lease["expires"] > seen[name]["expires"]  # noqa: B023
                for name, lease in shop.leases().items()
            ),
            30,
            0.05,
        )
    for name, lease in shop.leases().items():
        assert lease["fence"] == before[name]["fence"]

    shows_who_holds_what(shop, mstream)
    shop.daemons["alpha"].stop()
    shop.wait_spread(beta=3, gamma=3)
    verdicts = shop.finish()
    assert [v.repeated for v in verdicts.values()] == [0] * 6


def shows_who_holds_what(shop, mstream):
    api = shop.api("beta")

    def shown():
        jobs = {job["name"]: job for job in api.get("/jobs")}
        return all(
            jobs[name]["holder"] == lease["holder"].rsplit(" ", 1)[0]
            and jobs[name]["elsewhere"] == (not lease["holder"].startswith("beta "))
            for name, lease in shop.leases().items()
        )

    wait_until(shown, 30, 0.1)
    health = api.get("/health")
    assert health["status"] == "healthy", health
    assert health["jobs"]["elsewhere"] == 4
    listed = mstream("jobs", "list", "--url", api.url).out
    assert listed.count("elsewhere") == 4, listed
    for machine in shop.daemons.values():
        assert f"pid {machine.pid}" in listed, listed


def survive(shop, rounds, seed):
    """One machine after the other dies, or sleeps longer than its leases."""
    pick = random.Random(seed)
    clocks = {"alpha": 0, "beta": 3600, "gamma": -3600}
    for machine, skew in clocks.items():
        shop.start(machine, skew, SHORT)
    wait_until(lambda: sum(shop.holders().values()) == len(shop.names), 60, 0.1)
    shop.write()
    slept = False
    for _ in range(rounds):
        shop.wait_more(pick.randrange(10, 60))
        # Who has no job has nothing to lose.
        machine = pick.choice(sorted(shop.holders()))
        daemon = shop.daemons[machine]
        had = sorted(
            name
            for name, lease in shop.leases().items()
            if lease["holder"].startswith(f"{machine} ")
        )
        if pick.random() < 0.5:
            daemon.kill()
            shop.start(machine, clocks[machine], SHORT)
            continue
        slept = True
        daemon.process.send_signal(signal.SIGSTOP)
        wait_until(
            lambda: not any(
                shop.leases()[name]["holder"].startswith(f"{machine} ")  # noqa: B023
                for name in had  # noqa: B023
            ),
            60,
            0.1,
            what=f"others with the jobs of {machine}",
        )
        shop.wait_more(pick.randrange(5, 30))
        daemon.process.send_signal(signal.SIGCONT)
    shop.wait_more(20)
    verdicts = shop.finish(strays=slept)
    assert sum(v.total for v in verdicts.values()) > 500, "there was no load"


def test_machines_that_die_and_sleep_under_load_lose_nothing(cluster):
    survive(cluster(4), rounds=5, seed=3)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 4])
def test_machines_survive_30_deaths_and_naps(cluster, seed):
    survive(cluster(4), rounds=30, seed=seed)


def test_jobs_of_the_api_are_shared_with_what_is_wanted_of_them(cluster):
    shop = cluster(1)
    shop.stored = True
    [name] = shop.names
    for machine in ("alpha", "beta"):
        shop.start(machine, lease=SHORT)
    alpha, beta = shop.api("alpha"), shop.api("beta")
    alpha.post("/jobs", {"name": name, **shop.connector(name)}, status=201)
    wait_until(lambda: beta.call("GET", f"/jobs/{name}")[0] == 200, 60, 0.1)
    wait_until(shop.holders, 60, 0.1)
    shop.write()
    shop.wait_more(20)

    # Stopped at one, it runs nowhere.
    beta.post(f"/jobs/{name}/stop")
    for api in (alpha, beta):
        wait_until(lambda: api.get(f"/jobs/{name}")["state"] == "stopped", 60, 0.1)  # noqa: B023
    assert not shop.holders()
    alpha.post(f"/jobs/{name}/start")
    shop.wait_more(20)

    [holder] = shop.holders()
    other = {"alpha": "beta", "beta": "alpha"}[holder]
    shop.daemons[holder].kill()
    shop.wait_spread(**{other: 1})
    shop.wait_more(20)
    shop.finish()


# --- the state's server ----------------------------------------------------


def test_a_stop_does_not_wait_for_a_dead_state_server(
    mongodb, kafka, mstreamd, own_proxy
):
    """Answers that never come are waited for seconds, not the half minute
    of a service; nothing is lost."""
    shop = Cluster(mongodb, kafka, mstreamd, 2)
    shop.state_uri = own_proxy.before_mongodb(mongodb.uri)
    try:
        shop.start("alpha")
        shop.wait_spread(alpha=2)
        shop.write()
        shop.wait_more(20)
        own_proxy.stall("mongodb")
        shop.daemons["alpha"].wait_log("delivery waits until the lease", 60)
        shop.daemons["alpha"].stop(deadline=30)
        own_proxy.restore("mongodb")
        shop.start("beta")
        shop.wait_spread(beta=2)
        shop.wait_more(20)
        shop.finish()
    finally:
        shop.close()


@pytest.mark.soak
def test_machines_share_jobs_while_primaries_come_and_go(
    own_servers, mongodb_at, kafka, mstreamd
):
    """The state is on the servers that fail, as the documents are."""
    replica = own_servers("replica")
    mongodb = mongodb_at(replica.env()["MSTREAM_TEST_REPLICA_MONGODB"])
    shop = Cluster(mongodb, kafka, mstreamd, 4)
    try:
        shop.start("alpha")
        shop.start("beta")
        shop.wait_spread(alpha=2, beta=2)
        shop.write()
        for fault in ("step_down", "kill", "step_down", "kill"):
            shop.wait_more(50)
            name = replica.primary()
            if fault == "kill":
                replica.kill(name)
                shop.wait_more(50)
                replica.start(name)
            else:
                replica.step_down()
        shop.wait_more(50)
        shop.finish()
    finally:
        shop.close()
