"""The names under which tasks wait in brokers and stand in schedules."""

from django.conf import settings

from pcare.celery import app

NAMES = {"accounts.tasks.deliver", "accounts.tasks.deliver_due", "accounts.tasks.sweep"}


def test_tasks_have_the_names_that_wait_in_brokers() -> None:
    app.loader.import_default_modules()
    assert {name for name in app.tasks if not name.startswith("celery.")} == NAMES


def test_each_periodic_task_exists() -> None:
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} < NAMES
