"""How the portal stands at one moment: well, disturbed or closed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Self

from django.utils.translation import gettext as _

from maintenance.board.board import WORST_FIRST, Board
from maintenance.board.process_state import ProcessState
from maintenance.models import Closure, Impact, Outage, OutageUpdate, Part

WELL, MAINTENANCE = "none", "maintenance"  # as Statuspage says it; disturbed is the worst impact


@dataclass(frozen=True)
class CurrentStatus:
    """What holds at `now`. A database that is away counts as an outage, unless the portal is closed anyway."""

    now: datetime
    board: Board
    closure: Closure | None
    database_away: bool

    @classmethod
    def of(cls, known: ProcessState, now: datetime) -> Self:
        closure, away_since = known.board.closed_by(now), known.database_away_since
        board = known.board
        if away_since and closure is None:
            board = replace(board, outages=(_automatic(away_since), *board.outages))
        return cls(now, board, closure, away_since is not None)

    @property
    def outages(self) -> list[Outage]:
        return self.board.open_outages(self.now)

    @property
    def planned(self) -> list[Closure]:
        return self.board.planned(self.now)

    @cached_property
    def changed_at(self) -> datetime | None:
        """Return when anything that is published last changed, by somebody's doing or by the clock."""
        moments = [self.board.since, *(update.at for outage in self.board.outages for update in outage.history)]
        for closure in self.board.closures:
            moments += [closure.changed_at, closure.starts_at, closure.ends_at]
        return max((moment for moment in moments if moment and moment <= self.now), default=None)

    @property
    def is_open(self) -> bool:
        """Whether people can sign in as far as the portal itself knows."""
        return self.closure is None and not self.database_away

    @property
    def state(self) -> str:
        return MAINTENANCE if self.closure else worst(self.outages) or WELL

    @property
    def headline(self) -> str:
        """Return the state in one sentence."""
        return {
            MAINTENANCE: _("The portal is closed for maintenance"),
            Impact.CRITICAL: _("The portal cannot be used"),
            Impact.MAJOR: _("The portal is disturbed"),
            Impact.MINOR: _("A part of the portal is disturbed"),
            WELL: _("The portal works"),
        }[self.state]


def worst(outages: Iterable[Outage]) -> Impact | None:
    """Return the worst impact among the outages, None if there are none."""
    impacts = {outage.impact for outage in outages}
    return next((impact for impact in WORST_FIRST if impact in impacts), None)


def _automatic(since: datetime) -> Outage:
    """Return the outage that nobody had to publish: the database does not answer."""
    outage = Outage(title=_("The portal is disturbed"), part=Part.EVERYTHING, impact=Impact.CRITICAL, started_at=since)
    text = _("The place where the portal's data are kept cannot be reached. Nobody can sign in now.")
    outage.history = (OutageUpdate(at=since, state=OutageUpdate.State.INVESTIGATING, text=text),)
    return outage
