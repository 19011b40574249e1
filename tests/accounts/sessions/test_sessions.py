"""Sessions: three at once, dead at once, idle and absolute ends, keys hashed at rest."""

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Thread
from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from user_sessions.models import Session

from accounts import policy, tasks
from accounts.models import Account, SecurityEvent, State
from accounts.models.choices import SessionEndReason
from accounts.sessions import ending, rows
from accounts.sessions.store import SessionStore
from facilities.models import Facility
from tests.support import slow_urls
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD, signed_in
from tests.support.outcomes import kinds, reason_read
from tests.support.parallel import at_once, wait_for_a_lock
from tests.support.present import present
from tests.support.visitor import Visitor, text

Kind = SecurityEvent.Kind


def test_fourth_browser_chooses_which_session_to_end(siti: Account) -> None:
    first = signed_in(siti, 3)
    fourth = Visitor()
    response = fourth.sign_in("siti", PASSWORD, next="/akun/aktivitas/")
    assert response.headers["Location"] == "/masuk/perangkat/"
    assert not fourth.is_signed_in()
    page = fourth.get("/masuk/perangkat/")
    assert len(page.context["sessions"]) == 3
    chosen = page.context["sessions"][1].pk
    done = fourth.press("/masuk/perangkat/", session=chosen)
    assert done.headers["Location"] == "/akun/aktivitas/", "nothing is typed twice, the way goes on"
    assert fourth.is_signed_in()
    assert [visitor.is_signed_in() for visitor in first].count(True) == 2
    dead = next(visitor for visitor in first if not visitor.is_signed_in())
    assert reason_read(dead) == SessionEndReason.ENDED_ELSEWHERE
    assert reason_read(dead) is None, "told once"


def test_staff_have_three_sessions_too(petugas: Account) -> None:
    signed_in(petugas, 3)
    assert Visitor().sign_in("petugas", PASSWORD).headers["Location"] == "/masuk/perangkat/"


def test_pending_sign_in_lasts_five_minutes(clock: Clock, siti: Account) -> None:
    signed_in(siti, 3)
    fourth = Visitor()
    fourth.sign_in("siti", PASSWORD)
    clock.shift(policy.PENDING_LIFE - timedelta(seconds=1))
    assert fourth.get("/masuk/perangkat/").status_code == 200
    clock.shift(1)
    late = fourth.press("/masuk/perangkat/", session=siti.sessions[0].pk)
    assert late.headers["Location"] == "/masuk/"
    assert siti.sessions.count() == 3


def test_pending_sign_in_is_void_after_a_password_change(siti: Account) -> None:
    signed_in(siti, 3)
    fourth = Visitor()
    fourth.sign_in("siti", PASSWORD)
    fourth.get("/masuk/perangkat/")
    chosen = siti.sessions[0].pk
    siti.set_password("kata sandi yang baru sekali")
    siti.save()
    assert fourth.press("/masuk/perangkat/", session=chosen).headers["Location"] == "/masuk/"


def test_choice_of_somebody_else_s_session_ends_nothing(siti: Account, rina: Account) -> None:
    signed_in(siti, 3)
    [stranger] = signed_in(rina)
    fourth = Visitor()
    fourth.sign_in("siti", PASSWORD)
    fourth.get("/masuk/perangkat/")
    assert fourth.press("/masuk/perangkat/", session=rina.sessions[0].pk).status_code == 200
    assert stranger.is_signed_in()
    assert siti.sessions.count() == 3


def test_place_that_became_free_meanwhile_is_taken(siti: Account) -> None:
    first = signed_in(siti, 3)
    fourth = Visitor()
    fourth.sign_in("siti", PASSWORD)
    page = fourth.get("/masuk/perangkat/")
    keys = [session.pk for session in page.context["sessions"]]
    first[0].get("/")
    first[0].press("/keluar/")
    gone = next(key for key in keys if key not in siti.sessions.values_list("pk", flat=True))
    fourth.press("/masuk/perangkat/", session=gone)
    assert fourth.is_signed_in()
    assert siti.sessions.count() == 3


