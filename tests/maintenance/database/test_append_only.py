"""What was done about closings and said about outages can be added and read, not changed."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from maintenance.closures import planning
from maintenance.models import ClosureEvent, OutageUpdate
from maintenance.outages import publishing


@pytest.fixture(autouse=True)
def published(db: None) -> None:
    planning.close(by="root@web1", ends_at=timezone.now() + timedelta(hours=1))
    publishing.open_outage(title="Masuk lambat", part="sign_in", impact="major", text="Diperiksa.", by="kepala")


@pytest.mark.parametrize("model", [ClosureEvent, OutageUpdate])
def test_neither_the_models_nor_the_database_change_or_delete_it(
    model: type[ClosureEvent] | type[OutageUpdate],
) -> None:
    with pytest.raises(TypeError):
        model.objects.update(by="somebody else")
    with pytest.raises(TypeError):
        model.objects.all().delete()
    table = model._meta.db_table
    for statement in (f"UPDATE {table} SET by = 'somebody else'", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert model.objects.exclude(by="somebody else").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_refusal_can_be_taken_back_and_made_again() -> None:
    change = "UPDATE maintenance_closureevent SET by = 'x'"
    call_command("migrate", "maintenance", "0002", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(change)
    call_command("migrate", "maintenance", verbosity=0)
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(change)
