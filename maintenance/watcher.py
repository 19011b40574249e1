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

from maintenance import knowledge
from maintenance.board import Board
from maintenance.connection import give_up_waits, impatient
from maintenance.models import Revision, WebProcess
from maintenance.recovery import DATABASE_AWAY, check_pool

PERIOD = 0.75  # seconds between two looks: a change is everywhere within two seconds
PATIENCE = 2.0  # seconds; a database that does not answer one small question for so long is away
SEEN_EVERY = 5.0  # seconds
FORGOTTEN_AFTER = timedelta(days=1)

logger = logging.getLogger(__name__)


def start() -> None:
    """Look once, then go on looking in a thread. To be called once in each web process, before its first request."""
    watcher = Watcher()
    watcher.look()
    connection.close()
    if knowledge.current.database_away_since:
        restore()
    threading.Thread(target=watcher.run, name="maintenance", daemon=True).start()


class Watcher:
    """Keeps this process's knowledge up to date."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.noted: float | None = None  # when this process was last written down as alive, on time.monotonic
        self.complained = False

    def run(self) -> None:
        while True:
            time.sleep(PERIOD)
            self.look()
            connection.close()  # goes back to the pool

    def look(self) -> None:
        """Take over what has changed; find out whether the database answers."""
        try:
            self._look_again_if_lost()
        except DATABASE_AWAY as error:
            self._database_is_away(error)
        except Exception:  # not migrated, or a mistake of ours: this thread must not end
            if not self.complained:
                logger.exception("The board cannot be read.")
            self.complained = True
        else:
            self._database_answers()

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
        connection.ensure_connection()
        with impatient(connection.connection, PATIENCE):
            number = Revision.objects.values_list("number", flat=True).first() or 0
            changed = number != knowledge.current.board.revision
            if changed:
                knowledge.learn(board=Board.load())
            if changed or self.noted is None or time.monotonic() - self.noted > SEEN_EVERY:
                self._note(knowledge.current.board.revision)
        if changed:
            keep()

    def _note(self, revision: int) -> None:
        """Write down that this process is alive, and what it knows."""
        if self.noted is None:
            WebProcess.objects.filter(seen_at__lt=Now() - FORGOTTEN_AFTER).delete()
        row = WebProcess(name=self.name, revision=revision, seen_at=Now())
        WebProcess.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["name"], update_fields=["revision", "seen_at"]
        )
        self.noted = time.monotonic()

    def _database_is_away(self, error: Exception) -> None:
        if knowledge.current.database_away_since is None:
            logger.error("The database does not answer: %s", error)
            knowledge.learn(database_away_since=timezone.now())
        give_up_waits()

    def _database_answers(self) -> None:
        self.complained = False
        if knowledge.current.database_away_since is not None:
            logger.error("The database answers again.")
            knowledge.learn(database_away_since=None)


def keep() -> None:
    """Write the board to this machine's disk, for a process that starts while the database is away."""
    fresh = settings.BOARD_FILE.with_suffix(f".{os.getpid()}")
    try:
        fresh.write_text(knowledge.current.board.dump())
        fresh.replace(settings.BOARD_FILE)
    except OSError as error:
        logger.error("The board could not be kept: %s", error)


def restore() -> None:
    """Take over the board as this machine last kept it, if it has kept one."""
    try:
        knowledge.learn(board=Board.restore(settings.BOARD_FILE.read_text()))
    except FileNotFoundError:
        return
    except Exception:  # cut off, or of another release: the portal starts without it
        logger.exception("The board that was kept cannot be read.")
