"""What a counter of attempts knows, and what it decides: pure, told the time."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from accounts.policy import (
    ADDRESS_THRESHOLD,
    ADDRESS_WINDOW,
    FAILURES_BEFORE_RESET,
    LOCKOUT_DURATION,
    LOCKOUT_THRESHOLD,
    OBSERVATION_WINDOW,
    RESERVATION_LIFE,
    STREAK_MEMORY,
)

Moments = tuple[datetime, ...]


@dataclass(frozen=True)
class Tally:
    """When attempts failed, when those without a verdict were reserved, how many have failed in a row."""

    failures: Moments = ()
    reserved: Moments = ()
    streak: int = 0

    @property
    def lock_ends(self) -> datetime | None:
        """When the lock set by the last of LOCKOUT_THRESHOLD failures ends, None without a lock."""
        if len(self.failures) < LOCKOUT_THRESHOLD:
            return None
        return self.failures[-1] + LOCKOUT_DURATION

    def settle(self, now: datetime) -> Self:
        """Return what still counts: overdue reservations have failed, old failures are forgotten."""
        overdue = [at for at in self.reserved if at <= now - RESERVATION_LIFE]
        waiting = tuple(at for at in self.reserved if at > now - RESERVATION_LIFE)
        failures = tuple(sorted([*self.failures, *overdue]))
        settled = replace(self, failures=failures, reserved=waiting, streak=self.streak + len(overdue))
        ends = settled.lock_ends
        if ends is None:
            return replace(settled, failures=_since(now - OBSERVATION_WINDOW, failures))
        return settled if now < ends else replace(settled, failures=())

    def locked_until(self, now: datetime) -> datetime | None:
        """Return when the lock that holds now ends, None while nothing is locked."""
        return self.settle(now).lock_ends

    def reserve(self, now: datetime) -> Self | None:
        """Return what stands after one more attempt, or None while there is no room for it.

        There is no room while locked, while LOCKOUT_THRESHOLD failures and attempts without a verdict stand, and once
        FAILURES_BEFORE_RESET have failed in a row.
        """
        settled = self.settle(now)
        if len(settled.failures) + len(settled.reserved) >= LOCKOUT_THRESHOLD:
            return None
        if settled.streak + len(settled.reserved) >= FAILURES_BEFORE_RESET:
            return None
        return replace(settled, reserved=(*settled.reserved, now))

    def fail(self, reserved_at: datetime, now: datetime) -> Self:
        """Return what stands when the attempt reserved then has proved wrong."""
        settled = self.settle(now)
        if reserved_at not in settled.reserved:  # overdue: it counts as a failure already
            return settled
        reserved = _without(settled.reserved, reserved_at)
        return replace(settled, failures=(*settled.failures, now), reserved=reserved, streak=settled.streak + 1)

    def restore(self, reserved_at: datetime) -> Self:
        """Return what stands when the attempt reserved then has proved right: the failures in a row end."""
        return replace(self, failures=(), reserved=_without(self.reserved, reserved_at), streak=0)

    def is_barred(self, now: datetime) -> bool:
        """Tell whether so many have failed in a row that only a new password lets strangers try again."""
        return self.settle(now).streak >= FAILURES_BEFORE_RESET

    def becomes_barred(self, now: datetime) -> bool:
        """Tell whether it is barred, which the tally as it is stored does not say yet."""
        return self.streak < FAILURES_BEFORE_RESET and self.is_barred(now)

    def lift_lock(self, now: datetime) -> Self | None:
        """Return what stands when staff lift a lock, None without one; who failed too often in a row stays out."""
        settled = self.settle(now)
        return replace(settled, failures=()) if settled.failures else None

    def tries_left(self, now: datetime) -> int:
        """Return how many more failures lead to a lock."""
        return max(0, LOCKOUT_THRESHOLD - len(self.settle(now).failures))

    def forgotten_at(self, now: datetime) -> datetime:
        """Return when the row may be deleted: nothing in it counts, and whoever read it has long finished."""
        newest = max([*self.failures, *self.reserved], default=now)
        return newest + RESERVATION_LIFE + (STREAK_MEMORY if self.streak else OBSERVATION_WINDOW)

    def charge_address(self, now: datetime) -> Self:
        """Return what stands after one more stranger's failure at an address: the newest ADDRESS_THRESHOLD of them."""
        recent = _since(now - ADDRESS_WINDOW, self.failures)
        return replace(self, failures=(*recent, now)[-ADDRESS_THRESHOLD:], reserved=(), streak=0)

    def address_waits_until(self, now: datetime) -> datetime | None:
        """Return until when strangers at an address wait, None while fewer than ADDRESS_THRESHOLD failures count."""
        recent = _since(now - ADDRESS_WINDOW, self.failures)
        return recent[-ADDRESS_THRESHOLD] + ADDRESS_WINDOW if len(recent) >= ADDRESS_THRESHOLD else None


def _since(start: datetime, moments: Moments) -> Moments:
    return tuple(at for at in moments if at > start)


def _without(moments: Moments, moment: datetime) -> Moments:
    """Return the moments less one that equals the given one."""
    rest = list(moments)
    if moment in rest:
        rest.remove(moment)
    return tuple(rest)
