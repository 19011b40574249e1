"""How many times more a sign-in costs when the tables have grown to a nation's size."""

import contextlib
from collections.abc import Iterator

from benchmarks.comparison import MOST_TIMES, compare
from benchmarks.figure import Figure, at_most
from benchmarks.rows import PASSWORD, add_accounts, add_attempts, add_sessions
from benchmarks.site import Site, database, site
from tests.support.servers.servers import PostgreSQL

FEW, MANY = 500, 1_000_000
REDIRECT = 302


def figures(postgres: PostgreSQL) -> list[Figure]:
    with grown(postgres, FEW) as small, grown(postgres, MANY) as large:
        few, many = compare((small, large), (FEW, MANY), PASSWORD, REDIRECT)
    return [
        at_most(
            f"sign-in with {MANY:,} accounts, {3 * MANY:,} sessions, {MANY:,} attempts",
            many.total / few.total,
            MOST_TIMES,
            "{:.2f} x",
        ),
        Figure("PostgreSQL's part of it", f"{many.postgres / few.postgres:.2f} x"),
    ]


@contextlib.contextmanager
def grown(postgres: PostgreSQL, accounts: int) -> Iterator[Site]:
    """Serve a portal with so many accounts and as many counters of attempts, with three sessions an account."""
    with database(postgres, f"accounts_{accounts}") as filled:
        add_accounts(filled, accounts)
        add_sessions(filled)
        add_attempts(filled, accounts, "1 hour")
        with site(postgres, filled) as portal:
            yield portal
