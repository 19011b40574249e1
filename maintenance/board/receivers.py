"""What a web process does when a request has failed."""

from django.core.signals import got_request_exception
from django.db import connection
from django.dispatch import receiver

from maintenance.board import process_state
from maintenance.database.recovery import check_pool


@receiver(got_request_exception)
def drop_dead_connections(sender: object, **kwargs: object) -> None:
    """Check the pool after a lost connection; not while the database is known to be away, which would take long."""
    lost = connection.connection is not None and getattr(connection.connection, "closed", False)
    if lost and process_state.current.database_away_since is None:
        check_pool()
