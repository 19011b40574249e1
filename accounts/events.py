"""Writing security events."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from accounts.clients.origin import NOWHERE, origin
from accounts.models import Account, SecurityEvent
from accounts.requests import account_of
from facilities.models import BranchOffice, Facility, RegionalOffice

DETAIL_LENGTH = 200
Kind = SecurityEvent.Kind
CONTRACT = "contract_active"
ACCOUNT_KINDS = {"created": Kind.ACCOUNT_CREATED, "changed": Kind.ACCOUNT_CHANGED}
FACILITY_KINDS = {
    "created": Kind.FACILITY_CREATED,
    "changed": Kind.FACILITY_CHANGED,
    "deleted": Kind.FACILITY_DELETED,
}
OFFICE_KINDS = {"created": Kind.OFFICE_CREATED, "changed": Kind.OFFICE_CHANGED, "deleted": Kind.OFFICE_DELETED}
# Written out: each sign-in writes one, and the ORM would cost three times what the statement costs.
INSERT = """
    INSERT INTO accounts_securityevent
        (at, kind, detail, changes, account_id, facility_id, actor_id, address, user_agent)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""


def record(
    kind: SecurityEvent.Kind,
    request: HttpRequest | None,
    account: Account | None,
    *,
    detail: str = "",
    changes: dict[str, list[Any]] | None = None,
    facility: Facility | None = None,
    actor: Account | None = None,
) -> None:
    """Write down one thing that happened to an account, None when the user name typed is nobody's.

    `changes` are the old and the new value of each field that an employee has changed, `facility` is the one they were
    changed of. Without a request it was done from the command line.
    """
    who = [row.pk if row else None for row in (account, facility, actor)]
    at = connection.ops.adapt_datetimefield_value(timezone.now())
    place = origin(request) if request else NOWHERE
    values = json.dumps(changes, cls=DjangoJSONEncoder) if changes else None
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [at, kind, detail, values, *who, *place])


def record_saving(request: HttpRequest, row: Model, action: str, changes: dict[str, list[Any]]) -> None:
    """Write down that an account, a facility or an office was "created", "changed" or "deleted"."""
    actor = account_of(request)
    if isinstance(row, Account):
        names = ",".join(changes)[:DETAIL_LENGTH]
        record(ACCOUNT_KINDS[action], request, row, detail=names, changes=changes, actor=actor)
    elif isinstance(row, Facility):
        for kind, values in _about_facility(action, changes):
            record(kind, request, None, detail=_name(row), changes=values, facility=row, actor=actor)
    elif isinstance(row, BranchOffice | RegionalOffice):
        record(OFFICE_KINDS[action], request, None, detail=_name(row), changes=changes, actor=actor)


def _about_facility(action: str, changes: dict[str, list[Any]]) -> list[tuple[Kind, dict[str, list[Any]]]]:
    """Return the events of one saving: the end and the renewal of a contract are events of their own."""
    if action != "changed" or CONTRACT not in changes:
        return [(FACILITY_KINDS[action], changes)]
    contract = {CONTRACT: changes[CONTRACT]}
    rest = {name: values for name, values in changes.items() if name != CONTRACT}
    kind = Kind.CONTRACT_RENEWED if changes[CONTRACT][1] else Kind.CONTRACT_ENDED
    return [(kind, contract), *([(Kind.FACILITY_CHANGED, rest)] if rest else [])]


def _name(row: Model) -> str:
    return str(row)[:DETAIL_LENGTH]
