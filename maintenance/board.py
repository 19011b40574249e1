"""The board: all that is published about the portal, held in memory, and what it says at a moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.core import serializers
from django.db.models import Model, Q
from django.utils import timezone

from maintenance.models import Closure, Outage, OutageUpdate, Revision

ANNOUNCED_BEFORE = timedelta(hours=24)
IMMINENT_BEFORE = timedelta(minutes=10)
DAYS_SHOWN = 90
REMEMBERED = timedelta(days=DAYS_SHOWN + 2)


@dataclass(frozen=True, eq=False)
class Board:
    """The closings and outages as of one revision, the newest first."""

    revision: int = 0
    since: datetime | None = None
    closures: tuple[Closure, ...] = ()
    outages: tuple[Outage, ...] = ()
    pending: tuple[Closure, ...] = ()  # those that were not over when the board was read: each request looks at them

    @classmethod
    def load(cls) -> Self:
        """Read the board from the database. The revision is read first: a later change has another one."""
        revision = Revision.objects.first() or Revision()
        still = timezone.now() - REMEMBERED
        closures = Closure.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=still), cancelled_at__isnull=True)
        outages = Outage.objects.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=still)).prefetch_related("updates")
        rows = [*closures, *outages, *(update for outage in outages for update in outage.updates.all())]
        return cls.of(rows, revision)

    @classmethod
    def of(cls, rows: Iterable[Model], revision: Revision) -> Self:
        """Build a board of rows, in their order."""
        rows = list(rows)
        outages = tuple(row for row in rows if isinstance(row, Outage))
        for outage in outages:
            outage.history = tuple(row for row in rows if isinstance(row, OutageUpdate) and row.outage_id == outage.pk)
        closures = tuple(row for row in rows if isinstance(row, Closure))
        now = timezone.now()
        pending = tuple(closure for closure in closures if not closure.is_over(now))
        return cls(revision.number, revision.since, closures, outages, pending)

    def dump(self) -> str:
        """Return the board as text, for `restore`."""
        updates = [update for outage in self.outages for update in outage.history]
        revision = Revision(pk=1, number=self.revision, since=self.since or timezone.now())
        return serializers.serialize("json", [revision, *self.closures, *self.outages, *updates])

    @classmethod
    def restore(cls, text: str) -> Self:
        """Build the board from what `dump` returned. Raises DeserializationError on anything else."""
        revision, *rows = [found.object for found in serializers.deserialize("json", text)]
        return cls.of(rows, revision)

    def closed_by(self, now: datetime) -> Closure | None:
        """Return the closing that holds now, None while the portal is open."""
        for closure in self.pending:
            if closure.is_on(now):
                return closure
        return None

    def announced(self, now: datetime) -> Closure | None:
        """Return the next closing that pages announce, None if there is none within ANNOUNCED_BEFORE."""
        ahead = [closure for closure in self.planned(now) if closure.starts_at <= now + ANNOUNCED_BEFORE]
        return ahead[0] if ahead else None

    def planned(self, now: datetime) -> list[Closure]:
        """Return the closings to come, the next one first."""
        return sorted((one for one in self.pending if one.is_ahead(now)), key=lambda one: one.starts_at)

    def open_outages(self, now: datetime) -> list[Outage]:
        """Return what is disturbed now, the newest first."""
        return [outage for outage in self.outages if outage.is_open(now)]
