"""The rules of signing in: the numbers and the yes/no decisions, pure, told the time."""

import hmac
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LOCKOUT_THRESHOLD = 3
LOCKOUT_DURATION = timedelta(minutes=3)
OBSERVATION_WINDOW = timedelta(minutes=15)
ADDRESS_THRESHOLD = 60
ADDRESS_WINDOW = timedelta(minutes=10)
FAILURES_BEFORE_RESET = 100
STREAK_MEMORY = timedelta(days=90)

SESSION_LIMIT = 3
SESSION_IDLE = timedelta(minutes=30)
SESSION_LIFETIME = timedelta(hours=12)
STAFF_SESSION_IDLE = timedelta(minutes=15)
STAFF_SESSION_LIFETIME = timedelta(hours=8)
PENDING_LIFE = timedelta(minutes=5)
DEVICE_LIFE = timedelta(days=90)

PASSWORD_MIN_LENGTH = 15
PASSWORD_MAX_LENGTH = 128
PASSWORD_HISTORY = 3

RESET_LINK_LIFE = timedelta(minutes=60)
ACTIVATION_LINK_LIFE = timedelta(hours=72)
REFUSALS_PER_LINK = 5
RESET_LETTERS_PER_HOUR = 3
LETTER_LIFE = timedelta(hours=24)

CAPTCHA_LENGTH = 6
CAPTCHA_LIFE = timedelta(minutes=5)

CAPTCHAS_PER_ADDRESS = 300
RESETS_PER_ADDRESS = 30
STRENGTH_QUESTIONS_PER_ADDRESS = 300
REQUEST_WINDOW = timedelta(minutes=10)

# A reserved attempt whose verdict never came (its process died) counts as a failure after this.
RESERVATION_LIFE = timedelta(seconds=60)
# How long an attempt waits for the verdicts of those reserved before it.
VERDICT_WAIT = timedelta(seconds=2)
# A worker that has taken a letter has this long to send it; then another one may.
LETTER_LEASE = timedelta(seconds=90)
LETTER_FIRST_WAIT, LETTER_LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=2)

USERNAME_SHAPE = re.compile(r"[a-z0-9][a-z0-9._-]{2,63}")


@dataclass(frozen=True)
class Tally:
    """What one counter knows: when attempts failed, when those without a verdict were reserved, failures in a row."""

    failures: tuple[datetime, ...] = ()
    reserved: tuple[datetime, ...] = ()
    streak: int = 0


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
    settled = Tally(tuple(sorted([*tally.failures, *overdue])), waiting, tally.streak + len(overdue))
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

    There is no room while locked, while LOCKOUT_THRESHOLD failures and attempts without a verdict stand, and once
    FAILURES_BEFORE_RESET have failed in a row.
    """
    settled = settle(tally, now)
    if len(settled.failures) + len(settled.reserved) >= LOCKOUT_THRESHOLD:
        return None
    if settled.streak + len(settled.reserved) >= FAILURES_BEFORE_RESET:
        return None
    return replace(settled, reserved=(*settled.reserved, now))


def fail(tally: Tally, reserved_at: datetime, now: datetime) -> Tally:
    """Return what stands when the attempt reserved then has proved wrong."""
    settled = settle(tally, now)
    if reserved_at not in settled.reserved:  # overdue: it counts as a failure already
        return settled
    return Tally((*settled.failures, now), _without(settled.reserved, reserved_at), settled.streak + 1)


def restore(tally: Tally, reserved_at: datetime) -> Tally:
    """Return what stands when the attempt reserved then has proved right: the failures in a row end."""
    return Tally((), _without(tally.reserved, reserved_at))


def is_closed(tally: Tally, now: datetime) -> bool:
    """Tell whether so many have failed in a row that only a new password opens the counter again."""
    return settle(tally, now).streak >= FAILURES_BEFORE_RESET


def closes(tally: Tally, now: datetime) -> bool:
    """Tell whether the tally, as it is stored, does not say yet that it is closed."""
    return tally.streak < FAILURES_BEFORE_RESET and is_closed(tally, now)


def forgive(tally: Tally, now: datetime) -> Tally | None:
    """Return what stands when staff lift a lock, None without one; who failed too often in a row stays out."""
    settled = settle(tally, now)
    return replace(settled, failures=()) if settled.failures else None


def tries_left(tally: Tally, now: datetime) -> int:
    """Return how many more failures lead to a lock."""
    return max(0, LOCKOUT_THRESHOLD - len(settle(tally, now).failures))


def forgotten_at(tally: Tally, now: datetime) -> datetime:
    """Return when the tally's row may be deleted: nothing in it counts, and whoever read it has long finished."""
    newest = max([*tally.failures, *tally.reserved], default=now)
    return newest + RESERVATION_LIFE + (STREAK_MEMORY if tally.streak else OBSERVATION_WINDOW)


def charge_address(tally: Tally, now: datetime) -> Tally:
    """Return what stands after one more stranger's failure at an address: the newest ADDRESS_THRESHOLD of them."""
    return Tally((*_recent(tally, now), now)[-ADDRESS_THRESHOLD:])


def address_waits_until(tally: Tally, now: datetime) -> datetime | None:
    """Return until when strangers at an address wait, None while fewer than ADDRESS_THRESHOLD failures count."""
    recent = _recent(tally, now)
    return recent[-ADDRESS_THRESHOLD] + ADDRESS_WINDOW if len(recent) >= ADDRESS_THRESHOLD else None


def letter_tried_again_at(attempts: int, asked_at: datetime, now: datetime) -> datetime | None:
    """Return when a letter that could not be sent is tried again, with growing waits; None once LETTER_LIFE is over."""
    wait = min(LETTER_FIRST_WAIT * 2 ** min(attempts - 1, 16), LETTER_LONGEST_WAIT)
    return now + wait if now + wait <= asked_at + LETTER_LIFE else None


def same_email(one: str, other: str) -> bool:
    """Tell whether two spellings are one e-mail address; letters go to the registered one."""
    return hmac.compare_digest(_plain_email(one), _plain_email(other))


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


def _plain_email(typed: str) -> bytes:
    return unicodedata.normalize("NFKC", typed).casefold().strip().encode("utf-8", "surrogatepass")


def _without(moments: tuple[datetime, ...], moment: datetime) -> tuple[datetime, ...]:
    """Return the moments less one that equals the given one."""
    rest = list(moments)
    if moment in rest:
        rest.remove(moment)
    return tuple(rest)
