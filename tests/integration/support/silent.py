# SPDX-License-Identifier: MIT
"""A server that is there, and of no use."""

import socket
import threading


class Silent:
    """A server that takes connections, and never says anything."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.taken = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        while True:
            try:
                self.taken.append(self.listener.accept()[0])
            except OSError:
                return

    def close(self):
        self.listener.close()
        for line in self.taken:
            line.close()
