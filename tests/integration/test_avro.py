# SPDX-License-Identifier: MIT
"""`mstream convert` to and from Avro, read and written beside by fastavro."""

import io
import itertools
import json
import os
import pty
import random
import subprocess
import time

import bson
import pytest
from support.avro import (
    SCHEMA,
    as_read,
    documents,
    fastavro,
    random_data,
    random_record,
    write_bson,
)
from support.programs import binary

# 100000 shows more; a run of all tests takes fewer.
COUNT = int(os.environ.get("MSTREAM_TEST_AVRO_DOCUMENTS", "2000"))
CODECS = ("null", "deflate", "snappy", "zstandard")


@pytest.fixture
def schema(tmp_path):
    path = tmp_path / "schema.avsc"
    path.write_text(json.dumps(SCHEMA))
    return path


@pytest.fixture
def docs(tmp_path):
    made = documents(COUNT, seed=5)
    write_bson(tmp_path / "docs.bson", made)
    return made


def to_avro(mstream, folder, schema, *more):
    mstream(
        "convert", "--from=bson", "--to=avro", "--schema", schema,
        "--in", folder / "docs.bson", "--out", folder / "docs.avro", *more,
    )  # fmt: skip
    return folder / "docs.avro"


@pytest.mark.parametrize("codec", CODECS)
def test_fastavro_reads_what_bson_became(mstream, tmp_path, schema, docs, codec):
    path = to_avro(mstream, tmp_path, schema, "--codec", codec)
    with open(path, "rb") as file:
        reader = fastavro.reader(file)
        assert reader.metadata["avro.codec"] == codec
        read = list(reader)
    assert read == [as_read(doc) for doc in docs]


@pytest.mark.parametrize("codec", CODECS)
def test_what_fastavro_writes_is_read(mstream, tmp_path, docs, codec):
    path = tmp_path / "theirs.avro"
    with open(path, "wb") as file:
        fastavro.writer(file, SCHEMA, [as_read(doc) for doc in docs], codec=codec)
    back = mstream("convert", "--from=avro", "--to=bson", "--in", path)
    read = bson.decode_all(back.raw)
    for document, wanted in zip(read, docs, strict=True):
        assert list(document) == [field["name"] for field in SCHEMA["fields"]]
        assert document == {**wanted, "_id": str(wanted["_id"]), "n": 7}


def test_json_becomes_the_same_data(mstream, tmp_path, schema, docs):
    path = to_avro(mstream, tmp_path, schema)
    text = mstream("convert", "--from=avro", "--to=json", "--in", path)
    assert len(text.raw.splitlines()) == len(docs)
    again = mstream(
        "convert", "--from=json", "--to=avro", "--schema", schema, input=text.raw
    )
    with open(path, "rb") as file:
        assert list(fastavro.reader(io.BytesIO(again.raw))) == list(
            fastavro.reader(file)
        )


@pytest.mark.parametrize(
    ("framing", "head"),
    [("bare", b""), ("single_object", None), ("confluent", b"\0\0\0\0\x4d")],
)
def test_frames_are_written_and_read(mstream, schema, framing, head):
    if head is None:
        canonical = fastavro.schema.to_parsing_canonical_form(SCHEMA)
        crc = fastavro.schema.fingerprint(canonical, "CRC-64-AVRO")
        head = b"\xc3\x01" + bytes.fromhex(crc)
    flags = ("--schema", schema, "--framing", framing, "--schema-id=77")
    line = (
        '{"_id":"x","i":1,"l":2,"d":0.5,"t":{"$date":"1970-01-01T00:00:00Z"},"p":1.5,'
        '"u":"00112233-4455-6677-8899-aabbccddeeff","b":"\\u00ff","a":[],"m":{},"e":"A"}\n'
    )
    made = mstream("convert", "--from=json", "--to=avro", *flags, input=line * 3)
    size = len(made.raw) // 3
    assert made.raw == made.raw[:size] * 3
    datum = io.BytesIO(made.raw[len(head) : size])
    assert made.raw.startswith(head)
    assert fastavro.schemaless_reader(datum, SCHEMA)["b"] == b"\xff"
    back = mstream("convert", "--from=avro", "--to=json", *flags, input=made.raw)
    assert [json.loads(item)["i"] for item in back.raw.splitlines()] == [1] * 3


