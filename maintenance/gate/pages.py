"""The answers while the portal is closed or its database is gone: they need no database, no session."""

from functools import lru_cache
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from maintenance.board import process_state
from maintenance.board.process_state import ProcessState
from maintenance.models import Closure
from maintenance.text import times

RETRY_UNKNOWN = 300  # seconds: nobody knows when the portal opens
RETRY_DISTURBED = 30  # seconds
PAGES_KEPT = 16


def closed(request: HttpRequest, closure: Closure, refused: str = "") -> HttpResponse:
    """Say why the portal is closed, until when, whom to call; `refused` is said first to who has tried to enter."""
    left = times.seconds_until(closure.ends_at, timezone.now()) if closure.ends_at else RETRY_UNKNOWN
    if _wants_json(request):
        return _json("closed", refused or _sentence(closure), left, closure)
    return _page(request, "maintenance/closed.html", left, closure, refused)


def disturbed(request: HttpRequest) -> HttpResponse:
    """Say that the database is gone, and nothing is wrong with what the reader did."""
    if _wants_json(request):
        return _json("disturbed", _("The portal is disturbed. Try again in a few minutes."), RETRY_DISTURBED)
    announced = process_state.current.board.announced(timezone.now())
    return _page(request, "maintenance/disturbed.html", RETRY_DISTURBED, announced)


def _page(
    request: HttpRequest, template: str, retry_after: int, closure: Closure | None, refused: str = ""
) -> HttpResponse:
    language = translation.get_language()
    if request.method in ("GET", "HEAD") and not refused:
        body = _kept(template, language, process_state.current, closure and closure.pk)
    else:
        after = reverse("home") if refused else _where_it_was_sent_from(request)
        body = _rendered(template, language, process_state.current, closure, after=after, refused=refused)
    return _unavailable(HttpResponse(body), retry_after)


@lru_cache(PAGES_KEPT)
def _kept(template: str, language: str, known: ProcessState, number: int | None) -> bytes:
    """Return the page for everybody who speaks the language: it has nothing of one reader, and is made once."""
    closure = next((one for one in known.board.closures if one.pk == number), None)
    return _rendered(template, language, known, closure)


def _rendered(template: str, language: str, known: ProcessState, closure: Closure | None, **more: str) -> bytes:
    context = {
        "closure": closure,
        "outages": known.board.open_outages(timezone.now()),
        "since": known.database_away_since,
        "revision": known.board.revision,
        "LANGUAGE_CODE": language,
    }
    with timezone.override(None):  # of an account that met the fault, nothing stays on a page for everybody
        return render_to_string(template, context | more).encode()


def _json(code: str, sentence: str, retry_after: int, closure: Closure | None = None) -> HttpResponse:
    until = closure.ends_at.isoformat() if closure and closure.ends_at else None
    answer = {"error": code, "sentence": sentence, "until": until, "reason": closure.message if closure else ""}
    return _unavailable(JsonResponse(answer), retry_after)


def _unavailable(response: HttpResponse, retry_after: int) -> HttpResponse:
    response.status_code = 503
    response["Retry-After"] = str(retry_after)
    return response


def _sentence(closure: Closure) -> str:
    if closure.ends_at is None:
        return _("The portal is closed for maintenance. When it opens again is not known yet.")
    opens = date_format(timezone.localtime(closure.ends_at), "l, j F Y H:i T")
    return _("The portal is closed for maintenance. It opens again on %(moment)s.") % {"moment": opens}


def _wants_json(request: HttpRequest) -> bool:
    """Tell whether a program asks: one that says so, or one of our own pages' scripts."""
    asked = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    return asked or request.headers.get("X-Requested-With") == "XMLHttpRequest"


def _where_it_was_sent_from(request: HttpRequest) -> str:
    """Return the page that a form was sent from, the home page if it is not one of ours."""
    sender = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(sender, {request.get_host()}, require_https=request.is_secure()):
        return reverse("home")
    address = urlsplit(sender)
    target = address.path + (f"?{address.query}" if address.query else "")
    # A path that begins with two slashes would lead to another host.
    return target if url_has_allowed_host_and_scheme(target, None) else reverse("home")
