"""What does not reach a log."""

import logging
import re

# All that follows: a mail program may have put spaces into the token, or capital letters into the path.
LINKS = re.compile(r"/(password-baru|aktivasi|bukan-saya)(?![\w-]).*", re.IGNORECASE | re.DOTALL)


class HideLinks(logging.Filter):
    """Leave the tokens of links in letters out of a line: Django logs the address of a request that failed."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = LINKS.sub(r"/\1/...", record.getMessage()), ()
        return True


class BriefUnavailable(logging.Filter):
    """Leave out that a page was 503 because the portal is closed; where the database failed, say its words in a line.

    Hundreds fail alike before a process knows that its database is gone, and no traceback says where it went.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", None) != 503:
            return True
        if not record.exc_info:
            return False
        reason = " ".join(str(record.exc_info[1]).split())
        record.msg, record.args, record.exc_info = f"{record.getMessage()}: {reason}", (), None
        return True
