"""The pages that bring several apps together: the home page, the help, the choice of a language."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language as set_language_cookie

from accounts.models import Account
from accounts.requests import SignedInRequest
from facilities.models import BranchOffice
from maintenance.gate.decorators import open_while_closed

EVENTS_SHOWN = 8


@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """Show a signed-in account its facility, its devices, and what happened lately."""
    account = request.user
    context = {
        "facility": account.facility,
        "sessions": account.sessions,
        "events": account.events.about_signing_in()[:EVENTS_SHOWN],
    }
    return render(request, "home.html", context)


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Say why somebody cannot sign in, and whom to ask."""
    return render(request, "help.html", {"offices": BranchOffice.objects.select_related("regional_office")})


@open_while_closed()
@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Speak another language in this browser; a signed-in account gets its letters in it as well."""
    chosen = request.POST.get("language")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        Account.objects.filter(pk=request.user.pk).update(language=chosen)
    return set_language_cookie(request)
