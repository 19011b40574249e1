"""Reading letters as their receivers do."""

import re
from typing import Any

from accounts.letters import delivery
from accounts.models import Account, Letter
from tests.support.visitor import Visitor

LINK = re.compile(r"https://portal\.test(/\S+)")
NEW_PASSWORD = "empat gajah menari di pasar ikan"


def newest(mailoutbox: list[Any]) -> Any:
    """Do the worker's work; return the newest letter."""
    delivery.deliver_due()
    return mailoutbox[-1]


def link(message: Any, page: str = "password-baru") -> str:
    """Return the path of the letter's link to a page."""
    body = message if isinstance(message, str) else message.body
    return next(path for path in LINK.findall(body) if path.startswith(f"/{page}/"))


def reset_link(account: Account, mailoutbox: list[Any]) -> str:
    """Ask for a reset letter from some browser; return the path of its link."""
    Visitor().ask_for_reset(account.username, account.email)
    return link(newest(mailoutbox))


def letter_of(path: str) -> Letter:
    """Return the row of the letter that a link is from."""
    return Letter.objects.get(pk=path.rstrip("/").rpartition("/")[2].partition("-")[0])
