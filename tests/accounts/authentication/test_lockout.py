"""The lockout: three failures lock a name for three minutes."""

import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.utils import timezone

from accounts import policy
from accounts.authentication import attempt, counters
from accounts.clients import keys
from accounts.clients.keys import strangers_key
from accounts.clients.origin import client_address
from accounts.models import Account, AttemptCounter, SecurityEvent
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD
from tests.support.outcomes import error_codes, kinds, visible
from tests.support.present import present
from tests.support.visitor import Visitor

Kind = SecurityEvent.Kind
WRONG = "salah salah salah"


def fail(times: int, name: str = "siti", **visitor: str) -> None:
    for _ in range(times):
        Visitor(**visitor).sign_in(name, WRONG)


def test_third_failure_locks_for_three_minutes(clock: Clock, siti: Account) -> None:
    fail(3)
    for seconds, signed_in in ((0, False), (179, False), (1, True)):
        clock.shift(seconds)
        visitor = Visitor()
        visitor.sign_in("siti", PASSWORD)
        assert visitor.is_signed_in() == signed_in


def test_page_says_how_many_tries_are_left_for_any_name(visitor: Visitor, siti: Account) -> None:
    for name in ("siti", "tidakada"):
        for left in (2, 1):
            response = visitor.sign_in(name, WRONG)
            assert (response.status_code, error_codes(response)) == (422, {"wrong"})
            error = response.context["form"].non_field_errors().as_data()[0]
            assert (error.params["tries"], error.params["minutes"]) == (left, 3)
            assert f"{left}" in error.messages[0]
        locked = visitor.sign_in(name, WRONG)
        assert (locked.status_code, error_codes(locked)) == (429, {"locked_out"})


@pytest.mark.parametrize("name", ["siti", "tidakada"])
def test_lock_page_says_how_long(clock: Clock, siti: Account, name: str) -> None:
    fail(3, name)
    clock.shift(50)
    response = Visitor().sign_in(name, PASSWORD)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "130"
    assert "130" in visible(response), "without scripts too"


def test_attempts_during_a_lock_do_not_lengthen_it(clock: Clock, siti: Account) -> None:
    fail(3)
    before = AttemptCounter.objects.values()[0]
    for _ in range(5):
        clock.shift(30)
        fail(1)
    assert AttemptCounter.objects.get(pk=before["key"]).failures == before["failures"]
    clock.shift(31)
    visitor = Visitor()
    visitor.sign_in("siti", PASSWORD)
    assert visitor.is_signed_in()


def test_failures_older_than_fifteen_minutes_are_forgotten(clock: Clock, siti: Account) -> None:
    fail(2)
    clock.shift(policy.OBSERVATION_WINDOW)
    fail(2)
    visitor = Visitor()
    visitor.sign_in("siti", PASSWORD)
    assert visitor.is_signed_in()


def test_right_password_ends_the_row_of_failures(siti: Account) -> None:
    for _ in range(3):
        fail(2)
        visitor = Visitor()
        visitor.sign_in("siti", PASSWORD)
        assert visitor.is_signed_in()
        visitor.press("/keluar/")


@pytest.mark.parametrize("spellings", [["siti", "SITI", " siti "], ["ｓｉｔｉ", "Siti", "siti\u3000"]])
def test_spelling_gives_no_fresh_counter(siti: Account, spellings: list[str]) -> None:
    for spelling in spellings:
        fail(1, spelling)
    assert Visitor().sign_in("siti", PASSWORD).status_code == 429


def test_forwarded_addresses_give_no_fresh_counter(siti: Account) -> None:
    for last in range(3):
        fail(1, address=f"198.51.100.{last}")
    assert Visitor(address="192.0.2.1").sign_in("siti", PASSWORD).status_code == 429


def test_made_up_hops_do_not_hide_an_address(siti: Account) -> None:
    for last in range(3):
        fail(1, f"nama{last}", address=f"10.0.0.{last}, 203.0.113.7")
    [address] = counters.load(present(keys.address_key("203.0.113.7")))
    assert len(address.tally.failures) == 3


