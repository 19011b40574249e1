"""The delivery of letters: a worker takes one, makes it ready, hands it to the mail server, writes down the outcome."""

import logging
import smtplib
import time
from datetime import datetime, timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts import policy
from accounts.letters import messages
from accounts.models import Account, Letter, State
from accounts.models.choices import UnsentReason
from maintenance.database import batches
from maintenance.text.sanitizing import visible

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 30  # less than the task's time limit
BATCH = 100
ANSWER_LENGTH = 200
LOG_IN = {530, 534, 535, 538}  # answers that concern the portal's log-in, RFC 4954
WITHHELD_KEPT = timedelta(days=7)  # long enough for a call of who typed the wrong address
LETTERS_KEPT = timedelta(days=365)


def deliver(letter_id: int) -> bool:
    """Send one letter; return False if it has left, is not due, or another worker has it."""
    letter = _take(letter_id)
    if letter is None:
        return False
    try:
        if message := _prepare(letter):
            message.send()
            _finish(letter, Letter.State.SENT, sent_at=timezone.now())
    except SoftTimeLimitExceeded as error:
        _not_sent(letter, error)
        raise
    except Exception as error:  # whatever it is, the letter waits its turn, staff read why, and others still leave
        if not isinstance(error, (smtplib.SMTPException, OSError)):
            logger.exception("Letter %d could not be made", letter.pk)
        _not_sent(letter, error)
    return True


def deliver_due() -> int:
    """Send the letters that are due, the one that has waited longest first; return how many were taken."""
    taken, ends = 0, time.monotonic() + DRAIN_SECONDS
    while due := list(_due(timezone.now()).order_by("not_before").values_list("pk", flat=True)[:BATCH]):
        for letter_id in due:
            if time.monotonic() > ends:
                return taken
            taken += deliver(letter_id)
    return taken


def sweep() -> int:
    """Delete letters that nobody will ask about any more; return how many."""
    now = timezone.now()
    unsent = Letter.objects.filter(
        reason__in=[UnsentReason.NO_MATCH, UnsentReason.LIMIT], asked_at__lte=now - WITHHELD_KEPT
    )
    old = Letter.objects.exclude(state=Letter.State.WAITING).filter(asked_at__lte=now - LETTERS_KEPT)
    return batches.delete(unsent) + batches.delete(old)


def _due(now: datetime) -> QuerySet[Letter]:
    return Letter.objects.filter(state=Letter.State.WAITING, not_before__lte=now)


def _take(letter_id: int) -> Letter | None:
    """Take a letter that is due: until LETTER_LEASE is over no other worker can."""
    now = timezone.now()
    taken = _due(now).filter(pk=letter_id).update(not_before=now + policy.LETTER_LEASE, attempts=F("attempts") + 1)
    return Letter.objects.get(pk=letter_id) if taken else None


def _prepare(letter: Letter) -> EmailMessage | None:
    """Return the message to send, None if it has come to nothing meanwhile: that is written down.

    The first time it raises the account's serial, which voids the links of older letters. Trying again does not: the
    links in both copies work, should the first have arrived after all.
    """
    now = timezone.now()
    with transaction.atomic():
        account = Account.objects.lock(letter.account_id)
        letter.refresh_from_db()
        if reason := _why_not(letter, account, now):
            _finish(letter, Letter.State.FAILED if reason == UnsentReason.GAVE_UP else Letter.State.WITHHELD, reason)
            return None
        if letter.prepared_at is None:
            letter.prepared_at = now
            if letter.kind in Letter.LINKED:
                _give_link(letter, account)
            letter.save(update_fields=["prepared_at", "serial"])
    return messages.compose(letter, account)


