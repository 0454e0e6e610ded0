# SPDX-License-Identifier: MIT
"""`mstream convert` with frames: any of them to any other, in constant memory."""

import io
import json
import os
import re
import struct
import subprocess
import threading
from pathlib import Path

import pytest
from support.avro import SCHEMA, documents, fastavro, random_data, write_bson
from support.programs import binary

# 2048 shows more; a run of all tests takes less.
MEGABYTES = int(os.environ.get("MSTREAM_TEST_CONVERT_MB", "48"))
FRAMINGS = ("bare", "single_object", "confluent", "container", "batch")

OLD = {
    "type": "record",
    "name": "R",
    "fields": [{"name": "a", "type": "int"}, {"name": "t", "type": "string"}],
}
NEW = {
    "type": "record",
    "name": "R",
    "fields": [
        {"name": "new", "type": "string", "default": "x"},
        {"name": "a", "type": "long"},
    ],
}


@pytest.fixture
def schemas(tmp_path):
    for name, schema in (("old", OLD), ("new", NEW), ("all", SCHEMA)):
        (tmp_path / f"{name}.avsc").write_text(json.dumps(schema))
    return tmp_path


def frames_of(data):
    """The batch frames that stand one behind the other: (content type, items)."""
    at = 0
    while at < len(data):
        count, content = struct.unpack_from("<IB", data, at)
        at += 5
        items = []
        for _ in range(count):
            (size,) = struct.unpack_from("<I", data, at)
            items.append(data[at + 4 : at + 4 + size])
            assert len(items[-1]) == size
            at += 4 + size
        yield content, items


def frame_of(content, items):
    parts = [struct.pack("<IB", len(items), content)]
    for item in items:
        parts += [struct.pack("<I", len(item)), item]
    return b"".join(parts)


def test_frames_have_as_many_documents_as_asked(mstream):
    lines = b"".join(b'{"a":%d}\n' % i for i in range(7))
    made = mstream(
        "convert", "--from=json", "--to=json", "--to-framing=batch", "--batch=3",
        input=lines,
    )  # fmt: skip
    frames = list(frames_of(made.raw))
    assert [(content, len(items)) for content, items in frames] == [
        (1, 3),
        (1, 3),
        (1, 1),
    ]
    assert b"\n".join(item for _, items in frames for item in items) + b"\n" == lines


@pytest.mark.parametrize(("encoding", "content"), [("json", 1), ("bson", 2), ("avro", 3)])
def test_frames_of_every_encoding_go_there_and_back(mstream, schemas, encoding, content):
    schema = ("--schema", schemas / "old.avsc") if encoding == "avro" else ()
    lines = "".join(f'{{"a":{i},"t":"x{i}"}}\n' for i in range(50))
    made = mstream(
        "convert", "--from=json", f"--to={encoding}", "--to-framing=batch",
        "--batch=20", *schema, input=lines,
    )  # fmt: skip
    frames = list(frames_of(made.raw))
    assert [(kind, len(items)) for kind, items in frames] == [
        (content, 20),
        (content, 20),
        (content, 10),
    ]
    back = mstream(
        "convert", f"--from={encoding}", "--to=json", "--from-framing=batch", *schema,
        input=made.raw,
    )  # fmt: skip
    assert back.out == lines


def test_a_bad_item_is_refused_alone(mstream):
    data = frame_of(1, [b'{"a":1}', b'{"a":', b'{"a":3}']) + frame_of(1, [b"{}"])
    said = mstream(
        "convert", "--from=json", "--to=bson", "--framing=batch", "--on-error=skip",
        "--json", input=data, code=3,
    )  # fmt: skip
    assert "document 2" in said.err
    assert json.loads(said.err.splitlines()[-1]) == {"converted": 3, "refused": 1}
    ((content, items),) = frames_of(said.raw)
    assert content == 2
    assert len(items) == 3


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x01\0\0\0\x02\0\0\0\x40x", "is larger than"),
        (b"\xff\xff\xff\xff\x02\x05\0\0\0x", "ends inside of the item"),
        (b"\x01\0\0\0\x07\0\0\0\0", "no content type 7"),
        (b"\x01\0\0\0\x01\0\0\0\0", "holds json, not bson"),
        (b"\0\0\0\0\x02xy", "ends inside of a frame's head"),
    ],
)
def test_frames_that_lie_say_where(mstream, data, said):
    result = mstream(
        "convert", "--from=bson", "--to=json", "--from-framing=batch", input=data, code=1
    )
    assert said in result.err


def test_frames_of_one_side_only_are_refused_where_they_mean_nothing(mstream):
    for flags, said in (
        (("--from-framing=container",), "--from-framing container is for Avro"),
        (("--batch=5",), "none are written"),
        (("--to-framing=batch", "--batch=0"), "--batch takes 1 to"),
        (("--writer-schema=x",), "comes in without its own"),
    ):
        result = mstream("convert", "--from=json", "--to=json", *flags, code=2)
        assert said in result.err