def test_new_key_at_each_sign_in_and_a_planted_one_is_not_used(siti: Account) -> None:
    visitor = Visitor()
    visitor.client.cookies["__Host-session"] = "planted" * 5
    visitor.sign_in("siti", PASSWORD)
    first = visitor.cookie("session")
    assert first != "planted" * 5
    visitor.get("/")
    visitor.press("/keluar/")
    visitor.sign_in("siti", PASSWORD)
    assert visitor.cookie("session") != first
    old = Visitor()
    old.client.cookies["__Host-session"] = first
    assert not old.is_signed_in()


def test_key_is_stored_hashed_and_stands_in_no_page(siti: Account) -> None:
    [visitor] = signed_in(siti)
    key = present(visitor.cookie("session"))
    assert len(base64.urlsafe_b64decode(key)) == 24, "192 bits"
    row = Session.objects.get()
    assert row.pk == hashlib.sha256(key.encode()).hexdigest()[:40]
    assert key not in str(row.__dict__)
    for path in ("/", "/akun/perangkat/", "/akun/aktivitas/"):
        assert key not in text(visitor.get(path))


def test_cookies_are_host_bound(siti: Account) -> None:
    [visitor] = signed_in(siti)
    cookies = visitor.client.cookies
    assert set(cookies) == {"__Host-session", "__Host-csrf", "__Host-device"}
    for cookie in cookies.values():
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
        assert not cookie["domain"]
    assert cookies["__Host-session"]["max-age"] == cookies["__Host-session"]["expires"] == ""
    assert cookies["__Host-device"]["max-age"] == 90 * 24 * 3600


@pytest.mark.parametrize("forged", ["x" * 32, "a" * 5000, "%00", "ü", "0" * 40])
def test_forged_cookie_writes_no_row(db: None, forged: str) -> None:
    visitor = Visitor()
    visitor.client.cookies["__Host-session"] = forged
    for path in ("/", "/masuk/", "/akun/perangkat/", "/masuk/perangkat/"):
        assert visitor.get(path).status_code in (200, 302)
    assert Session.objects.count() == 0


def test_stored_key_opens_no_session(siti: Account) -> None:
    signed_in(siti)
    thief = Visitor()
    thief.client.cookies["__Host-session"] = Session.objects.get().pk
    assert not thief.is_signed_in()


@pytest.mark.parametrize(("name", "minutes"), [("siti", 30), ("petugas", 15)])
def test_idle_end(clock: Clock, siti: Account, petugas: Account, name: str, minutes: int) -> None:
    [visitor] = signed_in(Account.objects.get(username=name))
    clock.shift(timedelta(minutes=minutes) - timedelta(seconds=1))
    assert visitor.is_signed_in()
    clock.shift(timedelta(minutes=minutes))
    assert not visitor.is_signed_in()
    assert reason_read(visitor) == SessionEndReason.IDLE


@pytest.mark.parametrize(("name", "hours"), [("siti", 12), ("petugas", 8)])
def test_absolute_end(clock: Clock, siti: Account, petugas: Account, name: str, hours: int) -> None:
    [visitor] = signed_in(Account.objects.get(username=name))
    for _ in range(hours * 6 - 1):
        clock.shift(timedelta(minutes=10))
        assert visitor.is_signed_in()
    clock.shift(timedelta(minutes=10) - timedelta(seconds=1))
    assert visitor.is_signed_in()
    clock.shift(1)
    assert not visitor.is_signed_in()
    assert reason_read(visitor) == SessionEndReason.LIFETIME


def test_last_used_is_right_to_the_minute_with_one_write_a_minute(clock: Clock, siti: Account) -> None:
    clock.move_to(timezone.now().replace(second=0) + timedelta(minutes=1))
    [visitor] = signed_in(siti)
    writes = 0
    for _ in range(36):
        clock.shift(5)
        with CaptureQueriesContext(connection) as queries:
            visitor.get("/")
        writes += sum(query["sql"].startswith("UPDATE") for query in queries)
        shown = siti.sessions.get().last_activity
        assert shown.replace(second=0) == timezone.now().replace(second=0)
    assert writes == 3


