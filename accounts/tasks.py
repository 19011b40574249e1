"""The tasks of the app as Celery finds them; the clean-up of what time has made superfluous."""

from celery import shared_task

from accounts.authentication import counters
from accounts.captcha import challenges
from accounts.clients import rate_limits
from accounts.letters import delivery
from accounts.letters.tasks import deliver, deliver_due
from accounts.sessions import ending, store

__all__ = ["deliver", "deliver_due", "sweep"]


@shared_task
def sweep() -> dict[str, int]:
    """Write down the sessions that time has ended, delete dead rows, which no request does; return how many of each."""
    return {
        "sessions timed out": ending.sweep_timeouts(),
        "sessions deleted": store.sweep(),
        "attempts deleted": counters.sweep(),
        "captchas deleted": challenges.sweep(),
        "request counts deleted": rate_limits.sweep(),
        "letters deleted": delivery.sweep(),
    }
