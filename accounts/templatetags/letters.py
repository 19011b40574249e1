"""How letters write stored text, times and lines."""

import re
import textwrap
from datetime import timedelta

from django import template

from maintenance.text import sanitizing

register = template.Library()

LINE_LENGTH = 72

register.filter("visible", sanitizing.visible)


@register.filter
def hours(duration: timedelta) -> int:
    return int(duration.total_seconds() // 3600)


@register.filter(is_safe=True)
def plain(text: str) -> str:
    """Return the text part of a letter: short lines, one empty line between paragraphs; links stay whole."""
    paragraphs = [map(str.strip, paragraph.splitlines()) for paragraph in re.split(r"\n\s*\n", text.strip())]
    return "\n\n".join("\n".join(map(_wrap, lines)) for lines in paragraphs)


def _wrap(line: str) -> str:
    return textwrap.fill(line, LINE_LENGTH, break_long_words=False, break_on_hyphens=False)
