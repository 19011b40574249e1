"""What strangers and staff type, made harmless to show."""

import unicodedata

# Line ends, escapes, bidirectional and invisible marks, surrogates, private and unknown signs.
INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    """Return the text without every character that is not visible, or that would change how the rest reads."""
    return "".join(sign for sign in text if unicodedata.category(sign) not in INVISIBLE_CATEGORIES)


def inert(text: str) -> str:
    """Return the visible text in one line; line ends count as spaces."""
    return visible(" ".join(text.split())).strip()
