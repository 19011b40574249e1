"""What every request has: its session, its account, its time zone."""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject

from accounts.clients.navigation import is_from_script, is_prefetch
from accounts.requests import portal_request


class SessionMiddleware(sessions.SessionMiddleware):
    """Load and save the session; a session that ended while its request was in flight is not brought back."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = portal_request(request).session
        if not session.accessed:
            return response
        patch_vary_headers(response, ("Cookie",))
        if response.status_code >= 500:
            return response
        try:
            if session.modified and not session.is_empty():
                session.save()
        except UpdateError:
            return HttpResponseRedirect(reverse("login"))
        if _is_use(request, response):
            session.touch()
        _set_cookie(request, response)
        return response


class AuthenticationMiddleware(auth.AuthenticationMiddleware):
    """Set request.user from the session, which was loaded together with its account in one query."""

    def process_request(self, request: HttpRequest) -> None:
        session = portal_request(request).session
        request.user = cast(AnonymousUser, SimpleLazyObject(lambda: session.account or AnonymousUser()))


class LoginRequiredMiddleware(auth.LoginRequiredMiddleware):
    """Keep strangers from every page but the open ones; those that answer always are not even asked who reads them."""

    def process_view(
        self, request: HttpRequest, view_func: Callable, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if getattr(view_func, "answers_always", False):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class TimeZoneMiddleware:
    """Show times in the zone of the signed-in account's facility or office."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(None):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: Any, kwargs: Any) -> None:
        if not getattr(view, "answers_always", False) and request.user.is_authenticated:
            timezone.activate(request.user.zone)


class PrefetchMiddleware:
    """Refuse what is only fetched in case somebody opens it: it would lengthen a session and use messages up.

    The browser asks again when somebody does.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=503) if is_prefetch(request) else self.get_response(request)


class MessageMiddleware(messages.MessageMiddleware):
    """Keep messages that nobody can have read: an answer to HEAD has no body, one to a script shows none."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.method == "HEAD" or is_from_script(request):
            return response
        return super().process_response(request, response)


def _is_use(request: HttpRequest, response: HttpResponse) -> bool:
    """Tell whether a person has used the session: not a script in the background, not for an address of nothing."""
    is_safe_head = request.method in ("HEAD", "OPTIONS")
    return not is_safe_head and response.status_code != 404 and not is_from_script(request)


def _set_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Send the cookie of a new session; forget that of a dead one once its browser has been told why."""
    name, key = settings.SESSION_COOKIE_NAME, request.session.session_key
    sent = request.COOKIES.get(name)
    if key and key != sent:
        response.set_cookie(
            name,
            key,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=settings.SESSION_COOKIE_HTTPONLY,
            samesite=settings.SESSION_COOKIE_SAMESITE,
        )
    elif sent and not key and getattr(request, "forgets_session", False):
        response.delete_cookie(name, samesite=settings.SESSION_COOKIE_SAMESITE)
