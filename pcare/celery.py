"""The Celery application that workers and beat run."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pcare.settings")

app = Celery("pcare")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def write_logs_as_the_web_does(**options: Any) -> None:
    """Keep Celery from putting handlers of its own in the place of ours: theirs write all that an error holds."""
    logging.config.dictConfig(settings.LOGGING)
