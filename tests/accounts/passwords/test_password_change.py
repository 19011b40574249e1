"""Changing the password while signed in: the present one again, this session under a new key, all others ended."""

from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from user_sessions.models import Session

from accounts import policy
from accounts.models import Account, Letter, SecurityEvent
from accounts.models.choices import LinkEnd, Occasion, SessionEndReason
from accounts.sessions import ending
from tests.support import mailbox
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD
from tests.support.mailbox import NEW_PASSWORD
from tests.support.parallel import at_once, wait_for_a_lock
from tests.support.visitor import Visitor, text

pytestmark = pytest.mark.django_db(transaction=True)
Kind = SecurityEvent.Kind
WRONG = "salah salah salah"


@pytest.fixture
def signed_in(visitor: Visitor, siti: Account) -> Visitor:
    """Siti's browser."""
    visitor.sign_in("siti", PASSWORD)
    return visitor


def test_this_session_goes_on_under_a_new_key(signed_in: Visitor, siti: Account) -> None:
    old, row = signed_in.cookie("session"), siti.sessions.get()
    thief = signed_in.twin()
    answer = signed_in.change_password(PASSWORD, NEW_PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert signed_in.cookie("session") not in (None, old)
    page = text(signed_in.get("/"))
    assert "Password Anda sudah diubah" in page
    assert "aplikasi lain" in page
    assert not thief.is_signed_in(), "the old key is dead"
    renewed = siti.sessions.get()
    assert renewed.pk != row.pk
    assert not SecurityEvent.objects.filter(kind=Kind.SESSION_ENDED).exists(), "no session has ended"


def test_other_sessions_end_and_say_why(signed_in: Visitor, siti: Account) -> None:
    other = Visitor()
    other.sign_in("siti", PASSWORD)
    signed_in.change_password(PASSWORD, NEW_PASSWORD)
    assert "Password akun ini sudah diubah" in text(other.open_sign_in())
    assert not other.is_signed_in()
    assert signed_in.is_signed_in()
    assert SecurityEvent.objects.filter(kind=Kind.SESSION_ENDED, detail="password_changed").count() == 1


def test_session_still_ends_twelve_hours_after_signing_in(clock: Clock, signed_in: Visitor, siti: Account) -> None:
    start = timezone.now()
    signed_in.change_password(PASSWORD, NEW_PASSWORD)
    while timezone.now() < start + policy.SESSION_LIFETIME - policy.SESSION_IDLE:
        clock.shift(policy.SESSION_IDLE - policy.SESSION_IDLE / 10)
        assert signed_in.is_signed_in()
    clock.move_to(start + policy.SESSION_LIFETIME)
    assert not signed_in.is_signed_in()


def test_this_browser_stays_known(signed_in: Visitor, siti: Account) -> None:
    signed_in.change_password(PASSWORD, NEW_PASSWORD)
    signed_in.get("/")
    signed_in.press("/keluar/")
    for _ in range(3):
        Visitor().sign_in("siti", WRONG)
    assert Visitor().sign_in("siti", NEW_PASSWORD).status_code == 429
    assert signed_in.sign_in("siti", NEW_PASSWORD).status_code == 302


def test_wrong_present_passwords_count_as_tries(signed_in: Visitor, siti: Account) -> None:
    for left in (2, 1):
        answer = signed_in.change_password(WRONG, NEW_PASSWORD)
        assert answer.status_code == 422
        assert f"Sisa {left} kali percobaan" in text(answer)
        assert "bukan password Anda yang sekarang" in text(answer)
    answer = signed_in.change_password(WRONG, NEW_PASSWORD)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 180
    answer = signed_in.change_password(PASSWORD, NEW_PASSWORD)
    assert answer.status_code == 429, "the right one is refused while locked"
    siti.refresh_from_db()
    assert siti.check_password(PASSWORD)
    assert signed_in.is_signed_in()
    failures = SecurityEvent.objects.filter(kind=Kind.SIGN_IN_FAILED, detail=Occasion.PASSWORD_CHANGE)
    assert failures.count() == 3


def test_parallel_guesses_of_the_present_password_are_three_at_most(site: str, siti: Account) -> None:
    visitor = Visitor(site)
    visitor.sign_in("siti", PASSWORD)
    twins = [visitor.twin() for _ in range(12)]
    for twin in twins:
        twin.get("/akun/password/")
    fields = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    answers = at_once([partial(twin.press, "/akun/password/", old_password=WRONG, **fields) for twin in twins])
    assert {answer.status_code for answer in answers} == {422, 429}
    assert SecurityEvent.objects.filter(kind=Kind.SIGN_IN_FAILED).count() == 3


def test_typing_mistake_in_the_new_password_costs_no_try(signed_in: Visitor) -> None:
    answer = signed_in.change_password(WRONG, NEW_PASSWORD, again="lain")
    assert "tidak sama" in text(answer)
    assert not SecurityEvent.objects.filter(kind=Kind.SIGN_IN_FAILED).exists()


FIELDS = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}


