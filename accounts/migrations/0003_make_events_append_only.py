"""Let the database itself refuse to change or delete a security event."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

MESSAGE = "security events are append-only"

POSTGRESQL = [
    f"""
    CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$
    """,
    """
    CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON accounts_securityevent
    FOR EACH ROW EXECUTE FUNCTION refuse_event_change()
    """,
]
SQLITE = [
    f"""
    CREATE TRIGGER events_append_only_{verb.lower()} BEFORE {verb} ON accounts_securityevent
    BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END
    """
    for verb in ("UPDATE", "DELETE")
]
UNDO_POSTGRESQL = [
    "DROP TRIGGER events_append_only ON accounts_securityevent",
    "DROP FUNCTION refuse_event_change",
]
UNDO_SQLITE = ["DROP TRIGGER events_append_only_update", "DROP TRIGGER events_append_only_delete"]


def refuse_changes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    statements = POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE
    for statement in statements:
        schema_editor.execute(statement)


def allow_changes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    statements = UNDO_POSTGRESQL if schema_editor.connection.vendor == "postgresql" else UNDO_SQLITE
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_index_captcha_expiration")]

    operations = [migrations.RunPython(refuse_changes, allow_changes)]
