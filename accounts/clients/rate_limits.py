"""How many requests one client address may make: fixed windows in the database, a request is one atomic statement."""

import math
from enum import StrEnum

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import ngettext

from accounts import policy
from accounts.clients import devices
from accounts.clients.keys import address_key, counter_key
from accounts.clients.origin import client_address
from accounts.models import RequestCount
from maintenance.database import batches
from maintenance.text import times

MINUTE = 60  # seconds

TAKE = """
    INSERT INTO accounts_requestcount AS stored (key, used, ends_at) VALUES (%(key)s, 1, %(ends_at)s)
    ON CONFLICT (key) DO UPDATE SET
        used = CASE WHEN stored.ends_at <= %(now)s THEN 1 ELSE stored.used + 1 END,
        ends_at = CASE WHEN stored.ends_at <= %(now)s THEN excluded.ends_at ELSE stored.ends_at END
    WHERE stored.ends_at <= %(now)s OR stored.used < %(limit)s
    RETURNING used"""


class Kind(StrEnum):
    """What is counted: a key's part, so a value is never given another meaning."""

    CAPTCHAS = "captchas"
    RESETS = "resets"
    STRENGTH_QUESTIONS = "strength questions"


LIMITS = {
    Kind.CAPTCHAS: policy.CAPTCHAS_PER_ADDRESS,
    Kind.RESETS: policy.RESETS_PER_ADDRESS,
    Kind.STRENGTH_QUESTIONS: policy.STRENGTH_QUESTIONS_PER_ADDRESS,
}


class TooManyRequests(Exception):
    """An address has used up what it may ask for; the middleware turns this into the answer 429."""

    def __init__(self, seconds_left: int) -> None:
        super().__init__(seconds_left)
        self.seconds_left = seconds_left

    @property
    def sentence(self) -> str:
        """Why, and for how long, in the reader's language."""
        if self.seconds_left < MINUTE:
            seconds = ngettext(
                "Too many requests came from your network. You can try again in %(seconds)d second.",
                "Too many requests came from your network. You can try again in %(seconds)d seconds.",
                self.seconds_left,
            )
            return seconds % {"seconds": self.seconds_left}
        number = math.ceil(self.seconds_left / MINUTE)
        minutes = ngettext(
            "Too many requests came from your network. You can try again in %(minutes)d minute.",
            "Too many requests came from your network. You can try again in %(minutes)d minutes.",
            number,
        )
        return minutes % {"minutes": number}


def take(request: HttpRequest, kind: Kind) -> None:
    """Count one more request of the client's address; one that has no address is not limited.

    Captchas of a browser that has signed in here are counted by themselves: a flood from its network does not keep it
    out. Raises TooManyRequests when the limit is used up. Belongs before a transaction, not into one: the row would
    stay locked until the end of it.
    """
    device = devices.any_device(request) if kind == Kind.CAPTCHAS else None
    client = counter_key("device", device) if device else address_key(client_address(request))
    if client is None:
        return
    key, now = counter_key("requests", kind, client), timezone.now()
    adapt = connection.ops.adapt_datetimefield_value
    ends_at = adapt(now + policy.REQUEST_WINDOW)
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"key": key, "ends_at": ends_at, "now": adapt(now), "limit": LIMITS[kind]})
        taken = cursor.fetchone()
    if taken is None:
        ends = RequestCount.objects.filter(pk=key).values_list("ends_at", flat=True).first() or now
        raise TooManyRequests(times.seconds_until(ends, now))


def sweep() -> int:
    """Delete the windows that are over; return how many."""
    return batches.delete(RequestCount.objects.filter(ends_at__lte=timezone.now()))
