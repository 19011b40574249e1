"""Starts the servers, measures every figure, prints one table; the exit code is 1 when a target is missed."""

import argparse
import contextlib
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator

import django
from django.core.management import call_command
from django.utils.module_loading import import_string

from benchmarks.figure import BenchmarkError, Figure, table
from tests.support.servers.servers import PostgreSQL, ServerError, Valkey

# Dotted, because what they import needs Django to be set up.
QUICK = [
    "benchmarks.exact_limits.figures",
    "benchmarks.statements.figures",
]
FULL = [
    *QUICK,
    "benchmarks.sign_in_cost.figures",
    "benchmarks.growth.figures",
    "benchmarks.clean_up.figures",
    "benchmarks.page_weight.figures",
    "benchmarks.closing.figures",
]
INTERRUPTED = 130


@contextlib.contextmanager
def servers() -> Iterator[PostgreSQL]:
    """Run a PostgreSQL and a Valkey of our own, whatever the environment names, with Django set up for them."""
    with PostgreSQL() as postgres, Valkey() as valkey, tempfile.TemporaryDirectory(prefix="pcare-") as folder:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="pcare.settings",
            PCARE_MODE="real",
            SECRET_KEY=secrets.token_urlsafe(64),
            ALLOWED_HOSTS="portal.test,127.0.0.1",
            SITE_URL="https://portal.test",
            EMAIL_HOST="127.0.0.1",
            EMAIL_FROM="pcare@portal.test",
            DATABASE_URL=postgres.url,
            REDIS_URL=valkey.url,
            STATIC_ROOT=f"{folder}/static",
            BOARD_FILE=f"{folder}/board.json",
        )
        django.setup()
        call_command("collectstatic", interactive=False, verbosity=0)
        yield postgres


def measure(names: list[str]) -> list[Figure]:
    measured = []
    with servers() as postgres:
        for name in names:
            started = time.monotonic()
            measured += import_string(name)(postgres)
            print(f"{name.split('.')[1]}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return measured


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only the counts: exact limits and SQL statements")
    parser.add_argument("--only", metavar="NAME", help="one group of figures, for example growth")
    options = parser.parse_args()
    names = QUICK if options.quick else FULL
    figures = measure([name for name in names if options.only in (None, name.split(".")[1])])
    print(table(figures))
    return int(any(figure.holds is False for figure in figures))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except (BenchmarkError, ServerError) as error:
        sys.exit(str(error))
