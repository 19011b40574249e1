"""Settings: nonsense stops the start with one sentence; wiring that must not be forgotten is checked."""

import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from tests.support.servers.servers import ROOT

GOOD = {
    "PCARE_MODE": "real",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "portal.test",
    "DATABASE_URL": "postgresql://user:password@127.0.0.1:5432/name",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "SITE_URL": "https://portal.test",
    "EMAIL_HOST": "mail.test",
    "EMAIL_SECURITY": "starttls",
    "EMAIL_FROM": "PCare <pcare@portal.test>",
}


def start(**changes: str | None) -> subprocess.CompletedProcess:
    """Let Django read the settings in a process of its own."""
    wanted = {**GOOD, **changes}
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("DJANGO") and name not in GOOD
    }
    environment |= {name: value for name, value in wanted.items() if value is not None}
    command = [sys.executable, "-c", "from pcare import settings; print(settings.SECRET_KEY)"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_good_environment_starts() -> None:
    assert start().returncode == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": None}, "Set SECRET_KEY"),
        ({"SECRET_KEY": ""}, "Set SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "a" * 80}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "django-insecure-" + secrets.token_urlsafe(64)}, "SECRET_KEY is weak"),
        ({"ALLOWED_HOSTS": None}, "Set ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "'*' is refused"),
        ({"DATABASE_URL": None}, "Set DATABASE_URL"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL must be postgresql://"),
        ({"DATABASE_URL": "postgresql://[x"}, "DATABASE_URL must be postgresql://"),
        ({"REDIS_URL": None}, "Set REDIS_URL"),
        ({"SITE_URL": None}, "Set SITE_URL"),
        ({"SITE_URL": "http://portal.test"}, "SITE_URL must be https://"),
        ({"SITE_URL": "https://other.test"}, "SITE_URL must be https://"),
        ({"SITE_URL": "https://portal.test/path"}, "SITE_URL must be https://"),
        ({"SITE_URL": "https://x@portal.test"}, "SITE_URL must be https://"),
        ({"SITE_URL": "https://.portal.test", "ALLOWED_HOSTS": ".portal.test"}, "SITE_URL must be https://"),
        ({"EMAIL_HOST": None}, "Set EMAIL_HOST"),
        ({"EMAIL_HOST": "smtp://mail.test"}, "EMAIL_HOST must be the name of a machine"),
        ({"EMAIL_HOST": "mail.test:587"}, "EMAIL_HOST must be the name of a machine"),
        ({"REDIS_URL": "nonsense"}, "REDIS_URL must be redis://"),
        ({"EMAIL_FROM": "a@b.id, c@d.id"}, "EMAIL_FROM must be an e-mail address"),
        ({"EMAIL_FROM": "PCare <p@x.id> junk"}, "EMAIL_FROM must be an e-mail address"),
        ({"EMAIL_FROM": "PCare\nBcc: <p@x.id>"}, "EMAIL_FROM must be an e-mail address"),
        ({"EMAIL_PORT": "smtp"}, "EMAIL_PORT must be a whole number"),
        ({"EMAIL_SECURITY": "ssl3"}, "EMAIL_SECURITY must be one of"),
        ({"EMAIL_FROM": None}, "Set EMAIL_FROM"),
        ({"EMAIL_FROM": "PCare"}, "EMAIL_FROM must be an e-mail address"),
        ({"PCARE_MODE": "production"}, "PCARE_MODE must be one of"),
        ({"PCARE_MODE": None}, "DATABASE_URL is set, but the embedded mode does not use it"),
        ({"TRUSTED_PROXIES": "many"}, "TRUSTED_PROXIES must be a whole number"),
        ({"WEB_THREADS": "0"}, "WEB_THREADS must be a whole number from 1"),
        ({"SECRET_KEY": None, "SECRET_KEY_FILE": "/nowhere/at/all"}, "SECRET_KEY_FILE must be a readable file"),
    ],
)
def test_nonsense_stops_the_start(changes: dict[str, str | None], sentence: str) -> None:
    result = start(**changes)
    assert result.returncode != 0
    assert sentence in result.stderr.splitlines()[-1]


def test_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k3y-" + GOOD["SECRET_KEY"] + "\n")
    result = start(SECRET_KEY=None, SECRET_KEY_FILE=str(tmp_path / "key"))
    assert result.stdout.strip() == "k3y-" + GOOD["SECRET_KEY"]


@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [
        ("AUTHENTICATION_BACKENDS", ["accounts.authentication.backends.PasswordBackend"], "accounts.E001"),
        ("AXES_ENABLED", False, "accounts.E001"),
        ("AXES_HANDLER", "axes.handlers.database.AxesDatabaseHandler", "accounts.E001"),
        ("SESSION_ENGINE", "django.contrib.sessions.backends.db", "accounts.E002"),
        ("PASSWORD_HASHERS", ["django.contrib.auth.hashers.PBKDF2PasswordHasher"], "accounts.E003"),
    ],
)
def test_forgotten_wiring_is_an_error(settings: Any, setting: str, value: object, code: str) -> None:
    setattr(settings, setting, value)
    assert code in {message.id for message in run_checks(tags=["security"])}


def test_the_portal_as_it_is_has_no_errors_or_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)  # the tests' own, for Playwright
    assert [message for message in run_checks(include_deployment_checks=True) if not message.is_silenced()] == []
