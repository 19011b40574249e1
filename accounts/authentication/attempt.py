"""One try to sign in: its place is reserved before the password is checked, and judged afterwards."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import BoundedSemaphore

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from accounts import policy
from accounts.authentication import counters
from accounts.authentication.counters import Counter
from accounts.authentication.tally import Tally
from accounts.clients import devices
from accounts.clients.keys import address_key, device_key, strangers_key
from accounts.clients.origin import client_address
from accounts.models import Account

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
        self.is_barred = False
        self.has_barred = False
        device = self._known_device(request)
        self.is_stranger = device is None
        self.counter = Counter(device_key(device, username) if device else strangers_key(username))
        address = None if device else address_key(client_address(request))
        self.address_counter = Counter(address) if address else None

    @property
    def tries_left(self) -> int:
        """How many more failures lead to a lock."""
        return self.counter.tally.tries_left(timezone.now())

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
        reserved_at, now = self._reserved(), timezone.now()
        self._change(lambda tally: tally.fail(reserved_at, now))
        self.locked_until = self.counter.tally.locked_until(now)
        self.is_barred = self.counter.tally.is_barred(now)
        if self.address_counter:
            counters.change(self.address_counter, lambda tally: tally.charge_address(now))

    def restore(self) -> None:
        """Give the place back: the password was right. The failures in a row end."""
        reserved_at = self._reserved()
        counters.change(self.counter, lambda tally: tally.restore(reserved_at))

    def _reserved(self) -> datetime:
        if self.reserved_at is None:
            raise RuntimeError("this attempt has no place that could be judged")
        return self.reserved_at

    def _known_device(self, request: HttpRequest) -> str | None:
        device = devices.known_device(request, self.username)
        if device and (account := self.find_account()) and devices.is_current(request, account):
            return device
        return None

    def _try_to_reserve(self) -> bool:
        now = timezone.now()
        self._load()
        self.locked_until = self.counter.tally.locked_until(now)
        self.is_barred = self.counter.tally.is_barred(now)
        if self.is_barred:  # perhaps by reservations that nobody gave a verdict: that is not written down yet
            self._change(lambda tally: tally.settle(now) if tally.becomes_barred(now) else None)
        if self.address_counter:
            self.address_waits_until = self.address_counter.tally.address_waits_until(now)
        if self._is_locked() or not self._change(lambda tally: tally.reserve(now)):
            return False
        self.reserved_at = now
        return True

    def _load(self) -> None:
        """Read the counters as they are now, in one query."""
        if self.address_counter:
            self.counter, self.address_counter = counters.load(self.counter.key, self.address_counter.key)
        else:
            [self.counter] = counters.load(self.counter.key)

    def _is_locked(self) -> bool:
        return bool(self.is_barred or self.locked_until or self.address_waits_until)

    def _change(self, decide: Callable[[Tally], Tally | None]) -> bool:
        """Change the counter, and note whether this very change has barred the name to strangers."""

        def watch(tally: Tally) -> Tally | None:
            after = decide(tally)
            if after and not self.is_stranger:
                after = replace(after, streak=0)  # only strangers are barred
            self.has_barred = bool(after and tally.streak < policy.FAILURES_BEFORE_RESET <= after.streak)
            return after

        changed = counters.change(self.counter, watch)
        self.has_barred = changed and self.has_barred
        return changed

    def _wait(self) -> bool:
        for _ in range(POLLS):
            time.sleep(policy.VERDICT_WAIT.total_seconds() / POLLS)
            if self._try_to_reserve():
                return True
            if self._is_locked():
                return False
        return False
