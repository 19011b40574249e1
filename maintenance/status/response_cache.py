"""Answers that are made once for everybody who asks at the same time."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from threading import Lock

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response

from maintenance.board import process_state
from maintenance.board.process_state import ProcessState

Make = Callable[[ProcessState, datetime], bytes]


@dataclass(frozen=True)
class Document:
    """A body, and the tag by which a client says that it has it already."""

    body: bytes
    etag: str


class ResponseCache:
    """Documents of one kind: at most one for each variant, made anew when something changes or `seconds` have passed.

    What a moment itself changes, for example that a planned closing begins, is shown that much later at most.
    """

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self._known: ProcessState | None = None
        self._period = 0
        self._documents: dict[Hashable, Document] = {}
        self._lock = Lock()

    def get(self, variant: Hashable, make: Make) -> Document:
        """Return the document, made from what is known and the present time. The variants must be few."""
        known, now = process_state.current, timezone.now()
        period = int(now.timestamp()) // self.seconds
        with self._lock:  # the others wait for the one that makes it
            if known is not self._known or period != self._period:
                self._known, self._period, self._documents = known, period, {}
            if variant not in self._documents:
                self._documents[variant] = _document(make(known, now))
            return self._documents[variant]


def answer(request: HttpRequest, document: Document, content_type: str, headers: dict[str, str]) -> HttpResponse:
    """Answer with the document, or 304 to who has it."""
    whole = HttpResponse(document.body, content_type, headers={"ETag": document.etag})
    response = get_conditional_response(request, document.etag, response=whole) or whole
    for name, value in headers.items():
        response[name] = value
    return response


def _document(body: bytes) -> Document:
    return Document(body, f'"{blake2b(body, digest_size=12).hexdigest()}"')