def test_devices_page_ends_one_or_all_others(siti: Account) -> None:
    here, *others = signed_in(siti, 3)
    page = here.get("/akun/perangkat/")
    keys = [session.pk for session in page.context["sessions"]]
    own = SessionStore(here.cookie("session")).stored_key
    assert own in keys and len(keys) == 3
    victim = next(key for key in keys if key != own)
    here.press("/akun/perangkat/", session=victim)
    assert siti.sessions.count() == 2
    here.get("/akun/perangkat/")
    here.press("/akun/perangkat/")
    assert [session.pk for session in siti.sessions] == [own]
    assert here.is_signed_in()
    for visitor in others:
        assert reason_read(visitor) == SessionEndReason.ENDED_ELSEWHERE
    assert kinds() == [Kind.SIGNED_IN] * 3 + [Kind.SESSION_ENDED] * 2


def test_nobody_ends_or_sees_another_account_s_sessions(siti: Account, rina: Account) -> None:
    [siti_s] = signed_in(siti)
    [rina_s] = signed_in(rina)
    page = rina_s.get("/akun/perangkat/")
    foreign = siti.sessions.get().pk
    assert foreign not in text(page)
    assert rina_s.press("/akun/perangkat/", session=foreign).status_code == 404
    assert siti_s.is_signed_in()
    assert "siti" not in text(rina_s.get("/akun/aktivitas/")).lower()


def test_ended_session_stays_dead_when_its_own_request_writes(siti: Account) -> None:
    [visitor] = signed_in(siti)
    in_flight = SessionStore(visitor.cookie("session"))
    in_flight["half"] = "done"
    ending.end(siti.sessions, SessionEndReason.ENDED_ELSEWHERE)
    with pytest.raises(UpdateError):
        in_flight.save()
    in_flight.touch()
    assert siti.sessions.count() == 0
    assert not visitor.is_signed_in()


@pytest.mark.urls("tests.support.slow_urls")
@pytest.mark.django_db(transaction=True)
def test_session_ended_under_its_own_slow_request_stays_dead(siti: Account) -> None:
    [visitor] = signed_in(siti)

    def end_in_between() -> None:
        assert slow_urls.started.wait(10)
        ending.end(siti.sessions, SessionEndReason.ENDED_ELSEWHERE)
        slow_urls.go_on.set()

    response, _ = at_once([lambda: visitor.get("/lambat/"), end_in_between])
    assert (response.status_code, response.headers["Location"]) == (302, "/masuk/")
    assert siti.sessions.count() == 0
    assert not visitor.is_signed_in()
    assert reason_read(visitor) == SessionEndReason.ENDED_ELSEWHERE


def test_end_that_commits_while_a_write_waits_wins(clock: Clock, siti: Account) -> None:
    """An end can lie a moment after the time that a waiting request has read from its clock."""
    [visitor] = signed_in(siti)
    clock.shift(timedelta(minutes=2))
    in_flight = SessionStore(visitor.cookie("session"))
    assert in_flight.account == siti
    clock.shift(1)
    assert ending.end(siti.sessions, SessionEndReason.BY_STAFF) == 1
    clock.shift(-1)
    in_flight["half"] = "done"
    with pytest.raises(UpdateError):
        in_flight.save()
    in_flight.touch()
    assert ending.end(Session.objects.all(), SessionEndReason.IDLE) == 0, "nothing ends twice"
    clock.shift(1)
    assert siti.sessions.count() == 0
    assert reason_read(visitor) == SessionEndReason.BY_STAFF


