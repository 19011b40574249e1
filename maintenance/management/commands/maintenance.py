"""Closing the portal for maintenance from the command line, now or later, and opening it."""

from argparse import _SubParsersAction
from datetime import tzinfo
from typing import Any, ClassVar

from django.utils import timezone

from maintenance.board.board import Board
from maintenance.closures import planning
from maintenance.closures.planning import Outcome
from maintenance.management import closing_report as say
from maintenance.management.command_line import Report, StateCommand
from maintenance.management.parsers import number
from maintenance.text import times

UNTIL = "when it opens by itself; +2h counts from the beginning of the closing"
END = "the new end; +30m and -30m count from the present end"
MESSAGE = "why, in the words of the users: everybody reads it"


class Command(StateCommand):
    help = """\
Close the portal for maintenance, now or later, and open it again. While it is closed every page answers 503 and says
until when and why; staff who may work meanwhile can sign in. A closing with an end ends by itself: the portal opens."""
    epilog = """\
examples:
  manage.py maintenance on --until 04:00 --message "Basis data dipindahkan."
  manage.py maintenance on --in 15m --until +2h
  manage.py maintenance schedule --from "2026-11-23 22:00" --until 02:00
  manage.py maintenance extend +30m
  manage.py maintenance extend -1h
  manage.py maintenance message "Basis data dipindahkan, lebih lama dari rencana."
  manage.py maintenance off
manage.py maintenance ACTION --help says more about each.
"""
    reading: ClassVar = {"status"}

    def add_actions(self, actions: _SubParsersAction) -> None:
        on = self.add_action(actions, "on", "Close the portal now or in a few minutes.")
        on.add_argument("--until", metavar="TIME", help=f"{UNTIL}; without it, when somebody opens it")
        on.add_argument("--message", metavar="TEXT", help=MESSAGE)
        on.add_argument("--in", dest="delay", default="0m", metavar="15m", help="how long before it closes")
        self.add_action(actions, "off", "Open the portal now; what is planned stays planned.")
        schedule = self.add_action(actions, "schedule", "Plan a closing; pages announce it from 24 hours ahead.")
        schedule.add_argument("--from", dest="begin", required=True, metavar="TIME", help="when the portal closes")
        schedule.add_argument("--until", required=True, metavar="TIME", help=UNTIL)
        schedule.add_argument("--message", metavar="TEXT", help=MESSAGE)
        extend = self.add_action(actions, "extend", "Move the end of a closing, to later or earlier.")
        end = extend.add_mutually_exclusive_group(required=True)
        end.add_argument("time", nargs="?", metavar="TIME", help=END)
        end.add_argument("--until", metavar="TIME", help="the same")
        extend.add_argument("--number", type=number, metavar="N", help="a planned closing; else the present one")
        message = self.add_action(actions, "message", "Change what users read about a closing.")
        message.add_argument("text", metavar="TEXT", help=f'{MESSAGE}; "" takes the message away')
        message.add_argument("--number", type=number, metavar="N", help="which; else the present, or only planned one")
        cancel = self.add_action(actions, "cancel", "Cancel a planned closing.")
        cancel.add_argument(
            "number", nargs="?", type=number, metavar="N", help="which; not needed if only one is planned"
        )
        self.add_action(actions, "status", "Say whether the portal is open, what is planned, what was done lately.")

    def on(
        self, *, until: str | None, message: str | None, delay: str, zone: tzinfo, by: str, **options: Any
    ) -> Report:
        now = timezone.now()
        wait = times.read_duration(delay)
        starts_at = now + wait if wait else None
        ends_at = times.read(until, zone).after(starts_at or now) if until is not None else None
        return _report(planning.close(starts_at=starts_at, ends_at=ends_at, message=message, by=by))

    def off(self, *, by: str, **options: Any) -> Report:
        outcome = planning.open(by=by)
        now, board = timezone.now(), Board.load()
        was = "is open." if outcome.changed else "was open already; nothing was changed."
        return _report(outcome, [f"The portal {was}", *say.planned(board, now)])

    def schedule(self, *, begin: str, until: str, message: str | None, zone: tzinfo, by: str, **options: Any) -> Report:
        starts_at = times.read(begin, zone).after(timezone.now())
        ends_at = times.read(until, zone).after(starts_at)
        return _report(planning.schedule(starts_at=starts_at, ends_at=ends_at, message=message, by=by))

    def extend(
        self, *, time: str | None, until: str | None, number: int | None, zone: tzinfo, by: str, **options: Any
    ) -> Report:
        end = times.read(until or time or "", zone, signs="+-")
        return _report(planning.extend(end, number=number, by=by))

    def message(self, *, text: str, number: int | None, by: str, **options: Any) -> Report:
        return _report(planning.reword(text, number=number, by=by))

    def cancel(self, *, number: int | None, by: str, **options: Any) -> Report:
        outcome = planning.cancel(number, by=by)
        if outcome.closure is None:
            return _report(outcome, ["No closing is planned; there is nothing to cancel."])
        done = "is cancelled" if outcome.changed else "was cancelled already; nothing was changed"
        return _report(outcome, [f"Closing {say.in_one_line(outcome.closure)} {done}."])

    def status(self, **options: Any) -> Report:
        now, board = timezone.now(), Board.load()
        present = board.closed_by(now)
        facts = {
            "closure": say.facts(present),
            **say.state_facts(board, now),
            "open_outages": [outage.pk for outage in board.open_outages(now)],
            "events": say.event_facts(),
        }
        return Report([*say.state(board, now), *say.open_outages(board, now), *say.events()], facts)


def _report(outcome: Outcome, lines: list[str] | None = None) -> Report:
    """Return the answer to a change; without lines of its own it tells of the closing."""
    now, board = timezone.now(), Board.load()
    if lines is None:
        unchanged = [] if outcome.changed else ["It was so already; nothing was changed."]
        told = say.closing(outcome.closure, now) if outcome.closure else []
        lines = [*told, *unchanged]
    return Report(lines, {"closure": say.facts(outcome.closure), **say.state_facts(board, now)}, outcome.changed)
