"""The cookie of known browsers: signed by us, and still read with care."""

from typing import Any

import pytest
from django.conf import settings
from django.core import signing

from accounts.clients import devices
from accounts.models import Account
from accounts.models.choices import SessionEndReason
from accounts.sessions import rows
from tests.support.fixtures import PASSWORD, signed_in
from tests.support.outcomes import reason_read
from tests.support.visitor import Visitor

LABEL = devices._label("siti")


def with_cookie(value: Any) -> Visitor:
    visitor = Visitor()
    visitor.client.cookies[settings.DEVICE_COOKIE_NAME] = signing.dumps(value, salt=devices.SALT)
    return visitor


@pytest.mark.parametrize(
    "value",
    [
        *(None, 7, "x", [], [[LABEL, ["id", 1]]], {LABEL: "x"}, {LABEL: []}, {LABEL: ["id"]}, {LABEL: ["id", "soon"]}),
        *({LABEL: ["id", -1]}, {LABEL: ["id", 1e300]}, {LABEL: ["id", float("nan")]}, {LABEL: [None, 1]}),
        *(
            {"v": 3, "known": {LABEL: ["id", 1]}},
            {"v": 2},
            {"v": 2, "known": [1]},
            {"v": 2, "known": {LABEL: [1, 2, 3]}},
        ),
    ],
)
def test_cookie_of_an_unknown_shape_is_none(siti: Account, value: Any) -> None:
    visitor = with_cookie(value)
    assert visitor.open_sign_in().status_code == 200
    assert visitor.sign_in("siti", PASSWORD).status_code == 302, "and is replaced by one that is known"
    assert visitor.get("/").status_code == 200


def test_cookie_of_the_first_version_is_still_known(siti: Account) -> None:
    first = signed_in(siti)[0]
    sent = signing.loads(first.cookies()[settings.DEVICE_COOKIE_NAME], salt=devices.SALT)
    old = with_cookie(sent["known"])
    for _ in range(3):
        Visitor().sign_in("siti", "salah salah salah")
    assert Visitor().sign_in("siti", PASSWORD).status_code == 429
    assert old.sign_in("siti", PASSWORD).status_code == 302


def test_reason_of_another_release_is_an_end_all_the_same(siti: Account) -> None:
    [visitor] = signed_in(siti)
    row = siti.sessions.get()
    row.session_data = f"{rows.ENDED}by_a_later_release"
    row.save()
    assert not visitor.is_signed_in()
    assert reason_read(visitor) == SessionEndReason.UNKNOWN
