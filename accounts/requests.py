"""What the portal adds to Django's request."""

from typing import TYPE_CHECKING, cast

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import Account

if TYPE_CHECKING:
    from accounts.authentication.attempt import Attempt
    from accounts.sessions.store import SessionStore


class PortalRequest(HttpRequest):
    """A request as the portal's middleware and its lockout leave it."""

    user: Account | AnonymousUser
    session: "SessionStore"
    attempt: "Attempt"  # of the password that came with this request
    forgets_session: bool  # the answer takes the cookie of a dead session away


class SignedInRequest(PortalRequest):
    """A request of an account: LoginRequiredMiddleware lets nobody else reach the view."""

    user: Account


def portal_request(request: HttpRequest) -> PortalRequest:
    """Return the request as what it is, where a signature of Django's hides it."""
    return cast(PortalRequest, request)


def account_of(request: HttpRequest) -> Account:
    """Return who is signed in. Raises PermissionDenied when nobody is."""
    if not isinstance(request.user, Account):
        raise PermissionDenied
    return request.user
