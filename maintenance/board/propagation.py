"""Whether the web processes have taken a change over."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models.functions import Now

from maintenance.models import WebProcess

PATIENCE = 5.0  # seconds; web processes look every 0.75 s
PAUSE = 0.1  # seconds between two looks
# Who has not been seen for so long had ended before the change: a web process is seen every five seconds.
SEEN_WITHIN = 12.0  # seconds


@dataclass(frozen=True)
class Late:
    """A web process that has not taken the change over, and how long ago it was last seen."""

    name: str
    unseen: timedelta


@dataclass(frozen=True)
class Propagation:
    """How many web processes have the change, after how many seconds; which ones have not."""

    processes: int
    seconds: float
    late: tuple[Late, ...]


def wait_for(revision: int, patience: float = PATIENCE) -> Propagation:
    """Wait until every living web process has the revision, `patience` seconds at most."""
    began = time.monotonic()
    while True:
        waited = time.monotonic() - began
        found = _look(revision, waited)
        if (found.processes and not found.late) or waited >= patience:
            return found
        time.sleep(PAUSE)


def _look(revision: int, waited: float) -> Propagation:
    """Return how it stands. The database's clock judges: those of machines differ."""
    alive_since = Now() - timedelta(seconds=SEEN_WITHIN + waited)
    alive = list(WebProcess.objects.filter(seen_at__gt=alive_since).annotate(asked_at=Now()).order_by("name"))
    behind = [process for process in alive if process.revision < revision]
    late = tuple(Late(process.name, _since(process.seen_at, process.asked_at)) for process in behind)
    return Propagation(len(alive) - len(behind), waited, late)


def _since(seen_at: datetime, asked_at: datetime) -> timedelta:
    return max(asked_at - seen_at, timedelta())
