"""The days of the past: what was disturbed or closed on each, and for how long."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from maintenance.board.board import DAYS_SHOWN, Board
from maintenance.models import Closure, Outage
from maintenance.status.current import worst

CLOSED, WELL, UNKNOWN = "closed", "well", "unknown"  # beside the impacts of outages
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Day:
    """A day in one zone; of one that began before the portal wrote down anything, only what was told later is known."""

    date: date
    is_known: bool
    outages: tuple[Outage, ...]
    closures: tuple[Closure, ...]
    disturbed: timedelta
    closed: timedelta

    @property
    def state(self) -> str:
        """The worst of the day: an impact, CLOSED, WELL or UNKNOWN."""
        return worst(self.outages) or (CLOSED if self.closures else WELL if self.is_known else UNKNOWN)

    @property
    def is_affected(self) -> bool:
        return bool(self.outages or self.closures)


def days(board: Board, now: datetime, zone: tzinfo, number: int = DAYS_SHOWN) -> list[Day]:
    """Return the last days up to today, the oldest first."""
    today = now.astimezone(zone).date()
    return [_day(board, today - timedelta(days=ago), now, zone) for ago in reversed(range(number))]


def covered(spans: Iterable[Span], whole: Span) -> timedelta:
    """Return how much of `whole` the spans cover; what several cover counts once."""
    total, reached = timedelta(), whole[0]
    for start, end in sorted(spans):
        start, end = max(start, reached), min(end, whole[1])
        if start < end:
            total, reached = total + (end - start), end
    return total


def _day(board: Board, day: date, now: datetime, zone: tzinfo) -> Day:
    whole = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    outages = [(outage, (outage.started_at, min(outage.ended_at or now, now))) for outage in board.outages]
    closures = [(closure, (closure.starts_at, min(closure.ends_at or now, now))) for closure in board.closures]
    return Day(
        date=day,
        is_known=board.since is not None and board.since < whole[1],
        outages=tuple(outage for outage, span in outages if _touches(span, whole)),
        closures=tuple(closure for closure, span in closures if _touches(span, whole)),
        disturbed=covered([span for _, span in outages], whole),
        closed=covered([span for _, span in closures], whole),
    )


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _touches(span: Span, whole: Span) -> bool:
    """Tell whether the span has a moment of the whole; one without length has its first, one to come has none."""
    start, end = span
    return start <= end and start < whole[1] and (end > whole[0] or start >= whole[0])


@dataclass(frozen=True)
class Chapter:
    """A day as the list of past days tells it: what is over is told once, on its last day, else only named."""

    day: Day
    outages: list[Outage]
    closures: list[Closure]
    elsewhere: list[Outage | Closure]


def chapters(days: list[Day], now: datetime) -> list[Chapter]:
    """Return the days on which something was, the newest first."""
    told: list[Outage | Closure] = []
    chapters = []
    for day in reversed([day for day in days if day.is_affected]):
        outages = [outage for outage in day.outages if outage not in told and not outage.is_open(now)]
        closures = [closure for closure in day.closures if closure not in told and not closure.is_on(now)]
        here: list[Outage | Closure] = [*outages, *closures]
        rows: list[Outage | Closure] = [*day.outages, *day.closures]
        elsewhere = [row for row in rows if row not in here]
        chapters.append(Chapter(day, outages, closures, elsewhere))
        told += here
    return chapters
