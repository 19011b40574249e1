"""The portal's Celery application with one task more, which fails; only a worker imports it."""

from pcare.celery import app
from tests.support.refusals import be_refused

app.task(name="be_refused")(be_refused)
