"""A site to measure: a database, a web server on it, browsers that sign in."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg

from benchmarks.figure import BenchmarkError
from tests.support.servers.servers import ROOT, PostgreSQL, WebServer
from tests.support.visitor import Visitor

PORTAL = "pcare.settings"


class Site:
    """A running site, with a connection to look into its database."""

    def __init__(self, postgres: PostgreSQL, web: WebServer, database: psycopg.Connection) -> None:
        self.postgres, self.web, self.database = postgres, web, database

    def browser(self, address: str = "203.0.113.7") -> "Browser":
        return Browser(self, address)

    def ready(self, address: str = "203.0.113.7") -> "Browser":
        """Return a browser with the sign-in page open and its letters read."""
        browser = self.browser(address)
        browser.read_sign_in_page()
        return browser


class Browser(Visitor):
    """A visitor of one of the sites, who can prepare a sign-in and send it later."""

    def __init__(self, site: Site, address: str) -> None:
        super().__init__(site.web.url, address=address)
        self.site = site
        self.answer = ""

    def solve(self) -> str:
        query = "SELECT response FROM captcha_captchastore WHERE hashkey = %s"
        [answer] = self.site.database.execute(query, [self.fields["captcha_0"]]).fetchall()
        return answer[0]

    def read_sign_in_page(self) -> None:
        page = self.open_sign_in()
        if page.status_code != 200:
            raise BenchmarkError(f"The sign-in page was answered {page.status_code}.")
        self.answer = self.solve()

    def send_prepared(self, username: str, password: str, expected: int = 302) -> Any:
        """Send what was prepared. Raises BenchmarkError if the answer is another than the one to be measured."""
        response = self.send_sign_in(username, password, self.answer)
        if response.status_code != expected:
            raise BenchmarkError(f"A sign-in was answered {response.status_code}, not {expected}.")
        return response

    def forget_session(self) -> None:
        """Be the same known browser on another day: all cookies but the session's."""
        for name in [name for name in self.client.jar if name.endswith(("session", "sessionid"))]:
            del self.client.jar[name]


@contextlib.contextmanager
def database(postgres: PostgreSQL, name: str, settings: str = PORTAL, **env: str) -> Iterator[psycopg.Connection]:
    """Make a migrated database with this name, drop it afterwards; give a connection to it."""
    with psycopg.connect(postgres.url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {migrated(postgres, server, settings, env)}")
        try:
            with psycopg.connect(url_of(postgres, name), autocommit=True) as connection:
                yield connection
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def site(
    postgres: PostgreSQL, filled: psycopg.Connection, settings: str = PORTAL, workers: int = 1, **env: str
) -> Iterator[Site]:
    """Serve a database."""
    env |= {"DATABASE_URL": url_of(postgres, filled.info.dbname), "DJANGO_SETTINGS_MODULE": settings}
    with WebServer(env, workers=workers, path="/masuk/") as web:
        yield Site(postgres, web, filled)


def migrated(postgres: PostgreSQL, server: psycopg.Connection, settings: str, env: dict[str, str]) -> str:
    """Return the name of an empty migrated database, made when it is first asked for."""
    name = settings.replace(".", "_")
    if not server.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
        server.execute(f"CREATE DATABASE {name}")
        manage("migrate", "--verbosity=0", DATABASE_URL=url_of(postgres, name), DJANGO_SETTINGS_MODULE=settings, **env)
    return name


def url_of(postgres: PostgreSQL, name: str) -> str:
    return f"{postgres.url.rpartition('/')[0]}/{name}"


def manage(*arguments: str, **env: str) -> None:
    """Run a management command in this environment."""
    command = [sys.executable, "-m", "django", *arguments]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True)
    if done.returncode:
        raise BenchmarkError(f"{arguments[0]} failed:\n{done.stderr[-2000:]}")
