"""Accounts in the admin: the door, what staff may change, the help desk's panel and its verbs."""

from typing import Any

import pytest
from django.contrib import admin
from django.utils import translation

from accounts.models import Account, Role, SecurityEvent, State
from accounts.models.choices import SessionEndReason
from facilities.models import BranchOffice, Facility
from tests.support.clock import Clock
from tests.support.fixtures import PASSWORD, MakeAccount
from tests.support.present import present
from tests.support.queries import queries
from tests.support.visitor import Visitor, text

Kind = SecurityEvent.Kind
ACCOUNTS = "/admin/accounts/account/"
NEW = {"username": "pkm_sumber", "full_name": "Sari Dewi", "email": "sari@example.id"}


def page_of(account: Account, page: str = "change") -> str:
    return f"{ACCOUNTS}{account.pk}/{page}/"


def as_typed(account: Account, **changes: object) -> dict[str, object]:
    """Return the account's form as head office fills it in."""
    names = ("username", "full_name", "email", "role", "state")
    places = {"facility": account.facility_id or "", "branch_office": account.branch_office_id or ""}
    return {name: getattr(account, name) for name in names} | places | changes


def signed_in(account: Account) -> Visitor:
    theirs = Visitor()
    theirs.sign_in(account.username, PASSWORD)
    return theirs


def fail_to_sign_in(account: Account, times: int) -> None:
    stranger = Visitor(address="198.51.100.9")
    for _ in range(times):
        stranger.sign_in(account.username, "salah salah salah")


def events(account: Account, kind: Kind) -> list[tuple[str, Account | None]]:
    return [(event.detail, event.actor) for event in account.events.filter(kind=kind)]


# The door


def test_facility_admin_is_refused(visitor: Visitor, siti: Account) -> None:
    visitor.sign_in("siti", PASSWORD)
    for address in ("/admin/", ACCOUNTS, "/admin/login/", "/admin/autocomplete/", "/admin/jsi18n/"):
        assert visitor.get(address, follow=True).status_code == 403


def test_stranger_is_sent_to_the_sign_in_page(visitor: Visitor, db: None) -> None:
    for address in ("/admin/", ACCOUNTS, "/admin/login/"):
        response = visitor.get(address, follow=True)
        assert response.redirect_chain[-1][0].startswith("/masuk/?next=/admin/")


@pytest.mark.parametrize("change", [{"role": Role.FACILITY_ADMIN, "branch_office": None}, {"state": State.DEACTIVATED}])
def test_removed_right_acts_at_once(
    branch: Visitor, petugas: Account, kedawung: Facility, change: dict[str, object]
) -> None:
    assert branch.get(ACCOUNTS).status_code == 200
    place = {"facility": kedawung} if "role" in change else {}
    Account.objects.filter(pk=petugas.pk).update(**change, **place)
    assert branch.get(ACCOUNTS).status_code in (302, 403)


def test_only_these_models_are_in_the_admin() -> None:
    names = {model.__name__ for model in admin.site._registry}
    accounts, facilities = {"Account", "SecurityEvent", "Letter"}, {"RegionalOffice", "BranchOffice", "Facility"}
    assert names == accounts | facilities | {"Closure", "ClosureEvent", "Outage"}


# Making and changing accounts


def test_new_account_waits_without_a_password(head: Visitor, kepala: Account, kedawung: Facility) -> None:
    new = {**NEW, "username": " PKM_Sumber ", "role": Role.FACILITY_ADMIN, "facility": kedawung.pk}
    forged = {"state": State.ACTIVE, "password": "argon2$forged"}
    assert head.send(f"{ACCOUNTS}add/", **new, **forged).status_code == 302
    account = Account.objects.get(username="pkm_sumber")
    assert account.state == State.WAITING
    assert not account.has_usable_password()
    assert events(account, Kind.ACCOUNT_CREATED) == [("username,full_name,email,facility", kepala)]


def test_role_and_place_have_to_fit(head: Visitor, cirebon: BranchOffice) -> None:
    response = head.send(f"{ACCOUNTS}add/", **NEW, role=Role.FACILITY_ADMIN, branch_office=cirebon.pk)
    assert response.status_code == 200
    assert not Account.objects.filter(username="pkm_sumber").exists()


def test_change_is_written_down(head: Visitor, kepala: Account, siti: Account) -> None:
    typed = as_typed(siti, email="baru@example.id", full_name="Siti A.", password="argon2$forged")
    assert head.save(page_of(siti), **typed).status_code == 302
    old = siti.password
    siti.refresh_from_db()
    assert (siti.email, siti.full_name, siti.password) == ("baru@example.id", "Siti A.", old)
    assert events(siti, Kind.ACCOUNT_CHANGED) == [("full_name,email", kepala)]


