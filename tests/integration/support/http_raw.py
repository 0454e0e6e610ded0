# SPDX-License-Identifier: MIT
"""Answers over HTTP as bytes: whole, cut, with lies in them."""

import gzip
import itertools
import struct
import threading
import time
from email.utils import formatdate


def answer(status, body=b"", *headers):
    """An answer with its length."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(status, *chunks, end=b"0\r\n\r\n", headers=()):
    """An answer in chunks, each given as it is sent."""
    lines = [f"HTTP/1.1 {status} Said", "Transfer-Encoding: chunked", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + b"".join(chunks) + end


def chunk(data, length=None):
    return b"%x\r\n%s\r\n" % (len(data) if length is None else length, data)


def raw(data, keep=False):
    """A fault that says these bytes; data(request) makes them, where it can be called."""

    def fault(handler, request):
        said = data(request) if callable(data) else data
        handler.close_connection = not keep
        try:
            handler.wfile.write(said)
            handler.wfile.flush()
        except OSError:
            handler.close_connection = True
        return True

    return fault


def without_end(head, piece):
    """A fault that says piece again and again, until nobody listens."""

    def fault(handler, _request):
        handler.close_connection = True
        try:
            handler.wfile.write(head)
            while True:
                handler.wfile.write(piece)
        except OSError:
            pass
        return True

    return fault


def bomb(size=64 << 20):
    """A few KB that become `size` bytes, and the header that says so."""
    return gzip.compress(b"0" * size), "Content-Encoding: gzip"


def in_two_seconds():
    return f"Retry-After: {formatdate(time.time() + 2, usegmt=True)}"


def frame_items(body):
    """The content type of a batch frame, and its items."""
    count, content = struct.unpack_from("<IB", body)
    at, found = 5, []
    for _ in range(count):
        (size,) = struct.unpack_from("<I", body, at)
        found.append(body[at + 4 : at + 4 + size])
        at += 4 + size
    assert at == len(body)
    return content, found


class Cuts:
    """A fault: each request's answer is cut one byte further on than the last
    one's, then all are whole. `done` once every place was."""

    def __init__(self, make):
        self.make, self.places = make, itertools.count()
        self.done, self.lock = False, threading.Lock()

    def __call__(self, handler, request):
        with self.lock:
            place = next(self.places)
        whole = self.make(request)
        cut = whole if place >= len(whole) else whole[:place]
        self.done = self.done or cut == whole
        return raw(cut, keep=cut == whole)(handler, request)
