"""The days of the past: which is which, for how long, and where a day ends in each zone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from maintenance.board.board import Board
from maintenance.models import Closure, Impact, Outage, Revision
from maintenance.status.days import CLOSED, UNKNOWN, WELL, Day, chapters, covered, days
from maintenance.status.wording import day_in_words, days_in_words, in_words
from maintenance.text.zones import ZONES

WIB, WITA, WIT = ZONES["WIB"], ZONES["WITA"], ZONES["WIT"]
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=WIB)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def at(day: int, hour: int = 0, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=WIB)


def outage(starts: datetime, ends: datetime | None, impact: Impact = Impact.MAJOR, **fields: Any) -> Outage:
    return Outage(started_at=starts, ended_at=ends, impact=impact, **fields)


def closure(starts: datetime, ends: datetime | None, **fields: Any) -> Closure:
    return Closure(starts_at=starts, ends_at=ends, **fields)


def board(*rows: Outage | Closure, since: datetime = NOW - 300 * DAY) -> Board:
    for number, row in enumerate(rows, start=1):
        row.pk = number
    return Board.of(rows, Revision(since=since))


def on(day: date, *rows: Outage | Closure, **kwargs: Any) -> Day:
    """Return this day of a board with these rows."""
    found = days(board(*rows), kwargs.pop("now", NOW), kwargs.pop("zone", WIB))
    return next(one for one in found if one.date == day)


def test_90_days_up_to_today() -> None:
    found = days(board(), NOW, WIB)
    assert len(found) == 90
    assert (found[0].date, found[-1].date) == (date(2026, 8, 26), date(2026, 11, 23))
    assert [one.date for one in found] == [found[0].date + number * DAY for number in range(90)]


@pytest.mark.parametrize(
    ("zone", "moment", "today"),
    [
        (WIB, datetime(2026, 11, 22, 16, 59, tzinfo=UTC), date(2026, 11, 22)),
        (WIB, datetime(2026, 11, 22, 17, 0, tzinfo=UTC), date(2026, 11, 23)),
        (WITA, datetime(2026, 11, 22, 15, 59, tzinfo=UTC), date(2026, 11, 22)),
        (WITA, datetime(2026, 11, 22, 16, 0, tzinfo=UTC), date(2026, 11, 23)),
        (WIT, datetime(2026, 11, 22, 14, 59, tzinfo=UTC), date(2026, 11, 22)),
        (WIT, datetime(2026, 11, 22, 15, 0, tzinfo=UTC), date(2026, 11, 23)),
    ],
)
def test_day_begins_at_midnight_of_the_zone(zone: Any, moment: datetime, today: date) -> None:
    assert days(board(), moment, zone)[-1].date == today


def test_same_outage_is_on_another_day_in_another_zone() -> None:
    late = outage(at(12, 23, 10), at(12, 23, 40))
    assert on(date(2026, 11, 12), late).disturbed == 30 * MINUTE
    assert on(date(2026, 11, 13), late, zone=WIT).disturbed == 30 * MINUTE
    assert not on(date(2026, 11, 12), late, zone=WIT).is_affected


def test_day_has_its_part_of_what_lasts_over_midnight() -> None:
    over = outage(at(12, 22), at(14, 3))
    assert [on(date(2026, 11, day), over).disturbed for day in (11, 12, 13, 14, 15)] == [
        timedelta(),
        2 * HOUR,
        24 * HOUR,
        3 * HOUR,
        timedelta(),
    ]
    assert not on(date(2026, 11, 15), over).is_affected


def test_end_at_midnight_is_no_part_of_the_next_day() -> None:
    assert not on(date(2026, 11, 13), outage(at(12, 22), at(13))).is_affected
    assert on(date(2026, 11, 13), outage(at(12, 22), at(13) + timedelta(seconds=1))).is_affected
    assert not on(date(2026, 11, 12), outage(at(13), at(13, 1))).is_affected
    assert on(date(2026, 11, 13), outage(at(13), at(13, 1))).is_affected


def test_outage_without_length_is_on_its_day() -> None:
    found = on(date(2026, 11, 13), outage(at(13), at(13)))
    assert (found.state, found.disturbed) == (Impact.MAJOR, timedelta())
    assert not on(date(2026, 11, 12), outage(at(13), at(13))).is_affected


def test_open_outage_lasts_until_now() -> None:
    assert on(date(2026, 11, 23), outage(at(23, 9, 18), None)).disturbed == 42 * MINUTE
    assert on(date(2026, 11, 23), outage(at(22, 9), None)).disturbed == 10 * HOUR


def test_closing_counts_until_now_and_not_before_it_begins() -> None:
    assert on(date(2026, 11, 23), closure(at(23, 9), at(23, 12))).closed == HOUR
    assert on(date(2026, 11, 23), closure(at(23, 9), None)).closed == HOUR
    assert not on(date(2026, 11, 23), closure(at(23, 10, 1), at(23, 12))).is_affected
    assert not on(date(2026, 11, 23), closure(at(23, 10, 1), None)).is_affected


def test_what_overlaps_counts_once() -> None:
    twice = [outage(at(12, 8), at(12, 10)), outage(at(12, 9), at(12, 11)), outage(at(12, 8, 30), at(12, 9))]
    found = on(date(2026, 11, 12), *twice)
    assert (found.disturbed, len(found.outages)) == (3 * HOUR, 3)


def test_covered_leaves_gaps_out() -> None:
    whole = at(12), at(13)
    spans = [(at(12, 20), at(14)), (at(11), at(12, 1)), (at(12, 3), at(12, 4)), (at(12, 3), at(12, 3))]
    assert covered(spans, whole) == 6 * HOUR
    assert covered([], whole) == covered([(at(13), at(14)), (at(10), at(12))], whole) == timedelta()


def test_worst_gives_the_day_its_state() -> None:
    minor, major = outage(at(12, 8), at(12, 9), Impact.MINOR), outage(at(12, 9), at(12, 10), Impact.MAJOR)
    critical, closed = outage(at(12, 7), at(12, 8), Impact.CRITICAL), closure(at(12, 1), at(12, 2))
    day = date(2026, 11, 12)
    assert on(day).state == WELL
    assert on(day, closed).state == CLOSED
    assert on(day, closed, minor).state == Impact.MINOR
    assert on(day, minor, major).state == Impact.MAJOR
    assert on(day, major, critical, minor).state == Impact.CRITICAL


def test_days_before_the_portal_kept_a_board_are_unknown() -> None:
    found = days(board(since=at(20, 15)), NOW, WIB)
    assert [one.state for one in found[-5:]] == [UNKNOWN, WELL, WELL, WELL, WELL]
    assert days(board(since=at(20)), NOW, WIB)[-5].state == UNKNOWN
    assert {one.state for one in days(Board(), NOW, WIB)} == {UNKNOWN}


def test_what_was_told_later_of_an_unknown_day_is_known() -> None:
    found = days(board(outage(at(18, 8), at(18, 9)), since=at(20)), NOW, WIB)
    assert found[-6].state == Impact.MAJOR


def test_each_is_told_once_on_its_last_day() -> None:
    over, still, closed = outage(at(12, 22), at(14, 3)), outage(at(22, 9), None), closure(at(13, 1), at(13, 2))
    found = chapters(days(board(over, still, closed), NOW, WIB), NOW)
    told = [(chapter.day.date.day, chapter.outages, chapter.closures, chapter.elsewhere) for chapter in found]
    assert told == [
        (23, [], [], [still]),
        (22, [], [], [still]),
        (14, [over], [], []),
        (13, [], [closed], [over]),
        (12, [], [], [over]),
    ]


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(), "less than a minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=60), "1 minute"),
        (timedelta(minutes=59, seconds=59), "59 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=2, minutes=5), "2 hours 5 minutes"),
        (timedelta(hours=23, minutes=59), "23 hours 59 minutes"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=2, hours=3, minutes=40), "2 days 3 hours"),
        (timedelta(days=2, minutes=40), "2 days"),
    ],
)
def test_length_in_words(length: timedelta, words: str) -> None:
    with translation.override("en"):
        assert in_words(length) == words


def test_day_in_words() -> None:
    both: list[Outage | Closure] = [outage(at(12, 8), at(12, 8, 42)), closure(at(12, 1), at(12, 3))]
    with translation.override("en"):
        said = day_in_words(on(date(2026, 11, 12), *both))
        assert said == "disturbed for 42 minutes, closed for maintenance for 2 hours"
        assert day_in_words(on(date(2026, 11, 11), *both)) == "nothing happened"
        assert day_in_words(days(Board(), NOW, WIB)[0]) == "nothing is known of this day"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "In the last 90 days: no outage, no maintenance."),
        ([(12, "o")], "In the last 90 days: 1 day with outages, none with maintenance."),
        ([(12, "c"), (13, "c")], "In the last 90 days: no outage, 2 days with maintenance."),
        ([(12, "c"), (12, "o"), (13, "o")], "In the last 90 days: 2 days with outages, 1 day with maintenance."),
    ],
)
def test_days_in_words(rows: list[tuple[int, str]], said: str) -> None:
    made = [(outage if kind == "o" else closure)(at(day, 8), at(day, 9)) for day, kind in rows]
    with translation.override("en"):
        assert days_in_words(days(board(*made), NOW, WIB)) == said
