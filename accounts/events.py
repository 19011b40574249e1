"""Writing security events."""

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from accounts.clients.origin import NOWHERE, origin
from accounts.models import Account, SecurityEvent

# Written out: each sign-in writes one, and the ORM would cost three times what the statement costs.
INSERT = """
    INSERT INTO accounts_securityevent (at, kind, detail, account_id, actor_id, address, user_agent)
    VALUES (%s, %s, %s, %s, %s, %s, %s)"""


def record(
    kind: SecurityEvent.Kind,
    request: HttpRequest | None,
    account: Account | None,
    *,
    detail: str = "",
    actor: Account | None = None,
) -> None:
    """Write down one thing that happened to an account, None when the user name typed is nobody's.

    Without a request it was done from the command line.
    """
    who = [account.pk if account else None, actor.pk if actor else None]
    at = connection.ops.adapt_datetimefield_value(timezone.now())
    place = origin(request) if request else NOWHERE
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [at, kind, detail, *who, *place])
