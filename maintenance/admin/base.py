"""What the admins of all apps have in common."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ERROR_FLAG
from django.db import DataError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


class PortalModelAdmin(admin.ModelAdmin):
    """The admin of one model; nonsense in the address of its list is no error of ours."""

    is_read_only = False  # its rows are shown, and nothing is done with them

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not self.is_read_only and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not self.is_read_only and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not self.is_read_only and super().has_delete_permission(request, obj)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse the one character that PostgreSQL does not take."""
        return "\0" not in value and super().lookup_allowed(lookup, value, request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Treat a value that the database cannot read as Django treats other nonsense in the address."""
        try:
            return super().changelist_view(request, extra_context)
        except (DataError, OverflowError):
            return redirect(f"{request.path}?{ERROR_FLAG}=1")


class BoardAdmin(PortalModelAdmin):
    """A list of what is published about the portal; nothing of it can be deleted."""

    actions = None
    filters: frozenset[str] = frozenset()  # what the list's address may ask for

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow what the list offers."""
        return lookup in self.filters and super().lookup_allowed(lookup, value, request)
