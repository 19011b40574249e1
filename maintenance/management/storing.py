"""A change made from the command line: stored and taken over in bounded time, or a sentence that says why not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from django.db import Error, connection, transaction
from psycopg import errors
from psycopg_pool import PoolTimeout

from maintenance.board import propagation
from maintenance.board.propagation import Propagation
from maintenance.database.connection import impatient
from maintenance.database.recovery import DATABASE_AWAY, is_the_databases

# Longer than the server lets a statement wait for a lock, so that a busy database is told from a silent one.
PATIENCE = 6.0  # seconds
# Of an open portal: a closed one goes on saying so.
MEANWHILE = "; meanwhile users of an open portal read that the service is disturbed"
INTERRUPTED = 130  # as a shell says it of a program that Ctrl-C has ended

T = TypeVar("T")


class Failed(Exception):
    """A command that has not done all it should; the sentence says what became of the change."""

    def __init__(self, code: str, sentence: str, returncode: int = 1) -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.returncode = code, sentence, returncode


def store(change: Callable[[], T], *, reads_only: bool = False) -> T:
    """Do it in one transaction and return what it returns. Raises Failed, and what the change raises."""
    finished = False
    try:
        with answering(), transaction.atomic():
            result = change()
            finished = True
    except Error as error:
        raise _not_stored(error, finished, reads_only) from error
    except KeyboardInterrupt:
        if finished:
            raise _uncertain("it was stopped at the last moment", INTERRUPTED) from None
        raise Failed("interrupted", "Stopped; nothing was changed.", INTERRUPTED) from None
    return result


def wait_until_taken_over(revision: int) -> Propagation:
    """Return which web processes have taken the stored change over. Raises Failed when none has."""
    try:
        with answering():
            found = propagation.wait_for(revision)
    except Error as error:
        sentence = f"It is stored, but whether the web processes have taken it over is not known: {_reason(error)}."
        raise Failed("not_known", sentence) from error
    except KeyboardInterrupt:
        sentence = "Stopped; it is stored, but whether the web processes have taken it over was not waited for."
        raise Failed("interrupted", sentence, INTERRUPTED) from None
    if not found.processes:
        sentence = (
            f"It is stored, but no web process took it over within {propagation.PATIENCE:.0f} s: is the web running? "
            "--no-wait skips this question."
        )
        raise Failed("not_taken_over", sentence)
    return found


@contextmanager
def answering() -> Iterator[None]:
    """Give up on a database that has stopped answering."""
    with impatient(connection, PATIENCE):
        yield


def _not_stored(error: Error, finished: bool, reads_only: bool) -> Failed:
    if isinstance(error.__cause__, errors.UndefinedTable | errors.UndefinedColumn) or "no such " in str(error):
        return Failed("not_migrated", "The database has not been migrated; run: manage.py migrate.")
    if reads_only:
        return Failed("not_read", f"The state could not be read: {_reason(error)}.")
    if finished:
        return _uncertain(_reason(error))
    return Failed("not_stored", f"The state could not be stored, nothing was changed: {_reason(error)}.")


def _uncertain(reason: str, returncode: int = 1) -> Failed:
    sentence = f"Whether it was stored is not known, look with status or list: {reason}."
    return Failed("uncertain", sentence, returncode)


def _reason(error: Error) -> str:
    if isinstance(error.__cause__, PoolTimeout):
        return f"the database does not answer ({_why_no_connection()}){MEANWHILE}"
    said = _first_line(error)
    if isinstance(error.__cause__, errors.LockNotAvailable) or said == "database is locked":
        return "another change is under way, try again"
    refuses = "does not answer" if isinstance(error, DATABASE_AWAY) else "refuses"
    return f"the database {refuses} ({said}){MEANWHILE if is_the_databases(error) else ''}"


def _why_no_connection() -> str:
    """Return what becomes of a connection of our own: the pool says no more than how long it has waited."""
    try:
        psycopg.connect(**connection.get_connection_params()).close()
    except psycopg.Error as error:
        return _first_line(error)
    return "all its connections are taken"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].strip().rstrip(".")
