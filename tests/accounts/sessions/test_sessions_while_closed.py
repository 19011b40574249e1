"""Sessions while the portal is closed: nobody is idle then, but a session's whole life goes on."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import policy, tasks
from accounts.models import Account, SecurityEvent, State
from accounts.models.choices import SessionEndReason
from accounts.sessions.store import SessionStore
from maintenance.board import process_state
from tests.support.board import boards
from tests.support.clock import NOW, Clock
from tests.support.fixtures import PASSWORD, signed_in
from tests.support.outcomes import reason_read
from tests.support.parallel import at_once
from tests.support.present import present
from tests.support.visitor import Visitor

MINUTE, HOUR, SECOND = timedelta(minutes=1), timedelta(hours=1), timedelta(seconds=1)
pytestmark = pytest.mark.moment(NOW)


@pytest.fixture(autouse=True)
def knowledge_kept(db: None) -> Iterator[None]:
    with boards.forgotten_afterwards():
        yield


def close(lasts: timedelta | None = 2 * HOUR, starts_in: timedelta = timedelta()) -> None:
    boards.put_closure(starts_in, lasts)
    boards.take_over()


def left_and_closed(clock: Clock, account: Account, idle: timedelta = 20 * MINUTE) -> Visitor:
    """Return a browser that was used last so long before a closing of two hours, which begins now."""
    [visitor] = signed_in(account)
    clock.shift(idle)
    close()
    return visitor


def ends() -> list[tuple[str, datetime]]:
    return list(SecurityEvent.objects.filter(kind=SecurityEvent.Kind.SESSION_ENDED).values_list("detail", "at"))


@pytest.mark.parametrize(("name", "before", "rest"), [("siti", 20, 10), ("siti", 29, 1), ("petugas", 10, 5)])
def test_time_while_closed_is_no_idle_time(
    clock: Clock, siti: Account, petugas: Account, name: str, before: int, rest: int
) -> None:
    visitor = left_and_closed(clock, Account.objects.get(username=name), before * MINUTE)
    late = visitor.twin()
    clock.shift(2 * HOUR + rest * MINUTE - SECOND)
    assert visitor.is_signed_in()
    clock.shift(policy.SESSION_IDLE)
    assert not late.is_signed_in(), "from here on it is idle as ever"
    assert reason_read(late) == SessionEndReason.IDLE


@pytest.mark.parametrize(("name", "before", "rest"), [("siti", 20, 10), ("siti", 29, 1), ("petugas", 10, 5)])
def test_idle_time_before_and_after_the_closing_counts_together(
    clock: Clock, siti: Account, petugas: Account, name: str, before: int, rest: int
) -> None:
    visitor = left_and_closed(clock, Account.objects.get(username=name), before * MINUTE)
    clock.shift(2 * HOUR + rest * MINUTE)
    assert not visitor.is_signed_in()
    assert reason_read(visitor) == SessionEndReason.IDLE


@pytest.mark.parametrize(("rest", "alive"), [(10 * MINUTE - SECOND, True), (10 * MINUTE, False)])
def test_coming_back_twice_adds_nothing_twice(clock: Clock, siti: Account, rest: timedelta, alive: bool) -> None:
    """Whoever is refused while the portal is closed was asked for, but has used nothing."""
    visitor = left_and_closed(clock, siti)
    for _ in range(2):
        clock.shift(50 * MINUTE)
        assert visitor.get("/admin/").status_code == 503
        assert siti.sessions.get().last_activity == NOW
    clock.shift(20 * MINUTE + rest)
    assert visitor.is_signed_in() == alive


def test_session_that_was_over_before_the_closing_stays_over(clock: Clock, siti: Account) -> None:
    [visitor] = signed_in(siti)
    clock.shift(policy.SESSION_IDLE)
    close()
    clock.shift(2 * HOUR)
    assert not visitor.is_signed_in()
    assert reason_read(visitor) == SessionEndReason.IDLE


def test_two_closings_count_both(clock: Clock, siti: Account) -> None:
    visitor = left_and_closed(clock, siti)
    close(HOUR, starts_in=2 * HOUR + 5 * MINUTE)
    clock.shift(3 * HOUR + 10 * MINUTE - SECOND)
    assert visitor.is_signed_in()


@pytest.mark.parametrize(("name", "hours"), [("siti", 12), ("petugas", 8)])
@pytest.mark.parametrize("early", [SECOND, timedelta()])
def test_whole_life_goes_on_while_closed(
    clock: Clock, siti: Account, petugas: Account, name: str, hours: int, early: timedelta
) -> None:
    [visitor] = signed_in(Account.objects.get(username=name))
    close(hours * HOUR - 5 * MINUTE)
    clock.shift(hours * HOUR - early)
    assert visitor.is_signed_in() == bool(early)
    clock.shift(early)
    assert not visitor.is_signed_in()


def test_who_comes_back_close_to_the_end_of_life_reads_that_end(clock: Clock, siti: Account) -> None:
    [visitor] = signed_in(siti)
    close(12 * HOUR - 5 * MINUTE)
    clock.shift(12 * HOUR - SECOND)
    assert visitor.is_signed_in()
    clock.shift(SECOND)
    assert reason_read(visitor) == SessionEndReason.LIFETIME


@pytest.mark.parametrize(("others", "comes_back"), [(2, True), (3, False)])
def test_three_who_signed_in_meanwhile_leave_no_place(
    clock: Clock, siti: Account, others: int, comes_back: bool
) -> None:
    visitor = left_and_closed(clock, siti)
    clock.shift(2 * HOUR)
    inside = signed_in(siti, others)
    assert visitor.is_signed_in() == comes_back
    assert siti.sessions.count() == 3
    assert all(other.is_signed_in() for other in inside)
    if comes_back:
        assert Visitor().sign_in("siti", PASSWORD).headers["Location"] == "/masuk/perangkat/"
    else:
        assert reason_read(visitor) == SessionEndReason.IDLE


def test_three_paused_sessions_all_come_back(clock: Clock, siti: Account) -> None:
    visitors = signed_in(siti, 3)
    clock.shift(20 * MINUTE)
    close()
    clock.shift(2 * HOUR)
    assert all(visitor.is_signed_in() for visitor in visitors)
    assert siti.sessions.count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", range(5))
def test_three_who_come_back_at_once_find_the_two_places_that_are_left(
    clock: Clock, siti: Account, number: int
) -> None:
    visitors = signed_in(siti, 3)
    clock.shift(20 * MINUTE)
    close()
    clock.shift(2 * HOUR)
    signed_in(siti)
    back = at_once(visitor.is_signed_in for visitor in [*visitors, *[visitor.twin() for visitor in visitors]])
    assert back[:3] == back[3:]
    assert back.count(True) == 4
    assert siti.sessions.count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("milliseconds", range(0, 60, 6))
def test_who_comes_back_while_another_signs_in_makes_no_fourth(clock: Clock, siti: Account, milliseconds: int) -> None:
    visitor = left_and_closed(clock, siti)
    clock.shift(2 * HOUR)
    leaving, *_ = signed_in(siti, 3)
    newcomer = Visitor()
    newcomer.sign_in("siti", PASSWORD)
    newcomer.get("/masuk/perangkat/")
    gone = SessionStore(leaving.cookie("session")).stored_key
    leaving.get("/")
    leaving.press("/keluar/")

    def come_back() -> None:
        time.sleep(milliseconds / 1000)
        visitor.get("/")

    at_once([partial(newcomer.press, "/masuk/perangkat/", session=gone), come_back])
    assert siti.sessions.count() == 3
    assert visitor.is_signed_in() + newcomer.is_signed_in() == 1


@pytest.mark.parametrize("minutes", [5, 60, 125])
def test_session_that_staff_end_meanwhile_stays_dead(clock: Clock, siti: Account, head: Visitor, minutes: int) -> None:
    """Before its idle time has passed, after it, and after the closing."""
    visitor = left_and_closed(clock, siti, 9 * MINUTE)
    for _ in range(minutes // 5):
        clock.shift(5 * MINUTE)
        assert head.get("/admin/").status_code == 200
    head.get(f"/admin/accounts/account/{siti.pk}/change/")
    assert head.press(f"/admin/accounts/account/{siti.pk}/end-sessions/").status_code == 302
    clock.shift(2 * HOUR - min(minutes, 120) * MINUTE)
    assert not visitor.is_signed_in()
    assert reason_read(visitor) == SessionEndReason.BY_STAFF
    assert [reason for reason, _ in ends()] == [SessionEndReason.BY_STAFF]


def test_who_signs_out_while_closed_is_out(clock: Clock, siti: Account) -> None:
    [visitor] = signed_in(siti)
    visitor.get("/")
    twin = visitor.twin()
    clock.shift(20 * MINUTE)
    close()
    clock.shift(HOUR)
    visitor.press("/keluar/")
    clock.shift(HOUR)
    assert not twin.is_signed_in()
    assert reason_read(twin) == SessionEndReason.SIGNED_OUT


@pytest.mark.parametrize(
    ("change", "undo", "reason"),
    [
        (
            lambda siti: Account.objects.filter(pk=siti.pk).update(state=State.DEACTIVATED),
            lambda siti: Account.objects.filter(pk=siti.pk).update(state=State.ACTIVE),
            SessionEndReason.DEACTIVATED,
        ),
        (
            lambda siti: type(siti.facility).objects.update(contract_active=False),
            lambda siti: type(siti.facility).objects.update(contract_active=True),
            SessionEndReason.CONTRACT_ENDED,
        ),
        (lambda siti: (siti.set_password("x" * 20), siti.save()), lambda siti: None, SessionEndReason.PASSWORD_CHANGED),
    ],
    ids=["deactivated", "contract", "password"],
)
def test_refused_session_does_not_come_back(
    clock: Clock, siti: Account, change: Callable, undo: Callable, reason: SessionEndReason
) -> None:
    visitor = left_and_closed(clock, siti)
    clock.shift(HOUR)
    change(siti)
    clock.shift(HOUR)
    assert not visitor.is_signed_in()
    undo(siti)
    assert not visitor.is_signed_in()
    assert reason_read(visitor) == reason
    assert [detail for detail, _ in ends()] == [reason]


def test_contract_that_ends_for_a_moment_ends_paused_sessions(clock: Clock, siti: Account) -> None:
    visitor = left_and_closed(clock, siti)
    clock.shift(HOUR)
    facility = present(siti.facility)
    for active in (False, True):
        facility.contract_active = active
        facility.save()
    clock.shift(HOUR)
    assert not visitor.is_signed_in()
    assert reason_read(visitor) == SessionEndReason.CONTRACT_ENDED


def test_sweeps_leave_alone_who_can_come_back(clock: Clock, siti: Account) -> None:
    visitor = left_and_closed(clock, siti)
    for shift in (HOUR, HOUR, 10 * MINUTE - SECOND):
        clock.shift(shift)
        assert tasks.sweep()["sessions timed out"] == 0
    assert visitor.is_signed_in()


def test_late_sweep_writes_one_end_at_its_own_time(clock: Clock, siti: Account) -> None:
    visitor = left_and_closed(clock, siti)
    clock.shift(2 * HOUR + 10 * MINUTE - SECOND)
    assert tasks.sweep()["sessions timed out"] == 0
    clock.shift(SECOND)
    assert [tasks.sweep()["sessions timed out"] for _ in range(2)] == [1, 0]
    assert ends() == [(SessionEndReason.IDLE, NOW + policy.SESSION_IDLE)]
    assert reason_read(visitor) == SessionEndReason.IDLE


def test_sweep_reads_the_closings_itself(clock: Clock, siti: Account) -> None:
    """A worker has nobody who watches for it."""
    visitor = left_and_closed(clock, siti)
    with boards.forgotten_afterwards():
        process_state.current = process_state.ProcessState()
        clock.shift(HOUR)
        assert tasks.sweep()["sessions timed out"] == 0
    boards.take_over()
    clock.shift(HOUR)
    assert visitor.is_signed_in()


def test_who_came_back_is_swept_as_ever(clock: Clock, siti: Account) -> None:
    visitor = left_and_closed(clock, siti)
    clock.shift(2 * HOUR)
    assert visitor.is_signed_in()
    back = timezone.now()
    clock.shift(policy.SESSION_IDLE + 2 * HOUR)
    assert tasks.sweep()["sessions timed out"] == 1
    assert ends() == [(SessionEndReason.IDLE, back + policy.SESSION_IDLE)]


def test_pending_sign_in_is_not_prolonged(clock: Clock, siti: Account) -> None:
    signed_in(siti, 3)
    fourth = Visitor()
    fourth.sign_in("siti", PASSWORD)
    close(10 * MINUTE)
    clock.shift(10 * MINUTE)
    assert fourth.get("/masuk/perangkat/").headers["Location"] == "/masuk/"


def test_who_may_enter_while_closed_is_idle_as_ever(clock: Clock, kepala: Account) -> None:
    visitor = left_and_closed(clock, kepala, 10 * MINUTE)
    clock.shift(5 * MINUTE - SECOND)
    assert visitor.get("/admin/").status_code == 200
    clock.shift(15 * MINUTE)
    assert visitor.get("/admin/").status_code == 503


def test_account_deactivated_for_a_moment_does_not_come_back(clock: Clock, siti: Account) -> None:
    visitor = left_and_closed(clock, siti)
    clock.shift(HOUR)
    for state in (State.DEACTIVATED, State.ACTIVE):
        siti.state = state
        siti.save()
    clock.shift(HOUR)
    assert not visitor.is_signed_in()
    assert reason_read(visitor) == SessionEndReason.DEACTIVATED


def test_signing_out_all_others_reaches_those_that_have_not_come_back_yet(clock: Clock, siti: Account) -> None:
    one, other = signed_in(siti, 2)
    clock.shift(20 * MINUTE)
    close()
    clock.shift(2 * HOUR)
    one.get("/akun/perangkat/")
    one.press("/akun/perangkat/")
    assert one.is_signed_in()
    assert not other.is_signed_in()
    assert reason_read(other) == SessionEndReason.ENDED_ELSEWHERE


def test_closed_pages_write_nothing(clock: Clock, siti: Account) -> None:
    visitor = left_and_closed(clock, siti)
    clock.shift(HOUR)
    with CaptureQueriesContext(connection) as queries:
        assert visitor.get("/").status_code == 503
    assert len(queries) == 0


def test_coming_back_costs_once_and_the_next_page_as_ever(clock: Clock, siti: Account) -> None:
    visitor = left_and_closed(clock, siti)
    clock.shift(2 * HOUR)
    costs = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert visitor.is_signed_in()
        costs.append(sum("FOR NO KEY UPDATE" in query["sql"] for query in queries))
    assert costs == [1, 0]
    assert len(queries) <= 3
