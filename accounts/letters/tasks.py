"""The tasks that send letters; their names are those that wait in brokers."""

from celery import shared_task

from accounts.letters import delivery


@shared_task(name="accounts.tasks.deliver")
def deliver(letter_id: int) -> None:
    """Send one letter, unless it has left or another worker has it."""
    delivery.deliver(letter_id)


@shared_task(name="accounts.tasks.deliver_due")
def deliver_due() -> int:
    """Send the letters that wait: those the broker never heard of, and those to be tried again; return how many."""
    return delivery.deliver_due()
