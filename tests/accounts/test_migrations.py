"""A database of a release before goes on working."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts import tasks
from accounts.authentication.counters import EPOCH, MICROSECOND
from accounts.clients.keys import strangers_key
from accounts.models import Account, AttemptCounter, Letter, SecurityEvent
from tests.support.fixtures import PASSWORD, signed_in
from tests.support.visitor import Visitor, text

# The last migrations of 0.1.0.
RELEASED = {"accounts": "0005", "facilities": "0001", "maintenance": "0003"}
ATTEMPTS = """INSERT INTO accounts_attempts (key, failures, reserved, streak, version, expires_at)
    VALUES (%s, %s, '', 3, 1, %s)"""
EVENT = """INSERT INTO accounts_securityevent (at, kind, detail, account_id, user_agent)
    VALUES (%s, 'closed', '', %s, '')"""
LETTER = """INSERT INTO accounts_letter
    (kind, "to", asked_at, state, reason, answer, attempts, not_before, link_end, refusals, account_id, user_agent)
    VALUES ('closed', 'siti@example.id', %s, 'sent', '', '', 1, %s, '', 0, %s, '')"""


def test_the_models_say_what_the_migrations_make(db: None) -> None:
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_what_stood_there_still_counts(siti: Account, budi: Account) -> None:
    """A lock, a session, the letter and the event of a barred name, written as the release before wrote them."""
    [known] = signed_in(siti)
    now = timezone.now()
    failures = " ".join([str((now - EPOCH) // MICROSECOND)] * 3)
    try:
        for app, name in RELEASED.items():
            call_command("migrate", app, name, verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute(ATTEMPTS, [strangers_key("budi"), failures, now + timedelta(minutes=20)])
            cursor.execute(EVENT, [now, siti.pk])
            cursor.execute(LETTER, [now, now, siti.pk])
    finally:
        call_command("migrate", verbosity=0)
    assert Visitor().sign_in("budi", PASSWORD).status_code == 429
    assert AttemptCounter.objects.get(pk=strangers_key("budi")).streak == 3
    assert known.is_signed_in()
    assert SecurityEvent.objects.filter(kind=SecurityEvent.Kind.BARRED).count() == 1
    assert Letter.objects.get().kind == Letter.Kind.BARRED
    assert "Ditutup bagi browser yang belum dikenal" in text(known.get("/akun/aktivitas/"))
    assert tasks.sweep()["attempts deleted"] == 0
