"""A hundred failures in a row by strangers: then only known browsers and a new password get in."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts import policy
from accounts.authentication import counters, lockout
from accounts.authentication.tally import Tally
from accounts.clients.keys import strangers_key
from accounts.models import Account, AttemptCounter, Letter, SecurityEvent
from accounts.passwords import setting
from facilities.models import Facility
from tests.support import mailbox
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD
from tests.support.mailbox import NEW_PASSWORD
from tests.support.parallel import at_once
from tests.support.visitor import Visitor, text

pytestmark = pytest.mark.django_db(transaction=True)
Kind = SecurityEvent.Kind
WRONG = "salah salah salah"
BARRED = "hanya dapat dipakai di browser yang pernah masuk"


@pytest.fixture
def known(siti: Account) -> Visitor:
    """A browser that siti has signed in with, and out again."""
    visitor = Visitor()
    visitor.sign_in("siti", PASSWORD)
    visitor.get("/")
    visitor.press("/keluar/")
    return visitor


def fail(clock: Clock, username: str, times: int) -> None:
    """Let strangers fail that often, waiting for each lock to end; the clock stands where it stood."""
    start = timezone.now()
    for number in range(times):
        answer = Visitor(address=f"2001:db8:{number:x}::1").sign_in(username, WRONG)
        assert answer.status_code in (422, 429)
        if number % policy.LOCKOUT_THRESHOLD == policy.LOCKOUT_THRESHOLD - 1:
            clock.shift(policy.LOCKOUT_DURATION)
    clock.move_to(start)
    # These failures lie in the future by now: bring them back, the streak stays.
    (counter,) = counters.load(strangers_key(username))
    counters.change(counter, lambda tally: Tally(streak=tally.streak))


def streak(username: str) -> int:
    (counter,) = counters.load(strangers_key(username))
    return counter.tally.streak


def set_streak(username: str, failures: int) -> None:
    (counter,) = counters.load(strangers_key(username))
    counters.change(counter, lambda tally: Tally(streak=failures))


def test_hundredth_failure_bars_the_name_to_strangers(
    clock: Clock, known: Visitor, siti: Account, mailoutbox: list[Any]
) -> None:
    fail(clock, "siti", 99)
    assert Visitor().sign_in("siti", WRONG).status_code == 429
    answer = Visitor().sign_in("siti", PASSWORD)
    assert answer.status_code == 429
    assert "Retry-After" not in answer.headers
    assert BARRED in text(answer)
    assert streak("siti") == 100
    assert known.sign_in("siti", PASSWORD).status_code == 302, "a known browser gets in"
    letter = mailbox.newest(mailoutbox)
    assert "100" in letter.body
    assert len(mailoutbox) == 1
    assert SecurityEvent.objects.filter(kind=Kind.BARRED, account=siti).count() == 1


def test_ninety_nine_failures_do_not(siti: Account) -> None:
    set_streak("siti", 99)
    assert Visitor().sign_in("siti", PASSWORD).status_code == 302
    assert streak("siti") == 0, "a stranger's right password ends the row"


def test_it_stays_barred_however_long_one_waits(clock: Clock, siti: Account, mailoutbox: list[Any]) -> None:
    set_streak("siti", 99)
    Visitor().sign_in("siti", WRONG)
    clock.shift(policy.STREAK_MEMORY - timedelta(minutes=1))
    call_command("sweep")
    assert BARRED in text(Visitor().sign_in("siti", PASSWORD))
    assert Letter.objects.filter(kind=Letter.Kind.BARRED).count() == 1


def test_reset_opens_it(siti: Account, mailoutbox: list[Any]) -> None:
    set_streak("siti", 99)
    Visitor().sign_in("siti", WRONG)
    visitor = Visitor()
    visitor.open_link(mailbox.reset_link(siti, mailoutbox))
    visitor.set_password(NEW_PASSWORD)
    assert Visitor().sign_in("siti", NEW_PASSWORD).status_code == 302
    assert streak("siti") == 0


def test_staff_lifting_a_lock_does_not(siti: Account) -> None:
    set_streak("siti", 99)
    Visitor().sign_in("siti", WRONG)
    lockout.lift_lock(siti)
    assert BARRED in text(Visitor().sign_in("siti", PASSWORD))


def test_help_desk_reads_it(siti: Account, head: Visitor) -> None:
    set_streak("siti", 99)
    Visitor().sign_in("siti", WRONG)
    page = text(head.get(f"/admin/accounts/account/{siti.pk}/change/"))
    assert "100 percobaan berturut-turut gagal" in page


def test_unknown_name_is_barred_alike_and_gets_no_letter(kedawung: Facility, siti: Account) -> None:
    for name in ("siti", "tidakada"):
        set_streak(name, 99)
    pages = []
    for name in ("siti", "tidakada"):
        Visitor().sign_in(name, WRONG)
        answer = Visitor().sign_in(name, WRONG)
        pages.append((answer.status_code, BARRED in text(answer)))
    assert pages == [(429, True)] * 2
    assert [letter.account for letter in Letter.objects.all()] == [siti]
    assert SecurityEvent.objects.filter(kind=Kind.BARRED).count() == 2


def test_parallel_guesses_check_no_hundred_and_first_password(
    site: str, siti: Account, hashes: Callable[[], int]
) -> None:
    set_streak("siti", 98)
    visitors = [Visitor(site) for _ in range(12)]
    for visitor in visitors:
        visitor.open_sign_in()
    actions = [partial(visitor.send_sign_in, "siti", WRONG, visitor.solve()) for visitor in visitors]
    hashes()
    at_once(actions)
    assert hashes() == 2
    assert streak("siti") == 100
    assert Letter.objects.filter(kind=Letter.Kind.BARRED).count() == 1
    assert SecurityEvent.objects.filter(kind=Kind.BARRED).count() == 1


def test_attempts_whose_process_died_bar_it_as_well(clock: Clock, siti: Account) -> None:
    """Reservations without a verdict count as failures: the first to see that writes the letter."""
    now = timezone.now()
    (counter,) = counters.load(strangers_key("siti"))
    counters.change(counter, lambda tally: Tally(reserved=(now,), streak=99))
    clock.shift(policy.RESERVATION_LIFE)
    for _ in range(2):
        assert BARRED in text(Visitor().sign_in("siti", PASSWORD))
    assert Letter.objects.filter(kind=Letter.Kind.BARRED).count() == 1


def test_known_browser_is_never_barred(clock: Clock, known: Visitor, siti: Account) -> None:
    """Its lock ends after three minutes, as often as it fails."""
    for _ in range(policy.FAILURES_BEFORE_RESET + 2):
        answer = known.sign_in("siti", WRONG)
        assert BARRED not in text(answer)
        if answer.status_code == 429:
            clock.shift(policy.LOCKOUT_DURATION)
    clock.shift(policy.LOCKOUT_DURATION)
    assert known.sign_in("siti", PASSWORD).status_code == 302
    assert not Letter.objects.exists()


def test_new_password_keeps_the_places_of_attempts_under_way(siti: Account) -> None:
    now = timezone.now()
    (counter,) = counters.load(strangers_key("siti"))
    counters.change(counter, lambda tally: Tally(failures=(now,), reserved=(now, now), streak=50))
    setting.set_by_operator(siti, NEW_PASSWORD)
    (counter,) = counters.load(strangers_key("siti"))
    assert counter.tally == Tally(reserved=(now, now))


def test_streaks_are_forgotten_after_ninety_days(clock: Clock, kedawung: Facility) -> None:
    set_streak("tidakada", 5)
    clock.shift(policy.STREAK_MEMORY + policy.RESERVATION_LIFE - timedelta(seconds=1))
    call_command("sweep")
    assert AttemptCounter.objects.exists()
    clock.shift(2)
    call_command("sweep")
    assert not AttemptCounter.objects.exists()
