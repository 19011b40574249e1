"""The rules of signing in: the numbers and the yes/no decisions, pure, told the time."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LOCKOUT_THRESHOLD = 3
LOCKOUT_DURATION = timedelta(minutes=3)
OBSERVATION_WINDOW = timedelta(minutes=15)
ADDRESS_THRESHOLD = 60
ADDRESS_WINDOW = timedelta(minutes=10)

SESSION_LIMIT = 3
SESSION_IDLE = timedelta(minutes=30)
SESSION_LIFETIME = timedelta(hours=12)
STAFF_SESSION_IDLE = timedelta(minutes=15)
STAFF_SESSION_LIFETIME = timedelta(hours=8)
PENDING_LIFE = timedelta(minutes=5)
DEVICE_LIFE = timedelta(days=90)

PASSWORD_MIN_LENGTH = 15
PASSWORD_MAX_LENGTH = 128

CAPTCHA_LENGTH = 6
CAPTCHA_LIFE = timedelta(minutes=5)

# A reserved attempt whose verdict never came (its process died) counts as a failure after this.
RESERVATION_LIFE = timedelta(seconds=60)
# How long an attempt waits for the verdicts of those reserved before it.
VERDICT_WAIT = timedelta(seconds=2)

USERNAME_SHAPE = re.compile(r"[a-z0-9][a-z0-9._-]{2,63}")


@dataclass(frozen=True)
class Tally:
    """What one counter knows: when attempts failed, and when those without a verdict were reserved."""

    failures: tuple[datetime, ...] = ()
    reserved: tuple[datetime, ...] = ()


def normalise_username(typed: str) -> str:
    """Return the one spelling of a user name: NFKC, case-folded, stripped."""
    return unicodedata.normalize("NFKC", typed).casefold().strip()


def normalise_password(typed: str) -> str:
    """Return the password as it is hashed: NFC, so that two keyboards type the same one; nothing is cut."""
    return unicodedata.normalize("NFC", typed)


def lock_ends(tally: Tally) -> datetime | None:
    """Return when the lock set by the last of LOCKOUT_THRESHOLD failures ends, None without a lock."""
    if len(tally.failures) < LOCKOUT_THRESHOLD:
        return None
    return tally.failures[-1] + LOCKOUT_DURATION


def settle(tally: Tally, now: datetime) -> Tally:
    """Return what of the tally still counts: overdue reservations have failed, old failures are forgotten."""
    overdue = [at for at in tally.reserved if at <= now - RESERVATION_LIFE]
    waiting = tuple(at for at in tally.reserved if at > now - RESERVATION_LIFE)
    settled = Tally(tuple(sorted([*tally.failures, *overdue])), waiting)
    ends = lock_ends(settled)
    if ends is None:
        recent = tuple(at for at in settled.failures if at > now - OBSERVATION_WINDOW)
        return replace(settled, failures=recent)
    return settled if now < ends else replace(settled, failures=())


def locked_until(tally: Tally, now: datetime) -> datetime | None:
    """Return when the lock that holds now ends, None while nothing is locked."""
    return lock_ends(settle(tally, now))


def reserve(tally: Tally, now: datetime) -> Tally | None:
    """Return what stands after one more attempt, or None while there is no room for it.

    There is no room while locked, and while LOCKOUT_THRESHOLD failures and attempts without a verdict stand.
    """
    settled = settle(tally, now)
    if len(settled.failures) + len(settled.reserved) >= LOCKOUT_THRESHOLD:
        return None
    return replace(settled, reserved=(*settled.reserved, now))


def fail(tally: Tally, reserved_at: datetime, now: datetime) -> Tally:
    """Return what stands when the attempt reserved then has proved wrong."""
    settled = settle(tally, now)
    if reserved_at not in settled.reserved:  # overdue: it counts as a failure already
        return settled
    return Tally((*settled.failures, now), _without(settled.reserved, reserved_at))


def restore(tally: Tally, reserved_at: datetime) -> Tally:
    """Return what stands when the attempt reserved then has proved right: the failures in a row end."""
    return Tally((), _without(tally.reserved, reserved_at))


def tries_left(tally: Tally, now: datetime) -> int:
    """Return how many more failures lead to a lock."""
    return max(0, LOCKOUT_THRESHOLD - len(settle(tally, now).failures))


def forgotten_at(tally: Tally, now: datetime) -> datetime:
    """Return when the tally's row may be deleted: nothing in it counts, and whoever read it has long finished."""
    return max([*tally.failures, *tally.reserved], default=now) + RESERVATION_LIFE + OBSERVATION_WINDOW


def charge_address(tally: Tally, now: datetime) -> Tally:
    """Return what stands after one more stranger's failure at an address: the newest ADDRESS_THRESHOLD of them."""
    return Tally((*_recent(tally, now), now)[-ADDRESS_THRESHOLD:])


def address_waits_until(tally: Tally, now: datetime) -> datetime | None:
    """Return until when strangers at an address wait, None while fewer than ADDRESS_THRESHOLD failures count."""
    recent = _recent(tally, now)
    return recent[-ADDRESS_THRESHOLD] + ADDRESS_WINDOW if len(recent) >= ADDRESS_THRESHOLD else None


def session_lifetime_ends(signed_in: datetime, *, staff: bool) -> datetime:
    """Return when a session ends however busy it is."""
    return signed_in + (STAFF_SESSION_LIFETIME if staff else SESSION_LIFETIME)


def session_expires(signed_in: datetime, last_used: datetime, *, staff: bool) -> datetime:
    """Return when a session ends if nobody uses it again: idle, or at the end of its life, whichever is first."""
    idle_ends = last_used + (STAFF_SESSION_IDLE if staff else SESSION_IDLE)
    return min(idle_ends, session_lifetime_ends(signed_in, staff=staff))


def _recent(tally: Tally, now: datetime) -> tuple[datetime, ...]:
    """Return the failures of the last ADDRESS_WINDOW."""
    return tuple(at for at in tally.failures if at > now - ADDRESS_WINDOW)


def _without(moments: tuple[datetime, ...], moment: datetime) -> tuple[datetime, ...]:
    """Return the moments less one that equals the given one."""
    rest = list(moments)
    if moment in rest:
        rest.remove(moment)
    return tuple(rest)
