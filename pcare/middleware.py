"""What holds for every request: the client's address, headers, the language, pages for bare refusals."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation

from accounts.clients.rate_limits import TooManyRequests

GetResponse = Callable[[HttpRequest], HttpResponse]

PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class ClientAddressMiddleware:
    """Set REMOTE_ADDR to what the outermost of our TRUSTED_PROXIES saw; nothing else of the header counts."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.TRUSTED_PROXIES:
            hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
            request.META["REMOTE_ADDR"] = hops[-settings.TRUSTED_PROXIES :][0].strip()
        return self.get_response(request)


class HeadersMiddleware:
    """Add the headers that neither Django nor django-csp sets; nothing dynamic is kept by a cache."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class LanguageMiddleware:
    """Speak Indonesian unless the reader has chosen another language here.

    The browser's own language is not asked: on a clinic's PC it is often English by default, its user is not.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class RefusalPagesMiddleware:
    """Give a page to the refusals that have none: a body too large or without a length, a method, a limit."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return render(request, "413.html", status=413)
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return render(request, "400.html", status=411)
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            page = render(request, "405.html", status=405)
            page["Allow"] = response["Allow"]
            return page
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer an address that has used up a limit; a script gets the sentence to show."""
        if not isinstance(exception, TooManyRequests):
            return None
        if request.headers.get("X-Requested-With") == "XMLHttpRequest":
            response: HttpResponse = JsonResponse({"sentence": exception.sentence}, status=429)
        else:
            response = render(request, "429.html", {"refused": exception}, status=429)
        response["Retry-After"] = str(exception.seconds_left)
        return response
