"""The scope of branch staff among accounts: the facility admins of their own branch, and nobody else."""

from collections.abc import Mapping

import pytest

from accounts.models import Account, Role, SecurityEvent, State
from facilities.models import BranchOffice, Facility
from tests.support.fixtures import PASSWORD, MakeAccount
from tests.support.present import present
from tests.support.visitor import Visitor, text

ACCOUNTS = "/admin/accounts/account/"
NEW = {"username": "pkm_sumber", "full_name": "Sari Dewi", "email": "sari@example.id"}


@pytest.fixture
def colleague(make_account: MakeAccount, cirebon: BranchOffice) -> Account:
    """Another employee of petugas' branch."""
    return make_account("rekan", "Agus Salim", role=Role.BRANCH_STAFF, branch_office=cirebon)


@pytest.fixture(params=["rina", "colleague", "kepala", "petugas"])
def out_of_scope(request: pytest.FixtureRequest) -> Account:
    """Whoever petugas has nothing to do with: another branch, all staff, petugas too."""
    return request.getfixturevalue(request.param)


def page_of(account: Account, page: str = "change") -> str:
    return f"{ACCOUNTS}{account.pk}/{page}/"


def stored(account: Account) -> Mapping[str, object]:
    return Account.objects.filter(pk=account.pk).values().get()


def test_list_holds_the_own_facilities_admins(branch: Visitor, siti: Account, out_of_scope: Account) -> None:
    listed = branch.get(ACCOUNTS)
    assert [account.username for account in listed.context["cl"].result_list] == ["siti"]
    assert f">{out_of_scope.username}</a>" not in text(listed)


@pytest.mark.parametrize(
    "query",
    [
        "facility__branch_office__id__exact={branch}",
        "facility__id__exact={facility}",
        "facility={facility}",
        "id__exact={account}",
        "q=rina",
        "q=0114B026",
        "role__exact=head_office",
        "all=",
    ],
)
def test_no_query_brings_others_up(branch: Visitor, rina: Account, kepala: Account, query: str) -> None:
    facility = present(rina.facility)
    asked = query.format(branch=facility.branch_office_id, facility=facility.pk, account=rina.pk)
    page = branch.get(f"{ACCOUNTS}?{asked}")
    assert not page.context["cl"].result_list
    for secret in ("Rina", "Melati", "Kantor Cabang Makassar", "Hasan"):
        assert secret not in text(page)


@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_page_does_not_exist(branch: Visitor, out_of_scope: Account, page: str) -> None:
    response = branch.get(page_of(out_of_scope, page))
    assert response.status_code in (302, 403)
    for answer in (response, branch.get("/admin/")):
        assert out_of_scope.email not in text(answer)


def test_nothing_is_changed(branch: Visitor, kedawung: Facility, out_of_scope: Account) -> None:
    branch.get("/admin/")
    before = stored(out_of_scope)
    typed = {**NEW, "facility": kedawung.pk, "role": Role.FACILITY_ADMIN, "state": State.DEACTIVATED}
    assert branch.save(page_of(out_of_scope), **typed).status_code in (302, 403)
    assert stored(out_of_scope) == before


@pytest.mark.parametrize("verb", ["lift-lock", "end-sessions"])
def test_button_by_hand_does_nothing(branch: Visitor, out_of_scope: Account, verb: str) -> None:
    browser, events = locked_and_signed_in(out_of_scope)
    assert branch.send(page_of(out_of_scope, verb)).status_code == 404
    assert browser.is_signed_in()
    assert SecurityEvent.objects.count() == events


@pytest.mark.parametrize("action", ["lift_locks", "end_sessions"])
@pytest.mark.parametrize("across", ["0", "1"], ids=["selected", "all"])
def test_action_by_hand_does_nothing(
    branch: Visitor, siti: Account, out_of_scope: Account, action: str, across: str
) -> None:
    browser, events = locked_and_signed_in(out_of_scope)
    branch.send(ACCOUNTS, action=action, select_across=across, _selected_action=out_of_scope.pk)
    assert browser.is_signed_in()
    assert SecurityEvent.objects.count() == events


def locked_and_signed_in(account: Account) -> tuple[Visitor, int]:
    """Return a browser that is signed in to an account whose strangers are locked out, and how many events stand."""
    browser = Visitor()
    browser.sign_in(account.username, PASSWORD)
    stranger = Visitor(address="198.51.100.9")
    for _ in range(3):
        stranger.sign_in(account.username, "salah salah salah")
    return browser, SecurityEvent.objects.count()


def test_branch_makes_accounts_of_its_facilities(branch: Visitor, petugas: Account, kedawung: Facility) -> None:
    assert 'name="role"' not in text(branch.get(f"{ACCOUNTS}add/"))
    forged = {"role": Role.HEAD_OFFICE, "branch_office": petugas.branch_office_id}
    assert branch.send(f"{ACCOUNTS}add/", **NEW, **forged, facility=kedawung.pk).status_code == 302
    account = Account.objects.get(username="pkm_sumber")
    assert (account.role, account.facility, account.branch_office) == (Role.FACILITY_ADMIN, kedawung, None)
    assert account.events.get().actor == petugas


@pytest.mark.parametrize("role", Role.values)
def test_branch_makes_no_account_without_a_facility(branch: Visitor, petugas: Account, role: str) -> None:
    typed = {**NEW, "role": role, "branch_office": petugas.branch_office_id}
    response = branch.send(f"{ACCOUNTS}add/", **typed)
    assert response.context["adminform"].form.has_error("facility", "required")
    assert not Account.objects.filter(username="pkm_sumber").exists()


def test_foreign_facility_is_no_choice(branch: Visitor, siti: Account, klinik: Facility) -> None:
    for address in (f"{ACCOUNTS}add/", page_of(siti)):
        typed = {**NEW, "facility": klinik.pk, "state": State.ACTIVE}
        response = branch.save(address, **typed)
        assert response.context["adminform"].form.has_error("facility", "invalid_choice")
        assert "Melati" not in text(response)
    assert "Melati" not in text(branch.get(f"{ACCOUNTS}add/?facility={klinik.pk}"))
    assert stored(siti)["username"] == "siti"


def test_role_cannot_be_raised(branch: Visitor, siti: Account) -> None:
    typed = {"username": "siti", "full_name": "Siti A.", "email": siti.email, "facility": siti.facility_id}
    assert branch.save(page_of(siti), **typed, state=State.ACTIVE, role=Role.HEAD_OFFICE).status_code == 302
    siti.refresh_from_db()
    assert (siti.full_name, siti.role) == ("Siti A.", Role.FACILITY_ADMIN)


@pytest.mark.parametrize("source", ["accounts.securityevent.account", "admin.logentry.user"])
def test_autocompletion_keeps_to_the_branch(branch: Visitor, siti: Account, out_of_scope: Account, source: str) -> None:
    app, model, field = source.split(".")
    query = {"app_label": app, "model_name": model, "field_name": field}
    found = branch.get("/admin/autocomplete/", query_params=query).json()["results"]
    assert [row["text"] for row in found] == ["siti"]
