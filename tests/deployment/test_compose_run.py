"""The services of docker-compose.yml start with nothing but what the file gives them, and a letter gets through."""

import contextlib
import os
import re
from collections.abc import Iterator

import psycopg
import pytest

from tests.support.present import present
from tests.support.servers.containers import Container, Site, is_healthy
from tests.support.servers.mail_servers import MailServer
from tests.support.servers.servers import Valkey
from tests.support.visitor import Visitor, text

PASSWORD = "empat gajah menari di pasar ikan"


class Guest(Visitor):
    """A browser at the site; the captcha's answer is looked up in the site's own database."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.url)
        self.site = site

    def solve(self) -> str:
        with psycopg.connect(self.site.database_url) as connection:
            query = "SELECT response FROM captcha_captchastore WHERE hashkey = %s"
            [[answer]] = connection.execute(query, [self.fields["captcha_0"]]).fetchall()
        return answer


def make_account(site: Site, username: str) -> None:
    """Make an account as the documentation says; nobody knows its password."""
    options = ["--username", username, "--full_name", username.title(), "--email", f"{username}@example.id"]
    made = site.run("web", "python", "manage.py", "createsuperuser", "--no-input", *options)
    assert made.returncode == 0, made.stderr


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, mail_server: MailServer) -> Iterator[Site]:
    with Valkey() as broker:
        site = Site(tmp_path_factory.mktemp("site"), os.environ["DATABASE_URL"], broker, mail_server)
        yield site
        site.drop()


@pytest.fixture(scope="module")
def migrated(installation: Site) -> Site:
    """The site with its database migrated and its static files, as web, worker and beat find it."""
    assert installation.collect_static_files().returncode == 0
    done = installation.run("migrate", *installation.command("migrate"))
    assert (done.returncode, done.stderr) == (0, "")
    return installation


@pytest.fixture(scope="module")
def web(migrated: Site) -> Iterator[Container]:
    with Container("web", migrated) as web:
        yield web


@pytest.fixture(scope="module")
def worker(migrated: Site) -> Iterator[Container]:
    with Container("worker", migrated) as worker:
        yield worker


@pytest.fixture(scope="module")
def beat(migrated: Site) -> Iterator[Container]:
    with Container("beat", migrated) as beat:
        yield beat


def test_migration_is_complete_and_runs_again_without_harm(migrated: Site) -> None:
    again = migrated.run("migrate", *migrated.command("migrate"))
    assert again.returncode == 0
    assert "No migrations to apply" in again.stdout


def test_web_serves_pages_and_their_static_files(web: Container) -> None:
    guest = Guest(web.site)
    page = guest.open_sign_in()
    assert page.status_code == 200
    link = present(re.search(r'href="(/static/portal\.[0-9a-f]{12}\.css)"', text(page)))
    style = guest.get(link[1])
    assert (style.status_code, style.headers["Content-Type"]) == (200, 'text/css; charset="utf-8"')


def test_web_answers_to_the_operators_names_only(web: Container) -> None:
    guest = Guest(web.site)
    assert guest.get("/masuk/", headers={"Host": "evil.example"}).status_code == 400


def test_they_write_nothing_next_to_their_code(web: Container, worker: Container, beat: Container) -> None:
    """Their root is read-only in a container."""
    Guest(web.site).open_sign_in()
    assert web.site.files() == web.site.files_at_first


@contextlib.contextmanager
def hung(container: Container) -> Iterator[None]:
    """Let all processes of a service stand still."""
    tree = container.tree()
    for process in tree:
        process.suspend()
    try:
        yield
    finally:
        for process in tree:
            process.resume()


def test_web_that_hangs_is_not_healthy(web: Container) -> None:
    assert is_healthy("web", web.site)
    with hung(web):
        assert not is_healthy("web", web.site)


def test_worker_that_hangs_is_not_healthy(worker: Container) -> None:
    assert is_healthy("worker", worker.site)
    with hung(worker):
        assert not is_healthy("worker", worker.site)


@pytest.mark.parametrize(("age", "healthy"), [(100, True), (140, False)])
def test_beat_that_has_not_written_its_schedule_for_two_minutes_is_not_healthy(
    beat: Container, age: int, healthy: bool
) -> None:
    with hung(beat):
        for path in (beat.site.folder / "state").iterdir():
            path.touch()
            then = path.stat().st_mtime - age  # by the system's clock, as the check reads it
            os.utime(path, (then, then))
        assert is_healthy("beat", beat.site) == healthy


def test_way_from_a_forgotten_password_to_a_signed_in_account(
    web: Container, worker: Container, mail: MailServer
) -> None:
    make_account(web.site, "siti")
    guest = Guest(web.site)
    assert guest.ask_for_reset("siti", "siti@example.id").status_code == 302
    [letter] = mail.wait_for(1)
    assert (letter.sender, letter.recipients) == ("pcare@portal.test", ["siti@example.id"])
    assert letter.link.startswith("https://portal.test/password-baru/")
    assert guest.open_link(letter.link.removeprefix("https://portal.test")).status_code == 200
    assert guest.set_password(PASSWORD).headers["Location"] == "/masuk/"
    assert not guest.is_signed_in()
    assert guest.sign_in("siti", PASSWORD).status_code == 302
    assert guest.is_signed_in()
    _, notice = mail.wait_for(2)
    assert notice.recipients == ["siti@example.id"]


def test_letter_that_the_broker_never_heard_of_leaves_at_beats_next_round(
    web: Container, worker: Container, beat: Container, mail: MailServer
) -> None:
    make_account(web.site, "rina")
    web.site.broker.kill()
    try:
        assert Guest(web.site).ask_for_reset("rina", "rina@example.id").status_code == 302
    finally:
        web.site.broker.start()
    [letter] = mail.wait_for(1, timeout=60)
    assert letter.recipients == ["rina@example.id"]
