# SPDX-License-Identifier: MIT
"""A MongoDB server that says it is of a newer version than it is.

Stands before a real one and changes one number of its greeting, the highest
wire version that it speaks. Its entries stay those of the real one.
"""

import contextlib
import socket
import struct
import threading
from urllib.parse import urlsplit

NAME = b"\x10maxWireVersion\x00"


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


class NewerServer:
    """`uri` leads to the server behind `uri`, which claims that version."""

    def __init__(self, uri, wire_version):
        host, _, port = urlsplit(uri).netloc.rpartition(":")
        self._target = (host, int(port))
        self._version = struct.pack("<i", wire_version)
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
                for pair in ((front, behind, False), (behind, front, True)):
                    threading.Thread(
                        target=self._pass_on, args=pair, daemon=True
                    ).start()

    def _pass_on(self, one, other, changed):
        with contextlib.suppress(OSError):
            while data := _message(one):
                at = data.find(NAME) if changed else -1
                if at >= 0:
                    end = at + len(NAME)
                    data = data[:end] + self._version + data[end + 4 :]
                other.sendall(data)
        for connection in (one, other):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        for connection in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
