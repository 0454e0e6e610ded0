# SPDX-License-Identifier: MIT
"""BSON as bytes, for what no decoder tells: fields of the same name."""

import itertools
import struct

# Bytes of a value by its type; those that say their own length are not here.
_FIXED = {
    1: 8, 6: 0, 7: 12, 8: 1, 9: 8, 10: 0, 16: 4, 17: 8, 18: 8, 19: 16, 255: 0, 127: 0,
}  # fmt: skip


def _int32(data, at):
    return struct.unpack_from("<i", data, at)[0]


def _end(data, kind, at):
    """Where the value that begins there ends."""
    if kind in _FIXED:
        return at + _FIXED[kind]
    if kind in (3, 4, 15):
        return at + _int32(data, at)
    if kind == 5:
        return at + 5 + _int32(data, at)
    if kind == 11:
        return data.index(0, data.index(0, at) + 1) + 1
    return at + 4 + _int32(data, at) + (12 if kind == 12 else 0)


def fields(data):
    """(type, name, value) of each field, all as bytes."""
    at, found = 4, []
    while data[at]:
        kind = data[at]
        end = data.index(0, at + 1)
        name = data[at + 1 : end]
        at = _end(data, kind, end + 1)
        found.append((kind, name, data[end + 1 : at]))
    return found


def once(data):
    """The document with each field once on each level: the last of a name."""
    found = fields(data)
    last = {name: i for i, (_, name, _) in enumerate(found)}
    body = b""
    for i, (kind, name, value) in enumerate(found):
        if last[name] == i:
            inner = once(value) if kind in (3, 4) else value
            body += bytes([kind]) + name + b"\0" + inner
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def difference(one, other, path=""):
    """Where two documents differ first, and what stands there."""
    for left, right in itertools.zip_longest(fields(one), fields(other)):
        if left == right:
            continue
        here = f"{path}.{(left or right)[1].decode()}".lstrip(".")
        if not left or not right or left[:2] != right[:2] or left[0] not in (3, 4):
            return here, left, right
        return difference(left[2], right[2], here)
    return None
