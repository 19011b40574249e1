"""Doing many things at the same moment."""

import time
from collections.abc import Callable, Iterable
from threading import Barrier, Thread
from typing import Any

from django.db import connection


def at_once(actions: Iterable[Callable[[], Any]]) -> list[Any]:
    """Run each action in a thread of its own, all released together; return results, or raise what one raised."""
    actions = list(actions)
    barrier = Barrier(len(actions))
    results: list[Any] = [None] * len(actions)

    def run(number: int, action: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            results[number] = action()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


# Here, not in the databases of the run's other processes.
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def wait_for_a_lock() -> None:
    """Wait until some connection waits for a row."""
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits")
