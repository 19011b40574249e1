"""What the admins of all apps have in common."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ERROR_FLAG
from django.db import DataError, IntegrityError
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.translation import gettext as _

from maintenance.editing.site import Changes, RecordingSite
from maintenance.editing.versions import VersionedForm


class PortalModelAdmin(admin.ModelAdmin):
    """The admin of one model; nonsense in the address of its list is no error of ours.

    A row is saved under its lock, and only if it still is what the form showed.
    """

    form: type[ModelForm] = VersionedForm
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

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        """Return the row; one that something is sent for stays locked until that is done."""
        row = super().get_object(request, object_id, from_field)
        if row is None or request.method != "POST":
            return row
        list(type(row)._default_manager.select_for_update(no_key=True).filter(pk=row.pk).values_list("pk"))
        return super().get_object(request, object_id, from_field)

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Look again when the database has refused what somebody else made impossible at the same moment."""
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except IntegrityError:
            return super().changeform_view(request, object_id, *args, **kwargs)  # now the form sees it

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        """Say so when something that needs the row came into being at the same moment."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except IntegrityError:
            self.message_user(request, _("It is still needed: somebody else has just used it."), messages.ERROR)
            return redirect(request.path)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = super().render_change_form(request, context, *args, **kwargs)
        if getattr(context["adminform"].form, "differences", ()):
            response.status_code = 409
        return response

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write down what was done to the row, in its own transaction."""
        super().save_related(request, form, formsets, change)
        if isinstance(form, VersionedForm) and (changes := form.changes()):
            self._record(request, form.instance, "changed" if change else "created", changes)

    def log_addition(self, request: HttpRequest, object: Model, message: Any) -> None:  # type: ignore[override]
        """Leave Django's own log empty, here and below: the trail has what staff do, and nobody can change it."""

    def log_change(self, request: HttpRequest, object: Model, message: Any) -> None:  # type: ignore[override]
        pass

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:  # type: ignore[override]
        pass

    def get_urls(self) -> list[URLPattern]:
        return [url for url in super().get_urls() if not str(url.name or "").endswith("_history")]

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self._record(request, obj, "deleted", {})
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            self._record(request, row, "deleted", {})
        super().delete_queryset(request, queryset)

    def _record(self, request: HttpRequest, row: Model, action: str, changes: Changes) -> None:
        if isinstance(self.admin_site, RecordingSite):
            self.admin_site.record(request, row, action, changes)
