"""Whether a page looks as its picture in the documentation does. The picture is also what is compared with.

Rule 1: both are made small, a block of 16 pixels each side becoming one, so that a letter or a line drawn a little otherwise
does not count; blocks whose colour differs clearly are counted.
Rule 2: blocks that show what moves by itself, such as a live chart, are left out.
Rule 3: a picture carries with it what tells its fonts. Where the machine has others, nothing can be said of it.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

IMAGES = Path(__file__).parents[2] / "docs" / "images"
BLOCK = 16
CLEARLY = 20  # of 255, in one of the three colours
MOST_DIFFERENT = 0.05


class Box(NamedTuple):
    """A part of a page, in pixels."""

    left: float
    top: float
    right: float
    bottom: float


def read(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture)).convert("RGB")


def share_different(shown: Image.Image, wanted: Image.Image, moving: Sequence[Box] = ()) -> float:
    """From 0 (alike) to 1; 1 as well where they are not of one size."""
    if shown.size != wanted.size:
        return 1.0
    counted = ~_covered(shown.size, moving)
    return float((_differing(shown, wanted) & counted).sum() / max(1, counted.sum()))


def marked(shown: Image.Image, wanted: Image.Image) -> Image.Image:
    """What is shown, with the blocks that differ in red, beside what was wanted."""
    both = Image.new("RGB", (shown.width + wanted.width, max(shown.height, wanted.height)))
    red = Image.new("RGB", shown.size, (220, 0, 0))
    mask = Image.new("L", shown.size, 0)
    if shown.size == wanted.size:
        blocks = Image.fromarray((_differing(shown, wanted) * np.uint8(110)).astype(np.uint8))
        mask.paste(blocks.resize((blocks.width * BLOCK, blocks.height * BLOCK), Image.Resampling.NEAREST))
    both.paste(Image.composite(red, shown, mask), (0, 0))
    both.paste(wanted, (shown.width, 0))
    return both


def keep_small(picture: Image.Image, path: Path, fonts: str) -> None:
    """Without loss, and with the fonts that it was drawn with."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, "WEBP", lossless=True, quality=100, method=6, xmp=fonts.encode())


def fonts_of(path: Path) -> str:
    with Image.open(path) as picture:
        return bytes(picture.info.get("xmp", b"")).decode()


def _small(picture: Image.Image) -> np.ndarray:
    columns, rows = picture.width // BLOCK, picture.height // BLOCK
    whole = picture.crop((0, 0, columns * BLOCK, rows * BLOCK))
    return np.asarray(whole.resize((columns, rows), Image.Resampling.BOX), dtype=np.int16)


def _differing(shown: Image.Image, wanted: Image.Image) -> np.ndarray:
    return np.abs(_small(shown) - _small(wanted)).max(axis=2) > CLEARLY


def _covered(size: tuple[int, int], boxes: Sequence[Box]) -> np.ndarray:
    covered = np.zeros((size[1] // BLOCK, size[0] // BLOCK), dtype=bool)
    for left, top, right, bottom in boxes:
        rows = slice(max(0, int(top // BLOCK)), max(0, int(-(-bottom // BLOCK))))
        covered[rows, max(0, int(left // BLOCK)) : max(0, int(-(-right // BLOCK)))] = True
    return covered
