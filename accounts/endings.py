"""How sessions end, each with its event."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from user_sessions.models import Session

from accounts.models import Account, SecurityEvent
from accounts.reasons import EndReason
from accounts.session_rows import ENDED, end_reason, live, timeout_reason, tombstone


def end(sessions: QuerySet[Session], reason: EndReason, *, actor: Account | None = None) -> int:
    """End those of the sessions that are live, with an event each; return how many.

    The accounts' rows are locked first: a session that is just being renewed has another key afterwards.
    """
    with transaction.atomic():
        owners = Account.objects.filter(pk__in=sessions.values("user")).order_by("pk")
        list(owners.select_for_update(no_key=True).values_list("pk"))
        now = timezone.now()
        rows = list(live(now).filter(pk__in=sessions, user__isnull=False).order_by("pk").select_for_update())
        Session.objects.filter(pk__in=[row.pk for row in rows]).update(**tombstone(reason, now))
        _record_ends(rows, reason, now, actor)
    return len(rows)


def end_refused(sessions: QuerySet[Session]) -> None:
    """End those sessions whose account may not be signed in any more, or has another password since."""
    now = timezone.now()
    for row in live(now).filter(pk__in=sessions).select_related("user__facility"):
        if reason := end_reason(row, now):
            end(Session.objects.filter(pk=row.pk), reason)


def sweep_timeouts(batch: int = 1000) -> int:
    """Write the event of each session that has ended by time since the last sweep; return how many."""
    total = 0
    while True:
        with transaction.atomic():
            rows = list(_timed_out().select_for_update(skip_locked=True, of=("self",))[:batch])
            for row in rows:
                reason = timeout_reason(row)
                Session.objects.filter(pk=row.pk).update(**tombstone(reason, row.expire_date))
                _record_ends([row], reason, row.expire_date)
        total += len(rows)
        if len(rows) < batch:
            return total


def _timed_out() -> QuerySet[Session]:
    past = Session.objects.filter(expire_date__lte=timezone.now(), user__isnull=False)
    return past.exclude(session_data__startswith=ENDED).select_related("user").order_by("expire_date")


def _record_ends(rows: Iterable[Session], reason: EndReason, at: datetime, actor: Account | None = None) -> None:
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
        for row in rows
    )
