"""What must not reach a log does not, even when things go wrong."""

import logging
import os

import pytest
from django.db import connection

from accounts.models import Account
from pcare.logs import HideLinks
from tests.support import mailbox
from tests.support.servers import servers
from tests.support.servers.faults import TcpProxy
from tests.support.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)


def test_token_of_a_link_is_not_logged_when_the_database_is_away(siti: Account, mailoutbox: list) -> None:
    path = mailbox.reset_link(siti, mailoutbox)
    address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    proxy = TcpProxy(f"{address}/{connection.settings_dict['NAME']}")
    try:
        with servers.WebServer({"DATABASE_URL": proxy.url}, path="/bantuan/") as web:
            proxy.cut()
            assert Visitor(web.url).get(path).status_code == 503
            log = web.log()
    finally:
        proxy.stop()
    assert "Service Unavailable: /password-baru/..." in log
    token = path.rstrip("/").rpartition("/")[2]
    assert token not in log
    assert token.rpartition(".")[2] not in log


@pytest.mark.parametrize(
    "address",
    [
        "/password-baru/MQ/5-secret.1x.secret/",
        "/Password-Baru/MQ/5-secret.1x.secret),",
        "//AKTIVASI//MQ/5- secret.1x.secret",
        "/bukan-saya/MQ/5-abc\n secret.1x.secret",
        "/password-baru /MQ/5-secret",
    ],
)
def test_nothing_that_follows_the_address_of_a_link_is_logged(address: str) -> None:
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "%s: %s", ("Not Found", address), None)
    assert HideLinks().filter(record)
    assert "secret" not in record.getMessage()
    assert record.getMessage().startswith("Not Found: /")


def test_lines_about_other_addresses_stay() -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 0, "Not Found: /password-barunya/ %s", ("all of it",), None)
    HideLinks().filter(record)
    assert record.getMessage() == "Not Found: /password-barunya/ all of it"
