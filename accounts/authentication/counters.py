"""Counters of attempts that any number of processes may change at once: load, ask, compare-and-swap.

The statements are written out: a sign-in makes three of them, and the ORM would cost as much again as PostgreSQL.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.authentication.tally import Tally
from accounts.models import AttemptCounter
from maintenance.database import batches

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

SELECT = "SELECT key, failures, reserved, streak, version FROM accounts_attempts WHERE key IN ({})"
INSERT = """
    INSERT INTO accounts_attempts (failures, reserved, streak, expires_at, key, version)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (key) DO NOTHING"""
UPDATE = """
    UPDATE accounts_attempts SET failures = %s, reserved = %s, streak = %s, expires_at = %s,
        version = version + 1
    WHERE key = %s AND version = %s"""


@dataclass
class Counter:
    """A counter as it was loaded; version 0 has no row yet."""

    key: str
    tally: Tally = field(default_factory=Tally)
    version: int = 0


def load(*keys: str) -> list[Counter]:
    """Return the counters with these keys, in their order, in one query."""
    rows = {}
    with connection.cursor() as cursor:
        cursor.execute(SELECT.format(", ".join(["%s"] * len(keys))), keys)
        for key, failures, reserved, streak, version in cursor.fetchall():
            rows[key] = Counter(key, Tally(_moments(failures), _moments(reserved), streak), version)
    return [rows.get(key) or Counter(key) for key in keys]


def change(counter: Counter, decide: Callable[[Tally], Tally | None]) -> bool:
    """Store what `decide` makes of the counter's tally; return False, storing nothing, if it says None.

    Whoever finds that another process has changed the counter meanwhile loads it and asks again. The counter given
    is brought up to date.
    """
    while True:
        tally = decide(counter.tally)
        if tally is None:
            return False
        if _swap(counter, tally):
            return True
        [latest] = load(counter.key)
        counter.tally, counter.version = latest.tally, latest.version


def sweep() -> int:
    """Delete the counters of which nothing counts any more, in batches; return how many."""
    return batches.delete(AttemptCounter.objects.filter(expires_at__lte=timezone.now()))


def _swap(counter: Counter, tally: Tally) -> bool:
    """Store the tally if the row is still as it was loaded; return whether it was.

    A new row's version is the time: it never meets the version of a row that was swept away.
    """
    now = timezone.now()
    expires_at: Any = connection.ops.adapt_datetimefield_value(tally.forgotten_at(now))
    version = counter.version or (now - EPOCH) // MICROSECOND
    with connection.cursor() as cursor:
        values = [_text(tally.failures), _text(tally.reserved), tally.streak, expires_at, counter.key, version]
        cursor.execute(UPDATE if counter.version else INSERT, values)
        if cursor.rowcount != 1:
            return False
    counter.tally, counter.version = tally, version + 1 if counter.version else version
    return True


def _moments(text: str) -> tuple[datetime, ...]:
    return tuple(EPOCH + int(number) * MICROSECOND for number in text.split())


def _text(moments: Iterable[datetime]) -> str:
    """Return moments as they are stored: microseconds since 1970, with spaces between."""
    return " ".join(str((at - EPOCH) // MICROSECOND) for at in moments)
