"""How often the same thing is written: strangers cause lines, and can cause thousands."""

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

PERIOD = 60.0  # seconds
# Whose lines others can cause by what they send; the lines of the watcher tell when something went and came back.
CAUSED = ("accounts", "django", "gunicorn")


@dataclass
class Window:
    """The time in which a kind of line is written once."""

    until: float  # on time.monotonic
    left_out: int = 0


class OnceAMinute(logging.Filter):
    """Write the first line of each kind, and after a minute how many more there were, in each process."""

    def __init__(self, period: float = PERIOD) -> None:
        super().__init__()
        self.period = period
        self.windows: dict[tuple[Any, ...], Window] = {}
        self.lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in CAUSED or hasattr(record, "left_out"):
            return True
        kind, now = kind_of(record), time.monotonic()
        with self.lock:
            window = self.windows.get(kind)
            if window is None or now >= window.until:
                self.windows[kind] = Window(now + self.period)
                return True
            window.left_out += 1
            is_first = window.left_out == 1
        if is_first:
            self._sum_up_at_its_end(window, record)
        return False

    def _sum_up_at_its_end(self, window: Window, record: logging.LogRecord) -> None:
        timer = threading.Timer(window.until - time.monotonic(), sum_up, [window, record])
        timer.daemon = True
        timer.start()


def kind_of(record: logging.LogRecord) -> tuple[Any, ...]:
    """Return what makes two lines the same kind: the places in the code, which nobody outside chooses."""
    error = record.exc_info[1] if record.exc_info else None
    trace = error.__traceback__ if error else None
    while trace and trace.tb_next:
        trace = trace.tb_next
    raised = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else None
    status = getattr(record, "status_code", None)
    return record.name, record.levelno, record.pathname, record.lineno, status, type(error), raised


def sum_up(window: Window, record: logging.LogRecord) -> None:
    """Write how many lines were left out, with one of them as an example."""
    said = f"{window.left_out} more like this in the last minute: {record.msg}"
    place = record.name, record.levelno, record.pathname, record.lineno
    summary = logging.LogRecord(*place, msg=said, args=(), exc_info=None)
    summary.args = record.args  # put together, and cleaned, where every line is
    summary.left_out = window.left_out
    logging.getLogger(record.name).handle(summary)
