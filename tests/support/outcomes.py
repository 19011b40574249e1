"""What came of it: what pages say, what was written down."""

import re
from typing import Any

from accounts.models import SecurityEvent
from tests.support.visitor import Visitor, text

# Words that no Indonesian page holds.
ENGLISH = re.compile(r"\b(the|and|you|your|with|has|is|was|are|not|this|that|of|to|from|please)\b", re.IGNORECASE)


def kinds() -> list[str]:
    """Return the kinds of all events, the oldest first."""
    return list(SecurityEvent.objects.order_by("id").values_list("kind", flat=True))


def error_codes(response: Any) -> set[str]:
    """Return the codes of all errors on the page."""
    return {error.code for errors in response.context["form"].errors.as_data().values() for error in errors}


def visible(response: Any) -> str:
    """Return a page's text without its tags."""
    return " ".join(re.sub("<[^>]+>", "", text(response)).split())


def reason_read(visitor: Visitor) -> str | None:
    """Return why the session is over, as the sign-in page tells it."""
    return visitor.open_sign_in().context["end_reason"]