def test_events_of_a_lock(siti: Account) -> None:
    fail(5)
    assert kinds() == [Kind.SIGN_IN_FAILED] * 3 + [Kind.LOCKED_OUT]
    assert set(SecurityEvent.objects.values_list("account", flat=True)) == {siti.pk}
    fail(3, "tidakada")
    assert SecurityEvent.objects.filter(account=None).count() == 4


def test_stranger_locks_out_strangers_only(siti: Account) -> None:
    clinic = Visitor()
    clinic.sign_in("siti", PASSWORD)
    clinic.get("/")
    clinic.press("/keluar/")
    fail(3)
    assert Visitor().sign_in("siti", PASSWORD).status_code == 429
    clinic.sign_in("siti", PASSWORD)
    assert clinic.is_signed_in()


def test_known_browser_has_three_tries_of_its_own(siti: Account) -> None:
    clinic = Visitor()
    clinic.sign_in("siti", PASSWORD)
    clinic.get("/")
    clinic.press("/keluar/")
    for _ in range(2):
        assert clinic.sign_in("siti", WRONG).status_code == 422
    assert clinic.sign_in("siti", WRONG).status_code == 429
    assert clinic.sign_in("siti", PASSWORD).status_code == 429
    stranger = Visitor()
    stranger.sign_in("siti", PASSWORD)
    assert stranger.is_signed_in()


def known_browser(account: Account) -> Visitor:
    visitor = Visitor()
    visitor.sign_in(account.username, PASSWORD)
    visitor.get("/")
    visitor.press("/keluar/")
    return visitor


def test_browser_is_known_to_the_account_that_signed_in_there(siti: Account, budi: Account) -> None:
    fail(3, "budi")
    assert known_browser(siti).sign_in("budi", PASSWORD).status_code == 429


def test_shared_pc_is_known_to_both(siti: Account, budi: Account) -> None:
    shared = known_browser(siti)
    shared.sign_in("budi", PASSWORD)
    shared.get("/")
    shared.press("/keluar/")
    fail(3, "siti")
    fail(3, "budi")
    for name in ("siti", "budi"):
        shared.sign_in(name, PASSWORD)
        shared.get("/")
        assert shared.is_signed_in()
        shared.press("/keluar/")


def test_password_change_makes_browsers_unknown(siti: Account) -> None:
    clinic = known_browser(siti)
    siti.set_password("kata sandi yang baru sekali")
    siti.save()
    fail(3)
    assert clinic.sign_in("siti", "kata sandi yang baru sekali").status_code == 429


def test_browser_is_known_for_ninety_days(clock: Clock, siti: Account) -> None:
    clinic, start = known_browser(siti), timezone.now()
    for days, status in ((89, 302), (91, 429)):
        clock.move_to(start + timedelta(days=days))
        fail(3)
        copy = Visitor()
        copy.client.cookies["__Host-device"] = clinic.cookie("device")
        assert copy.sign_in("siti", PASSWORD).status_code == status


@pytest.mark.parametrize("forged", ["", "x", "a" * 4000, "e30:1abc:sig", "%00"])
def test_forged_device_cookie_is_a_stranger_s(siti: Account, forged: str) -> None:
    fail(3)
    forger = Visitor()
    forger.client.cookies["__Host-device"] = forged
    assert forger.sign_in("siti", PASSWORD).status_code == 429


def test_device_cookie_of_another_account_opens_nothing(siti: Account, budi: Account) -> None:
    forger = known_browser(budi)
    fail(3)
    assert forger.sign_in("siti", PASSWORD).status_code == 429


def spray(count: int, address: str) -> None:
    key = present(keys.address_key(address))
    for _ in range(count):
        [counter] = counters.load(key)
        counters.change(counter, lambda tally: tally.charge_address(timezone.now()))


