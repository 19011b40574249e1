"""Letters on their way: over real SMTP, to a server that refuses, delays and drops."""

import smtplib
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts import policy
from accounts.letters import delivery, outbox
from accounts.models import Account, Letter
from accounts.models.choices import UnsentReason
from tests.support.clock import Clock
from tests.support.parallel import at_once
from tests.support.present import present
from tests.support.servers.mail_servers import Fault, MailServer
from tests.support.servers.servers import HOST

pytestmark = pytest.mark.django_db(transaction=True)
State = Letter.State


@pytest.fixture(autouse=True)
def over_smtp(settings: Any, mail: MailServer) -> None:
    """Let Django send to the tests' mail server."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = HOST, mail.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 15


@pytest.fixture
def letter(siti: Account) -> Letter:
    """A letter that waits."""
    return outbox.put(Letter.Kind.RESET, siti)


def outcome(letter: Letter) -> tuple[str, str]:
    letter.refresh_from_db()
    return letter.state, letter.reason


def test_letter_arrives_with_text_and_html(letter: Letter, mail: MailServer) -> None:
    assert delivery.deliver_due() == 1
    (delivered,) = mail.delivered
    assert outcome(letter) == (State.SENT, "")
    assert letter.sent_at
    assert delivered.recipients == ["siti@example.id"]
    assert delivered.message["From"] == "PCare <pcare@portal.test>"
    assert "/password-baru/" in delivered.link
    assert delivered.link in delivered.html
    assert delivery.deliver_due() == 0, "it leaves once"


@pytest.mark.parametrize("fault", [Fault.NO_SUCH_RECIPIENT, Fault.TEXT_REFUSED])
def test_refusal_for_good_is_written_down_in_the_servers_words(fault: Fault, letter: Letter, mail: MailServer) -> None:
    with mail.behaving(fault):
        delivery.deliver_due()
    assert outcome(letter) == (State.FAILED, UnsentReason.REFUSED)
    assert letter.answer == fault.value
    assert delivery.deliver_due() == 0


@pytest.mark.parametrize("fault", [Fault.RECIPIENT_NOT_NOW, Fault.CUT_BEFORE_ACCEPTING])
def test_passing_failure_is_tried_again_with_growing_waits(
    clock: Clock, fault: Fault, letter: Letter, mail: MailServer
) -> None:
    waits = []
    with mail.behaving(fault):
        for _ in range(5):
            assert delivery.deliver_due() == 1
            assert outcome(letter) == (State.WAITING, "")
            assert letter.answer
            waits.append(letter.not_before - timezone.now())
            clock.move_to(letter.not_before - timedelta(seconds=1))
            assert delivery.deliver_due() == 0
            clock.move_to(letter.not_before)
        mail.fault = None
        assert delivery.deliver_due() == 1
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 16)]
    assert outcome(letter) == (State.SENT, "")
    assert letter.answer == ""
    assert len(mail.delivered) == 1


def test_letter_is_given_up_after_a_day(clock: Clock, letter: Letter, mail: MailServer) -> None:
    mail.stop()
    while outcome(letter)[0] == State.WAITING:
        clock.move_to(letter.not_before)
        delivery.deliver_due()
    tried_until = timezone.now() - letter.asked_at
    assert outcome(letter) == (State.FAILED, UnsentReason.GAVE_UP)
    assert policy.LETTER_LIFE - policy.LETTER_LONGEST_WAIT <= tried_until <= policy.LETTER_LIFE
    assert "refused" in letter.answer.lower()


def test_letter_that_no_worker_looked_at_for_two_days_is_still_tried(
    clock: Clock, siti: Account, mail: MailServer
) -> None:
    """The worker was away, not the mail server; but nobody waits for a link to a new password any more."""
    notice, reset = outbox.put(Letter.Kind.PASSWORD_CHANGED, siti), outbox.put(Letter.Kind.RESET, siti)
    clock.shift(timedelta(days=2))
    delivery.deliver_due()
    assert outcome(notice) == (State.SENT, "")
    assert outcome(reset) == (State.FAILED, UnsentReason.GAVE_UP)


@pytest.mark.parametrize("answer", ["554 5.7.1 Relay access denied", "530 5.7.0 Authentication required"])
def test_refusal_that_concerns_all_letters_is_tried_again(answer: str, letter: Letter) -> None:
    code, _, words = answer.partition(" ")
    delivery._not_sent(letter, smtplib.SMTPRecipientsRefused({letter.to: (int(code), words.encode())}))
    assert outcome(letter) == (State.WAITING, "")
    assert letter.answer == answer


def test_letter_that_cannot_be_made_does_not_hold_up_others(letter: Letter, rina: Account, mail: MailServer) -> None:
    Letter.objects.filter(pk=letter.pk).update(
        to="siti@example.id\nBcc: evil@example.id", kind=Letter.Kind.EMAIL_CHANGED
    )
    good = outbox.put(Letter.Kind.PASSWORD_CHANGED, rina)
    delivery.deliver_due()
    assert outcome(good) == (State.SENT, "")
    assert outcome(letter) == (State.WAITING, "")
    assert letter.answer
    assert letter.not_before > timezone.now() + policy.LETTER_FIRST_WAIT - timedelta(seconds=20)
    assert [delivered.recipients for delivered in mail.delivered] == [["rina@example.id"]]


def test_late_outcome_of_a_worker_does_not_count(letter: Letter, mail: MailServer) -> None:
    """Its lease has run out, another one has the letter."""
    slow = present(delivery._take(letter.pk))
    Letter.objects.update(not_before=timezone.now())
    delivery.deliver_due()
    delivery._not_sent(slow, smtplib.SMTPDataError(554, b"5.3.0 too late"))
    assert outcome(letter) == (State.SENT, "")


def test_letter_whose_worker_always_dies_is_given_up_after_a_day(
    clock: Clock, letter: Letter, mail: MailServer
) -> None:
    clock.move_to(letter.not_before)
    assert delivery._take(letter.pk), "and then the worker dies"
    clock.shift(policy.LETTER_LIFE + timedelta(seconds=1))
    delivery.deliver_due()
    assert outcome(letter) == (State.FAILED, UnsentReason.GAVE_UP)
    assert not mail.delivered


def test_slow_mail_server_is_not_waited_for(settings: Any, letter: Letter, mail: MailServer) -> None:
    settings.EMAIL_TIMEOUT = 1
    with mail.behaving(delay=5):
        delivery.deliver_due()
    assert outcome(letter) == (State.WAITING, "")
    assert "timed out" in letter.answer.lower()


def test_repeat_after_a_lost_answer_has_the_same_message_id(clock: Clock, letter: Letter, mail: MailServer) -> None:
    with mail.behaving(Fault.CUT_AFTER_ACCEPTING):
        delivery.deliver_due()
    assert outcome(letter) == (State.WAITING, "")
    clock.shift(policy.LETTER_FIRST_WAIT)
    delivery.deliver_due()
    first, second = mail.delivered
    assert first.message["Message-ID"] == second.message["Message-ID"]


def test_letter_taken_by_a_worker_that_died_is_taken_again(clock: Clock, letter: Letter, mail: MailServer) -> None:
    assert delivery._take(letter.pk), "and then the worker dies"
    clock.shift(policy.LETTER_LEASE - timedelta(seconds=1))
    assert delivery.deliver_due() == 0
    clock.shift(1)
    assert delivery.deliver_due() == 1
    assert outcome(letter) == (State.SENT, "")


def test_many_workers_send_each_letter_once(siti: Account, mail: MailServer) -> None:
    for _ in range(20):
        outbox.put(Letter.Kind.PASSWORD_CHANGED, siti)
    at_once([delivery.deliver_due] * 4)
    assert len({delivered.message["Message-ID"] for delivered in mail.delivered}) == len(mail.delivered) == 20


def test_limit_of_an_hour_holds_on_many_workers(siti: Account, mail: MailServer) -> None:
    letters = [outbox.put(Letter.Kind.RESET, siti) for _ in range(8)]
    at_once([partial(delivery.deliver, letter.pk) for letter in letters])
    states = sorted(outcome(letter) for letter in letters)
    limited = [(State.WITHHELD, UnsentReason.LIMIT)] * 5
    assert [state for state in states if state[1] == UnsentReason.LIMIT] == limited


def test_older_letter_is_not_tried_again_after_a_newer_one(clock: Clock, siti: Account, mail: MailServer) -> None:
    """Its link would be void when it arrives."""
    older = outbox.put(Letter.Kind.RESET, siti)
    with mail.behaving(Fault.RECIPIENT_NOT_NOW):
        delivery.deliver_due()
    newer = outbox.put(Letter.Kind.RESET, siti)
    delivery.deliver_due()
    clock.shift(policy.LETTER_FIRST_WAIT)
    delivery.deliver_due()
    assert outcome(newer) == (State.SENT, "")
    assert outcome(older) == (State.WITHHELD, UnsentReason.LINK_ENDED)
    assert len(mail.delivered) == 1


def test_answer_of_a_hostile_mail_server_is_inert(letter: Letter, mail: MailServer) -> None:
    error = smtplib.SMTPDataError(554, b"5.7.1 \x1b[31mred\x1b[0m\r\nX-Evil: 1 \xe2\x80\xae txet" + b"x" * 500)
    delivery._not_sent(letter, error)
    letter.refresh_from_db()
    assert letter.answer.startswith("554 5.7.1 [31mred[0mX-Evil: 1  txet")
    assert len(letter.answer) == delivery.ANSWER_LENGTH
