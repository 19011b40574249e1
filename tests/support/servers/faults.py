"""A network that can be told to fail, between a client and a real server."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Self
from urllib.parse import urlsplit

from tests.support.servers.servers import HOST, free_port

CHUNK = 65536
ORDER_SECONDS = 10


class TcpProxy:
    """Passes connections on to the server of a URL, until it is told to stall or to cut them.

    Stalled: connections are accepted, nothing moves on any of them; what was sent meanwhile arrives once it passes
    again. Cut: open connections are lost, new ones refused.
    """

    def __init__(self, url: str) -> None:
        self.target = urlsplit(url)
        self.port = free_port()
        self._loop = asyncio.new_event_loop()
        self._moving = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.let_pass()

    @property
    def url(self) -> str:
        """The server's URL by way of this proxy."""
        login, at, _ = self.target.netloc.rpartition("@")
        return self.target._replace(netloc=f"{login}{at}{HOST}:{self.port}").geturl()

    def let_pass(self) -> None:
        """Pass on everything."""
        self._do(self._listen(self._moving.set))

    def stall(self) -> None:
        """Accept connections and answer nothing, on those already open neither."""
        self._do(self._listen(self._moving.clear))

    def cut(self) -> None:
        """Lose the open connections and refuse new ones."""
        self._do(self._cut())

    def stop(self) -> None:
        """Cut, and end the thread; harmless when repeated."""
        if not self._loop.is_closed():
            self.cut()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _do(self, order: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(order, self._loop).result(ORDER_SECONDS)

    async def _listen(self, change: Callable[[], None]) -> None:
        change()
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, HOST, self.port)

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()
        # Once each connection's own task has noticed.
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._open(writer), contextlib.suppress(OSError, asyncio.CancelledError):
            await self._moving.wait()
            far_reader, far_writer = await asyncio.open_connection(self.target.hostname, self.target.port)
            with self._open(far_writer):
                await until_either_ends(self._pump(reader, far_writer), self._pump(far_reader, writer))

    @contextlib.contextmanager
    def _open(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        self._writers.add(writer)
        try:
            yield
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what comes; also the end of it waits while stalled."""
        while data := await reader.read(CHUNK):
            await self._moving.wait()
            writer.write(data)
            await writer.drain()
        await self._moving.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


async def until_either_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Do both until one has ended, in whatever way; then end the other."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
