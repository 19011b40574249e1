"""What is answered although, or because, the portal is closed or a part of it is gone."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve

from maintenance import knowledge, pages, parts
from maintenance.notices import may_enter

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
        closure, away = knowledge.closure_now(), knowledge.current.database_away_since
        if closure or away:
            view = _view(request)
            admitted = not away and (_is_open(view, request) or may_enter(request))
            if not admitted and not getattr(view, "answers_always", False):
                return pages.closed(request, closure) if closure else pages.disturbed(request)
        return self.get_response(request)


def _view(request: HttpRequest) -> Any:
    """Return the view that would answer, None if there is none."""
    try:
        return resolve(request.path_info, getattr(request, "urlconf", None)).func
    except Resolver404:
        return None


def _is_open(view: Any, request: HttpRequest) -> bool:
    when = getattr(view, "open_while_closed", None)
    return when is not None and when(request)


def _readiness() -> HttpResponse:
    away = parts.away()
    answer = {"status": "unavailable" if away else "ok", "away": away}
    return JsonResponse(answer, status=503 if away else 200)
