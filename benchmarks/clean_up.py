"""That no request pays for the clean-up: a failure next to a million expired counters costs what it costs without."""

import contextlib
import time
from collections.abc import Iterator

from benchmarks.comparison import MOST_TIMES, compare
from benchmarks.figure import Figure, at_most, exactly
from benchmarks.rows import add_accounts, add_attempts
from benchmarks.site import Site, database, manage, site, url_of
from benchmarks.statements import count, logged
from tests.support.servers.servers import PostgreSQL

ACCOUNTS = 500
EXPIRED = 1_000_000
LITTER = f"{EXPIRED:,} expired attempts"
WRONG = "salah salah salah"
UNPROCESSABLE = 422


def figures(postgres: PostgreSQL) -> list[Figure]:
    with with_expired(postgres, 0) as clean, with_expired(postgres, EXPIRED) as littered:
        without, beside = compare((clean, littered), (ACCOUNTS, ACCOUNTS), WRONG, UNPROCESSABLE)
        few, many = (statements(each) for each in (clean, littered))
        started = time.monotonic()
        manage("sweep", DATABASE_URL=url_of(postgres, littered.database.info.dbname))
        swept = time.monotonic() - started
    return [
        at_most(f"failed sign-in beside {LITTER}", beside.total / without.total, MOST_TIMES, "{:.2f} x"),
        exactly(f"SQL statements, failed sign-in beside {LITTER}", many, few),
        Figure(f"a sweep of {LITTER}", f"{swept:.0f} s"),
    ]


@contextlib.contextmanager
def with_expired(postgres: PostgreSQL, attempts: int) -> Iterator[Site]:
    """Serve a portal with so many counters that count no more."""
    with database(postgres, f"expired_{attempts}") as filled:
        add_accounts(filled, ACCOUNTS)
        add_attempts(filled, attempts, "-1 hour")
        with site(postgres, filled) as portal:
            yield portal


def statements(portal: Site) -> int:
    """Return how many statements a failed sign-in is, those of its transactions included."""
    browser = portal.ready("198.51.100.7")
    with logged(portal.postgres):
        return count(portal.postgres, lambda: browser.send_prepared(f"klinik{ACCOUNTS}", WRONG, UNPROCESSABLE)).total()
