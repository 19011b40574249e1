"""How sessions end, each with its event."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib import auth
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from user_sessions.models import Session

from accounts import policy
from accounts.models import Account, SecurityEvent
from accounts.models.choices import SessionEndReason
from accounts.models.session import live
from accounts.requests import PortalRequest, account_of
from accounts.sessions import rows
from accounts.sessions.rows import ENDED
from maintenance.board import process_state
from maintenance.board.board import Board


def end(sessions: QuerySet[Session], reason: SessionEndReason, *, actor: Account | None = None) -> int:
    """End those of the sessions that are live or paused, with an event each; return how many.

    The accounts' rows are locked first: a session that is just being renewed has another key afterwards.
    """
    with transaction.atomic():
        owners = Account.objects.filter(pk__in=sessions.values("user")).order_by("pk")
        list(owners.select_for_update(no_key=True).values_list("pk"))
        now = timezone.now()
        found = _perhaps_not_over(now).filter(pk__in=sessions, user__isnull=False).order_by("pk")
        locked = found.select_related("user").select_for_update(of=("self",))
        ended = [
            row for row in locked if row.expire_date > now or rows.is_paused(row, process_state.current.board, now)
        ]
        Session.objects.filter(pk__in=[row.pk for row in ended]).update(**rows.tombstone(reason, now))
        _record_ends(ended, reason, now, actor)
    return len(ended)


def sign_out(request: PortalRequest, response: HttpResponse) -> None:
    """End the session of this browser, at the wish of who sits there; the answer takes its cookie away.

    So no other window of the browser reads a reason: who sits there knows it.
    """
    own = account_of(request).sessions.filter(pk=request.session.stored_key)
    end(own, SessionEndReason.SIGNED_OUT)
    auth.logout(request)
    request.forgets_session = True
    response["Clear-Site-Data"] = '"cache", "storage"'


def end_refused(sessions: QuerySet[Session]) -> None:
    """End those sessions whose account may not be signed in any more, or has another password since."""
    now = timezone.now()
    for row in _perhaps_not_over(now).filter(pk__in=sessions).select_related("user__facility"):
        paused = rows.is_paused(row, process_state.current.board, now)
        if reason := rows.refusal_reason(row) if paused else rows.end_reason(row, now):
            end(Session.objects.filter(pk=row.pk), reason)


def sweep_timeouts(batch: int = 1000) -> int:
    """Write the event of each session that has ended by time since the last sweep; return how many.

    After a closing those that can still come back, and some more, are left for a later sweep.
    """
    now = timezone.now()
    before = now - _longest_pause(Board.load(), now)  # who sweeps is no web process: nothing is known in memory
    total = 0
    while True:
        with transaction.atomic():
            timed_out = list(_timed_out(before).select_for_update(skip_locked=True, of=("self",))[:batch])
            for row in timed_out:
                reason = rows.timeout_reason(row)
                Session.objects.filter(pk=row.pk).update(**rows.tombstone(reason, row.expire_date))
                _record_ends([row], reason, row.expire_date)
        total += len(timed_out)
        if len(timed_out) < batch:
            return total


def _perhaps_not_over(now: datetime) -> QuerySet[Session]:
    """Return the sessions that are live, with those that are over by time but may be paused."""
    return live(now - _longest_pause(process_state.current.board, now))


def _longest_pause(board: Board, now: datetime) -> timedelta:
    """Return how much longer than its idle time a session can have lived: no life is longer than SESSION_LIFETIME."""
    return board.closed_between(now - policy.SESSION_LIFETIME, now)


def _timed_out(before: datetime) -> QuerySet[Session]:
    past = Session.objects.filter(expire_date__lte=before, user__isnull=False)
    return past.exclude(session_data__startswith=ENDED).select_related("user").order_by("expire_date")


def _record_ends(
    ended: Iterable[Session], reason: SessionEndReason, at: datetime, actor: Account | None = None
) -> None:
    """Write an event for each session that ended: the address and browser are those of the session."""
    SecurityEvent.objects.bulk_create(
        SecurityEvent(
            kind=SecurityEvent.Kind.SESSION_ENDED,
            detail=reason,
            at=at,
            account_id=row.user_id,
            actor=actor,
            address=row.ip,
            user_agent=row.user_agent or "",
        )
        for row in ended
    )
