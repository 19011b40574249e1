"""What must not reach a log does not, even when things go wrong."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from django.db import connection

from accounts.models import Account
from pcare.celery import app
from pcare.logs.text import safe_line
from tests.support import mailbox
from tests.support.refusals import GIVEN, REFUSED
from tests.support.servers import servers
from tests.support.servers.faults import TcpProxy
from tests.support.servers.workers import Worker
from tests.support.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

HEADERS = {"Host": "portal.test", "X-Forwarded-Proto": "https"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def database() -> dict[str, str]:
    address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    return {"DATABASE_URL": f"{address}/{connection.settings_dict['NAME']}"}


@pytest.fixture
def web(database: dict[str, str]) -> Iterator[servers.WebServer]:
    with servers.WebServer(database, path="/bantuan/") as web:
        yield web


def ask(web: servers.WebServer, method: str, path: str, body: str = "", **headers: str) -> tuple[int, int, bytes]:
    """Return the status of an answer, the length it tells and its body."""
    client = HTTPConnection(servers.HOST, web.port, timeout=10)
    client.request(method, path, body or None, {**HEADERS, **FORM, **headers})
    answer = client.getresponse()
    result = answer.status, int(answer.headers.get("Content-Length", 0)), answer.read()
    client.close()
    return result


def test_token_of_a_link_is_not_logged_when_the_database_is_away(siti: Account, mailoutbox: list) -> None:
    path = mailbox.reset_link(siti, mailoutbox)
    address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    proxy = TcpProxy(f"{address}/{connection.settings_dict['NAME']}")
    try:
        with servers.WebServer({"DATABASE_URL": proxy.url}, path="/bantuan/") as web:
            proxy.cut()
            assert Visitor(web.url).get(path).status_code == 503
            log = web.log()
    finally:
        proxy.stop()
    assert "Service Unavailable: /password-baru/..." in log
    token = path.rstrip("/").rpartition("/")[2]
    assert token not in log
    assert token.rpartition(".")[2] not in log


def test_strangers_write_a_line_a_minute_of_each_kind(web: servers.WebServer) -> None:
    many = "&".join(f"f{number}=1" for number in range(600))
    own = {"Origin": "https://portal.test", "Cookie": f"__Host-csrf={'a' * 32}"}
    for number in range(25):
        assert ask(web, "POST", "/masuk/", many, **own)[0] == 400
        assert ask(web, "POST", "/masuk/", "a=1")[0] == 403
        assert ask(web, "GET", "/masuk/", Host=f"host-{number}.example")[0] == 400
        assert ask(web, "GET", "/masuk/", Host="x" * 4000)[0] == 400
        assert ask(web, "GET", "/", **{"X-Colour": "\x1b[31m"})[0] == 400
    lines = web.log().splitlines()
    assert 4 <= len(lines) <= 8
    assert sum(map(len, lines)) < 2000
    assert max(map(len, lines)) < 700
    assert "Traceback" not in web.log()


def test_head_is_answered_without_a_body_and_without_a_line(web: servers.WebServer) -> None:
    for path in ("/bantuan/", "/masuk/", "/tidak-ada/", "/static/portal.css", "/status.json", "/healthz"):
        status, length, body = ask(web, "HEAD", path)
        assert (status, body) == (404 if path == "/tidak-ada/" else 200, b"")
        assert length > 100 or path == "/healthz"
    assert web.log() == ""


class RefusedWorker(Worker):
    """A worker whose one task the database refuses; no other worker takes it."""

    app = "tests.support.failing_tasks"
    queue = "refused"

    def command(self) -> list[str]:
        return [*super().command(), "-Q", self.queue]


def test_worker_writes_no_row_of_the_database(database: dict[str, str]) -> None:
    """The worker would put handlers of its own in the place of the portal's."""
    with RefusedWorker(database) as worker:
        app.send_task("be_refused", queue=RefusedWorker.queue)
        deadline = time.monotonic() + 20
        while "in be_refused" not in worker.log() and time.monotonic() < deadline:
            time.sleep(0.1)
        log = worker.log()
    assert "celery.app.trace: Task be_refused" in log
    assert "IntegrityError: duplicate key value violates unique constraint" in log
    assert GIVEN not in log


def test_command_that_fails_writes_no_row_of_the_database(database: dict[str, str]) -> None:
    code = f"from django.db import connection; connection.cursor().execute({REFUSED!r}, [{GIVEN!r}, {GIVEN!r}])"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", code],
        cwd=servers.ROOT,
        env=os.environ | database,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "IntegrityError: duplicate key value violates unique constraint" in done.stderr
    assert GIVEN not in done.stderr


@pytest.mark.parametrize(
    "address",
    [
        "/password-baru/MQ/5-secret.1x.secret/",
        "/Password-Baru/MQ/5-secret.1x.secret),",
        "//AKTIVASI//MQ/5- secret.1x.secret",
        "/bukan-saya/MQ/5-abc\n secret.1x.secret",
        "/password-baru /MQ/5-secret",
    ],
)
def test_nothing_that_follows_the_address_of_a_link_is_logged(address: str) -> None:
    line = safe_line(f"Not Found: {address}")
    assert "secret" not in line
    assert line.startswith("Not Found: /")


def test_lines_about_other_addresses_stay() -> None:
    assert safe_line("Not Found: /password-barunya/ all of it") == "Not Found: /password-barunya/ all of it"
