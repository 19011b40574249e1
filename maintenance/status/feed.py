"""The feed of what is published: each update of an outage, each closing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.translation import gettext as _

from maintenance.board.board import Board
from maintenance.board.process_state import ProcessState
from maintenance.models import Closure, Outage, OutageUpdate
from maintenance.text.sanitizing import inert
from maintenance.text.zones import USUAL, ZONES

CONTENT_TYPE = Atom1Feed.content_type
ENTRIES = 100
NOTHING_YET = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """One entry of the feed; `name` never changes, `anchor` is its place on the status page."""

    name: str
    anchor: str
    title: str
    text: str
    updated: datetime


def atom(known: ProcessState, now: datetime) -> bytes:
    """Return the body of the feed: Indonesian, the newest first."""
    with translation.override(settings.LANGUAGE_CODE), timezone.override(ZONES[USUAL]):
        entries = sorted(_entries(known.board, now), key=lambda entry: entry.updated, reverse=True)[:ENTRIES]
        page = settings.SITE_URL + reverse("maintenance:status")
        # A feed without entries has not changed since the beginning.
        changed = entries[0].updated if entries else known.board.since or NOTHING_YET
        feed = _Feed(
            title=_("PCare: status of the service"),
            link=page,
            description=None,
            language=settings.LANGUAGE_CODE,
            author_name="BPJS Kesehatan",
            feed_url=settings.SITE_URL + reverse("maintenance:feed"),
            feed_guid=_tag("status"),
            changed=changed,
        )
        for entry in entries:
            feed.add_item(
                title=inert(entry.title),
                link=f"{page}#{entry.anchor}",
                description=escape(inert(entry.text)),  # a summary is HTML
                unique_id=_tag(entry.name),
                updateddate=entry.updated,
            )
        return feed.writeString("utf-8").encode()


class _Feed(Atom1Feed):
    def latest_post_date(self) -> datetime:
        return self.feed["changed"]


def _entries(board: Board, now: datetime) -> Iterator[Entry]:
    for outage in board.outages:
        for update in outage.history:
            yield _of_update(outage, update)
    for closure in board.closures:
        yield _of_closure(closure, now)


def _of_update(outage: Outage, update: OutageUpdate) -> Entry:
    title = _("Outage: %(title)s (%(state)s)") % {"title": outage.title, "state": update.get_state_display()}
    return Entry(f"outage-update-{update.pk}", f"outage-{outage.pk}", title, update.text, update.at)


def _of_closure(closure: Closure, now: datetime) -> Entry:
    """Return the entry of a closing; it is updated when the closing is changed, begins and ends."""
    times = {"start": _shown(closure.starts_at), "end": _shown(closure.ends_at) if closure.ends_at else _("not known")}
    if closure.is_ahead(now):
        title = _("Planned maintenance, %(start)s to %(end)s") % times
    elif closure.is_over(now):
        title = _("Maintenance is over, %(start)s to %(end)s") % times
    else:
        title = _("Closed for maintenance since %(start)s, end: %(end)s") % times
    passed = [moment for moment in (closure.starts_at, closure.ends_at) if moment and moment <= now]
    updated = max(closure.changed_at, *passed) if passed else closure.changed_at
    name = f"closure-{closure.pk}"
    return Entry(name, name, title, closure.message or title, updated)


def _shown(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "l, j F Y H:i T")


def _tag(name: str) -> str:
    """Return an id that stays the same wherever the feed's address moves on this host (RFC 4151)."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},2026:pcare/{name}"
