"""The page of an account's own live sessions, its devices."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from user_sessions.models import Session

from accounts.models.choices import SessionEndReason
from accounts.requests import SignedInRequest
from accounts.sessions import ending, rows


@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: SignedInRequest) -> HttpResponse:
    """List the account's live sessions; end one of them, or all but this one."""
    own = request.user.sessions
    if request.method == "POST":
        if "session" in request.POST:
            chosen = own.filter(pk=get_object_or_404(own, pk=rows.chosen_key(request)).pk)
        else:
            chosen = Session.objects.filter(user=request.user).exclude(pk=request.session.stored_key)
        ended = ending.end(chosen, SessionEndReason.ENDED_ELSEWHERE)
        messages.success(request, ngettext("%d device was signed out.", "%d devices were signed out.", ended) % ended)
        return redirect("accounts:sessions")
    return render(request, "accounts/sessions/sessions.html", {"sessions": own})
