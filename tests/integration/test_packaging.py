# SPDX-License-Identifier: MIT
"""The Debian package, the systemd unit, and what docker would be told."""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess

import pytest
from support import ROOT, config
from support.programs import binary
from support.to_kafka import ToKafka
from support.waiting import wait_until

PACKAGING = ROOT / "packaging"
# What `systemd-analyze security` says: 0 is shut, 10 is open. The rest is the
# network, which it is for.
EXPOSURE = 1.2


def run(*words, **more):
    done = subprocess.run(
        [str(word) for word in words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **more,
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    return done.stdout


def build_deb(out, **env):
    out.mkdir()
    name = run(
        PACKAGING / "build-deb",
        binary("mstreamd").parent.parent,
        out,
        env={**os.environ, **env},
    )
    return name.strip()


@pytest.fixture(scope="module")
def deb(tmp_path_factory):
    return build_deb(tmp_path_factory.mktemp("deb") / "one")


@pytest.fixture(scope="module")
def unpacked(deb, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    run("dpkg-deb", "-x", deb, folder)
    return folder


@pytest.fixture(scope="module")
def linked(deb):
    """The packages that the programs need, without their versions."""
    depends = run("dpkg-deb", "-f", deb, "Depends").split(",")
    names = {one.split()[0] for one in depends}
    return names - {"systemd"}


# --- the package -----------------------------------------------------------


def test_lintian_has_nothing_to_say(deb):
    said = run("lintian", "--allow-root", "--fail-on", "error,warning", deb)
    assert not re.search("^[EW]:", said, re.M), said


def test_two_packages_of_a_build_are_equal(deb, tmp_path):
    with open(deb, "rb") as one:
        first = hashlib.file_digest(one, "sha256").digest()
    with open(build_deb(tmp_path / "two"), "rb") as other:
        assert hashlib.file_digest(other, "sha256").digest() == first


def test_its_programs_run_the_quick_start(unpacked, mstreamd, tmp_path):
    examples = unpacked / "usr/share/mstream/examples"
    shutil.copy(examples / "quickstart.toml", tmp_path)
    daemon = mstreamd(
        tmp_path / "quickstart.toml", program=unpacked / "usr/bin/mstreamd"
    )
    out = tmp_path / "quickstart-out"
    wait_until(lambda: list(out.glob("orders*")), 30)
    wait_until(lambda: daemon.stdout().count("\n") > 3, 30)
    daemon.stop()
    run(unpacked / "usr/bin/mstream", "validate", examples / "quickstart.toml")


def test_its_configuration_is_a_start(unpacked, mstreamd, tmp_path):
    shipped = unpacked / "etc/mstream/mstream-config.toml"
    daemon = mstreamd(shipped, ["--set", f"state.path={tmp_path}/state"])
    daemon.wait_log("is ready")
    daemon.stop()
    # What it shows in comments is right, too.
    shown = tmp_path / "shown.toml"
    comments = shipped.read_text().partition("#\n")[2]
    shown.write_text(re.sub("^# ?", "", comments, flags=re.M))
    assert "\n[[connectors]]\n" in shown.read_text()
    env = {**os.environ, "MONGO_URI": "mongodb://127.0.0.1/"}
    run(unpacked / "usr/bin/mstream", "validate", shown, env=env)


def test_all_is_where_a_system_looks_for_it(unpacked):
    for path in [
        "usr/share/man/man1/mstream.1.gz",
        "usr/share/man/man8/mstreamd.8.gz",
        "usr/share/bash-completion/completions/mstream",
        "usr/share/zsh/vendor-completions/_mstream",
        "usr/share/fish/vendor_completions.d/mstream.fish",
        "usr/lib/sysusers.d/mstream.conf",
        "usr/lib/tmpfiles.d/mstream.conf",
        "lib/systemd/system/mstreamd.service",
    ]:
        assert (unpacked / path).stat().st_size > 0, path


def test_the_licences_of_what_is_linked_are_named(unpacked, linked):
    said = (unpacked / "usr/share/doc/mstream/copyright").read_text()
    missing = [name for name in linked if f" {name} " not in said]
    assert not missing, missing


def test_the_user_is_made_as_sysusers_reads_it(tmp_path, unpacked):
    for folder in ("etc", "usr/lib/sysusers.d"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(
        unpacked / "usr/lib/sysusers.d/mstream.conf",
        tmp_path / "usr/lib/sysusers.d",
    )
    run("systemd-sysusers", f"--root={tmp_path}", "mstream.conf")
    users = (tmp_path / "etc/passwd").read_text()
    user = re.search(r"^mstream:.*$", users, re.M)[0].split(":")
    assert user[5] == "/var/lib/mstream"
    assert user[6].endswith("nologin")
    # The folders belong to it.
    (tmp_path / "etc/mstream").mkdir()
    (tmp_path / "etc/mstream/mstream-config.toml").touch()
    os.chmod(tmp_path, 0o755)
    run(
        "systemd-tmpfiles",
        "--create",
        f"--root={tmp_path}",
        unpacked / "usr/lib/tmpfiles.d/mstream.conf",
    )
    state = (tmp_path / "var/lib/mstream").stat()
    assert (state.st_mode & 0o777, state.st_uid) == (0o700, int(user[2]))
    secret = (tmp_path / "etc/mstream/mstream-config.toml").stat()
    assert (secret.st_mode & 0o777, secret.st_gid) == (0o640, int(user[3]))


@pytest.mark.soak
def test_installing_upgrading_and_removing_it(deb, linked, tmp_path):
    """In a Debian of its own that has what it depends on, and no more."""
    upgrade = build_deb(tmp_path / "newer", VERSION="0.1.1")
    root = tmp_path / "root"
    run(
        "mmdebstrap",
        "--variant=minbase",
        f"--include={','.join(sorted(linked))},systemd-standalone-sysusers",
        "bookworm",
        root,
    )
    for file in (deb, upgrade):
        shutil.copy(file, root)

    def inside(*words):
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        return run("chroot", root, *words, env=env)

    def install(file):
        inside("dpkg", "--install", f"/{file.rpartition('/')[2]}")

    install(deb)
    for program in ("mstreamd", "mstream"):
        assert "not found" not in inside("ldd", f"/usr/bin/{program}")
        inside(program, "--version")
    assert "mstream" in inside("id", "mstream")
    settings = root / "etc/mstream/mstream-config.toml"
    settings.write_text(settings.read_text() + "\n# ours\n")
    (root / "var/lib/mstream").mkdir(exist_ok=True)
    (root / "var/lib/mstream/state.db").touch()
    install(upgrade)
    assert "0.1.1" in inside("dpkg-query", "-W", "mstream")
    assert settings.read_text().endswith("# ours\n")
    inside("dpkg", "--remove", "mstream")
    assert settings.exists()
    assert not (root / "usr/bin/mstreamd").exists()
    assert "is left" in inside("dpkg", "--purge", "mstream")
    assert not settings.exists()
    assert (root / "var/lib/mstream/state.db").exists()


# --- the unit --------------------------------------------------------------


def unit_settings():
    """{key: [values]} of the unit, in order."""
    settings = {}
    for line in (PACKAGING / "mstreamd.service").read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            settings.setdefault(key, []).append(value)
    return settings


def test_systemd_takes_the_unit(unpacked, tmp_path):
    """With the path of a program that is there."""
    unit = tmp_path / "mstreamd.service"
    text = (unpacked / "lib/systemd/system/mstreamd.service").read_text()
    text = text.replace("ExecStart=/usr", f"ExecStart={unpacked}/usr")
    unit.write_text(re.sub("Documentation=.*", "", text))
    run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit)


def test_the_unit_is_shut_as_far_as_it_can_be(unpacked):
    """As its JSON says, and less than a threshold together."""
    unit = unpacked / "lib/systemd/system/mstreamd.service"
    run(
        "systemd-analyze",
        "security",
        "--offline=true",
        "--no-pager",
        f"--threshold={int(EXPOSURE * 10)}",
        unit,
    )


def test_the_unit_sees_whether_a_holder_is_gone():
    """ProcSubset=pid would hide the boot's id, and every crash would wait
    for its own lease."""
    assert "ProcSubset" not in unit_settings()


def test_the_unit_gives_a_stop_more_time_than_it_takes(unpacked):
    stop = unit_settings()["TimeoutStopSec"][0]
    reference = (ROOT / "docs/reference.md").read_text()
    drain = re.search(r"`shutdown_timeout` \|[^|]*\| `(\d+)s`", reference)[1]
    assert int(stop.removesuffix("s")) > int(drain)


def allowed_calls():
    """The system calls that the unit's filter lets through."""
    allowed = set()
    for line in unit_settings()["SystemCallFilter"]:
        named = set()
        for group in line.lstrip("~").split():
            named |= calls_of(group)
        allowed = allowed - named if line.startswith("~") else allowed | named
    return allowed


def calls_of(group):
    calls = set()
    for line in run("systemd-analyze", "syscall-filter", group).splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= calls_of(word)
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


def test_the_daemon_needs_no_call_that_the_unit_forbids(
    mongodb, kafka, mstreamd, tmp_path
):
    job = ToKafka(mongodb, kafka, mstreamd)
    traced = tmp_path / "calls"
    traced.write_text("")
    program = tmp_path / "traced"
    program.write_text(
        "#!/bin/sh\n"
        f"exec strace -D -f -qq -o {traced} {binary('mstreamd')} \"$@\"\n"
    )
    program.chmod(0o755)
    daemon = job.start(program=program)
    job.writer.write(200)
    wait_until(job.arrived, 60, 0.2)
    daemon.reload()
    daemon.wait_log("configuration loaded again")
    daemon.stop()
    used = set(re.findall(r"^\d+ +(\w+)\(", traced.read_text(), re.M))
    # The service manager calls this one, before the filter.
    used.discard("execve")
    # SQLite gives its files to the database's owner, as root only.
    used.discard("fchown")
    assert len(used) > 30
    assert not used - allowed_calls(), sorted(used - allowed_calls())


# --- docker ----------------------------------------------------------------


@pytest.fixture(scope="module")
def compose():
    code = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"
    with open(ROOT / "docker-compose.yml", "rb") as file:
        done = subprocess.run(
            ["/usr/bin/python3", "-c", code],
            stdin=file,
            capture_output=True,
            check=True,
        )
    return json.loads(done.stdout)


def dockerfile():
    """[(instruction, rest)] with continued lines joined."""
    text = (PACKAGING / "Dockerfile").read_text().replace("\\\n", " ")
    lines = (line for line in text.splitlines() if line and line[0] != "#")
    return [tuple(line.split(maxsplit=1)) for line in lines]


def last_stage():
    lines = dockerfile()
    begins = max(n for n, line in enumerate(lines) if line[0] == "FROM")
    return lines[begins:]


def test_the_image_has_all_libraries(linked):
    installed = next(rest for what, rest in last_stage() if what == "RUN")
    words = set(shlex.split(installed.split("&&")[1]))
    # In every Debian.
    base = {"libc6", "libgcc-s1", "libstdc++6"}
    assert not linked - words - base, linked - words - base
    # And nothing that nobody needs.
    libraries = {word for word in words if word.startswith(("lib", "zlib"))}
    assert libraries <= linked


def test_the_image_copies_and_starts_what_there_is(unpacked):
    lines = dockerfile()
    for what, rest in lines:
        if what == "COPY" and not rest.startswith("--from"):
            assert (ROOT / rest.split()[0]).exists(), rest
    commands = dict(last_stage())
    for what in ("ENTRYPOINT", "HEALTHCHECK"):
        words = json.loads(re.search(r"\[.*\]", commands[what])[0])
        assert (unpacked / words[0].lstrip("/")).exists()
    assert commands["USER"] == "mstream"
    assert commands["STOPSIGNAL"] == "SIGTERM"
    assert commands["WORKDIR"] == commands["VOLUME"] == "/var/lib/mstream"


def test_the_health_check_of_the_image_says_how_it_is(mstreamd, mstream, tmp_path):
    check = dict(last_stage())["HEALTHCHECK"]
    words = json.loads(re.search(r"\[.*\]", check)[0])
    daemon = mstreamd(config.state(), env={"MSTREAM_API_PORT": "0"})
    daemon.wait_log("listening on http")
    url = re.search(r"listening on (http\S+)", daemon.stderr())[1]
    env = {"MSTREAM_URL": url}
    mstream(*words[1:], env=env)
    daemon.stop()
    mstream(*words[1:], env=env, code=1)


def test_what_compose_names_is_there(compose, mstream, tmp_path):
    daemon = compose["services"]["mstreamd"]
    assert (ROOT / daemon["build"]["dockerfile"]).exists()
    volumes = dict(v.split(":")[:2] for v in daemon["volumes"])
    for source, target in volumes.items():
        if source.startswith("."):
            assert (ROOT / source).is_file(), source
            example, settings = ROOT / source, target
        else:
            assert source in compose["volumes"]
    assert settings in daemon["command"]
    assert "/var/lib/mstream" in volumes.values()
    text = example.read_text()
    for name in daemon["environment"]:
        assert f"${{{name}" in text, f"{example} does not read {name}"
    mstream("validate", example, env=daemon["environment"])
    for other in daemon["depends_on"]:
        assert "healthcheck" in compose["services"][other]
    assert daemon["read_only"] and daemon["cap_drop"] == ["ALL"]


def test_the_ports_of_compose_fit_together(compose):
    """What a service listens on is what others are told to call."""
    services = compose["services"]
    environment = services["mstreamd"]["environment"]
    kafka = services["kafka"]["environment"]

    def listeners(key):
        parts = (part.partition("://") for part in kafka[key].split(","))
        return {name: address for name, _, address in parts}

    listening = listeners("KAFKA_LISTENERS")
    told = listeners("KAFKA_ADVERTISED_LISTENERS")
    assert environment["KAFKA_BOOTSTRAP"] == told["INSIDE"]
    assert told["INSIDE"].split(":")[1] == listening["INSIDE"].split(":")[1]
    [published] = services["kafka"]["ports"]
    outside, inside = published.rsplit(":", 1)
    assert outside == told["OUTSIDE"]
    assert inside == listening["OUTSIDE"].lstrip(":")
    for where, protocol in (
        pair.split(":")
        for pair in kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")
    ):
        assert where in listening and protocol == "PLAINTEXT"
    # The replica set is called as its member calls itself.
    words = " ".join(services["mongodb"]["healthcheck"]["test"])
    member = re.search(r'host: "([^"]+)"', words)[1]
    assert f"//{member}/" in environment["MONGO_URI"]
    name = services["mongodb"]["command"][1]
    assert f"replicaSet={name}" in environment["MONGO_URI"]
    assert f'_id: "{name}"' in words
