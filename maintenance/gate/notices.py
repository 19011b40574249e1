"""What each page says about closings and outages, on top of it and while it is open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_safe

from maintenance.board import process_state
from maintenance.board.board import IMMINENT_BEFORE
from maintenance.board.process_state import ProcessState
from maintenance.database.recovery import DATABASE_AWAY
from maintenance.gate.decorators import answers_always
from maintenance.models import ENTER_WHILE_CLOSED, Closure, Outage
from maintenance.text.zones import ZONES

OUTAGES_TOLD = 2


@dataclass(frozen=True)
class Notices:
    """What is to be said at one moment."""

    revision: int
    now: datetime
    closed: Closure | None
    announced: Closure | None
    outages: list[Outage]
    database_away: bool
    changes_at: datetime | None

    @classmethod
    def of(cls, known: ProcessState, now: datetime) -> Self:
        board = known.board
        return cls(
            board.revision,
            now,
            board.closed_by(now),
            board.announced(now),
            board.open_outages(now),
            known.database_away_since is not None,
            board.next_change(now),
        )

    @property
    def told(self) -> list[Outage]:
        """The outages that are told on each page: the worst ones."""
        return self.outages[:OUTAGES_TOLD]

    @property
    def untold(self) -> int:
        return len(self.outages) - len(self.told)

    @property
    def imminent(self) -> bool:
        """Whether the portal closes so soon that work has to be stored now."""
        return self.announced is not None and self.announced.starts_at <= self.now + IMMINENT_BEFORE


def context(request: HttpRequest) -> dict[str, Any]:
    """Give every template what its page has to say; made only if it asks."""
    return {
        "notices": SimpleLazyObject(lambda: Notices.of(process_state.current, timezone.now())),
        "may_enter_while_closed": SimpleLazyObject(lambda: may_enter(request)),
        "zone_chosen": SimpleLazyObject(lambda: is_signed_in(request)),  # an account has the zone of its place
    }


@answers_always
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """Answer the part of a page that says it, for pages that are open; the page names its reader's zone and right."""
    zone = ZONES.get(request.GET.get("zona", ""))
    context = {
        "notices": Notices.of(process_state.current, timezone.now()),
        "may_enter_while_closed": request.GET.get("hak") == "masuk",
        "zone_chosen": zone is not None,
    }
    with timezone.override(zone):
        return HttpResponse(render_to_string("maintenance/notices_inside.html", context))


def is_signed_in(request: HttpRequest) -> bool:
    """Tell whether somebody is signed in; nobody is without a database."""
    try:
        return hasattr(request, "user") and request.user.is_authenticated
    except DATABASE_AWAY:
        return False


def may_enter(request: HttpRequest) -> bool:
    """Tell whether somebody is signed in who may work while the portal is closed."""
    return is_signed_in(request) and request.user.has_perm(ENTER_WHILE_CLOSED)
