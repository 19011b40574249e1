"""The words of a log line: one line, bounded, without secrets and without what a database says of its rows."""

import re
import traceback
from collections.abc import Iterator
from itertools import islice

from maintenance.text.sanitizing import inert

LONGEST = 500  # characters of a message
DEEPEST = 50  # frames of a traceback, those nearest to the mistake
LONGEST_CHAIN = 5  # errors that led to one another

# All that follows: a mail program may have put spaces into the token, or capital letters into the path.
LINKS = re.compile(r"/(password-baru|aktivasi|bukan-saya)(?![\w-]).*", re.IGNORECASE | re.DOTALL)
# PostgreSQL writes rows, statements and parameters into these; in a repr() the line ends are two characters.
DETAIL = re.compile(r"(?:^|\s|\\n)(?:DETAIL|HINT|CONTEXT|QUERY|STATEMENT|WHERE|LINE \d+):\s.*", re.DOTALL)
# And what it was given into these.
GIVEN = re.compile(r'((?:invalid input|out of range|invalid (?:byte|value))[^:"]{0,80}: ?)"[^"]*"?|(value )"[^"]*"?')
OF_DATABASES = ("psycopg", "django.db", "sqlite3")


def safe_line(text: str) -> str:
    """Return what may be written of a message, in one line."""
    bounded = text[: 4 * LONGEST]
    said = inert(GIVEN.sub(r"\1\2...", DETAIL.sub("", LINKS.sub(r"/\1/...", bounded))))
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}..."


def words_of(error: BaseException) -> str:
    """Return what may be written of an error's own words; of a database's, whose language varies, the first line."""
    text = str(error)
    if any(kind.__module__.startswith(OF_DATABASES) for kind in type(error).__mro__):
        text = text.strip().partition("\n")[0]
    return safe_line(text)


def traceback_of(error: BaseException) -> str:
    """Return the traceback of an error and of those that led to it, the first one first."""
    return "\n".join(_traceback(one) for one in reversed(list(islice(_chain(error), LONGEST_CHAIN))))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _traceback(error: BaseException) -> str:
    lines = "".join(traceback.format_tb(error.__traceback__, -DEEPEST))
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return f"Traceback (most recent call last):\n{lines}{kind}: {words_of(error)}"