@pytest.mark.parametrize("nonsense", ["", "x", "\x00", "0" * 40, "a" * 5000, "' OR 1=1"])
def test_nonsense_for_a_session_ends_nothing(siti: Account, nonsense: str) -> None:
    [visitor, *_] = signed_in(siti, 3)
    visitor.get("/akun/perangkat/")
    assert visitor.press("/akun/perangkat/", session=nonsense).status_code == 404
    fourth = Visitor()
    fourth.sign_in("siti", PASSWORD)
    fourth.get("/masuk/perangkat/")
    assert fourth.press("/masuk/perangkat/", session=nonsense).status_code == 200
    assert siti.sessions.count() == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda siti: Account.objects.filter(pk=siti.pk).update(state=State.DEACTIVATED), SessionEndReason.DEACTIVATED),
        (lambda siti: type(siti.facility).objects.update(contract_active=False), SessionEndReason.CONTRACT_ENDED),
        (
            lambda siti: (siti.set_password("kata sandi yang baru sekali"), siti.save()),
            SessionEndReason.PASSWORD_CHANGED,
        ),
        (lambda siti: ending.end(siti.sessions, SessionEndReason.BY_STAFF), SessionEndReason.BY_STAFF),
    ],
    ids=["deactivated", "contract", "password", "by staff"],
)
def test_every_cookie_is_dead_on_its_next_request(
    siti: Account, budi: Account, change: Callable[[Account], object], reason: SessionEndReason
) -> None:
    visitors = signed_in(siti, 3)
    change(siti)
    for visitor in visitors:
        assert not visitor.is_signed_in()
        assert reason_read(visitor) == reason


def test_session_that_was_refused_does_not_come_back(siti: Account) -> None:
    [visitor] = signed_in(siti)
    Account.objects.filter(pk=siti.pk).update(state=State.DEACTIVATED)
    assert not visitor.is_signed_in()
    Account.objects.filter(pk=siti.pk).update(state=State.ACTIVE)
    assert not visitor.is_signed_in()
    assert SecurityEvent.objects.get(kind=Kind.SESSION_ENDED).detail == SessionEndReason.DEACTIVATED


def test_password_changed_on_the_command_line_ends_sessions_and_frees_places(siti: Account) -> None:
    signed_in(siti, 3)
    siti.set_password("kata sandi yang baru sekali")
    siti.save()
    ended = SecurityEvent.objects.filter(kind=Kind.SESSION_ENDED, detail=SessionEndReason.PASSWORD_CHANGED)
    assert ended.count() == 3
    assert Visitor().sign_in("siti", "kata sandi yang baru sekali").headers["Location"] == "/"


def test_row_signed_with_another_secret_is_over_and_harms_nobody(clock: Clock, siti: Account) -> None:
    [old] = signed_in(siti)
    Session.objects.update(session_data=Session.objects.get().session_data[:-3] + "xyz")
    assert not old.is_signed_in()
    [fresh] = signed_in(siti)
    Visitor().sign_in("siti", PASSWORD)
    Session.objects.exclude(session_data__startswith="ended").update(session_data="not signed at all")
    assert not fresh.is_signed_in()
    clock.shift(timedelta(hours=1))
    assert tasks.sweep()["sessions timed out"] == 1, "the sweep does not stumble either"


def test_use_close_to_the_end_waits_for_a_sign_in_that_counts(clock: Clock, siti: Account) -> None:
    start = timezone.now()
    [visitor] = signed_in(siti)
    for minutes, locks in ((10, False), (39, False), (68.8, True)):
        clock.move_to(start + timedelta(minutes=minutes))
        with CaptureQueriesContext(connection) as queries:
            assert visitor.is_signed_in()
        assert any("FOR NO KEY UPDATE" in query["sql"] for query in queries) == locks


def test_signing_out_of_a_session_that_is_over_says_why(clock: Clock, siti: Account) -> None:
    [visitor] = signed_in(siti)
    visitor.get("/")
    clock.shift(policy.SESSION_IDLE)
    assert visitor.press("/keluar/").headers["Location"] == "/masuk/"
    assert reason_read(visitor) == SessionEndReason.IDLE


def test_leaving_the_choice_gives_the_proof_up(siti: Account) -> None:
    signed_in(siti, 3)
    fourth = Visitor()
    fourth.sign_in("siti", PASSWORD)
    assert fourth.get("/masuk/perangkat/").status_code == 200
    fourth.open_sign_in()
    assert fourth.get("/masuk/perangkat/").headers["Location"] == "/masuk/"


