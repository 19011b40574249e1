"""The tests' network passes, stalls and cuts as told, in front of each kind of server."""

import os
import smtplib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from tests.support.servers.faults import TcpProxy
from tests.support.servers.mail_servers import MailServer
from tests.support.servers.servers import HOST

LONG = 3_000_000


class Echo:
    """A server that sends back what it is sent."""

    def __init__(self) -> None:
        self.socket = socket.create_server((HOST, 0))
        self.url = f"tcp://{HOST}:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(4096):
                connection.sendall(data)


@pytest.fixture
def proxy() -> Iterator[TcpProxy]:
    echo = Echo()
    with TcpProxy(echo.url) as proxy:
        yield proxy
    echo.socket.close()


def connect(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), timeout=5)


def receive(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        received += connection.recv(65536)
    return received


def assert_silent(connection: socket.socket) -> None:
    connection.settimeout(0.2)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    connection.settimeout(5)


def test_everything_passes(proxy: TcpProxy) -> None:
    sent = os.urandom(LONG)
    with connect(proxy) as one, connect(proxy) as other:
        threading.Thread(target=one.sendall, args=(sent,)).start()
        other.sendall(b"short")
        assert receive(other, 5) == b"short"
        assert receive(one, LONG) == sent


def test_an_end_is_passed_on(proxy: TcpProxy) -> None:
    with connect(proxy) as connection:
        connection.sendall(b"x")
        assert receive(connection, 1) == b"x"
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""


def test_stalled_open_connection_moves_nothing_until_it_passes_again(proxy: TcpProxy) -> None:
    with connect(proxy) as connection:
        connection.sendall(b"before")
        assert receive(connection, 6) == b"before"
        proxy.stall()
        connection.sendall(b"after")
        assert_silent(connection)
        proxy.let_pass()
        assert receive(connection, 5) == b"after"


def test_stalled_proxy_accepts_new_connections_and_never_answers(proxy: TcpProxy) -> None:
    proxy.stall()
    with connect(proxy) as connection:
        connection.sendall(b"hello")
        assert_silent(connection)
        proxy.let_pass()
        assert receive(connection, 5) == b"hello"


@pytest.mark.parametrize("stalled", [False, True])
def test_cut_loses_open_connections_and_refuses_new_ones(proxy: TcpProxy, stalled: bool) -> None:
    with connect(proxy) as connection:
        connection.sendall(b"x")
        assert receive(connection, 1) == b"x"
        if stalled:
            proxy.stall()
        proxy.cut()
        try:
            assert connection.recv(1) == b""
        except ConnectionResetError:
            pass
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)


@pytest.mark.parametrize("order", ["let_pass", "stall"])
def test_after_a_cut_it_listens_again_on_its_port(proxy: TcpProxy, order: str) -> None:
    proxy.cut()
    getattr(proxy, order)()
    with connect(proxy) as connection:
        connection.sendall(b"x")
        if order == "stall":
            assert_silent(connection)
        else:
            assert receive(connection, 1) == b"x"


def test_who_connects_while_the_server_is_away_is_hung_up_on() -> None:
    with socket.create_server((HOST, 0)) as closed:
        url = f"tcp://{HOST}:{closed.getsockname()[1]}"
    with TcpProxy(url) as proxy, connect(proxy) as connection:
        assert connection.recv(1) == b""


def test_stopping_leaves_no_thread() -> None:
    before = threading.active_count()
    proxy = TcpProxy("tcp://127.0.0.1:9")
    proxy.stall()
    with connect(proxy):
        proxy.stop()
        proxy.stop()
    assert threading.active_count() == before


def test_redis_is_reached_and_stalled() -> None:
    with TcpProxy(os.environ["REDIS_URL"]) as proxy, redis.Redis.from_url(proxy.url, socket_timeout=1) as client:
        assert client.ping()
        proxy.stall()
        with pytest.raises(redis.TimeoutError):
            client.ping()
        proxy.let_pass()
        assert client.ping()


def test_postgresql_is_reached_and_cut() -> None:
    with TcpProxy(os.environ["DATABASE_URL"]) as proxy:
        assert urlsplit(proxy.url)._replace(netloc="") == urlsplit(os.environ["DATABASE_URL"])._replace(netloc="")
        with psycopg.connect(proxy.url, connect_timeout=5) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            proxy.cut()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")


def test_mail_server_is_reached_and_stalled() -> None:
    with MailServer() as mail, TcpProxy(mail.url) as proxy:
        with smtplib.SMTP(HOST, proxy.port, timeout=1) as client:
            assert client.noop()[0] == 250
            proxy.stall()
            with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
                client.noop()