def test_containers_are_packed_anew(mstream, tmp_path, schema, docs):
    path = to_avro(mstream, tmp_path, schema)
    packed = mstream(
        "convert", "--from=avro", "--to=avro", "--codec=snappy", "--in", path
    )
    assert len(packed.raw) < path.stat().st_size
    assert len(list(fastavro.reader(io.BytesIO(packed.raw)))) == len(docs)


def test_refused_documents_name_their_field(mstream, schema):
    lines = '{"_id":"x","i":"one"}\n'
    said = mstream(
        "convert", "--from=json", "--to=avro", "--schema", schema, input=lines, code=3
    )
    assert "document 1" in said.err
    assert "field 'i': string to int" in said.err


def test_a_damaged_file_says_where(mstream, tmp_path, schema, docs):
    path = to_avro(mstream, tmp_path, schema)
    whole = path.read_bytes()
    cut = mstream("convert", "--from=avro", "--to=json", input=whole[:-5], code=1)
    assert "ends inside of a block" in cut.err
    broken = whole[:-1] + bytes([whole[-1] ^ 1])
    marker = mstream("convert", "--from=avro", "--to=json", input=broken, code=1)
    assert "the marker behind the block" in marker.err
    other = mstream("convert", "--from=avro", "--to=json", input="{}", code=1)
    assert "not a container file" in other.err


def test_without_a_schema_it_is_usage(mstream):
    said = mstream("convert", "--from=json", "--to=avro", code=2)
    assert "--schema is missing" in said.err


def test_a_schema_that_is_none_says_where(mstream, tmp_path):
    path = tmp_path / "bad.avsc"
    path.write_text('{"type":"record","name":"R",\n "fields":[{"name":"a"}]}')
    said = mstream("convert", "--from=json", "--to=avro", "--schema", path, code=2)
    assert "bad.avsc" in said.err
    assert "line 2, column 12" in said.err


@pytest.mark.parametrize("seed", range(20))
def test_random_schemas_and_their_data_agree(mstream, tmp_path, seed):
    rnd = random.Random(seed)
    random.seed(seed)  # fastavro's generator uses this one
    schema = random_record(rnd, itertools.count())
    data = random_data(schema, 30)
    path = tmp_path / "schema.avsc"
    path.write_text(json.dumps(schema))
    theirs = io.BytesIO()
    fastavro.writer(theirs, schema, data)
    wanted = list(fastavro.reader(io.BytesIO(theirs.getvalue())))
    made = mstream("convert", "--from=avro", "--to=bson", input=theirs.getvalue())
    assert len(bson.decode_all(made.raw)) == len(data)
    back = mstream(
        "convert", "--from=bson", "--to=avro", "--schema", path, input=made.raw
    )
    assert list(fastavro.reader(io.BytesIO(back.raw))) == wanted
    text = mstream(
        "convert", "--from=avro", "--to=json", "--json-mode=canonical", input=back.raw
    )
    again = mstream(
        "convert", "--from=json", "--to=avro", "--schema", path, input=text.raw
    )
    assert list(fastavro.reader(io.BytesIO(again.raw))) == wanted


def test_a_terminal_sees_how_far_it_is(tmp_path):
    ours, theirs = pty.openpty()
    convert = subprocess.Popen(
        [binary("mstream"), "convert", "--from=json", "--to=json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    # Pieces come until the line is there; it is shown a few times a second.
    seen = b""
    os.set_blocking(ours, False)
    deadline = time.monotonic() + 30
    while b"documents" not in seen and time.monotonic() < deadline:
        convert.stdin.write(b'{"a":1}\n' * 1000)
        convert.stdin.flush()
        try:
            seen += os.read(ours, 4096)
        except BlockingIOError:
            time.sleep(0.01)
    convert.stdin.close()
    assert convert.wait(30) == 0
    os.close(ours)
    assert b" MB/s, " in seen
