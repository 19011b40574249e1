"""The embedded mode as a new user starts it: `make run` in a fresh copy of the project."""

import csv
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from tests.support.present import present
from tests.support.servers import servers

START_SECONDS = 300  # installing the dependencies included


@dataclass
class EmbeddedSite:
    """A portal that `make run` serves, in a folder of its own."""

    folder: Path
    url: str
    printed: str

    def accounts(self) -> list[dict[str, str]]:
        with open(self.folder / "var/accounts.csv", newline="") as file:
            return list(csv.DictReader(file))

    def query(self, sql: str, *values: str) -> list[tuple]:
        """Return what the portal's own database file says."""
        with sqlite3.connect(self.folder / "var/pcare.sqlite3", timeout=20) as database:
            return database.execute(sql, values).fetchall()

    def execute(self, sql: str) -> None:
        self.query(sql)


class MakeRun:
    """`make run` in a fresh copy of the project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = servers.free_port()
        environment = {key: os.environ[key] for key in os.environ if not key.startswith(("PCARE", "DJANGO", "SECRET"))}
        self.process = subprocess.Popen(
            ["make", "run", f"PORT={self.port}", f"PYTHON={sys.executable}"],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=servers.heed_signals,
        )
        self.timer = threading.Timer(START_SECONDS, self.process.kill)
        self.timer.start()

    def wait(self) -> EmbeddedSite:
        """Read what it prints until it says where it serves."""
        printed = ""
        for line in present(self.process.stdout):
            printed += line
            if found := re.search(rf"http://127\.0\.0\.1:{self.port}/masuk/", line):
                self.timer.cancel()
                return EmbeddedSite(self.folder, found.group().removesuffix("/masuk/"), printed)
        raise AssertionError(f"make run ended before it served:\n{printed}")

    def interrupt(self) -> str:
        """Press Ctrl-C; return what it printed since it served."""
        os.killpg(self.process.pid, signal.SIGINT)
        rest, _ = self.process.communicate(timeout=60)
        return rest


def fresh_copy(folder: Path) -> Path:
    """Copy what a clone of the project would hold."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=servers.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (servers.ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(servers.ROOT / name, folder / name)
    return folder
