"""A client's connection as the worker's loop keeps it: what has come of a request, what is left of an answer."""

import contextlib
import re
import socket
from typing import Any, BinaryIO

from gunicorn.config import Config
from gunicorn.http.body import LengthReader
from gunicorn.workers.gthread import TConn

CHUNK = 64 * 1024
LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 256 * 1024  # as DATA_UPLOAD_MAX_MEMORY_SIZE says; a longer body is refused unread

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
EXPECTATION = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class PatientSocket:
    """Stands in for a client's socket: a thread writes to memory, the loop sends; nobody ever waits."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.unsent = bytearray()

    def fileno(self) -> int:
        return self.sock.fileno()

    def gettimeout(self) -> float:
        return 0.0

    def settimeout(self, seconds: float | None) -> None:
        """Leave the socket as it is: it never waits."""

    def setblocking(self, flag: bool) -> None:
        """Leave the socket as it is: it never waits."""

    def send(self, data: bytes) -> int:
        self.unsent += data
        return len(data)

    def sendall(self, data: bytes) -> None:
        self.unsent += data

    def sendfile(self, file: BinaryIO, offset: int = 0, count: int = -1) -> None:
        file.seek(offset)
        self.unsent += file.read(count)

    def flush(self) -> bool:
        """Send what the system takes at once; tell whether that was all."""
        try:
            del self.unsent[: self.sock.send(self.unsent)]
        except BlockingIOError:
            pass
        return not self.unsent

    def recv(self, size: int) -> bytes:
        return self.sock.recv(size)

    def shutdown(self, how: int) -> None:
        self.sock.shutdown(how)

    def close(self) -> None:
        self.sock.close()


class Connection(TConn):
    """gunicorn's connection; its parser gets a request that is here already."""

    timeout: float  # on time.monotonic

    def __init__(self, cfg: Config, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.sock = PatientSocket(sock)
        self.initialized = True
        self.received = bytearray()
        self.size: int | None = None  # of the request, once its head is here

    def expect_request(self) -> None:
        """Begin anew, with what the client sent ahead of its turn."""
        self.received = bytearray(self.parser.unreader.take_buffered() if self.parser else b"")
        self.size = None

    def receive(self) -> bool:
        """Take what has come; tell whether the client is still there."""
        try:
            data = self.sock.recv(CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.received += data
        return bool(data)

    def is_request_here(self) -> bool:
        """Tell whether the request is here, or as much of it as is going to be read."""
        if self.size is None:
            self.size = size_to_read(self.received)
            if self.size and self.size > len(self.received) and EXPECTATION.search(self.received):
                self.sock.sendall(CONTINUE)
                with contextlib.suppress(OSError):
                    self.sock.flush()
        return self.size is not None and self.size <= len(self.received)


def size_to_read(received: bytearray) -> int | None:
    """Return the size of a request as far as it is going to be read, None while its head is not here."""
    end = received.find(HEAD_END)
    if end < 0:
        return None
    length = LENGTH.search(received, 0, end + 2)
    body = int(length[1]) if length else 0
    return end + len(HEAD_END) + (body if body <= LARGEST_BODY else 0)


def is_whole(request: Any) -> bool:
    """Tell whether the request's body is here, by gunicorn's own reading of its head."""
    reader = request.body.reader
    return isinstance(reader, LengthReader) and reader.length <= len(reader.unreader.buf.getvalue())
