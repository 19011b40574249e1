"""Text of strangers and staff does no harm where it is shown."""

import sys
import unicodedata
from collections.abc import Callable

import pytest

from maintenance.text.sanitizing import inert, visible

SIGNS = [chr(number) for number in range(sys.maxunicode + 1)]
HARMFUL = [sign for sign in SIGNS if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")]


@pytest.mark.parametrize("clean", [visible, inert])
def test_no_harmful_sign_comes_through(clean: Callable[[str], str]) -> None:
    assert clean("".join(HARMFUL)).strip() == ""


def test_what_people_type_stays_as_it_is() -> None:
    typed = "Petik “dua”: é, 誤, 1½, © dan \U0001f600"
    assert visible(typed) == inert(typed) == typed


def test_line_ends_are_spaces_in_one_line_and_nothing_else() -> None:
    assert inert("  satu\r\ndua\u2028tiga\tempat  ") == "satu dua tiga empat"
    assert visible("satu\ndua") == "satudua"
