"""How many guesses a text withstands, by the matchers and the scoring of zxcvbn.

Its one function `zxcvbn.zxcvbn` does not fit: it keeps the caller's words in a dictionary that all threads share, and
it tries each combination of replaced letters, which takes seconds for a text such as "4@8({[<4@8({[<".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from zxcvbn import matching, scoring

LONGEST = 72  # characters, zxcvbn's own limit: its time grows with the square

Match = dict[str, Any]
Dictionaries = dict[str, Mapping[str, int]]

# What stands in the place of a letter; a 1 is an i or an l.
REPLACED = [str.maketrans("4@8(369!05$7+21", f"aabceggiossttz{letter}") for letter in "il"]
MATCHERS = (
    matching.dictionary_match,
    matching.reverse_dictionary_match,
    matching.spatial_match,
    matching.sequence_match,
    matching.regex_match,
    matching.date_match,
)
# "aabaab" is one repetition for the first, "aa" twice for the second.
REPETITIONS = (re.compile(r"(.+)\1+", re.DOTALL), re.compile(r"(.+?)\1+", re.DOTALL))


class Estimate(NamedTuple):
    """The guesses that a text withstands, and the parts that it is guessed as."""

    guesses: Decimal
    parts: list[Match]


def estimate(text: str, known: Mapping[str, Iterable[str]]) -> Estimate:
    """Estimate a case-folded text of at most LONGEST characters.

    The known words, by what they are about, count for nothing in it.
    """
    words = {name: dict.fromkeys(listed, 1) for name, listed in known.items()}
    return _estimate(text, {**words, **matching.RANKED_DICTIONARIES}, frozenset(words))


def shape(text: str) -> str | None:
    """Return how all of a text can be typed without thinking: "sequence" or "spatial", None if it cannot."""
    for find in (matching.sequence_match, matching.spatial_match):
        matches = find(text)
        if sum(len(match["token"]) for match in matches) >= len(text):
            return matches[0]["pattern"]
    return None


def _estimate(text: str, dictionaries: Dictionaries, worthless: frozenset[str]) -> Estimate:
    if not text:
        return Estimate(Decimal(1), [])
    matches = [match for find in MATCHERS for match in find(text, _ranked_dictionaries=dictionaries)]
    for spelled_out in {text.translate(table) for table in REPLACED} - {text}:
        matches += matching.dictionary_match(spelled_out, dictionaries)
    for match in matches:
        if match.get("dictionary_name") in worthless:
            match["guesses"] = 1
    matches += _repetitions(text, dictionaries, worthless)
    # Without the term that takes every further part, whatever it is, for four more digits.
    found = scoring.most_guessable_match_sequence(text, matches, _exclude_additive=True)
    return Estimate(found["guesses"], found["sequence"])


def _repetitions(text: str, dictionaries: Dictionaries, worthless: frozenset[str]) -> Iterator[Match]:
    """Yield what is repeated, worth as much as once; zxcvbn's matcher would not know the dictionaries."""
    for pattern in REPETITIONS:
        for found in pattern.finditer(text):
            yield {
                "pattern": "repeat",
                "i": found.start(),
                "j": found.end() - 1,
                "token": found[0],
                "base_token": found[1],
                "base_guesses": _estimate(found[1], dictionaries, worthless).guesses,
                "repeat_count": len(found[0]) // len(found[1]),
            }
