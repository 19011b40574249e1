"""Two employees at one row: nothing that one has changed is written over by what the other saw before."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from accounts.models import Account, Role, SecurityEvent, State
from facilities.models import BranchOffice, Facility
from tests.support.fixtures import PASSWORD, MakeAccount
from tests.support.outcomes import visible
from tests.support.parallel import at_once
from tests.support.present import present
from tests.support.visitor import Visitor, text, version_of

Kind = SecurityEvent.Kind
Form = dict[str, str]


def page_of(row: Account | Facility) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def opened(browser: Visitor, row: Account | Facility, **typed: str) -> Callable[[], Any]:
    """Open the page of a row; return what sends its form as it stands there, but for what is typed."""
    page = browser.get(page_of(row))
    form = page.context["adminform"].form
    shown = {bound.name: bound.value() for bound in form if bound.value() not in (None, False)}
    token = browser.fields["csrfmiddlewaretoken"]
    return lambda: browser.post(page_of(row), {**shown, **typed, "csrfmiddlewaretoken": token})


@pytest.fixture
def kantor_pusat(kepala: Account) -> Visitor:
    """A second browser, of the head office."""
    visitor = Visitor()
    visitor.sign_in("kepala", PASSWORD)
    return visitor


def test_deactivation_survives_a_name_saved_from_an_older_page(
    branch: Visitor, kantor_pusat: Visitor, siti: Account
) -> None:
    save_name = opened(branch, siti, full_name="Siti Aminah, S.Kep.")
    assert opened(kantor_pusat, siti, state=State.DEACTIVATED)().status_code == 302
    answer = save_name()
    assert answer.status_code == 409
    siti.refresh_from_db()
    assert (siti.state, siti.full_name) == (State.DEACTIVATED, "Siti Aminah")
    page = visible(answer)
    assert "Belum ada yang disimpan" in page
    assert "Status Aktif Nonaktif tidak ada; nilai sekarang tetap" in page, "both values"
    assert 'value="Siti Aminah, S.Kep."' in text(answer), "nothing typed is lost"


def test_saving_again_stores_what_was_typed_over_what_stands_now(
    branch: Visitor, kantor_pusat: Visitor, siti: Account
) -> None:
    save_name = opened(branch, siti, full_name="Siti Aminah, S.Kep.")
    opened(kantor_pusat, siti, state=State.DEACTIVATED)()
    form = save_name().context["adminform"].form
    again = {bound.name: bound.value() for bound in form if bound.value() not in (None, False)}
    assert branch.save(page_of(siti), **{**again, "version": form["version"].value()}).status_code == 302
    siti.refresh_from_db()
    assert (siti.state, siti.full_name) == (State.DEACTIVATED, "Siti Aminah, S.Kep.")


@pytest.mark.parametrize(
    ("field", "first", "second"),
    [("email", "benar@example.id", "lain@example.id"), ("full_name", "Siti A.", "S. Aminah"), ("language", "en", "id")],
)
def test_same_field_is_shown_in_three_versions(
    branch: Visitor, kantor_pusat: Visitor, siti: Account, field: str, first: str, second: str
) -> None:
    save_second = opened(branch, siti, **{field: second, "username": "siti2"})
    opened(kantor_pusat, siti, **{field: first})()
    differences = save_second().context["adminform"].form.differences
    siti.refresh_from_db()
    assert getattr(siti, field) == first
    [difference] = differences
    labels = {"en": "Bahasa Inggris"}
    assert difference.now == labels.get(first, first)
    assert difference.typed == ("" if field == "language" else second)


def test_ended_contract_survives(branch: Visitor, kantor_pusat: Visitor, siti: Account) -> None:
    facility = present(siti.facility)
    save_name = opened(branch, facility, name="Puskesmas Kedawung Baru")
    end = opened(kantor_pusat, facility)
    page = kantor_pusat.get(page_of(facility)).context["adminform"].form
    fields = {bound.name: bound.value() for bound in page if bound.value() not in (None, False)}
    del fields["contract_active"]
    assert kantor_pusat.save(page_of(facility), **fields).status_code == 302
    assert save_name().status_code == 409
    assert not Facility.objects.get(pk=facility.pk).contract_active
    assert end().status_code == 409, "an old page renews nothing either"


def test_demotion_survives(
    head: Visitor, kantor_pusat: Visitor, make_account: MakeAccount, cirebon: BranchOffice
) -> None:
    dewi = make_account("dewi", "Dewi", role=Role.HEAD_OFFICE)
    save_name = opened(head, dewi, full_name="Dewi Lestari")
    opened(kantor_pusat, dewi, role=Role.BRANCH_STAFF, branch_office=str(cirebon.pk))()
    assert save_name().status_code == 409
    dewi.refresh_from_db()
    assert dewi.role == Role.BRANCH_STAFF


@pytest.mark.parametrize("version", ["", "x", "e30:forged", "\x00"])
def test_page_that_does_not_say_what_it_showed_stores_nothing(head: Visitor, siti: Account, version: str) -> None:
    save = opened(head, siti, full_name="Lain", version=version)
    assert save().status_code == 409
    assert Account.objects.get(pk=siti.pk).full_name == "Siti Aminah"


def test_version_of_another_row_is_none(head: Visitor, siti: Account, budi: Account) -> None:
    version = head.get(page_of(budi)).context["adminform"].form["version"].value()
    assert opened(head, siti, full_name="Lain", version=version)().status_code == 409


def test_sign_in_meanwhile_is_no_conflict(head: Visitor, siti: Account) -> None:
    save = opened(head, siti, full_name="Siti A.")
    Visitor().sign_in("siti", PASSWORD)
    assert save().status_code == 302


def test_events_hold_old_and_new_values(head: Visitor, siti: Account) -> None:
    opened(head, siti, email="baru@example.id", state=State.DEACTIVATED)()
    event = siti.events.get(kind=Kind.ACCOUNT_CHANGED)
    assert event.changes == {"email": ["siti@example.id", "baru@example.id"], "state": ["active", "deactivated"]}
    assert "siti@example.id → baru@example.id" in event.detail_label


def test_end_and_renewal_of_a_contract_are_events(head: Visitor, petugas: Account, siti: Account) -> None:
    branch = Visitor()
    branch.sign_in("petugas", PASSWORD)
    facility = present(siti.facility)
    for active in ([], ["on"]):
        fields = {bound.name: bound.value() for bound in head.get(page_of(facility)).context["adminform"].form} | {
            "name": f"Puskesmas {len(active)}"
        }
        fields.pop("contract_active")
        head.save(page_of(facility), **fields, **({"contract_active": "on"} if active else {}))
    kinds = [event.kind for event in SecurityEvent.objects.filter(facility=facility).order_by("id")]
    assert kinds == [Kind.CONTRACT_ENDED, Kind.FACILITY_CHANGED, Kind.CONTRACT_RENEWED, Kind.FACILITY_CHANGED]
    listed = visible(branch.get("/admin/accounts/securityevent/"))
    assert "Puskesmas Kedawung → Puskesmas 0" in listed


def test_branch_reads_nothing_of_another_branch_s_facilities(head: Visitor, siti: Account, rina: Account) -> None:
    opened(head, present(rina.facility), name="Klinik Lain")()
    branch = Visitor()
    office = present(siti.facility).branch_office
    Account.objects.filter(pk=siti.pk).update(role=Role.BRANCH_STAFF, facility=None, branch_office=office)
    branch.sign_in("siti", PASSWORD)
    assert "Klinik Lain" not in text(branch.get("/admin/accounts/securityevent/"))


# The last account of the head office


@pytest.mark.parametrize("change", [{"state": State.DEACTIVATED}, {"role": Role.BRANCH_STAFF}])
def test_last_head_office_account_stays(head: Visitor, kepala: Account, cirebon: BranchOffice, change: Form) -> None:
    office = {"branch_office": str(cirebon.pk)} if "role" in change else {}
    answer = opened(head, kepala, **change, **office)()
    assert answer.status_code == 200
    assert "akun kantor pusat terakhir" in visible(answer)
    assert Account.objects.get(pk=kepala.pk).is_head_office


def test_one_of_two_may_go(head: Visitor, kepala: Account, make_account: MakeAccount) -> None:
    other = make_account("ratna", "Ratna", role=Role.HEAD_OFFICE)
    assert opened(head, other, state=State.DEACTIVATED)().status_code == 302


def test_two_who_deactivate_each_other_at_once_leave_one(site: str, kepala: Account, make_account: MakeAccount) -> None:
    ratna = make_account("ratna", "Ratna", role=Role.HEAD_OFFICE)
    saves = []
    for name, other in (("kepala", ratna), ("ratna", kepala)):
        browser = Visitor(site)
        browser.sign_in(name, PASSWORD)
        saves.append(ready(browser, other, state=State.DEACTIVATED))
    at_once(saves)
    assert Account.objects.filter(role=Role.HEAD_OFFICE, state=State.ACTIVE).count() == 1


# At the same moment


def test_two_saves_at_once_are_one_and_a_conflict(site: str, kepala: Account, petugas: Account, siti: Account) -> None:
    saves = []
    for name, full_name in (("kepala", "Siti Satu"), ("petugas", "Siti Dua")):
        browser = Visitor(site)
        browser.sign_in(name, PASSWORD)
        saves.append(ready(browser, siti, full_name=full_name))
    statuses = sorted(answer.status_code for answer in at_once(saves))
    assert statuses == [302, 409]


def test_same_new_name_at_once_is_one_account_and_an_explained_refusal(
    site: str, kepala: Account, petugas: Account, kedawung: Facility
) -> None:
    new = {"username": "pkm_baru", "full_name": "Baru", "email": "b@example.id", "language": "id"}
    saves = []
    for name, role in (("kepala", {"role": Role.FACILITY_ADMIN}), ("petugas", {})):
        browser = Visitor(site)
        browser.sign_in(name, PASSWORD)
        browser.get("/admin/accounts/account/add/")
        saves.append(partial(browser.press, "/admin/accounts/account/add/", **new, **role, facility=kedawung.pk))
    answers = at_once(saves)
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert "Sudah ada akun" in next(visible(answer) for answer in answers if answer.status_code == 200)
    assert Account.objects.filter(username="pkm_baru").count() == 1


def ready(browser: Visitor, account: Account, **typed: Any) -> Callable[[], Any]:
    """Open the page of an account over the network; return what sends its form."""
    version = version_of(browser.get(page_of(account)))
    return partial(browser.press, page_of(account), **as_typed(account, **typed), version=version)


def as_typed(account: Account, **changes: Any) -> dict[str, Any]:
    """Return what the page of an account sends."""
    fields = ["username", "full_name", "email", "language", "role", "state"]
    place = {"facility": account.facility_id, "branch_office": account.branch_office_id}
    sent = {name: getattr(account, name) for name in fields} | {key: pk for key, pk in place.items() if pk}
    return sent | changes
