"""Deleting many rows without one long statement."""

from django.db.models import QuerySet

BATCH = 5000


def delete(rows: QuerySet) -> int:
    """Delete the rows a batch at a time; return how many. A row that stopped matching meanwhile stays."""
    total = 0
    while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
        total += rows.filter(pk__in=keys).delete()[0]
    return total
