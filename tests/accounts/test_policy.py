"""The rules of signing in, without database or clock."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from accounts import policy

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def at(minutes: float = 0, seconds: float = 0) -> datetime:
    return START + timedelta(minutes=minutes, seconds=seconds)


def test_letter_is_tried_again_with_growing_waits_for_a_day() -> None:
    now = at(0)
    waits: list[timedelta] = []
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
