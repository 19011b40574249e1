"""What a stored session's row says: whose it is, whether it is over, and why."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from user_sessions.models import Session

from accounts import policy
from accounts.models.choices import Refusal, SessionEndReason
from accounts.models.session import ENDED
from maintenance.board.board import Board
from maintenance.models import ENTER_WHILE_CLOSED

SIGNED_IN_AT = "signed_in_at"  # seconds since 1970
PROVED_AT = "proved_at"  # the same, of a session in which the password was changed
STORED_KEY = re.compile("[0-9a-f]{40}")


def hash_key(session_key: str) -> str:
    """Return the key as it is stored: what stands in the database opens no session."""
    return hashlib.sha256(session_key.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def chosen_key(request: HttpRequest) -> str:
    """Return the stored key of the session that a button names, "" for what cannot be one."""
    key = request.POST.get("session", "")
    return key if STORED_KEY.fullmatch(key) else ""


def signed_in_at(row: Session) -> datetime:
    """Return when the session's account signed in: long ago for a row that another SECRET_KEY has signed."""
    return datetime.fromtimestamp(row.get_decoded().get(SIGNED_IN_AT, 0), tz=UTC)


def proved_at(row: Session) -> datetime:
    """Return when the account's password was last proved in the session."""
    data = row.get_decoded()
    return datetime.fromtimestamp(data.get(PROVED_AT, data.get(SIGNED_IN_AT, 0)), tz=UTC)


def tombstone(reason: SessionEndReason, now: datetime) -> dict[str, Any]:
    """Return the fields of a row whose session ends now."""
    return {"expire_date": now, "session_data": f"{ENDED}{reason}"}


def end_reason(row: Session, now: datetime) -> SessionEndReason | None:
    """Return why a signed-in session is over, None if it is not, or if nobody was signed in."""
    if row.session_data.startswith(ENDED):
        return SessionEndReason.read(row.session_data.removeprefix(ENDED))
    if row.user is None:
        return None
    if min(row.expire_date, policy.session_lifetime_ends(signed_in_at(row), staff=row.user.is_staff)) <= now:
        return timeout_reason(row)
    return refusal_reason(row)


def refusal_reason(row: Session) -> SessionEndReason | None:
    """Return why a session may not go on, whatever the time, None if nothing has changed since it began."""
    account = row.user
    if account and account.refusal:
        ended = account.refusal == Refusal.CONTRACT_ENDED
        return SessionEndReason.CONTRACT_ENDED if ended else SessionEndReason.DEACTIVATED
    if account and account.password_changed_at > proved_at(row):
        return SessionEndReason.PASSWORD_CHANGED
    return None


def timeout_reason(row: Session) -> SessionEndReason:
    """Return which of the two ends of time a session has met."""
    lifetime_ends = policy.session_lifetime_ends(signed_in_at(row), staff=_is_staff(row))
    return SessionEndReason.LIFETIME if row.expire_date >= lifetime_ends else SessionEndReason.IDLE


def goes_on_until(row: Session, board: Board, now: datetime) -> datetime:
    """Return when a session ends by time if nobody uses it again: while the portal is closed nobody is idle.

    Counted from the last use: whoever asks twice adds nothing twice.
    """
    closed = board.closed_between(row.last_activity, now)
    return policy.session_expires(signed_in_at(row), row.last_activity + closed, staff=_is_staff(row))


def is_paused(row: Session, board: Board, now: datetime) -> bool:
    """Tell whether a session is over by its idle time alone, and can go on because the portal was closed meanwhile.

    It never is for those to whom the portal is not closed.
    """
    if row.user is None or row.expire_date > now or row.session_data.startswith(ENDED):
        return False
    if row.user.has_perm(ENTER_WHILE_CLOSED):
        return False
    return board.closed_between(row.last_activity, now) > timedelta() and goes_on_until(row, board, now) > now


def _is_staff(row: Session) -> bool:
    return row.user is not None and row.user.is_staff
