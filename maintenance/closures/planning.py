"""Closing the portal, now or later, and opening it: each change one short transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from maintenance.board.board import Board
from maintenance.closures import rules
from maintenance.exceptions import Refused
from maintenance.models import BY_LENGTH, Closure, ClosureEvent, Revision
from maintenance.text.sanitizing import inert
from maintenance.text.times import When

Kind = ClosureEvent.Kind


@dataclass(frozen=True)
class Outcome:
    """What was asked for, and whether anything had to be changed for it; the revision that has it."""

    closure: Closure | None
    changed: bool
    revision: int


def close(
    *, by: str, starts_at: datetime | None = None, ends_at: datetime | None = None, message: str | None = None
) -> Outcome:
    """Close the portal now, or at `starts_at`; without an end until somebody opens it. Raises Refused."""
    message = rules.clean_message(message)
    with transaction.atomic():
        revision, board, now = _hold()
        if starts_at and starts_at > now:
            return _add(revision, board, now, _asked(starts_at, ends_at, message), message, Kind.SCHEDULED, by)
        rules.check_times(now, ends_at, now)
        present = board.closed_by(now)
        if present is None:
            return _add(revision, board, now, _asked(now, ends_at, message), message, Kind.CLOSED, by)
        if rules.agrees(present, ends_at, message):
            return Outcome(present, False, revision.number)
        raise Refused("closed_already", present=present)


def schedule(*, starts_at: datetime, ends_at: datetime, by: str, message: str | None = None) -> Outcome:
    """Plan a closing. Raises Refused."""
    message = rules.clean_message(message)
    with transaction.atomic():
        revision, board, now = _hold()
        rules.check_start(starts_at, now)
        return _add(revision, board, now, _asked(starts_at, ends_at, message), message, Kind.SCHEDULED, by)


def open(*, by: str) -> Outcome:
    """Open the portal if it is closed. What is planned stays planned."""
    with transaction.atomic():
        revision, board, now = _hold()
        present = board.closed_by(now)
        if present is None:
            return Outcome(None, False, revision.number)
        # Its end lies after its beginning, even if both are the same moment of the clock.
        present.ends_at = max(now, present.starts_at + timedelta(microseconds=1))
        return _store(revision, present, Kind.OPENED, by)


def extend(until: When, *, by: str, number: int | None = None) -> Outcome:
    """Move the end of the present closing, or of the one with this number. Raises Refused."""
    with transaction.atomic():
        revision, board, now = _hold()
        closure = rules.to_extend(board, now) if number is None else _numbered(number)
        rules.check_changeable(closure, now, "move")
        begin = max(now, closure.starts_at)
        ends_at = until.after(begin, counted_from=closure.ends_at or begin)
        if ends_at == closure.ends_at:
            return Outcome(closure, False, revision.number)
        rules.check_moved_end(closure, ends_at, now)
        closure.ends_at = ends_at
        rules.check_free(closure, board.pending, now)
        return _store(revision, closure, Kind.EXTENDED, by)


def reword(message: str, *, by: str, number: int | None = None) -> Outcome:
    """Change the message of the present, else the only planned closing, or of this one. Raises Refused."""
    wanted = rules.clean_message(message) or ""
    with transaction.atomic():
        revision, board, now = _hold()
        closure = rules.to_reword(board, now) if number is None else _numbered(number)
        rules.check_changeable(closure, now, "reword")
        if wanted == closure.message:
            return Outcome(closure, False, revision.number)
        closure.message = wanted
        return _store(revision, closure, Kind.REWORDED, by)


def cancel(number: int | None = None, *, by: str) -> Outcome:
    """Cancel the planned closing with this number; without one, the only one. Raises Refused."""
    with transaction.atomic():
        revision, board, now = _hold()
        closure = rules.only_planned(board, now) if number is None else _numbered(number)
        if closure is None or closure.cancelled_at:
            return Outcome(closure, False, revision.number)
        rules.check_cancellable(closure, now)
        closure.cancelled_at = now
        return _store(revision, closure, Kind.CANCELLED, by)


def _hold() -> tuple[Revision, Board, datetime]:
    """Make other changes wait; read what there is, and only then the clock."""
    revision = Revision.hold()
    return revision, Board.load(), timezone.now()


def _asked(starts_at: datetime, ends_at: datetime | None, message: str | None) -> Closure:
    return Closure(starts_at=starts_at, ends_at=ends_at, message=message or "")


def _add(
    revision: Revision, board: Board, now: datetime, asked: Closure, message: str | None, kind: str, by: str
) -> Outcome:
    """Store a new closing, unless the very same is planned."""
    rules.check_times(asked.starts_at, asked.ends_at, now)
    for planned in board.planned(now):
        if asked.starts_at > now and rules.is_same(planned, asked, message):
            return Outcome(planned, False, revision.number)
    rules.check_free(asked, board.pending, now)
    return _store(revision, asked, kind, by)


def _store(revision: Revision, closure: Closure, kind: str, by: str) -> Outcome:
    closure.save()
    ClosureEvent.objects.create(
        closure=closure,
        kind=kind,
        by=inert(by)[:BY_LENGTH],
        starts_at=closure.starts_at,
        ends_at=closure.ends_at,
        message=closure.message,
    )
    revision.advance()
    return Outcome(closure, True, revision.number)


def _numbered(number: int) -> Closure:
    """Return the closing with this number. Raises Refused."""
    closure = Closure.objects.filter(pk=number).first()
    if closure is None:
        raise Refused("unknown_number", what="closing", number=number)
    return closure
