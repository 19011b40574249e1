"""The rules for closings, at their edges and when two operators are at it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from maintenance.closures import planning
from maintenance.closures.planning import Outcome
from maintenance.exceptions import Refused
from maintenance.management.wording import sentence
from maintenance.models import MESSAGE_LENGTH, Closure, ClosureEvent, Revision
from maintenance.text import times
from maintenance.text.zones import ZONES
from tests.support.clock import Clock
from tests.support.parallel import at_once
from tests.support.present import present

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=ZONES["WIB"])
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
LONGEST, FARTHEST = 31 * DAY, 366 * DAY
BUDI = "budi@web1"
Planned = Callable[..., Closure]
pytestmark = [pytest.mark.django_db, pytest.mark.moment(NOW)]


def schedule(starts_in: timedelta, lasts: timedelta = HOUR, message: str | None = None) -> Outcome:
    starts_at = NOW + starts_in
    return planning.schedule(starts_at=starts_at, ends_at=starts_at + lasts, message=message, by=BUDI)


def extend(typed: str, number: int | None = None) -> Outcome:
    return planning.extend(times.read(typed, ZONES["WIB"]), number=number, by=BUDI)


def closing(outcome: Outcome) -> Closure:
    return present(outcome.closure)


def refusal(change: Callable[..., Outcome], *args: object, **kwargs: object) -> Refused:
    """Return why the change is refused; it changes nothing."""
    before = stored()
    with pytest.raises(Refused) as caught:
        change(*args, **kwargs)
    assert stored() == before
    return caught.value


def stored() -> tuple[list, int, int]:
    rows = list(Closure.objects.order_by("pk").values())
    return rows, ClosureEvent.objects.count(), getattr(Revision.objects.first(), "number", 0)


close = partial(planning.close, by=BUDI)


# Closing now


def test_closing_holds_at_once_and_tells_the_web_processes(clock: Clock) -> None:
    before = Revision.objects.get().number if Revision.objects.exists() else 0
    outcome = close(ends_at=NOW + HOUR, message="  Basis  data\n dipindahkan. ")
    assert outcome.changed
    assert outcome.revision == Revision.objects.get().number > before
    closure = Closure.objects.get()
    assert (closure.starts_at, closure.ends_at, closure.message) == (NOW, NOW + HOUR, "Basis data dipindahkan.")
    assert closure.is_on(NOW)


def test_it_ends_by_itself_then_it_can_be_closed_again(clock: Clock) -> None:
    close(ends_at=NOW + HOUR)
    clock.shift(HOUR - SECOND)
    assert refusal(close, ends_at=NOW + 3 * HOUR).code == "closed_already"
    clock.shift(SECOND)
    assert close(ends_at=NOW + 3 * HOUR).changed
    assert Closure.objects.count() == 2


def test_without_an_end_it_lasts(clock: Clock) -> None:
    assert closing(close()).ends_at is None
    clock.shift(30 * DAY)
    assert not close().changed


@pytest.mark.parametrize("ends_at", [NOW, NOW - SECOND, NOW - DAY])
def test_an_end_that_has_passed_is_refused(clock: Clock, ends_at: datetime) -> None:
    refused = refusal(close, ends_at=ends_at)
    assert refused.code == "end_in_past"
    assert times.show(ends_at) in sentence(refused)
    close()
    assert refusal(close, ends_at=ends_at).code == "end_in_past", "also when it is closed"


def test_the_next_moment_is_an_end(clock: Clock) -> None:
    assert close(ends_at=NOW + SECOND).changed


def test_more_than_31_days_are_a_typing_mistake(clock: Clock) -> None:
    refused = refusal(close, ends_at=NOW + LONGEST + SECOND)
    assert refused.code == "too_long"
    assert "longer than 31 days: probably a typing mistake" in sentence(refused)
    assert close(ends_at=NOW + LONGEST).changed


# Saying it twice


def test_saying_it_twice_is_harmless(clock: Clock) -> None:
    first = close(ends_at=NOW + HOUR, message="Basis data")
    before = stored()
    for asked in ({}, {"ends_at": NOW + HOUR}, {"message": "Basis data"}, {"message": " Basis  data "}):
        again = close(**asked)
        assert (again.closure, again.changed, again.revision) == (first.closure, False, first.revision)
    assert stored() == before


@pytest.mark.parametrize("apart", [MINUTE - SECOND, SECOND - MINUTE])
def test_an_end_less_than_a_minute_away_is_the_same(clock: Clock, apart: timedelta) -> None:
    close(ends_at=NOW + HOUR)
    assert not close(ends_at=NOW + HOUR + apart).changed


@pytest.mark.parametrize("apart", [MINUTE, -MINUTE])
def test_another_end_is_refused_with_the_present_one(clock: Clock, apart: timedelta) -> None:
    close(ends_at=NOW + HOUR)
    refused = refusal(close, ends_at=NOW + HOUR + apart)
    assert refused.code == "closed_already"
    assert sentence(refused) == (
        "The portal is closed already until Mon 23 Nov 2026 03:00 WIB (04:00 WITA, 05:00 WIT); nothing was changed. "
        "Move the end with: manage.py maintenance extend TIME; "
        "change the message with: manage.py maintenance message TEXT."
    )


def test_an_end_for_what_has_none_is_refused(clock: Clock) -> None:
    close()
    assert "closed already without an end" in sentence(refusal(close, ends_at=NOW + HOUR))


def test_another_message_is_refused_with_the_present_one(clock: Clock) -> None:
    close(message="Basis data")
    assert "with the message “Basis data”" in sentence(refusal(close, message="Jaringan"))
    assert "with the message" in sentence(refusal(close, message=""))


# Closing in a few minutes


def test_closing_soon_is_planned_then_holds(clock: Clock) -> None:
    closure = closing(close(starts_at=NOW + 15 * MINUTE))
    assert not closure.is_on(NOW + 15 * MINUTE - SECOND)
    assert closure.is_on(NOW + 15 * MINUTE)
    assert ClosureEvent.objects.get().kind == ClosureEvent.Kind.SCHEDULED


def test_closing_soon_said_twice_within_a_minute_is_harmless(clock: Clock) -> None:
    close(starts_at=NOW + 15 * MINUTE, message="Basis data")
    clock.shift(MINUTE - SECOND)
    assert not close(starts_at=NOW + 16 * MINUTE - SECOND).changed
    clock.shift(SECOND)
    assert refusal(close, starts_at=NOW + 16 * MINUTE).code == "overlap"


def test_a_beginning_that_has_passed_while_waiting_is_now(clock: Clock) -> None:
    assert closing(close(starts_at=NOW - SECOND)).starts_at == NOW


# Planning


@pytest.mark.parametrize("starts_in", [timedelta(), -SECOND, -DAY])
def test_a_beginning_that_has_passed_is_refused(clock: Clock, starts_in: timedelta) -> None:
    refused = refusal(schedule, starts_in, 48 * HOUR)
    assert refused.code == "start_in_past"
    assert times.show(NOW + starts_in) in sentence(refused) and "maintenance on" in sentence(refused)


def test_an_end_that_is_not_after_the_beginning_is_refused(clock: Clock) -> None:
    assert refusal(schedule, HOUR, timedelta()).code == "end_before_start"
    assert refusal(schedule, HOUR, -SECOND).code == "end_before_start"
    assert schedule(HOUR, SECOND).changed


def test_a_beginning_more_than_a_year_ahead_is_a_typing_mistake(clock: Clock) -> None:
    refused = refusal(schedule, FARTHEST + SECOND)
    assert refused.code == "too_far_ahead"
    assert "more than 366 days ahead: probably a typing mistake" in sentence(refused)
    assert schedule(FARTHEST, LONGEST).changed


def test_a_planned_one_too_may_not_be_longer_than_31_days(clock: Clock) -> None:
    assert refusal(schedule, DAY, LONGEST + SECOND).code == "too_long"
    assert schedule(DAY, LONGEST).changed


def test_planning_the_very_same_again_is_harmless(clock: Clock) -> None:
    first = schedule(DAY, message="Basis data")
    for message in (None, "Basis data"):
        again = schedule(DAY, message=message)
        assert (again.closure, again.changed) == (first.closure, False)
    assert refusal(schedule, DAY, message="Jaringan").code == "overlap"
    assert Closure.objects.count() == ClosureEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("starts_in", "lasts"),
    [
        (DAY - HOUR, HOUR + SECOND),
        (DAY + HOUR - SECOND, HOUR),
        (DAY + 10 * MINUTE, MINUTE),
        (DAY - HOUR, 5 * HOUR),
    ],
)
def test_an_overlap_is_refused_with_the_other_one(clock: Clock, starts_in: timedelta, lasts: timedelta) -> None:
    other = closing(schedule(DAY))
    refused = refusal(schedule, starts_in, lasts)
    assert refused.code == "overlap"
    for words in (f"#{other.pk}", times.show(other.starts_at), times.show(present(other.ends_at))):
        assert words in sentence(refused)


def test_neighbours_do_not_overlap(clock: Clock) -> None:
    schedule(DAY)
    assert schedule(DAY - HOUR).changed and schedule(DAY + HOUR).changed


def test_what_is_cancelled_or_over_is_in_nobodys_way(clock: Clock) -> None:
    schedule(DAY)
    planning.cancel(by=BUDI)
    assert schedule(DAY).changed
    clock.shift(DAY + HOUR)
    assert planning.close(by=BUDI).changed


def test_closing_now_may_not_reach_into_a_planned_closing(clock: Clock) -> None:
    schedule(HOUR)
    assert refusal(close).code == refusal(close, ends_at=NOW + HOUR + SECOND).code == "overlap"
    assert close(ends_at=NOW + HOUR).changed


# Opening


def test_opening_ends_the_present_closing_now(clock: Clock) -> None:
    close(ends_at=NOW + HOUR)
    clock.shift(MINUTE)
    outcome = planning.open(by="kepala@web2")
    assert outcome.changed
    assert Closure.objects.get().ends_at == NOW + MINUTE
    assert not planning.open(by=BUDI).changed


def test_opening_at_the_moment_of_closing_works(clock: Clock) -> None:
    close()
    assert planning.open(by=BUDI).changed
    clock.shift(SECOND)
    assert not Closure.objects.get().is_on(NOW + SECOND)


def test_opening_leaves_what_is_planned(clock: Clock) -> None:
    planned = closing(schedule(DAY))
    before = stored()
    outcome = planning.open(by=BUDI)
    assert (outcome.closure, outcome.changed) == (None, False)
    assert stored() == before
    assert planned.is_ahead(NOW)


# Moving the end


@pytest.mark.parametrize(
    ("typed", "hour", "minute"), [("+30m", 3, 30), ("02:20", 2, 20), ("2026-11-23 05:00", 5, 0), ("04:00 WITA", 3, 0)]
)
def test_the_end_moves_to_a_time_or_by_a_duration(clock: Clock, typed: str, hour: int, minute: int) -> None:
    close(ends_at=NOW + HOUR)
    outcome = extend(typed)
    assert closing(outcome).ends_at == NOW.replace(hour=hour, minute=minute)
    assert outcome.changed == (hour != 3 or minute != 0), "the same end again is harmless"


def test_a_duration_counts_from_now_when_there_is_no_end_yet(clock: Clock) -> None:
    close()
    clock.shift(40 * DAY)
    assert closing(extend("+30m")).ends_at == NOW + 40 * DAY + 30 * MINUTE, "however long it has been closed"


def test_an_end_may_lie_31_days_ahead_but_not_more(clock: Clock) -> None:
    close()
    clock.shift(HOUR)
    assert refusal(extend, "+31d1m").code == "too_long"
    assert extend("+31d").changed


def test_an_end_in_the_past_is_refused_with_how_to_open(clock: Clock) -> None:
    close(ends_at=NOW + HOUR)
    for typed in ("2026-11-23 02:00", "2026-11-22 00:00"):
        refused = refusal(extend, typed)
        assert refused.code == "end_in_past" and "maintenance off" in sentence(refused)
    assert extend("2026-11-23 02:01").changed


def test_an_end_may_not_reach_into_the_next_closing(clock: Clock) -> None:
    close(ends_at=NOW + HOUR)
    schedule(2 * HOUR)
    assert refusal(extend, "+1h1m").code == "overlap"
    assert extend("+1h").changed


def test_moving_the_end_needs_a_closing(clock: Clock) -> None:
    refused = refusal(extend, "+30m")
    assert refused.code == "not_closed" and "no closing is planned" in sentence(refused)
    closure = closing(schedule(DAY))
    assert f"name a planned closing with --number: #{closure.pk}" in sentence(refusal(extend, "+30m"))


def test_a_planned_closing_is_moved_by_its_number(clock: Clock) -> None:
    number = closing(schedule(DAY)).pk
    assert closing(extend("+30m", number)).ends_at == NOW + DAY + 90 * MINUTE
    assert closing(extend("02:30", number)).ends_at == NOW + DAY + 30 * MINUTE, "the next after its beginning"
    assert refusal(extend, "2026-11-24 02:00", number).code == "end_before_start"
    assert refusal(extend, "2026-11-22 02:00", number).code == "end_in_past"


def test_a_planned_closing_without_an_end_gets_one_from_its_beginning(clock: Clock) -> None:
    number = closing(close(starts_at=NOW + HOUR)).pk
    assert closing(extend("+30m", number)).ends_at == NOW + HOUR + 30 * MINUTE


def test_what_is_over_cancelled_or_unknown_cannot_be_moved(clock: Clock) -> None:
    over, cancelled = closing(close(ends_at=NOW + MINUTE)).pk, closing(schedule(HOUR)).pk
    planning.cancel(cancelled, by=BUDI)
    clock.shift(MINUTE)
    assert "is over" in sentence(refusal(extend, "+1h", over))
    assert "is cancelled" in sentence(refusal(extend, "+1h", cancelled))
    assert refusal(extend, "+1h", cancelled + 1).code == "unknown_number"
    assert refusal(extend, "+1h", 10**18 - 1).code == "unknown_number"


# Cancelling


def test_the_only_planned_closing_needs_no_number(clock: Clock) -> None:
    closure = schedule(DAY).closure
    outcome = planning.cancel(by=BUDI)
    assert (outcome.closure, outcome.changed) == (closure, True)
    assert Closure.objects.get().cancelled_at == NOW


def test_nothing_planned_is_nothing_to_cancel(clock: Clock) -> None:
    outcome = planning.cancel(by=BUDI)
    assert (outcome.closure, outcome.changed) == (None, False)


def test_several_planned_are_listed_and_one_is_cancelled_by_its_number(clock: Clock) -> None:
    first, second = closing(schedule(DAY)), closing(schedule(2 * DAY))
    refused = refusal(planning.cancel, by=BUDI)
    assert refused.code == "several"
    assert f"#{first.pk}" in sentence(refused) and f"#{second.pk}" in sentence(refused)
    assert planning.cancel(second.pk, by=BUDI).changed
    assert not planning.cancel(second.pk, by=BUDI).changed, "cancelled already"
    assert Closure.objects.get(cancelled_at=None) == first


def test_what_has_begun_is_opened_not_cancelled(clock: Clock) -> None:
    number = closing(schedule(HOUR)).pk
    clock.shift(HOUR)
    refused = refusal(planning.cancel, number, by=BUDI)
    assert refused.code == "in_effect" and "maintenance off" in sentence(refused)
    clock.shift(HOUR)
    assert refusal(planning.cancel, number, by=BUDI).code == "over"
    assert refusal(planning.cancel, number + 1, by=BUDI).code == "unknown_number"


def test_it_can_be_cancelled_until_it_begins(clock: Clock) -> None:
    schedule(HOUR)
    clock.shift(HOUR - SECOND)
    assert planning.cancel(by=BUDI).changed


# Messages and events


def test_a_message_has_its_length(clock: Clock) -> None:
    refused = refusal(close, message="x" * (MESSAGE_LENGTH + 1))
    assert refused.code == "message_too_long"
    assert "has 301 characters; at most 300" in sentence(refused)
    assert close(message="x" * MESSAGE_LENGTH).changed


@pytest.mark.parametrize("evil", ["a\x1b[31mb", "a\u202eb", "a\x00b", "a\udcffb", "a\r\nb", "a\u2028b"])
def test_a_message_is_harmless(clock: Clock, evil: str) -> None:
    message = closing(close(message=evil)).message
    assert message.isprintable()
    assert message.startswith("a") and message.endswith("b")


def test_each_change_is_an_event(clock: Clock) -> None:
    close(ends_at=NOW + HOUR, message="Basis data")
    extend("+1h")
    planning.open(by="kepala\x1b@web2" + "x" * 300)
    schedule(DAY)
    planning.cancel(by=BUDI)
    rows = list(ClosureEvent.objects.order_by("id"))
    assert [row.kind for row in rows] == ["closed", "extended", "opened", "scheduled", "cancelled"]
    assert [row.ends_at for row in rows[:2]] == [NOW + HOUR, NOW + 2 * HOUR]
    assert (rows[0].by, rows[0].message, rows[0].at) == (BUDI, "Basis data", NOW)
    assert rows[2].by.startswith("kepala@web2") and len(rows[2].by) == 200


# Several operators at once


def outcome(change: Callable[[], Outcome]) -> str:
    try:
        return "changed" if change().changed else "unchanged"
    except Refused as refused:
        return refused.code


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_close_at_once_one_does() -> None:
    results = at_once([partial(outcome, partial(close, message="Basis data"))] * 8)
    assert sorted(results) == ["changed"] + ["unchanged"] * 7
    assert Closure.objects.count() == ClosureEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_plan_at_once_one_does() -> None:
    begin = datetime.now(ZONES["WIB"]) + DAY

    def plan(number: int) -> Outcome:
        starts_at = begin + number * 5 * MINUTE
        return planning.schedule(starts_at=starts_at, ends_at=starts_at + HOUR, by=BUDI)

    results = at_once(partial(outcome, partial(plan, number)) for number in range(8))
    assert sorted(results) == ["changed"] + ["overlap"] * 7
    assert Closure.objects.count() == ClosureEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_open_at_once_one_does() -> None:
    close()
    results = at_once([partial(outcome, partial(planning.open, by=BUDI))] * 8)
    assert sorted(results) == ["changed"] + ["unchanged"] * 7


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_extend_by_a_duration_all_do_one_after_the_other() -> None:
    ends_at = present(closing(close(ends_at=datetime.now(ZONES["WIB"]) + HOUR)).ends_at)
    at_once([partial(outcome, partial(extend, "+10m"))] * 8)
    assert Closure.objects.get().ends_at == ends_at + 80 * MINUTE
