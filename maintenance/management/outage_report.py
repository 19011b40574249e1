"""What the command says about outages: sentences for people, facts for programs."""

from datetime import datetime
from typing import Any

from maintenance.management.command_line import iso
from maintenance.models import Outage, OutageUpdate
from maintenance.text import times


def outage(outage: Outage, now: datetime) -> list[str]:
    """Return an outage with its history, the newest first."""
    until = f", until {times.show(outage.ended_at)}" if outage.ended_at else ""
    lines = [
        f"#{outage.pk} “{outage.title}”: {outage.part}, {outage.impact}, since {times.show(outage.started_at)}{until}."
    ]
    promised = outage.newest.next_update_at if outage.newest else None
    if promised and outage.is_overdue(now):
        lines.append(f"  OVERDUE: an update was promised for {times.show(promised)}.")
    return [*lines, *map(_update, outage.history)]


def said_already(outage: Outage) -> str:
    """Return the answer to who opens an outage a second time."""
    more = f"manage.py outage update {outage.pk} --text …"
    return f"Outage {outage.pk} says so already; nothing was changed. To tell more: {more}"


def facts(outage: Outage, now: datetime) -> dict[str, Any]:
    """Return an outage with its history for programs."""
    return {
        "number": outage.pk,
        "title": outage.title,
        "part": outage.part,
        "impact": outage.impact,
        "started_at": iso(outage.started_at),
        "ended_at": iso(outage.ended_at),
        "overdue": outage.is_overdue(now),
        "updates": [_update_facts(update) for update in outage.history],
    }


def _update(update: OutageUpdate) -> str:
    promise = f" Next update: {times.show(update.next_update_at)}." if update.next_update_at else ""
    return f"  {times.show(update.at)}, {update.state}, by {update.by}: {update.text}{promise}"


def _update_facts(update: OutageUpdate) -> dict[str, Any]:
    return {
        "at": iso(update.at),
        "state": update.state,
        "text": update.text,
        "next_update_at": iso(update.next_update_at),
        "by": update.by,
    }
