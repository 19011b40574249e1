"""What each role may do in the administration."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_permission_codename

from accounts.models import Account
from accounts.models.role import PERMISSIONS, Role


def test_each_permission_named_exists() -> None:
    """A name with a typing mistake would silently allow nothing."""
    existing = set()
    for model in apps.get_models():
        codes = [get_permission_codename(action, model._meta) for action in model._meta.default_permissions]
        codes += [code for code, _ in model._meta.permissions]
        existing |= {f"{model._meta.app_label}.{code}" for code in codes}
    assert set().union(*PERMISSIONS.values()) <= existing


@pytest.mark.parametrize("action", ["view", "add", "change", "delete"])
def test_the_list_names_what_the_administration_offers(action: str, kepala: Account, petugas: Account) -> None:
    offered = {
        f"{model._meta.app_label}.{get_permission_codename(action, model._meta)}" for model in admin.site._registry
    }
    for account in (kepala, petugas):
        named = {name for name in PERMISSIONS[Role(account.role)] if name.partition(".")[2].startswith(f"{action}_")}
        assert {name for name in offered if account.has_perm(name)} == named


def test_a_facility_may_do_nothing_there(siti: Account) -> None:
    assert PERMISSIONS[Role.FACILITY_ADMIN] == frozenset()
    assert not siti.has_perm("accounts.view_account")


def test_a_role_of_an_account_that_is_not_active_allows_nothing(kepala: Account) -> None:
    assert kepala.has_perm("accounts.view_account")
    kepala.state = "deactivated"
    assert not kepala.has_perm("accounts.view_account")
