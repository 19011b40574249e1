"""Connections to PostgreSQL that do not wait for ever for a server that has stopped answering."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from math import inf
from time import monotonic
from typing import Any

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.waiting import READY_NONE

# Longer than any statement may take by the server's own limit: after it the server is not slow but gone.
LONGEST_WAIT = 12.0  # seconds

_given_up_at = 0.0


def give_up_waits() -> None:
    """End every wait of this process that is under way: its database is known not to answer."""
    global _given_up_at
    _given_up_at = monotonic()


class BoundedConnection(psycopg.Connection[Any]):
    """A connection on which no statement waits longer than `patience`.

    A frozen server, or one behind a network that swallows everything, keeps the connection open: neither its own
    statement_timeout nor TCP would ever end the wait.
    """

    patience = inf  # seconds; for commands, which may take long. Web processes have LONGEST_WAIT.

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        """Wait as psycopg does. Raises OperationalError, the connection closed, when the wait is given up."""
        return super().wait(self._bounded(gen), *args, **kwargs)

    def _bounded(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Pass on what `gen` waits for; psycopg says several times a second that nothing has come."""
        began = monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready == READY_NONE and (_given_up_at > began or monotonic() > began + self.patience):
                    self.pgconn.finish()  # what comes now would answer another question
                    raise psycopg.OperationalError("the database does not answer")
                wanted = gen.send(ready)
        except StopIteration as done:
            return done.value


@contextmanager
def impatient(connection: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    """Wait so long at most for an answer on this connection; a database of another kind is never silent."""
    connection.ensure_connection()
    raw = connection.connection
    if not isinstance(raw, BoundedConnection):
        yield
        return
    raw.patience = seconds
    try:
        yield
    finally:
        del raw.patience
