"""What a process knows, for tests without a database."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model

from maintenance.board import process_state
from maintenance.board.board import Board
from maintenance.models import Closure, Outage, OutageUpdate, Revision
from tests.support.clock import NOW

State = OutageUpdate.State
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONG_AGO = NOW - 300 * DAY


def outage(number: int, **fields: Any) -> Outage:
    return Outage(**{"pk": number, "title": "Masuk lambat", "started_at": NOW - HOUR, **fields})


def update(number: int, outage: int, **fields: Any) -> OutageUpdate:
    return OutageUpdate(**{"pk": number, "outage_id": outage, "at": NOW - HOUR, "text": "Sedang diperiksa.", **fields})


def closure(number: int, starts_at: datetime, ends_at: datetime | None, message: str = "Basis data pindah.") -> Closure:
    return Closure(pk=number, starts_at=starts_at, ends_at=ends_at, message=message, changed_at=NOW - 2 * DAY)


def know(
    *rows: Model, since: datetime = NOW - 300 * DAY, away_since: datetime | None = None, revision: int = 1
) -> None:
    """Let this process know a board of these rows, the newest first."""
    board = Board.of(rows, Revision(number=revision, since=since))
    process_state.learn_board(board)
    process_state.learn_database_away(away_since)
