"""The status of the service: for people, for programs, for readers of feeds; none of it asks the database."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from maintenance.board.process_state import ProcessState
from maintenance.gate.decorators import answers_always
from maintenance.status import days, response_cache, summary_json
from maintenance.status import feed as feeds
from maintenance.status.current import CurrentStatus
from maintenance.status.response_cache import ResponseCache
from maintenance.text.zones import USUAL, ZONES

PAGES, SUMMARY, FEED = ResponseCache(seconds=5), ResponseCache(seconds=1), ResponseCache(seconds=5)
FOR_EVERYBODY = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Language": settings.LANGUAGE_CODE,
}


@answers_always
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Show the status; `zona` chooses the zone of times, `bahasa` the language of this page alone."""
    chosen = request.GET.get("bahasa")
    language = chosen if chosen in dict(settings.LANGUAGES) else translation.get_language()
    zone = request.GET.get("zona")
    variant = language, zone if zone in ZONES else None, chosen == language
    page = PAGES.get(variant, lambda known, now: _page(known, now, *variant))
    headers = {"Cache-Control": "max-age=15", "Vary": "Cookie", "Content-Language": language}
    return response_cache.answer(request, page, "text/html; charset=utf-8", headers)


@answers_always
@require_safe
def status_json(request: HttpRequest) -> HttpResponse:
    headers = {"Cache-Control": "public, max-age=5", **FOR_EVERYBODY}
    return response_cache.answer(request, SUMMARY.get(None, summary_json.summary), "application/json", headers)


@answers_always
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    headers = {"Cache-Control": "public, max-age=60", **FOR_EVERYBODY}
    return response_cache.answer(request, FEED.get(None, feeds.atom), feeds.CONTENT_TYPE, headers)


def _page(known: ProcessState, now: datetime, language: str, zone: str | None, keep_language: bool) -> bytes:
    """Return the page as everybody reads it who has made these choices: it has nothing of one reader."""
    with translation.override(language), timezone.override(ZONES[zone or USUAL]):
        context = _context(CurrentStatus.of(known, now), zone) | {
            "LANGUAGE_CODE": language,
            "zone": zone or USUAL,
            "zone_links": [(name, _query(zona=name, bahasa=language if keep_language else None)) for name in ZONES],
            "language_links": [(code, _query(zona=zone, bahasa=code)) for code, _ in settings.LANGUAGES],
        }
        return render_to_string("maintenance/status.html", context).encode()


def _context(current: CurrentStatus, zone: str | None) -> dict[str, Any]:
    past = days.days(current.board, current.now, ZONES[zone or USUAL])
    return {
        "now": current.now,
        "current": current,
        "days": past,
        "chapters": days.chapters(past, current.now),
        "zone_chosen": zone is not None,
        "changes_at": current.board.next_change(current.now),
    }


def _query(**chosen: str | None) -> str:
    return "?" + urlencode({name: value for name, value in chosen.items() if value})
