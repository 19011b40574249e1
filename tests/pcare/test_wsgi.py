"""The WSGI application: importing it starts nothing."""

import subprocess
import sys

from tests.support.servers.servers import ROOT

NAMES = "import threading, pcare.wsgi; print([thread.name for thread in threading.enumerate()])"


def test_importing_it_starts_no_thread() -> None:
    """A server that imports before it forks would share it, a tool that only looks would wait for a database."""
    done = subprocess.run([sys.executable, "-c", NAMES], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['MainThread']"
