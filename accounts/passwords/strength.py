"""How guessable a password is, and why."""

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.utils.translation import gettext_lazy as _
from zxcvbn.time_estimates import guesses_to_score

from accounts import policy
from accounts.models import Account
from accounts.passwords import guesses, wordlists
from accounts.passwords.guesses import Estimate, Match

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

GOOD = 4  # of 0 to 4: ten thousand million guesses or more
RUNS = re.compile(r"[^\W\d_]+|\d+")
USUAL_SIGNS = frozenset(" -_.,:/")

REASONS: "dict[str, StrPromise]" = {
    "common": _("Easy to guess: many people use this password. Use several words that do not belong together."),
    "service": _("Easy to guess: words about health care or BPJS. Use words that have nothing to do with your work."),
    "person": _("Easy to guess: your name, user name, or e-mail address. Use words that have nothing to do with you."),
    "place": _(
        "Easy to guess: the name, the code, or the place of your facility or office. Use words that have nothing to "
        "do with it."
    ),
    "favourite": _("Easy to guess: words that many passwords contain. Use words that only you would think of."),
    "keyboard": _("Easy to guess: keys that lie side by side. Use several words that do not belong together."),
    "repetition": _("Easy to guess: the same thing several times. Use several words that are different."),
    "series": _("Easy to guess: a series, such as 1234, abcd, or the days of the week. Use words in no order."),
    "date": _("Easy to guess: a date or a year. Use one more word in its place."),
    "few": _("Easy to guess: too few different words. Add two or three that do not belong together."),
}
# What zxcvbn and the lists call it; whatever has another name is only too little.
CAUSES = {
    "passwords": "favourite",
    "spatial": "keyboard",
    "repeat": "repetition",
    "sequence": "series",
    "year": "date",
    "regex": "date",
    **{name: name for name in ("service", "person", "place", "favourite", "series", "date")},
}


class Judgement(NamedTuple):
    """How hard to guess a password is, from 0 to GOOD; below GOOD one or two sentences say why."""

    score: int
    reasons: "list[StrPromise]"

    @property
    def good(self) -> bool:
        """Whether it may be used."""
        return self.score == GOOD


def judge(password: str, account: Account | None) -> Judgement:
    """Judge a password as somebody would guess it who knows the account; capital letters make no difference."""
    text = policy.normalise_password(password).casefold()
    if {text.strip(), "".join(RUNS.findall(text))} & _common_passwords():
        return Judgement(0, [REASONS["common"]])
    known = {
        "service": wordlists.SERVICE,
        "favourite": wordlists.FAVOURITES,
        "series": wordlists.SERIES,
        "year": wordlists.YEARS,
        **wordlists.of_account(account),
    }
    readings = _readings(text[: guesses.LONGEST])
    estimates = [_times(guesses.estimate(reading, known), factor) for reading, factor in readings.items()]
    score = guesses_to_score(min(estimate.guesses for estimate in estimates))
    return Judgement(score, [] if score == GOOD else _reasons(estimates))


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def _readings(text: str) -> dict[str, int]:
    """Return the text, its letters and digits alone, and these without words that came before.

    Each comes with the factor for the signs it has lost: ten for each different one that is not usual between words.
    """
    runs = RUNS.findall(text)
    signs = 10 ** len({*RUNS.sub("", text)} - USUAL_SIGNS)
    new = [run for place, run in enumerate(runs) if len(run) == 1 or run not in runs[:place]]
    return {"".join(new): signs, "".join(runs): signs, text: 1}


def _times(estimate: Estimate, factor: int) -> Estimate:
    return estimate._replace(guesses=estimate.guesses * factor)


def _reasons(estimates: list[Estimate]) -> "list[StrPromise]":
    """Return what makes up most of the weak readings: at most two causes, each a quarter or more."""
    weight: Counter[str] = Counter()
    for estimate in estimates:
        if guesses_to_score(estimate.guesses) < GOOD:
            for part in estimate.parts:
                weight[_cause(part)] += sum(map(str.isalnum, part["token"]))
    causes = [cause for cause, letters in weight.most_common(2) if letters * 4 >= weight.total()]
    return [REASONS[cause] for cause in causes or ["few"]]


def _cause(part: Match) -> str:
    """Return which of the REASONS a part of a reading is."""
    if len(part["token"]) < wordlists.SHORTEST:
        return "few"
    name = str(part.get("dictionary_name", part["pattern"]))
    if name == "passwords":  # zxcvbn's list holds rows of keys, too
        name = guesses.shape(part["token"]) or name
    return CAUSES.get(name, "few")
