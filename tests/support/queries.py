"""Counting what a page asks the database."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.support.visitor import Visitor


def queries(visitor: Visitor, address: str) -> int:
    """Return how many queries a page takes; with the clock held, as the use is noted with each minute."""
    with CaptureQueriesContext(connection) as captured:
        assert visitor.get(address).status_code == 200
    return len(captured)
