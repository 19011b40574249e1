"""The link that a browser has opened: its token waits in a cookie, for LINK_COOKIE_LIFE and no longer."""

import re
from datetime import UTC, datetime
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import policy
from accounts.letters import links

VERSION = "1"
SIGNER = signing.Signer(salt="accounts.opened_link")
VALUE = re.compile(rf"{VERSION}\.(?P<opened>[0-9]{{1,11}})\.(?P<token>{links.TOKEN})", re.ASCII)


class OpenedLink(NamedTuple):
    """A link as it waits in a browser: its token, and until when it can be used there."""

    token: str
    until: datetime

    @property
    def is_over(self) -> bool:
        return timezone.now() >= self.until


def keep(response: HttpResponse, token: str) -> None:
    """Put the token into the browser's cookie, which ends with the browser: the server judges its age."""
    response.set_cookie(
        settings.LINK_COOKIE_NAME,
        SIGNER.sign(f"{VERSION}.{int(timezone.now().timestamp())}.{token}"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # the letter is read on another site
    )


def read(request: HttpRequest) -> OpenedLink | None:
    """Return the link that waits in this browser, None without a cookie of this version that we have signed."""
    try:
        value = VALUE.fullmatch(SIGNER.unsign(request.COOKIES.get(settings.LINK_COOKIE_NAME, "")))
    except signing.BadSignature:
        return None
    if value is None:
        return None
    opened = datetime.fromtimestamp(int(value["opened"]), tz=UTC)
    return OpenedLink(value["token"], opened + policy.LINK_COOKIE_LIFE)


def forget(request: HttpRequest, response: HttpResponse) -> None:
    """Take the token out of the browser: it was used, or the browser has another user now."""
    if settings.LINK_COOKIE_NAME in request.COOKIES:
        response.delete_cookie(settings.LINK_COOKIE_NAME, samesite="Lax")
