"""The WSGI application that web servers call."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pcare.settings")

CHARSET = re.compile(r';\s*charset[^;=]*=\s*("[^"]*"|[^;]*)', re.IGNORECASE)
django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Read every request as UTF-8, as our pages send it: Django trips over some of the charsets one can claim."""
    environ["CONTENT_TYPE"] = CHARSET.sub("", environ.get("CONTENT_TYPE", ""))
    return django(environ, start_response)
