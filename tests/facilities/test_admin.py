"""Offices and facilities in the admin: who sees and changes which."""

import pytest

from accounts.models import Account, SecurityEvent
from accounts.models.choices import SessionEndReason
from facilities.models import BranchOffice, Facility, RegionalOffice
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD
from tests.support.present import present
from tests.support.queries import queries
from tests.support.visitor import Visitor, text

REGIONS = "/admin/facilities/regionaloffice/"
OFFICES = "/admin/facilities/branchoffice/"
FACILITIES = "/admin/facilities/facility/"


def facility_fields(**changes: object) -> dict[str, object]:
    """Return what the form of a new Puskesmas holds."""
    return {
        "code": "10182002",
        "name": "Puskesmas Sumber",
        "regency": "Kab. Cirebon",
        "time_zone": "Asia/Jakarta",
        "email": "sumber@example.id",
        "contract_active": "on",
        **changes,
    }


def page_of(row: Facility | BranchOffice | RegionalOffice, page: str = "change") -> str:
    return f"/admin/facilities/{row._meta.model_name}/{row.pk}/{page}/"


def autocomplete(visitor: Visitor, model: str, field: str) -> list[str]:
    app, _, name = model.partition(".")
    query = {"app_label": app, "model_name": name, "field_name": field}
    return [row["text"] for row in visitor.get("/admin/autocomplete/", query_params=query).json()["results"]]


# Head office


def test_head_office_sees_every_branch(head: Visitor, kedawung: Facility, klinik: Facility) -> None:
    assert "Puskesmas Kedawung" in text(head.get(FACILITIES))
    assert "Klinik Pratama Melati" in text(head.get(FACILITIES))
    assert head.get(page_of(klinik)).status_code == 200
    assert "Kedeputian Wilayah IX" in text(head.get(REGIONS))


def test_head_office_adds_offices(head: Visitor, cirebon: BranchOffice) -> None:
    head.send(f"{REGIONS}add/", name="Kedeputian Wilayah XII")
    region = RegionalOffice.objects.get(name="Kedeputian Wilayah XII")
    office = {"name": "Kantor Cabang Jayapura", "regional_office": region.pk, "time_zone": "Asia/Jayapura"}
    head.send(f"{OFFICES}add/", **office)
    assert BranchOffice.objects.get(name="Kantor Cabang Jayapura").regional_office == region


def test_head_office_moves_a_facility(head: Visitor, kedawung: Facility, makassar: BranchOffice) -> None:
    moved = facility_fields(code=kedawung.code, branch_office=makassar.pk)
    assert head.save(page_of(kedawung), **moved).status_code == 302
    kedawung.refresh_from_db()
    assert kedawung.branch_office == makassar


def test_contract_switched_off_ends_the_sessions(head: Visitor, siti: Account) -> None:
    theirs = Visitor()
    theirs.sign_in("siti", PASSWORD)
    facility = present(siti.facility)
    ended = facility_fields(code=facility.code, branch_office=facility.branch_office_id)
    del ended["contract_active"]
    head.save(page_of(facility), **ended)
    assert not theirs.is_signed_in()
    assert siti.events.get(kind=SecurityEvent.Kind.SESSION_ENDED).detail == SessionEndReason.CONTRACT_ENDED


def test_facility_with_accounts_is_not_deleted(head: Visitor, siti: Account) -> None:
    facility = present(siti.facility)
    head.send(page_of(facility, "delete"), post="yes")
    assert Facility.objects.filter(pk=facility.pk).exists()


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ("kind=puskesmas", "10182001"),
        ("kind=primary_clinic", "0114B026"),
        ("time_zone__exact=Asia/Makassar", "0114B026"),
        ("contract_active__exact=0", None),
        ("q=melati", "0114B026"),
        ("q=10182", "10182001"),
    ],
)
def test_filters_and_search(
    head: Visitor, kedawung: Facility, klinik: Facility, chosen: str, found: str | None
) -> None:
    page = text(head.get(f"{FACILITIES}?{chosen}"))
    assert [code for code in ("10182001", "0114B026") if f">{code}</a>" in page] == [found] * bool(found)


def test_unknown_kind_filters_nothing(head: Visitor, kedawung: Facility) -> None:
    assert ">10182001</a>" in text(head.get(f"{FACILITIES}?kind=hotel"))


@pytest.mark.parametrize(
    "query", ["regency__exact=%00", "kind=%00", "accounts__password__startswith=argon2", "o=99", "p=x"]
)
def test_nonsense_in_the_address_is_no_server_error(head: Visitor, siti: Account, query: str) -> None:
    response = head.get(f"{FACILITIES}?{query}")
    assert response.status_code in (200, 302, 400)


def test_search_with_a_nul_byte_is_no_server_error(head: Visitor, kedawung: Facility) -> None:
    assert head.get(f"{FACILITIES}?q=%00").status_code == 200
    query = "app_label=accounts&model_name=account&field_name=facility&term=%00"
    assert head.get(f"/admin/autocomplete/?{query}").status_code == 200


