"""The tests' environment: real servers, and Django set up as a real site's would be."""

import contextlib
import os
import secrets
import tempfile

import django
import pytest
from django.conf import settings

from tests.support import distribution
from tests.support.date import moving
from tests.support.servers import servers

STACK = contextlib.ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Start the database and the broker; where tests are run, let Django read its settings."""
    moving.begin()
    if not settings.configured:
        os.environ["DATABASE_URL"] = STACK.enter_context(servers.database()).url
        os.environ["REDIS_URL"] = STACK.enter_context(servers.broker()).url
    config.pluginmanager.register(distribution)
    # With several processes the first one only hands the tests out.
    if config.getoption("dist", "no") == "no":
        set_up_django()
        config.pluginmanager.import_plugin("tests.support.clock")
        config.pluginmanager.import_plugin("tests.support.fixtures")


def set_up_django() -> None:
    """Let Django read its settings, with what this process does not share."""
    if settings.configured:
        return
    os.environ.update(
        DJANGO_SETTINGS_MODULE="pcare.settings",
        PCARE_MODE="real",
        SECRET_KEY=secrets.token_urlsafe(64),
        ALLOWED_HOSTS="portal.test,127.0.0.1",
        SITE_URL="https://portal.test",
        EMAIL_HOST="127.0.0.1",
        EMAIL_SECURITY="none",
        EMAIL_FROM="PCare <pcare@portal.test>",
        REDIS_URL=distribution.own_database(os.environ["REDIS_URL"]),
        BOARD_FILE=f"{STACK.enter_context(tempfile.TemporaryDirectory(prefix='pcare-board-'))}/board.json",
        STATIC_ROOT=STACK.enter_context(tempfile.TemporaryDirectory(prefix="pcare-static-")),
    )
    django.setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    STACK.close()
