"""What staff type about the portal, made harmless to show."""

import unicodedata

# Escapes, bidirectional and invisible marks, surrogates, private and unknown signs. Line ends count as spaces.
CONTROL_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn"}


def inert(text: str) -> str:
    """Return the text in one line, without what changes how the rest is read or shown."""
    in_one_line = " ".join(text.split())
    return "".join(sign for sign in in_one_line if unicodedata.category(sign) not in CONTROL_CATEGORIES).strip()
