"""A portal of its own, whose database and broker can be killed and stalled."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.support.servers.faults import TcpProxy
from tests.support.servers.servers import ROOT, PostgreSQL, Valkey, WebServer

PATIENCE = 60.0  # seconds: no promise of the portal's, the machine may be busy
HEADERS = {"Host": "portal.test", "X-Forwarded-Proto": "https"}


@dataclass
class Site:
    """The portal with what it stands on; `database` and `broker` fail as told."""

    web: WebServer
    server: PostgreSQL
    database: TcpProxy
    broker: TcpProxy
    environment: dict[str, str]

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask over a connection of its own, so that any process may answer."""
        return httpx.get(f"{self.web.url}{path}", headers={**HEADERS, **headers}, timeout=30)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run a command as an operator does, by another way to the database than the web's."""
        environment = {**os.environ, **self.environment, "DATABASE_URL": self.server.url}
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


@contextmanager
def site(workers: int, board_file: str) -> Iterator[Site]:
    """Give a portal with an empty database of its own."""
    with PostgreSQL() as server, Valkey() as valkey, TcpProxy(server.url) as database, TcpProxy(valkey.url) as broker:
        environment = {"DATABASE_URL": database.url, "REDIS_URL": broker.url, "BOARD_FILE": board_file}
        migrate = [sys.executable, "manage.py", "migrate", "--no-input", "-v", "0"]
        subprocess.run(migrate, cwd=ROOT, env={**os.environ, **environment}, check=True, capture_output=True)
        with WebServer(environment, workers=workers, threads=4) as web:
            yield Site(web, server, database, broker, environment)


def seconds_until(happens: Callable[[], bool], most: float = PATIENCE) -> float:
    """Return after how many seconds it happens; fails when it does not within `most`, a bound of the portal or none."""
    began = time.monotonic()
    while time.monotonic() < began + most:
        if happens():
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(f"it has not happened within {most} seconds")
