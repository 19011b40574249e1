"""The time of a reset request: it tells nothing about the account, and the broker does not hold it up."""

import os
import random
import time
from collections.abc import Iterator

import pytest
from django.db import connection

from accounts.letters.outbox import BROKER_REST
from accounts.models import Account, Letter, State
from facilities.models import Facility
from tests.support.ranks import PAIRS, RUNS, told_apart
from tests.support.servers import servers
from tests.support.servers.faults import TcpProxy
from tests.support.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
STATES = {"known": State.ACTIVE, "wrong pair": State.ACTIVE, "deactivated": State.DEACTIVATED, "waiting": State.WAITING}
STALLED_SECONDS = 1.5


@pytest.fixture(scope="module")
def broker() -> Iterator[TcpProxy]:
    """The way to the broker, which can be disturbed."""
    proxy = TcpProxy(os.environ["REDIS_URL"])
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def server(django_db_setup: None, static_files: None, broker: TcpProxy) -> Iterator[servers.WebServer]:
    """The portal in one process, with that way to the broker."""
    address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    env = {"DATABASE_URL": f"{address}/{connection.settings_dict['NAME']}", "REDIS_URL": broker.url}
    with servers.WebServer(env, path="/bantuan/") as web:
        yield web


@pytest.fixture
def crowd(kedawung: Facility) -> None:
    """Accounts enough for each request to be the first of its name."""
    Account.objects.bulk_create(
        Account(username=name_of(kind, n), full_name="X", email="x@example.id", facility=kedawung, state=state)
        for kind, state in STATES.items()
        for n in range(PAIRS * RUNS)
    )


def name_of(kind: str, number: int) -> str:
    return f"{kind.replace(' ', '-')}-{number}"


def request_seconds(url: str, kind: str, number: int) -> float:
    visitor = Visitor(url, address=f"2001:db8:{number // 5:x}::1")
    email = "y@example.id" if kind == "wrong pair" else "x@example.id"
    visitor.get("/lupa-password/")
    fields = {name: visitor.fields[name] for name in ("csrfmiddlewaretoken", "captcha_0")}
    fields |= {"captcha_1": visitor.solve(), "username": name_of(kind, number), "email": email}
    start = time.perf_counter()
    answer = visitor.post("/lupa-password/", fields)
    seconds = time.perf_counter() - start
    assert answer.status_code == 302
    return seconds


@pytest.mark.parametrize("is_up", [True, False])
def test_known_and_unknown_pairs_take_the_same_time(
    is_up: bool, server: servers.WebServer, broker: TcpProxy, crowd: None
) -> None:
    broker.let_pass() if is_up else broker.cut()

    def measure(number: int) -> dict[str, float]:
        """Return the seconds of one request of each kind, measured in changing order."""
        kinds = [*STATES, "unknown"]
        random.Random(number).shuffle(kinds)
        return {kind: request_seconds(server.url, kind, number) for kind in kinds}

    assert told_apart(set(STATES), measure) == set()


def test_stalled_broker_does_not_hold_a_request_up(server: servers.WebServer, broker: TcpProxy, siti: Account) -> None:
    broker.let_pass()
    time.sleep(BROKER_REST)  # an earlier test's failures are forgotten
    Visitor(server.url).ask_for_reset("siti", "siti@example.id")
    broker.stall()
    try:
        for number in range(3):  # this machine may be busy
            seconds = request_seconds(server.url, "known", number)
            print(f"stalled: {seconds:.2f} s, the next one {request_seconds(server.url, 'unknown', number):.2f} s")
            if seconds < STALLED_SECONDS:
                break
            time.sleep(BROKER_REST)
        assert seconds < STALLED_SECONDS
        assert Visitor(server.url).ask_for_reset("siti", "siti@example.id").status_code == 302
    finally:
        broker.let_pass()
    assert Letter.objects.filter(account=siti, state=Letter.State.WAITING).count() == 2
