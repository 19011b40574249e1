"""What a closing may be: decisions that are told the time, each refusal with its reason."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from maintenance.board import Board
from maintenance.models import MESSAGE_LENGTH, Closure
from maintenance.refusals import Refused
from maintenance.texts import inert
from maintenance.times import show

FARTHEST_AHEAD = timedelta(days=366)
LONGEST = timedelta(days=31)
ALIKE = timedelta(minutes=1)
COMMAND = "manage.py maintenance"


def describe(closure: Closure) -> str:
    """Return a closing in words: #7 from Mon … to Mon …."""
    end = f"to {show(closure.ends_at)}" if closure.ends_at else "without an end"
    return f"#{closure.pk} from {show(closure.starts_at)} {end}"


def describe_all(closures: Iterable[Closure]) -> str:
    return "; ".join(map(describe, closures))


def clean_message(typed: str | None) -> str | None:
    """Return the message in one harmless line, None if none was typed. Raises Refused when it is too long."""
    if typed is None:
        return None
    message = inert(typed)
    if len(message) > MESSAGE_LENGTH:
        sentence = f"The message has {len(message)} characters; at most {MESSAGE_LENGTH} are possible."
        raise Refused("message_too_long", sentence)
    return message


def check_times(starts_at: datetime, ends_at: datetime | None, now: datetime) -> None:
    """Refuse an end that is no end, and what is probably a typing mistake. Raises Refused."""
    if ends_at and ends_at <= now:
        raise Refused("end_in_past", f"The end, {show(ends_at)}, is in the past.")
    if ends_at and ends_at <= starts_at:
        sentence = f"The end, {show(ends_at)}, is not after the beginning, {show(starts_at)}."
        raise Refused("end_before_start", sentence)
    if starts_at > now + FARTHEST_AHEAD:
        sentence = f"{show(starts_at)} is more than {FARTHEST_AHEAD.days} days ahead: probably a typing mistake."
        raise Refused("too_far_ahead", sentence)
    if ends_at and ends_at > max(starts_at, now) + LONGEST:
        sentence = f"A closing until {show(ends_at)} lasts longer than {LONGEST.days} days: probably a typing mistake."
        raise Refused("too_long", sentence)


def check_start(starts_at: datetime, now: datetime) -> None:
    """Refuse to plan what would have begun already. Raises Refused."""
    if starts_at <= now:
        sentence = f"The beginning, {show(starts_at)}, is in the past; to close now: {COMMAND} on."
        raise Refused("start_in_past", sentence)


def check_free(closure: Closure, others: Iterable[Closure], now: datetime) -> None:
    """Refuse what shares a moment with another closing, and say what can be done. Raises Refused."""
    for other in others:
        if other.pk != closure.pk and other.overlaps(closure.starts_at, closure.ends_at):
            sentence = f"It would overlap with closing {describe(other)}; nothing was changed."
            raise Refused("overlap", f"{sentence} {_ways_out(closure, other, now)}")


def _ways_out(closure: Closure, other: Closure, now: datetime) -> str:
    if other.is_on(now):
        ways = f"{COMMAND} extend TIME moves its end, {COMMAND} off opens the portal now"
        return f"That one is in effect: begin after it, or let it end earlier ({ways})."
    if is_same(other, closure, None):
        return f"That one has these times: to change what it says, {COMMAND} message TEXT --number {other.pk}."
    apart = "end before it with an earlier --until" if closure.starts_at < other.starts_at else "begin after it"
    return f"Either {apart}, or cancel that one: {COMMAND} cancel {other.pk}."


def check_changeable(closure: Closure, now: datetime, what: str) -> None:
    """Refuse to change what is over, or never comes. Raises Refused."""
    if closure.cancelled_at or closure.is_over(now):
        fate = "cancelled" if closure.cancelled_at else "over"
        raise Refused("over", f"Closing {describe(closure)} is {fate}: its {what}.")


def check_moved_end(closure: Closure, ends_at: datetime, now: datetime) -> None:
    """Refuse an end that this closing cannot have. Raises Refused."""
    if ends_at <= now and closure.is_on(now):
        sentence = f"The end, {show(ends_at)}, is in the past; open the portal now with: {COMMAND} off."
        raise Refused("end_in_past", sentence)
    check_times(closure.starts_at, ends_at, now)


def check_cancellable(closure: Closure, now: datetime) -> None:
    """Refuse to cancel what has begun. Raises Refused."""
    if closure.is_over(now):
        raise Refused("over", f"Closing {describe(closure)} is over: there is nothing to cancel.")
    if closure.is_on(now):
        raise Refused("in_effect", f"Closing {describe(closure)} is in effect; open the portal with: {COMMAND} off.")


def to_extend(board: Board, now: datetime) -> Closure:
    """Return the present closing. Raises Refused when there is none."""
    if present := board.closed_by(now):
        return present
    if planned := board.planned(now):
        sentence = f"The portal is open; name a planned closing with --number: {describe_all(planned)}."
        raise Refused("not_closed", sentence)
    raise Refused("not_closed", "The portal is open, and no closing is planned: there is no end to move.")


def to_reword(board: Board, now: datetime) -> Closure:
    """Return the present closing, else the only planned one. Raises Refused when there is none, or several."""
    if found := board.closed_by(now) or only_planned(board, now):
        return found
    raise Refused("not_closed", "The portal is open, and no closing is planned: there is no message to change.")


def only_planned(board: Board, now: datetime) -> Closure | None:
    """Return the closing that is planned, None if none is. Raises Refused when there are several."""
    planned = board.planned(now)
    if len(planned) > 1:
        raise Refused("several", f"Several closings are planned; name one by its number: {describe_all(planned)}.")
    return planned[0] if planned else None


def closed_already(present: Closure) -> Refused:
    """Return why a closed portal is not closed again in another way."""
    end = f"until {show(present.ends_at)}" if present.ends_at else "without an end"
    why = f", with the message “{present.message}”" if present.message else ""
    ways = f"Move the end with: {COMMAND} extend TIME; change the message with: {COMMAND} message TEXT."
    return Refused("closed_already", f"The portal is closed already {end}{why}; nothing was changed. {ways}")


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
