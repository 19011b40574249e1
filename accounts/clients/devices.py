"""The browsers an account knows: a signed cookie that says who has signed in here before."""

import hashlib
import secrets
from datetime import UTC, datetime

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import policy
from accounts.models import Account

SALT = "accounts.devices"
REMEMBERED_ACCOUNTS = 8  # a shared PC; more would outgrow the cookie


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
        signing.dumps(newest, salt=SALT),
        max_age=policy.DEVICE_LIFE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> dict[str, list]:
    """Return the cookie's entries, oldest first: label to [device, when it signed in]; no forged or old ones."""
    try:
        entries = signing.loads(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=SALT)
    except signing.BadSignature:
        return {}
    oldest = timezone.now() - policy.DEVICE_LIFE
    return {label: entry for label, entry in entries.items() if _moment(entry[1]) > oldest}


def _label(username: str) -> str:
    return hashlib.sha256(username.encode()).hexdigest()[:16]


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
