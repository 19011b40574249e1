"""Counters of attempts that any number of processes may change at once: load, ask, compare-and-swap."""

from collections.abc import Callable, Iterable

from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone

from accounts import policy
from accounts.models import Attempts

SWEEP_BATCH = 5000


def load(keys: Iterable[str]) -> dict[str, Attempts]:
    """Return the counters with these keys in one query; one that nobody has used yet is there too, unsaved."""
    keys = list(keys)
    return {key: Attempts(key=key) for key in keys} | Attempts.objects.in_bulk(keys)


def change(counter: Attempts, decide: Callable[[policy.Tally], policy.Tally | None]) -> bool:
    """Store what `decide` makes of the counter's tally; return False, storing nothing, if it says None.

    Whoever finds that another process has changed the counter meanwhile loads it and asks again. The counter given
    is brought up to date.
    """
    while True:
        tally = decide(counter.tally)
        if tally is None:
            return False
        if _swap(counter, tally):
            return True
        counter.__dict__.update(load([counter.key])[counter.key].__dict__)


def sweep() -> int:
    """Delete the counters of which nothing counts any more, in batches; return how many."""
    expired: QuerySet[Attempts] = Attempts.objects.filter(expires_at__lte=timezone.now())
    total = 0
    while keys := list(expired.values_list("pk", flat=True)[:SWEEP_BATCH]):
        total += expired.filter(pk__in=keys).delete()[0]
    return total


def _swap(counter: Attempts, tally: policy.Tally) -> bool:
    """Store the tally if the row is still as it was loaded; return whether it was."""
    loaded = counter.version
    counter.tally, counter.version = tally, loaded + 1
    counter.expires_at = policy.forgotten_at(tally, timezone.now())
    if counter._state.adding:
        try:
            counter.save(force_insert=True)
        except IntegrityError:
            return False
        return True
    return bool(
        Attempts.objects.filter(pk=counter.pk, version=loaded).update(
            failures=counter.failures,
            reserved=counter.reserved,
            version=counter.version,
            expires_at=counter.expires_at,
        )
    )
