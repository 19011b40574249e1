"""Security events in the admin: read within the scope, never changed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.admin.trail import ROWS_LISTED
from accounts.models import Account, SecurityEvent
from tests.support.clock import Clock
from tests.support.queries import queries
from tests.support.visitor import Visitor, text

Kind = SecurityEvent.Kind
EVENTS = "/admin/accounts/securityevent/"


@pytest.fixture
def event(siti: Account) -> SecurityEvent:
    return happen(siti)


@pytest.fixture
def foreign_event(rina: Account) -> SecurityEvent:
    return happen(rina)


def happen(account: Account | None, kind: Kind = Kind.LOCKED_OUT) -> SecurityEvent:
    return SecurityEvent.objects.create(kind=kind, account=account, address="192.0.2.1", user_agent="curl")


def listed(visitor: Visitor, query: str = "") -> list[str]:
    """Return whose events the list shows."""
    return [str(event.account) for event in visitor.get(f"{EVENTS}?{query}").context["cl"].result_list]


def test_nothing_can_be_added_changed_or_deleted(head: Visitor, event: SecurityEvent) -> None:
    assert 'name="_save"' not in text(head.get(f"{EVENTS}{event.pk}/change/"))
    typed = {"kind": Kind.SIGNED_IN, "detail": "forged", "at_0": "2020-01-01", "at_1": "00:00:00"}
    for page in ("add/", f"{event.pk}/change/", f"{event.pk}/delete/"):
        assert head.send(f"{EVENTS}{page}", **typed, post="yes").status_code == 403
    head.send(EVENTS, action="delete_selected", _selected_action=event.pk, post="yes")
    assert SecurityEvent.objects.filter(pk=event.pk, kind=Kind.LOCKED_OUT, detail="").exists()


def test_head_office_reads_all(head: Visitor, event: SecurityEvent, foreign_event: SecurityEvent) -> None:
    happen(None, Kind.SIGN_IN_FAILED)
    assert listed(head) == ["None", "rina", "siti", "kepala"]


def test_branch_reads_its_facilities_events(
    branch: Visitor, event: SecurityEvent, foreign_event: SecurityEvent
) -> None:
    happen(None, Kind.SIGN_IN_FAILED)
    assert listed(branch) == ["siti"]


@pytest.mark.parametrize(
    "query", ["q=rina", "q=0114B026", "account__id__exact={account}", "account={account}", "id={event}", "all="]
)
def test_no_query_brings_another_branch_up(branch: Visitor, foreign_event: SecurityEvent, query: str) -> None:
    assert listed(branch, query.format(account=foreign_event.account_id, event=foreign_event.pk)) == []


@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_foreign_event_does_not_exist(branch: Visitor, foreign_event: SecurityEvent, page: str) -> None:
    assert branch.get(f"{EVENTS}{foreign_event.pk}/{page}/").status_code in (302, 403)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=SITI ", ["siti"]),
        ("q=10182001", ["siti"]),
        ("q=0114b026", ["rina"]),
        ("q=sit", []),
        ("q=%00", []),
        ("kind__exact=locked_out", ["rina", "siti"]),
        ("at__gte=2100-01-01 00:00:00%2B07:00", []),
    ],
)
def test_search_and_filters(
    head: Visitor, event: SecurityEvent, foreign_event: SecurityEvent, query: str, found: list[str]
) -> None:
    page = head.get(f"{EVENTS}?{query}")
    assert page.status_code == 200
    if query != "q=%00":  # the form of the search says so
        assert listed(head, query) == found


def test_list_counts_no_further_than_it_goes(head: Visitor, siti: Account) -> None:
    event = SecurityEvent(kind=Kind.SIGNED_IN, account=siti)
    SecurityEvent.objects.bulk_create([event] * (ROWS_LISTED + 50))
    with CaptureQueriesContext(connection) as captured:
        page = head.get(EVENTS)
    assert page.context["cl"].result_count == ROWS_LISTED
    counts = [query["sql"] for query in captured if "COUNT(" in query["sql"]]
    assert len(counts) == 1
    assert f"LIMIT {ROWS_LISTED}" in counts[0]


def test_list_takes_as_many_queries_for_30_rows_as_for_3(
    clock: Clock, head: Visitor, siti: Account, rina: Account, kepala: Account
) -> None:
    def add(number: int) -> None:
        for account in (siti, rina, None) * number:
            SecurityEvent.objects.create(kind=Kind.LOCK_LIFTED, account=account, actor=kepala)

    add(1)
    few = queries(head, EVENTS)
    add(9)
    assert queries(head, EVENTS) == few
