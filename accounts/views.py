"""The pages of signing in and out, and of an account's own sessions and events."""

import re

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.i18n import set_language as set_language_cookie
from user_sessions.models import Session

from accounts import admission, captcha, endings
from accounts.devices import remember
from accounts.events import record
from accounts.forms import SignInForm
from accounts.models import Account, SecurityEvent
from accounts.reasons import EndReason, Refusal
from maintenance import knowledge, pages
from maintenance.decorators import open_while_closed
from maintenance.models import ENTER_WHILE_CLOSED

EVENTS_A_PAGE = 50


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
def login(request: HttpRequest) -> HttpResponse:
    next_url = safe_next(request)
    if request.user.is_authenticated:
        return _already_in(request, next_url)
    admission.forget(request)
    form = SignInForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if form.is_valid():
            return _let_in(request, form.account, next_url)
        if form.account:
            record(SecurityEvent.Kind.SIGN_IN_REFUSED, request, form.account, detail=form.account.refusal)
    return _sign_in_page(request, form, next_url)


@open_while_closed()
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose_session(request: HttpRequest) -> HttpResponse:
    """Let somebody whose account is full end one of its sessions and come in without typing anything again."""
    if request.user.is_authenticated:
        return redirect("home")
    waiting = admission.pending(request)
    if waiting is None:
        messages.warning(request, _("The time to choose a device is over. Sign in again."))
        return redirect("login")
    account, next_url = waiting
    if (closed := _closed_to(request, account)) is not None:
        return closed
    if request.method == "POST":
        try:
            if admission.admit_instead(request, account, _chosen_session(request)):
                return _welcome(request, account, next_url)
        except Session.DoesNotExist:
            return redirect("home")  # the same choice was sent twice, the other one is in
        except admission.AccountChanged:
            return _sign_in_again(request)
        messages.warning(request, _("That device is signed out already, but others came in. Choose again."))
    context = {"account": account, "sessions": account.sessions, **_entrance()}
    return render(request, "accounts/choose_session.html", context)


@open_while_closed()
@login_not_required
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("login")  # the session was over before: the sign-in page says why
    own = request.user.sessions.filter(pk=request.session.stored_key)
    endings.end(own, EndReason.SIGNED_OUT)
    auth.logout(request)
    request.forgets_session = True
    messages.success(request, _("You have signed out."))
    response = redirect("login")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """List the account's live sessions; end one of them, or all but this one."""
    own = request.user.sessions
    if request.method == "POST":
        if "session" in request.POST:
            chosen = own.filter(pk=get_object_or_404(own, pk=_chosen_session(request)).pk)
        else:
            chosen = Session.objects.filter(user=request.user).exclude(pk=request.session.stored_key)
        ended = endings.end(chosen, EndReason.ENDED_ELSEWHERE)
        messages.success(request, ngettext("%d device was signed out.", "%d devices were signed out.", ended) % ended)
        return redirect("accounts:sessions")
    return render(request, "accounts/sessions.html", {"sessions": own})


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """Show the account its own security events, the newest first."""
    before = request.GET.get("before", "")
    own = request.user.events.all()
    if before.isascii() and before.isdigit():
        own = own.filter(id__lt=min(int(before), 2**63 - 1))
    page = list(own[: EVENTS_A_PAGE + 1])
    older = page[EVENTS_A_PAGE - 1].pk if len(page) > EVENTS_A_PAGE else None
    return render(request, "accounts/events.html", {"events": page[:EVENTS_A_PAGE], "older": older})


@open_while_closed()
@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Speak another language in this browser; a signed-in account gets its letters in it as well."""
    chosen = request.POST.get("language")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        Account.objects.filter(pk=request.user.pk).update(language=chosen)
    return set_language_cookie(request)


@open_while_closed()
@login_not_required
@require_safe
def captcha_image(request: HttpRequest, key: str) -> HttpResponse:
    if not captcha.belongs_to(request, key):
        raise Http404
    challenge = captcha.unanswered(key)
    if challenge is None:
        raise Http404
    return HttpResponse(captcha.drawn_once(challenge, captcha.picture_seed(key)), content_type="image/png")


@open_while_closed()
@login_not_required
@require_safe
def captcha_refresh(request: HttpRequest) -> HttpResponse:
    """Issue another picture: the script of the page puts it in place, nothing typed is lost."""
    if request.headers.get("X-Requested-With") != "XMLHttpRequest":
        raise Http404
    key = captcha.issue(request).hashkey
    return JsonResponse({"key": key, "image_url": reverse("captcha-image", args=[key])})


def _already_in(request: HttpRequest, next_url: str) -> HttpResponse:
    if request.method == "POST":
        already = _("You are signed in as %(name)s. To use another account, sign out first.")
        messages.warning(request, already % {"name": request.user.username})
    return redirect(next_url)


def _let_in(request: HttpRequest, account: Account, next_url: str) -> HttpResponse:
    if (closed := _closed_to(request, account)) is not None:
        record(SecurityEvent.Kind.SIGN_IN_REFUSED, request, account, detail=Refusal.CLOSED)
        return closed
    try:
        if admission.admit(request, account):
            return _welcome(request, account, next_url)
    except admission.AccountChanged:
        return _sign_in_again(request)
    record(SecurityEvent.Kind.SIGN_IN_REFUSED, request, account, detail=Refusal.SESSIONS_IN_USE)
    admission.hold(request, account, next_url)
    return redirect("choose_session")


def _closed_to(request: HttpRequest, account: Account) -> HttpResponse | None:
    """Return the page for an account that has proved its password but may not enter while the portal is closed."""
    closure = knowledge.closure_now()
    if closure is None or account.has_perm(ENTER_WHILE_CLOSED):
        return None
    sentence = _("Your password is right, but your account may not enter while the portal is closed.")
    return pages.closed(request, closure, refused=sentence)


def _entrance() -> dict[str, bool]:
    """Return what the pages of signing in know while the portal is closed: only staff have come this far."""
    return {"may_enter_while_closed": True} if knowledge.closure_now() else {}


def _chosen_session(request: HttpRequest) -> str:
    """Return the session that a button names, "" for what cannot be one."""
    key = request.POST.get("session", "")
    return key if re.fullmatch("[0-9a-f]{40}", key) else ""


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    messages.warning(request, _("Your account has just been changed. Sign in again."))
    return redirect("login")


def _welcome(request: HttpRequest, account: Account, next_url: str) -> HttpResponse:
    response = redirect(next_url)
    remember(request, response, account)
    return response


def _sign_in_page(request: HttpRequest, form: SignInForm, next_url: str) -> HttpResponse:
    locked = form.seconds_left > 0
    template = "accounts/locked.html" if locked else "accounts/login.html"
    context = {"form": form, "next": next_url, "end_reason": request.session.end_reason, **_entrance()}
    response = render(request, template, context, status=form.status)
    request.forgets_session = True  # not before: a page that could not be made has told nobody why it ended
    if locked:
        response["Retry-After"] = str(form.seconds_left)
    return response
