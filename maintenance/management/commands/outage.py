"""Publishing outages (gangguan) from the command line: opening one, telling more, ending it."""

from argparse import _SubParsersAction
from datetime import tzinfo
from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone, translation
from django.utils.translation import gettext

from maintenance.exceptions import Refused
from maintenance.management import outage_report as say
from maintenance.management.command_line import Report, StateCommand
from maintenance.management.parsers import number
from maintenance.management.wording import BEGIN
from maintenance.models import Impact, Outage, OutageUpdate, Part
from maintenance.outages import publishing
from maintenance.text import times

State = OutageUpdate.State
TEXT = "what is known, in the words of the users: everybody reads it"
DEFAULT = "default: %(default)s"
GOING_ON = [state for state in State.values if state != State.RESOLVED]


class Command(StateCommand):
    help = """\
Publish what is disturbed: every page and the status page show it until it is closed. Each outage has a number and a
history of updates. A promised next update that does not come is shown as overdue."""
    epilog = """\
examples:
  manage.py outage open "Masuk lambat" --text "Sedang diperiksa." --part sign_in --since -30m --next +1h
  manage.py outage update --text "Penyebabnya ditemukan." --state identified
  manage.py outage close 7
manage.py outage ACTION --help says more about each.
"""
    reading: ClassVar = {"list"}

    def add_actions(self, actions: _SubParsersAction) -> None:
        opened = self.add_action(actions, "open", "Publish an outage.")
        opened.add_argument("title", metavar="TITLE", help="in the words of the users")
        opened.add_argument("--part", choices=Part.values, default=Part.EVERYTHING, help=f"what it hits; {DEFAULT}")
        opened.add_argument("--impact", choices=Impact.values, default=Impact.MAJOR, help=f"how bad it is; {DEFAULT}")
        opened.add_argument("--since", metavar="TIME", help="-30m, or 02:00 for the last time it was so; default: now")
        _add_update(opened, GOING_ON, "default: investigating")
        updated = self.add_action(actions, "update", "Publish what is known now.")
        _add_number(updated)
        _add_update(updated, State.values, "resolved ends it; default: as before")
        closed = self.add_action(actions, "close", "Publish that it is over.")
        _add_number(closed)
        closed.add_argument("--text", metavar="TEXT", help=f"{TEXT}; without it, that it is over")
        self.add_action(actions, "list", "Show the open outages with their history.")

    def open(
        self, *, title: str, part: str, impact: str, since: str | None, zone: tzinfo, by: str, **options: Any
    ) -> Report:
        started_at = times.read(since, zone, signs="-").before(timezone.now()) if since is not None else None
        update = _update(zone, **options)
        try:
            opened = publishing.open_outage(
                title=title, part=part, impact=impact, started_at=started_at, by=by, **update
            )
        except publishing.AlreadyOpen as refused:
            return Report([say.said_already(refused.outage)], {"outage": say.facts(refused.outage, timezone.now())})
        return _report(opened)

    def update(self, *, number: int | None, zone: tzinfo, by: str, **options: Any) -> Report:
        outage = _numbered(number) or _only_open()
        if outage is None:
            raise Refused("none_open")
        publishing.add_update(outage, by=by, **_update(zone, **options))
        return _report(outage)

    def close(self, *, number: int | None, text: str | None, by: str, **options: Any) -> Report:
        outage = _numbered(number) or _only_open()
        if outage is None:
            return Report([f"No outage is open, there is nothing to close; {BEGIN}."], {"outage": None})
        if outage.ended_at:
            return _report(outage, changed=False)
        publishing.close_outage(outage, text=_over() if text is None else text, by=by)
        return _report(outage)

    def list(self, **options: Any) -> Report:
        now, found = timezone.now(), _open()
        lines = [line for outage in found for line in say.outage(outage, now)]
        return Report(lines or ["Nothing is disturbed."], {"outages": [say.facts(outage, now) for outage in found]})


def _add_number(parser: CommandParser) -> None:
    parser.add_argument("number", nargs="?", type=number, metavar="NUMBER", help="which, if several are open")


def _add_update(parser: CommandParser, states: list[str], more: str) -> None:
    parser.add_argument("--text", required=True, metavar="TEXT", help=TEXT)
    parser.add_argument("--state", choices=states, help=f"how far it is; {more}")
    parser.add_argument(
        "--next", metavar="TIME", help="when users may expect to hear more; default: nothing is promised"
    )


def _update(zone: tzinfo, *, text: str, state: str | None, next: str | None, **options: Any) -> dict[str, Any]:
    """Return what both a new outage and an update say."""
    next_update_at = times.read(next, zone).after(timezone.now()) if next is not None else None
    return {"text": text, "next_update_at": next_update_at} | ({"state": state} if state else {})


def _over() -> str:
    """Return that it is over, in the language of the users: they read it, not who types the command."""
    with translation.override(settings.LANGUAGE_CODE):
        return gettext("The outage is over.")


def _open() -> list[Outage]:
    return [*Outage.objects.filter(ended_at=None)]


def _numbered(number: int | None) -> Outage | None:
    """Return the outage with this number, None if none was typed. Raises Refused."""
    if number is None:
        return None
    outage = Outage.objects.filter(pk=number).first()
    if outage is None:
        raise Refused("unknown_number", what="outage", number=number)
    return outage


def _only_open() -> Outage | None:
    """Return the outage that is open, None if none is. Raises Refused when there are several."""
    found = _open()
    if len(found) > 1:
        raise Refused("several", outages=found)
    return found[0] if found else None


def _report(outage: Outage, changed: bool = True) -> Report:
    """Return the answer to a change."""
    outage.refresh_from_db()
    now = timezone.now()
    lines = say.outage(outage, now) + ([] if changed else ["It was over already; nothing was changed."])
    return Report(lines, {"outage": say.facts(outage, now)}, changed)
