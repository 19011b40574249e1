"""The admin of closings, which operators make on the command line and staff read here."""

from django.contrib import admin

from maintenance.admin.base import BoardAdmin
from maintenance.models import Closure, ClosureEvent


@admin.register(Closure)
class ClosureAdmin(BoardAdmin):
    """Closings; operators make them on the command line."""

    is_read_only = True
    list_display = ["starts_at", "ends_at", "message", "cancelled_at", "changed_at"]


@admin.register(ClosureEvent)
class ClosureEventAdmin(BoardAdmin):
    """Who has closed the portal, when, why."""

    is_read_only = True
    list_display = ["at", "closure", "kind", "by", "starts_at", "ends_at", "message"]
    list_select_related = ["closure"]
    list_filter = ["kind"]
    filters = frozenset({"kind__exact"})
