"""The thread that looks at the database goes on whatever happens, and is not mistaken about the database."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client

from maintenance.board import process_state, watcher
from maintenance.board.board import Board
from maintenance.board.watcher import Watcher
from maintenance.database.connection import LONGEST_WAIT, BoundedConnection, impatient
from maintenance.models import WebProcess
from tests.support.board import boards
from tests.support.board.commands import database_url
from tests.support.present import present


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    looked_at = process_state.looked_at
    with boards.forgotten_afterwards():
        yield
    process_state.looked_at = looked_at


@pytest.mark.django_db(transaction=True)
def test_folder_that_cannot_be_written_to_changes_nothing_else(settings: Any) -> None:
    settings.BOARD_FILE = Path("/nowhere/at/all/board.json")
    boards.put_closure(timedelta(0), None, message="Petik “dua” dan \U0001f6e0")
    looking = Watcher()
    looking.work()
    assert process_state.closure_now()
    assert noted(looking) == process_state.current.board.revision


@pytest.mark.django_db(transaction=True)
def test_what_was_kept_is_what_was_known(settings: Any, tmp_path: Path) -> None:
    settings.BOARD_FILE = tmp_path / "board.json"
    closure = boards.put_closure(timedelta(0), timedelta(hours=1), message="Petik “dua” dan \U0001f6e0")
    outage = boards.put_outage()
    Watcher().work()
    process_state.current = process_state.ProcessState()
    watcher.restore()
    board = process_state.current.board
    assert board.closed_by(closure.starts_at) == closure
    assert board.pending[0].message == "Petik “dua” dan \U0001f6e0"
    assert [(one.title, present(one.newest).text) for one in board.outages] == [(outage.title, "Sedang diperiksa.")]


REVISION = '{"model": "maintenance.revision", "pk": 1, "fields": {"number": 5, "since": "2026-01-01T00:00:00Z"}}'


def kept_row(fields: str) -> str:
    """Return a board with one closing, as it would be kept."""
    return f'[{REVISION}, {{"model": "maintenance.closure", "pk": 1, "fields": {{{fields}}}}}]'


@pytest.mark.parametrize(
    "kept",
    [
        *["", "5", "[]", "{}", "\x00", "null", f"[{REVISION}", kept_row("").replace(f"{REVISION}, ", "")],
        *[kept_row(""), kept_row("")[:-1] + ", 5]"],
        kept_row('"starts_at": "2026-01-01T00:00:00", "ends_at": null, "message": "x"'),
        kept_row('"starts_at": "soon", "ends_at": null, "message": "x"'),
        kept_row('"begins": "2026-01-01T00:00:00Z"'),
    ],
)
def test_nonsense_that_was_kept_is_left_alone(kept: str, settings: Any, tmp_path: Path) -> None:
    settings.BOARD_FILE = tmp_path / "board.json"
    settings.BOARD_FILE.write_text(kept)
    before = process_state.current
    watcher.restore()
    assert process_state.current is before


@pytest.mark.django_db(transaction=True)
def test_bookkeeping_that_somebody_holds_back_is_no_sign_of_a_database_that_is_away() -> None:
    looking = Watcher()
    looking.work()
    boards.put_closure(timedelta(0), None)
    with psycopg.connect(database_url()) as other:
        other.execute("UPDATE maintenance_webprocess SET seen_at = seen_at")
        began = time.monotonic()
        looking.work()
        assert time.monotonic() - began < 2
    assert process_state.closure_now()
    assert process_state.current.database_away_since is None
    looking.work()
    assert noted(looking) == process_state.current.board.revision


def test_watcher_that_is_silent_is_named() -> None:
    process_state.looked_at = time.monotonic() - 14
    assert "watcher" not in Client().get("/readyz").json()["away"]
    process_state.looked_at = time.monotonic() - 16
    ready = Client().get("/readyz")
    assert (ready.status_code, "watcher" in ready.json()["away"]) == (503, True)


def test_process_in_which_nobody_looks_is_not_ready() -> None:
    """Whoever serves the portal without starting the watcher learns it before a closing goes unnoticed."""
    process_state.looked_at = None
    ready = Client().get("/readyz")
    assert (ready.status_code, "watcher" in ready.json()["away"]) == (503, True)


@pytest.mark.django_db(transaction=True)
def test_wait_is_given_up_and_the_next_connection_is_a_new_one() -> None:
    began = time.monotonic()
    with pytest.raises(OperationalError, match="does not answer"), impatient(connection, 0.3):
        sleep(8)
    assert time.monotonic() - began < 6
    connection.close()
    sleep(0)


@pytest.mark.django_db(transaction=True)
def test_commands_may_take_longer_than_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrations, for example. Only web processes have a limit of their own, longer than the server's."""
    assert BoundedConnection.patience > 24 * 3600
    monkeypatch.setattr(BoundedConnection, "patience", LONGEST_WAIT)
    connection.ensure_connection()
    assert connection.connection.patience == LONGEST_WAIT > 10
    with impatient(connection, 1):
        assert connection.connection.patience == 1
    assert connection.connection.patience == LONGEST_WAIT


def noted(looking: Watcher) -> int:
    """Return the revision that is written down for this process; others may be on the same database."""
    return WebProcess.objects.get(name=looking.name).revision


def sleep(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def test_board_that_nobody_has_written_is_empty() -> None:
    board = Board()
    assert board.restore(board.dump()).closures == ()
