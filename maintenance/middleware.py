"""The answer to whoever asks whether this process serves requests at all."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

PATH = "/healthz"


class HealthMiddleware:
    """Answer /healthz before anything else looks: no database, no Host header, no redirect to https.

    A container's health check asks its own process over plain http; a database that is away is no reason to restart it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PATH or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return HttpResponse("ok" if request.method == "GET" else "", content_type="text/plain", headers=headers)
