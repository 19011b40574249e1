"""The same sign-ins at two sites in turn: how many times more they cost at the second one."""

from dataclasses import dataclass, field
from statistics import median

from benchmarks.processor import Spent, spend
from benchmarks.site import Site

BLOCKS = 9
BLOCK = 12
WARM_UP = 15
MOST_TIMES = 1.2


@dataclass
class Series:
    """The sign-ins of one site: which accounts they are of, what they took."""

    site: Site
    step: int
    sent: int = 0
    spent: list[Spent] = field(default_factory=list)

    def send(self, count: int, password: str, expected: int) -> None:
        """Sign in to so many more accounts, each from a browser and an address of its own."""
        numbers = range(self.sent + 1, self.sent + count + 1)
        browsers = [self.site.ready(f"198.18.{number // 256}.{number % 256}") for number in numbers]

        def posts() -> None:
            for number, browser in zip(numbers, browsers, strict=True):
                browser.send_prepared(f"klinik{number * self.step}", password, expected)

        self.spent.append(spend(self.site.web, self.site.postgres, posts, count))
        self.sent += count

    def middle(self) -> Spent:
        return Spent(median(each.web for each in self.spent), median(each.postgres for each in self.spent))


def compare(pair: tuple[Site, Site], accounts: tuple[int, int], password: str, expected: int) -> tuple[Spent, Spent]:
    """Return what a POST takes at either site; the accounts are spread over all that the site has."""
    most = WARM_UP + BLOCKS * BLOCK
    series = [Series(site, count // most) for site, count in zip(pair, accounts, strict=True)]
    for each in series:
        each.send(WARM_UP, password, expected)
        each.spent.clear()
    for _ in range(BLOCKS):
        for each in series:
            each.send(BLOCK, password, expected)
    return series[0].middle(), series[1].middle()
