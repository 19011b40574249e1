"""The outbox: a letter is written down in the transaction that causes it, and leaves after the answer."""

import logging
import time
from functools import partial
from types import SimpleNamespace

from django.db import transaction
from django.http import HttpRequest
from kombu.exceptions import OperationalError

from accounts import events, policy
from accounts.clients import devices
from accounts.clients.origin import NOWHERE, origin
from accounts.letters import links
from accounts.letters.tasks import deliver
from accounts.models import Account, Letter, SecurityEvent, State
from accounts.models.choices import LinkEnd, UnsentReason
from accounts.requests import account_of

logger = logging.getLogger(__name__)

BROKER_REST = 10  # seconds
broker = SimpleNamespace(left_alone_until=0.0)


def put(
    kind: Letter.Kind,
    account: Account,
    request: HttpRequest | None = None,
    *,
    to: str | None = None,
    withheld: UnsentReason | None = None,
    from_known_browser: bool = False,
    actor: Account | None = None,
) -> Letter:
    """Write a letter down; a worker sends it once the transaction is committed.

    It goes to the account's address unless another one is given. One that is withheld is only written down: staff
    read why there was none, and it costs as much as any other.
    """
    address, user_agent = origin(request) if request else NOWHERE
    letter = Letter.objects.create(
        kind=kind,
        account_id=account.pk,
        to="" if withheld else to or account.email,
        state=Letter.State.WITHHELD if withheld else Letter.State.WAITING,
        reason=withheld or "",
        actor=actor,
        from_known_browser=from_known_browser,
        address=address,
        user_agent=user_agent,
    )
    transaction.on_commit(partial(_hand_over, letter.pk), robust=True)  # the letter is safe, whatever goes wrong
    return letter


def ask_for_reset(request: HttpRequest, username: str, email: str) -> None:
    """Write down that somebody asked for a new password; the same work whether or not the two belong together."""
    account = Account.objects.addressee(username)
    withheld = None if policy.same_email(email, account.email) else UnsentReason.NO_MATCH
    is_known = devices.known_device(request, username) is not None
    with transaction.atomic():
        put(Letter.Kind.RESET, account, request, withheld=withheld, from_known_browser=is_known)
        events.record(SecurityEvent.Kind.RESET_REQUESTED, request, account, detail=withheld or "")


def order(request: HttpRequest, account: Account, kind: Letter.Kind) -> UnsentReason | None:
    """Send a letter with a link on behalf of an employee; return why there is none, None if it is on its way."""
    if kind == Letter.Kind.ACTIVATION and account.state != State.WAITING:
        return UnsentReason.NOT_WAITING
    if kind == Letter.Kind.RESET and account.state != State.ACTIVE:
        return UnsentReason.NOT_ACTIVE
    actor = account_of(request)
    with transaction.atomic():
        put(kind, account, request, actor=actor)
        events.record(SecurityEvent.Kind.LETTER_ORDERED, request, account, detail=kind, actor=actor)
    return None


def tell_email_changed(request: HttpRequest, account: Account, old_email: str) -> None:
    """Void the open links and tell the old and the new address; who waits for a first password gets another link.

    Another spelling of the same address is nothing to tell.
    """
    if policy.same_email(old_email, account.email):
        return
    actor = account_of(request)
    links.end_all(account, LinkEnd.EMAIL_CHANGED)
    for address in (old_email, account.email):
        put(Letter.Kind.EMAIL_CHANGED, account, request, to=address, actor=actor)
    if account.state == State.WAITING:
        put(Letter.Kind.ACTIVATION, account, request, actor=actor)


def _hand_over(letter_id: int) -> None:
    """Tell a worker that there is a letter; without a broker the next look through the outbox finds it.

    A broker that has failed is left alone for a while: it would hold up each request anew.
    """
    if time.monotonic() < broker.left_alone_until:
        return
    try:
        deliver.delay(letter_id)
    except OperationalError as error:
        broker.left_alone_until = time.monotonic() + BROKER_REST
        logger.warning("The broker is away, letter %d waits: %s", letter_id, type(error).__name__)
