# SPDX-License-Identifier: MIT
"""A TCP proxy that breaks connections on demand.

Control is a line protocol on a loopback port; each command gets one line of
JSON, {"ok": true, ...} or {"ok": false, "error": "..."}:

  add NAME PORT HOST:PORT  listen on a loopback PORT (0: any), go on to HOST:PORT
  remove NAME              forget a route and end its connections
  cut NAME                 end all connections and refuse new ones
  reset NAME               end all connections with RST; new ones are served
  stall NAME               keep all connections open and move no byte
  slow NAME BYTES          move at most so many bytes a second, each way
  delay NAME MS            hold every piece for so long, each way
  limit NAME BYTES         reset a connection after so many bytes to the client
  restore NAME             be a plain proxy again
  status                   all routes with their faults and counters
  quit                     end the proxy

NAME `*` means every route.
"""

import asyncio
import contextlib
import json
import socket
import struct

HOST = "127.0.0.1"
PIECE = 256 * 1024


class Route:
    """One listening port, what is behind it, and the fault it has."""

    def __init__(self, name, port, target):
        self.name, self.port, self.target = name, port, target
        self.server = None
        self.pairs = set()
        self.accepted = 0
        self.bytes = {"up": 0, "down": 0}
        self.flowing = asyncio.Event()
        self.clear_faults()

    def clear_faults(self):
        self.refusing = False
        self.rate = self.delay = self.limit = None
        self.flowing.set()

    async def listen(self):
        if self.server is None:
            self.server = await asyncio.start_server(
                self._serve, HOST, self.port, reuse_address=True
            )
            self.port = self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        self.accepted += 1
        try:
            behind = await asyncio.open_connection(*self.target)
        except OSError:
            _reset(writer)
            return
        pair = Pair(self, (reader, writer), behind)
        self.pairs.add(pair)
        try:
            await pair.run()
        finally:
            self.pairs.discard(pair)

    def end_connections(self, how):
        for pair in list(self.pairs):
            pair.end(how)

    async def close(self, how):
        if self.server is not None:
            self.server.close()
            self.server = None
        self.end_connections(how)

    def status(self):
        return {
            "port": self.port,
            "target": f"{self.target[0]}:{self.target[1]}",
            "connections": len(self.pairs),
            "accepted": self.accepted,
            "bytes_up": self.bytes["up"],
            "bytes_down": self.bytes["down"],
            "refusing": self.refusing,
            "stalled": not self.flowing.is_set(),
            "bytes_per_second": self.rate,
            "delay_ms": self.delay,
            "limit": self.limit,
        }


class Pair:
    """One client connection and its twin to the server."""

    def __init__(self, route, front, behind):
        self.route, self.front, self.behind = route, front, behind
        self.task = None
        self.left = None

    async def run(self):
        pumps = [
            asyncio.ensure_future(
                self._pump(self.front[0], self.behind[1], "up")
            ),
            asyncio.ensure_future(
                self._pump(self.behind[0], self.front[1], "down")
            ),
        ]
        self.task = asyncio.gather(*pumps, return_exceptions=True)
        with contextlib.suppress(asyncio.CancelledError):
            await self.task
        for writer in (self.front[1], self.behind[1]):
            writer.close()

    async def _pump(self, reader, writer, way):
        route = self.route
        try:
            while True:
                await route.flowing.wait()
                size = PIECE
                if route.rate:
                    size = max(1, min(PIECE, route.rate // 20))
                data = await reader.read(size)
                # A fault that began during the read holds this piece, too.
                await route.flowing.wait()
                if not data:
                    break
                if route.delay:
                    await asyncio.sleep(route.delay / 1000)
                if route.rate:
                    await asyncio.sleep(len(data) / route.rate)
                data, last = self._within_limit(data, way)
                writer.write(data)
                await writer.drain()
                route.bytes[way] += len(data)
                if last:
                    self.end("reset")
                    return
            if writer.can_write_eof():
                writer.write_eof()
        except (OSError, RuntimeError):
            self.end("close")

    def _within_limit(self, data, way):
        if way != "down" or self.route.limit is None:
            return data, False
        if self.left is None:
            self.left = self.route.limit
        data = data[: self.left]
        self.left -= len(data)
        return data, self.left == 0

    def end(self, how):
        for writer in (self.front[1], self.behind[1]):
            if how == "reset":
                _reset(writer)
            else:
                writer.close()
        if self.task is not None:
            self.task.cancel()


def _reset(writer):
    """Close with RST, so that the peer sees an error and not an end."""
    found = writer.get_extra_info("socket")
    if found is not None:
        with contextlib.suppress(OSError):
            found.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
    writer.transport.abort()


class Proxy:
    """All routes, and the commands that change them."""

    def __init__(self):
        self.routes = {}
        self.done = asyncio.Event()

    async def add(self, name, port, target):
        host, _, number = target.rpartition(":")
        if name in self.routes or name == "*":
            raise ValueError(f"route '{name}' exists")
        route = Route(name, int(port), (host, int(number)))
        await route.listen()
        self.routes[name] = route
        return {"port": route.port}

    def _named(self, name):
        if name == "*":
            return list(self.routes.values())
        if name not in self.routes:
            raise ValueError(f"no route '{name}'")
        return [self.routes[name]]

    async def remove(self, name):
        for route in self._named(name):
            await route.close("close")
            del self.routes[route.name]

    async def cut(self, name):
        for route in self._named(name):
            route.refusing = True
            await route.close("close")

    async def reset(self, name):
        for route in self._named(name):
            route.end_connections("reset")

    async def stall(self, name):
        for route in self._named(name):
            route.flowing.clear()

    async def slow(self, name, rate):
        for route in self._named(name):
            route.rate = _positive(rate)

    async def delay(self, name, milliseconds):
        for route in self._named(name):
            route.delay = _positive(milliseconds)

    async def limit(self, name, count):
        for route in self._named(name):
            route.limit = _positive(count)
            for pair in route.pairs:
                pair.left = None

    async def restore(self, name):
        for route in self._named(name):
            route.clear_faults()
            await route.listen()

    async def status(self):
        return {
            "routes": {name: r.status() for name, r in self.routes.items()}
        }

    async def quit(self):
        self.done.set()

    async def command(self, line):
        known = {
            "add": 3, "remove": 1, "cut": 1, "reset": 1, "stall": 1,
            "slow": 2, "delay": 2, "limit": 2, "restore": 1,
            "status": 0, "quit": 0,
        }  # fmt: skip
        verb, *arguments = line.split() or [""]
        if known.get(verb) != len(arguments):
            raise ValueError(f"unknown command or arguments: '{line.strip()}'")
        return await getattr(self, verb)(*arguments) or {}


def _positive(text):
    number = int(text)
    if number <= 0:
        raise ValueError(f"'{text}' is not above zero")
    return number


async def _control(proxy, reader, writer):
    with contextlib.suppress(ConnectionError):
        while line := (await reader.readline()).decode(errors="replace"):
            try:
                answer = {"ok": True, **await proxy.command(line)}
            except (ValueError, OSError) as error:
                answer = {"ok": False, "error": str(error)}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
    writer.close()


async def serve(control_port, routes, announce):
    """Run until `quit`; `announce(port)` is called once all ports listen."""
    proxy = Proxy()
    for name, port, target in routes:
        await proxy.add(name, port, target)
    control = await asyncio.start_server(
        lambda r, w: _control(proxy, r, w), HOST, control_port
    )
    announce(control.sockets[0].getsockname()[1])
    await proxy.done.wait()
    for route in proxy.routes.values():
        await route.close("close")
    control.close()
