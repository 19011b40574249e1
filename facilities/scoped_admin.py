"""What BPJS employees see and change in the admin: head office everything, a branch what belongs to it."""

import re
from typing import Any, Protocol, cast

from django.db.models import CharField, DateTimeField, ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest

from facilities.models import BranchOffice
from maintenance.editing.model_admin import PortalModelAdmin


class Employee(Protocol):
    """Who reads the administration, as far as its scope asks."""

    @property
    def is_head_office(self) -> bool: ...

    branch_office: BranchOffice | None
    branch_office_id: int | None


def employee(request: HttpRequest) -> Employee:
    """Return who is signed in: the administration lets only employees in."""
    return cast(Employee, request.user)


REFUSED_LOOKUPS = {*CharField().get_lookups(), *DateTimeField().get_lookups()} - {"exact", "isnull", "gte", "lt"}


class ScopedAdmin(PortalModelAdmin):
    """The admin of one model, within the reader's scope.

    Lists, pages, actions, filters, search and the choices of foreign keys all start from `get_queryset`: a row
    that it leaves out does not exist for the reader.
    """

    branch_path: str | None = None  # the lookup from the model to its branch office; None: head office only
    branch_may_change = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        if employee(request).is_head_office:
            return rows
        if self.branch_path is None or employee(request).branch_office_id is None:
            return rows.none()
        return rows.filter(**{self.branch_path: employee(request).branch_office_id})

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        allowed = employee(request).is_head_office or self.branch_path is not None
        return allowed and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may_change(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may_change(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return employee(request).is_head_office and super().has_delete_permission(request, obj)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        """Offer, and accept, only rows that the reader sees in the admin of the other model."""
        kwargs["queryset"] = self.admin_site.get_model_admin(db_field.related_model).get_queryset(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Search, without the one character that PostgreSQL does not take: autocompletion lets it pass."""
        return super().get_search_results(request, queryset, search_term.replace("\0", ""))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse what no list offers: an address could guess a password hash letter by letter, or break the query."""
        if "password" in lookup or lookup.rpartition("__")[2] in REFUSED_LOOKUPS:
            return False
        return super().lookup_allowed(lookup, value, request)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        """Take from the address only what a foreign key can be."""
        initial = super().get_changeform_initial_data(request)
        return {name: value for name, value in initial.items() if re.fullmatch("[0-9]{1,18}", str(value))}

    def _may_change(self, request: HttpRequest) -> bool:
        return employee(request).is_head_office or self.branch_may_change