@pytest.mark.parametrize("into", FRAMINGS)
@pytest.mark.parametrize("out_of", FRAMINGS)
def test_avro_of_one_schema_and_frame_becomes_that_of_another(
    mstream, schemas, out_of, into
):
    lines = "".join(f'{{"a":{i},"t":"x{i}"}}\n' for i in range(5))
    made = mstream(
        "convert", "--from=json", "--to=avro", "--schema", schemas / "old.avsc",
        f"--to-framing={out_of}", "--schema-id=7", input=lines,
    )  # fmt: skip
    written = () if out_of == "container" else ("--writer-schema", schemas / "old.avsc")
    newer = mstream(
        "convert", "--from=avro", "--to=avro", "--schema", schemas / "new.avsc",
        f"--from-framing={out_of}", f"--to-framing={into}", "--schema-id=7", *written,
        input=made.raw,
    )  # fmt: skip
    back = mstream(
        "convert", "--from=avro", "--to=json", "--schema", schemas / "new.avsc",
        f"--from-framing={into}", "--schema-id=7", input=newer.raw,
    )  # fmt: skip
    assert [json.loads(line) for line in back.out.splitlines()] == [
        {"new": "x", "a": i} for i in range(5)
    ]


def test_a_schema_that_can_not_read_the_other_is_refused_at_once(mstream, schemas):
    other = schemas / "other.avsc"
    other.write_text(json.dumps({**OLD, "fields": [{"name": "z", "type": "int"}]}))
    result = mstream(
        "convert", "--from=avro", "--to=json", "--framing=batch", "--schema", other,
        "--writer-schema", schemas / "old.avsc", input=b"", code=2,
    )  # fmt: skip
    assert "field 'z'" in result.err


def peak_of(flags, chunk, times):
    """What convert says, and its peak RSS in MiB, with the chunk again and again."""
    process = subprocess.Popen(
        [binary("mstream"), "convert", *map(str, flags), "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    said = []
    reader = threading.Thread(target=lambda: said.append(process.stderr.read()))
    reader.start()
    for _ in range(times):
        process.stdin.write(chunk)
    process.stdin.flush()
    # What a pipe holds is still to be read: far less than what is looked for.
    status = Path(f"/proc/{process.pid}/status").read_text()
    process.stdin.close()
    reader.join()
    assert process.wait() == 0, said[0].decode()
    counts = json.loads(said[0].decode().splitlines()[-1])
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return counts["converted"], int(peak) / 1024


@pytest.mark.parametrize("framing", FRAMINGS)
def test_memory_does_not_grow_with_the_data(mstream, schemas, framing):
    count = 2000
    write_bson(schemas / "docs.bson", documents(count, seed=3))
    flags = ("--schema", schemas / "all.avsc", "--schema-id=7")
    chunk = mstream(
        "convert", "--from=bson", "--to=avro", "--in", schemas / "docs.bson",
        f"--to-framing={framing}", *flags,
    ).raw  # fmt: skip
    if framing == "container":
        # One header, and blocks that are there often.
        chunk = container_of(chunk, MEGABYTES * (1 << 20))
        times = 1
    else:
        times = MEGABYTES * (1 << 20) // len(chunk) + 1
    for to, out in (("json", "bare"), ("bson", "batch"), ("avro", "confluent")):
        converted, peak = peak_of(
            ("--from=avro", f"--to={to}", f"--from-framing={framing}",
             f"--to-framing={out}", *flags),
            chunk, times,
        )  # fmt: skip
        assert converted % count == 0
        assert converted >= count * times
        assert peak < 48, f"{framing} to {to}: {peak:.0f} MiB"


def container_of(small, size):
    """A container file with the blocks of another one repeated up to a size."""
    sync = small[-16:]
    head = small.index(sync) + 16
    blocks = small[head:]
    return small[:head] + blocks * (size // len(blocks) + 1)


@pytest.mark.parametrize("encoding", ["json", "bson"])
def test_documents_need_no_memory_either(mstream, schemas, encoding):
    write_bson(schemas / "docs.bson", documents(2000, seed=3))
    chunk = (schemas / "docs.bson").read_bytes()
    if encoding == "json":
        chunk = mstream("convert", "--from=bson", "--to=json", input=chunk).raw
    for to in ("json", "bson", "avro"):
        schema = ("--schema", schemas / "all.avsc") if to == "avro" else ()
        times = MEGABYTES * (1 << 20) // len(chunk) + 1
        converted, peak = peak_of(
            (f"--from={encoding}", f"--to={to}", *schema), chunk, times
        )
        assert converted == 2000 * times
        assert peak < 48, f"{encoding} to {to}: {peak:.0f} MiB"


@pytest.mark.parametrize("framing", ["bare", "confluent"])
def test_single_data_of_fastavro_are_read_one_behind_the_other(
    mstream, schemas, framing
):
    data = random_data(OLD, 500)
    out = io.BytesIO()
    for datum in data:
        out.write(b"\0\0\0\0\x07" if framing == "confluent" else b"")
        fastavro.schemaless_writer(out, OLD, datum)
    back = mstream(
        "convert", "--from=avro", "--to=json", f"--from-framing={framing}",
        "--schema-id=7", "--schema", schemas / "old.avsc", input=out.getvalue(),
    )  # fmt: skip
    assert [json.loads(line) for line in back.raw.splitlines()] == data
