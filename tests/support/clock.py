"""The clock that a test holds, stopped at a moment that does not depend on the day of the run."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
import time_machine
from django.utils import timezone

from maintenance.text.zones import ZONES
from tests.support.date import moving

Clock = time_machine.Traveller
NOW = datetime(2026, 11, 23, 10, 0, 30, tzinfo=ZONES["WIB"])  # a Monday, in the middle of a minute


@pytest.fixture(autouse=True)
def clock_comes_first(request: pytest.FixtureRequest) -> None:
    """Hold the clock of a test that asks for it before anything is made: its people have not come from the future."""
    if "clock" in request.fixturenames:
        request.getfixturevalue("clock")


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> Iterator[Clock]:
    """The clock, which stands at NOW, or where a mark `moment` says, until the test shifts it."""
    marker = request.node.get_closest_marker("moment")
    with stopped(marker.args[0] if marker else usual_moment()) as clock:
        yield clock


def usual_moment() -> datetime:
    """Return NOW; in a run on another day a moment of that day, so that these tests see it too."""
    return timezone.now().replace(second=30, microsecond=0) if moving.is_moved() else NOW


@contextmanager
def stopped(moment: datetime) -> Iterator[Clock]:
    """Stop the clock for a while."""
    with time_machine.travel(moment, tick=False) as clock:
        yield clock
