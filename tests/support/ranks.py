"""Whether times can be told apart: a rank test over interleaved measurements."""

import math
from collections.abc import Callable
from statistics import median

PAIRS = 200
RUNS = 3  # one run in a hundred looks suspicious by chance; three in a row do not
SUSPICIOUS = 0.01


def signed_rank(differences: list[float]) -> float:
    """Return the two-sided p of Wilcoxon's signed-rank test (normal approximation) that the median is 0."""
    ranked = sorted((abs(difference), difference > 0) for difference in differences if difference)
    count = len(ranked)
    positive = sum(rank for rank, (_, above) in enumerate(ranked, start=1) if above)
    mean = count * (count + 1) / 4
    deviation = math.sqrt(count * (count + 1) * (2 * count + 1) / 24)
    return math.erfc(abs(positive - mean) / deviation / math.sqrt(2))


def told_apart(kinds: set[str], measure: Callable[[int], dict[str, float]]) -> set[str]:
    """Return the kinds whose time differs from that of "unknown" in each of RUNS runs of PAIRS rounds.

    `measure` is told the number of the round and returns the seconds of each kind.
    """
    suspects = set(kinds)
    for run in range(RUNS):
        rounds = [measure(run * PAIRS + number) for number in range(PAIRS)]
        for kind in sorted(suspects):
            differences = [seconds[kind] - seconds["unknown"] for seconds in rounds]
            p = signed_rank(differences)
            print(f"{kind}: p = {p:.4f}, median difference {median(differences) * 1e3:.3f} ms")
            if p > SUSPICIOUS:
                suspects.discard(kind)
        if not suspects:
            break
    return suspects
