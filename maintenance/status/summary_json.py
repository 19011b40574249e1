"""The status as JSON, in the shape of Statuspage's summary, which its clients know."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from maintenance.board.process_state import ProcessState
from maintenance.models import Closure, Impact, Outage, OutageUpdate, Part
from maintenance.status.current import CurrentStatus, worst
from maintenance.text.zones import USUAL, ZONES

PAGE = "pcare"
ZONE = ZONES[USUAL]
COMPONENTS = tuple(part for part in Part if part != Part.EVERYTHING)
CLOSED_PARTS = (Part.SIGN_IN, Part.ADMINISTRATION)  # letters go on while the portal is closed
COMPONENT_STATES = {
    Impact.MINOR: "degraded_performance",
    Impact.MAJOR: "partial_outage",
    Impact.CRITICAL: "major_outage",
    None: "operational",
}
AUTOMATIC = "database"  # the outage that no row stands for
Fields = dict[str, Any]
Updates = list[tuple[str, OutageUpdate]]


def summary(known: ProcessState, now: datetime) -> bytes:
    """Return the body of /status.json: Indonesian, whoever asks."""
    with translation.override(settings.LANGUAGE_CODE):
        current = CurrentStatus.of(known, now)
        closed = [current.closure] if current.closure else []
        fields = {
            "page": _page(current),
            "status": {"indicator": current.state, "description": current.headline},
            "components": [_component(part, current) for part in COMPONENTS],
            "incidents": [_incident(outage, current) for outage in current.outages],
            "scheduled_maintenances": [_maintenance(closure, current) for closure in closed + current.planned],
            "portal": _portal(current),
        }
        return json.dumps(fields, ensure_ascii=False).encode()


def _page(current: CurrentStatus) -> Fields:
    return {
        "id": PAGE,
        "name": "PCare",
        "url": _address(),
        "time_zone": settings.TIME_ZONE,
        "updated_at": _iso(current.changed_at),
    }


def _portal(current: CurrentStatus) -> Fields:
    """Return what our own pages ask for."""
    return {
        "open": current.is_open,
        "closed_until": _iso(current.closure.ends_at) if current.closure else None,
        "database": "away" if current.database_away else "ok",
        "revision": current.board.revision,
    }


def _component(part: Part, current: CurrentStatus) -> Fields:
    disturbed = worst([outage for outage in current.outages if outage.part in (part, Part.EVERYTHING)])
    closed = current.closure is not None and part in CLOSED_PARTS
    return {
        "id": part.value,
        "name": str(part.label),
        "status": "under_maintenance" if closed else COMPONENT_STATES[disturbed],
        "created_at": _iso(current.board.since),
        "updated_at": _iso(current.changed_at),
        "position": COMPONENTS.index(part) + 1,
        "description": None,
        "showcase": True,
        "start_date": None,
        "group_id": None,
        "page_id": PAGE,
        "group": False,
        "only_show_if_degraded": False,
    }


def _incident(outage: Outage, current: CurrentStatus) -> Fields:
    parts = COMPONENTS if outage.part == Part.EVERYTHING else (Part(outage.part),)
    history = outage.history or [OutageUpdate(at=outage.started_at, text=outage.title)]
    updates = [(f"update-{update.pk or AUTOMATIC}", update) for update in history]
    entry = _entry(f"outage-{outage.pk or AUTOMATIC}", outage.title, updates, parts, current)
    return entry | {"impact": str(outage.impact), "started_at": _iso(outage.started_at)}


def _maintenance(closure: Closure, current: CurrentStatus) -> Fields:
    name, title = f"closure-{closure.pk}", _("Maintenance: the portal is closed")
    state = "in_progress" if closure.is_on(current.now) else "scheduled"
    update = OutageUpdate(at=closure.changed_at, state=state, text=closure.message or title)
    return _entry(name, title, [(f"{name}-update", update)], CLOSED_PARTS, current) | {
        "impact": "maintenance",
        "started_at": _iso(closure.starts_at),
        "scheduled_for": _iso(closure.starts_at),
        "scheduled_until": _iso(closure.ends_at),
    }


def _entry(name: str, title: str, updates: Updates, parts: Iterable[Part], current: CurrentStatus) -> Fields:
    """Return what incidents and maintenances have in common; there is at least one update, the newest first."""
    newest = updates[0][1]
    return {
        "id": name,
        "name": title,
        "status": str(newest.state),
        "created_at": _iso(updates[-1][1].at),
        "updated_at": _iso(newest.at),
        "monitoring_at": _iso(newest.at) if newest.state == OutageUpdate.State.MONITORING else None,
        "resolved_at": None,
        "shortlink": f"{_address()}#{name}",
        "page_id": PAGE,
        "incident_updates": [_update(number, name, update) for number, update in updates],
        "components": [_component(part, current) for part in parts],
    }


def _update(number: str, name: str, update: OutageUpdate) -> Fields:
    at = _iso(update.at)
    return {
        "id": number,
        "status": str(update.state),
        "body": update.text,
        "incident_id": name,
        "created_at": at,
        "updated_at": at,
        "display_at": at,
        "affected_components": None,
        "deliver_notifications": False,
        "custom_tweet": None,
        "tweet_id": None,
    }


def _address() -> str:
    return settings.SITE_URL + reverse("maintenance:status")


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(ZONE).isoformat(timespec="milliseconds") if moment else None