def _why_not(letter: Letter, account: Account, now: datetime) -> UnsentReason | None:
    """Return why a letter must not leave any more, None if it may."""
    is_old = now > letter.asked_at + policy.LETTER_LIFE
    if is_old and (letter.attempts > 1 or letter.kind == Letter.Kind.RESET):  # nobody waits for that link any more
        return UnsentReason.GAVE_UP
    if letter.kind not in Letter.LINKED:
        return None
    if letter.link_end:
        return UnsentReason.LINK_ENDED
    if not policy.same_email(letter.to, account.email):
        return UnsentReason.EMAIL_CHANGED
    if letter.serial not in (None, account.link_serial):
        return UnsentReason.LINK_ENDED
    if letter.kind == Letter.Kind.ACTIVATION:
        return None if account.state == State.WAITING else UnsentReason.NOT_WAITING
    return UnsentReason.LIMIT if letter.prepared_at is None and _is_one_too_many(letter, account, now) else None


def _is_one_too_many(letter: Letter, account: Account, now: datetime) -> bool:
    """Tell whether the account has had its reset letters.

    A link that was voided by its receiver, or used, counts no more; what strangers ask for takes nothing from a known
    browser, what staff order takes nothing from anybody and is never one too many.
    """
    if letter.actor_id:
        return False
    prepared = account.letters.filter(kind=Letter.Kind.RESET, actor=None, from_known_browser=letter.from_known_browser)
    unspent = prepared.filter(prepared_at__gt=now - timedelta(hours=1), link_end="")
    if unspent.count() >= policy.RESET_LETTERS_PER_HOUR:
        return True
    of_a_day = prepared.filter(prepared_at__gt=now - timedelta(days=1))
    return not letter.from_known_browser and of_a_day.count() >= policy.RESET_LETTERS_PER_DAY


def _give_link(letter: Letter, account: Account) -> None:
    """Bind the letter's link to a new serial. A reset letter to an account that is not active has no link."""
    if letter.kind == Letter.Kind.RESET and account.state != State.ACTIVE:
        return
    letter.serial = account.link_serial + 1
    Account.objects.filter(pk=account.pk).update(link_serial=letter.serial)
    account.link_serial = letter.serial


def _not_sent(letter: Letter, error: Exception) -> None:
    """Write down what the mail server said, and when the letter is tried again if it is."""
    answer = _answer(error)
    if _is_refused(error):
        _finish(letter, Letter.State.FAILED, UnsentReason.REFUSED, answer=answer)
        return
    again = policy.letter_tried_again_at(letter.attempts, letter.asked_at, timezone.now())
    if again is None:
        _finish(letter, Letter.State.FAILED, UnsentReason.GAVE_UP, answer=answer)
    else:
        _mine(letter).update(not_before=again, answer=answer)


def _finish(letter: Letter, state: Letter.State, reason: UnsentReason | str = "", **fields: str | datetime) -> None:
    _mine(letter).update(state=state, reason=reason, **{"answer": "", **fields})


def _mine(letter: Letter) -> QuerySet[Letter]:
    """Return the letter's row, nothing if another worker has taken it since: what that one finds out counts."""
    return Letter.objects.filter(pk=letter.pk, state=Letter.State.WAITING, attempts=letter.attempts)


def _is_refused(error: Exception) -> bool:
    """Tell whether the mail server refused the recipient or the text with a 5xx answer: it would do so again.

    A refused sender, log-in or greeting concerns all letters, so does a refusal to relay (RFC 3463: 5.7): it can be
    mended, so they are tried again.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = error.recipients.values()
        return all(code >= 500 and code not in LOG_IN and not _text(words).startswith("5.7") for code, words in answers)
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def _answer(error: Exception) -> str:
    """Return what went wrong in the mail server's words, without line ends and other control characters."""
    answers: list[tuple[int, bytes | str]] = []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers += error.recipients.values()
    elif isinstance(error, smtplib.SMTPResponseException):
        answers += [(error.smtp_code, error.smtp_error)]
    else:
        return visible(f"{type(error).__name__}: {error}")[:ANSWER_LENGTH]
    return visible("; ".join(f"{code} {_text(words)}" for code, words in answers))[:ANSWER_LENGTH]


def _text(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words
