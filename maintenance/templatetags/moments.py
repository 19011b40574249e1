"""Moments and lengths of time as pages show them."""

from datetime import datetime

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from maintenance.models import Outage
from maintenance.status import wording
from maintenance.text.zones import ZONES

register = template.Library()

register.filter("day_in_words", wording.day_in_words)
register.filter("days_in_words", wording.days_in_words)


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime, beside: datetime | None = None) -> SafeString:
    """Show weekday, date and hour in the reader's zone; the hour alone if `beside` is a moment of the same day.

    Unless the reader has chosen a zone, a script may put it into that of the reader's computer.
    """
    here = timezone.localtime(at)
    same_day = beside is not None and here.date() == timezone.localtime(beside).date()
    shown = date_format(here, "H:i T" if same_day else "l, j F Y H:i T")
    mark = SafeString("" if context.get("zone_chosen") else " data-moment")
    besides = format_html(' data-beside="{}"', beside.isoformat()) if beside else ""
    return format_html('<time datetime="{}"{}{}>{}</time>', at.isoformat(), mark, besides, shown)


@register.simple_tag(takes_context=True)
def other_zones(context: Context, at: datetime) -> SafeString:
    """Show the hour in those of Indonesia's zones that are not the reader's, with the weekday where it differs."""
    here = timezone.localtime(at)
    others = [at.astimezone(zone) for zone in ZONES.values()]
    shown = [
        date_format(there, "H:i T" if there.date() == here.date() else "l H:i T")
        for there in others
        if there.utcoffset() != here.utcoffset()
    ]
    mark = SafeString("" if context.get("zone_chosen") else format_html(' data-zones="{}"', at.isoformat()))
    return format_html('<span class="zones"{}>({})</span>', mark, ", ".join(shown))


@register.filter
def seconds_until(at: datetime) -> int:
    return max(0, round((at - timezone.now()).total_seconds()))


@register.filter
def lasted(starts_at: datetime, ends_at: datetime) -> str:
    """Return in words how much time is between the two."""
    return wording.in_words(ends_at - starts_at)


@register.filter
def overdue(outage: Outage, now: datetime) -> bool:
    return outage.is_overdue(now)
