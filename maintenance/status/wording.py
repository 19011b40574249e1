"""Lengths of time and days of the past in words."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from maintenance.status.days import UNKNOWN, Day


def in_words(length: timedelta) -> str:
    """Return the length in its two greatest units, rounded down: "2 days 3 hours", "42 minutes"."""
    minutes = int(length.total_seconds()) // 60
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        minutes = 0
    units = [
        ngettext("%d day", "%d days", days) % days if days else "",
        ngettext("%d hour", "%d hours", hours) % hours if hours else "",
        ngettext("%d minute", "%d minutes", minutes) % minutes if minutes else "",
    ]
    return " ".join(filter(None, units)) or _("less than a minute")


def day_in_words(day: Day) -> str:
    """Return what the day was like: "disturbed for 42 minutes, closed for 2 hours"."""
    if not day.is_affected:
        return _("nothing is known of this day") if day.state == UNKNOWN else _("nothing happened")
    disturbed = _("disturbed for %s") % in_words(day.disturbed) if day.outages else ""
    closed = _("closed for maintenance for %s") % in_words(day.closed) if day.closures else ""
    return ", ".join(filter(None, [disturbed, closed]))


def days_in_words(days: Sequence[Day]) -> str:
    """Return how many of the days were disturbed, and on how many there was maintenance."""
    disturbed, closed = sum(bool(day.outages) for day in days), sum(bool(day.closures) for day in days)
    counts = {
        "days": len(days),
        "disturbed": ngettext("%d day with outages", "%d days with outages", disturbed) % disturbed,
        "closed": ngettext("%d day with maintenance", "%d days with maintenance", closed) % closed,
    }
    if disturbed and closed:
        return _("In the last %(days)d days: %(disturbed)s, %(closed)s.") % counts
    if disturbed:
        return _("In the last %(days)d days: %(disturbed)s, none with maintenance.") % counts
    if closed:
        return _("In the last %(days)d days: no outage, %(closed)s.") % counts
    return _("In the last %(days)d days: no outage, no maintenance.") % counts
