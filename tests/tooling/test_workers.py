"""The tests' workers and beat start, work, survive being killed and leave nothing behind."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from celery import Celery

from tests.support.servers.servers import ROOT, ServerError, Valkey, still_running
from tests.support.servers.workers import Beat, CeleryServer, Worker

# A small application in place of the portal's: these tests are about the processes around it.
STUB = """
import os, pathlib, time
from celery import Celery

app = Celery("stub_tasks", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    beat_schedule={"note": {"task": "stub_tasks.note", "schedule": 0.2, "args": ["beat"]}},
    beat_sync_every=1,
)


@app.task
def note(text, seconds=0):
    with open(pathlib.Path(__file__).with_name("notes"), "a", buffering=1) as notes:
        notes.write(f"{text} begun {os.getpid()}\\n")
        time.sleep(seconds)
        notes.write(f"{text} done {os.getpid()}\\n")
"""


class StubWorker(Worker):
    app = "stub_tasks"


class StubBeat(Beat):
    app = "stub_tasks"


class Stub:
    """The application's folder, its broker, and what its tasks have noted."""

    def __init__(self, folder: Path, broker: Valkey) -> None:
        (folder / "stub_tasks.py").write_text(STUB)
        self.notes, self.broker = folder / "notes", broker
        self.env = {"PYTHONPATH": str(folder), "REDIS_URL": broker.url}

    def send(self, *arguments: object) -> None:
        with Celery(broker=self.broker.url, set_as_current=False) as client:
            client.send_task("stub_tasks.note", arguments)

    def noted(self, words: str) -> list[int]:
        """Return the ids of the processes that have noted this."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [int(line.rpartition(" ")[2]) for line in lines if line.startswith(words)]

    def queued(self) -> int:
        with redis.Redis.from_url(self.broker.url) as client:
            return client.llen("celery")


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Stub]:
    with Valkey() as broker:
        yield Stub(tmp_path, broker)


def wait_until(met: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("pool", ["prefork", "solo"])
def test_worker_is_up_when_it_works(stub: Stub, pool: str) -> None:
    with StubWorker(stub.env, pool=pool) as worker:
        stub.send("hello")
        wait_until(lambda: stub.noted("hello done"))
        [pid] = stub.noted("hello done")
        assert (pid == worker.process.pid) == (pool == "solo")


def test_worker_runs_the_pool_asked_for_and_replaces_a_killed_process(stub: Stub) -> None:
    with StubWorker(stub.env, concurrency=2) as worker:
        before = worker.pids()
        assert len(before) == 2
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: before[0] not in worker.pids() and len(worker.pids()) == 2)


def test_two_workers_of_one_broker_are_told_apart(stub: Stub) -> None:
    with StubWorker(stub.env, pool="solo") as one, StubWorker(stub.env, pool="solo") as other:
        one.kill()
        assert not one.answers()
        wait_until(other.answers)


def test_worker_that_ends_finishes_what_it_has_begun(stub: Stub) -> None:
    with StubWorker(stub.env) as worker:
        stub.send("slow", 1)
        wait_until(lambda: stub.noted("slow begun"))
        worker.end()
        assert stub.noted("slow done")


def test_killed_worker_finishes_nothing_and_comes_back(stub: Stub) -> None:
    with StubWorker(stub.env) as worker:
        tree = worker.tree()
        stub.send("lost", 2)
        wait_until(lambda: stub.noted("lost begun"))
        worker.kill()
        assert not still_running(tree)
        worker.start()
        stub.send("hello")
        wait_until(lambda: stub.noted("hello done"))
        assert not stub.noted("lost done")


def test_worker_without_a_broker_says_so(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.servers.servers.START_SECONDS", 3)
    stub.broker.kill()
    with pytest.raises(ServerError, match="(?s)StubWorker did not start:.*Cannot connect to redis"):
        StubWorker(stub.env, pool="solo")


def test_beat_sends_until_it_is_killed_and_again_after(stub: Stub) -> None:
    with StubBeat(stub.env) as beat:
        wait_until(lambda: stub.queued() >= 2)
        beat.kill()
        sent = stub.queued()
        time.sleep(0.6)
        assert stub.queued() == sent
        beat.start()
        wait_until(lambda: stub.queued() > sent)


@pytest.mark.parametrize("server", [StubWorker, StubBeat])
def test_they_leave_nothing(stub: Stub, tmp_path: Path, server: type[CeleryServer]) -> None:
    with server(stub.env) as running:
        tree, folder = running.tree(), running.folder
    assert not still_running(tree)
    assert not folder.exists()
    assert {path.name for path in tmp_path.iterdir()} <= {"stub_tasks.py", "__pycache__"}


@pytest.mark.parametrize("server", [Worker, Beat])
def test_the_portal_starts(server: type[CeleryServer], stub: Stub) -> None:
    """They write no file into the project: beat's schedule lies in its own folder."""
    with server({"REDIS_URL": stub.broker.url}) as running:
        assert running.answers() or server is Beat
    assert not list(ROOT.glob("celerybeat*"))
