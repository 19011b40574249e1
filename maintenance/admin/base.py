"""What the admins of closings and outages have in common."""

from django.db.models import Model
from django.http import HttpRequest

from maintenance.editing.model_admin import PortalModelAdmin


class BoardAdmin(PortalModelAdmin):
    """A list of what is published about the portal; nothing of it can be deleted."""

    actions = None
    filters: frozenset[str] = frozenset()  # what the list's address may ask for

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow what the list offers."""
        return lookup in self.filters and super().lookup_allowed(lookup, value, request)
