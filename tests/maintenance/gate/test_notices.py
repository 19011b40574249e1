"""What each page says about closings and outages: from when on, to whom, in whose hours."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from maintenance.models import Impact
from tests.support.board.known import DAY, HOUR, MINUTE, NOW, closure, know, outage, update
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD
from tests.support.visitor import Visitor, text

SECOND = timedelta(seconds=1)
ANNOUNCED = "Portal akan ditutup untuk pemeliharaan."
IMMINENT = "Portal ditutup beberapa menit lagi."
BEGIN = NOW + 3 * DAY
pytestmark = [pytest.mark.moment(NOW), pytest.mark.usefixtures("clock", "nothing_known")]


def notices(page: str) -> str:
    """Return what a page says above its own content, without tags."""
    said = page.partition('<div id="notices"')[2].partition("<main")[0]
    return " ".join(re.sub("<[^>]*>", " ", said).split())


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (DAY + SECOND, None),
        (DAY, ANNOUNCED),
        (10 * MINUTE + SECOND, ANNOUNCED),
        (10 * MINUTE, IMMINENT),
        (SECOND, IMMINENT),
    ],
)
def test_closing_is_announced_from_24_hours_and_urgent_from_10_minutes_ahead(
    db: None, clock: Clock, visitor: Visitor, left: timedelta, said: str | None
) -> None:
    know(closure(1, BEGIN, BEGIN + HOUR, "Basis data pindah."))
    clock.move_to(BEGIN - left)
    page = text(visitor.get("/lupa-password/"))
    assert [sentence for sentence in (ANNOUNCED, IMMINENT) if sentence in page] == ([said] if said else [])
    assert ("Basis data pindah." in page) == bool(said)
    if said:
        assert f'data-countdown="{int(left.total_seconds())}"' in page
        assert "Kamis, 26 November 2026 10:00 WIB (11:00 WITA, 12:00 WIT) sampai 11:00 WIB" in notices(page)


def test_every_page_says_it_the_administration_included(siti: Account, kepala: Account) -> None:
    know(closure(1, NOW + HOUR, None))
    for name, paths in {
        "siti": ["/", "/akun/perangkat/", "/akun/aktivitas/", "/akun/password/", "/tidak-ada/", "/admin/"],
        "kepala": ["/admin/", "/admin/accounts/account/", f"/admin/accounts/account/{siti.pk}/change/"],
        None: ["/masuk/", "/lupa-password/", "/lupa-password/terkirim/", "/bantuan/", "/keluar/", "/tidak-ada/"],
    }.items():
        visitor = Visitor()
        if name:
            visitor.sign_in(name, PASSWORD)
        for path in paths:
            assert ANNOUNCED in notices(text(visitor.get(path, follow=name == "siti"))), (name, path)


def test_nothing_is_said_when_all_is_well(db: None, visitor: Visitor) -> None:
    know()
    assert notices(text(visitor.get("/masuk/"))).rpartition(">")[2].strip() == ""


def test_hours_are_those_of_the_account(rina: Account, visitor: Visitor) -> None:
    """Of its facility's zone, which no script changes; of others a script may change them."""
    know(closure(1, NOW + HOUR, None))
    assert "data-moment" in text(visitor.get("/masuk/"))
    visitor.sign_in("rina", PASSWORD)
    page = text(visitor.get("/"))
    assert "12:00 WITA (11:00 WIB, 13:00 WIT)" in notices(page)
    assert "data-moment" not in page
    assert "?zona=WITA" in page
    again = text(visitor.get("/status/pemberitahuan/?zona=WITA"))
    assert "12:00 WITA" in again
    assert "data-moment" not in again


def test_outages_are_told_the_two_worst_and_how_many_more(db: None, visitor: Visitor) -> None:
    impacts = [Impact.MINOR, Impact.CRITICAL, Impact.MINOR, Impact.MAJOR]
    know(
        *(outage(n, title=f"Gangguan {n}", impact=impact) for n, impact in enumerate(impacts, 1)),
        update(1, 2, text="Penyebabnya dicari.", next_update_at=NOW),
        update(2, 4, text="Masih dipantau.", next_update_at=NOW + SECOND),
    )
    said = notices(text(visitor.get("/masuk/")))
    assert re.findall(r"Gangguan: (Gangguan \d)", said) == ["Gangguan 2", "Gangguan 4"]
    assert "Dan 2 gangguan lain: Status layanan" in said
    first, second = said.split("Gangguan: Gangguan 4")
    assert "(sejak 09:00 WIB )" in first.replace("WIB)", "WIB )")
    assert "Penyebabnya dicari. Kabar berikutnya dijanjikan 10:00 WIB , tetapi belum ada." in first
    assert "Kabar berikutnya: 10:00 WIB" in second
    assert "belum ada" not in second


@pytest.mark.parametrize(
    ("rows", "seconds"),
    [
        ([closure(1, BEGIN, None)], 2 * 24 * 3600),
        ([closure(1, NOW + DAY, None)], 24 * 3600 - 600),
        ([closure(1, NOW + 10 * MINUTE, None)], 600),
        ([closure(1, NOW, NOW + 5 * MINUTE)], 300),
        ([outage(1), update(1, 1, next_update_at=NOW + MINUTE)], 60),
        ([outage(1), update(1, 1, next_update_at=NOW)], None),
        ([], None),
    ],
)
def test_open_pages_know_when_to_look_again(visitor: Visitor, rows: list[Any], seconds: int | None) -> None:
    know(*rows)
    said = re.findall(r'data-changes-in="(\d+)"', text(visitor.get("/status/pemberitahuan/")))
    assert said == ([str(seconds)] if seconds else [])


def test_looking_again_asks_neither_database_nor_session(siti: Account, visitor: Visitor) -> None:
    visitor.sign_in("siti", PASSWORD)
    know(closure(1, NOW, None))
    with CaptureQueriesContext(connection) as queries:
        answer = visitor.get("/status/pemberitahuan/?zona=nowhere&hak=x")
    assert (answer.status_code, len(queries)) == (200, 0)
    assert "Yang sudah Anda ketik tetap ada di sini." in text(answer)
    assert "ditutup bagi faskes" in text(visitor.get("/status/pemberitahuan/?hak=masuk"))
