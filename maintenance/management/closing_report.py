"""What the command says about closings: sentences for people, facts for programs."""

from datetime import datetime
from typing import Any

from maintenance.board.board import Board
from maintenance.management.command_line import iso
from maintenance.management.wording import COMMAND, describe
from maintenance.models import Closure, ClosureEvent
from maintenance.text import times

EVENTS_SHOWN = 5
NO_END = "It does not open by itself; to open it"
Kind = ClosureEvent.Kind


def state(board: Board, now: datetime) -> list[str]:
    """Return whether the portal is open, and what is planned."""
    present = board.closed_by(now)
    return [*(closing(present, now) if present else ["The portal is open."]), *planned(board, now)]


def closing(closure: Closure, now: datetime) -> list[str]:
    """Return what a present or planned closing does, and how it is changed."""
    state = _present(closure, now) if closure.is_on(now) else _ahead(closure)
    none = f"none; {COMMAND} message TEXT --number {closure.pk} gives one."
    why = f"“{closure.message}”" if closure.message else none
    return [*state, f"Asked for by {author(closure)}.", f"Message: {why}"]


def planned(board: Board, now: datetime) -> list[str]:
    """Return the closings to come, a line each."""
    lines = [f"  {in_one_line(closure)}" for closure in board.planned(now)]
    return ["Planned:", *lines] if lines else []


def in_one_line(closure: Closure) -> str:
    return f"{describe(closure)}{f': “{closure.message}”' if closure.message else ''}"


def events() -> list[str]:
    """Return what was done lately, and by whom, the newest first."""
    found = ClosureEvent.objects.select_related("closure")[:EVENTS_SHOWN]
    return ["Lately:", *map(_event, found)] if found else []


def author(closure: Closure) -> str:
    """Return who has closed the portal, or planned it."""
    first = closure.events.last()
    return first.by if first else "unknown"


def facts(closure: Closure | None) -> dict[str, Any] | None:
    """Return a closing for programs."""
    if closure is None:
        return None
    return {
        "number": closure.pk,
        "starts_at": iso(closure.starts_at),
        "ends_at": iso(closure.ends_at),
        "message": closure.message,
        "cancelled": closure.cancelled_at is not None,
    }


def state_facts(board: Board, now: datetime) -> dict[str, Any]:
    """Return for programs whether the portal is open, and what is planned."""
    return {
        "portal": "closed" if board.closed_by(now) else "open",
        "planned": [facts(closure) for closure in board.planned(now)],
    }


def event_facts() -> list[dict[str, Any]]:
    """Return for programs what was done lately, the newest first."""
    return [
        {
            "at": iso(event.at),
            "kind": event.kind,
            "by": event.by,
            "number": event.closure_id,
            "starts_at": iso(event.starts_at),
            "ends_at": iso(event.ends_at),
        }
        for event in ClosureEvent.objects.all()[:EVENTS_SHOWN]
    ]


def open_outages(board: Board, now: datetime) -> list[str]:
    """Return how many outages are open; an open portal may be disturbed."""
    count = len(board.open_outages(now))
    if not count:
        return []
    return [f"{'1 outage is' if count == 1 else f'{count} outages are'} open: manage.py outage list."]


def _present(closure: Closure, now: datetime) -> list[str]:
    since = f"The portal is closed: closing #{closure.pk}, since {times.show(closure.starts_at)}."
    if not closure.ends_at:
        return [since, f"{NO_END}: {COMMAND} off.", f"{COMMAND} extend TIME gives it an end."]
    return [
        since,
        f"It opens by itself at {times.show(closure.ends_at)}, in {times.show_length(closure.ends_at - now)}.",
        f"{COMMAND} extend TIME moves the end, {COMMAND} off opens now.",
    ]


def _ahead(closure: Closure) -> list[str]:
    opens = f"{NO_END}: {COMMAND} off."
    if closure.ends_at:
        lasts = closure.ends_at - closure.starts_at
        opens = f"It opens by itself at {times.show(closure.ends_at)}, {times.show_length(lasts)} later."
    return [
        f"Closing #{closure.pk} is planned: the portal closes at {times.show(closure.starts_at)}.",
        opens,
        f"{COMMAND} extend TIME --number {closure.pk} moves its end, {COMMAND} cancel {closure.pk} cancels it.",
    ]


def _event(event: ClosureEvent) -> str:
    ends = event.kind in (Kind.CLOSED, Kind.SCHEDULED, Kind.EXTENDED)
    until = f" until {times.show(event.ends_at)}" if ends and event.ends_at else ""
    return f"  {times.show(event.at)}: {event.closure} {event.get_kind_display().lower()}{until} by {event.by}"
