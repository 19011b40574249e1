"""Other names for the model of attempts and for barred user names; no table or row changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    # The other name is told to the table of content types as well.
    dependencies = [
        ("accounts", "0005_begin_password_history"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AlterModelTable(name="Attempts", table="accounts_attempts"),
        migrations.RenameModel(old_name="Attempts", new_name="AttemptCounter"),
        migrations.AlterField(
            model_name="securityevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("signed_in", "Signed in"),
                    ("sign_in_failed", "Sign-in failed: wrong user name or password"),
                    ("locked_out", "Locked after too many failures"),
                    ("sign_in_refused", "Sign-in refused although the password was right"),
                    ("session_ended", "Session ended"),
                    ("lock_lifted", "Lock lifted by staff"),
                    ("closed", "Barred to unknown browsers after too many failures in a row"),
                    ("reset_requested", "Link for a new password asked for"),
                    ("password_reset", "New password set with a link from a letter"),
                    ("password_changed", "Password changed"),
                    ("activated", "Account activated, first password set"),
                    ("link_voided", "Link in a letter voided"),
                    ("letter_ordered", "Letter with a link ordered by staff"),
                    ("account_created", "Account created by staff"),
                    ("account_changed", "Account changed by staff"),
                ],
                max_length=20,
                verbose_name="event",
            ),
        ),
    ]
