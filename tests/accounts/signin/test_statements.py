"""How many SQL statements a request costs, BEGIN and COMMIT included: fewer is what makes signing in cheap."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from tests.support.fixtures import PASSWORD
from tests.support.visitor import Visitor

# With the clock held: a page in the minute after its session was used last notes the use.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]
WRONG = "salah salah salah"


def statements(action: Callable[..., Any], *args: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        action(*args)
    return len(queries)


def sign_in_statements(visitor: Visitor, name: str, password: str) -> int:
    visitor.open_sign_in()
    return statements(visitor.send_sign_in, name, password, visitor.solve())


def test_sign_in_page_costs_two_and_a_dead_session_one_more(siti: Account) -> None:
    visitor = Visitor()
    assert statements(visitor.open_sign_in) == 2
    visitor.client.cookies["__Host-session"] = "x" * 32
    assert statements(visitor.open_sign_in) == 3


def test_signing_in_costs_ten(siti: Account) -> None:
    visitor = Visitor()
    assert sign_in_statements(visitor, "siti", PASSWORD) == 10, "as a stranger, for the first time"
    visitor.get("/")
    visitor.press("/keluar/")
    assert sign_in_statements(visitor, "siti", PASSWORD) == 10, "as a known browser"
    assert sign_in_statements(Visitor(), "siti", PASSWORD) == 10, "as another stranger"


def test_refusal_of_a_locked_name_costs_three_at_most(siti: Account) -> None:
    known = Visitor()
    known.sign_in("siti", PASSWORD)
    known.get("/")
    known.press("/keluar/")
    for browser in (Visitor(), known):
        for _ in range(3):
            browser.sign_in("siti", WRONG)
    assert sign_in_statements(Visitor(), "siti", PASSWORD) == 2
    assert sign_in_statements(known, "siti", PASSWORD) == 3
    for name in ("tidakada", "tidakada", "tidakada"):
        Visitor().sign_in(name, WRONG)
    assert sign_in_statements(Visitor(), "tidakada", PASSWORD) == 2


@pytest.mark.parametrize("path", ["/", "/akun/perangkat/", "/akun/aktivitas/"])
def test_signed_in_page_costs_three_at_most(siti: Account, path: str) -> None:
    visitor = Visitor()
    visitor.sign_in("siti", PASSWORD)
    assert statements(visitor.get, path) <= 3


def test_pages_cost_the_same_with_many_rows(siti: Account) -> None:
    visitor = Visitor()
    visitor.sign_in("siti", PASSWORD)
    few = {path: statements(visitor.get, path) for path in ("/", "/akun/perangkat/", "/akun/aktivitas/")}
    for _ in range(2):
        Visitor().sign_in("siti", PASSWORD)
    for _ in range(30):
        Visitor().sign_in("siti", WRONG)
    assert {path: statements(visitor.get, path) for path in few} == few


def test_reset_request_costs_the_same_for_every_name(siti: Account) -> None:
    pairs = [("siti", "siti@example.id"), ("siti", "salah@example.id"), ("tidakada", "siti@example.id")]
    costs = []
    for username, email in pairs:
        visitor = Visitor()
        visitor.get("/lupa-password/")
        fields = {name: visitor.fields[name] for name in ("csrfmiddlewaretoken", "captcha_0")}
        fields |= {"captcha_1": visitor.solve(), "username": username, "email": email}
        costs.append(statements(visitor.post, "/lupa-password/", fields))
    assert costs == [7, 7, 7]
