"""Moments and durations: how operators type them, how they are shown, how long it is until one."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from maintenance.exceptions import Refused
from maintenance.text.zones import ZONES

LONGEST = timedelta(days=366)
YEARS = range(2000, 2101)

DURATION = re.compile(r"(?P<sign>[+-]?)(?:(?P<days>[0-9]+)d)?(?:(?P<hours>[0-9]+)h)?(?:(?P<minutes>[0-9]+)m)?", re.I)
CLOCK = re.compile(
    r"(?:(?P<date>[0-9/.-]{6,10})[ T])?(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}) ?(?P<zone>[a-z]+)?", re.I
)
DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
# As --json shows moments.
ISO = re.compile(r"[0-9-]{10}T[0-9:]{8}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})")


@dataclass(frozen=True)
class When:
    """A moment as typed; which one it is may depend on the moment from which it is seen."""

    exact: datetime | None = None
    clock: time | None = None  # with its zone
    duration: timedelta = timedelta()  # below zero: earlier

    def after(self, now: datetime, counted_from: datetime | None = None) -> datetime:
        """Return the next such moment after `now`; a duration counts from `counted_from`, or from `now`."""
        if self.exact:
            return self.exact
        if self.clock:
            today = _on_day_of(now, self.clock)
            return today if today > now else today + timedelta(days=1)
        return (counted_from or now) + self.duration

    def before(self, now: datetime) -> datetime:
        """Return the last such moment that is not after `now`; a duration counts from it."""
        if self.clock:
            today = _on_day_of(now, self.clock)
            return today if today <= now else today - timedelta(days=1)
        return self.exact or now + self.duration


def read(typed: str, zone: tzinfo, *, signs: str = "+") -> When:
    """Read 02:00, 2026-11-23 02:00, +2h; `zone` is that of a clock time without one, `signs` those of durations.

    Raises Refused.
    """
    text = " ".join(typed.split())
    found = DURATION.fullmatch(text)
    if found and found["sign"] in [*signs] and found.lastgroup != "sign":
        length = _duration(found, typed)
        return When(duration=-length if found["sign"] == "-" else length)
    if ISO.fullmatch(text):
        return When(exact=_exact(text, typed))
    found = CLOCK.fullmatch(text)
    if not found:
        raise Refused("unknown_time", typed=typed, signs=signs)
    clock = _clock(found, zone_named(found["zone"]) if found["zone"] else zone, typed)
    return When(exact=datetime.combine(_day(found["date"], typed), clock)) if found["date"] else When(clock=clock)


def read_duration(typed: str) -> timedelta:
    """Read 15m, 1h30m or 1d, with or without a plus. Raises Refused."""
    found = DURATION.fullmatch(typed.strip())
    if not found or found["sign"] == "-" or found.lastgroup in (None, "sign"):
        raise Refused("unknown_duration", typed=typed)
    return _duration(found, typed)


def zone_named(name: str) -> tzinfo:
    """Return one of Indonesia's zones, in capital or small letters. Raises Refused."""
    if name.upper() not in ZONES:
        raise Refused("unknown_zone", typed=name)
    return ZONES[name.upper()]


def show(moment: datetime) -> str:
    """Show a moment in all three zones: Mon 23 Nov 2026 02:00 WIB (03:00 WITA, 04:00 WIT)."""
    (name, first), *others = [(name, moment.astimezone(zone)) for name, zone in ZONES.items()]
    shown = [f"{_weekday(at) if at.date() != first.date() else ''}{at:%H:%M} {other}" for other, at in others]
    return f"{first:%a} {first.day} {first:%b %Y %H:%M} {name} ({', '.join(shown)})"


def show_length(length: timedelta) -> str:
    """Show a duration in whole minutes, as it is typed: 1d2h30m."""
    minutes = round(length / timedelta(minutes=1))
    units = {"d": minutes // 1440, "h": minutes // 60 % 24, "m": minutes % 60}
    return "".join(f"{count}{unit}" for unit, count in units.items() if count) or "less than 1m"


def seconds_until(moment: datetime, now: datetime) -> int:
    """Return the whole seconds that are left until a moment to come, at least 1: whoever waits so long is not early."""
    return max(1, math.ceil((moment - now).total_seconds()))


def _on_day_of(moment: datetime, clock: time) -> datetime:
    return datetime.combine(moment.astimezone(clock.tzinfo).date(), clock)


def _weekday(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b} "


def _duration(found: re.Match[str], typed: str) -> timedelta:
    units = {name: found[name] or "0" for name in ("days", "hours", "minutes")}
    # Its digits are counted first: a number may be too long for any arithmetic.
    if max(map(len, units.values())) > 6 or (length := timedelta(**{n: int(u) for n, u in units.items()})) > LONGEST:
        raise Refused("duration_too_long", typed=typed, days=LONGEST.days)
    return length


def _exact(text: str, typed: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused("impossible_time", typed=typed, limit=str(error)) from None
    _check_year(moment.year, typed)
    return moment.astimezone(UTC)


def _clock(found: re.Match[str], zone: tzinfo, typed: str) -> time:
    try:
        return time(int(found["hour"]), int(found["minute"]), tzinfo=zone)
    except ValueError:
        raise Refused("impossible_time", typed=typed, limit="clock") from None


def _day(text: str, typed: str) -> date:
    found = DAY.fullmatch(text)
    if not found:
        raise Refused("unknown_time", typed=typed)
    _check_year(int(found[1]), typed)
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise Refused("impossible_time", typed=typed, limit="calendar") from None


def _check_year(year: int, typed: str) -> None:
    if year not in YEARS:
        raise Refused("impossible_time", typed=typed, limit="years")
