"""What a counter of attempts decides, without database or clock."""

from datetime import UTC, datetime, timedelta

from accounts import policy
from accounts.authentication.tally import Tally
from tests.support.present import present

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def at(minutes: float = 0, seconds: float = 0) -> datetime:
    return START + timedelta(minutes=minutes, seconds=seconds)


def failed(*minutes: float) -> Tally:
    return Tally(failures=tuple(at(minute) for minute in minutes))


def reserved(tally: Tally, now: datetime) -> Tally:
    return present(tally.reserve(now))


def try_and_fail(tally: Tally, now: datetime) -> Tally:
    return reserved(tally, now).fail(now, now)


def test_three_attempts_are_reserved_and_no_fourth() -> None:
    tally = Tally()
    for second in range(3):
        tally = reserved(tally, at(seconds=second))
    assert tally.reserve(at(seconds=3)) is None
    assert tally.locked_until(at(seconds=3)) is None, "three without a verdict are no lock"


def test_third_failure_locks_for_three_minutes_from_then() -> None:
    tally = Tally()
    for minute in (0, 1, 2):
        assert tally.locked_until(at(minute)) is None
        tally = try_and_fail(tally, at(minute))
    assert tally.locked_until(at(2)) == at(5)
    assert tally.reserve(at(4, 59.999)) is None
    assert tally.reserve(at(5)) is not None


def test_first_failure_growing_old_does_not_open_a_lock() -> None:
    tally = failed(0, 14.5, 14.9)
    assert tally.locked_until(at(16)) == at(17.9)
    assert tally.reserve(at(17.89)) is None


def test_three_new_tries_after_a_lock() -> None:
    after = failed(0, 1, 2).reserve(at(5))
    assert after == Tally(reserved=(at(5),))
    assert failed(0, 1, 2).tries_left(at(5)) == 3


def test_each_failure_is_forgotten_after_fifteen_minutes() -> None:
    tally = failed(0, 10)
    assert tally.tries_left(at(14, 59.9)) == 1
    assert tally.tries_left(at(15)) == 2
    assert tally.tries_left(at(25)) == 3


def test_right_password_ends_the_row_of_failures_but_keeps_others_reservations() -> None:
    tally = Tally(failures=(at(0),), reserved=(at(1), at(2)))
    assert tally.restore(at(1)) == Tally(reserved=(at(2),))


def test_reservation_without_a_verdict_counts_as_failure_after_a_minute() -> None:
    tally = Tally(reserved=(at(0), at(0, 1), at(0, 2)))
    assert tally.locked_until(at(0, 61.9)) is None
    assert tally.locked_until(at(0, 62)) == at(3, 2)


def test_late_verdict_is_not_counted_twice() -> None:
    tally = Tally(reserved=(at(0),))
    assert tally.fail(at(0), at(1, 30)) == Tally(failures=(at(0),), streak=1)


def test_equal_moments_of_two_reservations_are_kept_apart() -> None:
    tally = reserved(reserved(Tally(), at(0)), at(0))
    assert tally.restore(at(0)).reserved == (at(0),)


def test_address_waits_from_the_sixtieth_failure_until_fewer_count() -> None:
    tally = Tally()
    for second in range(policy.ADDRESS_THRESHOLD - 1):
        tally = tally.charge_address(at(seconds=second))
    assert tally.address_waits_until(at(1)) is None
    tally = tally.charge_address(at(1))
    assert tally.address_waits_until(at(1)) == at(10)
    assert tally.address_waits_until(at(9, 59)) == at(10)
    assert tally.address_waits_until(at(10)) is None


def test_address_keeps_no_more_failures_than_it_needs() -> None:
    tally = Tally()
    for second in range(200):
        tally = tally.charge_address(at(seconds=second))
    assert len(tally.failures) == policy.ADDRESS_THRESHOLD


def test_counter_is_superfluous_once_nothing_counts() -> None:
    assert Tally().forgotten_at(at(0)) > at(0) + policy.RESERVATION_LIFE, "no slow reader meets another row"
    for tally in (failed(0), failed(0, 1, 2), Tally(reserved=(at(0),))):
        gone = tally.forgotten_at(at(2))
        settled = tally.settle(gone)
        assert (settled.failures, settled.reserved) == ((), ())


def test_failures_in_a_row_are_counted_however_far_apart() -> None:
    tally = Tally()
    for hour in range(policy.FAILURES_BEFORE_RESET):
        now = at(60 * hour)
        assert not tally.is_barred(now)
        tally = try_and_fail(tally, now)
    much_later = now + policy.STREAK_MEMORY
    assert tally.is_barred(much_later)
    assert tally.reserve(much_later) is None
    assert tally.forgotten_at(now) > much_later


def test_right_password_ends_the_row() -> None:
    tally = reserved(Tally(streak=99), at(0))
    assert tally.restore(at(0)).streak == 0


def test_reservations_are_counted_towards_the_end_of_the_row() -> None:
    tally = reserved(Tally(streak=98), at(0))
    tally = reserved(tally, at(0, 1))
    assert tally.reserve(at(0, 2)) is None, "both may fail"
    assert not tally.is_barred(at(0, 2))
    assert tally.becomes_barred(at(2)), "their verdicts never came"


def test_forgiving_lifts_a_lock_and_keeps_the_row() -> None:
    locked = Tally(failures=(at(0), at(1), at(2)), streak=7)
    assert locked.lift_lock(at(3)) == Tally(streak=7)
    assert Tally(streak=7).lift_lock(at(3)) is None
