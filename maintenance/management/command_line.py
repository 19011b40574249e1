"""What the commands about the portal's state share: what they answer, and how they end."""

import json
import os
import platform
import pwd
import sys
from argparse import _SubParsersAction
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import TextIOWrapper
from typing import Any, ClassVar, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.utils import timezone

from maintenance.board.propagation import Propagation
from maintenance.exceptions import Refused
from maintenance.management import wording
from maintenance.management.parsers import ENDINGS, TIMES, ActionParser, HelpFormatter
from maintenance.management.storing import Failed, store, wait_until_taken_over
from maintenance.models import Revision
from maintenance.text import times
from maintenance.text.zones import USUAL


@dataclass(frozen=True)
class Report:
    """What a command answers: sentences for people, facts for programs; whether anything was changed."""

    lines: list[str]
    facts: dict[str, Any]
    changed: bool = False


class StateCommand(BaseCommand):
    """A command whose actions are its methods: each returns a Report and is told who asks, and the zone of times."""

    requires_system_checks = []  # closing the portal must work whatever else is wrong with it
    epilog = ""
    reading: ClassVar[set[str]] = set()  # the actions that change nothing

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        shown = {"formatter_class": HelpFormatter, "epilog": f"{self.epilog}\n{TIMES}\n{ENDINGS}"}
        self.parser = super().create_parser(prog_name, subcommand, **shown, **kwargs)
        return self.parser

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_actions(parser.add_subparsers(dest="action", metavar="ACTION", parser_class=ActionParser))

    def add_actions(self, actions: _SubParsersAction) -> None:
        raise NotImplementedError

    def add_action(self, actions: _SubParsersAction, name: str, help: str) -> CommandParser:
        """Add an action with the options that all have."""
        parser = actions.add_parser(
            name, help=help, description=help, epilog=f"{TIMES}\n{ENDINGS}", formatter_class=HelpFormatter
        )
        parser.add_argument("--zone", default=USUAL, help="WIB, WITA or WIT: the zone of clock times without one")
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")
        parser.add_argument("--no-wait", action="store_true", help="do not wait for the web processes")
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(
                errors="backslashreplace"
            )  # a terminal without “ is no reason to fail after the change
        super().run_from_argv(argv)

    @no_translations
    def handle(self, *, action: str | None, **options: Any) -> None:
        if action is None:
            self.parser.print_help(sys.stderr)
            sys.exit(2)
        facts: dict[str, Any] = {}
        try:
            report, revision = store(partial(self._do, action, options), reads_only=action in self.reading)
            facts |= {"action": action, "changed": report.changed, **report.facts, "taken_over": None}
            taken = wait_until_taken_over(revision) if report.changed and not options["no_wait"] else None
        except (Refused, Failed) as error:
            self._end(error, facts, options["json"])
        self._answer(report, facts, taken, options["json"])

    def _do(self, action: str, options: dict[str, Any]) -> tuple[Report, int]:
        zone = times.zone_named(options["zone"])
        report = getattr(self, action)(**options | {"zone": zone, "by": who()})
        return report, Revision.hold().number if report.changed else 0

    def _answer(self, report: Report, facts: dict[str, Any], taken: Propagation | None, as_json: bool) -> None:
        lines = report.lines
        if taken:
            seconds = round(taken.seconds, 1)
            late = [one.name for one in taken.late]
            facts["taken_over"] = {"processes": taken.processes, "seconds": seconds, "late": late}
            lines = [*lines, f"Taken over by {_processes(taken.processes)} within {seconds} s."]
        self.stdout.write(json.dumps(facts) if as_json else "\n".join(lines))
        if taken and taken.late:
            self.stderr.write(_warning(taken))

    def _end(self, error: Refused | Failed, facts: dict[str, Any], as_json: bool) -> NoReturn:
        said = error.sentence if isinstance(error, Failed) else wording.sentence(error)
        if as_json:
            self.stdout.write(json.dumps(facts | {"error": {"code": error.code, "message": said}}))
        raise CommandError(said, returncode=getattr(error, "returncode", 1)) from error


def who() -> str:
    """Return the user of the operating system at this machine: budi@web1, through sudo budi (root)@web1."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"uid {uid}"
    asked_by = os.environ.get("SUDO_USER", name)
    return f"{asked_by if asked_by == name else f'{asked_by} ({name})'}@{platform.node()}"


def iso(moment: datetime | None) -> str | None:
    return timezone.localtime(moment).isoformat() if moment else None


def _warning(taken: Propagation) -> str:
    late = ", ".join(f"{one.name} (last seen {one.unseen.total_seconds():.0f} s ago)" for one in taken.late)
    return f"{_processes(len(taken.late))} seen lately did not take it over within {taken.seconds:.0f} s: {late}."


def _processes(count: int) -> str:
    return "1 web process" if count == 1 else f"{count} web processes"
