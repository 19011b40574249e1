"""The page of an account's own security events."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest

EVENTS_A_PAGE = 50


@require_safe
def events(request: SignedInRequest) -> HttpResponse:
    """Show the account its own security events, the newest first."""
    before = request.GET.get("before", "")
    own = request.user.events.all()
    if before.isascii() and before.isdigit():
        own = own.filter(id__lt=min(int(before), 2**63 - 1))
    page = list(own[: EVENTS_A_PAGE + 1])
    older = page[EVENTS_A_PAGE - 1].pk if len(page) > EVENTS_A_PAGE else None
    return render(request, "accounts/events.html", {"events": page[:EVENTS_A_PAGE], "older": older})
