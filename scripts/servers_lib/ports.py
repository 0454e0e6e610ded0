# SPDX-License-Identifier: MIT
"""Free loopback ports below the range that outgoing connections use."""

import os
import random
import socket

HOST = "127.0.0.1"
FIRST, LAST = 20000, 32000


def is_free(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def is_listening(port, host=HOST, timeout=0.5):
    try:
        with socket.create_connection((host, port), timeout=timeout):
            return True
    except OSError:
        return False


def take(count, taken=()):
    """Return `count` distinct free ports that are not in `taken`.

    Kernels hand out outgoing ports from 32768 on, so that a port from here
    stays free for a server that is stopped and started again.
    """
    picker = random.Random(os.urandom(8))
    used, found = set(taken), []
    for _ in range(20000):
        if len(found) == count:
            return found
        port = picker.randrange(FIRST, LAST)
        if port not in used and is_free(port):
            used.add(port)
            found.append(port)
    raise OSError(f"no {count} free ports between {FIRST} and {LAST}")
