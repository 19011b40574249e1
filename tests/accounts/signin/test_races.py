"""The exact limits under parallel requests: four processes on PostgreSQL, over HTTP."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from accounts.models import Account, SecurityEvent
from tests.support.fixtures import PASSWORD
from tests.support.parallel import at_once
from tests.support.visitor import Visitor, text

Kind = SecurityEvent.Kind
WRONG = "salah salah salah"


def prepared(site: str, count: int, **kwargs: str) -> list[tuple[Visitor, str]]:
    """Return browsers with the sign-in page open and its letters read."""
    visitors = [Visitor(site, **kwargs) for _ in range(count)]
    for visitor in visitors:
        visitor.open_sign_in()
    return [(visitor, visitor.solve()) for visitor in visitors]


def send_at_once(visitors: list[tuple[Visitor, str]], name: str, password: str) -> list[Any]:
    return at_once(partial(visitor.send_sign_in, name, password, answer) for visitor, answer in visitors)


def events(kind: str) -> int:
    return SecurityEvent.objects.filter(kind=kind).count()


@pytest.mark.parametrize("name", ["siti", "tidakada"])
def test_forty_wrong_guesses_check_three_passwords(
    site: str, siti: Account, hashes: Callable[[], int], name: str
) -> None:
    responses = send_at_once(prepared(site, 40), name, WRONG)
    assert hashes() == 3
    assert sorted(response.status_code for response in responses) == [422] * 2 + [429] * 38
    assert (events(Kind.SIGN_IN_FAILED), events(Kind.LOCKED_OUT)) == (3, 1)
    late = send_at_once(prepared(site, 40), name, PASSWORD)
    assert hashes() == 0
    assert {response.status_code for response in late} == {429}
    assert siti.sessions.count() == 0


def test_forty_guesses_with_changing_spelling_address_and_browser(
    site: str, siti: Account, hashes: Callable[[], int]
) -> None:
    spellings = ["siti", "SITI", " siti", "ｓｉｔｉ"]
    actions = []
    for number in range(40):
        (visitor, answer), *_ = prepared(site, 1, address=f"198.51.100.{number}", user_agent=f"Browser {number}")
        actions.append(partial(visitor.send_sign_in, spellings[number % 4], WRONG, answer))
    at_once(actions)
    assert hashes() == 3


def test_right_guess_among_wrong_ones_after_the_lock_stays_out(site: str, siti: Account) -> None:
    visitors = prepared(site, 31)
    for visitor, answer in visitors[:3]:
        visitor.send_sign_in("siti", WRONG, answer)
    send_at_once(visitors[3:], "siti", PASSWORD)
    assert siti.sessions.count() == 0


def test_one_captcha_answer_counts_once(site: str, siti: Account, hashes: Callable[[], int]) -> None:
    (first, answer), *_ = prepared(site, 1)
    send_at_once([(first.twin(), answer) for _ in range(32)], "siti", WRONG)
    assert hashes() == 1
    assert events(Kind.SIGN_IN_FAILED) == 1


def test_colleagues_who_start_together_are_not_locked_out(site: str, siti: Account) -> None:
    responses = send_at_once(prepared(site, 6), "siti", PASSWORD)
    assert [response.status_code for response in responses] == [302] * 6
    places = sorted(response.headers["Location"] for response in responses)
    assert places == ["/"] * 3 + ["/masuk/perangkat/"] * 3


def test_twenty_at_once_then_a_hundred_in_a_row_never_make_four_sessions(site: str, siti: Account) -> None:
    crowd = prepared(site, 20)
    visitors = [visitor for visitor, _ in crowd]
    send_at_once(crowd, "siti", PASSWORD)
    assert siti.sessions.count() == 3
    assert sum(visitor.is_signed_in() for visitor in visitors) == 3
    for number in range(100):
        visitor = Visitor(site)
        visitor.sign_in("siti", PASSWORD)
        if number % 10 == 0:
            choose(visitor)
        assert siti.sessions.count() == 3
        visitors.append(visitor)
    assert sum(visitor.is_signed_in() for visitor in visitors) == 3
    assert events(Kind.SIGNED_IN) - events(Kind.SESSION_ENDED) == 3


def choose(visitor: Visitor) -> Any:
    """End the first session that the page offers."""
    visitor.get("/masuk/perangkat/")
    return visitor.press("/masuk/perangkat/", session=visitor.fields["session"])


def test_choice_sent_twice_ends_one_session_only(site: str, siti: Account) -> None:
    for _ in range(3):
        Visitor(site).sign_in("siti", PASSWORD)
    fourth = Visitor(site)
    fourth.sign_in("siti", PASSWORD)
    fourth.get("/masuk/perangkat/")
    keys = [session.pk for session in siti.sessions]
    form = {"csrfmiddlewaretoken": fourth.fields["csrfmiddlewaretoken"]}
    twins = []
    for key in (keys[0], keys[0], keys[1], keys[2]):
        twins.append(partial(fourth.twin().post, "/masuk/perangkat/", {**form, "session": key}))
    responses = at_once(twins)
    assert {response.status_code for response in responses} == {302}
    assert siti.sessions.count() == 3
    assert (events(Kind.SIGNED_IN), events(Kind.SESSION_ENDED)) == (4, 1)


def test_four_full_browsers_choosing_at_once_leave_three_sessions(site: str, siti: Account) -> None:
    first = [Visitor(site) for _ in range(3)]
    for visitor in first:
        visitor.sign_in("siti", PASSWORD)
    waiting = [Visitor(site) for _ in range(8)]
    for visitor in waiting:
        visitor.sign_in("siti", PASSWORD)
        visitor.get("/masuk/perangkat/")
    responses = at_once(partial(v.press, "/masuk/perangkat/", session=v.fields["session"]) for v in waiting)
    entered = [response for response in responses if response.status_code == 302]
    assert 1 <= len(entered) == events(Kind.SESSION_ENDED) == events(Kind.SIGNED_IN) - 3
    assert {response.status_code for response in responses} <= {200, 302}
    assert siti.sessions.count() == 3
    assert sum(visitor.is_signed_in() for visitor in first + waiting) == 3


def test_pages_of_a_crowd_are_pages(site: str, siti: Account) -> None:
    """Nobody in a crowd gets an error page of the server."""
    responses = send_at_once(prepared(site, 24), "siti", PASSWORD)
    assert {response.status_code for response in responses} <= {302, 429}
    for response in responses:
        assert response.status_code == 302 or "<h1" in text(response)
