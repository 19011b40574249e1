"""Writing security events."""

from django.http import HttpRequest

from accounts.models import Account, SecurityEvent
from accounts.origin import origin


def record(
    kind: SecurityEvent.Kind,
    request: HttpRequest,
    account: Account | None,
    *,
    detail: str = "",
    actor: Account | None = None,
) -> None:
    """Write down one thing that happened to an account, None when the user name typed is nobody's."""
    address, user_agent = origin(request)
    SecurityEvent.objects.create(
        kind=kind, account=account, actor=actor, detail=detail, address=address, user_agent=user_agent
    )
