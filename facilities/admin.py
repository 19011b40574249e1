"""The admin of offices and facilities."""

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from facilities.codes import Kind, pattern_of
from facilities.models import BranchOffice, Facility, RegionalOffice
from facilities.scoped_admin import ScopedAdmin, employee


class KindFilter(admin.SimpleListFilter):
    """The kind of a facility, which its code says."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(kind.value, str(kind.label)) for kind in Kind]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Facility]) -> QuerySet[Facility]:
        chosen = next((kind for kind in Kind if kind.value == self.value()), None)
        return queryset.filter(code__regex=pattern_of(chosen)) if chosen else queryset


@admin.register(RegionalOffice)
class RegionalOfficeAdmin(ScopedAdmin):
    search_fields = ["name"]


@admin.register(BranchOffice)
class BranchOfficeAdmin(ScopedAdmin):
    branch_path = "pk"
    list_display = ["name", "regional_office", "time_zone"]
    list_select_related = ["regional_office"]
    list_filter = ["time_zone"]
    search_fields = ["name", "regional_office__name"]
    autocomplete_fields = ["regional_office"]


@admin.register(Facility)
class FacilityAdmin(ScopedAdmin):
    """Facilities; a branch takes on new ones, only head office moves one to another branch."""

    branch_path = "branch_office"
    branch_may_change = True
    list_display = ["code", "name", "kind", "regency", "branch_office", "contract_active"]
    list_select_related = ["branch_office"]
    list_filter = [
        KindFilter,
        ("branch_office", admin.RelatedOnlyFieldListFilter),
        "time_zone",
        "contract_active",
    ]
    search_fields = ["code", "name", "regency"]
    autocomplete_fields = ["branch_office"]
    fields = ["code", "name", "regency", "time_zone", "branch_office", "email", "contract_active"]

    @admin.display(description=_("kind"), ordering="code")
    def kind(self, facility: Facility) -> str:
        return str(facility.kind.label)

    def get_readonly_fields(self, request: HttpRequest, obj: Facility | None = None) -> list[str]:
        return [] if employee(request).is_head_office else ["branch_office"]

    def save_model(self, request: HttpRequest, obj: Facility, form: ModelForm, change: bool) -> None:
        own = employee(request).branch_office
        if own and not change:
            obj.branch_office = own
        super().save_model(request, obj, form, change)
