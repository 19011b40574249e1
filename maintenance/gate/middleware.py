"""What is answered although, or because, the portal is closed or a part of it is gone."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, ResolverMatch, resolve

from maintenance.board import process_state
from maintenance.gate import health, pages
from maintenance.gate.notices import may_enter

GetResponse = Callable[[HttpRequest], HttpResponse]


class HealthMiddleware:
    """Answer /healthz and /readyz before anything else looks: no Host header, no redirect to https.

    A container's health check asks its own process over plain http; a database that is away is no reason to restart it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in ("/healthz", "/readyz") or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        response = HttpResponse("ok", content_type="text/plain") if request.path_info == "/healthz" else _readiness()
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        if request.method == "HEAD":
            response.content = b""
        return response


class ClosedMiddleware:
    """Answer 503 with the reason while the portal is closed, or while its database is gone.

    While neither is so it costs a look at this process's memory.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        closure, away = process_state.closure_now(), process_state.current.database_away_since
        if closure or away:
            match = _match(request)
            if not (_answers_always(match) or (not away and _is_open(match, request))):
                return pages.closed(request, closure) if closure else pages.disturbed(request)
        return self.get_response(request)


def _match(request: HttpRequest) -> ResolverMatch | None:
    """Return which view would answer, None if there is none."""
    try:
        return resolve(request.path_info, getattr(request, "urlconf", None))
    except Resolver404:
        return None


def _answers_always(match: ResolverMatch | None) -> bool:
    return match is not None and getattr(match.func, "answers_always", False)


def _is_open(match: ResolverMatch | None, request: HttpRequest) -> bool:
    """Tell whether this goes on while the portal is closed: the administration, and what leads there.

    Only there it is asked who comes: a page that is closed for everybody must not wait for a busy database.
    """
    if match is None:
        return False
    when = getattr(match.func, "open_while_closed", None)
    return when(request) if when else "admin" in match.app_names and may_enter(request)


def _readiness() -> HttpResponse:
    away = health.away()
    answer = {"status": "unavailable" if away else "ok", "away": away}
    return JsonResponse(answer, status=503 if away else 200)
