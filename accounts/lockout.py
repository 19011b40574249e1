"""The lockout: an attempt is reserved before the password is checked and judged afterwards."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import BoundedSemaphore

from axes.handlers.base import AxesHandler
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import counters, policy
from accounts.devices import is_current, known_device
from accounts.events import record
from accounts.keys import address_key, counter_key
from accounts.models import Account, Letter, SecurityEvent
from accounts.origin import client_address
from accounts.outbox import put
from accounts.reasons import Occasion

POLLS = 40  # looks at whether a verdict has come, in VERDICT_WAIT
# Attempts that wait leave at least one of the process's threads to everybody else.
waiting_room = BoundedSemaphore(settings.WEB_THREADS - 1)


class Attempt:
    """One try to sign in with a user name: what was reserved for it, or until when nothing can be."""

    def __init__(self, request: HttpRequest, username: str) -> None:
        self.username = username
        self.account: Account | None = None
        self.reserved_at: datetime | None = None
        self.locked_until: datetime | None = None
        self.address_waits_until: datetime | None = None
        self.is_closed = False
        self.has_closed = False
        device = self._known_device(request)
        self.is_stranger = device is None
        self.key = strangers_key(username) if self.is_stranger else counter_key("device", device, username)
        self.address_key = None if device else address_key(client_address(request))
        self.counter = counters.Counter(self.key)

    @property
    def tries_left(self) -> int:
        """How many more failures lead to a lock."""
        return policy.tries_left(self.counter.tally, timezone.now())

    def find_account(self) -> Account | None:
        """Return the account with the user name, None if nobody has it."""
        if self.account is None:
            self.account = Account.objects.find_for_sign_in(self.username)
        return self.account

    def reserve(self) -> bool:
        """Take one of the LOCKOUT_THRESHOLD places; wait up to VERDICT_WAIT while they are all without a verdict."""
        if self._try_to_reserve():
            return True
        if self._is_locked() or not waiting_room.acquire(blocking=False):
            return False
        try:
            return self._wait()
        finally:
            waiting_room.release()

    def fail(self) -> None:
        """Use the place up: the password was wrong. A stranger's address is charged as well."""
        now = timezone.now()
        self._change(lambda tally: policy.fail(tally, self.reserved_at, now))
        self.locked_until = policy.locked_until(self.counter.tally, now)
        self.is_closed = policy.is_closed(self.counter.tally, now)
        if self.address_key:
            counters.change(self.address_counter, lambda tally: policy.charge_address(tally, now))

    def restore(self) -> None:
        """Give the place back: the password was right. The failures in a row end."""
        counters.change(self.counter, lambda tally: policy.restore(tally, self.reserved_at))

    def _known_device(self, request: HttpRequest) -> str | None:
        device = known_device(request, self.username)
        if device and self.find_account() and is_current(request, self.account):
            return device
        return None

    def _try_to_reserve(self) -> bool:
        now = timezone.now()
        self.counter, *address_counters = counters.load(*filter(None, [self.key, self.address_key]))
        self.locked_until = policy.locked_until(self.counter.tally, now)
        self.is_closed = policy.is_closed(self.counter.tally, now)
        if self.is_closed:  # perhaps by reservations that nobody gave a verdict: that is not written down yet
            self._change(lambda tally: policy.settle(tally, now) if policy.closes(tally, now) else None)
        for self.address_counter in address_counters:
            self.address_waits_until = policy.address_waits_until(self.address_counter.tally, now)
        if self._is_locked() or not self._change(lambda tally: policy.reserve(tally, now)):
            return False
        self.reserved_at = now
        return True

    def _is_locked(self) -> bool:
        return bool(self.is_closed or self.locked_until or self.address_waits_until)

    def _change(self, decide: Callable[[policy.Tally], policy.Tally | None]) -> bool:
        """Change the counter, and note whether this very change has closed the name to strangers."""

        def watch(tally: policy.Tally) -> policy.Tally | None:
            after = decide(tally)
            if after and not self.is_stranger:
                after = replace(after, streak=0)  # only strangers are closed out
            self.has_closed = bool(after and tally.streak < policy.FAILURES_BEFORE_RESET <= after.streak)
            return after

        changed = counters.change(self.counter, watch)
        self.has_closed = changed and self.has_closed
        return changed

    def _wait(self) -> bool:
        for _ in range(POLLS):
            time.sleep(policy.VERDICT_WAIT.total_seconds() / POLLS)
            if self._try_to_reserve():
                return True
            if self._is_locked():
                return False
        return False


class LockoutHandler(AxesHandler):
    """What django-axes asks before a password is checked, and tells after it was wrong."""

    def is_allowed(self, request: HttpRequest, credentials: dict | None = None) -> bool:
        attempt = request.attempt = Attempt(request, credentials["username"])
        is_allowed = attempt.reserve()
        if attempt.has_closed:
            _tell_closed(request, attempt)
        return is_allowed

    def user_login_failed(
        self, sender: object, credentials: dict, request: HttpRequest | None = None, **kwargs: object
    ) -> None:
        attempt = request.attempt
        if attempt.reserved_at is None:
            return
        occasion = Occasion.PASSWORD_CHANGE if request.user.is_authenticated else ""
        with transaction.atomic():
            attempt.fail()
            record(SecurityEvent.Kind.SIGN_IN_FAILED, request, attempt.account, detail=occasion)
            if attempt.locked_until:
                record(SecurityEvent.Kind.LOCKED_OUT, request, attempt.account)
            if attempt.has_closed:
                _tell_closed(request, attempt)


def strangers_key(username: str) -> str:
    """Return the key of the counter that all unknown browsers of a user name share."""
    return counter_key("name", username)


def lift_lock(account: Account) -> bool:
    """Forget the failures by strangers that stand against an account's name; return whether there were any.

    Attempts whose verdict is still to come keep their places. Known browsers have counters of their own, which
    nothing here leads to: their locks end after 3 minutes by themselves.
    """
    (counter,) = counters.load(strangers_key(account.username))
    now = timezone.now()
    return counters.change(counter, lambda tally: policy.forgive(tally, now))


def open_to_strangers(account: Account) -> None:
    """Let strangers try again from the beginning: the account has a new password."""
    (counter,) = counters.load(strangers_key(account.username))
    counters.change(counter, lambda tally: policy.Tally(reserved=tally.reserved))


def _tell_closed(request: HttpRequest, attempt: Attempt) -> None:
    """Write down that a name is closed to strangers from now on; its owner gets one letter."""
    account = attempt.find_account()
    record(SecurityEvent.Kind.CLOSED, request, account)
    if account:
        put(Letter.Kind.CLOSED, account, request)
