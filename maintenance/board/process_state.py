"""What this process knows without asking anybody."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from maintenance.board.board import Board
from maintenance.models import Closure


@dataclass(frozen=True, eq=False)
class ProcessState:
    """The board as last read; since when the database has not answered, None while it does."""

    board: Board = Board()
    database_away_since: datetime | None = None


current = ProcessState()
looked_at: float | None = None  # when the database was last asked, on time.monotonic; None: nobody asks it here


def learn_board(board: Board) -> None:
    """Replace the board in one step: whoever reads it meanwhile has the old or the new."""
    global current
    current = replace(current, board=board)


def learn_database_away(since: datetime | None) -> None:
    """Take note of since when the database has not answered, None: it does."""
    global current
    current = replace(current, database_away_since=since)


def closure_now() -> Closure | None:
    """Return the closing that holds now, None while the portal is open."""
    board = current.board
    return board.closed_by(timezone.now()) if board.pending else None
