"""What a log line may hold, and how often the same one is written."""

import io
import logging
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DataError, Error, IntegrityError, connection

from pcare.logs.filters import BriefRefusal, SafeText, guard, write_exception
from pcare.logs.repeats import OnceAMinute, Window, sum_up
from pcare.logs.text import DEEPEST, LONGEST, safe_line, traceback_of
from tests.support.refusals import GIVEN, be_refused

PERIOD = 0.2  # seconds


class Log:
    """A logger of this name, with the filters of the portal, and what it wrote."""

    def __init__(self, name: str, *filters: logging.Filter) -> None:
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        for one in filters:
            handler.addFilter(one)
        self.logger = logging.Logger.manager.getLogger(name)
        self.before = self.logger.handlers, self.logger.propagate, self.logger.level
        self.logger.handlers, self.logger.propagate = [handler], False
        self.logger.setLevel(logging.WARNING)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def lines(self) -> list[str]:
        return self.text.splitlines()

    def close(self) -> None:
        self.logger.handlers, self.logger.propagate, level = self.before
        self.logger.setLevel(level)


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log("accounts.tests", SafeText())
    yield log
    log.close()


@pytest.fixture
def django_log() -> Iterator[Log]:
    log = Log("django.tests", BriefRefusal(), OnceAMinute(PERIOD), SafeText())
    yield log
    time.sleep(1.5 * PERIOD)  # until what was left out is summed up, not in the log of others
    log.close()


def refuse() -> None:
    try:
        be_refused()
    except Error as error:
        raise RuntimeError(f"Not stored: {error}") from error


@pytest.mark.django_db
def test_what_the_database_says_of_a_row_is_left_out(log: Log) -> None:
    try:
        refuse()
    except RuntimeError as error:
        log.logger.exception("Failed: %s", error)
        log.logger.error("Again: %s", error.__cause__)
        log.logger.error("Again: %r", repr(error.__cause__))
    assert GIVEN not in log.text
    assert "DETAIL" not in log.text
    assert 'django.db.utils.IntegrityError: duplicate key value violates unique constraint "django_content' in log.text
    assert 'RuntimeError: Not stored: duplicate key value violates unique constraint "django_content_type' in log.text
    assert "in be_refused" in log.text


@pytest.mark.django_db
def test_what_the_database_was_given_is_left_out(log: Log) -> None:
    with pytest.raises(DataError) as raised, connection.cursor() as cursor:
        cursor.execute("SELECT %s::text::integer", [GIVEN])
    log.logger.error("Failed", exc_info=raised.value)
    log.logger.error("Failed: %r", raised.value)
    assert GIVEN not in log.text
    assert log.text.count("invalid input syntax for type integer: ...") == 3


@pytest.mark.parametrize(
    "said",
    [
        "no\nDETAIL:  Key (username)=(siti) already exists.\nCONTEXT:  portal \"\" parameter $1 = 'siti'",
        "no\nLINE 1: SELECT 'siti'\n               ^",
        "IntegrityError('no\\nDETAIL:  Failing row contains (siti).')",
        "no DETAIL: Failing row contains (siti\n\nDuring handling of the above exception, siti).",
        "no: /password-baru/siti",
    ],
)
def test_each_way_of_saying_it_is_cut(said: str) -> None:
    assert "siti" not in safe_line(said)
    assert "no" in safe_line(said)


def test_line_is_one_bounded_line_of_visible_characters(log: Log) -> None:
    log.logger.error("Asked for %s", "a\r\nFAKE line\x1b[31m\u202e" + "x" * 100_000)
    [line] = log.lines()
    assert line.startswith("Asked for a FAKE line[31mxxx")
    assert len(line) == LONGEST + 3


def test_long_traceback_is_cut_to_what_is_nearest_to_the_mistake() -> None:
    def deeper(depth: int) -> None:
        if depth:
            return deeper_still(depth)
        raise ValueError("here")

    def deeper_still(depth: int) -> None:
        deeper(depth - 1)

    with pytest.raises(ValueError, match="here") as raised:
        deeper(200)
    lines = traceback_of(raised.value).splitlines()
    assert lines[-1] == "ValueError: here"
    assert len(lines) <= 3 * DEEPEST + 2


def test_line_that_cannot_be_put_together_is_written_all_the_same(log: Log) -> None:
    log.logger.error("%d letters", "many")
    assert log.lines() == ["%d letters"]


def write(log: Log, times: int, **extra: Any) -> None:
    for number in range(times):
        log.logger.warning("Refused %d", number, **extra)


def test_first_line_of_a_kind_is_written_and_then_how_many_there_were(django_log: Log) -> None:
    write(django_log, 100)
    assert django_log.lines() == ["Refused 0"]
    time.sleep(2 * PERIOD)
    assert django_log.lines() == ["Refused 0", "99 more like this in the last minute: Refused 1"]
    write(django_log, 1)
    assert len(django_log.lines()) == 3


@pytest.mark.parametrize(
    ("message", "arg", "said"),
    [
        ("Refused: %s", IntegrityError("ganda\nRINCIAN:  (siti) sudah ada."), "Refused: ganda"),
        ("Refused %s of %s", "one", "Refused %s of %s"),
    ],
    ids=["words of a database in its language", "line that cannot be put together"],
)
def test_sum_is_cleaned_as_every_line_is(django_log: Log, message: str, arg: Any, said: str) -> None:
    left_out = logging.LogRecord(django_log.logger.name, logging.WARNING, __file__, 1, message, (arg,), None)
    sum_up(Window(until=0.0, left_out=2), left_out)
    assert django_log.lines() == [f"2 more like this in the last minute: {said}"]


def test_nobody_is_told_of_nothing(django_log: Log) -> None:
    write(django_log, 1)
    time.sleep(2 * PERIOD)
    assert django_log.lines() == ["Refused 0"]


def test_two_mistakes_are_two_kinds_and_two_statuses_too(django_log: Log) -> None:
    for text in ("1", "x", "y"):
        try:
            int(text) / 0
        except ArithmeticError as error:
            django_log.logger.error("Failed", exc_info=error)
        except ValueError as error:
            django_log.logger.error("Failed", exc_info=error)
    write(django_log, 2, extra={"status_code": 403})
    write(django_log, 2, extra={"status_code": 404})
    heads = [line for line in django_log.lines() if line.startswith(("Failed", "Refused"))]
    assert heads == ["Failed", "Failed", "Refused 0", "Refused 0"]


def test_words_of_a_refused_request_have_no_traceback(django_log: Log) -> None:
    django_log.logger.error("Too many fields", exc_info=ValueError("x"), extra={"status_code": 400})
    assert django_log.lines() == ["Too many fields"]


def test_going_and_coming_back_is_always_written() -> None:
    log = Log("maintenance.tests", OnceAMinute())
    write(log, 3)
    log.close()
    assert len(log.lines()) == 3


def test_handlers_of_a_server_get_the_same_filters() -> None:
    log = Log("gunicorn.tests")
    guard(log.logger)
    for _ in range(3):
        log.logger.warning("Invalid request: %s", "\x1b[31m")
    log.close()
    assert log.lines() == ["Invalid request: [31m"]


@pytest.mark.django_db
def test_error_that_ends_a_command_is_written_without_it(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        refuse()
    except RuntimeError as error:
        write_exception(type(error), error, sys.exc_info()[2])
    said = capsys.readouterr().err
    assert GIVEN not in said
    assert said.splitlines()[-1].startswith("RuntimeError: Not stored: duplicate key value")
