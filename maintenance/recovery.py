"""Recovery after the database was away."""

from django.core.signals import got_request_exception
from django.db import connection
from django.dispatch import receiver


@receiver(got_request_exception)
def drop_dead_connections(sender: object, **kwargs: object) -> None:
    """Throw the pool's dead connections away as soon as one has failed, so that no other request meets them."""
    lost = connection.connection is not None and getattr(connection.connection, "closed", False)
    if lost and getattr(connection, "pool", None):
        connection.pool.check()
