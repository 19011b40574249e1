"""Recovery after the database was away."""

from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError, connection
from django.dispatch import receiver
from psycopg.errors import ReadOnlySqlTransaction

from maintenance import knowledge

# What a database raises when it cannot work, whatever it was asked.
DATABASE_AWAY = (OperationalError, InterfaceError)


def is_the_databases(error: BaseException | None) -> bool:
    """Tell whether the database could not do what it was asked, through no fault of the asking."""
    return isinstance(error, DATABASE_AWAY) or isinstance(getattr(error, "__cause__", None), ReadOnlySqlTransaction)


def check_pool() -> None:
    """Throw the pool's dead connections away as soon as one has failed, so that nobody else meets them."""
    if pool := getattr(connection, "pool", None):
        pool.check()


@receiver(got_request_exception)
def drop_dead_connections(sender: object, **kwargs: object) -> None:
    """Check the pool after a lost connection; not while the database is known to be away, which would take long."""
    lost = connection.connection is not None and getattr(connection.connection, "closed", False)
    if lost and knowledge.current.database_away_since is None:
        check_pool()
