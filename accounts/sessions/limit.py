"""The limit of sessions: who gets in, and who has to end one first."""

from typing import Any

from django.db import connection, transaction
from django.middleware.csrf import rotate_token
from django.utils import timezone
from user_sessions.models import Session

from accounts import events
from accounts.clients.origin import origin
from accounts.models import Account, SecurityEvent, State
from accounts.models.choices import SessionEndReason
from accounts.models.session import live
from accounts.requests import PortalRequest
from accounts.sessions import ending
from accounts.sessions.store import SessionStore

PENDING = "pending"
LOCK = "UPDATE accounts_account SET last_login = %s WHERE id = %s AND state = %s AND password_changed_at = %s"


class AccountChanged(Exception):
    """The account, or the contract of its facility, was changed between its password check and its admission."""


def admit(request: PortalRequest, account: Account) -> bool:
    """Sign the account in here; return False, changing nothing, if SESSION_LIMIT sessions are live.

    Raises AccountChanged if the account has got another password or state since its password was checked.
    """
    with transaction.atomic():
        _lock(account)
        return _enter(request, account)


def admit_instead(request: PortalRequest, account: Account, session_key: str) -> bool:
    """End the chosen session and sign the account in here; return False, changing nothing, if that is not enough.

    Raises AccountChanged, or Session.DoesNotExist if this browser's pending sign-in has been used already.
    """
    with transaction.atomic():
        _lock(account)
        _consume_pending(request)
        ending.end(account.sessions.filter(pk=session_key), SessionEndReason.ENDED_ELSEWHERE)
        return _enter(request, account)


def hold(request: PortalRequest, account: Account, next_url: str) -> None:
    """Remember in this browser for PENDING_LIFE that the account's password was right."""
    request.session.create()
    request.session[PENDING] = account.pk, account.password_changed_at.timestamp(), next_url


def forget(request: PortalRequest) -> None:
    """Give up a pending sign-in of this browser: who comes back to the sign-in page has left the choice."""
    if PENDING in request.session:
        request.session.flush()


def pending(request: PortalRequest) -> tuple[Account, str] | None:
    """Return the account that waits in this browser for a place, with the address to go on to."""
    if PENDING not in request.session:
        return None
    account_id, password_changed_at, next_url = request.session[PENDING]
    account = Account.objects.with_place().filter(pk=account_id).first()
    if account is None or account.refusal or account.password_changed_at.timestamp() != password_changed_at:
        return None
    return account, next_url


def _lock(account: Account) -> None:
    """Take the account's row until the transaction ends: its sign-ins come one after the other."""
    adapt = connection.ops.adapt_datetimefield_value
    unchanged: list[Any] = [account.pk, State.ACTIVE, adapt(account.password_changed_at)]
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [adapt(timezone.now()), *unchanged])
        if not cursor.rowcount:
            raise AccountChanged


def _enter(request: PortalRequest, account: Account) -> bool:
    """Sign in if there is room, else undo the transaction: then this browser is as it was."""
    session = SessionStore()
    if not session.admit(account, origin(request)):
        if Account.objects.with_place().get(pk=account.pk).refusal:
            raise AccountChanged
        transaction.set_rollback(True)
        return False
    request.session, request.user = session, account
    rotate_token(request)
    events.record(SecurityEvent.Kind.SIGNED_IN, request, account)
    return True


def _consume_pending(request: PortalRequest) -> None:
    """Use this browser's pending sign-in up; of two requests at once one succeeds."""
    waiting = live(timezone.now()).filter(pk=request.session.stored_key, user=None)
    if not waiting.delete()[0]:
        raise Session.DoesNotExist
