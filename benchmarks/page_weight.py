"""The bytes that the sign-in page and what it needs are on the wire."""

import re

from benchmarks.figure import Figure
from benchmarks.site import Browser, database, site
from tests.support.servers.servers import PostgreSQL

NEEDED = re.compile(r'(?:src|<link [^>]*href)="([^"]+)"')


def figures(postgres: PostgreSQL) -> list[Figure]:
    with database(postgres, "weight") as empty, site(postgres, empty) as portal:
        browser = portal.browser()
        page = browser.open_sign_in()
        needed = [size(browser, path) for path in sorted(set(NEEDED.findall(page.text)))]
        sizes = [("html", page.num_bytes_downloaded), *needed]
    total = sum(count for _, count in sizes)
    return [Figure("sign-in page, bytes on the wire", f"{total} = " + " + ".join(f"{n} {kind}" for kind, n in sizes))]


def size(browser: Browser, path: str) -> tuple[str, int]:
    """Return what a file is and how many bytes its body was sent in, gzip as served."""
    response = browser.client.get(path)
    kind = response.headers["Content-Type"].partition(";")[0].rpartition("/")[2]
    return kind, response.num_bytes_downloaded
