"""Recovery after the database was away."""

from django.db import InterfaceError, OperationalError, connection
from psycopg.errors import ReadOnlySqlTransaction

# What a database raises when it cannot work, whatever it was asked.
DATABASE_AWAY = (OperationalError, InterfaceError)


def is_the_databases(error: BaseException | None) -> bool:
    """Tell whether the database could not do what it was asked, through no fault of the asking."""
    return isinstance(error, DATABASE_AWAY) or isinstance(getattr(error, "__cause__", None), ReadOnlySqlTransaction)


def check_pool() -> None:
    """Throw the pool's dead connections away as soon as one has failed, so that nobody else meets them."""
    if pool := getattr(connection, "pool", None):
        pool.check()
