"""The letters the portal sends, one function each."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac

from accounts import policy
from accounts.letters import links
from accounts.models import Account, Letter

PARTS = ("subject.txt", "text.txt", "letter.html")


def reset(letter: Letter, account: Account) -> EmailMultiAlternatives:
    """The link for a new password, with a second one that voids it."""
    if letter.serial is None:
        return _message(letter, account, "reset_impossible")
    return _message(letter, account, "reset", **_linked(letter, account), life=policy.RESET_LINK_LIFE)


def activation(letter: Letter, account: Account) -> EmailMultiAlternatives:
    """The link for the first password of a new account."""
    return _message(letter, account, "activation", **_linked(letter, account), life=policy.ACTIVATION_LINK_LIFE)


def password_changed(letter: Letter, account: Account) -> EmailMultiAlternatives:
    """The password has been changed: what to do if it was not the owner, what else has to be told."""
    return _message(letter, account, "password_changed", request_url=_url("password_reset"))


def email_changed(letter: Letter, account: Account) -> EmailMultiAlternatives:
    """Letters go to another address from now on: told to both."""
    return _message(letter, account, "email_changed", is_new=letter.to == account.email)


def barred(letter: Letter, account: Account) -> EmailMultiAlternatives:
    """Too many failures in a row: only known browsers and a new password get in."""
    limits = {"failures": policy.FAILURES_BEFORE_RESET, "request_url": _url("password_reset")}
    return _message(letter, account, "barred", **limits)


COMPOSERS = {
    Letter.Kind.RESET: reset,
    Letter.Kind.ACTIVATION: activation,
    Letter.Kind.PASSWORD_CHANGED: password_changed,
    Letter.Kind.EMAIL_CHANGED: email_changed,
    Letter.Kind.BARRED: barred,
}


def compose(letter: Letter, account: Account) -> EmailMultiAlternatives:
    """Return the message of a letter, in the account's language, with the times of its place."""
    with translation.override(account.language), timezone.override(account.zone):
        return COMPOSERS[Letter.Kind(letter.kind)](letter, account)


def _linked(letter: Letter, account: Account) -> dict[str, str]:
    return {"url": links.make(letter, account), "not_me_url": links.make(letter, account, "not_me")}


def _url(name: str) -> str:
    return settings.SITE_URL + reverse(name)


def _message(letter: Letter, account: Account, folder: str, **context: Any) -> EmailMultiAlternatives:
    """Render the folder's subject, text and HTML."""
    context |= {"letter": letter, "account": account, "site_url": settings.SITE_URL, "help_url": _url("help")}
    context["language"] = account.language
    subject, text, html = (render_to_string(f"emails/{folder}/{name}", context) for name in PARTS)
    message = EmailMultiAlternatives(" ".join(subject.split()), text, to=[letter.to], headers=_headers(letter, account))
    message.attach_alternative(html, "text/html")
    return message


def _headers(letter: Letter, account: Account) -> dict[str, str]:
    """Return headers by which a repeat can be told from a new letter, and nobody's absence is answered to us."""
    name = salted_hmac("accounts.letters", str(letter.pk), algorithm="sha256").hexdigest()[:32]
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")
    return {
        "Message-ID": f"<{name}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": account.language,
    }
