"""Outages and closings in the admin: head office publishes, branch staff read, nobody deletes."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Account
from maintenance.models import Closure, ClosureEvent, Impact, Outage, OutageUpdate, Part, Revision
from maintenance.outages.publishing import add_update, close_outage, open_outage
from maintenance.text.zones import ZONES
from tests.support.board.boards import forgotten_afterwards, put_closure, take_over
from tests.support.clock import Clock
from tests.support.present import present
from tests.support.queries import queries
from tests.support.visitor import Visitor, text

State = OutageUpdate.State
OUTAGES = "/admin/maintenance/outage/"
ADD = f"{OUTAGES}add/"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    with forgotten_afterwards():
        yield


@pytest.fixture
def slow(db: None) -> Outage:
    return open_outage(
        title="Masuk lambat", part=Part.SIGN_IN, impact=Impact.MAJOR, text="Sedang diperiksa.", by="kepala"
    )


def moment(name: str, at: datetime | None, zone: str = "WIB") -> dict[str, str]:
    """Return a moment as it is typed."""
    if at is None:
        return {f"{name}_0": "", f"{name}_1": ""}
    here = at.astimezone(ZONES[zone])
    return {f"{name}_0": f"{here:%d-%m-%Y}", f"{name}_1": f"{here:%H:%M:%S}"}


def typed(**changes: str) -> dict[str, str]:
    """Return a new outage as it is typed."""
    form = {"title": "Masuk lambat", "part": "sign_in", "impact": "major", "text": "Sedang diperiksa."}
    form |= {"state": "investigating", **moment("started_at", timezone.now()), **moment("next_update_at", None)}
    return {**form, **changes}


def errors(response: Any) -> dict[str, list[str]]:
    """Return the codes of the errors by field."""
    assert response.status_code == 200
    found = response.context["adminform"].form.errors.as_data()
    return {field: [error.code for error in several] for field, several in found.items()}


def change(outage: Outage) -> str:
    return f"{OUTAGES}{outage.pk}/change/"


# Publishing


def test_outage_is_added_with_what_is_known_first(head: Visitor) -> None:
    started, promised = timezone.now() - 30 * MINUTE, timezone.now() + 30 * MINUTE
    before = Revision.objects.get().number
    response = head.send(ADD, **typed(**moment("started_at", started), **moment("next_update_at", promised)))
    assert response.status_code == 302
    outage = Outage.objects.get()
    update = outage.updates.get()
    assert (outage.title, outage.part, outage.impact) == ("Masuk lambat", "sign_in", "major")
    assert outage.started_at == started.replace(microsecond=0)
    assert (update.text, update.state, update.by) == ("Sedang diperiksa.", State.INVESTIGATING, "kepala")
    assert update.next_update_at == promised.replace(microsecond=0)
    assert Revision.objects.get().number > before
    take_over()
    assert "Masuk lambat" in text(Visitor().get("/status/"))


def test_update_is_added_and_past_ones_stay(head: Visitor, slow: Outage) -> None:
    page = text(head.get(change(slow)))
    assert "Sedang diperiksa." in page
    assert 'name="title"' not in page
    response = head.save(change(slow), text="Penyebab ditemukan.", state="identified", **moment("next_update_at", None))
    assert response.status_code == 302
    assert [(update.text, update.state) for update in slow.updates.all()] == [
        ("Penyebab ditemukan.", "identified"),
        ("Sedang diperiksa.", "investigating"),
    ]


def test_what_is_known_of_the_outage_itself_cannot_be_changed(head: Visitor, slow: Outage) -> None:
    forged = typed(title="Lain", part="letters", impact="minor", text="Kabar.", **moment("ended_at", timezone.now()))
    assert head.save(change(slow), **forged).status_code == 302
    stored = Outage.objects.get()
    assert (stored.title, stored.part, stored.impact) == ("Masuk lambat", Part.SIGN_IN, Impact.MAJOR)
    assert (stored.started_at, stored.ended_at) == (slow.started_at, None)


def test_state_over_ends_it_and_then_it_is_only_read(head: Visitor, slow: Outage) -> None:
    head.save(change(slow), text="Sudah pulih.", state="resolved", **moment("next_update_at", None))
    assert Outage.objects.get().ended_at is not None
    page = text(head.get(change(slow)))
    assert "Sudah pulih." in page
    assert 'name="_save"' not in page
    assert 'name="text"' not in page


def test_form_begins_with_the_state_that_stands(head: Visitor, slow: Outage) -> None:
    add_update(slow, text="Dipantau.", by="kepala", state=State.MONITORING)
    assert '<option value="monitoring" selected>' in text(head.get(change(slow)))


def test_times_are_typed_in_the_readers_zone(head: Visitor, kepala: Account) -> None:
    shown = head.get(ADD).context["adminform"].form
    assert "WIB" in shown.fields["started_at"].help_text
    now = timezone.now()
    head.send(ADD, **typed(**moment("started_at", now, "WITA")))
    assert Outage.objects.count() == 0  # an hour ahead: these are not Makassar's
    head.send(ADD, **typed(**moment("started_at", now, "WIB")))
    assert Outage.objects.get().started_at == now.replace(microsecond=0)


# What is refused


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"title": ""}, "title", "required"),
        ({"title": "\u202e\u200b"}, "title", "no_title"),
        ({"title": "x" * 121}, "title", "max_length"),
        ({"title": "a\0b"}, "title", "null_characters_not_allowed"),
        ({"text": ""}, "text", "required"),
        ({"text": "\u202e"}, "text", "no_text"),
        ({"text": "x" * 1001}, "text", "max_length"),
        ({"part": "captcha"}, "part", "invalid_choice"),
        ({"impact": "\0"}, "impact", "invalid_choice"),
        ({"state": "gone"}, "state", "invalid_choice"),
        ({"state": "resolved"}, "state", "invalid_choice"),
        ({"started_at_0": "31-02-2026"}, "started_at", "invalid"),
        ({"started_at_0": "\0"}, "started_at", "invalid"),
        ({"started_at_0": "01-01-0001"}, "started_at", "start_too_old"),
        ({"started_at_0": "31-12-9999"}, "started_at", "start_ahead"),
        ({"next_update_at_0": "01-01-2020", "next_update_at_1": "00:00"}, "next_update_at", "next_update_past"),
        ({"next_update_at_0": "31-12-9999", "next_update_at_1": "23:59"}, "next_update_at", "next_update_too_far"),
    ],
)
def test_refusal_stands_at_its_field_and_nothing_is_stored(
    head: Visitor, changes: dict[str, str], field: str, code: str
) -> None:
    assert errors(head.send(ADD, **typed(**changes))) == {field: [code]}
    assert not Outage.objects.exists()


def test_same_outage_twice_is_refused_and_what_was_typed_stays(head: Visitor, slow: Outage) -> None:
    response = head.send(ADD, **typed(text="Masih lambat."))
    assert errors(response) == {"title": ["already_open"]}
    assert "Masih lambat." in text(response)
    assert Outage.objects.count() == 1


def test_update_is_refused_at_its_field(head: Visitor, slow: Outage) -> None:
    past = moment("next_update_at", timezone.now() - MINUTE)
    assert errors(head.save(change(slow), text="Kabar.", state="identified", **past)) == {
        "next_update_at": ["next_update_past"]
    }
    ahead = moment("next_update_at", timezone.now() + MINUTE)
    assert errors(head.save(change(slow), text="Kabar.", state="resolved", **ahead)) == {
        "next_update_at": ["next_update_after_end"]
    }
    assert slow.updates.count() == 1


def test_who_comes_too_late_is_told_so(head: Visitor, slow: Outage) -> None:
    head.get(change(slow))
    close_outage(slow, text="Sudah pulih.", by="petugas")
    response = head.save(change(slow), text="Kabar.", state="identified", **moment("next_update_at", None))
    assert response.status_code == 302
    assert 'class="error"' in text(head.get(response.headers["Location"]))
    assert slow.updates.count() == 2


# Who may


def test_branch_reads_and_publishes_nothing(branch: Visitor, slow: Outage) -> None:
    assert branch.get(OUTAGES).status_code == 200
    page = branch.get(change(slow))
    assert page.status_code == 200
    assert "Sedang diperiksa." in text(page)
    assert 'name="_save"' not in text(page)
    assert branch.get(ADD).status_code == 403
    assert branch.send(ADD, **typed()).status_code == 403
    assert (
        branch.send(change(slow), text="Kabar.", state="resolved", **moment("next_update_at", None)).status_code == 403
    )
    assert (Outage.objects.count(), OutageUpdate.objects.count()) == (1, 1)


def test_nothing_can_be_deleted(head: Visitor, slow: Outage) -> None:
    assert head.send(f"{OUTAGES}{slow.pk}/delete/", post="yes").status_code == 403
    head.send(OUTAGES, action="delete_selected", _selected_action=str(slow.pk), post="yes")
    assert Outage.objects.count() == 1


@pytest.mark.parametrize("model", ["closure", "closureevent"])
def test_closings_are_read_and_nothing_else(head: Visitor, model: str) -> None:
    closure = put_closure(timedelta(hours=1), timedelta(hours=2))
    event = ClosureEvent.objects.create(
        closure=closure, kind=ClosureEvent.Kind.SCHEDULED, by="operator@mesin", starts_at=closure.starts_at
    )
    row = {"closure": closure, "closureevent": event}[model]
    address = f"/admin/maintenance/{model}/"
    shown = {"closure": "Basis data dipindahkan.", "closureevent": "operator@mesin"}[model]
    assert shown in text(head.get(address))
    assert 'name="_save"' not in text(head.get(f"{address}{row.pk}/change/"))
    for page in ("add/", f"{row.pk}/change/", f"{row.pk}/delete/"):
        assert head.send(f"{address}{page}", message="Lain", by="Lain", post="yes").status_code == 403
    head.send(address, action="delete_selected", _selected_action=str(row.pk), post="yes")
    assert (Closure.objects.count(), ClosureEvent.objects.get().by) == (1, "operator@mesin")


# The lists


def test_list_shows_state_and_what_is_overdue(head: Visitor, slow: Outage) -> None:
    def columns() -> tuple[str, bool]:
        row = text(head.get(OUTAGES))
        cells = (re.search(rf'<td class="field-{name}">(.*?)</td>', row) for name in ("state", "overdue"))
        state, overdue = (present(cell)[1] for cell in cells)
        return state, overdue not in ("", "-", "&nbsp;")

    assert columns() == (str(State.INVESTIGATING.label), False)
    OutageUpdate(outage=slow, state=State.IDENTIFIED, text="Kabar.", next_update_at=timezone.now() - MINUTE).save()
    assert columns() == (str(State.IDENTIFIED.label), True)
    close_outage(slow, text="Sudah pulih.", by="kepala")
    assert columns() == (str(State.RESOLVED.label), False)


@pytest.mark.parametrize(
    "query",
    [
        *["q=%00", "q=lambat", "q=%F0%9F%98%80", "p=abc", "p=99999", "o=9.x", "all=", "_facets=True", "e=1"],
        *["part__exact=sign_in", "part__exact=%00", "impact__exact=x", "open=yes", "open=x"],
        *["started_at__gte=x", "started_at__year=99999999999", "updates__by=kepala", "id=abc", "_popup=1&_to_field=x"],
    ],
)
def test_nonsense_in_the_address_is_no_server_error(head: Visitor, slow: Outage, query: str) -> None:
    for model in ("outage", "closure", "closureevent"):
        assert head.get(f"/admin/maintenance/{model}/?{query}").status_code < 500
    assert head.get(f"{ADD}?{query}&started_at=x&title=x&state=x").status_code < 500


@pytest.mark.parametrize("number", ["abc", "%00", "0", "-1", "99999999999999999999999", "1/../2"])
def test_number_of_no_outage_is_no_server_error(head: Visitor, number: str) -> None:
    for page in ("change", "history", "delete"):
        assert head.get(f"{OUTAGES}{number}/{page}/").status_code < 500
    assert head.send(f"{OUTAGES}{number}/change/", text="Kabar.", state="resolved").status_code < 500


@pytest.mark.parametrize("sent", ["abc", "\0", "1", ""])
def test_nonsense_as_a_selection_is_no_server_error(head: Visitor, slow: Outage, sent: str) -> None:
    for action in ("delete_selected", "none", ""):
        answer = head.send(OUTAGES, action=action, _selected_action=sent, index="x", select_across="x")
        assert answer.status_code < 500
    assert Outage.objects.exists()


def test_list_takes_as_many_queries_for_12_outages_as_for_2(clock: Clock, head: Visitor, slow: Outage) -> None:
    def add(first: int, last: int) -> None:
        for number in range(first, last):
            open_outage(title=f"Nomor {number}", part="letters", impact="minor", text="Kabar.", by="kepala")

    add(0, 1)
    few = queries(head, OUTAGES)
    add(1, 11)
    assert queries(head, OUTAGES) == few
