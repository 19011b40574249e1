"""What the POST that signs in costs beyond its password hash, next to the packages wired as documented."""

import contextlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figure import Figure, at_most
from benchmarks.processor import Spent, spend
from benchmarks.rows import PASSWORD, add_accounts, add_django_users
from benchmarks.site import Browser, Site, database, site
from tests.support.servers.servers import PostgreSQL

BLOCKS = 8
BLOCK = 20
WARM_UP = 15  # sign-ins until psycopg has prepared every statement
MOST_PERCENT = 40
PORTAL = "benchmarks.settings"
DOCUMENTED = "benchmarks.as_documented.settings"


@dataclass
class Cost:
    """What one sign-in of a block took in milliseconds: its password hash, and everything."""

    hash: float
    spent: Spent

    @property
    def beyond(self) -> float:
        """What it took beyond the hash, in per cent of the hash."""
        return (self.spent.total - self.hash) / self.hash * 100


@dataclass
class Measured:
    """A site with the costs of its blocks: sign-ins from browsers new to the account, and from known ones."""

    site: Site
    hash_times: Path
    strangers: list[Cost] = field(default_factory=list)
    known: list[Cost] = field(default_factory=list)

    def cost(self, work: Callable[[], object]) -> Cost:
        spent = spend(self.site.web, self.site.postgres, work, BLOCK)
        seconds = [float(line) for line in self.hash_times.read_text().split()[-BLOCK:]]
        return Cost(sum(seconds) / BLOCK * 1000, spent)


def figures(postgres: PostgreSQL) -> list[Figure]:
    accounts = WARM_UP + BLOCKS * BLOCK
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(tempfile.NamedTemporaryFile())
        env: dict[str, Any] = {"HASH_TIMES_FILE": file.name}
        ours = stack.enter_context(database(postgres, "cost"))
        theirs = stack.enter_context(database(postgres, "documented", DOCUMENTED, **env))
        add_accounts(ours, accounts)
        add_django_users(theirs, accounts)
        portal = Measured(stack.enter_context(site(postgres, ours, PORTAL, **env)), Path(file.name))
        documented = Measured(stack.enter_context(site(postgres, theirs, DOCUMENTED, **env)), Path(file.name))
        measure(portal, documented)
    return lines(portal, documented)


def measure(portal: Measured, documented: Measured) -> None:
    """Take the sites block by block in turn, so that a machine that slows down slows both of them."""
    for each in (portal, documented):
        sign_in([each.site.ready() for _ in range(WARM_UP)], 1)
    for first in range(WARM_UP + 1, WARM_UP + BLOCKS * BLOCK, BLOCK):
        for each in (portal, documented):
            # Each from an address of its own: one alone would be refused so many captchas.
            browsers = [each.site.ready(f"198.51.100.{number}") for number in range(BLOCK)]
            each.strangers.append(each.cost(partial(sign_in, browsers, first)))
            for browser in browsers:
                browser.forget_session()
                browser.read_sign_in_page()
            each.known.append(each.cost(partial(sign_in, browsers, first)))


def sign_in(browsers: list[Browser], first: int) -> None:
    """Sign one account after the other in, each from a browser of its own."""
    for number, browser in enumerate(browsers, first):
        browser.send_prepared(f"klinik{number}", PASSWORD)


def lines(portal: Measured, documented: Measured) -> list[Figure]:
    name, percent = "processor time beyond the hash, sign-in of {}", "{:.0f} %"
    theirs = median(cost.beyond for cost in documented.strangers)
    figures = [
        at_most(name.format(who), median(cost.beyond for cost in costs), MOST_PERCENT, percent)
        for who, costs in (("a stranger", portal.strangers), ("a known browser", portal.known))
    ]
    hashing = median(cost.hash for cost in portal.strangers)
    web = median(cost.spent.web - cost.hash for cost in portal.strangers)
    postgres = median(cost.spent.postgres for cost in portal.strangers)
    return [
        *figures,
        Figure("the same of the packages as documented", percent.format(theirs), "60 to 80 % expected"),
        Figure("milliseconds of a stranger's sign-in", f"hash {hashing:.1f}, web {web:.1f}, PostgreSQL {postgres:.1f}"),
    ]
