"""Slow clients keep nobody else waiting: at the portal itself, and behind the proxies as the project ships them."""

import os
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPSConnection

import psutil
import pytest
from django.conf import settings
from django.db import connection

from accounts.models import Account
from pcare.serving import connection as serving
from pcare.serving import worker
from tests.support.fixtures import PASSWORD
from tests.support.servers.proxies import Caddy, Nginx, Proxy
from tests.support.servers.servers import HOST, ROOT, WebServer
from tests.support.slow_clients import HEAD, SlowClients
from tests.support.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

HEADERS = {"Host": "portal.test", "X-Forwarded-Proto": "https"}
FAST = 3.0  # seconds, on a busy machine; a page takes a hundredth of that


def start() -> WebServer:
    """Start one process with four threads."""
    address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    return WebServer({"DATABASE_URL": f"{address}/{connection.settings_dict['NAME']}"}, path="/bantuan/")


@pytest.fixture(scope="module")
def web(django_db_setup: None, static_files: None) -> Iterator[WebServer]:
    with start() as server:
        yield server


def page(connection: HTTPConnection) -> tuple[int, float]:
    """Open a page; return its status and how long it took."""
    began = time.monotonic()
    try:
        connection.request("GET", "/bantuan/", headers=HEADERS)
        status = connection.getresponse().status
    except OSError:
        status = 0
    finally:
        connection.close()
    return status, time.monotonic() - began


def assert_pages_are_fast(port: int, proxy: Proxy | None = None) -> None:
    """Let eight others open a page at once."""

    def visit(_: int) -> tuple[int, float]:
        if proxy:
            return page(HTTPSConnection(HOST, port, timeout=10, context=proxy.tls))
        return page(HTTPConnection(HOST, port, timeout=10))

    with ThreadPoolExecutor(8) as visitors:
        results = list(visitors.map(visit, range(8)))
    assert [status for status, _ in results] == [200] * 8
    assert max(seconds for _, seconds in results) < FAST


def connections(web: WebServer) -> int:
    """Return how many connections the portal's processes have with somebody in front of them."""
    open_ones = [one for pid in web.pids() for one in psutil.Process(pid).net_connections("tcp4")]
    return sum(one.laddr.port == web.port and one.status == psutil.CONN_ESTABLISHED for one in open_ones)


def exchange(port: int, *parts: bytes) -> bytes:
    """Send these, one after the other; return all that comes until the server closes."""
    with socket.create_connection((HOST, port), 10) as sock:
        for part in parts:
            sock.sendall(part)
            time.sleep(0.1)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"^HTTP/1\.1 (\d+)", answer, re.MULTILINE)]


@pytest.mark.parametrize("kind", ["heads", "bodies", "readers"])
def test_sixty_slow_clients_keep_nobody_waiting(web: WebServer, kind: str) -> None:
    with SlowClients(web.port).busy() as slow:
        getattr(slow, kind)(60)
        time.sleep(1)
        assert_pages_are_fast(web.port)


def test_clients_that_do_not_hang_up_keep_nobody_waiting(web: WebServer) -> None:
    """Their answer said that the connection ends."""
    with SlowClients(web.port).busy() as slow:
        slow.start(20, HEAD % b"GET /bantuan/" + b"Connection: close\r\n\r\n", reads=False)
        assert_pages_are_fast(web.port)


def test_more_idle_connections_than_a_process_takes_keep_nobody_waiting(web: WebServer) -> None:
    with SlowClients(web.port).busy() as slow:
        slow.start(300, b"", reads=False)
        slow.start(300, HEAD % b"GET /healthz" + b"\r\n", reads=False)
        assert_pages_are_fast(web.port)


def test_slow_requests_are_turned_away_in_time(web: WebServer) -> None:
    began = time.monotonic()
    with SlowClients(web.port).busy() as slow:
        senders = slow.heads(2) + slow.bodies(2)
        ahead = slow.start(1, HEAD % b"GET /healthz" + b"\r\nGET /masuk/ HTTP/1.1\r\n")  # the next one is slow
        [silent] = slow.start(1, b"")
        silent.send_a_byte = lambda: None  # type: ignore[method-assign]
        while any(client.ended is None for client in slow.clients) and time.monotonic() < began + 20:
            time.sleep(0.1)
        took = [(client.ended or 0) - began for client in slow.clients]
    assert all(worker.REQUEST_SECONDS - 1 < seconds < worker.REQUEST_SECONDS + 3 for seconds in took)
    assert [statuses(client.answer) for client in senders] == [[408]] * 4
    assert statuses(ahead[0].answer) == [200, 408]
    assert silent.answer == b""


