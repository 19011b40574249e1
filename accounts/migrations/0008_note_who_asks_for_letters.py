"""Letters say whether a known browser has asked for them: it is not refused because of strangers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_write_down_what_staff_change"),
    ]

    operations = [
        migrations.AddField(
            model_name="letter",
            name="from_known_browser",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Whether it was asked for in a browser that has signed in before.",
            ),
        ),
    ]
