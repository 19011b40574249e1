"""The processor time that a site's requests take, in its web process and in PostgreSQL."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.servers.servers import Server

# A server may finish its work after the answer.
REST_SECONDS = 0.03


@dataclass(frozen=True)
class Spent:
    """Milliseconds that one of a block's requests took."""

    web: float
    postgres: float

    @property
    def total(self) -> float:
        return self.web + self.postgres


def spend(web: Server, postgres: Server, work: Callable[[], object], times: int) -> Spent:
    """Do work that is so many times the same; return what each time took."""
    before = seconds(web), seconds(postgres)
    work()
    time.sleep(REST_SECONDS)
    after = seconds(web), seconds(postgres)
    return Spent(*((end - start) * 1000 / times for start, end in zip(before, after, strict=True)))


def seconds(server: Server) -> float:
    """Return what the server's present processes have taken so far."""
    total = 0.0
    for process in server.tree():
        with contextlib.suppress(psutil.NoSuchProcess, OSError):
            total += finely(process) or roughly(process)
    return total


def finely(process: psutil.Process) -> float:
    """Return the seconds its threads have run, in nanoseconds as Linux counts them; 0 on another system."""
    threads = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def roughly(process: psutil.Process) -> float:
    """Return the seconds it has run, in hundredths."""
    times = process.cpu_times()
    return times.user + times.system
