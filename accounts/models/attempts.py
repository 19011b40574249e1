"""What was tried: counters of attempts and of requests."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AttemptCounter(models.Model):
    """One counter of sign-in attempts: of a name's strangers, of a known browser, of an address.

    The key is a SHA-256; nothing typed is stored. `counters` reads and writes the rows.
    """

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.TextField(help_text="Moments in microseconds since 1970, oldest first.")
    reserved = models.TextField(help_text="Moments of the attempts that have no verdict yet.")
    streak = models.PositiveIntegerField(default=0, help_text="Failures in a row, however long ago.")
    version = models.PositiveBigIntegerField(help_text="Counts the changes: a row is only changed by compare-and-swap.")
    expires_at = models.DateTimeField(db_index=True, help_text="From then on nothing in the row counts.")

    class Meta:
        db_table = "accounts_attempts"
        verbose_name = _("attempts")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return self.key


class RequestCount(models.Model):
    """How many requests of one kind came from one address in the window that now runs.

    The key is a SHA-256. `rate_limits` reads and writes the rows.
    """

    key = models.CharField(max_length=64, primary_key=True)
    used = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True, help_text="When the window is over; from then on the row is nothing.")

    class Meta:
        verbose_name = _("request count")
        verbose_name_plural = _("request counts")

    def __str__(self) -> str:
        return self.key