def change_in_the_middle_of(site: str, siti: Account, action: Callable[[], object]) -> Visitor:
    """Do something that locks the account while a change of its password waits for that lock; return its browser."""
    visitor = Visitor(site)
    visitor.sign_in("siti", PASSWORD)
    visitor.get("/akun/password/")
    change = Thread(target=visitor.press, args=["/akun/password/"], kwargs=FIELDS)
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=siti.pk)
        change.start()
        wait_for_a_lock()
        action()
    change.join()
    return visitor


def test_change_whose_session_is_ended_meanwhile_changes_nothing(site: str, siti: Account) -> None:
    visitor = change_in_the_middle_of(site, siti, lambda: ending.end(siti.sessions, SessionEndReason.ENDED_ELSEWHERE))
    assert not visitor.is_signed_in()
    siti.refresh_from_db()
    assert siti.check_password(PASSWORD)
    assert not SecurityEvent.objects.filter(kind=Kind.PASSWORD_CHANGED).exists()


def test_session_that_is_being_renewed_is_ended_all_the_same(site: str, siti: Account) -> None:
    """Whoever ends all sessions waits for the change, then ends the session under its new key."""
    visitor = Visitor(site)
    visitor.sign_in("siti", PASSWORD)
    visitor.get("/akun/password/")

    def end() -> None:
        ending.end(siti.sessions, SessionEndReason.BY_STAFF)
        connection.close()

    ender = Thread(target=end)
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=siti.pk)
        ender.start()
        wait_for_a_lock()
        row = siti.sessions.get()
        Session.objects.filter(pk=row.pk).update(session_key="f" * 40)
    ender.join()
    assert not siti.sessions.exists()
    assert not visitor.is_signed_in()


def test_page_is_found_and_needs_a_session(signed_in: Visitor) -> None:
    assert f'href="{reverse("password_change")}"' in text(signed_in.get("/"))
    page = text(signed_in.get("/akun/password/"))
    for token in ('autocomplete="current-password"', 'autocomplete="new-password"', 'autocomplete="username"'):
        assert token in page
    assert Visitor().get("/akun/password/").status_code == 302


def test_strength_is_told_to_those_who_set_a_password_only(signed_in: Visitor) -> None:
    signed_in.get("/akun/password/")
    weak = signed_in.press("/akun/password/kekuatan/", password="aaaaaaaaaaaaaaaaa").json()
    good = signed_in.press("/akun/password/kekuatan/", password=NEW_PASSWORD).json()
    assert (weak["good"], good["good"]) == (False, True)
    assert weak["reasons"]
    assert not good["reasons"]
    stranger = Visitor()
    stranger.open_sign_in()
    assert stranger.press("/akun/password/kekuatan/", password=NEW_PASSWORD).status_code == 403


def test_strength_is_not_told_to_the_holder_of_a_dead_link(siti: Account, mailoutbox: list[Any]) -> None:
    visitor = Visitor()
    visitor.open_link(mailbox.reset_link(siti, mailoutbox))
    assert visitor.press("/lupa-password/kekuatan/", password=NEW_PASSWORD).status_code == 200
    Letter.objects.update(link_end=LinkEnd.USED)
    assert visitor.press("/lupa-password/kekuatan/", password=NEW_PASSWORD).status_code == 403
