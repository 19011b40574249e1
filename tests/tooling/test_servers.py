"""The test servers start, survive being killed and leave nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
import redis

from tests.support.present import present
from tests.support.servers.servers import (
    ROOT,
    External,
    PostgreSQL,
    Server,
    Valkey,
    WebServer,
    broker,
    database,
    still_running,
)

# A portal of one line, in place of the real one: these tests are about the server around it.
STUB = """
import sys
from types import SimpleNamespace

# The configuration starts it in each process: here is no portal to watch for.
sys.modules["maintenance.board.watcher"] = SimpleNamespace(start=lambda: None)


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [" ".join([environ["wsgi.url_scheme"], environ["REMOTE_ADDR"], environ["SCRIPT_NAME"]]).encode()]
"""


@pytest.fixture
def postgres() -> Iterator[PostgreSQL]:
    with PostgreSQL() as server:
        yield server


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with StubServer(tmp_path) as server:
        yield server


class StubServer(WebServer):
    """The project's gunicorn configuration around the portal of one line."""

    def __init__(self, folder: Path) -> None:
        (folder / "stub_portal.py").write_text(STUB)
        super().__init__({"PYTHONPATH": str(folder)}, workers=2, threads=2)

    def command(self) -> list[str]:
        return [*super().command(), "stub_portal:application"]


def assert_nothing_left(server: Server, tree: list[psutil.Process]) -> None:
    server.stop()
    assert not still_running(tree)
    assert not server.folder.exists()


def test_postgresql_answers(postgres: PostgreSQL) -> None:
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert connection.execute("SHOW max_connections").fetchone() == ("200",)


def test_postgresql_keeps_what_was_committed_over_a_crash(postgres: PostgreSQL) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE letter (number int)")
        connection.execute("INSERT INTO letter SELECT generate_series(1, 1000)")
        postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres.url)
    postgres.start()
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT count(*) FROM letter").fetchone() == (1000,)


def test_postgresql_leaves_nothing(postgres: PostgreSQL) -> None:
    with psycopg.connect(postgres.url):
        assert_nothing_left(postgres, postgres.tree())


def test_valkey_answers_and_comes_back_on_the_same_port(valkey: Valkey) -> None:
    client = redis.Redis.from_url(valkey.url)
    assert client.ping()
    valkey.kill()
    with pytest.raises(redis.ConnectionError):
        client.ping()
    valkey.start()
    assert client.ping()
    client.close()


def test_valkey_leaves_nothing(valkey: Valkey) -> None:
    assert_nothing_left(valkey, valkey.tree())


def test_web_server_runs_the_workers_asked_for_and_replaces_a_killed_one(web: WebServer) -> None:
    before = web.pids()
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while before[0] in web.pids() or len(web.pids()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert httpx.get(web.url).status_code == 200


def test_web_server_tells_no_version(web: WebServer) -> None:
    assert httpx.get(web.url).headers["server"] == "gunicorn"
    refused = httpx.get(web.url + "/" + "x" * 5000)
    assert refused.status_code == 414
    assert "server" not in refused.headers


def test_web_server_believes_no_forwarded_header(web: WebServer) -> None:
    forwarded = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", "Script_Name": "/evil"}
    assert httpx.get(web.url, headers=forwarded).text.split(" ") == ["http", "127.0.0.1", ""]


def test_web_server_comes_back_after_a_crash(web: WebServer) -> None:
    web.kill()
    with pytest.raises(httpx.ConnectError):
        httpx.get(web.url)
    web.start()
    assert httpx.get(web.url).status_code == 200


def test_web_server_leaves_nothing(web: WebServer) -> None:
    assert_nothing_left(web, web.tree())


def test_named_servers_are_used_instead_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/portal")
    monkeypatch.setenv("REDIS_URL", "redis://redis.example/0")
    with database() as postgres, broker() as valkey:
        assert isinstance(postgres, External) and postgres.url == "postgresql://db.example/portal"
        assert isinstance(valkey, External) and valkey.url == "redis://redis.example/0"


def test_servers_end_with_the_tests_that_were_killed(tmp_path: Path) -> None:
    code = "from tests.support.servers.servers import Valkey; print(Valkey().process.pid, flush=True); input()"
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    tests = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    server = psutil.Process(int(present(tests.stdout).readline()))
    tests.kill()
    tests.communicate()
    deadline = time.monotonic() + 60
    while still_running([server]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
