"""The sign-in picture is repeatable, private in its randomness, small, and shows every letter."""

import random
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from PIL import Image

from accounts.captcha.picture import HEIGHT, WIDTH, draw

ALPHABET = "ABCDEFGHJKMNPRSTWXYZ"
MOST_BYTES = 6 * 1024
DARK, LIGHT = 80, 200  # Grey levels of 255 that only ink, and only paper, can have.


def _grey(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png)).convert("L")


def _ink_box(picture: Image.Image) -> tuple[int, int, int, int]:
    box = picture.point(lambda level: 255 if level < LIGHT else 0).getbbox()
    assert box is not None
    return box


def _extremes(picture: Image.Image) -> tuple[float, float]:
    """Return the darkest and the lightest shade of a grey picture."""
    darkest, lightest = picture.getextrema()
    assert not isinstance(darkest, tuple) and not isinstance(lightest, tuple)
    return darkest, lightest


def _answers(count: int) -> list[str]:
    rng = random.Random(3)
    return ["".join(rng.choices(ALPHABET, k=6)) for _ in range(count)]


def test_same_letters_and_seed_give_the_same_bytes() -> None:
    assert draw("ABCDEF", b"one") == draw("ABCDEF", b"one")


def test_another_seed_gives_another_picture() -> None:
    assert draw("ABCDEF", b"one") != draw("ABCDEF", b"two")


def test_other_letters_give_another_picture() -> None:
    assert draw("ABCDEF", b"one") != draw("ABCDEG", b"one")


def test_global_random_state_is_untouched() -> None:
    before = random.getstate()
    draw("ABCDEF", b"one")
    assert random.getstate() == before


def test_global_random_state_has_no_say() -> None:
    random.seed(1)
    first = draw("ABCDEF", b"one")
    random.seed(2)
    assert draw("ABCDEF", b"one") == first


def test_picture_is_a_png_of_the_announced_size() -> None:
    picture = Image.open(BytesIO(draw("ABCDEF", b"one")))
    picture.load()
    assert picture.format == "PNG"
    assert picture.size == (WIDTH, HEIGHT)


@pytest.mark.parametrize("letters", ["WWWWWW", "MMMMMM", "JJJJJJ", *_answers(40)])
def test_picture_is_small_and_nothing_is_cut_off(letters: str) -> None:
    png = draw(letters, b"size")
    left, top, right, bottom = _ink_box(_grey(png))
    assert len(png) <= MOST_BYTES
    assert left > 0 and top > 0 and right < WIDTH and bottom < HEIGHT


def test_threads_draw_the_same_bytes_as_one_after_another() -> None:
    work = [(letters, f"seed {i}".encode()) for i, letters in enumerate(_answers(64))]
    with ThreadPoolExecutor(max_workers=8) as threads:
        together = list(threads.map(lambda job: draw(*job), work))
    assert together == [draw(*job) for job in work]


@pytest.mark.parametrize("letters", _answers(20))
def test_six_letters_have_ink_in_each_sixth_of_the_row(letters: str) -> None:
    picture = _grey(draw(letters, b"columns"))
    left, _, right, _ = _ink_box(picture)
    for i in range(6):
        start, end = (left + (right - left) * step // 6 for step in (i, i + 1))
        darkest, lightest = _extremes(picture.crop((start, 0, end, HEIGHT)))
        assert darkest < DARK and lightest > LIGHT


@pytest.mark.parametrize("letter", ALPHABET)
def test_each_letter_leaves_its_own_ink(letter: str) -> None:
    picture = _grey(draw(letter, b"alone"))
    left, top, right, bottom = _ink_box(picture)
    assert _extremes(picture)[0] < DARK
    assert bottom - top > HEIGHT / 3
    assert right - left > WIDTH / 30


def test_no_two_letters_look_the_same() -> None:
    assert len({draw(letter, b"alone") for letter in ALPHABET}) == len(ALPHABET)
