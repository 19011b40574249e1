"""The limits that parallel requests must not get past: password checks, sessions, captcha answers."""

import tempfile
from functools import partial
from pathlib import Path

import psycopg

from benchmarks.figure import Figure, exactly
from benchmarks.rows import PASSWORD, add_accounts
from benchmarks.site import Site, database, site
from tests.support.parallel import at_once
from tests.support.servers.servers import PostgreSQL

PROCESSES = 4
GUESSES = 40
SIGN_INS = 20
COPIES = 32
WRONG = "salah salah salah"


def figures(postgres: PostgreSQL) -> list[Figure]:
    with tempfile.NamedTemporaryFile() as count_file, database(postgres, "limits") as filled:
        add_accounts(filled, 3)
        env = {"HASH_COUNT_FILE": count_file.name}
        with site(postgres, filled, "tests.support.counting_settings", PROCESSES, **env) as portal:
            hashes = Path(count_file.name)
            return [wrong_guesses(portal, hashes), right_sign_ins(portal), copies(portal, hashes)]


def wrong_guesses(portal: Site, hashes: Path) -> Figure:
    before = hashes.stat().st_size
    crowd = [portal.ready() for _ in range(GUESSES)]
    at_once(partial(browser.send_sign_in, "klinik1", WRONG, browser.answer) for browser in crowd)
    return exactly(f"passwords checked of {GUESSES} parallel wrong guesses", hashes.stat().st_size - before, 3)


def right_sign_ins(portal: Site) -> Figure:
    crowd = [portal.ready() for _ in range(SIGN_INS)]
    at_once(partial(browser.send_sign_in, "klinik2", PASSWORD, browser.answer) for browser in crowd)
    return exactly(f"live sessions after {SIGN_INS} parallel sign-ins", live_sessions(portal.database, "klinik2"), 3)


def copies(portal: Site, hashes: Path) -> Figure:
    """An accepted captcha is one whose password was checked."""
    first, before = portal.ready(), hashes.stat().st_size
    twins = [first.twin() for _ in range(COPIES)]
    at_once(partial(twin.send_sign_in, "klinik3", WRONG, first.answer) for twin in twins)
    accepted = hashes.stat().st_size - before
    return exactly(f"captcha answers accepted of {COPIES} parallel copies of one POST", accepted, 1)


def live_sessions(connection: psycopg.Connection, username: str) -> int:
    query = """SELECT count(*) FROM user_sessions_session JOIN accounts_account ON id = user_id
        WHERE username = %s AND expire_date > now()"""
    [count] = connection.execute(query, [username]).fetchall()
    return count[0]
