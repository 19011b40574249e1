"""The pages that the links in letters lead to."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import policy
from accounts.clients.navigation import opens_page
from accounts.letters import links
from accounts.letters.links import Link, UnknownLink
from accounts.models import Account, Letter
from accounts.models.choices import LinkEnd
from accounts.passwords import opened_link, setting
from accounts.passwords.forms import LinkPasswordForm
from accounts.passwords.opened_link import OpenedLink
from accounts.requests import PortalRequest
from accounts.sessions import ending

# The name of the view for the word in its address, and which letters' links it takes.
PAGES = {"password-baru": "password_reset_confirm", "aktivasi": "activation", "bukan-saya": "not_me"}
KINDS = {
    "password_reset_confirm": [Letter.Kind.RESET],
    "activation": [Letter.Kind.ACTIVATION],
    "not_me": Letter.LINKED,
}
SOFTWARE_TOO = gettext_lazy("Does other software of your facility store this password? Enter the new one there too.")

LinkView = Callable[[PortalRequest, Link, OpenedLink], HttpResponse]


def link_page(view: LinkView) -> Callable[..., HttpResponse]:
    """Turn a view of a link that works into the view of its address.

    The token goes into a cookie, so that it stands in no history and no Referer. A link that does not work says why.
    """
    name = view.__name__

    @sensitive_post_parameters("new_password1", "new_password2")
    @login_not_required
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def open_link(request: PortalRequest, uidb64: str, token: str) -> HttpResponse:
        if token != links.OPENED:
            return _from_letter(request, name, f"/{uidb64}/{token}/")
        opened = opened_link.read(request)
        if opened is None or opened.is_over:
            return _not_open(request, name, too_old=opened is not None)
        link = links.read(uidb64, opened.token, KINDS[name])
        if link.end == LinkEnd.BROKEN:  # what was opened last in this browser is for another page
            return _not_open(request, name)
        if isinstance(link, UnknownLink) or link.end:
            return _ended(request, link, token=opened.token, kinds=KINDS[name])
        return view(request, link, opened)

    return open_link


@link_page
def password_reset_confirm(request: PortalRequest, link: Link, opened: OpenedLink) -> HttpResponse:
    return _set_password(request, link, opened, _("The new password of %(name)s is stored. Sign in with it."))


@link_page
def activation(request: PortalRequest, link: Link, opened: OpenedLink) -> HttpResponse:
    return _set_password(request, link, opened, _("The account %(name)s is active now. Sign in with its password."))


@link_page
def not_me(request: PortalRequest, link: Link, opened: OpenedLink) -> HttpResponse:
    """Let who has not asked for a letter void its link: on a button, for mail scanners open every address."""
    if request.method != "POST":
        return render(request, "accounts/passwords/not_me.html", {"account": link.account, "letter": link.letter})
    if ended := links.disown(request, link, opened.token):
        return _ended(request, link._replace(end=ended), token=opened.token)
    voided = _("The link for the account %(name)s is void now. Nothing else was changed.")
    messages.success(request, voided % {"name": link.account.username})
    return _to_sign_in(request)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def damaged_link(request: PortalRequest, page: str, rest: str) -> HttpResponse:
    """Answer all addresses below those of links that are none: what a mail program has added is left out."""
    return _from_letter(request, PAGES[page.lower()], rest)


def _from_letter(request: HttpRequest, name: str, address: str) -> HttpResponse:
    """Go on to the page of a link as it stands in a letter, or say that it is none."""
    uid, token = links.repair(address) or ("", "")
    if token != links.OPENED and not links.find(token, KINDS[name]):
        answer = _ended(request, UnknownLink(LinkEnd.BROKEN), kinds=KINDS[name])
        answer["Referrer-Policy"] = "strict-origin"  # most of a token is in the address; forms need an Origin
        return answer
    response = redirect(name, uid, links.OPENED)
    response["Referrer-Policy"] = "no-referrer"
    if opens_page(request) and token != links.OPENED:
        opened_link.keep(response, token)
    return response


def _set_password(request: PortalRequest, link: Link, opened: OpenedLink, done: str) -> HttpResponse:
    other = _somebody_else(request, link.account)
    form = LinkPasswordForm(other, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            setting.set_with_link(request, link, opened.token, form.cleaned_data["new_password1"])
        except setting.LinkEnded as ended:
            return _ended(request, link._replace(end=ended.reason), token=opened.token)
        except setting.PasswordRefused as refused:
            form.add_error("new_password1", refused.errors)
            if not refused.tries_left:
                return _ended(request, link._replace(end=LinkEnd.REFUSALS), token=opened.token, form=form)
            link.letter.refresh_from_db()
        else:
            messages.success(request, done % {"name": link.account.username})
            messages.warning(request, SOFTWARE_TOO)
            return _to_sign_in(request, signed_out=True)
    context = {
        "form": form,
        "account": link.account,
        "other": other,
        "letter": link.letter,
        "tries_left": policy.REFUSALS_PER_LINK - link.letter.refusals,
        "until": min(opened.until, links.life(link.letter, opened.token)[1]),
    }
    return render(request, "accounts/passwords/new_password.html", context, status=422 if form.errors else 200)


def _somebody_else(request: PortalRequest, account: Account) -> Account | None:
    """Return who is signed in in this browser, None if nobody is, or the account itself."""
    return request.user if request.user.is_authenticated and request.user != account else None


def _not_open(request: HttpRequest, name: str, *, too_old: bool = False) -> HttpResponse:
    """Say that the link has to be opened again: no token waits in this browser, or it has waited too long."""
    context = {"too_old": too_old, "is_reset": name == "password_reset_confirm"}
    return render(request, "accounts/passwords/link_not_open.html", context, status=410)


def _ended(
    request: HttpRequest,
    link: Link | UnknownLink,
    *,
    token: str = "",
    kinds: Iterable[Letter.Kind] = (),
    form: LinkPasswordForm | None = None,
) -> HttpResponse:
    """Say why a link does not work, and what leads to a new one; `kinds` are the page's, for a link of no letter."""
    is_reset = Letter.Kind.RESET in ([link.letter.kind] if link.letter else kinds)
    context: dict[str, Any] = {"link": link, "form": form, "is_reset": is_reset}
    if isinstance(link, Link):
        context["sent_at"], context["until"] = links.life(link.letter, token)
        context["newest"] = links.newest(link.account) if link.end == LinkEnd.SUPERSEDED else None
    return render(request, "accounts/passwords/link_ended.html", context, status=410)


def _to_sign_in(request: PortalRequest, *, signed_out: bool = False) -> HttpResponse:
    response = redirect("login")
    opened_link.forget(request, response)
    if signed_out and request.user.is_authenticated:
        ending.sign_out(request, response)
    return response
