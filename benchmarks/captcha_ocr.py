"""Measures how many sign-in pictures the OCR library ddddocr solves; two in five is the most we accept."""

import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from random import Random

from PIL import Image, ImageFilter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from accounts.captcha import picture  # noqa: E402 - the path above makes it importable.

ALPHABET = "ABCDEFGHJKMNPRSTWXYZ"
LENGTH = 6
PICTURES = 300
MOST_SOLVED = 0.40
HOW_TO_INSTALL = (
    "ddddocr is not installed: in a separate environment run 'pip install ddddocr pillow"
    " django-simple-captcha' and start this script with that environment's python."
)


def samples(count: int) -> list[tuple[str, bytes]]:
    """Return answers with their pictures, the same ones at every run."""
    rng = Random(1)
    answers = ["".join(rng.choices(ALPHABET, k=LENGTH)) for _ in range(count)]
    return [(answer, picture.draw(answer, f"benchmark {i}".encode())) for i, answer in enumerate(answers)]


def cleaned(png: bytes) -> bytes:
    """Return the picture after a median filter, the usual first step of an attacker."""
    out = BytesIO()
    Image.open(BytesIO(png)).convert("L").filter(ImageFilter.MedianFilter(3)).save(out, "PNG")
    return out.getvalue()


def solved_share(read: Callable[[bytes], str], pictures: list[tuple[str, bytes]]) -> float:
    """Return the share of pictures read letter for letter, upper or lower case."""
    return sum(read(png).upper() == answer for answer, png in pictures) / len(pictures)


def main() -> int:
    """Print the figures; the exit code is 1 when the OCR solves more than we accept."""
    started = time.process_time()
    raw = samples(PICTURES)
    milliseconds = (time.process_time() - started) * 1000 / PICTURES
    sizes = sorted(len(png) for _, png in raw)
    print(f"{milliseconds:.1f} ms CPU a picture, {sizes[len(sizes) // 2]} bytes median, {sizes[-1]} most")
    if find_spec("ddddocr") is None:
        print(HOW_TO_INSTALL)
        return 0
    from ddddocr import DdddOcr  # noqa: PLC0415 - optional, and never a dependency of the project.

    filtered = [(answer, cleaned(png)) for answer, png in raw]
    best = 0.0
    for name, beta in (("old", False), ("beta", True)):
        read = DdddOcr(show_ad=False, beta=beta).classification
        for filter_name, pictures in (("as drawn", raw), ("median filter", filtered)):
            share = solved_share(read, pictures)
            best = max(best, share)
            print(f"model {name}, {filter_name}: {share:.1%} of {PICTURES} solved")
    print(f"best {best:.1%}, accepted {MOST_SOLVED:.0%}")
    return int(best > MOST_SOLVED)


if __name__ == "__main__":
    sys.exit(main())
