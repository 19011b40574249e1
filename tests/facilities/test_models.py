"""Facilities: the code's shape and kind, guarded by the database itself."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Account, Role
from facilities.codes import Kind, kind_of, pattern_of
from facilities.models import BranchOffice, Facility

KINDS = {
    "10182001": Kind.PUSKESMAS,
    "01140002": Kind.MILITARY_CLINIC,
    "0114B026": Kind.PRIMARY_CLINIC,
    "0114U003": Kind.DOCTOR,
    "0114G003": Kind.DENTIST,
    "0114R003": Kind.HOSPITAL,
    "0114S003": Kind.MAIN_CLINIC,
    "0114A003": Kind.PHARMACY,
}
BAD_CODES = ["", "1018200", "101820011", "0114b026", "0114X026", "B1140026", "0114B02６", "0114 026", "0114B02\n"]


@pytest.mark.parametrize(("code", "kind"), KINDS.items())
def test_code_says_the_kind(code: str, kind: Kind) -> None:
    assert kind_of(code) == kind
    assert [of for of in Kind if re.search(pattern_of(of), code)] == [kind]


@pytest.mark.parametrize("code", BAD_CODES)
def test_bad_code_is_refused_by_form_and_database(cirebon: BranchOffice, code: str) -> None:
    with pytest.raises(ValueError, match="not a facility code"):
        kind_of(code)
    facility = Facility(code=code, name="X", regency="X", branch_office=cirebon, email="x@example.id")
    with pytest.raises(ValidationError):
        facility.full_clean()
    with pytest.raises(Exception, match="facility_code_shape|too long"), transaction.atomic():
        Facility.objects.bulk_create([facility])


def test_code_is_unique_in_the_database(kedawung: Facility) -> None:
    twin = Facility(
        code=kedawung.code, name="X", regency="X", branch_office=kedawung.branch_office, email="x@example.id"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        Facility.objects.bulk_create([twin])


@pytest.mark.parametrize("username", ["SITI", "si ti", "ab", "сити", "siti"])
def test_user_name_is_guarded_by_the_database(siti: Account, username: str) -> None:
    twin = Account(username=username, full_name="X", email="x@example.id", facility=siti.facility, password="!")
    with pytest.raises(IntegrityError, match="account_username_shape|unique"), transaction.atomic():
        Account.objects.bulk_create([twin])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("place", ["facility", "branch_office", "both", "none"])
def test_role_fits_the_place_in_the_database(kedawung: Facility, role: Role, place: str) -> None:
    account = Account(username="somebody", full_name="X", email="x@example.id", role=role, password="!")
    account.facility = kedawung if place in ("facility", "both") else None
    account.branch_office = kedawung.branch_office if place in ("branch_office", "both") else None
    fits = {Role.FACILITY_ADMIN: "facility", Role.BRANCH_STAFF: "branch_office", Role.HEAD_OFFICE: "none"}
    if fits[role] == place:
        Account.objects.bulk_create([account])
        return
    with pytest.raises(IntegrityError, match="account_role_fits_place"), transaction.atomic():
        Account.objects.bulk_create([account])
