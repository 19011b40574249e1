"""The work that Celery does after the answer."""

from celery import shared_task

from accounts import delivery, sweeping


@shared_task
def deliver(letter_id: int) -> None:
    """Send one letter, unless it has left or another worker has it."""
    delivery.deliver(letter_id)


@shared_task
def deliver_due() -> int:
    """Send the letters that wait: those the broker never heard of, and those to be tried again; return how many."""
    return delivery.deliver_due()


@shared_task
def sweep() -> dict[str, int]:
    """Sweep away what time has made superfluous, which no request ever does; return how many rows of each kind."""
    return sweeping.sweep()
