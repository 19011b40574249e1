"""The work that Celery does: what time has made superfluous is swept away, never by a request."""

from celery import shared_task

from accounts import sweeping


@shared_task
def sweep() -> dict[str, int]:
    """Sweep; return how many rows of each kind went."""
    return sweeping.sweep()
