from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def begin(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Note since when the portal writes down its closings and outages."""
    apps.get_model("maintenance", "Revision").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("maintenance", "0001_publish_closings_and_outages")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
