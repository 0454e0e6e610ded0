# SPDX-License-Identifier: MIT
"""A MongoDB server whose messages are changed on their way: for what no real
one can be brought to say."""

import contextlib
import socket
import struct
import threading
from urllib.parse import urlsplit


def _message(connection):
    """One message, which begins with its length; b"": the end."""
    data = b""
    length = 4
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            return b""
        data += piece
        if len(data) == 4:
            length = struct.unpack("<i", data)[0]
    return data


class Edited:
    """`uri` leads to the server behind the uri that is given.

    request and reply take the bytes of a message and return what goes on in
    their place, of the same length.
    """

    def __init__(self, uri, request=bytes, reply=bytes):
        host, _, port = urlsplit(uri).netloc.rpartition(":")
        self._target = (host, int(port))
        self._request, self._reply = request, reply
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.uri = f"mongodb://127.0.0.1:{port}/?directConnection=true"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                front, _ = self._listener.accept()
                behind = socket.create_connection(self._target)
                self._open += [front, behind]
                for way in (
                    (front, behind, self._request),
                    (behind, front, self._reply),
                ):
                    threading.Thread(
                        target=self._pass_on, args=way, daemon=True
                    ).start()

    def _pass_on(self, one, other, edit):
        with contextlib.suppress(OSError):
            while data := _message(one):
                other.sendall(edit(data))
        for connection in (one, other):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        for connection in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


def replaced(data, after, value):
    """The bytes behind `after`, where it is found, are value."""
    at = data.find(after)
    if at < 0:
        return data
    at += len(after)
    return data[:at] + value + data[at + len(value) :]


def newer(wire_version):
    """A reply that claims to be of a server of that version."""
    version = struct.pack("<i", wire_version)
    return lambda data: replaced(data, b"\x10maxWireVersion\x00", version)


def without_parts(data):
    """A request that finds no single entry of the oplog: it asks for one of
    a time that none has."""
    at = data.find(b"\x03filter\x00")
    if at < 0 or b"\x02find\x00\x09\x00\x00\x00oplog.rs\x00" not in data:
        return data
    name = b"\x11ts\x00"
    return replaced(data, data[at : at + 12] + name, b"\x01" + bytes(7))
