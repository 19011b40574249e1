"""The time of a refusal does not tell whether a user name exists."""

import math
import time

import pytest
from django.contrib.auth.hashers import make_password

from accounts.models import Account, State
from facilities.models import Facility
from tests.support.ranks import PAIRS, RUNS, signed_rank, told_apart
from tests.support.visitor import Visitor

STATES = {"active": State.ACTIVE, "deactivated": State.DEACTIVATED, "waiting": State.WAITING}


def test_the_rank_test_sees_a_difference_of_a_tenth() -> None:
    noise = [math.sin(number * 12.9898) * 3 for number in range(PAIRS)]
    assert signed_rank(noise) > 0.01
    assert signed_rank([value + 1 for value in noise]) < 0.001


@pytest.fixture
def crowd(kedawung: Facility, password_hash: str) -> None:
    """Accounts enough for each refusal to be the first of its name."""
    Account.objects.bulk_create(
        Account(
            username=f"{name}-{number}",
            full_name="X",
            email="x@example.id",
            facility=kedawung,
            state=state,
            password=make_password(None) if state == State.WAITING else password_hash,
        )
        for name, state in STATES.items()
        for number in range(PAIRS * RUNS)
    )


def refusal_seconds(name: str, number: int) -> float:
    visitor = Visitor(address=f"2001:db8:{number // 12:x}::1")
    visitor.open_sign_in()
    answer = visitor.solve()
    start = time.perf_counter()
    response = visitor.send_sign_in(name, "salah salah salah", answer)
    seconds = time.perf_counter() - start
    assert response.status_code == 422
    return seconds


def measure(number: int) -> dict[str, float]:
    """Return the seconds of one refusal of each kind, measured in changing order."""
    kinds = [*STATES, "unknown"]
    turned = kinds[number % 4 :] + kinds[: number % 4]
    return {kind: refusal_seconds(f"{kind}-{number}", number) for kind in turned}


def test_unknown_and_known_names_take_the_same_time(crowd: None) -> None:
    assert told_apart(set(STATES), measure) == set()
