"""Let the database itself refuse to change or delete what was done about closings and said about outages."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLES = ("maintenance_closureevent", "maintenance_outageupdate")
MESSAGE = "what was published is append-only"

POSTGRESQL = [
    f"""
    CREATE FUNCTION refuse_published_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$
    """,
    *(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION refuse_published_change()
        """
        for table in TABLES
    ),
]
UNDO_POSTGRESQL = [
    *(f"DROP TRIGGER {table}_append_only ON {table}" for table in TABLES),
    "DROP FUNCTION refuse_published_change",
]
SQLITE = [
    f"""
    CREATE TRIGGER {table}_append_only_{verb.lower()} BEFORE {verb} ON {table}
    BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END
    """
    for table in TABLES
    for verb in ("UPDATE", "DELETE")
]
UNDO_SQLITE = [f"DROP TRIGGER {table}_append_only_{verb}" for table in TABLES for verb in ("update", "delete")]


def refuse_changes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def allow_changes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in UNDO_POSTGRESQL if schema_editor.connection.vendor == "postgresql" else UNDO_SQLITE:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("maintenance", "0002_begin_the_board")]

    operations = [migrations.RunPython(refuse_changes, allow_changes)]
