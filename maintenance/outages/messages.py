"""Why what staff type about an outage is refused, in words."""

from django.utils.translation import gettext_lazy as _

MESSAGES = {
    "already_open": _("Outage %(number)d already says so."),
    "begins_over": _("An outage cannot begin as over."),
    "over": _("This outage is already over."),
    "no_title": _("Give the outage a title."),
    "title_too_long": _("The title has more than %(limit)d characters."),
    "no_text": _("Say what is known."),
    "text_too_long": _("The text has more than %(limit)d characters."),
    "unknown_part": _("There is no such part. Parts: %(choices)s."),
    "unknown_impact": _("There is no such impact. Impacts: %(choices)s."),
    "unknown_state": _("There is no such state. States: %(choices)s."),
    "start_ahead": _("An outage cannot begin in the future."),
    "start_too_old": _("An outage cannot have begun more than %(days)d days ago."),
    "next_update_after_end": _("An outage that is over gets no next update."),
    "next_update_past": _("The next update cannot be in the past."),
    "next_update_too_far": _("Promise the next update within %(days)d days."),
}
