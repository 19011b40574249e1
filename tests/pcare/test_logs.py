"""What must not reach a log does not, even when things go wrong."""

import os

import pytest
from django.db import connection

from accounts.models import Account
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
