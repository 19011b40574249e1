"""The portal's settings with rounds of beat that come each second, for tests of what a round does."""

from pcare.settings import *  # noqa: F403
from pcare.settings import CELERY_BEAT_SCHEDULE as PORTALS

CELERY_BEAT_SCHEDULE = {name: {**entry, "schedule": 1.0} for name, entry in PORTALS.items()}
