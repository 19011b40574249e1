"""The rules of signing in, without database or clock."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from accounts import policy
from accounts.policy import Tally

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def at(minutes: float = 0, seconds: float = 0) -> datetime:
    return START + timedelta(minutes=minutes, seconds=seconds)


def failed(*minutes: float) -> Tally:
    return Tally(failures=tuple(at(minute) for minute in minutes))


def try_and_fail(tally: Tally, now: datetime) -> Tally:
    return policy.fail(policy.reserve(tally, now), now, now)


def test_three_attempts_are_reserved_and_no_fourth() -> None:
    tally = Tally()
    for second in range(3):
        tally = policy.reserve(tally, at(seconds=second))
    assert policy.reserve(tally, at(seconds=3)) is None
    assert policy.locked_until(tally, at(seconds=3)) is None, "three without a verdict are no lock"


def test_third_failure_locks_for_three_minutes_from_then() -> None:
    tally = Tally()
    for minute in (0, 1, 2):
        assert policy.locked_until(tally, at(minute)) is None
        tally = try_and_fail(tally, at(minute))
    assert policy.locked_until(tally, at(2)) == at(5)
    assert policy.reserve(tally, at(4, 59.999)) is None
    assert policy.reserve(tally, at(5)) is not None


def test_first_failure_growing_old_does_not_open_a_lock() -> None:
    tally = failed(0, 14.5, 14.9)
    assert policy.locked_until(tally, at(16)) == at(17.9)
    assert policy.reserve(tally, at(17.89)) is None


def test_three_new_tries_after_a_lock() -> None:
    after = policy.reserve(failed(0, 1, 2), at(5))
    assert after == Tally(reserved=(at(5),))
    assert policy.tries_left(failed(0, 1, 2), at(5)) == 3


def test_each_failure_is_forgotten_after_fifteen_minutes() -> None:
    tally = failed(0, 10)
    assert policy.tries_left(tally, at(14, 59.9)) == 1
    assert policy.tries_left(tally, at(15)) == 2
    assert policy.tries_left(tally, at(25)) == 3


def test_right_password_ends_the_row_of_failures_but_keeps_others_reservations() -> None:
    tally = Tally(failures=(at(0),), reserved=(at(1), at(2)))
    assert policy.restore(tally, at(1)) == Tally(reserved=(at(2),))


def test_reservation_without_a_verdict_counts_as_failure_after_a_minute() -> None:
    tally = Tally(reserved=(at(0), at(0, 1), at(0, 2)))
    assert policy.locked_until(tally, at(0, 61.9)) is None
    assert policy.locked_until(tally, at(0, 62)) == at(3, 2)


def test_late_verdict_is_not_counted_twice() -> None:
    tally = Tally(reserved=(at(0),))
    assert policy.fail(tally, at(0), at(1, 30)) == Tally(failures=(at(0),), streak=1)


def test_equal_moments_of_two_reservations_are_kept_apart() -> None:
    tally = policy.reserve(policy.reserve(Tally(), at(0)), at(0))
    assert policy.restore(tally, at(0)).reserved == (at(0),)


def test_address_waits_from_the_sixtieth_failure_until_fewer_count() -> None:
    tally = Tally()
    for second in range(policy.ADDRESS_THRESHOLD - 1):
        tally = policy.charge_address(tally, at(seconds=second))
    assert policy.address_waits_until(tally, at(1)) is None
    tally = policy.charge_address(tally, at(1))
    assert policy.address_waits_until(tally, at(1)) == at(10)
    assert policy.address_waits_until(tally, at(9, 59)) == at(10)
    assert policy.address_waits_until(tally, at(10)) is None


def test_address_keeps_no_more_failures_than_it_needs() -> None:
    tally = Tally()
    for second in range(200):
        tally = policy.charge_address(tally, at(seconds=second))
    assert len(tally.failures) == policy.ADDRESS_THRESHOLD


def test_counter_is_superfluous_once_nothing_counts() -> None:
    assert policy.forgotten_at(Tally(), at(0)) > at(0) + policy.RESERVATION_LIFE, "no slow reader meets another row"
    for tally in (failed(0), failed(0, 1, 2), Tally(reserved=(at(0),))):
        gone = policy.forgotten_at(tally, at(2))
        settled = policy.settle(tally, gone)
        assert (settled.failures, settled.reserved) == ((), ())


def test_failures_in_a_row_are_counted_however_far_apart() -> None:
    tally = Tally()
    for hour in range(policy.FAILURES_BEFORE_RESET):
        now = at(60 * hour)
        assert not policy.is_closed(tally, now)
        tally = try_and_fail(tally, now)
    much_later = now + policy.STREAK_MEMORY
    assert policy.is_closed(tally, much_later)
    assert policy.reserve(tally, much_later) is None
    assert policy.forgotten_at(tally, now) > much_later


def test_right_password_ends_the_row() -> None:
    tally = policy.reserve(Tally(streak=99), at(0))
    assert policy.restore(tally, at(0)).streak == 0


def test_reservations_are_counted_towards_the_end_of_the_row() -> None:
    tally = policy.reserve(Tally(streak=98), at(0))
    tally = policy.reserve(tally, at(0, 1))
    assert policy.reserve(tally, at(0, 2)) is None, "both may fail"
    assert not policy.is_closed(tally, at(0, 2))
    assert policy.closes(tally, at(2)), "their verdicts never came"


def test_forgiving_lifts_a_lock_and_keeps_the_row() -> None:
    locked = Tally(failures=(at(0), at(1), at(2)), streak=7)
    assert policy.forgive(locked, at(3)) == Tally(streak=7)
    assert policy.forgive(Tally(streak=7), at(3)) is None


def test_letter_is_tried_again_with_growing_waits_for_a_day() -> None:
    now, waits = at(0), []
    while again := policy.letter_tried_again_at(len(waits) + 1, at(0), now):
        waits.append(again - now)
        now = again
    minutes = [wait / timedelta(minutes=1) for wait in waits]
    assert minutes[:8] == [1, 2, 4, 8, 16, 32, 64, 120]
    assert set(minutes[8:]) == {120}
    assert now <= at(0) + policy.LETTER_LIFE < now + waits[-1]
    assert policy.letter_tried_again_at(10_000, at(0), at(1)) == at(121), "no number is too large"


@pytest.mark.parametrize(
    ("typed", "same"), [(" Siti@Example.ID ", True), ("ｓiti@example.id", True), ("siti@x.id", False)]
)
def test_email_addresses_are_compared_in_one_spelling(typed: str, same: bool) -> None:
    assert policy.same_email(typed, "siti@example.id") is same


@pytest.mark.parametrize(
    ("typed", "username"),
    [
        ("  SITI ", "siti"),
        ("ｓｉｔｉ", "siti"),
        ("0114b026", "0114b026"),
        ("0114B026", "0114b026"),
        ("Straße", "strasse"),
    ],
)
def test_user_name_has_one_spelling(typed: str, username: str) -> None:
    assert policy.normalise_username(typed) == username
    assert policy.normalise_username(username) == username


def test_password_is_neither_cut_nor_trimmed() -> None:
    decomposed = " cafe\u0301 " * 30
    assert policy.normalise_password(decomposed) == " café " * 30


@pytest.mark.parametrize(
    ("staff", "idle", "lifetime"), [(False, 30, 12 * 60), (True, 15, 8 * 60)], ids=["facility", "staff"]
)
def test_session_ends_idle_or_at_the_end_of_its_life(staff: bool, idle: int, lifetime: int) -> None:
    assert policy.session_expires(at(0), at(5), staff=staff) == at(5 + idle)
    assert policy.session_expires(at(0), at(lifetime - 1), staff=staff) == at(lifetime)


def test_user_name_shape_is_plain() -> None:
    assert re.fullmatch(policy.USERNAME_SHAPE, "pkm_kedawung")
    for bad in ("ab", "_abc", "a" * 65, "siti aminah", "сити", "a\x00b", "SITI"):
        assert not re.fullmatch(policy.USERNAME_SHAPE, bad)
