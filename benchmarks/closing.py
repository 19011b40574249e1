"""What closings cost: the check while the portal is open, the page while it is closed, the time until all know it."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from timeit import repeat

import psycopg
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from benchmarks.figure import BenchmarkError, Figure, at_most
from benchmarks.processor import seconds
from benchmarks.site import database, site
from maintenance.board import process_state
from maintenance.board.board import Board
from maintenance.gate.middleware import ClosedMiddleware
from maintenance.models import Closure, Revision
from tests.support.servers.servers import HOST, PostgreSQL, WebServer

PROCESSES = 4
TOGGLES = 6
POLLS_A_SECOND, POLL_SECONDS, POLLERS = 1000, 5, 16
CLOSE = """
    INSERT INTO maintenance_closure (starts_at, ends_at, message, changed_at)
    VALUES (now(), now() + interval '2 hours', 'Basis data dipindahkan.', now())"""
OPEN = "UPDATE maintenance_closure SET ends_at = now() WHERE ends_at > now()"
TELL = "UPDATE maintenance_revision SET number = number + 1"


def figures(postgres: PostgreSQL) -> list[Figure]:
    with database(postgres, "closing") as empty:
        with site(postgres, empty) as one:
            pages = page_figures(one.web, empty)
        with site(postgres, empty, workers=PROCESSES) as many:
            toggles = [toggle(many.web, empty, statement, status) for statement, status in TOGGLE * TOGGLES]
            tell(empty, CLOSE)
            polls = poll_figures(many.web)
    slowest = at_most(f"toggle until the last of {PROCESSES} processes, the slowest of {len(toggles)}", max(toggles), 2)
    return [check_cost(), *pages, Figure(slowest.name, f"{max(toggles):.2f} s", "at most 2 s", slowest.holds), *polls]


TOGGLE = [(CLOSE, 503), (OPEN, 200)]


def check_cost() -> Figure:
    """Measure the check on a request while nothing is closed, with a closing announced and old ones remembered."""
    now = timezone.now()
    old = [Closure(pk=n, starts_at=now - timedelta(days=n + 1), ends_at=now - timedelta(days=n)) for n in range(1, 60)]
    soon = Closure(pk=90, starts_at=now + timedelta(hours=5), ends_at=now + timedelta(hours=6))
    before = process_state.current
    process_state.learn_board(Board.of([soon, *old], Revision(number=1)))
    request, answer = HttpRequest(), HttpResponse()
    bare, checked = (lambda request: answer), ClosedMiddleware(lambda request: answer)
    try:
        cost = per_call(lambda: checked(request)) - per_call(lambda: bare(request))
    finally:
        process_state.current = before
    return at_most("the check while open, microseconds", round(cost, 2), 20)


def per_call(call: Callable[[], object], times: int = 20_000) -> float:
    """Return microseconds; the best of several runs, since whatever disturbs only adds."""
    return min(repeat(call, number=times, repeat=7)) / times * 1e6


def page_figures(web: WebServer, empty: psycopg.Connection) -> list[Figure]:
    """Compare requests a second of one process: of the sign-in page, and of the page while closed."""
    open_rate, open_cpu = rate(web, 200)
    tell(empty, CLOSE)
    wait_for(web, 503)
    closed_rate, closed_cpu = rate(web, 503)
    tell(empty, OPEN)
    wait_for(web, 200)
    ratio = closed_rate / open_rate
    shown = f"{ratio:.1f} x ({closed_rate:.0f} against {open_rate:.0f} a second)"
    return [
        Figure("closed page / sign-in page, requests a second", shown, "at least 5 x", ratio >= 5),
        Figure("the same, processor time of the web process", f"{open_cpu / closed_cpu:.1f} x less"),
    ]


def rate(web: WebServer, status: int, requests: int = 600) -> tuple[float, float]:
    """Return requests a second over one connection, and the web process's milliseconds for each."""
    with connection(web) as get:
        for _ in range(50):
            expect(get("/masuk/"), status)
        cpu, began = seconds(web), time.monotonic()
        for _ in range(requests):
            get("/masuk/")
        took, spent = time.monotonic() - began, seconds(web) - cpu
    return requests / took, spent * 1000 / requests


def toggle(web: WebServer, empty: psycopg.Connection, statement: str, status: int) -> float:
    """Return the seconds until every process answers so: until as many requests in a row that none is likely missed."""
    tell(empty, statement)
    return wait_for(web, status)


def wait_for(web: WebServer, status: int) -> float:
    """Return after how many seconds the last other answer came."""
    began = last_other = time.monotonic()
    in_a_row = 0
    while in_a_row < 12 * PROCESSES:
        with connection(web) as get:  # another one each time: any process may take it
            in_a_row = in_a_row + 1 if get("/bantuan/") == status else 0
        if not in_a_row:
            last_other = time.monotonic()
        if time.monotonic() - began > 20:
            raise BenchmarkError(f"Not every process answers {status} after 20 seconds.")
    return last_other - began


def poll_figures(web: WebServer) -> list[Figure]:
    """Ask for the status as all open pages together do while the portal is closed."""
    with ThreadPoolExecutor(POLLERS) as pollers:
        waits = [wait for found in pollers.map(poll, [web] * POLLERS) for wait in found]
    waits.sort()
    asked = f"{len(waits)} polls at {POLLS_A_SECOND} a second, median / 99 %"
    shown = f"{waits[len(waits) // 2] * 1000:.1f} / {waits[len(waits) * 99 // 100] * 1000:.1f} ms late"
    return [Figure(asked, shown)]


def poll(web: WebServer) -> list[float]:
    """Poll at an even pace; return how long after its turn each answer came, in seconds."""
    pace, waits = POLLERS / POLLS_A_SECOND, []
    with connection(web) as get:
        began = time.monotonic()
        for number in range(POLLS_A_SECOND * POLL_SECONDS // POLLERS):
            turn = began + number * pace
            time.sleep(max(0, turn - time.monotonic()))
            expect(get("/status.json"), 200)
            waits.append(time.monotonic() - turn)
    return waits


def tell(empty: psycopg.Connection, statement: str) -> None:
    with empty.transaction():
        empty.execute(statement)
        empty.execute(TELL)


def expect(status: int, expected: int) -> None:
    if status != expected:
        raise BenchmarkError(f"A page was answered {status}, not {expected}.")


@contextmanager
def connection(web: WebServer) -> Iterator[Callable[[str], int]]:
    """Give a function that asks for a page over one connection and returns the status; cheaper than any library."""
    head = "Host: portal.test\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n"
    with socket.create_connection((HOST, web.port), timeout=20) as stream, stream.makefile("rb") as answers:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def get(path: str) -> int:
            stream.sendall(f"GET {path} HTTP/1.1\r\n{head}".encode())
            status, length = int(answers.readline().split()[1]), 0
            while (line := answers.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            answers.read(length)
            return status

        yield get
