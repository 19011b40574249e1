"""A message as the tests' mail server accepted it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Self

from tests.support.present import present

LINK = re.compile(r"https?://[^\s<>\"]+")
AFTER_LINK = ".,;:!?)"


@dataclass(frozen=True)
class Delivered:
    """One message as the server accepted it."""

    sender: str
    recipients: list[str]
    message: EmailMessage
    at: datetime

    @classmethod
    def read(cls, sender: str, recipients: list[str], content: bytes) -> Self:
        """Return a message that has just arrived."""
        return cls(sender, list(recipients), message_from_bytes(content, policy=policy.default), datetime.now(UTC))

    @property
    def subject(self) -> str:
        return self.message["Subject"]

    @property
    def text(self) -> str:
        """The plain part, without the line ends of the transport."""
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def link(self) -> str:
        """The first link of the plain part."""
        return LINK.findall(self.text)[0].rstrip(AFTER_LINK)

    def _part(self, kind: str) -> str:
        return present(self.message.get_body([kind])).get_content().replace("\r\n", "\n")
