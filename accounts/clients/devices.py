"""The browsers an account knows: a signed cookie that says who has signed in here before."""

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import policy
from accounts.models import Account

SALT = "accounts.devices"
VERSION_KEY, ENTRIES_KEY, VERSION = "v", "known", 2
LATEST = 2**35  # seconds since 1970: in a thousand years, which every calendar still has
REMEMBERED_ACCOUNTS = 8  # a shared PC; more would outgrow the cookie

Entries = dict[str, list[Any]]


def known_device(request: HttpRequest, username: str) -> str | None:
    """Return this browser's id if the cookie says that this user name has signed in here, else None.

    The cookie alone cannot tell whether the password has changed since: ask `is_current` with the account.
    """
    entry = _read(request).get(_label(username))
    return entry[0] if entry else None


def any_device(request: HttpRequest) -> str | None:
    """Return the id under which this browser signed in last, with whatever account, None if it never did."""
    entries = list(_read(request).values())
    return entries[-1][0] if entries else None


def is_current(request: HttpRequest, account: Account) -> bool:
    """Tell whether the account's password is still the one it last signed in with here."""
    entry = _read(request).get(_label(account.username))
    return entry is not None and _moment(entry[1]) >= account.password_changed_at


def remember(request: HttpRequest, response: HttpResponse, account: Account) -> None:
    """Mark this browser as known to the account for DEVICE_LIFE from now; after a new password it is another one."""
    entries, label = _read(request), _label(account.username)
    former = entries.pop(label, None)
    device = former[0] if former and is_current(request, account) else secrets.token_urlsafe(12)
    newest = dict(list(entries.items())[-(REMEMBERED_ACCOUNTS - 1) :])
    newest[label] = [device, timezone.now().timestamp()]
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps({VERSION_KEY: VERSION, ENTRIES_KEY: newest}, salt=SALT),
        max_age=policy.DEVICE_LIFE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> Entries:
    """Return the cookie's entries, oldest first: label to [device, when it signed in]; no forged or old ones.

    A cookie of a shape that this release does not know is none.
    """
    try:
        value = signing.loads(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=SALT)
    except (signing.BadSignature, ValueError):
        return {}
    oldest = timezone.now() - policy.DEVICE_LIFE
    return {label: entry for label, entry in _entries(value).items() if _moment(entry[1]) > oldest}


def _entries(value: Any) -> Entries:
    """Return the entries of a cookie of this version, or of the first one, which did not name its version."""
    if isinstance(value, dict) and value.get(VERSION_KEY) == VERSION:
        value = value.get(ENTRIES_KEY)
    is_known = isinstance(value, dict) and all(map(_is_entry, value.items()))
    return value if is_known else {}


def _is_entry(pair: tuple[Any, Any]) -> bool:
    label, entry = pair
    if not (isinstance(label, str) and isinstance(entry, list) and len(entry) == 2):
        return False
    device, seconds = entry
    return isinstance(device, str) and isinstance(seconds, int | float) and 0 <= seconds < LATEST


def _label(username: str) -> str:
    return hashlib.sha256(username.encode()).hexdigest()[:16]


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
