"""The thread of each web process that looks at the database once a moment: for the board, and whether it answers."""

import logging
import os
import socket
import threading
import time
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from maintenance.board import process_state
from maintenance.board.board import Board
from maintenance.database.connection import LONGEST_WAIT, BoundedConnection, give_up_waits, impatient
from maintenance.database.recovery import DATABASE_AWAY, check_pool
from maintenance.models import Revision, WebProcess

PERIOD = 0.75  # seconds between two looks: a change is everywhere within two seconds
PATIENCE = 2.0  # seconds; a database that does not answer one small question for so long is away
NOTE_PATIENCE = 0.5  # seconds
SEEN_EVERY = 5.0  # seconds
FORGOTTEN_AFTER = timedelta(days=1)

logger = logging.getLogger(__name__)


def start() -> None:
    """Look once, then go on looking in a thread. To be called once in each web process, before its first request."""
    BoundedConnection.patience = LONGEST_WAIT
    watcher = Watcher()
    watcher.work()
    if process_state.current.database_away_since:
        restore()
    threading.Thread(target=watcher.run, name="maintenance", daemon=True).start()


class Watcher:
    """Keeps this process's knowledge up to date."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.noted: tuple[int, float] | None = None  # the revision last written down, and when on time.monotonic
        self.complained: set[str] = set()

    def run(self) -> None:
        while True:
            time.sleep(PERIOD)
            self.work()

    def work(self) -> None:
        """Look, and write down what is known here. Whatever goes wrong, the thread goes on."""
        for step in (self.look, self.note, connection.close):  # closing gives the connection back to the pool
            try:
                step()
            except Exception as error:
                self._complain(step.__name__, error)
            else:
                self.complained.discard(step.__name__)

    def look(self) -> None:
        """Take over what has changed; find out whether the database answers."""
        try:
            self._look_again_if_lost()
        except DATABASE_AWAY as error:
            self._database_is_away(error)
        else:
            self._database_answers()
        process_state.looked_at = time.monotonic()

    def note(self) -> None:
        """Write down that this process is alive, and what it knows, if that is due; it is not worth a wait."""
        revision, now = process_state.current.board.revision, time.monotonic()
        is_noted = self.noted is not None and self.noted[0] == revision and now - self.noted[1] < SEEN_EVERY
        if is_noted or process_state.current.database_away_since:
            return
        with impatient(connection, NOTE_PATIENCE):
            if self.noted is None:
                WebProcess.objects.filter(seen_at__lt=Now() - FORGOTTEN_AFTER).delete()
            row = WebProcess(name=self.name, revision=revision, seen_at=Now())
            WebProcess.objects.bulk_create(
                [row], update_conflicts=True, unique_fields=["name"], update_fields=["revision", "seen_at"]
            )
        self.noted = revision, now

    def _look_again_if_lost(self) -> None:
        """Look; after a quick failure once more: the database may be back already, unlike its connections."""
        began = time.monotonic()
        try:
            self._look()
        except DATABASE_AWAY:
            if time.monotonic() - began > PATIENCE / 2:
                raise
            connection.close()
            check_pool()
            self._look()

    def _look(self) -> None:
        with impatient(connection, PATIENCE):
            number = Revision.objects.values_list("number", flat=True).first() or 0
            if number == process_state.current.board.revision:
                return
            process_state.learn_board(Board.load())
        keep()

    def _database_is_away(self, error: Exception) -> None:
        if process_state.current.database_away_since is None:
            logger.error("The database does not answer: %s", error)
            process_state.learn_database_away(timezone.now())
        give_up_waits()

    def _database_answers(self) -> None:
        if process_state.current.database_away_since is not None:
            logger.error("The database answers again.")
            process_state.learn_database_away(None)

    def _complain(self, step: str, error: Exception) -> None:
        """Log what is new: not migrated, a row that somebody else holds, or a mistake of ours."""
        if step not in self.complained:
            logger.error("Could not %s: %s", step, error, exc_info=error)
        self.complained.add(step)


def keep() -> None:
    """Write the board to this machine's disk, for a process that starts while the database is away."""
    fresh = settings.BOARD_FILE.with_suffix(f".{os.getpid()}")
    try:
        fresh.write_text(process_state.current.board.dump(), encoding="utf-8")
        fresh.replace(settings.BOARD_FILE)
    except OSError as error:
        logger.error("The board could not be kept: %s", error)


def restore() -> None:
    """Take over the board as this machine last kept it, if it has kept one."""
    try:
        process_state.learn_board(Board.restore(settings.BOARD_FILE.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return
    except Exception:  # cut off, or of another release: the portal starts without it
        logger.exception("The board that was kept cannot be read.")
