"""Why an account cannot sign in, as the help desk reads it on the phone."""

from typing import Any

from django.utils import timezone

from accounts import policy
from accounts.authentication import counters
from accounts.clients.keys import strangers_key
from accounts.clients.origin import browser_name
from accounts.models import Account, State
from maintenance.text import times

EVENTS_SHOWN = LETTERS_SHOWN = 10


def report(account: Account) -> dict[str, Any]:
    """Return what keeps the account out of browsers it does not know, and what happened to it lately."""
    return {
        "refusal": account.refusal,
        "has_password": account.has_usable_password(),
        **_lock(account),
        "sessions": _sessions(account),
        "session_limit": policy.SESSION_LIMIT,
        "is_waiting": account.state == State.WAITING,
        "letters": account.letters.select_related("actor")[:LETTERS_SHOWN],
        "events": account.events.select_related("actor")[:EVENTS_SHOWN],
    }


def _lock(account: Account) -> dict[str, int | bool]:
    """Return what stands against browsers that have not signed in to the account before."""
    (counter,) = counters.load(strangers_key(account.username))
    tally, now = counter.tally, timezone.now()
    ends = tally.locked_until(now)
    return {
        "seconds_locked": times.seconds_until(ends, now) if ends else 0,
        "failures": len(tally.settle(now).failures),
        "tries_left": tally.tries_left(now),
        "is_barred": tally.is_barred(now),
        "streak": tally.settle(now).streak,
        "bar_threshold": policy.FAILURES_BEFORE_RESET,
    }


def _sessions(account: Account) -> list[dict[str, Any]]:
    return [
        {"browser": browser_name(row.user_agent), "address": row.ip, "last_used": row.last_activity}
        for row in account.sessions
    ]
