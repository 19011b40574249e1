"""A task that the database refuses, for a worker whose log is read."""

from django.db import connection

from pcare.celery import app

REFUSED = "INSERT INTO django_content_type (app_label, model) VALUES (%s, 'x'), (%s, 'x')"
GIVEN = "rahasia"


def be_refused() -> None:
    """Break a rule of a table; PostgreSQL's DETAIL has the row in it."""
    with connection.cursor() as cursor:
        cursor.execute(REFUSED, [GIVEN, GIVEN])


@app.task(name="be_refused")
def be_refused_later() -> None:
    be_refused()
