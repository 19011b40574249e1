"""Moments and durations as operators type them, and as they read them."""

from datetime import UTC, datetime, timedelta

import pytest

from maintenance.exceptions import Refused
from maintenance.management.wording import sentence
from maintenance.text import times
from maintenance.text.zones import ZONES

WIB = ZONES["WIB"]


def at(text: str, zone: str = "WIB") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONES[zone])


def after(typed: str, now: str, zone: str = "WIB") -> datetime:
    return times.read(typed, ZONES[zone]).after(at(now))


def refusal(typed: str, **how: str) -> Refused:
    with pytest.raises(Refused) as caught:
        times.read(typed, WIB, **how)
    return caught.value


# Clock times


@pytest.mark.parametrize(
    ("now", "next_one"),
    [
        ("2026-11-23 01:59:59", "2026-11-23 02:00"),
        ("2026-11-23 02:00:00", "2026-11-24 02:00"),
        ("2026-11-23 02:00:01", "2026-11-24 02:00"),
        ("2026-12-31 23:00:00", "2027-01-01 02:00"),
    ],
)
def test_a_clock_time_is_the_next_one_strictly_after_now(now: str, next_one: str) -> None:
    assert after("02:00", now) == at(next_one)


@pytest.mark.parametrize("typed", ["02:00 WITA", "02:00WITA", "2:00 wita", " 02:00  Wita "])
def test_a_clock_time_may_name_its_zone(typed: str) -> None:
    assert after(typed, "2026-11-23 00:59:59") == at("2026-11-23 02:00", "WITA")
    assert after(typed, "2026-11-23 01:00:00") == at("2026-11-24 02:00", "WITA"), "01:00 WIB is 02:00 WITA"


def test_without_a_zone_it_is_in_the_one_asked_for() -> None:
    assert after("02:00", "2026-11-23 12:00", "WIT") == at("2026-11-24 02:00", "WIT")
    assert after("02:00 WIB", "2026-11-23 12:00", "WIT") == at("2026-11-24 02:00", "WIB")


def test_the_day_is_that_of_the_zone() -> None:
    assert after("00:30 WIT", "2026-11-22 22:10") == at("2026-11-23 00:30", "WIT"), "it is 00:10 in Jayapura"


@pytest.mark.parametrize("typed", ["2026-11-23 02:00", "2026-11-23T02:00", "2026-11-23 02:00 wib"])
def test_a_date_makes_it_exact_even_in_the_past(typed: str) -> None:
    assert after(typed, "2026-11-20 12:00") == after(typed, "2027-11-20 12:00") == at("2026-11-23 02:00")


def test_what_programs_are_told_can_be_typed_back() -> None:
    moment = at("2026-11-23 02:00:07.123456")
    assert after(moment.isoformat(), "2026-11-20 12:00") == moment
    assert after("2026-11-22T19:00:00Z", "2026-11-20 12:00") == at("2026-11-23 02:00")


# Durations


@pytest.mark.parametrize(
    ("typed", "length"),
    [
        ("+2h", timedelta(hours=2)),
        ("+30m", timedelta(minutes=30)),
        ("+1h30m", timedelta(minutes=90)),
        ("+1d", timedelta(days=1)),
        ("+90M", timedelta(minutes=90)),
        ("+366d", timedelta(days=366)),
    ],
)
def test_a_plus_counts_from_now_or_from_what_it_adds_to(typed: str, length: timedelta) -> None:
    when, now, end = times.read(typed, WIB), at("2026-11-23 02:00"), at("2026-11-23 04:00")
    assert when.after(now) == now + length
    assert when.after(now, counted_from=end) == end + length


@pytest.mark.parametrize(("typed", "minutes"), [("15m", 15), ("+15m", 15), ("1h30m", 90), ("1d", 1440), ("0m", 0)])
def test_a_duration_may_have_a_plus(typed: str, minutes: int) -> None:
    assert times.read_duration(typed) == timedelta(minutes=minutes)


