"""Indonesia's three time zones."""

from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _


class TimeZone(models.TextChoices):
    """The zones by the names that people use, each with its name in the IANA database."""

    WIB = "Asia/Jakarta", _("WIB (Western Indonesia Time)")
    WITA = "Asia/Makassar", _("WITA (Central Indonesia Time)")
    WIT = "Asia/Jayapura", _("WIT (Eastern Indonesia Time)")


ZONES = {zone.name: ZoneInfo(zone.value) for zone in TimeZone}
USUAL = TimeZone.WIB.name
