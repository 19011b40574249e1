"""What a test takes for granted, such as a match or a row: a test that does not find it fails."""

from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """Return the value, which must be there."""
    assert value is not None, "what should be here is missing"
    return value
