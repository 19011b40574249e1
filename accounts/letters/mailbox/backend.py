"""The embedded mode's mail: kept as files, read in the browser."""

import os
import secrets
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class EmailBackend(BaseEmailBackend):
    """Keeps each message as a file that only its owner can read, the newest last in the order of names."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{timezone.now():%Y%m%d-%H%M%S-%f}-{secrets.token_hex(4)}.eml"
            with open(folder / name, "xb", opener=_private) as file:
                file.write(message.message().as_bytes())
        return len(email_messages)


def names() -> list[str]:
    """Return the names of the kept letters, the newest first."""
    return sorted((path.name for path in Path(settings.EMAIL_FILE_PATH).glob("*.eml")), reverse=True)


def read(name: str) -> Parsed | None:
    """Return a kept letter, None if there is none with this name."""
    if name not in names():
        return None
    return message_from_bytes((Path(settings.EMAIL_FILE_PATH) / name).read_bytes(), policy=policy.default)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
