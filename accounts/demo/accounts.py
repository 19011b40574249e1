"""Making the demonstration accounts; their passwords are made up on this machine."""

import csv
import os
import secrets
import tempfile
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from accounts.demo.data import FACILITIES, OFFICES, STAFF, USERNAMES, Place
from accounts.models import Account, Role, State
from facilities.models import BranchOffice, Facility, RegionalOffice

CONSONANTS, VOWELS = "bcdghjklmnprstwy", "aeiou"
WORDS = 5  # of two syllables each: 63 bits


class Row(NamedTuple):
    """One account as it is written down."""

    username: str
    password: str
    facility: str
    role: str
    email: str


def kept() -> list[Row] | None:
    """Return the accounts as written down, None unless the database and the file have all of them."""
    rows = read()
    stored = Account.objects.filter(username__in=USERNAMES).count()
    complete = stored == len(USERNAMES) and {row.username for row in rows} == set(USERNAMES)
    return rows if complete else None


def make() -> list[Row]:
    """Add what is missing, give every demonstration account a new password, write all down."""
    # First: when this is cut short, no file tells passwords that have changed.
    csv_path().unlink(missing_ok=True)
    offices = {name: _office(name) for name in OFFICES}
    facilities = [_facility(place, offices[place.office]) for place in FACILITIES]
    rows = []
    for place, facility in zip(FACILITIES, facilities, strict=True):
        for username, full_name in place.people.items():
            rows.append(_account(username, full_name, Role.FACILITY_ADMIN, facility=facility))
    for person in STAFF:
        office = offices.get(person.office or "")
        rows.append(_account(person.username, person.full_name, person.role, branch_office=office))
    write(rows)
    return rows


def passphrase() -> str:
    """Return a password that is easy to type: five made-up words."""
    return "-".join(_syllable() + _syllable() for _ in range(WORDS))


def csv_path() -> Path:
    return settings.VAR_DIR / "accounts.csv"


def read() -> list[Row]:
    """Return what the file says, nothing if it is missing or spoilt."""
    try:
        with csv_path().open(encoding="utf-8", newline="") as file:
            return [Row(**line) for line in csv.DictReader(file)]
    except (OSError, ValueError, TypeError, csv.Error):
        return []


def write(rows: list[Row]) -> None:
    """Replace the file in one step; only its owner can read it."""
    with tempfile.NamedTemporaryFile(
        "w", dir=csv_path().parent, prefix="accounts-", encoding="utf-8", newline="", delete=False
    ) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([Row._fields, *rows])
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, csv_path())


def _syllable() -> str:
    return secrets.choice(CONSONANTS) + secrets.choice(VOWELS)


def _office(name: str) -> BranchOffice:
    region_name, time_zone = OFFICES[name]
    region, _ = RegionalOffice.objects.get_or_create(name=region_name)
    found = {"regional_office": region, "time_zone": time_zone}
    return BranchOffice.objects.get_or_create(name=name, defaults=found)[0]


def _facility(place: Place, office: BranchOffice) -> Facility:
    described = {
        "name": place.name,
        "regency": place.regency,
        "branch_office": office,
        "time_zone": office.time_zone,
        "email": f"{place.second_username}@faskes.example",
    }
    return Facility.objects.get_or_create(code=place.code, defaults=described)[0]


def _account(username: str, full_name: str, role: Role, **place: Facility | BranchOffice | None) -> Row:
    account = Account.objects.filter(username=username).first()
    if account is None:
        email = f"{username}@faskes.example"
        account = Account(username=username, full_name=full_name, role=role, email=email, state=State.ACTIVE, **place)
    password = passphrase()
    account.set_password(password)
    account.save()
    return Row(
        username, password, str(account.facility or account.branch_office or "Kantor Pusat"), role, account.email
    )
