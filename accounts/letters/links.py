"""The links in letters: made when a letter is sent, read when somebody opens it; nothing of them is stored."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import events, policy
from accounts.models import Account, Letter, SecurityEvent, State
from accounts.models.choices import LinkEnd

SALT = "accounts.links"
FINGERPRINT_LENGTH = 16  # hexadecimal digits
SIGNER = signing.TimestampSigner(salt=SALT, sep=".")
LIVES = {Letter.Kind.RESET: policy.RESET_LINK_LIFE, Letter.Kind.ACTIVATION: policy.ACTIVATION_LINK_LIFE}
PAGES = {Letter.Kind.RESET: "password_reset_confirm", Letter.Kind.ACTIVATION: "activation"}

OPENED = "terbuka"  # stands in the address for the token, which waits in the browser's cookie then
TOKEN = rf"[0-9]{{1,18}}-[0-9a-f]{{{FINGERPRINT_LENGTH}}}\.[0-9A-Za-z]{{1,11}}\.[0-9A-Za-z_-]{{43}}"
PARTS = re.compile(rf"/+(?P<uid>[\w-]+)/+(?P<token>{TOKEN}|{OPENED}(?![\w-]))", re.ASCII)
# What mail programs put into an address: a broken line, quoted-printable and percent codes, signs we never use.
NOT_OURS = re.compile(r"=\r?\n|[=%][0-9A-Fa-f]{2}|[^!-~]")


class Link(NamedTuple):
    """A link as it was opened: its letter and account, and why it does not work, None if it does."""

    letter: Letter
    account: Account
    end: LinkEnd | None


class UnknownLink(NamedTuple):
    """An address that is no link of ours to this account."""

    end: LinkEnd
    letter: None = None
    account: None = None


def make(letter: Letter, account: Account, page: str | None = None) -> str:
    """Return the address of the link of a letter that is being sent now.

    The token is bound to the letter, to the password hash and to the moment: another password makes it void.
    """
    token = SIGNER.sign(f"{letter.pk}-{_fingerprint(account)}")
    return settings.SITE_URL + reverse(page or PAGES[Letter.Kind(letter.kind)], args=[uid(account), token])


def uid(account: Account) -> str:
    """Return the account's number as addresses have it."""
    return urlsafe_base64_encode(force_bytes(account.pk))


def repair(address: str) -> tuple[str, str] | None:
    """Return account and token of an address as a mail program has left it, None if it holds no whole link.

    What stands around and between them is left out. That nothing else was changed is proved by the token's signature.
    """
    found = PARTS.search(NOT_OURS.sub("", address))
    return (found["uid"], found["token"]) if found else None


def life(letter: Letter, token: str) -> tuple[datetime, datetime]:
    """Return when the link with this token was made, which is when it was sent, and until when it lives at most."""
    made = datetime.fromtimestamp(signing.b62_decode(token.split(SIGNER.sep)[1]), tz=UTC)
    return made, made + LIVES[Letter.Kind(letter.kind)]


def read(link_uid: str, token: str, kinds: Iterable[Letter.Kind]) -> Link | UnknownLink:
    """Return the link that an address holds."""
    link = of_token(token, kinds)
    if isinstance(link, Link) and link_uid != uid(link.account):
        return UnknownLink(LinkEnd.WRONG_ACCOUNT)
    return link


def of_token(token: str, kinds: Iterable[Letter.Kind]) -> Link | UnknownLink:
    """Return the link that has this token, whatever the rest of its address."""
    letter = find(token, kinds)
    if letter is None or letter.account is None:
        return UnknownLink(LinkEnd.BROKEN)
    return Link(letter, letter.account, _end(letter, letter.account, token))


def newest(account: Account) -> Letter | None:
    """Return the letter whose link is the account's newest one."""
    return account.letters.filter(kind__in=Letter.LINKED, serial=account.link_serial).first()


def lock(link: Link, token: str) -> Link:
    """Return the link as it stands now, its account's row locked until the transaction ends."""
    account = Account.objects.lock(link.account.pk)
    letter = Letter.objects.get(pk=link.letter.pk)
    return Link(letter, account, _end(letter, account, token))


def disown(request: HttpRequest, link: Link, token: str) -> LinkEnd | None:
    """Void a link that its receiver has not asked for; return why it was void before, None if it was not."""
    with transaction.atomic():
        letter, account, ended = lock(link, token)
        if not ended:
            end(letter, LinkEnd.NOT_ME)
            events.record(SecurityEvent.Kind.LINK_VOIDED, request, account, detail=LinkEnd.NOT_ME)
    return ended


def end(letter: Letter, reason: LinkEnd) -> None:
    """Void the link of one letter."""
    letter.link_end = reason
    letter.save(update_fields=["link_end"])


def end_all(account: Account, reason: LinkEnd) -> None:
    """Void the links of all the account's letters, of those that have not left yet as well."""
    account.letters.filter(kind__in=Letter.LINKED, link_end="").update(link_end=reason)


def find(token: str, kinds: Iterable[Letter.Kind]) -> Letter | None:
    """Return the letter that a token names, None for a token that is not ours or of another kind of letter."""
    try:
        letter_id = SIGNER.unsign(token).partition("-")[0]
    except signing.BadSignature:
        return None
    return Letter.objects.select_related("account").filter(pk=letter_id, kind__in=list(kinds)).first()


def _end(letter: Letter, account: Account, token: str) -> LinkEnd | None:
    """Return why the link does not work, None if it does."""
    if letter.link_end:
        return LinkEnd(letter.link_end)
    if not policy.same_email(letter.to, account.email):
        return LinkEnd.EMAIL_CHANGED
    if letter.serial != account.link_serial:
        return LinkEnd.SUPERSEDED
    if account.state == State.DEACTIVATED or (letter.kind == Letter.Kind.RESET and account.state != State.ACTIVE):
        return LinkEnd.DEACTIVATED
    try:
        fingerprint = SIGNER.unsign(token, max_age=LIVES[Letter.Kind(letter.kind)]).partition("-")[2]
    except signing.SignatureExpired:
        return LinkEnd.EXPIRED
    return None if constant_time_compare(fingerprint, _fingerprint(account)) else LinkEnd.PASSWORD_CHANGED


def _fingerprint(account: Account) -> str:
    return salted_hmac(SALT, account.password, algorithm="sha256").hexdigest()[:FINGERPRINT_LENGTH]
