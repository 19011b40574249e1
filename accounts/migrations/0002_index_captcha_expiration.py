"""Index what the sweep of captchas asks for: the package's table has no index on it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("captcha", "0002_alter_captchastore_id")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX captcha_expiration ON captcha_captchastore (expiration)",
            "DROP INDEX captcha_expiration",
        )
    ]
