"""The app of accounts."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from accounts import checks, receivers  # noqa: F401

        # Admission writes last_login itself: that statement is its lock.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
