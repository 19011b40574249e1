"""What must not reach a log."""

import logging
import re

LINKS = re.compile(r"/(password-baru|aktivasi|bukan-saya)/[^\s]+")


class HideLinks(logging.Filter):
    """Leave the tokens of links in letters out of a line: Django logs the address of a request that failed."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = LINKS.sub(r"/\1/...", record.getMessage()), ()
        return True
