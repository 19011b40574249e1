"""What accounts are for, and what each kind may do in the administration."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from maintenance.models import ENTER_WHILE_CLOSED


class Role(models.TextChoices):
    """What an account is for; each role belongs to one kind of place."""

    FACILITY_ADMIN = "facility_admin", _("Facility admin")
    BRANCH_STAFF = "branch_staff", _("Branch staff")
    HEAD_OFFICE = "head_office", _("Head office staff")


# What is not named here nobody may do.
BRANCH_STAFF_PERMISSIONS = frozenset(
    {
        *("accounts.view_account", "accounts.add_account", "accounts.change_account"),
        *("accounts.view_securityevent", "accounts.view_letter"),
        *("facilities.view_regionaloffice", "facilities.view_branchoffice"),
        *("facilities.view_facility", "facilities.add_facility", "facilities.change_facility"),
        *("maintenance.view_outage", "maintenance.view_closure", "maintenance.view_closureevent"),
    }
)
# The offices, and what concerns the whole portal.
HEAD_OFFICE_PERMISSIONS = BRANCH_STAFF_PERMISSIONS | {
    *("facilities.add_regionaloffice", "facilities.change_regionaloffice", "facilities.delete_regionaloffice"),
    *("facilities.add_branchoffice", "facilities.change_branchoffice", "facilities.delete_branchoffice"),
    "facilities.delete_facility",
    *("maintenance.add_outage", "maintenance.change_outage"),
    ENTER_WHILE_CLOSED,
}
PERMISSIONS: dict[str, frozenset[str]] = {
    Role.FACILITY_ADMIN: frozenset(),
    Role.BRANCH_STAFF: BRANCH_STAFF_PERMISSIONS,
    Role.HEAD_OFFICE: HEAD_OFFICE_PERMISSIONS,
}
