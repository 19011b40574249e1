"""Which parts that the portal needs are away."""

import time

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from maintenance import knowledge

PATIENCE = 0.4  # seconds
ASKED_EVERY = 2.0  # seconds

_broker_asked_at, _broker_is_away = float("-inf"), False


def away() -> list[str]:
    """Return the names of the parts that do not answer: "database", "broker"."""
    names = ["database"] if knowledge.current.database_away_since else []
    return [*names, "broker"] if broker_is_away() else names


def broker_is_away() -> bool:
    """Tell whether Redis does not answer; it is asked every ASKED_EVERY seconds at most."""
    global _broker_asked_at, _broker_is_away
    if time.monotonic() > _broker_asked_at + ASKED_EVERY:
        _broker_asked_at = time.monotonic()
        _broker_is_away = settings.CELERY_BROKER_URL.startswith("redis") and not _broker_answers()
    return _broker_is_away


def _broker_answers() -> bool:
    once = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "retry": Retry(NoBackoff(), 0)}
    url = settings.CELERY_BROKER_URL
    if url.startswith("redis+socket://"):  # as Celery calls it
        url = url.replace("redis+socket://", "unix://").partition("?")[0]
    try:
        with redis.Redis.from_url(url, **once) as broker:
            return bool(broker.ping())
    except (redis.RedisError, OSError):
        return False
