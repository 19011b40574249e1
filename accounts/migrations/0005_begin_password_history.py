"""Give every account's present password its place in the history."""

from django.apps.registry import Apps
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX as UNUSABLE
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def record_present_passwords(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """One record for each password; none for an account without one."""
    PasswordRecord = apps.get_model("accounts", "PasswordRecord")
    accounts = apps.get_model("accounts", "Account").objects.filter(password_records__isnull=True)
    present = accounts.exclude(password__startswith=UNUSABLE).values_list("pk", "password", "password_changed_at")
    PasswordRecord.objects.bulk_create(
        (PasswordRecord(account_id=pk, password=hashed, set_at=at) for pk, hashed, at in present.iterator()),
        batch_size=1000,
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_add_letters_and_password_history")]

    operations = [migrations.RunPython(record_present_passwords, migrations.RunPython.noop)]
