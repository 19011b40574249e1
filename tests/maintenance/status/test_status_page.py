"""/status/: what is now, what is planned, what was, for everybody, from memory alone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from maintenance.models import Closure, Impact, Outage, Part
from tests.support.board.known import DAY, HOUR, MINUTE, NOW, State, closure, know, outage, update
from tests.support.fixtures import PASSWORD
from tests.support.present import present
from tests.support.visitor import Visitor, text

STATUS = "/status/"
# Without the fixture db any query fails the test.
pytestmark = [pytest.mark.moment(NOW), pytest.mark.usefixtures("clock", "nothing_known")]


def page(query: str = "bahasa=en", **headers: str) -> str:
    """Return the page as a stranger reads it, its white space evened out."""
    response = Visitor().get(f"{STATUS}?{query}", headers=headers)
    assert response.status_code == 200
    return " ".join(text(response).split())


def headline(page: str) -> tuple[str, str]:
    found = re.search(r'<div class="current-status (\w+)"[^>]*> <p class="headline">([^<]*)</p>', page)
    level, sentence = present(found).groups()
    return level, sentence


def cells(page: str) -> list[tuple[str, str]]:
    """Return class and title of each day of the bar."""
    bar = present(re.search(r'<div class="days" role="img".*?</div>', page))[0]
    return re.findall(r'<span class="(\w+)" title="([^"]*)"></span>', bar)


# Now


def test_all_is_well() -> None:
    know()
    shown = page()
    assert headline(shown) == ("none", "The portal works")
    assert "Disturbed now" not in shown
    assert "Nothing in the last 90 days." in shown


def test_outage_is_shown_with_all_that_is_known() -> None:
    promised = {"next_update_at": NOW + 15 * MINUTE}
    know(
        outage(7, part=Part.SIGN_IN, impact=Impact.MAJOR),
        update(2, 7, at=NOW - 10 * MINUTE, state=State.IDENTIFIED, text="Penyebab: beban.", **promised),
        update(1, 7),
    )
    shown = page()
    assert headline(shown) == ("major", "The portal is disturbed")
    card = present(re.search(r'<article class="card told major" id="outage-7">.*?</article>', shown))[0]
    for said in ("Masuk lambat", "Signing in", "Many are hindered", "09:00 WIB</time> (1 hour)", "10:15 WIB"):
        assert said in card
    assert card.index("Penyebab: beban.") < card.index("Sedang diperiksa.")
    assert "Cause known" in card
    assert "Overdue" not in card


@pytest.mark.parametrize(
    ("promised", "said"),
    [
        (timedelta(seconds=1), None),
        (timedelta(), "Overdue for less than a minute"),
        (-12 * MINUTE, "Overdue for 12 minutes"),
    ],
)
def test_next_update_is_overdue_from_its_moment_on(promised: timedelta, said: str | None) -> None:
    know(outage(7), update(1, 7, next_update_at=NOW + promised))
    shown = page()
    assert (said or "Next update") in shown
    assert ("Overdue" in shown) == (said is not None)


@pytest.mark.parametrize(
    ("impacts", "state"),
    [
        (["minor"], "minor"),
        (["minor", "major"], "major"),
        (["major", "critical", "minor"], "critical"),
    ],
)
def test_worst_outage_makes_the_headline(impacts: list[str], state: str) -> None:
    know(*(outage(number, impact=impact) for number, impact in enumerate(impacts, start=1)))
    assert headline(page())[0] == state


def test_closing_is_shown_until_it_ends(clock: Any) -> None:
    know(closure(3, NOW - HOUR, NOW + 2 * HOUR))
    shown = page()
    assert headline(shown) == ("maintenance", "The portal is closed for maintenance")
    assert "Monday, 23 November 2026 12:00 WIB" in shown
    assert "Basis data pindah." in shown
    clock.shift(2 * HOUR)
    assert headline(page()) == ("none", "The portal works")


def test_closing_without_end_says_so() -> None:
    know(closure(3, NOW - HOUR, None))
    assert "When it opens again is not known yet." in page()


def test_planned_closings_are_shown_the_next_one_first() -> None:
    know(closure(4, NOW + 2 * DAY, None, "Kedua."), closure(3, NOW + HOUR, NOW + 3 * HOUR, "Pertama."))
    shown = page()
    assert headline(shown)[0] == "none"
    assert shown.index("Pertama.") < shown.index("Kedua.") < shown.index("until further notice") + 200
    assert "11:00 WIB</time></b> – <b><time" in shown
    assert "(2 hours)" in shown


def test_database_that_is_away_is_shown_by_itself() -> None:
    know(outage(7, impact=Impact.MINOR), update(1, 7), away_since=NOW - 5 * MINUTE)
    shown = page()
    assert headline(shown) == ("critical", "The portal cannot be used")
    card = present(re.search(r'<article class="card told critical" id="outage-database">.*?</article>', shown))[0]
    assert "09:55 WIB</time> (5 minutes)" in card
    assert 'id="outage-7"' in shown
    assert cells(shown)[-1][0] == "critical"
    know(outage(7, impact=Impact.MINOR), update(1, 7))
    assert headline(page())[0] == "minor"


def test_database_is_expected_to_be_away_while_closed() -> None:
    know(closure(3, NOW - HOUR, NOW + HOUR), away_since=NOW - 5 * MINUTE)
    shown = page()
    assert headline(shown)[0] == "maintenance"
    assert "outage-database" not in shown


# The past


def test_bar_shows_each_day() -> None:
    know(
        outage(7, started_at=NOW - 3 * DAY, ended_at=NOW - 3 * DAY + 42 * MINUTE, impact=Impact.CRITICAL),
        outage(8, started_at=NOW - 5 * DAY, ended_at=NOW - 5 * DAY + HOUR, impact=Impact.MINOR),
        closure(3, NOW - 3 * DAY - 3 * HOUR, NOW - 3 * DAY - HOUR),
        closure(2, NOW - 4 * DAY, NOW - 4 * DAY + HOUR),
        since=NOW - 7 * DAY,
    )
    shown = cells(page())
    assert len(shown) == 90
    assert [state for state, _ in shown[-9:]] == [
        *["unknown", "well", "well", "minor", "closed", "critical", "well", "well", "well"]
    ]
    assert shown[-4][1] == "20 November 2026: disturbed for 42 minutes, closed for maintenance for 2 hours"


def test_bar_has_its_words_beside_it() -> None:
    know(outage(7, started_at=NOW - 3 * DAY, ended_at=NOW - 3 * DAY + 42 * MINUTE), update(1, 7))
    shown = page()
    sentence = "In the last 90 days: 1 day with outages, none with maintenance."
    assert f"<p>{sentence}</p>" in shown
    assert f'aria-label="{sentence} The list below tells more of each day."' in shown
    assert '<h3>Friday, 20 November 2026</h3> <p class="hint">Disturbed for 42 minutes</p>' in shown


def test_past_is_told_the_newest_first() -> None:
    know(
        outage(7, title="Baru", started_at=NOW - 3 * DAY, ended_at=NOW - 3 * DAY + HOUR),
        update(2, 7, text="Sudah pulih.", state=State.RESOLVED),
        update(1, 7, text="Sedang diperiksa."),
        outage(6, title="Lama", started_at=NOW - 8 * DAY, ended_at=NOW - 8 * DAY + HOUR),
        closure(3, NOW - 5 * DAY, NOW - 5 * DAY + HOUR, "Di antaranya."),
    )
    past = page().partition('id="past"')[2]
    places = [past.index(said) for said in ("Baru", "Sudah pulih.", "Sedang diperiksa.", "Di antaranya.", "Lama")]
    assert places == sorted(places)
    assert past.count('id="outage-7"') == past.count('id="closure-3"') == 1


def test_each_link_within_the_page_leads_somewhere() -> None:
    rows: list[Outage | Closure] = [
        outage(7, started_at=NOW - 2 * DAY),
        outage(6, started_at=NOW - 8 * DAY, ended_at=NOW - 5 * DAY),
    ]
    rows += [closure(4, NOW + DAY, None), closure(3, NOW - 3 * DAY, NOW - 2 * DAY)]
    for more, away_since in (([], NOW - MINUTE), ([closure(5, NOW - HOUR, NOW + HOUR)], None)):
        know(*rows, *more, away_since=away_since)
        shown = page()
        names = re.findall(r'id="([\w-]+)"', shown)
        assert len(names) == len(set(names))
        links = re.findall(r'href="#([\w-]+)"', shown)
        assert len(links) > 4
        assert set(links) <= set(names)


# Whose page


@pytest.mark.parametrize(
    ("query", "zone", "clock_shows", "today"),
    [
        ("", "WIB", "22:30 WIB", "23 November 2026"),
        ("zona=WIB", "WIB", "22:30 WIB", "23 November 2026"),
        ("zona=WITA", "WITA", "23:30 WITA", "23 November 2026"),
        ("zona=WIT", "WIT", "00:30 WIT", "24 November 2026"),
        ("zona=PST", "WIB", "22:30 WIB", "23 November 2026"),
        ("zona=wit%00", "WIB", "22:30 WIB", "23 November 2026"),
    ],
)
def test_times_and_days_are_those_of_the_zone(clock: Any, query: str, zone: str, clock_shows: str, today: str) -> None:
    clock.move_to(NOW.replace(hour=22, minute=30))
    know()
    shown = page(f"{query}&bahasa=en")
    assert f"{clock_shows}</time>" in shown
    assert cells(shown)[-1][1].startswith(today)
    assert re.findall(r'aria-current="true">(WI\w+)<', shown) == [zone]


def test_script_may_change_the_zone_unless_one_was_chosen() -> None:
    know(outage(7), update(1, 7))
    moments = re.findall("<time [^>]*>", page())
    assert moments
    assert all(" data-moment" in moment for moment in moments)
    assert "data-moment" not in page("zona=WIT")
    assert '<time datetime="2026-11-23T09:00:30+07:00" data-moment>' in moments


def test_language_is_the_readers_or_the_one_chosen_here() -> None:
    know()
    visitor = Visitor()
    assert '<html lang="id">' in text(visitor.get(STATUS))
    assert "Status layanan" in text(visitor.get(f"{STATUS}?bahasa=xx"))
    english = visitor.get(f"{STATUS}?bahasa=en")
    assert '<html lang="en">' in text(english)
    assert english.headers["Content-Language"] == "en"
    visitor.client.cookies["__Host-language"] = "en"
    assert '<html lang="en">' in text(visitor.get(STATUS))
    assert '<html lang="id">' in text(visitor.get(f"{STATUS}?bahasa=id"))


def test_links_keep_the_other_choice() -> None:
    know()
    shown = page("zona=WIT&bahasa=en")
    assert 'href="?zona=WITA&amp;bahasa=en"' in shown
    assert 'href="?zona=WIT&amp;bahasa=id"' in shown
    assert 'href="?zona=WITA"' in page("")


def test_page_has_nothing_of_one_reader_and_nothing_inline() -> None:
    know(outage(7), update(1, 7), closure(3, NOW - 3 * DAY, NOW - 2 * DAY))
    response = Visitor().get(STATUS)
    assert not response.cookies
    shown = text(response)
    for absent in ("csrf", "<form", "style=", "<style", "onclick", "nonce-"):
        assert absent not in shown
    assert text(Visitor().get(STATUS)) == shown


def test_page_leads_to_help_feed_and_json() -> None:
    know()
    shown = page()
    for address in ("tel:165", "/bantuan/", "/status/atom.xml", "/status.json"):
        assert f'href="{address}"' in shown


def test_hostile_text_is_text() -> None:
    hostile = "<script>alert(1)</script>"
    know(outage(7, title=hostile), update(1, 7, text=hostile), closure(3, NOW + HOUR, None, hostile))
    assert "<script>alert" not in page()


# Cached and cheap


def test_headers_let_a_browser_keep_it_for_a_moment() -> None:
    know()
    response = Visitor().get(STATUS)
    assert response.headers["Cache-Control"] == "max-age=15"
    assert "Cookie" in response.headers["Vary"]
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_page_is_not_sent_again_to_who_has_it(clock: Any) -> None:
    know()
    visitor = Visitor()
    tag = visitor.get(STATUS).headers["ETag"]
    again = visitor.get(STATUS, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Cache-Control"] == "max-age=15"
    know(outage(7), update(1, 7))
    assert visitor.get(STATUS, headers={"If-None-Match": tag}).status_code == 200
    assert visitor.get(f"{STATUS}?zona=WIT", headers={"If-None-Match": tag}).status_code == 200


def test_change_is_shown_at_once_and_what_the_clock_changes_within_5_seconds(clock: Any) -> None:
    know(closure(3, NOW + timedelta(seconds=1), None))
    assert headline(page())[0] == "none"
    clock.shift(5)
    assert headline(page())[0] == "maintenance"
    know()
    assert headline(page())[0] == "none"


def test_only_reading_is_answered() -> None:
    know()
    assert Visitor().post(STATUS).status_code in (403, 405)
    assert Visitor().client.head(STATUS).status_code == 200


def test_signed_in_reader_costs_no_query(siti: Account, visitor: Visitor) -> None:
    visitor.sign_in("siti", PASSWORD)
    know()
    with CaptureQueriesContext(connection) as captured:
        assert visitor.get(STATUS).status_code == 200
    assert len(captured) == 0
