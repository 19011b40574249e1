"""Closings and outages for tests, and how a process gets to know them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from maintenance.board import process_state
from maintenance.board.watcher import Watcher
from maintenance.models import Closure, Outage, OutageUpdate, Revision


def put_closure(starts_in: timedelta, lasts: timedelta | None, message: str = "Basis data dipindahkan.") -> Closure:
    """Store a closing, whatever the rules say; web processes find it."""
    starts_at = timezone.now() + starts_in
    with transaction.atomic():
        revision = Revision.hold()
        ends_at = None if lasts is None else starts_at + lasts
        closure = Closure.objects.create(starts_at=starts_at, ends_at=ends_at, message=message)
        revision.advance()
    return closure


def end(closure: Closure) -> None:
    """Open the portal."""
    with transaction.atomic():
        revision = Revision.hold()
        closure.ends_at = timezone.now()
        closure.save()
        revision.advance()


def put_outage(title: str = "Masuk lambat", text: str = "Sedang diperiksa.", **fields: datetime | str | None) -> Outage:
    """Store an outage with its first update."""
    next_update_at = fields.pop("next_update_at", None)
    with transaction.atomic():
        revision = Revision.hold()
        outage = Outage.objects.create(title=title, **fields)
        OutageUpdate.objects.create(outage=outage, text=text, next_update_at=next_update_at, by="kepala")
        revision.advance()
    return outage


def take_over() -> None:
    """Let this process look at the board, as the thread of a web process does every moment."""
    Watcher().look()


@contextmanager
def forgotten_afterwards() -> Iterator[None]:
    """Leave what this process knows as it was."""
    before = process_state.current
    try:
        yield
    finally:
        process_state.current = before
