"""What the pages ask of sessions, events and forms."""

from datetime import datetime, timedelta
from types import ModuleType

from django import template
from django.forms import BaseForm, BoundField
from django.http import HttpRequest
from user_sessions.models import Session

from accounts import policy
from accounts.clients import origin
from accounts.sessions import rows

register = template.Library()

register.filter("browser_name", origin.browser_name)


@register.filter
def signed_in_at(row: Session) -> datetime:
    """Return when the session's account signed in."""
    return rows.signed_in_at(row)


@register.filter
def same_network(address: str | None, request: HttpRequest) -> bool:
    """Tell whether an address is the one that this request comes from."""
    return address is not None and address == origin.client_address(request)


@register.filter
def fields(form: BaseForm, names: str) -> list[BoundField]:
    """Return the form's fields with these names, in this order."""
    return [form[name] for name in names.split()]


@register.filter
def minutes(duration: timedelta) -> int:
    return int(duration.total_seconds() // 60)


@register.simple_tag
def rules() -> ModuleType:
    """Return the rules, so that pages say their numbers."""
    return policy
