"""What the tests share: the portal itself, a few named people."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.apps import AppConfig
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import post_migrate
from django.dispatch import receiver

from accounts.models import Account, Role, State
from accounts.passwords import history
from facilities.models import BranchOffice, Facility, RegionalOffice
from maintenance.board import process_state
from maintenance.board.process_state import ProcessState
from maintenance.models import Revision
from maintenance.text.zones import TimeZone
from tests.support.board import boards
from tests.support.servers import servers
from tests.support.servers.mail_servers import MailServer
from tests.support.visitor import Visitor

PASSWORD = "lima kata yang mudah diingat"
MakeAccount = Callable[..., Account]


@receiver(post_migrate)
def begin_the_board(sender: AppConfig, **kwargs: Any) -> None:
    """Give a database that was emptied the row its migrations had made: any test may come after any other."""
    if sender.name == "maintenance":
        Revision.objects.get_or_create(pk=1)


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture(scope="session")
def hash_count_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that grows by a byte for each password that a web server checks."""
    path = tmp_path_factory.mktemp("hashes") / "count"
    path.touch()
    return path


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    """The mail server of the whole run."""
    with MailServer() as server:
        yield server


@pytest.fixture
def mail(mail_server: MailServer) -> MailServer:
    """A mail server that has accepted nothing yet."""
    mail_server.clear()
    return mail_server


@pytest.fixture
def hashes(hash_count_file: Path) -> Callable[[], int]:
    """Return how many passwords were checked since the last call."""
    seen = hash_count_file.stat().st_size

    def count() -> int:
        nonlocal seen
        now = hash_count_file.stat().st_size
        new, seen = now - seen, now
        return new

    return count


@pytest.fixture(scope="session")
def web_server(django_db_setup: None, static_files: None, hash_count_file: Path) -> Iterator[servers.WebServer]:
    """The portal in four processes on the tests' database."""
    address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    env = {
        "DATABASE_URL": f"{address}/{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "tests.support.counting_settings",
        "HASH_COUNT_FILE": str(hash_count_file),
    }
    with servers.WebServer(env, workers=4, threads=4, path="/bantuan/") as server:
        yield server


@pytest.fixture
def site(web_server: servers.WebServer, transactional_db: None) -> str:
    """The address of the portal in four processes; what the test writes is seen there."""
    wait_until_open(web_server)
    return web_server.url


def wait_until_open(web_server: servers.WebServer) -> None:
    """Let each process notice that the closings of the test before have gone with its other rows."""
    in_a_row = 0
    while in_a_row < 3 * web_server.workers:
        with closing(HTTPConnection(servers.HOST, web_server.port, timeout=20)) as connection:
            connection.request("GET", "/status.json", headers={"Host": "portal.test", "X-Forwarded-Proto": "https"})
            in_a_row = in_a_row + 1 if json.load(connection.getresponse())["portal"]["open"] else 0


@pytest.fixture
def nothing_known() -> Iterator[None]:
    """Let this process know nothing yet of closings and outages; leave what it knew as it was."""
    with boards.forgotten_afterwards():
        process_state.current = ProcessState()
        yield


@pytest.fixture
def visitor() -> Visitor:
    """A browser that nobody has signed in with."""
    return Visitor()


@pytest.fixture
def cirebon(db: None) -> BranchOffice:
    region = RegionalOffice.objects.create(name="Kedeputian Wilayah V")
    return BranchOffice.objects.create(name="Kantor Cabang Cirebon", regional_office=region)


@pytest.fixture
def makassar(db: None) -> BranchOffice:
    region = RegionalOffice.objects.create(name="Kedeputian Wilayah IX")
    return BranchOffice.objects.create(name="Kantor Cabang Makassar", regional_office=region, time_zone=TimeZone.WITA)


@pytest.fixture
def kedawung(cirebon: BranchOffice) -> Facility:
    return Facility.objects.create(
        code="10182001",
        name="Puskesmas Kedawung",
        regency="Kab. Cirebon",
        branch_office=cirebon,
        email="pkm.kedawung@example.id",
    )


@pytest.fixture
def klinik(makassar: BranchOffice) -> Facility:
    return Facility.objects.create(
        code="0114B026",
        name="Klinik Pratama Melati",
        regency="Kota Makassar",
        branch_office=makassar,
        email="melati@example.id",
        time_zone=TimeZone.WITA,
    )


@pytest.fixture
def siti(kedawung: Facility, make_account: MakeAccount) -> Account:
    """The admin of Puskesmas Kedawung."""
    return make_account("siti", "Siti Aminah", facility=kedawung)


@pytest.fixture
def budi(kedawung: Facility, make_account: MakeAccount) -> Account:
    """Siti's colleague."""
    return make_account("budi", "Budi Santoso", facility=kedawung)


@pytest.fixture
def rina(klinik: Facility, make_account: MakeAccount) -> Account:
    """The admin of another facility, of another branch."""
    return make_account("rina", "Rina Daeng", facility=klinik)


@pytest.fixture
def petugas(cirebon: BranchOffice, make_account: MakeAccount) -> Account:
    """An employee of the branch office in Cirebon."""
    return make_account("petugas", "Dewi Lestari", role=Role.BRANCH_STAFF, branch_office=cirebon)


@pytest.fixture
def kepala(db: None, make_account: MakeAccount) -> Account:
    """An employee of the head office."""
    return make_account("kepala", "Hasan Basri", role=Role.HEAD_OFFICE)


@pytest.fixture(scope="session")
def password_hash() -> str:
    return make_password(PASSWORD)


@pytest.fixture
def make_account(db: None, password_hash: str) -> MakeAccount:
    def make(username: str, full_name: str, **fields: Any) -> Account:
        account = Account.objects.create(
            username=username,
            full_name=full_name,
            email=f"{username}@example.id",
            state=State.ACTIVE,
            password=password_hash,
            **fields,
        )
        history.remember(account)
        return account

    return make


@pytest.fixture
def head(visitor: Visitor, kepala: Account) -> Visitor:
    """The browser of the head office's kepala."""
    visitor.sign_in("kepala", PASSWORD)
    return visitor


@pytest.fixture
def branch(visitor: Visitor, petugas: Account) -> Visitor:
    """The browser of Cirebon's petugas."""
    visitor.sign_in("petugas", PASSWORD)
    return visitor


def signed_in(account: Account, count: int = 1) -> list[Visitor]:
    """Return so many browsers that the account is signed in with."""
    visitors = [Visitor() for _ in range(count)]
    for visitor in visitors:
        visitor.sign_in(account.username, PASSWORD)
        assert visitor.is_signed_in()
    return visitors
