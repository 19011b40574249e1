"""/status/atom.xml: each update of an outage and each closing, for readers of feeds."""

import xml.etree.ElementTree as ElementTree
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.board.known import DAY, HOUR, MINUTE, NOW, State, closure, know, outage, update
from tests.support.present import present
from tests.support.visitor import Visitor

FEED = "/status/atom.xml"
ATOM = "{http://www.w3.org/2005/Atom}"
pytestmark = [pytest.mark.moment(NOW), pytest.mark.usefixtures("clock", "nothing_known")]


def read() -> ElementTree.Element:
    response = Visitor().get(FEED)
    assert response.status_code == 200
    return ElementTree.fromstring(response.content)


def entries() -> list[dict[str, str]]:
    """Return the texts of each entry by the names of their elements, and its link."""
    found = []
    for entry in read().iter(f"{ATOM}entry"):
        texts = {child.tag.removeprefix(ATOM): child.text or "" for child in entry}
        found.append(texts | {"link": present(entry.find(f"{ATOM}link")).attrib["href"]})
    return found


def test_feed_has_what_atom_demands() -> None:
    know(outage(7), update(1, 7))
    feed = read()
    assert feed.tag == f"{ATOM}feed"
    assert feed.findtext(f"{ATOM}id") == "tag:portal.test,2026:pcare/status"
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    assert datetime.fromisoformat(present(feed.findtext(f"{ATOM}updated"))) == NOW - HOUR
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {"alternate": "https://portal.test/status/", "self": "https://portal.test/status/atom.xml"}
    for entry in entries():
        assert {"id", "title", "updated", "link", "summary"} <= set(entry)


def test_each_update_is_an_entry_the_newest_first() -> None:
    know(
        outage(7, ended_at=NOW - MINUTE),
        update(2, 7, at=NOW - MINUTE, state=State.RESOLVED, text="Sudah pulih."),
        update(1, 7),
        outage(6, started_at=NOW - DAY, ended_at=NOW - DAY + HOUR, title="Surat terlambat"),
        update(3, 6, at=NOW - DAY),
    )
    found = entries()
    assert [entry["id"].rpartition("/")[2] for entry in found] == [
        "outage-update-2",
        "outage-update-1",
        "outage-update-3",
    ]
    assert [entry["link"].rpartition("/")[2] for entry in found] == ["#outage-7", "#outage-7", "#outage-6"]
    assert found[0]["summary"] == "Sudah pulih."
    assert "Masuk lambat" in found[0]["title"]
    assert datetime.fromisoformat(found[1]["updated"]) == NOW - HOUR


def test_closing_is_one_entry_that_is_updated_as_it_goes_on(clock: Any) -> None:
    know(closure(3, NOW + HOUR, NOW + 3 * HOUR))
    seen = []
    for _ in range(3):
        [entry] = entries()
        seen.append(entry)
        clock.shift(2 * HOUR)
    assert {entry["id"] for entry in seen} == {"tag:portal.test,2026:pcare/closure-3"}
    assert len({entry["title"] for entry in seen}) == 3
    assert [datetime.fromisoformat(entry["updated"]) for entry in seen] == [
        NOW - 2 * DAY,
        NOW + HOUR,
        NOW + 3 * HOUR,
    ]
    assert "23 November 2026 11:00 WIB" in seen[0]["title"]
    assert seen[0]["link"] == "https://portal.test/status/#closure-3"


def test_ids_stay_when_more_is_published() -> None:
    know(outage(7), update(1, 7), closure(3, NOW + HOUR, None))
    before = {entry["id"] for entry in entries()}
    know(outage(8), update(4, 8), outage(7), update(2, 7), update(1, 7), closure(3, NOW + 2 * HOUR, None))
    ids = [entry["id"] for entry in entries()]
    assert before < set(ids)
    assert len(ids) == len(set(ids)) == 4


def test_feed_without_entries_does_not_change(clock: Any) -> None:
    know()
    tag = Visitor().get(FEED).headers["ETag"]
    clock.shift(DAY)
    assert Visitor().get(FEED).headers["ETag"] == tag
    assert entries() == []


def test_feed_of_a_process_that_knows_nothing_yet() -> None:
    assert entries() == []


def test_at_most_100_entries() -> None:
    know(outage(7), *(update(number, 7, at=NOW - number * MINUTE) for number in range(1, 151)))
    found = entries()
    assert len(found) == 100
    assert found[0]["id"].endswith("outage-update-1")


def test_hostile_text_is_text() -> None:
    know(outage(7, title="<b>&\x00\x1b"), update(1, 7, text="<script>x</script>\x08"), closure(3, NOW, None, "\x0b]]>"))
    by_id = {entry["id"].rpartition("/")[2]: entry for entry in entries()}
    assert "<b>&" in by_id["outage-update-1"]["title"]
    assert by_id["outage-update-1"]["summary"] == "&lt;script&gt;x&lt;/script&gt;"  # a summary is HTML


def test_headers_and_304(clock: Any) -> None:
    know(outage(7), update(1, 7))
    visitor = Visitor()
    response = visitor.get(FEED)
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Content-Language"] == "id"
    assert "public" in response.headers["Cache-Control"]
    clock.shift(timedelta(minutes=5))
    assert visitor.get(FEED, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
