"""What staff publish about outages: opening one, telling more, ending it."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from maintenance.board.board import REMEMBERED
from maintenance.exceptions import Refused
from maintenance.models import BY_LENGTH, TEXT_LENGTH, TITLE_LENGTH, Impact, Outage, OutageUpdate, Part, Revision
from maintenance.text.sanitizing import inert

State = OutageUpdate.State
FARTHEST_UPDATE = timedelta(days=30)


class AlreadyOpen(Refused):
    """An outage that is published already."""

    def __init__(self, outage: Outage) -> None:
        super().__init__("already_open", number=outage.pk)
        self.outage = outage


def open_outage(
    *,
    title: str,
    part: str,
    impact: str,
    text: str,
    by: str,
    started_at: datetime | None = None,
    state: str = State.INVESTIGATING,
    next_update_at: datetime | None = None,
) -> Outage:
    """Publish an outage with what is known first. Raises Refused."""
    now = timezone.now()
    title = _title(title)
    text = _text(text)
    outage = Outage(title=title, part=_part(part), impact=_impact(impact), started_at=_start(started_at or now, now))
    if _state(state) == State.RESOLVED:
        raise Refused("begins_over")
    _check_next_update(next_update_at, state, now)
    with transaction.atomic():
        revision = Revision.hold()
        _check_new(outage)
        outage.save()
        outage.updates.create(at=now, state=state, text=text, next_update_at=next_update_at, by=_by(by))
        revision.advance()
    return outage


def add_update(
    outage: Outage, *, text: str, by: str, state: str | None = None, next_update_at: datetime | None = None
) -> OutageUpdate:
    """Publish what is known now; without a state it stays as it was, RESOLVED ends the outage. Raises Refused."""
    now = timezone.now()
    text = _text(text)
    with transaction.atomic():
        revision = Revision.hold()
        before = Outage.objects.get(pk=outage.pk)
        if before.ended_at:
            raise Refused("over")
        newest = before.updates.first()
        state = _state(state or (newest.state if newest else State.INVESTIGATING))
        _check_next_update(next_update_at, state, now)
        update = before.updates.create(at=now, state=state, text=text, next_update_at=next_update_at, by=_by(by))
        if state == State.RESOLVED:
            before.ended_at = outage.ended_at = max(now, before.started_at)
            before.save(update_fields=["ended_at"])
        revision.advance()
    return update


def close_outage(outage: Outage, *, text: str, by: str) -> OutageUpdate:
    """Publish that it is over. Raises Refused."""
    return add_update(outage, text=text, by=by, state=State.RESOLVED)


def _title(typed: str) -> str:
    title = inert(typed)
    if not title:
        raise Refused("no_title")
    if len(title) > TITLE_LENGTH:
        raise Refused("title_too_long", limit=TITLE_LENGTH)
    return title


def _text(typed: str) -> str:
    text = inert(typed)
    if not text:
        raise Refused("no_text")
    if len(text) > TEXT_LENGTH:
        raise Refused("text_too_long", limit=TEXT_LENGTH)
    return text


def _part(value: str) -> str:
    if value not in Part.values:
        raise Refused("unknown_part", choices=", ".join(Part.values))
    return value


def _impact(value: str) -> str:
    if value not in Impact.values:
        raise Refused("unknown_impact", choices=", ".join(Impact.values))
    return value


def _state(value: str) -> str:
    if value not in State.values:
        raise Refused("unknown_state", choices=", ".join(State.values))
    return value


def _start(started_at: datetime, now: datetime) -> datetime:
    if started_at > now:
        raise Refused("start_ahead")
    if started_at < now - REMEMBERED:
        days = REMEMBERED.days
        raise Refused("start_too_old", days=days)
    return started_at


def _check_next_update(promised: datetime | None, state: str, now: datetime) -> None:
    """Refuse what cannot be promised. Raises Refused."""
    if promised is None:
        return
    if state == State.RESOLVED:
        raise Refused("next_update_after_end")
    if promised <= now:
        raise Refused("next_update_past")
    if promised > now + FARTHEST_UPDATE:
        days = FARTHEST_UPDATE.days
        raise Refused("next_update_too_far", days=days)


def _check_new(outage: Outage) -> None:
    """Refuse to publish the same twice. Raises Refused."""
    same = Outage.objects.filter(title__iexact=outage.title, part=outage.part, ended_at=None).first()
    if same:
        raise AlreadyOpen(same)


def _by(who: str) -> str:
    return inert(who)[:BY_LENGTH]
