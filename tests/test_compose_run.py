"""The services of docker-compose.yml start with nothing but what the file gives them, and a letter gets through."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from tests.containers import Container, Site, is_healthy
from tests.mail_servers import MailServer
from tests.servers import Valkey
from tests.visitor import Visitor

PASSWORD = "empat gajah menari di pasar ikan"


class Guest(Visitor):
    """A browser at the site; the captcha's answer is looked up in the site's own database."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.url)
        self.site = site

    def solve(self) -> str:
        with psycopg.connect(self.site.database_url) as connection:
            query = "SELECT response FROM captcha_captchastore WHERE hashkey = %s"
            return connection.execute(query, [self.fields["captcha_0"]]).fetchone()[0]


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with MailServer() as mail:
        yield mail


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, mail: MailServer) -> Iterator[Site]:
    with Valkey() as broker:
        site = Site(tmp_path_factory.mktemp("site"), os.environ["DATABASE_URL"], broker, mail)
        yield site
        site.drop()


@pytest.fixture(scope="module")
def migrated(site: Site) -> Site:
    """The site with its database migrated and its static files, as web, worker and beat find it."""
    assert site.collect_static_files().returncode == 0
    done = site.run("migrate", *site.command("migrate"))
    assert (done.returncode, done.stderr) == (0, "")
    return site


@pytest.fixture(scope="module")
def web(migrated: Site) -> Iterator[Container]:
    assert not is_healthy("web", migrated)
    with Container("web", migrated) as web:
        yield web


@pytest.fixture(scope="module")
def worker(migrated: Site) -> Iterator[Container]:
    assert not is_healthy("worker", migrated)
    with Container("worker", migrated) as worker:
        yield worker


@pytest.fixture
def siti(migrated: Site) -> str:
    """An account that somebody made with the documented command; nobody knows its password."""
    options = ["--username", "siti", "--full_name", "Siti Aminah", "--email", "siti@example.id"]
    made = migrated.run("web", "python", "manage.py", "createsuperuser", "--no-input", *options)
    assert made.returncode == 0, made.stderr
    return "siti"
