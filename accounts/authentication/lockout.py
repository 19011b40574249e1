"""The lockout: what django-axes asks before a password is checked, and how a lock is lifted."""

from axes.handlers.base import AxesHandler
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import events
from accounts.authentication import counters
from accounts.authentication.attempt import Attempt
from accounts.authentication.tally import Tally
from accounts.clients.keys import strangers_key
from accounts.letters import outbox
from accounts.models import Account, Letter, SecurityEvent
from accounts.models.choices import Occasion
from accounts.requests import portal_request


class LockoutHandler(AxesHandler):
    """What django-axes asks before a password is checked, and tells after it was wrong."""

    def is_allowed(self, request: HttpRequest, credentials: dict | None = None) -> bool:
        attempt = Attempt(request, credentials["username"] if credentials else "")
        portal_request(request).attempt = attempt
        is_allowed = attempt.reserve()
        if attempt.has_barred:
            _tell_barred(request, attempt)
        return is_allowed

    def user_login_failed(
        self, sender: object, credentials: dict, request: HttpRequest | None = None, **kwargs: object
    ) -> None:
        if request is None:
            raise ValueError("a password is only checked for a request")
        attempt = portal_request(request).attempt
        if attempt.reserved_at is None:
            return
        occasion = Occasion.PASSWORD_CHANGE if request.user.is_authenticated else ""
        with transaction.atomic():
            attempt.fail()
            events.record(SecurityEvent.Kind.SIGN_IN_FAILED, request, attempt.account, detail=occasion)
            if attempt.locked_until:
                events.record(SecurityEvent.Kind.LOCKED_OUT, request, attempt.account)
            if attempt.has_barred:
                _tell_barred(request, attempt)


def lift_lock(account: Account) -> bool:
    """Forget the failures by strangers that stand against an account's name; return whether there were any.

    Attempts whose verdict is still to come keep their places. Known browsers have counters of their own, which
    nothing here leads to: their locks end after 3 minutes by themselves.
    """
    (counter,) = counters.load(strangers_key(account.username))
    now = timezone.now()
    return counters.change(counter, lambda tally: tally.lift_lock(now))


def open_to_strangers(account: Account) -> None:
    """Let strangers try again from the beginning: the account has a new password."""
    (counter,) = counters.load(strangers_key(account.username))
    counters.change(counter, lambda tally: Tally(reserved=tally.reserved))


def _tell_barred(request: HttpRequest, attempt: Attempt) -> None:
    """Write down that a name is barred to strangers from now on; its owner gets one letter."""
    account = attempt.find_account()
    events.record(SecurityEvent.Kind.BARRED, request, account)
    if account:
        outbox.put(Letter.Kind.BARRED, account, request)
