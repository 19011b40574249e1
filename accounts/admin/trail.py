"""The admin of what has been written down: to be read, never changed."""

from typing import cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts import policy
from accounts.clients.origin import browser_name
from accounts.models import Account, Letter, SecurityEvent
from accounts.requests import account_of
from facilities.models import Facility
from facilities.scoped_admin import ScopedAdmin

ROWS_LISTED = 1000


class NewestPaginator(Paginator):
    """Pages through the newest rows only, so that no list counts tens of millions."""

    @cached_property
    def count(self) -> int:
        return cast(QuerySet, self.object_list)[:ROWS_LISTED].count()


class TrailAdmin(ScopedAdmin):
    """A list of what happened to accounts, the newest first; a branch reads that of its facilities' accounts."""

    is_read_only = True
    branch_path = "account__facility__branch_office"
    search_fields = ["account__username"]
    search_help_text = _("A whole user name or a whole facility code. At most the newest 1,000 rows are listed.")
    sortable_by = []
    actions = None
    paginator = NewestPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    @admin.display(description=_("browser"))
    def browser(self, row: SecurityEvent | Letter) -> str:
        return browser_name(row.user_agent) if row.user_agent else ""

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Find the accounts first: from them an index leads to their newest rows."""
        if not search_term.strip():
            return queryset, False
        name = policy.normalise_username(search_term)
        accounts = Account.objects.filter(Q(username=name) | Q(facility__code=name.upper()))
        return self.found(queryset, list(accounts), name.upper()), False

    def found(self, queryset: QuerySet, accounts: list[Account], code: str) -> QuerySet:
        """Return the rows of what was searched for: accounts, and the facility with this code."""
        return queryset.filter(account__in=accounts)


@admin.register(SecurityEvent)
class SecurityEventAdmin(TrailAdmin):
    """The events."""

    list_display = ["at", "kind", "detail_text", "account", "actor", "address", "browser"]
    list_select_related = ["account", "actor"]
    list_filter = ["kind", "at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return what a branch may read: what happened to its accounts, and to its facilities."""
        office = None if account_of(request).is_head_office else account_of(request).branch_office_id
        if office is None:
            return super().get_queryset(request)
        of_accounts = Q(account__facility__branch_office=office)
        return admin.ModelAdmin.get_queryset(self, request).filter(of_accounts | Q(facility__branch_office=office))

    def found(self, queryset: QuerySet, accounts: list[Account], code: str) -> QuerySet:
        return queryset.filter(Q(account__in=accounts) | Q(facility__in=list(Facility.objects.filter(code=code))))

    @admin.display(description=_("detail"))
    def detail_text(self, event: SecurityEvent) -> str:
        return event.detail_label


@admin.register(Letter)
class LetterAdmin(TrailAdmin):
    """The letters: what was asked for, sent, not sent and why; the link in a letter exists nowhere here."""

    list_display = ["asked_at", "kind", "account", "to", "state", "reason", "actor"]
    list_select_related = ["account", "actor"]
    list_filter = ["state", "kind", "asked_at"]
    fields = [
        *["kind", "account", "to", "asked_at", "actor", "address", "browser"],
        *["state", "reason", "answer", "attempts", "not_before", "sent_at", "link_end"],
    ]
    readonly_fields = ["browser"]
