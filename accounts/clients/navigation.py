"""What a browser says about why it asks: somebody opens a page, or something is fetched in the background."""

from django.http import HttpRequest

# In which header which browsers say that nobody may ever look at the answer.
PREFETCH_HEADERS = ("Sec-Purpose", "Purpose", "X-Moz")
SCRIPT = "XMLHttpRequest"
PAGE = "document"


def is_prefetch(request: HttpRequest) -> bool:
    """Tell whether the page is fetched in case somebody opens it."""
    return any("prefetch" in request.headers.get(name, "").lower() for name in PREFETCH_HEADERS)


def is_from_script(request: HttpRequest) -> bool:
    """Tell whether a script of a page asks, not a person."""
    return request.headers.get("X-Requested-With") == SCRIPT


def opens_page(request: HttpRequest) -> bool:
    """Tell whether somebody opens the page: not its head alone, not as a picture or a frame of another page.

    Old browsers do not say what they fetch for: theirs count as pages.
    """
    is_page = request.headers.get("Sec-Fetch-Dest", PAGE) == PAGE
    return request.method != "HEAD" and is_page and not is_prefetch(request)
