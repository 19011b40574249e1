"""The rules of signing in: the numbers and the yes/no decisions, pure, told the time."""

import hmac
import re
import unicodedata
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
LINK_COOKIE_LIFE = timedelta(minutes=15)
REFUSALS_PER_LINK = 5
RESET_LETTERS_PER_HOUR = 3
RESET_LETTERS_PER_DAY = 10
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


def normalise_username(typed: str) -> str:
    """Return the one spelling of a user name: NFKC, case-folded, stripped."""
    return unicodedata.normalize("NFKC", typed).casefold().strip()


def normalise_password(typed: str) -> str:
    """Return the password as it is hashed: NFC, so that two keyboards type the same one; nothing is cut."""
    return unicodedata.normalize("NFC", typed)


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


def _plain_email(typed: str) -> bytes:
    return unicodedata.normalize("NFKC", typed).casefold().strip().encode("utf-8", "surrogatepass")
