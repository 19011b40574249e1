"""The SQL statements that each kind of request costs, as PostgreSQL logs them."""

import contextlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator

import psycopg

from benchmarks.figure import Figure
from benchmarks.rows import PASSWORD, add_accounts
from benchmarks.site import Browser, Site, database, site
from tests.support.servers.servers import PostgreSQL

WRONG = "salah salah salah"
RELOAD_SECONDS = 0.3  # until each of PostgreSQL's processes has read a setting
LOG_SECONDS = 0.1  # until what follows an answer is logged as well
# Not those of the thread that looks at closings, whoever asks for a page meanwhile.
STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]+):\s+(\w+)(?![^\n]*maintenance_)")
TRANSACTION = {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"}


def figures(postgres: PostgreSQL) -> list[Figure]:
    with database(postgres, "statements") as filled:
        add_accounts(filled, 3)
        with site(postgres, filled) as portal, logged(postgres):
            return [*of_a_stranger(portal), *of_a_known_browser(portal)]


def of_a_stranger(portal: Site) -> list[Figure]:
    portal.ready().send_prepared("klinik1", PASSWORD)  # what a process asks once is not counted
    browser = portal.browser()
    page = at_most("sign-in page", portal, browser.open_sign_in, 2)
    browser.read_sign_in_page()
    sign_in = at_most("sign-in, a stranger's", portal, lambda: browser.send_prepared("klinik2", PASSWORD), 10)
    browser.get("/")  # the first page in each minute of the clock also notes the session's use
    home = at_most("home page", portal, lambda: browser.get("/"), 3)
    refusal = at_most("refusal while locked, a stranger's", portal, locked(portal.browser(), "klinik3"), 3)
    return [page, sign_in, home, refusal]


def of_a_known_browser(portal: Site) -> list[Figure]:
    browser = portal.ready()
    browser.send_prepared("klinik1", PASSWORD)
    browser.forget_session()
    browser.read_sign_in_page()
    sign_in = at_most("sign-in, a known browser's", portal, lambda: browser.send_prepared("klinik1", PASSWORD), 10)
    browser.forget_session()
    refusal = at_most("refusal while locked, a known browser's", portal, locked(browser, "klinik1"), 3)
    return [sign_in, refusal]


def locked(browser: Browser, username: str) -> Callable[[], object]:
    """Fail until the name is locked for this browser; return what tries once more."""
    for status in (422, 422, 429):
        browser.read_sign_in_page()
        browser.send_prepared(username, WRONG, status)
    browser.read_sign_in_page()
    return lambda: browser.send_prepared(username, WRONG, 429)


def at_most(name: str, portal: Site, action: Callable[[], object], limit: int) -> Figure:
    counted = count(portal.postgres, action)
    transactions = sum(counted[word] for word in TRANSACTION)
    statements = counted.total() - transactions
    measured = f"{statements} + {transactions} BEGIN/COMMIT"
    return Figure(f"SQL statements, {name}", measured, f"at most {limit}", statements <= limit)


def count(postgres: PostgreSQL, action: Callable[[], object]) -> Counter[str]:
    """Return how often each SQL verb was executed while the action ran."""
    before = len(postgres.log())
    action()
    time.sleep(LOG_SECONDS)
    return Counter(verb.upper() for verb in STATEMENT.findall(postgres.log()[before:]))


@contextlib.contextmanager
def logged(postgres: PostgreSQL) -> Iterator[None]:
    """Let PostgreSQL log each statement."""
    try:
        configure(postgres, "SET log_statement = 'all'")
        yield
    finally:
        configure(postgres, "RESET log_statement")


def configure(postgres: PostgreSQL, change: str) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM {change}")
        connection.execute("SELECT pg_reload_conf()")
    time.sleep(RELOAD_SECONDS)
