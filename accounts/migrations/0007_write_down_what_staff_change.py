"""Events hold the old and the new value of what staff change, also of facilities and offices."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_name_counters_and_barred_names"),
        ("facilities", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="securityevent",
            name="changes",
            field=models.JSONField(
                help_text="The old and the new value of each field that was changed.", null=True, verbose_name="changes"
            ),
        ),
        migrations.AddField(
            model_name="securityevent",
            name="facility",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="facilities.facility",
                verbose_name="facility",
            ),
        ),
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
                    ("facility_created", "Facility created by staff"),
                    ("facility_changed", "Facility changed by staff"),
                    ("facility_deleted", "Facility deleted by staff"),
                    ("contract_ended", "Contract of a facility ended by staff"),
                    ("contract_renewed", "Contract of a facility renewed by staff"),
                    ("office_created", "Office created by staff"),
                    ("office_changed", "Office changed by staff"),
                    ("office_deleted", "Office deleted by staff"),
                ],
                max_length=20,
                verbose_name="event",
            ),
        ),
        migrations.AddIndex(
            model_name="securityevent",
            index=models.Index(
                condition=models.Q(("facility__isnull", False)),
                fields=["facility", "-id"],
                name="event_facility_newest",
            ),
        ),
    ]