def test_second_account_in_one_browser_is_told_who_is_in(siti: Account, budi: Account) -> None:
    [visitor] = signed_in(siti)
    visitor.get("/")
    response = visitor.press("/masuk/", username="budi", password=PASSWORD, captcha_0="x", captcha_1="x")
    assert response.headers["Location"] == "/"
    assert "siti" in [str(message) for message in visitor.get("/").context["messages"]][0]
    assert budi.sessions.count() == 0


def test_closing_a_facility_ends_the_sessions_of_all_its_accounts(siti: Account, budi: Account, rina: Account) -> None:
    inside = [*signed_in(siti), *signed_in(budi)]
    [outside] = signed_in(rina)
    facility = present(siti.facility)
    facility.contract_active = False
    facility.save()
    assert not any(visitor.is_signed_in() for visitor in inside)
    assert outside.is_signed_in()
    facility.contract_active = True
    facility.save()
    assert not any(visitor.is_signed_in() for visitor in inside), "an ended session stays dead"
    ended = SecurityEvent.objects.filter(kind=Kind.SESSION_ENDED, detail=SessionEndReason.CONTRACT_ENDED)
    assert ended.count() == 2


def test_sweep_writes_one_event_for_each_session_that_time_ended(clock: Clock, siti: Account, petugas: Account) -> None:
    [idle] = signed_in(siti)
    signed_in(petugas)
    clock.shift(policy.SESSION_IDLE)
    assert tasks.sweep()["sessions timed out"] == 2
    assert tasks.sweep()["sessions timed out"] == 0
    ended = SecurityEvent.objects.filter(kind=Kind.SESSION_ENDED)
    assert {event.detail for event in ended} == {SessionEndReason.IDLE}
    assert ended.get(account=petugas).at == timezone.now() - policy.SESSION_IDLE + policy.STAFF_SESSION_IDLE
    assert reason_read(idle) == SessionEndReason.IDLE, "the sweep leaves the reason readable"
    clock.shift(timedelta(days=4))
    assert tasks.sweep()["sessions deleted"] == 2
    assert Session.objects.count() == 0


def test_session_that_another_machine_ended_ahead_of_time_takes_no_place(siti: Account) -> None:
    """That machine's clock is ahead: the end is dated in the future here, and is an end all the same."""
    first, *_ = signed_in(siti, 3)
    ahead = timezone.now() + timedelta(seconds=90)
    key = present(siti.sessions.last()).pk
    Session.objects.filter(pk=key).update(**rows.tombstone(SessionEndReason.ENDED_ELSEWHERE, ahead))
    assert not first.is_signed_in()
    assert len(siti.sessions) == 2
    fourth = Visitor()
    assert fourth.sign_in("siti", PASSWORD).headers["Location"] == "/"
    assert fourth.is_signed_in()


@pytest.mark.django_db(transaction=True)
def test_sign_in_while_the_contract_ends_leaves_nothing_that_comes_back(siti: Account) -> None:
    """Whichever of the two is first: once the contract is renewed, nobody is signed in who was not told so."""
    for _ in range(4):
        visitor, facility = Visitor(), Facility.objects.get(pk=present(siti.facility_id))
        visitor.open_sign_in()
        facility.contract_active = False
        at_once([partial(visitor.sign_in, "siti", PASSWORD), facility.save])
        assert not siti.sessions.exists()
        Facility.objects.filter(pk=facility.pk).update(contract_active=True)
        assert not visitor.is_signed_in()


@pytest.mark.django_db(transaction=True)
def test_contract_that_ends_after_the_password_check_refuses_the_sign_in(siti: Account) -> None:
    """The one who ends the contract is a moment ahead: the sign-in waits, and is told to try again."""
    visitor = Visitor()
    answers: list[Any] = []
    visitor.open_sign_in()

    def sign_in() -> None:
        answers.append(visitor.sign_in("siti", PASSWORD))
        connection.close()

    signing_in = Thread(target=sign_in)
    with transaction.atomic():
        facility = Facility.objects.get(pk=present(siti.facility_id))
        facility.contract_active = False
        facility.save()
        signing_in.start()
        wait_for_a_lock()
    signing_in.join()
    assert "baru saja diubah" in text(visitor.get(answers[0].headers["Location"]))
    assert not siti.sessions.exists()
