"""The limit of sessions: who gets in, who has to end one first, and how sessions end."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils import timezone
from user_sessions.models import Session

from accounts.events import record
from accounts.models import Account, SecurityEvent, State
from accounts.origin import origin
from accounts.reasons import EndReason
from accounts.sessions import ENDED, SessionStore, live, timeout_reason, tombstone

PENDING = "pending"


class AccountChanged(Exception):
    """The account was changed between its password check and its admission."""


def admit(request: HttpRequest, account: Account) -> bool:
    """Sign the account in here; return False, changing nothing, if SESSION_LIMIT sessions are live.

    Raises AccountChanged if the account has got another password or state since its password was checked.
    """
    with transaction.atomic():
        _lock(account)
        return _enter(request, account)


def admit_instead(request: HttpRequest, account: Account, session_key: str) -> bool:
    """End the chosen session and sign the account in here; return False, changing nothing, if that is not enough.

    Raises AccountChanged, or Session.DoesNotExist if this browser's pending sign-in has been used already.
    """
    with transaction.atomic():
        _lock(account)
        _consume_pending(request)
        end(account.sessions.filter(pk=session_key), EndReason.ENDED_ELSEWHERE)
        return _enter(request, account)


def hold(request: HttpRequest, account: Account, next_url: str) -> None:
    """Remember in this browser for PENDING_LIFE that the account's password was right."""
    request.session.create()
    request.session[PENDING] = [account.pk, account.password_changed_at.timestamp(), next_url]


def pending(request: HttpRequest) -> tuple[Account, str] | None:
    """Return the account that waits in this browser for a place, with the address to go on to."""
    account_id, password_changed_at, next_url = request.session.get(PENDING, [None, None, ""])
    account = Account.objects.with_place().filter(pk=account_id).first()
    if account is None or account.refusal or account.password_changed_at.timestamp() != password_changed_at:
        return None
    return account, next_url


def end(sessions: QuerySet[Session], reason: EndReason, *, actor: Account | None = None) -> int:
    """End those of the sessions that are live, with an event each; return how many."""
    with transaction.atomic():
        now = timezone.now()
        rows = list(live(now).filter(pk__in=sessions, user__isnull=False).select_for_update())
        Session.objects.filter(pk__in=[row.pk for row in rows]).update(**tombstone(reason, now))
        _record_ends(rows, reason, now, actor)
    return len(rows)


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


def _lock(account: Account) -> None:
    """Take the account's row until the transaction ends: its sign-ins come one after the other."""
    unchanged = Account.objects.filter(
        pk=account.pk, state=State.ACTIVE, password_changed_at=account.password_changed_at
    )
    if not unchanged.update(last_login=timezone.now()):
        raise AccountChanged


def _enter(request: HttpRequest, account: Account) -> bool:
    """Sign in if there is room, else undo the transaction: then this browser is as it was."""
    session = SessionStore()
    if not session.admit(account, origin(request)):
        transaction.set_rollback(True)
        return False
    request.session, request.user = session, account
    rotate_token(request)
    user_logged_in.send(sender=Account, request=request, user=account)
    record(SecurityEvent.Kind.SIGNED_IN, request, account)
    return True


def _consume_pending(request: HttpRequest) -> None:
    """Use this browser's pending sign-in up; of two requests at once one succeeds."""
    waiting = live(timezone.now()).filter(pk=request.session.stored_key, user=None)
    if not waiting.delete()[0]:
        raise Session.DoesNotExist


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
