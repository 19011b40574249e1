"""A typed user name and password: whose they are, else what can be said and how long to wait."""

from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts import policy
from accounts.models import Account
from accounts.requests import portal_request
from maintenance.text import times

BUSY_RETRY = 2  # seconds
LOCKOUT_MINUTES = policy.LOCKOUT_DURATION // timedelta(minutes=1)


class Credentials:
    """One check of a user name and a password; `account` is whose they are, None if that was not proved."""

    error_messages = {
        "wrong": ngettext_lazy(
            "The user name or the password is wrong. %(tries)d try is left before a wait of %(minutes)d minutes.",
            "The user name or the password is wrong. %(tries)d tries are left before a wait of %(minutes)d minutes.",
            "tries",
        ),
        "wrong_password": ngettext_lazy(
            "This is not your present password. %(tries)d try is left before a wait of %(minutes)d minutes.",
            "This is not your present password. %(tries)d tries are left before a wait of %(minutes)d minutes.",
            "tries",
        ),
        "locked_out": _("%(threshold)d wrong tries: signing in with this user name is locked for %(minutes)d minutes."),
        "address_waits": _(
            "Too many wrong tries came from your network. Wait until the time is up, or use a browser that has "
            "signed in to this account before."
        ),
        "barred": _(
            "After %(failures)d wrong tries in a row, this user name can only be used in browsers that have signed in "
            "with it before. Set a new password to open it again: choose “Forgot password…?”."
        ),
        "busy": _("%(threshold)d sign-ins with this user name are being checked right now. Try again in a moment."),
    }

    def __init__(self, request: HttpRequest, username: str, password: str) -> None:
        self.account: Account | None = authenticate(request, username=username, password=password)
        self.attempt = portal_request(request).attempt
        self.is_signed_in = request.user.is_authenticated

    @property
    def code(self) -> str:
        """What went wrong, "" if nothing did; before the password is proved the same for every name."""
        if self.account:
            return ""
        if self.attempt.is_barred:
            return "barred"
        if self.attempt.locked_until:
            return "locked_out"
        if self.attempt.address_waits_until:
            return "address_waits"
        if self.attempt.reserved_at is None:
            return "busy"
        return "wrong_password" if self.is_signed_in else "wrong"

    @property
    def error(self) -> ValidationError:
        """What went wrong, in words."""
        params = {
            "tries": self.attempt.tries_left,
            "threshold": policy.LOCKOUT_THRESHOLD,
            "minutes": LOCKOUT_MINUTES,
            "failures": policy.FAILURES_BEFORE_RESET,
        }
        return ValidationError(self.error_messages[self.code], code=self.code, params=params)

    @property
    def wait_until(self) -> datetime | None:
        """When another try is possible, None without a wait whose end is known."""
        if self.account or self.attempt.is_barred:
            return None
        return self.attempt.locked_until or self.attempt.address_waits_until

    @property
    def seconds_left(self) -> int:
        """Seconds until another try is possible, 0 if one is possible now."""
        if self.wait_until is None:
            return BUSY_RETRY if self.code == "busy" else 0
        return times.seconds_until(self.wait_until, timezone.now())
