"""Counting what a page asks the database."""

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from user_sessions.models import Session

from tests.support.visitor import Visitor


def queries(visitor: Visitor, address: str) -> int:
    """Return how many queries a page takes, in the minute in which its session was used last: the use is noted."""
    last_used = Session.objects.latest("last_activity").last_activity
    with time_machine.travel(last_used, tick=False), CaptureQueriesContext(connection) as captured:
        assert visitor.get(address).status_code == 200
    return len(captured)
