"""What every log line goes through, whoever writes it: the portal, Django, gunicorn, Celery, a command."""

import logging
import sys
from types import TracebackType

from pcare.logs.repeats import OnceAMinute
from pcare.logs.text import safe_line, traceback_of, words_of


class BriefUnavailable(logging.Filter):
    """Leave out that a page was 503 because the portal is closed; where the database failed, say its words in a line.

    Hundreds fail alike before a process knows that its database is gone, and no traceback says where it went.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", None) != 503:
            return True
        if not record.exc_info or not record.exc_info[1]:
            return False
        reason = words_of(record.exc_info[1])
        record.msg, record.args, record.exc_info = f"{record.getMessage()}: {reason}", (), None
        return True


class BriefRefusal(logging.Filter):
    """Leave out where in the code a request was refused: what was wrong with it is the client's doing."""

    def filter(self, record: logging.LogRecord) -> bool:
        if 400 <= getattr(record, "status_code", 0) < 500 or record.name.startswith("django.security"):
            record.exc_info = record.exc_text = None
        return True


class SafeText(logging.Filter):
    """Write each message in one bounded line; let no formatter read a traceback that has not been cleaned."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = safe_line(_message(record)), ()
        error = record.exc_info[1] if record.exc_info else None
        if error:
            record.exc_text = traceback_of(error)
        record.exc_info = None
        return True


def _message(record: logging.LogRecord) -> str:
    if isinstance(record.args, tuple):
        record.args = tuple(words_of(arg) if isinstance(arg, BaseException) else arg for arg in record.args)
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return str(record.msg)


def guard(logger: logging.Logger) -> None:
    """Let the lines of a server that brings handlers of its own go through the same."""
    for handler in logger.handlers:
        for one in (BriefRefusal(), OnceAMinute(), SafeText()):
            handler.addFilter(one)


def write_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Write what ends a command to stderr; takes the place of sys.excepthook."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        print(traceback_of(error.with_traceback(trace)), file=sys.stderr)