def test_saving_without_a_change_writes_nothing_down(head: Visitor, siti: Account) -> None:
    assert head.save(page_of(siti), **as_typed(siti)).status_code == 302
    assert not siti.events.exists()


def test_change_leaves_a_newer_password_alone(head: Visitor, siti: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user changes the password after staff's form has read the account, before it is saved."""
    form_is_valid = admin.site.get_model_admin(Account).form.is_valid

    def change_password_meanwhile(form: Any) -> bool:
        Account.objects.filter(pk=siti.pk).update(password="newer")
        return form_is_valid(form)

    monkeypatch.setattr(admin.site.get_model_admin(Account).form, "is_valid", change_password_meanwhile)
    head.save(page_of(siti), **as_typed(siti, full_name="Siti A."))
    siti.refresh_from_db()
    assert (siti.full_name, siti.password) == ("Siti A.", "newer")


@pytest.mark.parametrize("state", [State.DEACTIVATED, State.WAITING])
def test_account_that_is_no_longer_active_is_signed_out(
    head: Visitor, kepala: Account, siti: Account, state: State
) -> None:
    theirs = signed_in(siti)
    head.save(page_of(siti), **as_typed(siti, state=state))
    assert not theirs.is_signed_in()
    assert events(siti, Kind.SESSION_ENDED) == [(SessionEndReason.DEACTIVATED, kepala)]
    assert events(siti, Kind.ACCOUNT_CHANGED) == [("state", kepala)]


def test_nobody_deletes_an_account(head: Visitor, siti: Account) -> None:
    assert head.send(page_of(siti, "delete"), post="yes").status_code == 403
    head.send(ACCOUNTS, action="delete_selected", _selected_action=siti.pk, post="yes")
    assert Account.objects.filter(pk=siti.pk).exists()


# Passwords


def test_no_page_shows_a_password_hash(head: Visitor, kepala: Account, siti: Account) -> None:
    head.save(page_of(siti), **as_typed(siti, full_name="Siti A."))
    pages = [ACCOUNTS, page_of(siti), page_of(siti, "history"), page_of(kepala), f"{ACCOUNTS}add/"]
    event = siti.events.get()
    pages += ["/admin/", "/admin/accounts/securityevent/", f"/admin/accounts/securityevent/{event.pk}/change/"]
    for address in pages:
        page = text(head.get(address))
        assert "argon2" not in page
        assert 'name="password' not in page


@pytest.mark.parametrize(
    ("page", "lookup"),
    [
        (ACCOUNTS, "password__startswith"),
        ("/admin/accounts/securityevent/", "account__password__startswith"),
        ("/admin/facilities/facility/", "accounts__password__startswith"),
        ("/admin/facilities/branchoffice/", "staff__password__startswith"),
    ],
)
def test_no_list_can_be_asked_about_a_password_hash(head: Visitor, siti: Account, page: str, lookup: str) -> None:
    assert head.get(f"{page}?{lookup}=argon2").status_code == 400


# The help desk


def test_panel_says_that_nothing_is_wrong(branch: Visitor, siti: Account) -> None:
    panel = english(branch, siti)
    assert "Nothing here keeps this person out." in panel
    assert "Not locked; 3 tries are left." in panel
    assert "0 of 3 in use." in panel
    assert "Nothing has happened yet." in panel


def test_panel_tells_of_a_lock(branch: Visitor, siti: Account) -> None:
    fail_to_sign_in(siti, 2)
    assert "Not locked; 1 try is left." in english(branch, siti)
    assert "2 failures stand." in english(branch, siti)
    fail_to_sign_in(siti, 1)
    panel = english(branch, siti)
    assert any(f"Locked for {seconds} more seconds." in panel for seconds in range(170, 181))
    assert "3 failures stand." in panel
    with translation.override("en"):
        assert str(Kind.LOCKED_OUT.label) in panel


def test_panel_tells_of_state_contract_and_password(branch: Visitor, siti: Account) -> None:
    siti.set_unusable_password()
    siti.save()
    assert "No password has been chosen yet." in english(branch, siti)
    Facility.objects.update(contract_active=False)
    assert "Refused: the facility&#x27;s contract has ended." in english(branch, siti)
    Account.objects.filter(pk=siti.pk).update(state=State.WAITING)
    assert "Refused: not activated yet." in english(branch, siti)


def test_panel_lists_the_sessions(branch: Visitor, siti: Account) -> None:
    for _ in range(2):
        signed_in(siti)
    panel = english(branch, siti)
    assert "2 of 3 in use." in panel
    assert panel.count("Chrome on Windows 10, 203.0.113.7, last used") == 2
    with translation.override("en"):
        assert panel.count(str(Kind.SIGNED_IN.label)) == 2


def test_panel_of_a_form_with_errors_shows_what_is_stored(head: Visitor, siti: Account) -> None:
    response = head.save(page_of(siti), **as_typed(siti, email="salah", state=State.DEACTIVATED))
    assert response.status_code == 200
    assert not response.context["help_desk"]["refusal"]


def english(visitor: Visitor, account: Account) -> str:
    visitor.client.cookies["__Host-language"] = "en"
    return text(visitor.get(page_of(account)))


@pytest.mark.parametrize("as_action", [True, False], ids=["action", "button"])
def test_lift_the_lock(branch: Visitor, petugas: Account, siti: Account, as_action: bool) -> None:
    fail_to_sign_in(siti, 3)
    assert not signed_in(siti).is_signed_in()
    do(branch, siti, "lift_locks" if as_action else "lift-lock")
    assert events(siti, Kind.LOCK_LIFTED) == [("", petugas)]
    assert signed_in(siti).is_signed_in()


def test_lifting_no_lock_is_not_written_down(branch: Visitor, siti: Account) -> None:
    assert do(branch, siti, "lift-lock").headers["Location"] == page_of(siti)
    assert not siti.events.exists()


@pytest.mark.parametrize("as_action", [True, False], ids=["action", "button"])
def test_end_all_sessions(branch: Visitor, petugas: Account, siti: Account, budi: Account, as_action: bool) -> None:
    theirs = [signed_in(siti), signed_in(siti)]
    colleague = signed_in(budi)
    do(branch, siti, "end_sessions" if as_action else "end-sessions")
    assert [browser.is_signed_in() for browser in (*theirs, colleague)] == [False, False, True]
    assert events(siti, Kind.SESSION_ENDED) == [(SessionEndReason.BY_STAFF, petugas)] * 2


@pytest.mark.parametrize("verb", ["lift-lock", "end-sessions"])
def test_verb_is_a_post_with_a_token(branch: Visitor, siti: Account, verb: str) -> None:
    theirs = signed_in(siti)
    fail_to_sign_in(siti, 3)
    before = siti.events.count()
    assert branch.get(page_of(siti, verb)).status_code == 405
    assert branch.post(page_of(siti, verb)).status_code == 403
    assert branch.post(ACCOUNTS, {"action": verb, "_selected_action": siti.pk}).status_code == 403
    assert (siti.events.count(), theirs.is_signed_in()) == (before, True)


def do(visitor: Visitor, account: Account, verb: str) -> Any:
    """Press a verb's button, or choose it as an action (those have an underscore) in the list."""
    if "_" in verb:
        return visitor.send(ACCOUNTS, action=verb, _selected_action=account.pk)
    assert page_of(account, verb) in text(visitor.get(page_of(account)))
    return visitor.press(page_of(account, verb))


# The list


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=SITI", {"siti"}),
        ("q=10182001", {"siti", "budi"}),
        ("q=melati", {"rina"}),
        ("role__exact=head_office", {"kepala"}),
        ("state__exact=deactivated", {"budi"}),
    ],
)
def test_search_and_filters(
    head: Visitor, siti: Account, budi: Account, rina: Account, query: str, found: set[str]
) -> None:
    if "state" in query:
        Account.objects.filter(pk=budi.pk).update(state=State.DEACTIVATED)
    assert listed(head, f"{ACCOUNTS}?{query}") == found


def test_filter_by_branch(head: Visitor, siti: Account, rina: Account) -> None:
    query = f"facility__branch_office__id__exact={present(rina.facility).branch_office_id}"
    assert listed(head, f"{ACCOUNTS}?{query}") == {"rina"}


def listed(visitor: Visitor, address: str) -> set[str]:
    return {account.username for account in visitor.get(address).context["cl"].result_list}


def test_list_takes_as_many_queries_for_30_rows_as_for_3(
    clock: Clock, head: Visitor, cirebon: BranchOffice, klinik: Facility, make_account: MakeAccount
) -> None:
    def add(numbers: range) -> None:
        for number in numbers:
            make_account(f"admin{number}", "Admin", facility=klinik)
            make_account(f"staff{number}", "Staff", role=Role.BRANCH_STAFF, branch_office=cirebon)

    add(range(3))
    few = queries(head, ACCOUNTS)
    add(range(3, 30))
    assert queries(head, ACCOUNTS) == few
