"""Which parts that the portal needs are away."""

import time

from django.conf import settings
from kombu import Connection

from maintenance.board import process_state

PATIENCE = 0.4  # seconds
ASKED_EVERY = 2.0  # seconds
LOOKED_WITHIN = 15.0  # seconds

_broker_asked_at, _broker_is_away = float("-inf"), False


def away() -> list[str]:
    """Return the names of the parts that do not answer.

    "watcher" is this process's own thread: without it a closing would not be noticed.
    """
    looked_at = process_state.looked_at
    names = {
        "database": process_state.current.database_away_since is not None,
        "watcher": looked_at is None or time.monotonic() > looked_at + LOOKED_WITHIN,
        "broker": broker_is_away(),
    }
    return [name for name, is_away in names.items() if is_away]


def broker_is_away() -> bool:
    """Tell whether Redis does not answer; it is asked every ASKED_EVERY seconds at most."""
    global _broker_asked_at, _broker_is_away
    if time.monotonic() > _broker_asked_at + ASKED_EVERY:
        _broker_asked_at = time.monotonic()
        _broker_is_away = settings.CELERY_BROKER_URL.startswith("redis") and not _broker_answers()
    return _broker_is_away


def _broker_answers() -> bool:
    """Ask it as Celery would: whatever Celery understands of its address is understood here."""
    patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    try:
        with Connection(settings.CELERY_BROKER_URL, transport_options=patience) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, interval_max=0)
    except Exception:  # each transport has its own
        return False
    return True
