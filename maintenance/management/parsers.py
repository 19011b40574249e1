"""How the commands about the portal's state are typed, and the help that says so."""

import re
from argparse import ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser, DjangoHelpFormatter

from maintenance.text.zones import USUAL

TIMES = f"""\
times:
  02:00                  the next time that a clock shows it, in the zone of --zone ({USUAL})
  "02:00 WITA"           the same in a zone of Indonesia: WIB, WITA or WIT
  "2026-11-23 02:00"     on that day
  +30m +2h +1h30m +1d    so much later
  -30m -2h -1h30m -1d    so much earlier: for extend and --since
Moments are shown in all three zones, whatever was typed.
"""
ENDINGS = """\
exit codes:
  0    done, or there was nothing to do: saying it twice is harmless
  1    refused or failed; a sentence on stderr says why
  2    typed in a way that the command does not know
  130  stopped with Ctrl-C
After a change the command waits up to 5 s until the web processes have taken it over.
"""


class HelpFormatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Keeps the lines of what stands before and after the options."""


class ActionParser(CommandParser):
    """Takes what begins with a minus and a digit for a value: extend -1h, --since -30m."""

    def parse_known_args(  # type: ignore[override]  # typeshed has overloads for each kind of namespace
        self, args: Sequence[str] = (), namespace: Any = None
    ) -> tuple[Namespace, list[str]]:
        # With a space in front it is no option; whoever reads the value takes the space off.
        values = [f" {arg}" if re.match("-[0-9]", arg) else arg for arg in args]
        return super().parse_known_args(values, namespace)


def number(typed: str) -> int:
    """Read the number of a closing or an outage: 7 or #7."""
    digits = typed.strip().removeprefix("#")
    if not re.fullmatch("[0-9]{1,18}", digits):
        raise ArgumentTypeError(f"{typed.strip()!r} is no number such as 7")
    return int(digits)
