"""`manage.py demo`: accounts to try the portal with, in the embedded mode only."""

import csv
import math
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts import policy
from accounts.demo import accounts
from accounts.models import Account, Role, State
from facilities.codes import Kind
from facilities.models import BranchOffice, Facility, RegionalOffice
from maintenance.text.zones import TimeZone
from tests.support.present import present
from tests.support.visitor import Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def embedded(settings: Any, tmp_path: Path) -> None:
    settings.EMBEDDED = True
    settings.VAR_DIR = tmp_path


def run(capsys: pytest.CaptureFixture[str]) -> str:
    call_command("demo")
    return capsys.readouterr().out


def written() -> dict[str, str]:
    """Return the passwords in the file."""
    with accounts.csv_path().open() as file:
        return {row["username"]: row["password"] for row in csv.DictReader(file)}


def are_right(passwords: dict[str, str]) -> bool:
    return all(Account.objects.get(username=name).check_password(passwords[name]) for name in list(passwords)[::5])


def test_refuses_in_the_real_mode(settings: Any) -> None:
    settings.EMBEDDED = False
    with pytest.raises(CommandError, match="only in the embedded mode"):
        call_command("demo")
    assert not Account.objects.exists()


def test_makes_places_and_people_of_every_kind() -> None:
    call_command("demo")
    counts = (RegionalOffice.objects.count(), BranchOffice.objects.count(), Facility.objects.count())
    assert counts == (2, 3, 12)
    kinds = [facility.kind for facility in Facility.objects.all()]
    assert {kind: kinds.count(kind) for kind in Kind} == dict.fromkeys(Kind, 1) | {
        Kind.PUSKESMAS: 3,
        Kind.PRIMARY_CLINIC: 2,
        Kind.DOCTOR: 2,
    }
    assert set(Facility.objects.values_list("time_zone", flat=True)) == set(TimeZone.values)
    assert {facility.accounts.count() for facility in Facility.objects.all()} == {2}
    assert {account.state for account in Account.objects.all()} == {State.ACTIVE}
    for row in [*RegionalOffice.objects.all(), *BranchOffice.objects.all(), *Facility.objects.all()]:
        row.full_clean()
    for account in Account.objects.all():
        account.full_clean()


def test_makes_the_people_of_the_story() -> None:
    call_command("demo")
    cast = {"10182001": "Siti", "pkm_kedawung": "Budi", "0114b026": "Rina", "petugas": "Dewi", "kepala": "Hasan"}
    for username, first_name in cast.items():
        assert Account.objects.get(username=username).full_name.startswith(first_name)
    assert Account.objects.get(username="kepala").role == Role.HEAD_OFFICE
    office = present(Account.objects.get(username="petugas").branch_office)
    assert office.facilities.filter(code="10182001").exists()


def test_file_is_for_its_owner_and_lets_everybody_in(visitor: Visitor) -> None:
    call_command("demo")
    path = accounts.csv_path()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().splitlines()[0] == "username,password,facility,role,email"
    assert [file.name for file in path.parent.iterdir()] == ["accounts.csv"]
    assert set(written()) == set(Account.objects.values_list("username", flat=True))
    visitor.sign_in("10182001", written()["10182001"])
    assert visitor.is_signed_in()


def test_passwords_are_long_random_and_typable() -> None:
    assert accounts.WORDS * 2 * math.log2(len(accounts.CONSONANTS) * len(accounts.VOWELS)) >= 60
    made = {accounts.passphrase() for _ in range(100)}
    assert len(made) == 100
    for password in made:
        assert len(password) >= policy.PASSWORD_MIN_LENGTH
        assert password.replace("-", "").isalpha() and password.islower() and password.isascii()


def test_shows_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys).splitlines()
    assert lines[0].split() == ["username", "password", "facility", "role", "email"]
    assert len(lines) == 1 + 26
    starts = {line.index(f" {role} ") + 1 for line in lines[1:] for role in Role.values if f" {role} " in line}
    assert starts == {lines[0].index("role")}


def test_second_start_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    first = run(capsys)
    stored = list(Account.objects.values())
    assert run(capsys) == first
    assert list(Account.objects.values()) == stored


@pytest.mark.parametrize("spoilt", [None, "", "username,password\n10182001,x\n", "a\0,b\n\xff"])
def test_lost_file_means_new_passwords(capsys: pytest.CaptureFixture[str], spoilt: str | None) -> None:
    call_command("demo")
    old = written()
    accounts.csv_path().unlink()
    if spoilt is not None:
        accounts.csv_path().write_text(spoilt, encoding="latin-1")
    assert "all demonstration accounts have new passwords" in run(capsys)
    assert not set(old.values()) & set(written().values())
    assert are_right(written())
    assert Account.objects.count() == 26


def test_lost_database_means_new_passwords(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("demo")
    old = written()
    Account.objects.filter(facility__code="10182001").delete()
    assert "all demonstration accounts have new passwords" in run(capsys)
    assert not set(old.values()) & set(written().values())
    assert are_right(written())


def test_new_passwords_end_sessions(visitor: Visitor) -> None:
    call_command("demo")
    visitor.sign_in("10182001", written()["10182001"])
    accounts.csv_path().unlink()
    call_command("demo")
    assert not visitor.is_signed_in()


def test_failed_write_leaves_no_stale_file(monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("demo")
    Account.objects.filter(username="kepala").delete()

    def full_disk(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        call_command("demo")
    assert not accounts.csv_path().exists()
