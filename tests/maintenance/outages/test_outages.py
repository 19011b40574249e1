"""Publishing outages: what is stored, what is refused with which reason, and that nothing is stored then."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from maintenance.board.board import Board
from maintenance.exceptions import Refused
from maintenance.management.wording import sentence
from maintenance.models import TEXT_LENGTH, Impact, Outage, OutageUpdate, Part, Revision
from maintenance.outages.publishing import FARTHEST_UPDATE, REMEMBERED, add_update, close_outage, open_outage
from tests.support.parallel import at_once

State = OutageUpdate.State
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SLOW: dict[str, Any] = {
    "title": "Masuk lambat",
    "part": Part.SIGN_IN,
    "impact": Impact.MAJOR,
    "text": "Diperiksa.",
    "by": "kepala",
}

pytestmark = [pytest.mark.django_db, pytest.mark.moment(NOW), pytest.mark.usefixtures("clock")]


def refused(**changes: Any) -> str:
    """Return why an outage with these changes is refused; nothing is stored, and no process has to look."""
    number = revision()
    with pytest.raises(Refused) as caught:
        open_outage(**{**SLOW, **changes})
    assert Outage.objects.count() == OutageUpdate.objects.count() == 0
    assert revision() == number
    assert sentence(caught.value)
    return caught.value.code


def update_refused(outage: Outage, **fields: Any) -> str:
    before, number = OutageUpdate.objects.count(), revision()
    with pytest.raises(Refused) as caught:
        add_update(outage, **{"text": "Masih diperiksa.", "by": "kepala", **fields})
    assert (OutageUpdate.objects.count(), revision()) == (before, number)
    return caught.value.code


def revision() -> int:
    return Revision.objects.values_list("number", flat=True).first() or 0


def test_outage_is_published_with_what_is_known_first() -> None:
    before = revision()
    outage = open_outage(**SLOW, next_update_at=NOW + timedelta(minutes=30))
    stored = Outage.objects.get()
    assert (stored.title, stored.part, stored.impact) == ("Masuk lambat", Part.SIGN_IN, Impact.MAJOR)
    assert (stored.started_at, stored.ended_at) == (NOW, None)
    update = outage.updates.get()
    assert (update.state, update.text, update.by, update.at) == (State.INVESTIGATING, "Diperiksa.", "kepala", NOW)
    assert update.next_update_at == NOW + timedelta(minutes=30)
    assert revision() > before
    assert Board.load().open_outages(NOW) == [outage]


def test_update_keeps_the_state_unless_it_gives_another() -> None:
    outage = open_outage(**SLOW, state=State.IDENTIFIED)
    assert add_update(outage, text="Masih diperbaiki.", by="kepala").state == State.IDENTIFIED
    assert add_update(outage, text="Sudah diperbaiki.", by="petugas", state=State.MONITORING).state == State.MONITORING
    assert add_update(outage, text="Dipantau.", by="kepala").state == State.MONITORING


def test_update_is_seen_by_web_processes() -> None:
    outage = open_outage(**SLOW)
    before = revision()
    add_update(outage, text="Masih diperiksa.", by="kepala")
    assert revision() > before


def test_closing_ends_it_now(clock: Any) -> None:
    outage = open_outage(**SLOW)
    clock.shift(600)
    update = close_outage(outage, text="Sudah pulih.", by="kepala")
    stored = Outage.objects.get()
    assert (update.state, stored.ended_at, outage.ended_at) == (State.RESOLVED, timezone.now(), timezone.now())
    assert not stored.is_open(timezone.now())
    assert stored.is_open(timezone.now() - SECOND)


def test_state_over_ends_it_too() -> None:
    outage = open_outage(**SLOW)
    add_update(outage, text="Sudah pulih.", by="kepala", state=State.RESOLVED)
    assert Outage.objects.get().ended_at == NOW


def test_nothing_is_added_to_an_outage_that_is_over() -> None:
    outage = open_outage(**SLOW)
    stale = Outage.objects.get()
    close_outage(outage, text="Sudah pulih.", by="kepala")
    assert update_refused(outage) == "over"
    assert update_refused(stale) == "over"
    assert update_refused(stale, state=State.RESOLVED) == "over"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": ""}, "no_title"),
        ({"title": " \u200b\u202e "}, "no_title"),
        ({"title": "x" * 121}, "title_too_long"),
        ({"text": ""}, "no_text"),
        ({"text": "\n\t\u2066"}, "no_text"),
        ({"text": "x" * (TEXT_LENGTH + 1)}, "text_too_long"),
        ({"part": "captcha"}, "unknown_part"),
        ({"impact": "huge"}, "unknown_impact"),
        ({"state": "gone"}, "unknown_state"),
        ({"state": State.RESOLVED}, "begins_over"),
        ({"started_at": NOW + SECOND}, "start_ahead"),
        ({"started_at": NOW - REMEMBERED - SECOND}, "start_too_old"),
        ({"started_at": datetime.min.replace(tzinfo=UTC)}, "start_too_old"),
        ({"next_update_at": NOW}, "next_update_past"),
        ({"next_update_at": NOW + FARTHEST_UPDATE + SECOND}, "next_update_too_far"),
        ({"next_update_at": datetime.max.replace(tzinfo=UTC)}, "next_update_too_far"),
    ],
)
def test_what_cannot_be_published(changes: dict[str, Any], code: str) -> None:
    assert refused(**changes) == code


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "x" * 120},
        {"text": "x" * TEXT_LENGTH},
        {"started_at": NOW},
        {"started_at": NOW - REMEMBERED},
        {"next_update_at": NOW + SECOND},
        {"next_update_at": NOW + FARTHEST_UPDATE},
        {"state": State.MONITORING},
    ],
)
def test_what_just_can(changes: dict[str, Any]) -> None:
    assert open_outage(**{**SLOW, **changes}).pk


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"text": " "}, "no_text"),
        ({"text": "x" * (TEXT_LENGTH + 1)}, "text_too_long"),
        ({"state": "gone"}, "unknown_state"),
        ({"next_update_at": NOW}, "next_update_past"),
        ({"state": State.RESOLVED, "next_update_at": NOW + SECOND}, "next_update_after_end"),
    ],
)
def test_update_that_cannot_be_published(fields: dict[str, Any], code: str) -> None:
    outage = open_outage(**SLOW)
    assert update_refused(outage, **fields) == code
    assert Outage.objects.get().ended_at is None


def test_same_outage_twice_is_refused_with_the_number_of_the_open_one() -> None:
    outage = open_outage(**SLOW)
    for title in ("Masuk lambat", "  MASUK   lambat "):
        with pytest.raises(Refused) as caught:
            open_outage(**{**SLOW, "title": title})
        assert caught.value.code == "already_open"
        assert str(outage.pk) in sentence(caught.value)
    assert Outage.objects.count() == 1


def test_same_title_is_free_for_another_part_and_after_the_end() -> None:
    outage = open_outage(**SLOW)
    open_outage(**{**SLOW, "part": Part.LETTERS})
    close_outage(outage, text="Sudah pulih.", by="kepala")
    open_outage(**SLOW)
    assert Outage.objects.count() == 3


def test_text_from_outside_is_inert() -> None:
    hostile = "Masuk\x1b[31m\r\nlambat\u202e\u0000\u2028besok\ud800"
    outage = open_outage(**{**SLOW, "title": hostile, "text": hostile, "by": f"\u202e{'k' * 300}"})
    assert (outage.title, outage.updates.get().text) == ("Masuk[31m lambat besok", "Masuk[31m lambat besok")
    assert outage.updates.get().by == "k" * 200


@pytest.mark.django_db(transaction=True)
def test_same_outage_opened_at_once_is_published_once() -> None:
    outcomes = at_once([partial(outcome, open_outage, **SLOW)] * 6)
    assert sorted(outcomes) == ["already_open"] * 5 + ["published"]
    assert OutageUpdate.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_outage_closed_at_once_ends_once() -> None:
    outage = open_outage(**SLOW)
    outcomes = at_once([partial(outcome, close_outage, outage, text="Sudah pulih.", by="kepala")] * 6)
    assert sorted(outcomes) == ["over"] * 5 + ["published"]
    assert OutageUpdate.objects.count() == 2


def outcome(publish: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    try:
        publish(*args, **kwargs)
    except Refused as refused:
        return refused.code
    return "published"
