"""Which passwords an account has had."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account


class PasswordRecord(models.Model):
    """The hash of one of the newest passwords of an account, the current one included."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="password_records")
    password = models.CharField(_("password"), max_length=128)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("former password")
        verbose_name_plural = _("former passwords")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.account_id} {self.set_at:%Y-%m-%d}"