@pytest.mark.parametrize("typed", ["", "+", "15", "-15m", "m", "15 minutes", "02:00", "1.5h", "30m1h"])
def test_nonsense_is_no_duration(typed: str) -> None:
    with pytest.raises(Refused) as caught:
        times.read_duration(typed)
    assert caught.value.code == "unknown_duration"
    assert "is no duration; possible are 15m, 2h, 1h30m, 1d." in sentence(caught.value)


@pytest.mark.parametrize("typed", ["367d", "366d1m", "8785h", "9999999m", f"{'9' * 5000}d", f"{'9' * 12}h"])
def test_a_duration_of_more_than_a_year_is_refused_however_many_digits_it_has(typed: str) -> None:
    with pytest.raises(Refused) as caught:
        times.read_duration(typed)
    assert "is longer than 366 days" in sentence(caught.value)
    assert caught.value.code == refusal(f"+{typed}").code == "duration_too_long"
    assert len(sentence(caught.value)) < 100


# The past


@pytest.mark.parametrize(
    ("now", "last_one"),
    [
        ("2026-11-23 02:00:01", "2026-11-23 02:00"),
        ("2026-11-23 02:00:00", "2026-11-23 02:00"),
        ("2026-11-23 01:59:59", "2026-11-22 02:00"),
    ],
)
def test_what_has_begun_did_so_when_the_clock_last_showed_it(now: str, last_one: str) -> None:
    assert times.read("02:00", WIB, signs="-").before(at(now)) == at(last_one)


def test_what_has_begun_may_have_a_date_or_a_minus() -> None:
    now = at("2026-11-23 02:00")
    assert times.read("-1h30m", WIB, signs="-").before(now) == at("2026-11-23 00:30")
    assert times.read("2026-11-22 23:00", WIB, signs="-").before(now) == at("2026-11-22 23:00")


def test_each_direction_has_its_sign() -> None:
    assert "-30m" in sentence(refusal("+30m", signs="-"))
    assert "+30m" in sentence(refusal("-30m"))


def test_where_both_signs_are_read_a_minus_means_earlier() -> None:
    now, end = at("2026-11-23 02:00"), at("2026-11-23 04:00")
    assert times.read("-1h", WIB, signs="+-").after(now, counted_from=end) == at("2026-11-23 03:00")
    assert times.read("+1h", WIB, signs="+-").after(now, counted_from=end) == at("2026-11-23 05:00")
    assert "+1d, -30m" in sentence(refusal("1h", signs="+-"))


# Refusals


@pytest.mark.parametrize(
    "typed", ["", "+", "soon", "2h", "02.00", "02:0", "002:00", "02:00:00", "02:00 +2h", "٠٢:٠٠", "-"]
)
def test_nonsense_is_refused_with_what_is_possible(typed: str) -> None:
    refused = refusal(typed)
    assert refused.code == "unknown_time"
    assert repr(typed) in sentence(refused)
    assert "02:00, 02:00 WITA, 2026-11-23 02:00, +30m, +2h, +1h30m, +1d" in sentence(refused)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("24:00", "hours go from 00 to 23, minutes from 00 to 59"),
        ("02:60", "hours go from 00 to 23"),
        ("99:99", "hours go from 00 to 23"),
        ("2026-02-29 02:00", "no calendar has that day"),
        ("2026-13-01 02:00", "no calendar has that day"),
        ("2026-00-00 02:00", "no calendar has that day"),
        ("0000-01-01 00:00", "years go from 2000 to 2100"),
        ("0001-01-01 00:00", "years go from 2000 to 2100"),
        ("1999-12-31 23:59", "years go from 2000 to 2100"),
        ("2101-01-01 00:00", "years go from 2000 to 2100"),
        ("9999-12-31 23:59", "years go from 2000 to 2100"),
        ("9999-12-31T23:59:59-12:00", "years go from 2000 to 2100"),
        ("2026-11-23T25:00:00Z", "hour"),
    ],
)
def test_an_impossible_time_is_refused_with_the_reason(typed: str, reason: str) -> None:
    refused = refusal(typed)
    assert refused.code == "impossible_time"
    assert typed in sentence(refused) and reason in sentence(refused)


