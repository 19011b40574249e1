"""Why a change is refused, in the words of the command line: a sentence for each code, and what can be done instead."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from maintenance.exceptions import Refused
from maintenance.models import Closure, Outage
from maintenance.outages.messages import MESSAGES
from maintenance.text import times
from maintenance.text.zones import ZONES

COMMAND = "manage.py maintenance"
BEGIN = "to publish one: manage.py outage open TITLE --text TEXT"
SHOWN_LENGTH = 40  # of what was typed
LENGTHS = ("30m", "2h", "1h30m", "1d")
TYPING_MISTAKE = "probably a typing mistake"


def sentence(refused: Refused) -> str:
    """Return why it was refused."""
    words = WORDS.get(refused.code)
    if words is None or (refused.code == "over" and not refused.params):  # said of an outage
        return str(MESSAGES[refused.code]) % refused.params
    return words(**refused.params)


def describe(closure: Closure) -> str:
    """Return a closing in words: #7 from Mon … to Mon …."""
    end = f"to {times.show(closure.ends_at)}" if closure.ends_at else "without an end"
    return f"#{closure.pk} from {times.show(closure.starts_at)} {end}"


def _describe_all(closures: Iterable[Closure]) -> str:
    return "; ".join(map(describe, closures))


def _message_too_long(length: int, limit: int) -> str:
    return f"The message has {length} characters; at most {limit} are possible."


def _end_in_past(end: datetime, is_on: bool = False) -> str:
    past = f"The end, {times.show(end)}, is in the past"
    return f"{past}; open the portal now with: {COMMAND} off." if is_on else f"{past}."


def _end_before_start(end: datetime, start: datetime) -> str:
    return f"The end, {times.show(end)}, is not after the beginning, {times.show(start)}."


def _too_far_ahead(start: datetime, days: int) -> str:
    return f"{times.show(start)} is more than {days} days ahead: {TYPING_MISTAKE}."


def _too_long(end: datetime, days: int) -> str:
    return f"A closing until {times.show(end)} lasts longer than {days} days: {TYPING_MISTAKE}."


def _start_in_past(start: datetime) -> str:
    return f"The beginning, {times.show(start)}, is in the past; to close now: {COMMAND} on."


def _overlap(asked: Closure, other: Closure, is_on: bool, is_same: bool) -> str:
    overlap = f"It would overlap with closing {describe(other)}; nothing was changed."
    if is_on:
        ways = f"{COMMAND} extend TIME moves its end, {COMMAND} off opens the portal now"
        return f"{overlap} That one is in effect: begin after it, or let it end earlier ({ways})."
    if is_same:
        reword = f"{COMMAND} message TEXT --number {other.pk}"
        return f"{overlap} That one has these times: to change what it says, {reword}."
    apart = "end before it with an earlier --until" if asked.starts_at < other.starts_at else "begin after it"
    return f"{overlap} Either {apart}, or cancel that one: {COMMAND} cancel {other.pk}."


def _over(closure: Closure, change: str) -> str:
    fate = "cancelled" if closure.cancelled_at else "over"
    impossible = {
        "move": "its end cannot be moved",
        "reword": "its message cannot be changed",
        "cancel": "there is nothing to cancel",
    }[change]
    return f"Closing {describe(closure)} is {fate}: {impossible}."


def _in_effect(closure: Closure) -> str:
    return f"Closing {describe(closure)} is in effect; open the portal with: {COMMAND} off."


def _not_closed(change: str, planned: Sequence[Closure]) -> str:
    if planned:
        return f"The portal is open; name a planned closing with --number: {_describe_all(planned)}."
    impossible = {"move": "there is no end to move", "reword": "there is no message to change"}[change]
    return f"The portal is open, and no closing is planned: {impossible}."


def _several(closures: Sequence[Closure] = (), outages: Sequence[Outage] = ()) -> str:
    if closures:
        return f"Several closings are planned; name one by its number: {_describe_all(closures)}."
    names = "; ".join(f"#{outage.pk} “{outage.title}”" for outage in outages)
    return f"Several outages are open; name one by its number: {names}."


def _closed_already(present: Closure) -> str:
    end = f"until {times.show(present.ends_at)}" if present.ends_at else "without an end"
    why = f", with the message “{present.message}”" if present.message else ""
    ways = f"Move the end with: {COMMAND} extend TIME; change the message with: {COMMAND} message TEXT."
    return f"The portal is closed already {end}{why}; nothing was changed. {ways}"


def _unknown_number(what: str, number: int) -> str:
    return f"There is no {what} #{number}."


def _none_open() -> str:
    return f"No outage is open; {BEGIN}."


def _unknown_time(typed: str, signs: str = "") -> str:
    if not signs:
        return f"{_quoted(typed)} has no date that can be read; a date is typed 2026-11-23."
    lengths = ", ".join(f"{sign}{length}" for sign in signs for length in LENGTHS)
    forms = f"02:00, 02:00 WITA, 2026-11-23 02:00, {lengths}"
    return f"{_quoted(typed)} is no time that can be read; possible are {forms}."


def _unknown_duration(typed: str) -> str:
    return f"{_quoted(typed)} is no duration; possible are 15m, 2h, 1h30m, 1d."


def _unknown_zone(typed: str) -> str:
    return f"{_quoted(typed)} is no zone; possible are {', '.join(ZONES)}."


def _duration_too_long(typed: str, days: int) -> str:
    return f"{_quoted(typed)} is longer than {days} days."


def _impossible_time(typed: str, limit: str) -> str:
    known = {
        "clock": "hours go from 00 to 23, minutes from 00 to 59",
        "calendar": "no calendar has that day",
        "years": f"years go from {times.YEARS[0]} to {times.YEARS[-1]}",
    }
    return f"{_quoted(typed)} is impossible: {known.get(limit, limit)}."


def _quoted(typed: str) -> str:
    """Return what was typed so that no sign of it changes how the rest is shown."""
    typed = typed.strip(" ")
    return repr(typed if len(typed) <= SHOWN_LENGTH else f"{typed[:SHOWN_LENGTH]}…")


WORDS: dict[str, Callable[..., str]] = {
    "message_too_long": _message_too_long,
    "end_in_past": _end_in_past,
    "end_before_start": _end_before_start,
    "too_far_ahead": _too_far_ahead,
    "too_long": _too_long,
    "start_in_past": _start_in_past,
    "overlap": _overlap,
    "over": _over,
    "in_effect": _in_effect,
    "not_closed": _not_closed,
    "several": _several,
    "closed_already": _closed_already,
    "unknown_number": _unknown_number,
    "none_open": _none_open,
    "unknown_time": _unknown_time,
    "unknown_duration": _unknown_duration,
    "unknown_zone": _unknown_zone,
    "duration_too_long": _duration_too_long,
    "impossible_time": _impossible_time,
}