@pytest.mark.parametrize("address", [FACILITIES, OFFICES, REGIONS])
def test_list_takes_as_many_queries_for_30_rows_as_for_3(
    clock: Clock, head: Visitor, cirebon: BranchOffice, makassar: BranchOffice, address: str
) -> None:
    add_rows(range(3), cirebon)
    few = queries(head, address)
    add_rows(range(3, 30), makassar)
    assert queries(head, address) == few


def add_rows(numbers: range, office: BranchOffice) -> None:
    """Add a facility of the office, a region and an office for each number."""
    for number in numbers:
        fields = facility_fields(code=f"1018B{number:03}", contract_active=True)
        Facility.objects.create(branch_office=office if number else other_office(), **fields)
        region = RegionalOffice.objects.create(name=f"Kedeputian Wilayah {number}")
        BranchOffice.objects.create(name=f"Kantor Cabang {number}", regional_office=region)


def other_office() -> BranchOffice:
    return BranchOffice.objects.get(name="Kantor Cabang Makassar")


# Branch staff


def test_branch_lists_its_own_facilities(branch: Visitor, kedawung: Facility, klinik: Facility) -> None:
    page = text(branch.get(FACILITIES))
    assert "Puskesmas Kedawung" in page
    assert "Melati" not in page
    assert "Kantor Cabang Makassar" not in page  # nor as a filter


@pytest.mark.parametrize("query", ["branch_office__id__exact={}", "branch_office={}", "q=melati", "all="])
def test_no_query_brings_another_branch_up(branch: Visitor, klinik: Facility, query: str) -> None:
    page = text(branch.get(f"{FACILITIES}?{query.format(klinik.branch_office_id)}"))
    assert "0114B026" not in page
    assert "Kantor Cabang Makassar" not in page


@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_foreign_facility_does_not_exist(branch: Visitor, klinik: Facility, page: str) -> None:
    response = branch.get(page_of(klinik, page))
    assert response.status_code in (302, 403)
    assert "Melati" not in text(branch.get("/admin/"))


def test_foreign_facility_is_not_changed(branch: Visitor, klinik: Facility) -> None:
    assert branch.save(page_of(klinik), **facility_fields(code=klinik.code)).status_code in (302, 403)
    klinik.refresh_from_db()
    assert klinik.name == "Klinik Pratama Melati"


def test_branch_takes_on_a_facility(branch: Visitor, cirebon: BranchOffice, makassar: BranchOffice) -> None:
    assert branch.get(f"{FACILITIES}add/").status_code == 200
    response = branch.send(f"{FACILITIES}add/", **facility_fields(branch_office=makassar.pk))
    assert response.status_code == 302
    assert Facility.objects.get(code="10182002").branch_office == cirebon


def test_branch_changes_its_facility_but_cannot_give_it_away(
    branch: Visitor, kedawung: Facility, cirebon: BranchOffice, makassar: BranchOffice
) -> None:
    changed = facility_fields(code=kedawung.code, branch_office=makassar.pk)
    assert branch.save(page_of(kedawung), **changed).status_code == 302
    kedawung.refresh_from_db()
    assert (kedawung.name, kedawung.branch_office) == ("Puskesmas Sumber", cirebon)


def test_branch_deletes_nothing(branch: Visitor, kedawung: Facility) -> None:
    assert branch.send(page_of(kedawung, "delete"), post="yes").status_code == 403
    branch.send(FACILITIES, action="delete_selected", _selected_action=kedawung.pk, post="yes")
    assert Facility.objects.filter(pk=kedawung.pk).exists()


def test_branch_reads_its_own_office_only(branch: Visitor, makassar: BranchOffice, cirebon: BranchOffice) -> None:
    page = text(branch.get(OFFICES))
    assert "Kantor Cabang Cirebon" in page
    assert "Kantor Cabang Makassar" not in page
    assert branch.get(page_of(cirebon)).status_code == 200
    assert branch.get(page_of(makassar)).status_code == 302
    office = {"name": "Kantor Cabang Lain", "regional_office": cirebon.regional_office_id}
    for address in (page_of(cirebon), page_of(makassar), f"{OFFICES}add/"):
        # Another branch's office does not exist here: newer Djangos lead away from it instead of forbidding.
        refusals = (302, 403) if address == page_of(makassar) else (403,)
        assert branch.send(address, **office, time_zone="Asia/Jakarta").status_code in refusals
    assert not BranchOffice.objects.filter(name="Kantor Cabang Lain").exists()


def test_branch_sees_no_region(branch: Visitor, cirebon: BranchOffice) -> None:
    assert "regionaloffice" not in text(branch.get("/admin/"))
    region = cirebon.regional_office
    for address in (REGIONS, page_of(region), page_of(region, "delete"), f"{REGIONS}add/"):
        assert branch.get(address).status_code == 403
    assert branch.get(page_of(region, "history")).status_code == 302


def test_autocomplete_keeps_to_the_branch(branch: Visitor, kedawung: Facility, klinik: Facility) -> None:
    assert autocomplete(branch, "accounts.account", "facility") == ["Puskesmas Kedawung (10182001)"]
    assert autocomplete(branch, "facilities.facility", "branch_office") == ["Kantor Cabang Cirebon"]
    query = {"app_label": "facilities", "model_name": "branchoffice", "field_name": "regional_office"}
    assert branch.get("/admin/autocomplete/", query_params=query).status_code == 403
