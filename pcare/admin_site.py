"""The admin site of BPJS staff, entered through the portal's own sign-in page."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from accounts import events
from accounts.requests import portal_request
from accounts.signin import views
from maintenance.editing.site import Changes, RecordingSite


class PortalAdminSite(RecordingSite):
    site_title = _("PCare accounts")
    site_header = _("PCare accounts and facilities")
    index_title = _("Offices, facilities, accounts")

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send strangers to the sign-in page; tell a facility's people that this is not theirs."""
        next_url = request.GET.get("next") or reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(next_url)
        if not self.has_permission(request):
            raise PermissionDenied
        return redirect("admin:index")

    def logout(  # type: ignore[override]  # Django's answers with a page of its own
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Sign out as everywhere on this site."""
        return views.logout(portal_request(request))

    def record(self, request: HttpRequest, row: Model, action: str, changes: Changes) -> None:
        events.record_saving(request, row, action, changes)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Leave out what this site has no use for: Django's page for a new password knows nothing of its rules."""
        unused = {"password_change", "password_change_done", "view_on_site"}
        return [url for url in super().get_urls() if getattr(url, "name", None) not in unused]
