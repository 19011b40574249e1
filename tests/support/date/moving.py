"""A run on another day: TEST_DATE=2028-02-29 moves the clock of the tests and of each Python process they start.

The clocks go on from there. PostgreSQL, Valkey, Chromium and TLS keep the real one, and so does time.monotonic.
"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import time_machine

FOLDER = Path(__file__).parent
NAMES = ("TEST_DATE_AHEAD", "TEST_DATE_PACKAGES", "PYTHONPATH")


def begin() -> None:
    """Move the clock of this process and of those to come, unless it was moved at the start of this process."""
    if "TEST_DATE" not in os.environ or is_moved():
        return
    there = datetime.fromisoformat(os.environ["TEST_DATE"])
    ahead = (there if there.tzinfo else there.replace(tzinfo=UTC)).timestamp() - time.time()
    os.environ |= {
        "TEST_DATE_AHEAD": str(ahead),
        "TEST_DATE_PACKAGES": str(Path(time_machine.__file__).parent.parent),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(FOLDER), os.environ.get("PYTHONPATH")])),
    }
    time_machine.travel(time.time() + ahead).start()


def is_moved() -> bool:
    return "TEST_DATE_AHEAD" in os.environ


def environment() -> dict[str, str]:
    """Return what a process needs that is started without the tests' environment."""
    return {name: os.environ[name] for name in NAMES if is_moved()}
