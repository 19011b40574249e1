"""The commands about the portal's state, as operators and programs use them."""

import json
import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.support.servers.servers import ROOT, heed_signals


def database_url(server: str | None = None) -> str:
    """Return the address of the tests' database, by way of another server if one is given."""
    address, _, _ = (server or os.environ["DATABASE_URL"]).rpartition("/")
    return f"{address}/{connection.settings_dict['NAME']}"


def start(*words: str, **env: str) -> subprocess.Popen:
    """Start manage.py with these words, on the tests' database unless `env` says otherwise."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url(), **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_signals,
    )


def typed(*words: str, **env: str) -> tuple[int, str, str]:
    """Run manage.py; return its exit code, stdout and stderr."""
    process = start(*words, **env)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def answer(*words: str) -> str:
    """Return what the command answers, run in this process."""
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def facts(*words: str) -> dict[str, Any]:
    """Return what the command answers to a program."""
    return json.loads(answer(*words, "--json"))


def failure(*words: str) -> dict[str, Any]:
    """Return what a program is told by a command that ends with exit 1."""
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(*words, "--json", stdout=out)
    assert caught.value.returncode == 1
    return json.loads(out.getvalue())


def refusal(*words: str) -> str:
    """Return why the command refuses: exit 1, nothing on stdout."""
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(*words, stdout=out)
    assert caught.value.returncode == 1
    assert out.getvalue() == ""
    return str(caught.value)


def assert_one_sentence(result: tuple[int, str, str], *words: str, code: int = 1) -> None:
    """Check that the command failed with one sentence on stderr, and nothing on stdout."""
    returncode, out, err = result
    assert (returncode, out) == (code, "")
    assert len(err.splitlines()) == 1, err
    for word in words:
        assert word in err
