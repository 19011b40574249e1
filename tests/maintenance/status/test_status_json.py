"""/status.json: the shape of Statuspage's summary, what pages ask for, and that it stands what everybody polls."""

import json
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import RequestFactory

from maintenance.models import Impact, Part
from maintenance.status import views
from tests.support.board.known import DAY, HOUR, MINUTE, NOW, State, closure, know, outage, update
from tests.support.visitor import Visitor

STATUS = "/status.json"

PAGE = {"id", "name", "url", "time_zone", "updated_at"}
COMPONENT = {"id", "name", "status", "created_at", "updated_at", "position", "description", "showcase", "start_date"}
COMPONENT |= {"group_id", "page_id", "group", "only_show_if_degraded"}
UPDATE = {"id", "status", "body", "incident_id", "created_at", "updated_at", "display_at", "affected_components"}
UPDATE |= {"deliver_notifications", "custom_tweet", "tweet_id"}
INCIDENT = {"id", "name", "status", "created_at", "updated_at", "monitoring_at", "resolved_at", "impact", "shortlink"}
INCIDENT |= {"started_at", "page_id", "incident_updates", "components"}
MAINTENANCE = INCIDENT | {"scheduled_for", "scheduled_until"}
pytestmark = [pytest.mark.moment(NOW), pytest.mark.usefixtures("clock", "nothing_known")]


def status(**headers: str) -> dict[str, Any]:
    response = Visitor().get(STATUS, headers=headers)
    assert response.status_code == 200
    return json.loads(response.content)


def states(said: dict[str, Any]) -> dict[str, str]:
    return {component["id"]: component["status"] for component in said["components"]}


def moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso)


def test_shape_while_all_is_well() -> None:
    know(revision=5)
    said = status()
    assert set(said) == {"page", "status", "components", "incidents", "scheduled_maintenances", "portal"}
    assert set(said["page"]) == PAGE
    assert said["page"]["url"] == "https://portal.test/status/"
    assert said["page"]["time_zone"] == "Asia/Jakarta"
    assert said["status"]["indicator"] == "none"
    assert states(said) == {"sign_in": "operational", "letters": "operational", "administration": "operational"}
    assert all(set(component) == COMPONENT for component in said["components"])
    assert said["incidents"] == said["scheduled_maintenances"] == []
    assert said["portal"] == {"open": True, "closed_until": None, "database": "ok", "revision": 5}


def test_open_outage_is_an_incident() -> None:
    know(
        outage(7, part=Part.SIGN_IN, impact=Impact.MAJOR),
        update(2, 7, at=NOW - 10 * MINUTE, state=State.MONITORING, text="Sudah diperbaiki."),
        update(1, 7),
    )
    said = status()
    [incident] = said["incidents"]
    assert set(incident) == INCIDENT
    assert (incident["id"], incident["name"], incident["status"]) == ("outage-7", "Masuk lambat", "monitoring")
    assert (incident["impact"], incident["shortlink"]) == ("major", "https://portal.test/status/#outage-7")
    assert moment(incident["started_at"]) == moment(incident["created_at"]) == NOW - HOUR
    assert moment(incident["updated_at"]) == moment(incident["monitoring_at"]) == NOW - 10 * MINUTE
    assert incident["resolved_at"] is None
    updates = incident["incident_updates"]
    assert all(set(each) == UPDATE for each in updates)
    assert [(each["id"], each["status"], each["body"]) for each in updates] == [
        ("update-2", "monitoring", "Sudah diperbaiki."),
        ("update-1", "investigating", "Sedang diperiksa."),
    ]
    assert [component["id"] for component in incident["components"]] == ["sign_in"]
    assert said["status"]["indicator"] == "major"
    assert said["portal"]["open"] is True


def test_outage_that_is_over_is_no_incident() -> None:
    know(outage(7, ended_at=NOW), update(1, 7))
    assert status()["incidents"] == []
    know(outage(7, ended_at=NOW + timedelta(seconds=1)), update(1, 7))
    assert len(status()["incidents"]) == 1


@pytest.mark.parametrize(
    ("impact", "state"),
    [(Impact.MINOR, "degraded_performance"), (Impact.MAJOR, "partial_outage"), (Impact.CRITICAL, "major_outage")],
)
def test_impact_is_the_state_of_its_part(impact: Impact, state: str) -> None:
    know(outage(7, part=Part.LETTERS, impact=impact))
    assert states(status()) == {"sign_in": "operational", "letters": state, "administration": "operational"}
    know(outage(7, part=Part.EVERYTHING, impact=impact))
    assert set(states(status()).values()) == {state}


def test_worst_outage_is_the_state_of_the_whole() -> None:
    know(outage(8, part=Part.LETTERS, impact=Impact.MINOR), outage(7, part=Part.SIGN_IN, impact=Impact.CRITICAL))
    said = status()
    assert said["status"]["indicator"] == "critical"
    assert states(said)["sign_in"] == "major_outage"


