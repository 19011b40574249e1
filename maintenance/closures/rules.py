"""What a closing may be: decisions that are told the time, each refusal with its reason."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from maintenance.board.board import Board
from maintenance.exceptions import Refused
from maintenance.models import MESSAGE_LENGTH, Closure
from maintenance.text.sanitizing import inert

FARTHEST_AHEAD = timedelta(days=366)
LONGEST = timedelta(days=31)
ALIKE = timedelta(minutes=1)


def clean_message(typed: str | None) -> str | None:
    """Return the message in one harmless line, None if none was typed. Raises Refused when it is too long."""
    if typed is None:
        return None
    message = inert(typed)
    if len(message) > MESSAGE_LENGTH:
        raise Refused("message_too_long", length=len(message), limit=MESSAGE_LENGTH)
    return message


def check_times(starts_at: datetime, ends_at: datetime | None, now: datetime) -> None:
    """Refuse an end that is no end, and what is probably a typing mistake. Raises Refused."""
    if ends_at and ends_at <= now:
        raise Refused("end_in_past", end=ends_at)
    if ends_at and ends_at <= starts_at:
        raise Refused("end_before_start", end=ends_at, start=starts_at)
    if starts_at > now + FARTHEST_AHEAD:
        raise Refused("too_far_ahead", start=starts_at, days=FARTHEST_AHEAD.days)
    if ends_at and ends_at > max(starts_at, now) + LONGEST:
        raise Refused("too_long", end=ends_at, days=LONGEST.days)


def check_start(starts_at: datetime, now: datetime) -> None:
    """Refuse to plan what would have begun already. Raises Refused."""
    if starts_at <= now:
        raise Refused("start_in_past", start=starts_at)


def check_free(closure: Closure, others: Iterable[Closure], now: datetime) -> None:
    """Refuse what shares a moment with another closing. Raises Refused."""
    for other in others:
        if other.pk != closure.pk and other.overlaps(closure.starts_at, closure.ends_at):
            raise Refused(
                "overlap",
                asked=closure,
                other=other,
                is_on=other.is_on(now),
                is_same=is_same(other, closure, None),
            )


def check_changeable(closure: Closure, now: datetime, change: str) -> None:
    """Refuse to "move" the end of what is over or never comes, or to "reword" it. Raises Refused."""
    if closure.cancelled_at or closure.is_over(now):
        raise Refused("over", closure=closure, change=change)


def check_moved_end(closure: Closure, ends_at: datetime, now: datetime) -> None:
    """Refuse an end that this closing cannot have. Raises Refused."""
    if ends_at <= now and closure.is_on(now):
        raise Refused("end_in_past", end=ends_at, is_on=True)
    check_times(closure.starts_at, ends_at, now)


def check_cancellable(closure: Closure, now: datetime) -> None:
    """Refuse to cancel what has begun. Raises Refused."""
    if closure.is_over(now):
        raise Refused("over", closure=closure, change="cancel")
    if closure.is_on(now):
        raise Refused("in_effect", closure=closure)


def to_extend(board: Board, now: datetime) -> Closure:
    """Return the present closing. Raises Refused when there is none."""
    if present := board.closed_by(now):
        return present
    raise Refused("not_closed", change="move", planned=board.planned(now))


def to_reword(board: Board, now: datetime) -> Closure:
    """Return the present closing, else the only planned one. Raises Refused when there is none, or several."""
    if found := board.closed_by(now) or only_planned(board, now):
        return found
    raise Refused("not_closed", change="reword", planned=[])


def only_planned(board: Board, now: datetime) -> Closure | None:
    """Return the closing that is planned, None if none is. Raises Refused when there are several."""
    planned = board.planned(now)
    if len(planned) > 1:
        raise Refused("several", closures=planned)
    return planned[0] if planned else None


def agrees(closure: Closure, ends_at: datetime | None, message: str | None) -> bool:
    """Tell whether a closing has this end, within a minute, and this message; None asks for nothing."""
    return (ends_at is None or is_alike(closure.ends_at, ends_at)) and message in (None, closure.message)


def is_same(closure: Closure, asked: Closure, message: str | None) -> bool:
    """Tell whether what is asked for is there already."""
    ends = is_alike(closure.ends_at, asked.ends_at) if asked.ends_at else closure.ends_at is None
    return ends and is_alike(closure.starts_at, asked.starts_at) and message in (None, closure.message)


def is_alike(one: datetime | None, other: datetime) -> bool:
    """Tell whether both are less than a minute apart: the same time, typed twice as +2h."""
    return one is not None and abs(one - other) < ALIKE
