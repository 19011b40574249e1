"""Clients that a server waits for: slow to send, slow to read."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.support.servers.servers import HOST

HEAD = b"%b HTTP/1.1\r\nHost: portal.test\r\nX-Forwarded-Proto: https\r\n"
LARGE_FILE = b"GET /static/admin/js/vendor/xregexp/xregexp.js"
PAUSE = 1.0  # seconds between two bytes


@dataclass(eq=False)
class SlowClient:
    """One connection, what it sent first, and what became of it."""

    sock: socket.socket
    reads: bool
    answer: bytes = b""
    ended: float | None = None  # when the server closed the connection

    def send_a_byte(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.send(b"x")

    def read(self, now: float) -> None:
        try:
            data = self.sock.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError:
            data = b""
        self.answer += data
        if not data:
            self.ended = now


@dataclass
class SlowClients:
    """Many of them, kept going by one thread."""

    port: int
    tls: ssl.SSLContext | None = None
    clients: list[SlowClient] = field(default_factory=list)

    def start(self, count: int, first: bytes, reads: bool = True) -> list[SlowClient]:
        """Connect so many; each sends this and then a byte a second, or stops reading instead."""
        new = [SlowClient(self._connect(first, reads), reads) for _ in range(count)]
        self.clients += new
        return new

    def heads(self, count: int) -> list[SlowClient]:
        return self.start(count, HEAD % b"GET /masuk/" + b"X-Slow: ")

    def bodies(self, count: int) -> list[SlowClient]:
        """Send a form that the portal would read: nothing in its head is refused."""
        own = b"Origin: https://portal.test\r\nCookie: __Host-csrf=" + b"a" * 32 + b"\r\n"
        form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n"
        return self.start(count, HEAD % b"POST /masuk/" + own + form + b"username=")

    def readers(self, count: int) -> list[SlowClient]:
        """Ask for more than fits into the buffers of the system, and read nothing of it."""
        return self.start(count, (HEAD % LARGE_FILE + b"\r\n") * 40, reads=False)

    def _connect(self, first: bytes, reads: bool) -> socket.socket:
        sock = socket.socket()
        if not reads:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(10)
        sock.connect((HOST, self.port))
        if self.tls:
            sock = self.tls.wrap_socket(sock, server_hostname="portal.test")
        sock.sendall(first)
        sock.setblocking(False)
        return sock

    def run(self, stopped: threading.Event) -> None:
        """Send, and read what comes, until told to stop."""
        next_byte = time.monotonic() + PAUSE
        while not stopped.is_set():
            now = time.monotonic()
            live = [client for client in self.clients if client.reads and client.ended is None]
            for client in live:
                client.read(now)
            if now >= next_byte:
                next_byte += PAUSE
                for client in live:
                    client.send_a_byte()
            stopped.wait(0.05)

    @contextlib.contextmanager
    def busy(self) -> Iterator["SlowClients"]:
        stopped = threading.Event()
        thread = threading.Thread(target=self.run, args=[stopped])
        thread.start()
        try:
            yield self
        finally:
            stopped.set()
            thread.join()
            for client in self.clients:
                client.sock.close()