def test_strangers_at_a_spraying_address_wait(siti: Account, budi: Account) -> None:
    clinic = known_browser(siti)
    spray(policy.ADDRESS_THRESHOLD - 1, "203.0.113.7")
    assert Visitor().sign_in("tidakada", WRONG).status_code == 422
    waiting = Visitor().sign_in("budi", PASSWORD)
    assert (waiting.status_code, error_codes(waiting)) == (429, {"address_waits"})
    assert 590 < int(waiting.headers["Retry-After"]) <= 600
    clinic.sign_in("siti", PASSWORD)
    assert clinic.is_signed_in(), "a known browser at the same address is not touched"
    elsewhere = Visitor(address="203.0.113.8")
    elsewhere.sign_in("budi", PASSWORD)
    assert elsewhere.is_signed_in()


def test_one_customer_s_ipv6_addresses_are_one(db: None) -> None:
    assert keys.address_key("2001:db8::1") == keys.address_key("2001:db8::ffff")
    assert keys.address_key("2001:db8::1") != keys.address_key("2001:db8:0:1::1")
    assert keys.address_key("192.0.2.1") != keys.address_key("192.0.2.2")


def test_ipv4_written_as_ipv6_is_ipv4(rf: RequestFactory) -> None:
    def address(remote: str) -> str | None:
        return client_address(rf.get("/", REMOTE_ADDR=remote))

    assert address("::ffff:203.0.113.7") == "203.0.113.7"
    assert address("FE80::1%eth0") == "fe80::1"
    assert address("unix:") is None


def test_counter_swept_meanwhile_is_not_taken_for_the_new_one(db: None) -> None:
    """A slow request that holds a deleted row's version must not overwrite what others have counted since."""
    now = timezone.now()
    stale = counters.Counter("key")
    counters.change(stale, lambda tally: tally.reserve(now))
    AttemptCounter.objects.all().delete()
    latest = counters.Counter("key")
    for _ in range(2):
        counters.change(latest, lambda tally: tally.reserve(now))
    counters.change(stale, lambda tally: tally.reserve(now))
    assert len(stale.tally.reserved) == 3
    assert not counters.change(latest, lambda tally: tally.reserve(now))


def test_nothing_typed_is_stored(siti: Account) -> None:
    fail(1, "rahasia.diketik")
    for row in AttemptCounter.objects.values():
        assert len(row["key"]) == 64
        assert "rahasia" not in str(row)
    assert "rahasia" not in str(list(SecurityEvent.objects.values()))


def test_sweep_deletes_what_counts_no_more(clock: Clock, siti: Account) -> None:
    fail(3)
    rows = AttemptCounter.objects.count()
    assert counters.sweep() == 0
    assert rows == 2
    clock.shift(policy.OBSERVATION_WINDOW + policy.RESERVATION_LIFE)
    assert counters.sweep() == 1, "that of the address; the name's failures in a row are remembered"
    clock.shift(policy.STREAK_MEMORY)
    assert counters.sweep() == 1


def test_full_waiting_room_refuses_at_once(siti: Account) -> None:
    places = settings.WEB_THREADS - 1
    assert all(attempt.waiting_room.acquire(blocking=False) for _ in range(places))
    try:
        assert not attempt.waiting_room.acquire(blocking=False), "one thread is left to everybody else"
        now = timezone.now()
        counter = counters.Counter(strangers_key("siti"))
        for _ in range(3):
            counters.change(counter, lambda tally: tally.reserve(now))
        start = time.monotonic()
        assert error_codes(Visitor().sign_in("siti", PASSWORD)) == {"busy"}
        assert time.monotonic() - start < policy.VERDICT_WAIT.total_seconds()
    finally:
        for _ in range(places):
            attempt.waiting_room.release()


def test_full_counter_without_verdicts_is_busy_not_locked(siti: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "VERDICT_WAIT", timedelta(milliseconds=100))
    now = timezone.now()
    counter = counters.Counter(strangers_key("siti"))
    for _ in range(3):
        counters.change(counter, lambda tally: tally.reserve(now))
    response = Visitor().sign_in("siti", PASSWORD)
    assert (response.status_code, error_codes(response)) == (429, {"busy"})
    counters.change(counter, lambda tally: tally.restore(now))
    visitor = Visitor()
    visitor.sign_in("siti", PASSWORD)
    assert visitor.is_signed_in()