@pytest.mark.parametrize("typed", ["2000-01-01 00:00", "2100-12-31 23:59", "2028-02-29 02:00"])
def test_the_outermost_days_are_possible(typed: str) -> None:
    assert after(typed, "2026-11-23 00:00") == at(typed)


@pytest.mark.parametrize("typed", ["23-11-2026 02:00", "23/11/2026 02:00", "20261123 02:00", "2026-11 02:00"])
def test_another_kind_of_date_is_refused_with_the_right_one(typed: str) -> None:
    assert "a date is typed 2026-11-23" in sentence(refusal(typed))


@pytest.mark.parametrize("zone", ["WIBB", "UTC", "Z", "PST"])
def test_an_unknown_zone_is_refused_with_those_there_are(zone: str) -> None:
    for refused in (refusal(f"02:00 {zone}"), refusal(f"2026-11-23 02:00 {zone}")):
        assert (refused.code, sentence(refused)) == (
            "unknown_zone",
            f"'{zone}' is no zone; possible are WIB, WITA, WIT.",
        )
    with pytest.raises(Refused) as caught:
        times.zone_named(zone)
    assert "is no zone" in sentence(caught.value)


def test_zones_are_known_in_capital_and_small_letters() -> None:
    assert [times.zone_named(name) for name in ("wib", "WITA", "Wit")] == list(ZONES.values())


@pytest.mark.parametrize("evil", ["\x1b[31m02:00", "02:00\u202e", "\udcff", "a" * 100_000, "1-" * 50_000])
def test_what_was_typed_is_repeated_so_that_it_does_no_harm(evil: str) -> None:
    said = sentence(refusal(evil))
    assert said.isprintable() and len(said) < 200


# Showing


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(hours=3), "3h"),
        (timedelta(days=1, hours=2, minutes=30), "1d2h30m"),
        (timedelta(minutes=59, seconds=31), "1h"),
        (timedelta(days=31), "31d"),
        (timedelta(minutes=1), "1m"),
        (timedelta(seconds=29), "less than 1m"),
    ],
)
def test_a_duration_is_shown_as_it_is_typed(length: timedelta, shown: str) -> None:
    assert times.show_length(length) == shown


def test_a_moment_is_shown_in_all_three_zones() -> None:
    assert times.show(at("2026-11-23 02:00")) == "Mon 23 Nov 2026 02:00 WIB (03:00 WITA, 04:00 WIT)"
    assert (
        times.show(datetime(2026, 11, 1, 19, 0, 59, tzinfo=UTC)) == "Mon 2 Nov 2026 02:00 WIB (03:00 WITA, 04:00 WIT)"
    )


def test_another_day_in_another_zone_is_said() -> None:
    assert times.show(at("2026-11-22 21:59")) == "Sun 22 Nov 2026 21:59 WIB (22:59 WITA, 23:59 WIT)"
    assert times.show(at("2026-11-22 22:00")) == "Sun 22 Nov 2026 22:00 WIB (23:00 WITA, Mon 23 Nov 00:00 WIT)"
    assert times.show(at("2026-12-31 23:00")) == "Thu 31 Dec 2026 23:00 WIB (Fri 1 Jan 00:00 WITA, Fri 1 Jan 01:00 WIT)"


# What is left


@pytest.mark.parametrize(("left", "seconds"), [(-5, 1), (0, 1), (0.2, 1), (1, 1), (1.001, 2), (179.5, 180)])
def test_whoever_waits_the_seconds_that_are_left_is_not_early(left: float, seconds: int) -> None:
    now = at("2026-11-23 02:00", "WIB")
    assert times.seconds_until(now + timedelta(seconds=left), now) == seconds
