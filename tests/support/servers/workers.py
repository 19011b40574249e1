"""The portal's work after the answer as real processes: a Celery worker, and beat."""

import os
import sys
from pathlib import Path

from celery import Celery
from kombu.exceptions import OperationalError

from tests.support.servers.servers import ROOT, Server

PING_SECONDS = 1
SOCKETS = {"socket_timeout": 2, "socket_connect_timeout": 2}


class CeleryServer(Server):
    """A process of the portal's Celery application, with the caller's environment plus `env`."""

    app = "pcare"

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        super().__init__()

    @property
    def working_folder(self) -> Path:
        return ROOT

    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.env}

    def celery(self, *arguments: str) -> list[str]:
        """Return a command of the application."""
        return [sys.executable, "-m", "celery", "-A", self.app, *arguments]


class Worker(CeleryServer):
    """A worker with its pool; end() lets it finish what it has begun, kill() takes the pool along."""

    def __init__(self, env: dict[str, str], concurrency: int = 1, pool: str = "prefork") -> None:
        """Start; `pool` "solo" works in one process, which is up sooner. Up: it answers a ping through the broker."""
        self.concurrency, self.pool = concurrency, pool
        super().__init__(env)

    @property
    def name(self) -> str:
        """Its name among all workers of the broker: the port is nobody else's, though it does not listen there."""
        return f"worker-{self.port}@tests"

    def command(self) -> list[str]:
        pool = ["-n", self.name, "--pool", self.pool, "-c", str(self.concurrency)]
        # Without the worker's talk with other workers at its start, which takes a second.
        return self.celery("worker", *pool, "--loglevel", "WARNING", "--without-gossip", "--without-mingle")

    def answers(self) -> bool:
        with Celery(broker=self.environment()["REDIS_URL"], set_as_current=False) as client:
            client.conf.broker_transport_options = SOCKETS
            try:
                return bool(client.control.ping([self.name], timeout=PING_SECONDS))
            except OperationalError:
                return False

    def pids(self) -> list[int]:
        """Return the pool's process ids; the worker replaces one that is killed."""
        return [process.pid for process in self.tree()[1:]]


class Beat(CeleryServer):
    """Beat, which sends the periodic tasks; its schedule lies in its folder and outlives kill()."""

    def command(self) -> list[str]:
        return self.celery("beat", "-s", str(self.folder / "schedule"), "--loglevel", "WARNING")

    def start(self) -> None:
        """Start, or start again with the same schedule, and wait until it has written that."""
        self.written_before = self.written()
        super().start()

    def answers(self) -> bool:
        return self.written() > self.written_before

    def written(self) -> int:
        """Return when the schedule was last written, in nanoseconds; 0 if it never was."""
        return max((path.stat().st_mtime_ns for path in self.folder.glob("schedule*")), default=0)
