"""When the database or the broker is killed or stalled: what people read, and how it recovers by itself."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests.support.board.sites import Site, seconds_until, site
from tests.support.servers.servers import WebServer

WORKERS = 2
# Documented in docs/operations.md: how long a request can take that was under way when the database fell silent.
BOUND = 6  # seconds


@pytest.fixture(scope="module")
def whole(static_files: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(WORKERS, str(tmp_path_factory.mktemp("board") / "board.json")) as whole:
        yield whole


@pytest.fixture
def portal(whole: Site) -> Iterator[Site]:
    """The portal with everything in order, before and after the test."""
    yield whole
    if whole.server.process.poll() is not None:
        whole.server.start()
    whole.database.let_pass()
    whole.broker.let_pass()
    seconds_until(lambda: is_well(whole))


def is_well(portal: Site) -> bool:
    """Tell whether every process serves: each of many requests in a row is answered as usual."""
    return all(portal.get("/masuk/").status_code == 200 for _ in range(6 * WORKERS))


def is_disturbed(portal: Site) -> bool:
    return all(portal.get("/masuk/").status_code == 503 for _ in range(6 * WORKERS))


def kill(portal: Site) -> None:
    portal.server.kill()


def cut(portal: Site) -> None:
    portal.database.cut()


def stall(portal: Site) -> None:
    portal.database.stall()


def mend(portal: Site) -> None:
    if portal.server.process.poll() is not None:
        portal.server.start()
    portal.database.let_pass()


@pytest.mark.parametrize("fault", [kill, cut, stall])
def test_database_gone_is_a_page_within_the_bound_and_mends_by_itself(
    portal: Site, fault: Callable[[Site], None]
) -> None:
    assert is_well(portal)
    fault(portal)
    began = time.monotonic()
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(partial(timed, portal), ["/masuk/", "/bantuan/", "/tidak-ada/", "/"] * 4))
    assert max(seconds for _, seconds in answers) < BOUND, answers
    assert {status for status, _ in answers} <= {503, 302, 404}  # never a 500
    seconds_until(lambda: is_disturbed(portal), BOUND)
    page = portal.get("/masuk/")
    assert time.monotonic() - began < 2 * BOUND
    assert "Layanan mengalami gangguan" in page.text
    assert 'href="tel:165"' in page.text
    assert page.headers["Retry-After"] == "30"
    assert "Traceback" not in page.text
    assert portal.get("/", Accept="application/json").json()["error"] == "disturbed"
    # At once from now on: nobody waits for a database that is known to be away.
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(partial(timed, portal), ["/masuk/"] * 24))
    assert max(seconds for _, seconds in answers) < 1.5
    assert portal.get("/healthz").status_code == 200
    ready = portal.get("/readyz")
    assert (ready.status_code, ready.json()["away"]) == (503, ["database"])
    assert portal.get("/status/").status_code == 200
    assert portal.get("/status.json").json()["portal"]["database"] == "away"
    mend(portal)
    seconds_until(lambda: is_well(portal))
    assert portal.get("/readyz").json() == {"status": "ok", "away": []}
    assert "Traceback" not in portal.get("/masuk/").text


def timed(portal: Site, path: str, **headers: str) -> tuple[int, float]:
    began = time.monotonic()
    return portal.get(path, **headers).status_code, time.monotonic() - began


def test_restarted_database_is_hardly_noticed(portal: Site) -> None:
    assert is_well(portal)
    portal.server.kill()
    portal.server.start()
    statuses = [portal.get("/masuk/").status_code for _ in range(40)]
    assert set(statuses) <= {200, 503}
    seconds_until(lambda: is_well(portal), 5)


@pytest.mark.parametrize("fault", [kill, stall])
def test_known_closing_goes_on_being_shown_and_ends_in_time(portal: Site, fault: Callable[[Site], None]) -> None:
    done = portal.manage("maintenance", "on", "--until", "+1m", "--message", "Basis data dipindahkan.")
    assert done.returncode == 0, done.stderr
    fault(portal)
    with ThreadPoolExecutor(8) as many:
        pages = list(many.map(portal.get, ["/masuk/"] * 16))
    assert {page.status_code for page in pages} == {503}
    assert all("Basis data dipindahkan." in page.text for page in pages)
    assert all(0 < int(page.headers["Retry-After"]) <= 60 for page in pages)
    mend(portal)
    assert portal.manage("maintenance", "off").returncode == 0
    seconds_until(lambda: is_well(portal))


def test_process_that_starts_without_a_database_knows_the_closing(portal: Site) -> None:
    assert portal.manage("maintenance", "on", "--message", "Mesin diganti.").returncode == 0
    portal.database.cut()
    with WebServer(portal.environment, workers=1) as later:
        page = portal.__class__(later, portal.server, portal.database, portal.broker, {}).get("/masuk/")
        assert page.status_code == 503
        assert "Mesin diganti." in page.text
    portal.database.let_pass()
    assert portal.manage("maintenance", "off").returncode == 0


def test_process_that_starts_without_a_database_and_has_kept_nothing_says_so(portal: Site, tmp_path: Path) -> None:
    portal.database.cut()
    for kept in (None, "{not a board"):
        if kept:
            (tmp_path / "board.json").write_text(kept)
        environment = {**portal.environment, "BOARD_FILE": str(tmp_path / "board.json")}
        with WebServer(environment, workers=1) as later:
            page = Site(later, portal.server, portal.database, portal.broker, {}).get("/masuk/")
            assert page.status_code == 503
            assert "Layanan mengalami gangguan" in page.text


@pytest.mark.parametrize("fault", ["cut", "stall"])
def test_broker_gone_changes_nothing_for_people(portal: Site, fault: str) -> None:
    getattr(portal.broker, fault)()
    assert is_well(portal)
    assert portal.manage("maintenance", "on").returncode == 0
    assert is_disturbed(portal)
    assert portal.manage("maintenance", "off").returncode == 0
    seconds_until(lambda: is_well(portal))
    ready = portal.get("/readyz")
    assert (ready.status_code, ready.json()["away"]) == (503, ["broker"])
    assert portal.get("/healthz").status_code == 200
    portal.broker.let_pass()
    seconds_until(lambda: portal.get("/readyz").status_code == 200)


def test_closed_page_waits_for_no_lock(portal: Site) -> None:
    """A migration that holds tables is the usual reason for a closing."""
    assert portal.manage("maintenance", "on").returncode == 0
    with psycopg.connect(portal.server.url) as migration, ThreadPoolExecutor(8) as many:
        migration.execute("LOCK TABLE accounts_account, user_sessions_session IN ACCESS EXCLUSIVE MODE")
        read = partial(timed, portal, Cookie="__Host-session=somebody")
        answers = list(many.map(read, ["/", "/masuk/", "/akun/password/"] * 8))
    assert {status for status, _ in answers} == {503}
    assert max(seconds for _, seconds in answers) < 2
    assert portal.manage("maintenance", "off").returncode == 0


def test_everything_gone_and_closed_still_says_until_when(portal: Site) -> None:
    assert portal.manage("maintenance", "on", "--until", "+2h").returncode == 0
    portal.database.stall()
    portal.broker.cut()
    pages = [portal.get("/masuk/") for _ in range(4 * WORKERS)]
    assert all(page.status_code == 503 and "WIB" in page.text for page in pages)
    assert all(int(page.headers["Retry-After"]) > timedelta(hours=1.9).total_seconds() for page in pages)
    portal.database.let_pass()
    portal.broker.let_pass()
    assert portal.manage("maintenance", "off").returncode == 0


def test_read_only_database_is_a_disturbance_and_no_mistake_of_ours(portal: Site) -> None:
    assert is_well(portal)
    with psycopg.connect(portal.server.url, autocommit=True) as database:
        database.execute("ALTER DATABASE postgres SET default_transaction_read_only = on")
        database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        try:
            seconds_until(lambda: portal.get("/masuk/").status_code == 503)  # it stores the letters of a picture
            assert "Layanan mengalami gangguan" in portal.get("/masuk/").text
        finally:
            database.execute("SET default_transaction_read_only = off")
            database.execute("ALTER DATABASE postgres RESET default_transaction_read_only")
            database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
