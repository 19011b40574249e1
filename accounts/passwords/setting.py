"""The doors through which a password is set; each is one unit under the lock on the account's row."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from accounts import events, policy
from accounts.authentication import lockout
from accounts.letters import links, outbox
from accounts.letters.links import Link
from accounts.models import Account, Letter, SecurityEvent, State
from accounts.models.choices import LinkEnd, SessionEndReason
from accounts.requests import PortalRequest, SignedInRequest
from accounts.sessions import ending


class LinkEnded(Exception):
    """The link does not work any more; `reason` says why."""

    def __init__(self, reason: LinkEnd) -> None:
        super().__init__(reason)
        self.reason = reason


class PasswordRefused(Exception):
    """The new password is not good enough: `errors` say why, `tries_left` how many more the link allows."""

    def __init__(self, errors: list[ValidationError], tries_left: int | None = None) -> None:
        super().__init__(errors)
        self.errors, self.tries_left = errors, tries_left


def set_with_link(request: PortalRequest, link: Link, token: str, password: str) -> None:
    """Set the password of the account that a letter's link belongs to; an activation link activates it as well.

    Where the account is signed in in this very browser, its session ends with a reason of its own: nobody need be
    alarmed there. Raises LinkEnded, or PasswordRefused; after REFUSALS_PER_LINK refusals the link is void.
    """
    with transaction.atomic():
        letter, account, ended = links.lock(link, token)
        if ended:
            raise LinkEnded(ended)
        errors = _errors(password, account)
        if errors:
            tries_left = _count_refusal(request, letter, account)
        else:
            links.end(letter, LinkEnd.USED)
            account.state = State.ACTIVE
            here = account.sessions.filter(pk=request.session.stored_key)
            ending.end(here, SessionEndReason.PASSWORD_SET_HERE)
            _set(request, account, password, USES[Letter.Kind(letter.kind)])
    if errors:
        raise PasswordRefused(errors, tries_left)


def change(request: SignedInRequest, password: str) -> None:
    """Set the password of the signed-in account, whose present one has just been proved: this session goes on.

    Raises PasswordRefused.
    """
    with transaction.atomic():
        account = Account.objects.lock(request.user.pk)
        if errors := _errors(password, account):
            raise PasswordRefused(errors)
        account.set_password(password)
        request.session.renew(account.password_changed_at)
        _store(request, account, SecurityEvent.Kind.PASSWORD_CHANGED)
    request.user = account


def set_by_operator(account: Account, password: str) -> None:
    """Set a password from the command line. Raises PasswordRefused."""
    with transaction.atomic():
        account = Account.objects.lock(account.pk)
        if errors := _errors(password, account):
            raise PasswordRefused(errors)
        _set(None, account, password, SecurityEvent.Kind.PASSWORD_CHANGED)


USES = {
    Letter.Kind.RESET: SecurityEvent.Kind.PASSWORD_RESET,
    Letter.Kind.ACTIVATION: SecurityEvent.Kind.ACTIVATED,
}


def _errors(password: str, account: Account) -> list[ValidationError]:
    try:
        validate_password(password, account)
    except ValidationError as error:
        return error.error_list
    return []


def _set(request: HttpRequest | None, account: Account, password: str, kind: SecurityEvent.Kind) -> None:
    account.set_password(password)
    _store(request, account, kind)


def _store(request: HttpRequest | None, account: Account, kind: SecurityEvent.Kind) -> None:
    """Save the account with its new password, and do all that a new password causes.

    Saving writes the history (a validator's part) and ends the sessions of before (a receiver's part).
    """
    account.save(update_fields=["password", "password_changed_at", "state"])
    links.end_all(account, LinkEnd.PASSWORD_CHANGED)
    lockout.open_to_strangers(account)
    events.record(kind, request, account)
    outbox.put(Letter.Kind.PASSWORD_CHANGED, account, request)


def _count_refusal(request: HttpRequest, letter: Letter, account: Account) -> int:
    """Count a refused password against the link; return how many more it allows, none: it is void."""
    letter.refusals += 1
    letter.save(update_fields=["refusals"])
    tries_left = policy.REFUSALS_PER_LINK - letter.refusals
    if not tries_left:
        links.end(letter, LinkEnd.REFUSALS)
        events.record(SecurityEvent.Kind.LINK_VOIDED, request, account, detail=LinkEnd.REFUSALS)
    return tries_left
