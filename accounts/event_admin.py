"""The admin of security events: to be read, never changed."""

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts import policy
from accounts.models import Account, SecurityEvent
from accounts.origin import browser_name
from facilities.scoped_admin import ScopedAdmin

EVENTS_LISTED = 1000


class NewestPaginator(Paginator):
    """Pages through the newest events only, so that no list counts tens of millions."""

    @cached_property
    def count(self) -> int:
        return self.object_list[:EVENTS_LISTED].count()


class SecurityEventAdmin(ScopedAdmin):
    """The list of events; a branch reads those of its facilities' accounts."""

    branch_path = "account__facility__branch_office"
    list_display = ["at", "kind", "detail_text", "account", "actor", "address", "browser"]
    list_select_related = ["account", "actor"]
    list_filter = ["kind", "at"]
    search_fields = ["account__username"]
    search_help_text = _("A whole user name or a whole facility code. At most the newest 1,000 events are listed.")
    sortable_by = []
    actions = None
    paginator = NewestPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    @admin.display(description=_("detail"))
    def detail_text(self, event: SecurityEvent) -> str:
        return event.detail_label

    @admin.display(description=_("browser"))
    def browser(self, event: SecurityEvent) -> str:
        return browser_name(event.user_agent)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SecurityEvent], search_term: str
    ) -> tuple[QuerySet[SecurityEvent], bool]:
        """Find the accounts first: from them an index leads to their newest events."""
        if not search_term.strip():
            return queryset, False
        name = policy.normalise_username(search_term)
        accounts = Account.objects.filter(Q(username=name) | Q(facility__code=name.upper()))
        return queryset.filter(account__in=list(accounts)), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
