"""The pages about closings and outages, each by its name, for tests that read every page."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from maintenance.board import process_state
from maintenance.board.board import Board
from maintenance.closures import planning
from maintenance.models import Closure, Impact, Part
from maintenance.outages import publishing
from tests.support.board import boards
from tests.support.board.known import DAY, HOUR, MINUTE, NOW, State, closure, know, outage, update
from tests.support.clock import stopped
from tests.support.fixtures import PASSWORD
from tests.support.visitor import Visitor

Pages = dict[str, Any]


def closed(visitor: Visitor) -> Pages:
    """Return what is read on the way in while the portal is closed."""
    with boards.forgotten_afterwards():
        boards.put_closure(timedelta(0), timedelta(hours=2))
        boards.take_over()
        pages = closed_by_it(visitor)
    Closure.objects.all().delete()
    return pages


def closed_by_it(visitor: Visitor) -> Pages:
    pages = {
        "closed": visitor.get("/bantuan/"),
        "sent while closed": visitor.post("/lupa-password/"),
        "staff's entrance": visitor.get("/masuk/?next=/admin/"),
        "no right to enter": visitor.sign_in("budi", PASSWORD, next="/admin/"),
    }
    Closure.objects.update(ends_at=None)
    boards.put_closure(timedelta(hours=2), None)
    boards.take_over()
    pages["closed until further notice"] = visitor.get("/bantuan/")
    process_state.learn_board(Board())
    process_state.learn_database_away(timezone.now())
    pages["disturbed"] = visitor.get("/bantuan/")
    pages["sent while disturbed"] = visitor.post("/lupa-password/")
    return pages


def status(visitor: Visitor) -> Pages:
    """Return the page of the status, and pages with each notice."""
    pages: Pages = {}
    with boards.forgotten_afterwards(), stopped(NOW):
        for name, board in told_boards().items():
            know(*board)
            pages |= {f"status, {name}": visitor.get("/status/"), name: visitor.get("/masuk/?next=/admin/")}
        know(away_since=NOW)
        pages["status, database away"] = visitor.get("/status/")
    return pages


def told_boards() -> dict[str, list[Any]]:
    """Return what can be published, by name."""
    slow = [outage(n, impact=impact, part=part) for n, (impact, part) in enumerate(zip(Impact, Part, strict=False), 1)]
    said = [update(n, n, state=state, next_update_at=NOW - MINUTE) for n, state in enumerate(State, 1) if n < 4]
    past = [outage(n, started_at=NOW - n * DAY, ended_at=NOW - n * DAY + HOUR) for n in (7, 8)]
    told = [update(7, 7, state=State.RESOLVED), update(8, 8)]
    old = [closure(9, NOW - 3 * DAY, NOW - 3 * DAY + HOUR)]
    promised = [outage(1), update(1, 1, next_update_at=NOW + HOUR), update(2, 1)]
    return {
        "well": [],
        "disturbed": [*slow, *said],
        "promised": promised,
        "after an outage": [*past, *told],
        "after both": [*old, *past, *told],
        "after maintenance": old,
        "planned": [closure(1, NOW + 5 * HOUR, NOW + 30 * HOUR), closure(2, NOW + 50 * HOUR, None)],
        "soon": [closure(1, NOW + MINUTE, None)],
        "closed": [closure(1, NOW - HOUR, NOW + HOUR)],
        "closed until further notice": [closure(1, NOW - HOUR, None)],
    }


def admin(visitor: Visitor) -> Pages:
    """Return what staff see of outages and closings in the administration."""
    visitor.sign_in("kepala", PASSWORD)
    published = publishing.open_outage(title="Masuk lambat", part=Part.SIGN_IN, impact="major", text="Lambat.", by="x")
    planning.schedule(starts_at=timezone.now() + 2 * DAY, ends_at=timezone.now() + 3 * DAY, by="root@web1")
    add, change = "/admin/maintenance/outage/add/", f"/admin/maintenance/outage/{published.pk}/change/"
    typed = {"part": "sign_in", "impact": "major", "text": "x", "state": "investigating", "title": "masuk lambat"}
    start = {"started_at_0": "2020-01-01", "started_at_1": "10:00"}
    ahead = {"started_at_0": "2199-01-01", "started_at_1": "10:00"}
    promise = {"next_update_at_0": "2020-01-01", "next_update_at_1": "10:00"}
    far = {"next_update_at_0": "2199-01-01", "next_update_at_1": "10:00"}
    today = {"started_at_0": f"{timezone.localdate():%Y-%m-%d}", "started_at_1": "00:00"}
    return {
        "outages": visitor.get("/admin/maintenance/outage/"),
        "new outage": visitor.get(add),
        "new outage, nothing typed": visitor.press(add),
        "new outage, odd start": visitor.press(add, **typed, **start),
        "new outage, start ahead": visitor.press(add, **typed, **ahead),
        "new outage, odd promise": visitor.press(add, **typed, **today, **promise),
        "new outage, far promise": visitor.press(add, **typed, **today, **far),
        "new outage, published already": visitor.press(add, **typed, **today),
        "new outage, invisible": visitor.press(add, **typed | {"title": "\u200b", "text": "\u200b"}, **today),
        "outage": visitor.get(change),
        "promised after the end": visitor.save(change, text="x", state="resolved", **far),
        "outage over": _after(visitor, change, text="Selesai.", state="resolved"),
        "outage over for good": visitor.get(change),
        "too late": _after(visitor, change, text="Selesai.", state="resolved"),
        "closings": visitor.get("/admin/maintenance/closure/"),
        "events of closings": visitor.get("/admin/maintenance/closureevent/"),
    }


def _after(visitor: Visitor, path: str, **fields: str) -> Any:
    """Send a form and return the page that it leads to."""
    return visitor.get(visitor.save(path, **fields).url)
