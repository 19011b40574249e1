"""A real mail server for the tests: it keeps what it accepts, and can be told to behave badly."""

import asyncio
import contextlib
import threading
import weakref
from collections.abc import Iterator
from enum import Enum
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.present import present
from tests.support.servers.delivered import Delivered
from tests.support.servers.servers import HOST, free_port


class Fault(Enum):
    """What goes wrong with the messages that arrive."""

    NO_SUCH_RECIPIENT = "550 5.1.1 No such mailbox"
    RECIPIENT_NOT_NOW = "451 4.7.1 Greylisted, try again later"
    TEXT_REFUSED = "554 5.7.1 Message refused"
    CUT_BEFORE_ACCEPTING = "the connection is lost, the message too"
    CUT_AFTER_ACCEPTING = "the connection is lost, the message is kept"


class MailServer:
    """An SMTP server in a thread of the tests; with a fault or a delay set, the next messages meet it."""

    def __init__(self) -> None:
        self.port = free_port()
        self.fault: Fault | None = None
        self.delay = 0.0  # seconds before a text is answered; whoever hangs up meanwhile has sent nothing
        self._delivered: list[Delivered] = []
        self._arrival = threading.Condition()
        self._controller: _Controller | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"smtp://{HOST}:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """What tells the portal's processes to send their letters here."""
        return {"EMAIL_HOST": HOST, "EMAIL_PORT": str(self.port), "EMAIL_SECURITY": "none"}

    @property
    def delivered(self) -> list[Delivered]:
        """What has been accepted, in the order of arrival."""
        with self._arrival:
            return list(self._delivered)

    def wait_for(self, count: int, timeout: float = 60) -> list[Delivered]:
        """Return what was accepted, as soon as it is this many messages or more."""
        with self._arrival:
            if not self._arrival.wait_for(lambda: len(self._delivered) >= count, timeout):
                subjects = [mail.subject for mail in self._delivered]
                raise AssertionError(f"{len(subjects)} of {count} messages after {timeout} s: {subjects}")
            return list(self._delivered)

    def clear(self) -> None:
        """Forget what was accepted, behave well, listen."""
        self.fault, self.delay = None, 0.0
        self.start()
        with self._arrival:
            self._delivered.clear()

    @contextlib.contextmanager
    def behaving(self, fault: Fault | None = None, delay: float = 0) -> Iterator[None]:
        """Behave badly for a while."""
        before = self.fault, self.delay
        self.fault, self.delay = fault, delay
        try:
            yield
        finally:
            self.fault, self.delay = before

    def start(self) -> None:
        """Listen, again on the same port after stop(); what was accepted is still there."""
        if self._controller is None:
            controller = _Controller(_Handler(self), hostname=HOST, port=self.port, server_hostname="mail.test")
            controller.start()
            self._controller = controller

    def stop(self) -> None:
        """Cut all connections off and refuse new ones; harmless when repeated."""
        if self._controller is not None:
            self._controller.cut_off()
            self._controller.stop()
            self._controller = None

    def keep(self, envelope: Envelope) -> None:
        """Accept a message."""
        assert isinstance(envelope.content, bytes)
        mail = Delivered.read(present(envelope.mail_from), envelope.rcpt_tos, envelope.content)
        with self._arrival:
            self._delivered.append(mail)
            self._arrival.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


class _Handler:
    """What the server does at each step of a message."""

    def __init__(self, mail: MailServer) -> None:
        self.mail = mail

    async def handle_RCPT(self, smtp: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]) -> str:
        if self.mail.fault in (Fault.NO_SUCH_RECIPIENT, Fault.RECIPIENT_NOT_NOW):
            return self.mail.fault.value
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        fault = self.mail.fault
        await asyncio.sleep(self.mail.delay)
        if fault == Fault.TEXT_REFUSED:
            return fault.value
        if fault == Fault.CUT_BEFORE_ACCEPTING:
            await self.cut_off(smtp)
        self.mail.keep(envelope)
        if fault == Fault.CUT_AFTER_ACCEPTING:
            await self.cut_off(smtp)
        return "250 OK"

    async def cut_off(self, smtp: SMTP) -> None:
        """Lose the connection; nothing of this step is answered."""
        assert isinstance(smtp.transport, asyncio.WriteTransport)
        smtp.transport.abort()
        await asyncio.Event().wait()  # aiosmtpd cancels it once the connection is gone


class _Controller(Controller):
    """A controller that knows its open connections: its own stop() would leave them half open."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sessions: weakref.WeakSet[SMTP] = weakref.WeakSet()
        super().__init__(*args, **kwargs)

    def factory(self) -> SMTP:
        session = super().factory()
        self.sessions.add(session)
        return session

    def cut_off(self) -> None:
        """Lose all connections."""
        done = threading.Event()
        self.loop.call_soon_threadsafe(self._abort_all, done)
        done.wait()

    def _abort_all(self, done: threading.Event) -> None:
        for session in list(self.sessions):
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        done.set()
