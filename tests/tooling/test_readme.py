"""What the README says is true."""

import re
from datetime import timedelta

from accounts import policy
from tests.support.servers.servers import ROOT

UNITS = {"minutes": "minutes", "hours": "hours", "days": "days"}


def rows() -> list[tuple[str, str]]:
    """Return value and name of each row of the table of rules."""
    return re.findall(r"^\| [^|]+ \| ([^|]+) \| `([A-Z_]+)` \|$", (ROOT / "README.md").read_text(), re.MULTILINE)


def test_table_of_rules_is_the_code() -> None:
    for value, name in rows():
        number, *unit = value.split()
        rule = getattr(policy, name)
        if isinstance(rule, timedelta):
            assert rule == timedelta(**{UNITS[unit[0]]: int(number)}), name
        else:
            assert rule == int(number), name


def test_table_has_every_rule() -> None:
    # How the rules are kept, not rules themselves.
    inner = {"RESERVATION_LIFE", "VERDICT_WAIT", "USERNAME_SHAPE"}
    inner |= {"LETTER_LEASE", "LETTER_FIRST_WAIT", "LETTER_LONGEST_WAIT"}
    assert {name for _, name in rows()} == {name for name in vars(policy) if name.isupper()} - inner
