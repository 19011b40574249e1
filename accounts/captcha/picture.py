"""Draws the sign-in letters so that a person reads them at a glance and an OCR library seldom does."""

import math
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 360, 120  # Pixels; shown at 240x80 CSS px, so one and a half pixels to each.
MARGIN = 8  # Pixels kept free at every edge; more than the wave can move a letter.
FONT_SIZE = 76  # Letters near half the picture's height: large even on an old monitor.
TILT = math.radians(12)  # Most a letter turns; M and W, N and Z stay apart well beyond this.
SLANT = 0.2  # Most a letter leans, as a share of its height.
GROWTH = 0.08  # Most a letter is larger or smaller than its neighbours.
STEP = 14  # Pixels that letters stand above and below the middle by turns; OCR reads level rows.
STEP_NOISE = 6  # Pixels of chance in that, so that no straight cut frees a row.
BITE = 7  # Pixels a letter reaches into the one before: one stroke, so neither is hidden.
THIN, THIN_BITE = "J", 2  # A lone stroke beside another one must not melt into it.
LEAST_ADVANCE = 0.6  # Of the mean width, from middle to middle: the order stays plain.
LEAST_PIXELS = 30  # The same for narrow letters: no J hides under a T.
BAND = 3  # Pixel rows taken as one when looking where two letters touch.
INK_LEVEL = 100  # A pixel this dark (of 255) counts as part of a letter.
WAVE = 4  # Pixels the whole row is bent by; more makes straight strokes look broken.
WAVE_LENGTH = 150  # Pixels from crest to crest: about two letters.
CELL = 20  # Pixels to a side of the squares the wave is made of; divides WIDTH and HEIGHT.
INK, PAPER = (16, 20, 36), (250, 252, 254)  # Near black on near white, for weak monitors.
SHADES = 16  # Four bits a pixel: smooth edges in a small file.


