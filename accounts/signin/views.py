"""The pages of signing in and out."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from user_sessions.models import Session

from accounts import events
from accounts.clients import devices
from accounts.clients.navigation import opens_page
from accounts.models import Account, SecurityEvent
from accounts.models.choices import Refusal
from accounts.passwords import opened_link
from accounts.requests import PortalRequest
from accounts.sessions import ending, limit, rows
from accounts.signin.forms import SignInForm
from maintenance.board import process_state
from maintenance.gate import pages
from maintenance.gate.decorators import open_while_closed
from maintenance.models import ENTER_WHILE_CLOSED


def safe_next(request: HttpRequest) -> str:
    """Return where to go after signing in: the address asked for if it is on this site, else the home page."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    on_this_site = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if asked.startswith("/") and on_this_site else reverse("home")


def leads_to_administration(request: HttpRequest) -> bool:
    """Tell whether somebody signs in to go on to the administration, as staff do while the portal is closed."""
    return safe_next(request).startswith(reverse("admin:index"))


@open_while_closed(when=leads_to_administration)
@sensitive_post_parameters("password")
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: PortalRequest) -> HttpResponse:
    next_url = safe_next(request)
    if request.user.is_authenticated:
        return _already_in(request, next_url)
    if opens_page(request):
        limit.forget(request)
    form = SignInForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        is_valid, account = form.is_valid(), form.account
        if is_valid and account:
            return _let_in(request, account, next_url)
        if account:
            events.record(SecurityEvent.Kind.SIGN_IN_REFUSED, request, account, detail=account.refusal or "")
    return _sign_in_page(request, form, next_url)


@open_while_closed()
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose_session(request: PortalRequest) -> HttpResponse:
    """Let somebody whose account is full end one of its sessions and come in without typing anything again."""
    if request.user.is_authenticated:
        return redirect("home")
    waiting = limit.pending(request)
    if waiting is None:
        messages.warning(request, _("The time to choose a device is over. Sign in again."))
        return redirect("login")
    account, next_url = waiting
    if (closed := _closed_to(request, account)) is not None:
        return closed
    if request.method == "POST":
        try:
            if limit.admit_instead(request, account, rows.chosen_key(request)):
                return _welcome(request, account, next_url)
        except Session.DoesNotExist:
            return redirect("home")  # the same choice was sent twice, the other one is in
        except limit.AccountChanged:
            return _sign_in_again(request)
        messages.warning(request, _("That device is signed out already, but others came in. Choose again."))
    context = {"account": account, "sessions": account.sessions, **_entrance()}
    return render(request, "accounts/signin/choose_session.html", context)


@open_while_closed()
@login_not_required
@require_POST
def logout(request: PortalRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("login")  # the session was over before: the sign-in page says why
    response = redirect("login")
    ending.sign_out(request, response)
    opened_link.forget(request, response)
    messages.success(request, _("You have signed out."))
    return response


def _already_in(request: PortalRequest, next_url: str) -> HttpResponse:
    if request.method == "POST":
        already = _("You are signed in as %(name)s. To use another account, sign out first.")
        messages.warning(request, already % {"name": request.user.username})
    return redirect(next_url)


def _let_in(request: PortalRequest, account: Account, next_url: str) -> HttpResponse:
    if (closed := _closed_to(request, account)) is not None:
        events.record(SecurityEvent.Kind.SIGN_IN_REFUSED, request, account, detail=Refusal.CLOSED)
        return closed
    try:
        if limit.admit(request, account):
            return _welcome(request, account, next_url)
    except limit.AccountChanged:
        return _sign_in_again(request)
    events.record(SecurityEvent.Kind.SIGN_IN_REFUSED, request, account, detail=Refusal.SESSIONS_IN_USE)
    limit.hold(request, account, next_url)
    return redirect("choose_session")


def _closed_to(request: HttpRequest, account: Account) -> HttpResponse | None:
    """Return the page for an account that has proved its password but may not enter while the portal is closed."""
    closure = process_state.closure_now()
    if closure is None or account.has_perm(ENTER_WHILE_CLOSED):
        return None
    sentence = _("Your password is right, but your account may not enter while the portal is closed.")
    return pages.closed(request, closure, refused=sentence)


def _entrance() -> dict[str, bool]:
    """Return what the pages of signing in know while the portal is closed: only staff have come this far."""
    return {"may_enter_while_closed": True} if process_state.closure_now() else {}


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    messages.warning(request, _("Your account has just been changed. Sign in again."))
    return redirect("login")


def _welcome(request: HttpRequest, account: Account, next_url: str) -> HttpResponse:
    response = redirect(next_url)
    devices.remember(request, response, account)
    opened_link.forget(request, response)
    return response


def _sign_in_page(request: PortalRequest, form: SignInForm, next_url: str) -> HttpResponse:
    locked = form.seconds_left > 0
    template = "accounts/signin/locked.html" if locked else "accounts/signin/login.html"
    context = {"form": form, "next": next_url, "end_reason": request.session.end_reason, **_entrance()}
    response = render(request, template, context, status=form.status)
    # Not before: a page that could not be made has told nobody why it ended.
    request.forgets_session = opens_page(request)
    if locked:
        response["Retry-After"] = str(form.seconds_left)
    return response
