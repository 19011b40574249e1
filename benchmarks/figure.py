"""A figure: what was measured, what it must be, and the table of all of them."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

TITLES = ("figure", "measured", "target", "holds")


@dataclass(frozen=True)
class Figure:
    """One line of the table; without a target it only informs."""

    name: str
    measured: str
    target: str = ""
    holds: bool | None = None


class BenchmarkError(Exception):
    """The portal did not do what was to be measured; says what it did."""


def exactly(name: str, measured: int, target: int) -> Figure:
    return Figure(name, str(measured), str(target), measured == target)


def at_most(name: str, measured: float, limit: float, unit: str = "") -> Figure:
    """Return a figure with a limit; `unit` is a format such as "{:.2f} x"."""
    unit = unit or "{}"
    return Figure(name, unit.format(measured), f"at most {unit.format(limit)}", measured <= limit)


def table(figures: Sequence[Figure]) -> str:
    """Return the figures below each other, each column as wide as it has to be."""
    verdict = {True: "yes", False: "NO", None: ""}
    rows = [TITLES, *((*astuple(figure)[:3], verdict[figure.holds]) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(TITLES))]
    rows.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
