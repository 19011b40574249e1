"""What a database refuses, saying the row that it was given."""

from django.db import connection

REFUSED = "INSERT INTO django_content_type (app_label, model) VALUES (%s, 'x'), (%s, 'x')"
GIVEN = "rahasia"


def be_refused() -> None:
    """Break a rule of a table; PostgreSQL's DETAIL has the row in it."""
    with connection.cursor() as cursor:
        cursor.execute(REFUSED, [GIVEN, GIVEN])