def test_closing_in_effect(clock: Any) -> None:
    know(closure(3, NOW - HOUR, NOW + HOUR), outage(7, part=Part.SIGN_IN))
    said = status()
    assert said["status"]["indicator"] == "maintenance"
    assert states(said) == {
        "sign_in": "under_maintenance",
        "letters": "operational",
        "administration": "under_maintenance",
    }
    [maintenance] = said["scheduled_maintenances"]
    assert set(maintenance) == MAINTENANCE
    assert (maintenance["id"], maintenance["status"], maintenance["impact"]) == (
        "closure-3",
        "in_progress",
        "maintenance",
    )
    assert moment(maintenance["scheduled_for"]) == NOW - HOUR
    assert moment(maintenance["scheduled_until"]) == moment(said["portal"]["closed_until"]) == NOW + HOUR
    assert maintenance["incident_updates"][0]["body"] == "Basis data pindah."
    assert said["portal"]["open"] is False
    clock.shift(HOUR)
    assert status()["portal"] == {"open": True, "closed_until": None, "database": "ok", "revision": 1}


def test_closing_without_end() -> None:
    know(closure(3, NOW - HOUR, None, message=""))
    said = status()
    assert said["portal"] == {"open": False, "closed_until": None, "database": "ok", "revision": 1}
    [maintenance] = said["scheduled_maintenances"]
    assert maintenance["scheduled_until"] is None
    assert maintenance["incident_updates"][0]["body"] == maintenance["name"]


def test_planned_closings_are_scheduled_the_next_one_first() -> None:
    know(closure(4, NOW + 2 * DAY, None), closure(3, NOW + HOUR, NOW + 2 * HOUR))
    said = status()
    planned = [(each["id"], each["status"]) for each in said["scheduled_maintenances"]]
    assert planned == [("closure-3", "scheduled"), ("closure-4", "scheduled")]
    assert said["status"]["indicator"] == "none"
    assert said["portal"]["open"] is True


def test_database_that_is_away_is_an_incident() -> None:
    know(away_since=NOW - 5 * MINUTE)
    said = status()
    [incident] = said["incidents"]
    assert set(incident) == INCIDENT
    assert (incident["id"], incident["impact"], moment(incident["started_at"])) == (
        "outage-database",
        "critical",
        NOW - 5 * MINUTE,
    )
    assert said["status"]["indicator"] == "critical"
    assert set(states(said).values()) == {"major_outage"}
    assert said["portal"] == {"open": False, "closed_until": None, "database": "away", "revision": 1}


def test_database_that_is_away_while_closed() -> None:
    know(closure(3, NOW - HOUR, NOW + HOUR), away_since=NOW - 5 * MINUTE)
    said = status()
    assert said["status"]["indicator"] == "maintenance"
    assert said["incidents"] == []
    assert (said["portal"]["open"], said["portal"]["database"]) == (False, "away")


def test_process_that_knows_nothing_yet_answers() -> None:
    said = status()
    assert said["portal"] == {"open": True, "closed_until": None, "database": "ok", "revision": 0}
    assert said["page"]["updated_at"] is None


def test_updated_at_moves_with_what_is_published_and_what_the_clock_does(clock: Any) -> None:
    know(closure(3, NOW + MINUTE, NOW + HOUR), outage(7), update(1, 7))
    assert moment(status()["page"]["updated_at"]) == NOW - HOUR
    clock.shift(90)
    assert moment(status()["page"]["updated_at"]) == NOW + MINUTE


def test_ids_are_unique_texts() -> None:
    know(outage(3), update(3, 3), outage(2), update(2, 2), closure(3, NOW + HOUR, None), closure(2, NOW + DAY, None))
    said = status()
    entries = [*said["incidents"], *said["scheduled_maintenances"]]
    ids = [entry["id"] for entry in entries] + [each["id"] for entry in entries for each in entry["incident_updates"]]
    assert len(ids) == len(set(ids)) == 8
    assert all(isinstance(each, str) for each in ids)


# For everybody


def test_it_is_indonesian_whoever_asks() -> None:
    know()
    visitor = Visitor()
    indonesian = visitor.get(STATUS)
    visitor.client.cookies["__Host-language"] = "en"
    english = visitor.get(STATUS)
    assert english.content == indonesian.content
    assert english.headers["Content-Language"] == "id"


def test_every_site_may_read_it_and_keep_it_for_a_moment() -> None:
    know()
    headers = Visitor().get(STATUS).headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Cache-Control"] == "public, max-age=5"
    assert "Set-Cookie" not in headers


def test_it_is_not_sent_again_to_who_has_it(clock: Any) -> None:
    know()
    visitor = Visitor()
    tag = visitor.get(STATUS).headers["ETag"]
    clock.shift(30)
    again = visitor.get(STATUS, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    know(outage(7))
    assert visitor.get(STATUS, headers={"If-None-Match": tag}).status_code == 200


def test_what_the_clock_changes_is_there_within_a_second(clock: Any) -> None:
    know(closure(3, NOW + timedelta(seconds=5), NOW + timedelta(seconds=9)))
    opens = []
    for _ in range(10):
        opens.append(status()["portal"]["open"])
        clock.shift(1)
    assert opens == [True] * 5 + [False] * 4 + [True]


def test_head_is_answered_and_nothing_else() -> None:
    know()
    assert Visitor().client.head(STATUS).status_code == 200
    assert Visitor().post(STATUS).status_code in (403, 405)


def test_a_call_takes_far_less_than_a_millisecond() -> None:
    """1,000 polls a second leave room for the rest."""
    know(*(outage(number) for number in range(20, 0, -1)), closure(3, NOW - HOUR, NOW + HOUR))
    request = RequestFactory().get(STATUS)
    views.status_json(request)
    calls = 2000
    began = time.process_time()
    for _ in range(calls):
        views.status_json(request)
    assert (time.process_time() - began) / calls < 200e-6
