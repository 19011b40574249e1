"""While the portal is closed: who reads what, who gets in, what goes on."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone as django_timezone
from user_sessions.models import Session

from accounts.models import Account, SecurityEvent
from accounts.models.choices import Refusal
from maintenance.board import process_state
from maintenance.gate import pages
from tests.support import mailbox
from tests.support.board import boards
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD
from tests.support.present import present
from tests.support.visitor import Visitor, text

NOW = datetime(2026, 11, 23, 0, 30, 20, tzinfo=timezone(timedelta(hours=7)))  # a Monday, WIB
SIGNED_IN_PAGES = ["/", "/akun/perangkat/", "/akun/aktivitas/", "/akun/password/", "/admin/"]
OPEN_PAGES = ["/masuk/", "/lupa-password/", "/bantuan/", "/tidak-ada/", "/admin/login/", "/masuk/?next=/akun/password/"]
pytestmark = pytest.mark.moment(NOW)


@pytest.fixture(autouse=True)
def knowledge_kept(db: None) -> Iterator[None]:
    with boards.forgotten_afterwards():
        yield


@pytest.fixture
def closed(clock: Clock) -> Clock:
    """The portal is closed since half an hour, until 02:00 WIB."""
    boards.put_closure(timedelta(minutes=-30), timedelta(hours=2) - timedelta(seconds=20))
    boards.take_over()
    return clock


@pytest.mark.parametrize("path", [*SIGNED_IN_PAGES, *OPEN_PAGES])
def test_every_page_is_503_with_the_time_it_ends(closed: Any, visitor: Visitor, path: str) -> None:
    response = visitor.get(path)
    assert response.status_code == 503
    assert response["Retry-After"] == str(89 * 60 + 40)
    page = text(response)
    assert "Senin, 23 November 2026 02:00 WIB" in page
    assert "(03:00 WITA, 04:00 WIT)" in page
    assert "Basis data dipindahkan." in page
    assert 'href="tel:165"' in page
    assert response["Cache-Control"] == "no-store"


def test_posts_are_answered_alike_and_say_that_nothing_was_processed(closed: Any, visitor: Visitor) -> None:
    sent_from = {"Referer": "https://portal.test/lupa-password/?x=1"}
    response = visitor.client.post("/lupa-password/", {"username": "siti"}, headers=sent_from)
    assert response.status_code == 503
    assert "tidak diproses" in text(response)
    assert 'data-after="/lupa-password/?x=1"' in text(response)


@pytest.mark.parametrize(
    "sender",
    [
        *["https://evil.example/x", "javascript:alert(1)", "//evil.example", ""],
        *["https://portal.test//evil.example/x", "https://portal.test/\\evil.example", "https://portal.test"],
    ],
)
def test_it_goes_on_to_no_other_site(closed: Any, visitor: Visitor, sender: str) -> None:
    response = visitor.client.post("/lupa-password/", headers={"Referer": sender})
    assert 'data-after="/"' in text(response)


def test_page_speaks_the_readers_language_and_briefly_the_other_one(closed: Any, visitor: Visitor) -> None:
    page = text(visitor.get("/masuk/"))
    assert '<html lang="id"' in page
    assert "Portal ditutup untuk pemeliharaan" in page
    assert "It opens again:" in page
    visitor.client.cookies["__Host-language"] = "en"
    page = text(visitor.get("/masuk/"))
    assert '<html lang="en"' in page
    assert "Monday, 23 November 2026 02:00 WIB" in page
    assert "Portal ditutup untuk pemeliharaan" in page


def test_end_that_nobody_knows_is_said_to_be_unknown(clock: Any, visitor: Visitor) -> None:
    boards.put_closure(timedelta(0), None, message="")
    boards.take_over()
    response = visitor.get("/masuk/")
    assert response["Retry-After"] == "300"
    assert "belum diketahui" in text(response)
    assert "Alasan" not in text(response)


def test_it_closes_and_opens_on_the_second_without_a_look_at_the_database(clock: Any, visitor: Visitor) -> None:
    boards.put_closure(timedelta(minutes=10), timedelta(minutes=20))
    boards.take_over()
    for seconds, status in ((599.9, 200), (600, 503), (1799.9, 503), (1800, 200)):
        clock.move_to(NOW + timedelta(seconds=seconds))
        assert visitor.get("/bantuan/").status_code == status, seconds
    clock.move_to(NOW + timedelta(seconds=1799.9))
    assert visitor.get("/bantuan/")["Retry-After"] == "1"


def test_cancelled_closing_closes_nothing(clock: Any, visitor: Visitor) -> None:
    closure = boards.put_closure(timedelta(0), None)
    closure.cancelled_at = NOW
    closure.save()
    boards.take_over()
    assert visitor.get("/bantuan/").status_code == 200


# Programs


@pytest.mark.parametrize("headers", [{"Accept": "application/json"}, {"X-Requested-With": "XMLHttpRequest"}])
@pytest.mark.parametrize("path", ["/", "/akun/password/kekuatan/", "/tidak-ada/"])
def test_programs_get_json(closed: Any, visitor: Visitor, headers: dict[str, str], path: str) -> None:
    response = visitor.get(path, headers=headers)
    assert response.status_code == 503
    assert response["Retry-After"] == str(89 * 60 + 40)
    answer = response.json()
    assert answer["error"] == "closed"
    assert answer["reason"] == "Basis data dipindahkan."
    assert datetime.fromisoformat(answer["until"]) == NOW + timedelta(minutes=89, seconds=40)
    assert "Senin, 23 November 2026 02:00 WIB" in answer["sentence"]


@pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*", "text/html"])
def test_browsers_get_the_page(closed: Any, visitor: Visitor, accept: str) -> None:
    assert "<h1>" in text(visitor.get("/", headers={"Accept": accept}))


@pytest.mark.parametrize("path", ["/healthz", "/status/", "/status.json", "/status/atom.xml", "/status/pemberitahuan/"])
def test_health_and_status_go_on_answering(closed: Any, visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code == 200


# Staff with the right


def test_head_office_signs_in_and_works_with_a_banner(closed: Any, visitor: Visitor, kepala: Account) -> None:
    assert 'href="/masuk/?next=/admin/"' in text(visitor.get("/admin/"))
    page = visitor.get("/masuk/?next=/admin/")
    assert page.status_code == 200
    assert "ditutup bagi faskes" in text(page)
    response = visitor.sign_in("kepala", PASSWORD, next="/admin/")
    assert (response.status_code, response["Location"]) == (302, "/admin/")
    for path in ("/admin/", "/admin/accounts/account/", "/admin/maintenance/outage/add/"):
        page = visitor.get(path)
        assert page.status_code == 200
        assert "ditutup bagi faskes" in text(page)
        assert "data-may-enter" in text(page)
        assert "Basis data dipindahkan." in text(page)
    assert visitor.get("/").status_code == 503


@pytest.mark.parametrize("username", ["petugas", "siti"])
def test_others_are_told_after_their_password_was_right(
    closed: Any, visitor: Visitor, siti: Account, petugas: Account, username: str
) -> None:
    visitor.get("/masuk/?next=/admin/")
    response = visitor.sign_in(username, PASSWORD, next="/admin/")
    assert response.status_code == 503
    assert "Password Anda benar" in text(response)
    assert 'data-after="/"' in text(response)
    assert not Session.objects.exists()
    event = SecurityEvent.objects.get()
    assert (event.kind, event.detail) == (SecurityEvent.Kind.SIGN_IN_REFUSED, Refusal.CLOSED)


def test_wrong_password_reads_the_same_for_everybody(closed: Any, kepala: Account, siti: Account) -> None:
    answers = []
    for username in ("kepala", "siti", "nobody"):
        visitor = Visitor()
        visitor.get("/masuk/?next=/admin/")
        response = visitor.sign_in(username, "salah salah salah", next="/admin/")
        answers.append((response.status_code, re.findall(r'class="summary".*?</ul>', text(response), re.DOTALL)))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 422


def test_choice_of_a_device_is_no_way_round(clock: Any, siti: Account, visitor: Visitor) -> None:
    for _ in range(3):
        Visitor().sign_in("siti", PASSWORD)
    visitor.sign_in("siti", PASSWORD)
    page = visitor.get("/masuk/perangkat/")
    boards.put_closure(timedelta(0), None)
    boards.take_over()
    assert page.status_code == 200
    chosen = present(Session.objects.filter(user=siti).first()).pk
    assert visitor.press("/masuk/perangkat/", session=chosen).status_code == 503
    assert visitor.get("/masuk/perangkat/").status_code == 503
    assert Session.objects.filter(user=siti).count() == 3


def test_right_that_was_taken_away_counts_at_once(closed: Any, visitor: Visitor, kepala: Account) -> None:
    visitor.get("/masuk/?next=/admin/")
    visitor.sign_in("kepala", PASSWORD, next="/admin/")
    Account.objects.filter(pk=kepala.pk).update(state="deactivated")
    assert visitor.get("/admin/").status_code == 503


# What goes on


def test_sessions_survive(clock: Any, siti: Account, visitor: Visitor) -> None:
    visitor.sign_in("siti", PASSWORD)
    closure = boards.put_closure(timedelta(0), timedelta(minutes=20))
    boards.take_over()
    row = Session.objects.values().get()
    clock.shift(timedelta(minutes=19))
    assert visitor.get("/").status_code == 503
    assert Session.objects.values().get() == row  # neither ended nor lengthened
    clock.shift(timedelta(minutes=2))
    assert closure.is_over(NOW + timedelta(minutes=21))
    assert visitor.get("/").status_code == 200


def test_letters_go_on_and_their_links_work_afterwards(
    clock: Any, siti: Account, visitor: Visitor, mailoutbox: list[Any]
) -> None:
    visitor.ask_for_reset("siti", siti.email)
    closure = boards.put_closure(timedelta(0), timedelta(minutes=20))
    boards.take_over()
    link = mailbox.link(mailbox.newest(mailoutbox))
    assert visitor.get(link).status_code == 503
    clock.move_to(closure.ends_at)
    assert visitor.open_link(link).status_code == 200
    assert visitor.set_password(mailbox.NEW_PASSWORD).status_code == 302


def test_signing_out_works(closed: Any, siti: Account, visitor: Visitor) -> None:
    knowing, process_state.current = process_state.current, process_state.ProcessState()
    visitor.sign_in("siti", PASSWORD)
    visitor.get("/")
    process_state.current = knowing
    assert visitor.press("/keluar/").status_code == 302
    assert not siti.sessions.exists()


def test_page_costs_no_query_whoever_asks(clock: Any, siti: Account, visitor: Visitor) -> None:
    """The usual reason for a closing is a database that is busy: nobody waits for it."""
    visitor.sign_in("siti", PASSWORD)
    boards.put_closure(timedelta(0), None)
    boards.take_over()
    for reader in (visitor, Visitor()):
        with CaptureQueriesContext(connection) as queries:
            assert [reader.get(path).status_code for path in ("/", "/masuk/", "/tidak-ada/")] == [503] * 3
        assert len(queries) == 0


def test_page_for_everybody_has_nothing_of_the_zone_of_who_made_it(clock: Any, visitor: Visitor) -> None:
    boards.put_closure(timedelta(0), timedelta(hours=1))
    boards.take_over()
    with django_timezone.override("Asia/Jayapura"):
        page = pages.closed(RequestFactory().get("/masuk/"), process_state.current.board.pending[0])
    assert "01:30 WIB" in text(page)
