"""The pages on which a new password is asked for, and changed while signed in."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.backends.base import UpdateError
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import policy
from accounts.clients import devices, rate_limits
from accounts.letters import links, outbox
from accounts.models import Account, Letter
from accounts.passwords import opened_link, setting, strength
from accounts.passwords.forms import ChangePasswordForm, ResetForm
from accounts.passwords.link_views import SOFTWARE_TOO
from accounts.requests import SignedInRequest, account_of


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link: the answer is the same whether or not user name and e-mail belong together."""
    form = ResetForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        rate_limits.take(request, rate_limits.Kind.RESETS)
        outbox.ask_for_reset(request, form.cleaned_data["username"], form.cleaned_data["email"])
        return redirect("password_reset_done")
    return render(request, "accounts/passwords/password_reset.html", {"form": form}, status=form.status)


@login_not_required
@require_safe
def password_reset_done(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/passwords/password_reset_done.html", {"letters_are_kept": settings.EMBEDDED})


@sensitive_post_parameters("old_password", "new_password1", "new_password2")
@require_http_methods(["GET", "HEAD", "POST"])
def password_change(request: SignedInRequest) -> HttpResponse:
    form = ChangePasswordForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            setting.change(request, form.cleaned_data["new_password1"])
        except UpdateError:  # this session was ended from another device meanwhile
            return redirect("login")
        except setting.PasswordRefused as refused:
            form.add_error("new_password1", refused.errors)
        else:
            messages.success(request, _("Your password is changed. All other devices are signed out."))
            messages.warning(request, SOFTWARE_TOO)
            response = redirect("home")
            devices.remember(request, response, request.user)
            return response
    return _change_page(request, form)


@sensitive_post_parameters("password")
@login_not_required
@require_POST
def password_strength(request: HttpRequest) -> JsonResponse:
    """Say how good a password is, to a signed-in account that is about to change its own."""
    return _judge(request, account_of(request))


@sensitive_post_parameters("password")
@login_not_required
@require_POST
def link_password_strength(request: HttpRequest) -> JsonResponse:
    """Say how good a password is for the account whose link was opened in this browser, whoever is signed in."""
    opened = opened_link.read(request)
    link = links.of_token(opened.token, Letter.LINKED) if opened and not opened.is_over else None
    if link is None or link.account is None or link.end:
        raise PermissionDenied
    return _judge(request, link.account)


def _judge(request: HttpRequest, account: Account) -> JsonResponse:
    rate_limits.take(request, rate_limits.Kind.STRENGTH_QUESTIONS)
    judgement = strength.judge(request.POST.get("password", "")[: policy.PASSWORD_MAX_LENGTH], account)
    return JsonResponse({"score": judgement.score, "good": judgement.good, "reasons": judgement.reasons})


def _change_page(request: HttpRequest, form: ChangePasswordForm) -> HttpResponse:
    waiting = form.credentials.seconds_left if form.credentials else 0
    status = 429 if waiting else 422 if form.errors else 200
    response = render(request, "accounts/passwords/password_change.html", {"form": form}, status=status)
    if waiting:
        response["Retry-After"] = str(waiting)
    return response
