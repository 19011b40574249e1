"""The worker class: requests come in and answers go out in the loop, threads only work out the answers."""

import errno
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from gunicorn import http
from gunicorn.http.message import Request
from gunicorn.workers.gthread import ThreadWorker

from pcare.serving.connection import LARGEST_HEAD, Connection, is_whole

REQUEST_SECONDS = 15  # for all of a request, head and body, from its beginning
ANSWER_SECONDS = 15  # for reading what is left of an answer
FAREWELL_SECONDS = 2  # in which a client that is still sending can read why it is turned away

REFUSAL = "HTTP/1.1 {}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
NOBODY_THERE = (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK)

Step = Callable[[Connection], None]


class BufferingWorker(ThreadWorker):
    """gunicorn's threads behind a loop that waits for all clients at once, for none of them longer than its time."""

    poller: selectors.BaseSelector
    worker_connections: int

    def init_process(self) -> None:
        self.waiting: dict[Connection, Step] = {}  # and what is done with those that are late
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno not in NOBODY_THERE:
                raise
            return
        self.nr_conns += 1
        self.enqueue_req(Connection(self.cfg, sock, client, listener.getsockname()))

    def enqueue_req(self, conn: Connection) -> None:
        """Give the next request of a connection to a thread once it is here."""
        conn.expect_request()
        self.take(conn) if conn.is_request_here() else self.receive(conn)

    def receive(self, conn: Connection) -> None:
        if not conn.receive():
            self.drop(conn)
        elif conn.is_request_here():
            self.take(conn)
        elif conn.size is None and len(conn.received) > LARGEST_HEAD:
            self.refuse(conn, "431 Request Header Fields Too Large")
        elif conn not in self.waiting:
            self.wait(conn, selectors.EVENT_READ, self.receive, REQUEST_SECONDS, late=self.give_up)

    def take(self, conn: Connection) -> None:
        """Hand a request that is here to a thread."""
        self.forget(conn)
        conn.parser = http.get_parser(self.cfg, [bytes(conn.received)], conn.client)
        super().enqueue_req(conn)

    def handle_request(self, req: Request, conn: Connection) -> bool:
        req._expected_100_continue = False  # the loop has said it
        if not is_whole(req):
            req.force_close()
        return super().handle_request(req, conn)

    def finish_request(self, conn: Connection, fs: Future) -> None:
        """Send what the thread has written; after that the connection is kept or ended."""
        is_kept = not fs.cancelled() and fs.exception() is None and fs.result()
        self.send(conn, partial(super().finish_request, fs=fs) if is_kept else self.end)

    def send(self, conn: Connection, then: Step) -> None:
        try:
            is_sent = conn.sock.flush()
        except OSError:
            return self.drop(conn)
        if is_sent:
            self.forget(conn)
            then(conn)
        elif conn not in self.waiting:
            self.wait(conn, selectors.EVENT_WRITE, partial(self.send, then=then), ANSWER_SECONDS, late=self.drop)

    def give_up(self, conn: Connection) -> None:
        """Turn away who was too slow; who has said nothing is told nothing."""
        if conn.received:
            self.refuse(conn, "408 Request Timeout")
        else:
            self.drop(conn)

    def refuse(self, conn: Connection, status: str) -> None:
        self.forget(conn)
        conn.sock.sendall(REFUSAL.format(status).encode())
        self.send(conn, self.end)

    def end(self, conn: Connection) -> None:
        """Throw away what the client still sends for a moment: closed at once, it would not read the answer."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return self.drop(conn)
        self.wait(conn, selectors.EVENT_READ, self.discard, FAREWELL_SECONDS, late=self.drop)

    def discard(self, conn: Connection) -> None:
        conn.received.clear()
        if not conn.receive():
            self.drop(conn)

    def wait(self, conn: Connection, event: int, then: Step, seconds: float, late: Step) -> None:
        conn.timeout = time.monotonic() + seconds
        self.waiting[conn] = late
        self.poller.register(conn.sock, event, lambda _: then(conn))

    def forget(self, conn: Connection) -> None:
        if self.waiting.pop(conn, None):
            self.poller.unregister(conn.sock)

    def drop(self, conn: Connection) -> None:
        self.forget(conn)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Let nobody wait longer than its time; the loop calls this at least once a second."""
        now = time.monotonic()
        for conn in [conn for conn in self.waiting if conn.timeout <= now]:
            self.waiting[conn](conn)
        self.make_room()

    def make_room(self) -> None:
        """Close the connection that has been idle for longest, else the slowest one, where there are too many."""
        if self.nr_conns < self.worker_connections:
            return
        if self.keepalived_conns:
            self.keepalived_conns[0].timeout = 0
            self.murder_keepalived()
        elif self.waiting:
            self.drop(min(self.waiting, key=lambda conn: conn.timeout))

    def _cap_keepalive(self, deadline: float) -> None:
        """Let a stopping worker wait only for those who have begun a request."""
        super()._cap_keepalive(deadline)
        for conn in self.waiting:
            if not conn.received:
                conn.timeout = min(conn.timeout, deadline)
