"""Why an account cannot sign in, as the help desk reads it on the phone."""

import math
from typing import Any

from django.utils import timezone

from accounts import counters, policy
from accounts.lockout import strangers_key
from accounts.models import Account, State
from accounts.origin import browser_name

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
    ends = policy.locked_until(tally, now)
    return {
        "seconds_locked": max(1, math.ceil((ends - now).total_seconds())) if ends else 0,
        "failures": len(policy.settle(tally, now).failures),
        "tries_left": policy.tries_left(tally, now),
        "is_closed": policy.is_closed(tally, now),
        "streak": policy.settle(tally, now).streak,
        "closing": policy.FAILURES_BEFORE_RESET,
    }


def _sessions(account: Account) -> list[dict[str, Any]]:
    return [
        {"browser": browser_name(row.user_agent), "address": row.ip, "last_used": row.last_activity}
        for row in account.sessions
    ]
