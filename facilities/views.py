"""The home page of a signed-in account, and the help that everybody can read."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from facilities.models import BranchOffice

EVENTS_SHOWN = 8


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    account = request.user
    context = {
        "facility": account.facility,
        "sessions": account.sessions,
        "events": account.events.about_signing_in()[:EVENTS_SHOWN],
    }
    return render(request, "facilities/home.html", context)


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Say why somebody cannot sign in, and whom to ask."""
    return render(request, "facilities/help.html", {"offices": BranchOffice.objects.select_related("regional_office")})