def test_body_that_is_too_large_is_refused_unread(web: WebServer) -> None:
    length = serving.LARGEST_BODY + 1
    began = time.monotonic()
    answer = exchange(web.port, HEAD % b"POST /masuk/" + b"Content-Length: %d\r\n\r\n" % length, b"x" * 1000)
    assert statuses(answer) == [413]
    assert b"Connection: close" in answer
    assert time.monotonic() - began < FAST


def test_body_without_a_length_is_refused_unread(web: WebServer) -> None:
    answer = exchange(web.port, HEAD % b"POST /masuk/" + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n")
    assert statuses(answer) == [411]
    assert b"Connection: close" in answer


def test_head_that_is_too_large_is_refused(web: WebServer) -> None:
    answer = exchange(web.port, HEAD % b"GET /masuk/" + b"X-Long: " + b"x" * (serving.LARGEST_HEAD + 1))
    assert statuses(answer) == [431]


def test_client_that_asks_before_it_sends_a_body_is_told_to(web: WebServer) -> None:
    head = b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: 1\r\n\r\n"
    assert statuses(exchange(web.port, HEAD % b"POST /bantuan/" + head, b"x")) == [100, 403]


def test_requests_sent_ahead_are_answered_in_order(web: WebServer) -> None:
    requests = HEAD % b"GET /bantuan/" + b"\r\n" + HEAD % b"GET /tidak-ada/" + b"\r\n"
    requests += HEAD % b"GET /healthz" + b"Connection: close\r\n\r\n"
    cut = requests.index(b"tidak-ada")
    assert statuses(exchange(web.port, requests[:cut], requests[cut:])) == [200, 404, 200]


def test_request_that_has_begun_is_answered_by_a_process_that_stops() -> None:
    """Those who have said nothing do not hold it up."""
    with start() as web, SlowClients(web.port).busy() as slow:
        slow.start(3, b"", reads=False)
        slow.start(3, HEAD % b"GET /healthz" + b"\r\n", reads=False)
        with socket.create_connection((HOST, web.port), 10) as sock:
            sock.sendall(HEAD % b"GET /bantuan/")
            time.sleep(0.3)
            began = time.monotonic()
            web.process.terminate()
            time.sleep(0.5)
            sock.sendall(b"\r\n")
            answer = b"".join(iter(lambda: sock.recv(65536), b""))
        assert web.process.wait(10) == 0
    assert statuses(answer) == [200]
    assert b"Connection: close" in answer
    assert time.monotonic() - began < 5


def test_portal_and_proxies_agree_on_what_is_too_large() -> None:
    """What the portal refuses with a page of its own must reach it."""
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == serving.LARGEST_BODY < 1024 * 1024
    assert "max_size 1MiB" in (ROOT / "deploy/caddy/Caddyfile").read_text()
    assert "client_max_body_size 1m;" in (ROOT / "deploy/nginx/pcare.conf").read_text()


@pytest.mark.parametrize("kind", [Caddy, Nginx])
def test_slow_clients_of_the_proxy_keep_nobody_waiting(web: WebServer, siti: Account, kind: type[Proxy]) -> None:
    with kind(web.port) as proxy, SlowClients(proxy.port, proxy.tls).busy() as slow:
        slow.heads(20)
        slow.bodies(20)
        time.sleep(1)
        assert connections(web) == 0  # not one of them has come through
        slow.readers(20)
        time.sleep(1)
        assert_pages_are_fast(proxy.port, proxy)
        visitor = Visitor(proxy.url)
        began = time.monotonic()
        assert visitor.sign_in("siti", PASSWORD).status_code == 302
        assert visitor.is_signed_in()
        assert time.monotonic() - began < 2 * FAST
