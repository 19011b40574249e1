"""The pages that the links in letters lead to."""

from collections.abc import Callable, Iterable
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import policy
from accounts.letters import links
from accounts.letters.links import Link, UnknownLink
from accounts.models import Letter
from accounts.models.choices import LinkEnd
from accounts.passwords import setting
from accounts.passwords.forms import NewPasswordForm

IN_COOKIE = "terbuka"  # stands in the address for the token, which is in the browser's cookie then
SOFTWARE_TOO = gettext_lazy("Does other software of your facility store this password? Enter the new one there too.")

LinkView = Callable[[HttpRequest, Link, str], HttpResponse]


def link_page(*kinds: Letter.Kind) -> Callable[[LinkView], Callable[..., HttpResponse]]:
    """Turn a view of a link that works into the view of its address.

    The token goes into a cookie, so that it stands in no history and no Referer. A link that does not work says why.
    """

    def decorate(view: LinkView) -> Callable[..., HttpResponse]:
        @sensitive_post_parameters("new_password1", "new_password2")
        @login_not_required
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def open_link(request: HttpRequest, uidb64: str, token: str) -> HttpResponse:
            if letter := token != IN_COOKIE and links.find(token, Letter.LINKED):
                return _keep_token(request, uidb64, token, letter)
            if token == IN_COOKIE:
                token = request.COOKIES.get(settings.LINK_COOKIE_NAME, "")
            link = links.read(uidb64, token, kinds)
            if isinstance(link, UnknownLink) or link.end:
                return _ended(request, link, kinds)
            return view(request, link, token)

        return open_link

    return decorate


@link_page(Letter.Kind.RESET)
def password_reset_confirm(request: HttpRequest, link: Link, token: str) -> HttpResponse:
    return _set_password(request, link, token, _("Your new password is stored. Sign in with it."))


@link_page(Letter.Kind.ACTIVATION)
def activation(request: HttpRequest, link: Link, token: str) -> HttpResponse:
    return _set_password(request, link, token, _("Your account is active now. Sign in with your password."))


@link_page(*Letter.LINKED)
def not_me(request: HttpRequest, link: Link, token: str) -> HttpResponse:
    """Let who has not asked for a letter void its link: on a button, for mail scanners open every address."""
    if request.method != "POST":
        return render(request, "accounts/passwords/not_me.html", {"account": link.account, "letter": link.letter})
    if ended := links.disown(request, link, token):
        return _ended(request, link._replace(end=ended))
    messages.success(request, _("The link is void now. Nothing else was changed."))
    return _to_sign_in()


def _keep_token(request: HttpRequest, uidb64: str, token: str, letter: Letter) -> HttpResponse:
    response = redirect(resolve(request.path_info).view_name, uidb64, IN_COOKIE)
    response["Referrer-Policy"] = "no-referrer"
    response.set_cookie(
        settings.LINK_COOKIE_NAME,
        token,
        max_age=links.LIVES[Letter.Kind(letter.kind)],
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # the letter is read on another site
    )
    return response


def _set_password(request: HttpRequest, link: Link, token: str, done: str) -> HttpResponse:
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            setting.set_with_link(request, link, token, form.cleaned_data["new_password1"])
        except setting.LinkEnded as ended:
            return _ended(request, link._replace(end=ended.reason))
        except setting.PasswordRefused as refused:
            form.add_error("new_password1", refused.errors)
            if not refused.tries_left:
                return _ended(request, link._replace(end=LinkEnd.REFUSALS), form=form)
            link.letter.refresh_from_db()
        else:
            messages.success(request, done)
            messages.warning(request, SOFTWARE_TOO)
            return _to_sign_in()
    tries_left = policy.REFUSALS_PER_LINK - link.letter.refusals
    context = {"form": form, "account": link.account, "letter": link.letter, "tries_left": tries_left}
    return render(request, "accounts/passwords/new_password.html", context, status=422 if form.errors else 200)


def _ended(
    request: HttpRequest,
    link: Link | UnknownLink,
    kinds: Iterable[Letter.Kind] = (),
    form: NewPasswordForm | None = None,
) -> HttpResponse:
    """Say why a link does not work, and what leads to a new one; `kinds` are the page's, for a link of no letter."""
    is_reset = Letter.Kind.RESET in ([link.letter.kind] if link.letter else kinds)
    context = {"link": link, "form": form, "is_reset": is_reset}
    return render(request, "accounts/passwords/link_ended.html", context, status=410)


def _to_sign_in() -> HttpResponse:
    response = redirect("login")
    response.delete_cookie(settings.LINK_COOKIE_NAME, samesite="Lax")
    return response
