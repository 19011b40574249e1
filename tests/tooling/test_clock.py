"""No test depends on the day it runs on: the clock is held in one place, before anything is made."""

import ast
import os
import subprocess
import sys
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from django.utils import timezone

from accounts.models import Account
from maintenance.text.zones import ZONES
from tests.support.board.commands import typed
from tests.support.board.sites import HEADERS
from tests.support.clock import Clock
from tests.support.servers.servers import ROOT
from tests.support.visitor import Visitor

FEBRUARY_29 = datetime(2028, 2, 29, 23, 59, tzinfo=ZONES["WIT"])
HOLDERS = {"time_machine", "freezegun"}
ONLY_PLACES = {"tests/support/clock.py", "tests/support/date/moving.py", "tests/support/date/sitecustomize.py"}
FOR_SUPPORT = "tests.support.clock.stopped"
# They read the clock, the hours or the day in each way that the portal does.
EXAMPLES = [
    "tests/accounts/clients/test_rate_limits.py::test_both_sides_of_the_end_of_a_window",
    "tests/accounts/passwords/test_links.py::test_activation_link_lives_three_days",
    "tests/accounts/sessions/test_sessions.py::test_idle_end",
    "tests/accounts/signin/test_statements.py::test_pages_cost_the_same_with_many_rows",
    "tests/maintenance/admin/test_outage_admin.py::test_outage_is_added_with_what_is_known_first",
    "tests/maintenance/status/test_days.py",
    "tests/maintenance/status/test_feed.py",
    "tests/maintenance/text/test_times.py",
    f"{Path(__file__).relative_to(ROOT)}::test_processes_that_tests_start_go_by_the_clock_of_the_tests",
]


def held_by_hand(source: str, is_support: bool = False) -> list[int]:
    """Return the lines that get hold of the clock without the fixture."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        if any(name.partition(".")[0] in HOLDERS or (name == FOR_SUPPORT and not is_support) for name in names):
            lines.append(node.lineno)
    return lines


def test_only_the_fixture_holds_the_clock() -> None:
    found = {}
    for path in (ROOT / "tests").rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        if name not in ONLY_PLACES:
            found[name] = held_by_hand(path.read_text(), is_support=name.startswith("tests/support/"))
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert held_by_hand((ROOT / "tests/support/clock.py").read_text()), "the check sees it"


@pytest.mark.parametrize(
    "source",
    [
        "import time_machine\n@time_machine.travel('2026-11-23 03:00:30+00:00', tick=False)\ndef test_it(): pass",
        "import time_machine as machine\ndef test_it():\n    with machine.travel(datetime(2026, 11, 23)): pass",
        "from time_machine import travel\nMOMENT = travel(MONDAY)",
        "def test_it():\n    import freezegun",
        "from tests.support.clock import stopped",
    ],
)
def test_clock_held_by_hand_is_found(source: str) -> None:
    assert held_by_hand(source)


def test_people_are_made_once_the_clock_is_held(siti: Account, kepala: Account, clock: Clock) -> None:
    assert {siti.created_at, siti.password_changed_at, kepala.created_at} == {timezone.now()}


@pytest.mark.moment(FEBRUARY_29)
def test_moment_is_chosen_by_a_mark(visitor: Visitor, siti: Account, clock: Clock) -> None:
    assert timezone.now() == siti.created_at == FEBRUARY_29
    clock.shift(timedelta(minutes=1))
    assert timezone.localtime(timezone=ZONES["WIT"]).month == 3


def test_processes_that_tests_start_go_by_the_clock_of_the_tests(site: str) -> None:
    served = parsedate_to_datetime(httpx.get(f"{site}/healthz", headers=HEADERS).headers["Date"])
    printed = typed("shell", "-v", "0", "-c", "from django.utils import timezone; print(timezone.now())")[1]
    for moment in (served, datetime.fromisoformat(printed.strip())):
        assert abs(timezone.now() - moment) < timedelta(minutes=2)


def test_another_day_and_another_time_zone_change_nothing() -> None:
    """The last evening of a February with 29 days, and the first morning of March in Jayapura."""
    # Nothing of this run's own settings: the other one starts its own servers.
    env = {"PATH": os.environ.get("PATH", os.defpath), "TEST_DATE": "2032-02-29T16:30", "TZ": "Asia/Jayapura"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *EXAMPLES]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