def draw(letters: str, seed: bytes) -> bytes:
    """Return a PNG of the letters; the same letters and seed give the same picture."""
    rng = Random(seed)  # noqa: S311 - the seed is an HMAC: nobody outside can repeat the draw.
    glyphs = [_tilted(rng, letter) for letter in letters]
    row = _joined(letters, glyphs, _tops(rng, glyphs))
    picture = Image.new("L", (WIDTH, HEIGHT))
    picture.paste(row, ((WIDTH - row.width) // 2, 0))
    return _png(_waved(rng, picture))


@lru_cache(maxsize=64)
def _plain(letter: str) -> Image.Image:
    """Return the upright letter; kept and never changed, so threads may share it."""
    font = _font()
    left, top, right, bottom = font.getbbox(letter)
    glyph = Image.new("L", (math.ceil(right - left) + 4, math.ceil(bottom - top) + 4))
    ImageDraw.Draw(glyph).text((2 - left, 2 - top), letter, 255, font)
    return glyph


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    """Return the font that django-simple-captcha ships; none of its Django modules is imported."""
    return ImageFont.truetype(BytesIO((files("captcha") / "fonts" / "Vera.ttf").read_bytes()), FONT_SIZE)


def _tilted(rng: Random, letter: str) -> Image.Image:
    """Return the letter turned, leaned and sized by chance, cut to its ink."""
    plain = _plain(letter)
    angle, slant = rng.uniform(-TILT, TILT), rng.uniform(-SLANT, SLANT)
    growth = 1 + rng.uniform(-GROWTH, GROWTH)
    cos, sin = math.cos(angle) / growth, math.sin(angle) / growth
    a, b, d, e = cos - slant * sin, sin + slant * cos, -sin, cos
    side = max(plain.size) * 3 // 2
    half = side / 2
    x, y = plain.width / 2 - (a + b) * half, plain.height / 2 - (d + e) * half
    matrix = (a, b, x, d, e, y)
    glyph = plain.transform((side, side), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
    return glyph.crop(_solid(glyph).getbbox())


def _solid(glyph: Image.Image) -> Image.Image:
    """Return the glyph with its faint edge pixels dropped."""
    return glyph.point(lambda level: 255 if level > INK_LEVEL else 0)


def _tops(rng: Random, glyphs: Sequence[Image.Image]) -> list[int]:
    """Return where each glyph's top stands: by turns above and below the middle."""
    step = rng.choice((-STEP, STEP))
    tops = []
    for glyph in glyphs:
        middle = (HEIGHT - glyph.height) / 2
        top = round(middle + step + rng.uniform(-STEP_NOISE, STEP_NOISE))
        tops.append(max(MARGIN, min(top, HEIGHT - MARGIN - glyph.height)))
        step = -step
    return tops


def _joined(letters: str, glyphs: Sequence[Image.Image], tops: Sequence[int]) -> Image.Image:
    """Return the glyphs in one row, each touching the one before, no wider than the picture."""
    lefts = [0]
    sides = [_sides(glyph, top) for glyph, top in zip(glyphs, tops, strict=True)]
    for i in range(1, len(glyphs)):
        before, glyph = glyphs[i - 1], glyphs[i]
        shared = sides[i - 1].keys() & sides[i].keys()
        touch = max((sides[i - 1][band][1] - sides[i][band][0] for band in shared), default=0)
        advance = max(LEAST_ADVANCE * (before.width + glyph.width) / 2, LEAST_PIXELS)
        least = round(advance + (before.width - glyph.width) / 2)
        bite = THIN_BITE if THIN in letters[i - 1 : i + 1] else BITE
        lefts.append(lefts[-1] + max(0, least, touch - bite))
    right = max(left + glyph.width for left, glyph in zip(lefts, glyphs, strict=True))
    row = Image.new("L", (right, HEIGHT))
    for left, top, glyph in zip(lefts, tops, glyphs, strict=True):
        row.paste(255, (left, top), glyph)
    width = min(row.width, WIDTH - 2 * MARGIN)
    return row.resize((width, HEIGHT), Image.Resampling.BILINEAR)


def _sides(glyph: Image.Image, top: int) -> dict[int, tuple[int, int]]:
    """Return the left and right end of the glyph's ink in each band of the picture it crosses."""
    solid = _solid(glyph)
    sides = {}
    for band in range(top // BAND, (top + glyph.height) // BAND + 1):
        start = band * BAND - top
        box = solid.crop((0, start, glyph.width, start + BAND)).getbbox()
        if box:
            sides[band] = (box[0], box[2])
    return sides


def _waved(rng: Random, picture: Image.Image) -> Image.Image:
    """Return the picture bent along two sine waves, one across and one down."""
    start_x, start_y = rng.uniform(0, math.tau), rng.uniform(0, math.tau)
    turn = math.tau / WAVE_LENGTH * rng.uniform(0.8, 1.2)

    def bent(x: int, y: int) -> tuple[float, float]:
        return x + WAVE * math.sin(start_x + turn * y), y + WAVE * math.sin(start_y + turn * x)

    mesh = []
    for left in range(0, WIDTH, CELL):
        for top in range(0, HEIGHT, CELL):
            right, bottom = left + CELL, top + CELL
            corners = *bent(left, top), *bent(left, bottom), *bent(right, bottom), *bent(right, top)
            mesh.append(((left, top, right, bottom), corners))
    size, bilinear = (WIDTH, HEIGHT), Image.Resampling.BILINEAR
    return picture.transform(size, Image.Transform.MESH, mesh, bilinear)


def _png(picture: Image.Image) -> bytes:
    """Return the picture as a PNG in few shades from paper to ink."""
    shaded = picture.point([level * SHADES // 256 for level in range(256)])
    mix = [shade / (SHADES - 1) for shade in range(SHADES)]
    pairs = list(zip(PAPER, INK, strict=True))
    shaded.putpalette([round(paper + (ink - paper) * m) for m in mix for paper, ink in pairs])
    out = BytesIO()
    shaded.save(out, "PNG", bits=4)
    return out.getvalue()
