"""The WSGI application that web servers call."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pcare.settings")

BOUNDARY = re.compile(r';\s*boundary=("[^"]*"|[^;\s]*)', re.IGNORECASE)
django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Call Django; an answer to HEAD goes without its body, which no server may send.

    Of the content type only what our pages send is kept: Django trips over some other parameters, before any page.
    """
    sent = environ.get("CONTENT_TYPE", "")
    kept = BOUNDARY.search(sent)
    environ["CONTENT_TYPE"] = sent.partition(";")[0] + (kept[0] if kept else "")
    answer = django(environ, start_response)
    if environ["REQUEST_METHOD"] != "HEAD":
        return answer
    answer.close()
    return []
