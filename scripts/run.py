"""Run the portal on this machine: database, demonstration accounts, web server, periodic work."""

import contextlib
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
PAGE = "/masuk/"
LETTERS = "/surat-uji/"
STATUS = "/status/"
OPEN, CLOSED = 200, 503
START_SECONDS = 60
STOP_SECONDS = 10
SWEEP_SECONDS = 600
TICK_SECONDS = 0.1
OUTPUT_LINES = 12
# What points at production; the embedded run must never touch it.
REAL_MODE = ("DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE")
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class RunError(Exception):
    """What failed and what to do, in one sentence."""


class Stopped(Exception):
    """The run was asked to end."""


def read_port(text: str) -> int:
    """Return the port, or raise for what is no port."""
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise RunError(f"{text!r} is not a port: give a number from 1 to 65535, for example make run PORT=9000")


def check_free(port: int) -> None:
    """Raise when the port cannot be used."""
    with socket.socket() as probe:
        # As gunicorn does: connections of a run that just ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise RunError(f"Port {port} needs more rights: try make run PORT=9000") from None
        except OSError:
            other = 9000 if port != 9000 else 9001
            raise RunError(f"Port {port} is already in use: try make run PORT={other}") from None


def child_environment(port: int) -> dict[str, str]:
    """Return the caller's environment, fixed to the embedded mode."""
    env = {name: value for name, value in os.environ.items() if name not in REAL_MODE}
    env.update(
        PCARE_MODE="embedded",
        DJANGO_SETTINGS_MODULE="pcare.settings",
        PYTHONUNBUFFERED="1",
        WEB_BIND=f"{HOST}:{port}",
    )
    env.setdefault("WEB_WORKERS", "1")
    return env


def child_preparation() -> Callable[[], None]:
    """Return what a child does before it becomes its program."""
    # Found before the fork: nothing may be loaded between fork and exec.
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
    set_death_signal = 1

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
        # Ends the child even when this process is killed.
        if prctl:
            prctl(set_death_signal, signal.SIGTERM)

    return prepare


@contextlib.contextmanager
def signals_wait() -> Iterator[None]:
    """Hold back the ending signals, so that no child is started without being noted."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)


class Children:
    """The processes of this run; none outlives it."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self.running: list[subprocess.Popen] = []

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen:
        """Start the environment's Python with these arguments."""
        self.running = [old for old in self.running if old.poll() is None]
        with signals_wait():
            # A session of its own: Ctrl-C reaches this process only, which then stops them in order.
            child = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=child_preparation(),
                **options,
            )
            self.running.append(child)
        return child

    def stop(self) -> None:
        """End all of them: gently, then by force, with whatever they started."""
        for child in self.running:
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.running:
            try:
                child.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass
            kill_group(child.pid)
            child.wait()


def kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def migrate(children: Children) -> None:
    """Bring the database up to date; silent unless it fails."""
    child = children.start(
        "manage.py", "migrate", "--no-input", "-v", "0", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output = child.communicate()[0].decode(errors="replace")
    if child.returncode != 0:
        print("\n".join(output.strip().splitlines()[-OUTPUT_LINES:]), file=sys.stderr)
        raise RunError("The database could not be prepared (manage.py migrate): see above.")


def show_demo(children: Children) -> None:
    """Make the demonstration accounts and print their table."""
    if children.start("manage.py", "demo").wait() != 0:
        raise RunError("The demonstration accounts could not be made (manage.py demo): see above.")


def status_of(port: int) -> int | None:
    """Return the status of the sign-in page, or None while nobody answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", PAGE)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def wait_until_up(server: subprocess.Popen, port: int) -> int:
    """Return the status of the sign-in page when it answers: it may have been closed before this start."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RunError(f"The web server ended at the start (exit code {server.returncode}): see above.")
        status = status_of(port)
        if status in (OPEN, CLOSED):
            return status
        if status is not None:
            raise RunError(f"The sign-in page answers with status {status}: see above.")
        time.sleep(TICK_SECONDS)
    raise RunError(f"The web server did not answer within {START_SECONDS} seconds.")


def watch(server: subprocess.Popen, children: Children) -> None:
    """Sweep now and every ten minutes, until the web server ends."""
    sweep, next_sweep = None, time.monotonic()
    while server.poll() is None:
        idle = sweep is None or sweep.poll() is not None
        if idle and time.monotonic() >= next_sweep:
            sweep = children.start("manage.py", "sweep", stdout=subprocess.DEVNULL)
            next_sweep = time.monotonic() + SWEEP_SECONDS
        time.sleep(TICK_SECONDS)
    raise RunError(f"The web server ended by itself (exit code {server.returncode}).")


def serve(port: int, children: Children) -> None:
    """Do everything in order; returns only by an exception."""
    migrate(children)
    show_demo(children)
    server = children.start("-m", "gunicorn", "-c", "gunicorn.conf.py")
    status = wait_until_up(server, port)
    print(f"\nThe portal runs at http://{HOST}:{port}{PAGE} (Ctrl-C stops)")
    if status == CLOSED:
        print(f"It is closed for maintenance, or disturbed: http://{HOST}:{port}{STATUS} says which")
    print(f"Letters are read at http://{HOST}:{port}{LETTERS}", flush=True)
    watch(server, children)


def stop_on_signals() -> None:
    """Let Ctrl-C, SIGTERM and a closed terminal end the run in order."""

    def stop(signum: int, frame: FrameType | None) -> None:
        ignore_signals()
        raise Stopped

    for name in ENDINGS:
        # nohup has the portal outlive its terminal.
        if name != signal.SIGHUP or signal.getsignal(name) != signal.SIG_IGN:
            signal.signal(name, stop)


def ignore_signals() -> None:
    """Let nothing, such as a second Ctrl-C, interrupt the stopping."""
    for name in ENDINGS:
        signal.signal(name, signal.SIG_IGN)


def run(port_text: str) -> int:
    """Run until told to stop; return the exit code."""
    stop_on_signals()
    children = None
    try:
        port = read_port(port_text)
        check_free(port)
        children = Children(child_environment(port))
        serve(port, children)
    except RunError as error:
        ignore_signals()
        print(error, file=sys.stderr)
        return 1
    except Stopped:
        print("\nStopping ...", flush=True)
    finally:
        if children:
            children.stop()
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", "8000")))
