"""The admin of outages, which staff publish here."""

from copy import copy
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from maintenance.admin.base import BoardAdmin
from maintenance.editing.versions import VERSION
from maintenance.exceptions import Refused
from maintenance.models import Outage, OutageUpdate, Revision
from maintenance.outages import publishing
from maintenance.outages.forms import OutageForm, UpdateForm
from maintenance.outages.messages import MESSAGES

UPDATE_FIELDS = ["text", "state", "next_update_at"]


class OpenFilter(admin.SimpleListFilter):
    """Whether an outage is over."""

    title = _("state")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [("yes", _("Going on")), ("no", _("Over"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Outage]) -> QuerySet[Outage]:
        chosen = {"yes": True, "no": False}.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(ended_at__isnull=chosen)


@admin.register(Outage)
class OutageAdmin(BoardAdmin):
    """Outages: each save publishes one update, past ones stay as they are."""

    list_display = ["title", "state", "overdue", "next_update", "started_at", "ended_at", "part", "impact"]
    list_filter = [OpenFilter, "part", "impact"]
    filters = frozenset({OpenFilter.parameter_name, "part__exact", "impact__exact"})
    search_fields = ["title"]
    refused: Refused | None = None  # why what was sent could not be published just now

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        """Return the outage; nobody publishes anything of it, from the command line neither, until it is saved."""
        if request.method == "POST":
            Revision.hold()
        return super().get_object(request, object_id, from_field)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Outage]:
        return super().get_queryset(request).prefetch_related("updates")

    @admin.display(description=_("state"))
    def state(self, outage: Outage) -> str:
        newest = outage.newest
        return newest.get_state_display() if newest else ""

    @admin.display(description=_("next update"))
    def next_update(self, outage: Outage) -> datetime | None:
        newest = outage.newest
        return newest.next_update_at if newest else None

    @admin.display(description=_("overdue"))
    def overdue(self, outage: Outage) -> str:
        return gettext("overdue") if outage.is_overdue(timezone.now()) else ""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever comes too late is told so by the answer to what was sent."""
        is_open = not isinstance(obj, Outage) or obj.ended_at is None or request.method == "POST"
        return is_open and super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Outage | None = None) -> list[Any]:
        facts = ["title", "part", "impact", "started_at"]
        if obj is None:
            return [(None, {"fields": [*facts, *UPDATE_FIELDS]})]
        update = [(_("New update"), {"fields": UPDATE_FIELDS})] if self.has_change_permission(request, obj) else []
        return [(None, {"fields": [*facts, "ended_at"]}), *update]

    def get_readonly_fields(self, request: HttpRequest, obj: Outage | None = None) -> list[str]:
        return ["title", "part", "impact", "started_at", "ended_at"] if obj else []

    def get_form(
        self, request: HttpRequest, obj: Outage | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        base = UpdateForm if obj else OutageForm
        form = type(base.__name__, (base,), {"refused": self.refused})
        return super().get_form(request, obj, change, **kwargs, form=form)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Fill in a state; an address fills in nothing."""
        return {"state": OutageUpdate.State.INVESTIGATING}

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Show the form again with what is refused; nothing has been stored then."""
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except Refused as refused:
            if refused.code == "over":
                self.message_user(request, str(MESSAGES[refused.code]), messages.ERROR)
                return redirect(request.path)
            telling = copy(self)
            telling.refused = refused
            return telling.changeform_view(request, object_id, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Outage, form: ModelForm, change: bool) -> None:
        typed = {name: form.cleaned_data[name] for name in form.fields if name != VERSION}
        typed["by"] = request.user.get_username()
        if change:
            publishing.add_update(obj, **typed)
        else:
            obj.pk = publishing.open_outage(**typed).pk
