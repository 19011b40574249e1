"""Letters through real workers: none is lost when workers, the broker or the mail server die, none is doubled."""

import os
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import redis
from django.db import connection
from django.utils import timezone
from kombu import Connection

from accounts.letters import outbox
from accounts.models import Account, Letter
from pcare.celery import app
from tests.support.servers import servers
from tests.support.servers.faults import TcpProxy
from tests.support.servers.mail_servers import MailServer
from tests.support.servers.workers import Beat, Worker
from tests.support.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
LETTERS = 2000
WORKERS = 4


@pytest.fixture
def broker() -> Iterator[servers.Valkey]:
    """A broker that only this test uses, and may kill."""
    with servers.Valkey() as valkey:
        yield valkey


@pytest.fixture
def env(transactional_db: None, mail: MailServer, broker: servers.Valkey) -> dict[str, str]:
    """What tells processes of the portal where everything is."""
    address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    database = f"{address}/{connection.settings_dict['NAME']}"
    return {**mail.env, "DATABASE_URL": database, "REDIS_URL": broker.url}


def order(letter_id: int, broker: Connection) -> None:
    """Ask the workers of this broker to deliver a letter."""
    task = app.tasks["accounts.tasks.deliver"]
    # Celery takes the option, celery-types does not know it.
    task.apply_async((letter_id,), connection=broker)  # type: ignore[call-arg]


def brisk_beat(env: dict[str, str]) -> Beat:
    """Start beat with a round each second; tests/deployment/test_compose_run.py waits for one of the portal's own."""
    return Beat({**env, "DJANGO_SETTINGS_MODULE": "tests.support.brisk_settings"})


def let_leases_run_out() -> None:
    """Do what the time does for the letters that a dead worker had taken."""
    Letter.objects.filter(state=Letter.State.WAITING).update(not_before=timezone.now())


def wait_until_none_is_due(seconds: float = 120) -> None:
    """Wait until each letter has been sent, or is taken by a worker."""
    deadline = time.monotonic() + seconds
    while Letter.objects.filter(state=Letter.State.WAITING, not_before__lte=timezone.now()).exists():
        assert time.monotonic() < deadline, f"{Letter.objects.filter(state=Letter.State.WAITING).count()} still wait"
        time.sleep(0.2)


def test_two_thousand_letters_leave_though_a_worker_is_killed(
    env: dict[str, str], siti: Account, mail: MailServer
) -> None:
    for _ in range(LETTERS):
        Letter.objects.create(kind=Letter.Kind.PASSWORD_CHANGED, account=siti, to=siti.email)
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(env)) for _ in range(WORKERS)]
        with app.connection_for_write(env["REDIS_URL"]) as broker:
            for letter_id in Letter.objects.values_list("pk", flat=True):
                order(letter_id, broker)
        start = time.monotonic()
        mail.wait_for(random.randrange(LETTERS // 10, LETTERS // 2), timeout=120)
        victim = random.choice(workers)
        victim.kill()
        wait_until_none_is_due()
        print(f"{LETTERS / (time.monotonic() - start):.0f} letters a second, {len(mail.delivered)} delivered")
        let_leases_run_out()
        with brisk_beat(env):
            wait_until_none_is_due()
            mail.wait_for(LETTERS)
    ids = [delivered.message["Message-ID"] for delivered in mail.delivered]
    assert len(set(ids)) == LETTERS
    assert len(ids) - LETTERS <= 1, "at most the letter that the dead worker had just sent comes twice"
    assert Letter.objects.filter(state=Letter.State.SENT).count() == LETTERS


def test_letters_wait_for_the_broker_and_leave_by_themselves(
    env: dict[str, str], siti: Account, mail: MailServer, broker: servers.Valkey
) -> None:
    with servers.WebServer(env, path="/bantuan/") as web, Worker(env), brisk_beat(env):
        broker.kill()
        assert Visitor(web.url).ask_for_reset("siti", "siti@example.id").status_code == 302
        assert Letter.objects.get().state == Letter.State.WAITING
        broker.start()
        (delivered,) = mail.wait_for(1, timeout=90)
    assert "/password-baru/" in delivered.link
    assert Letter.objects.get().state == Letter.State.SENT


def test_worker_killed_before_sending_loses_nothing(env: dict[str, str], siti: Account, mail: MailServer) -> None:
    with mail.behaving(delay=30), Worker(env) as worker:
        outbox.put(Letter.Kind.RESET, siti)
        with app.connection_for_write(env["REDIS_URL"]) as broker:
            order(Letter.objects.get().pk, broker)
        deadline = time.monotonic() + 60
        while not Letter.objects.get().attempts:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        worker.kill()
    assert not mail.delivered
    assert Letter.objects.get().state == Letter.State.WAITING
    let_leases_run_out()
    mail.fault, mail.delay = None, 0
    with Worker(env), brisk_beat(env):
        mail.wait_for(1, timeout=60)
    assert Letter.objects.get().state == Letter.State.SENT


def test_letters_survive_a_database_that_goes_away(env: dict[str, str], siti: Account, mail: MailServer) -> None:
    proxy = TcpProxy(env["DATABASE_URL"])
    try:
        with Worker({**env, "DATABASE_URL": proxy.url}), brisk_beat(env):
            proxy.cut()
            for _ in range(10):
                outbox.put(Letter.Kind.PASSWORD_CHANGED, siti)
            with app.connection_for_write(env["REDIS_URL"]) as broker:
                for letter_id in Letter.objects.values_list("pk", flat=True):
                    order(letter_id, broker)
            time.sleep(2)
            assert not mail.delivered
            proxy.let_pass()
            mail.wait_for(10, timeout=120)
            wait_until_none_is_due()
    finally:
        proxy.stop()
    assert len({delivered.message["Message-ID"] for delivered in mail.delivered}) == len(mail.delivered) == 10


def test_broker_never_holds_a_secret(env: dict[str, str], siti: Account, broker: servers.Valkey) -> None:
    """A task is told the number of a letter, nothing else."""

    with servers.WebServer(env, path="/bantuan/") as web:
        Visitor(web.url).ask_for_reset("siti", "siti@example.id")
    with redis.Redis.from_url(broker.url) as client:
        queued = client.lrange("celery", 0, -1)
    assert len(queued) == 1
    assert str(Letter.objects.get().pk) in str(queued)
    for secret in ("siti@example.id", siti.password, "siti"):
        assert secret not in str(queued)
