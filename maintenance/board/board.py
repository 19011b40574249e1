"""The board: all that is published about the portal, held in memory, and what it says at a moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.core import serializers
from django.core.serializers.base import DeserializationError
from django.db.models import DateTimeField, Model, Q
from django.utils import timezone

from maintenance.models import Closure, Impact, Outage, OutageUpdate, Revision

ANNOUNCED_BEFORE = timedelta(hours=24)
IMMINENT_BEFORE = timedelta(minutes=10)
DAYS_SHOWN = 90
REMEMBERED = timedelta(days=DAYS_SHOWN + 2)
WORST_FIRST = (Impact.CRITICAL, Impact.MAJOR, Impact.MINOR)


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
        if not (isinstance(revision, Revision) and all(map(_is_whole, rows))):
            raise DeserializationError("it is of another shape")
        return cls.of(rows, revision)

    def closed_by(self, now: datetime) -> Closure | None:
        """Return the closing that holds now, None while the portal is open."""
        for closure in self.pending:
            if closure.is_on(now):
                return closure
        return None

    def closed_between(self, start: datetime, end: datetime) -> timedelta:
        """Return for how long the portal was closed between the two."""
        spans = [(max(one.starts_at, start), min(one.ends_at or end, end)) for one in self.closures]
        return sum((last - first for first, last in spans if first < last), timedelta())

    def announced(self, now: datetime) -> Closure | None:
        """Return the next closing that pages announce, None if there is none within ANNOUNCED_BEFORE."""
        ahead = [closure for closure in self.planned(now) if closure.starts_at <= now + ANNOUNCED_BEFORE]
        return ahead[0] if ahead else None

    def planned(self, now: datetime) -> list[Closure]:
        """Return the closings to come, the next one first."""
        return sorted((one for one in self.pending if one.is_ahead(now)), key=lambda one: one.starts_at)

    def open_outages(self, now: datetime) -> list[Outage]:
        """Return what is disturbed now, the worst first."""
        outages = [outage for outage in self.outages if outage.is_open(now)]
        return sorted(outages, key=lambda outage: WORST_FIRST.index(outage.impact))

    def next_change(self, now: datetime) -> datetime | None:
        """Return when something else holds although nobody changes anything, None if that is never."""
        moments: list[datetime | None] = []
        for closure in self.pending:
            begin = closure.starts_at
            moments += [begin - ANNOUNCED_BEFORE, begin - IMMINENT_BEFORE, begin, closure.ends_at]
        moments += [outage.newest.next_update_at for outage in self.open_outages(now) if outage.newest]
        return min((moment for moment in moments if moment and moment > now), default=None)


def _is_whole(row: Model) -> bool:
    """Tell whether all moments of a row are there, each with its zone."""
    fields = [field for field in row._meta.fields if isinstance(field, DateTimeField)]
    moments = [(getattr(row, field.attname), field.null) for field in fields]
    return all(may_lack if moment is None else timezone.is_aware(moment) for moment, may_lack in moments)
