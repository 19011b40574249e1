"""Which rows of django-user-sessions are live sessions."""

from datetime import datetime

from django.db import models
from user_sessions.models import Session

ENDED = "ended:"  # what an ended session's data begins with; its reason follows
# The same as `live`, for a statement that is written out; takes the present time.
LIVE_SQL = f"expire_date > %s AND session_data NOT LIKE '{ENDED}%%'"


def live(now: datetime) -> models.QuerySet[Session]:
    """Return the sessions that are not over.

    The mark counts, not the time alone: an end that commits while a write waits for the row, or that another machine's
    clock has dated, can lie after `now`.
    """
    return Session.objects.filter(expire_date__gt=now).exclude(session_data__startswith=ENDED)
