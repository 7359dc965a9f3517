"""The prompt, small and readable, on a soft plate in a lower corner."""

import functools
import math
import unicodedata

from PIL import Image, ImageDraw, ImageFilter, ImageFont

LINES_MAX = 2
PRINTED_SHARE_MIN = 0.5
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@functools.cache
def _font(size_px: int) -> Font:
    return ImageFont.load_default(size_px)


@functools.cache
def _is_printable(sign: str) -> bool:
    """Whether the embedded font draws this sign and not the box it draws for unknown ones."""
    if sign == " ":
        return True
    font = _font(24)
    drawn, box = font.getmask(sign), font.getmask("\U0010fffd")
    return drawn.getbbox() is not None and bytes(drawn) != bytes(box)


def printable(text: str) -> str:
    """The text in signs the font has: accents dropped where they must be, the rest left out."""
    kept: list[str] = []
    for sign in unicodedata.normalize("NFC", text):
        if sign.isspace() or unicodedata.category(sign).startswith("C"):
            kept.append(" ")
        elif _is_printable(sign):
            kept.append(sign)
        else:
            kept.extend(
                part
                for part in unicodedata.normalize("NFKD", sign)
                if _is_printable(part) and part.isascii()
            )
    return " ".join("".join(kept).split())


def caption_text(prompt: str, title: str) -> str:
    """The prompt, or the scene's title when most of the prompt's letters cannot be printed."""
    head = prompt[:400]
    text = printable(head)
    letters = sum(sign.isalpha() for sign in head)
    printed = sum(sign.isalpha() for sign in text)
    if letters and printed < letters * PRINTED_SHARE_MIN:
        return printable(title)
    return text


def wrap(text: str, font: Font, width_px: float) -> list[str]:
    """At most two lines; a word longer than a line is cut, and what does not fit ends in dots."""
    lines: list[str] = []
    rest = text
    while rest and len(lines) < LINES_MAX:
        if font.getlength(rest) <= width_px:
            return [*lines, rest]
        is_last = len(lines) == LINES_MAX - 1
        fits = _fitting(rest, font, width_px, "..." if is_last else "")
        cut = rest.rfind(" ", 0, fits + 1)
        cut = cut if cut > 0 else fits
        lines.append(rest[:cut].rstrip(" ,;:.") + ("..." if is_last else ""))
        rest = rest[cut:].lstrip()
    return lines


def _fitting(text: str, font: Font, width_px: float, ending: str) -> int:
    low, high = 1, min(len(text), 400)
    while low < high:
        middle = (low + high + 1) // 2
        if font.getlength(text[:middle] + ending) <= width_px:
            low = middle
        else:
            high = middle - 1
    return low


def write_caption(picture: Image.Image, prompt: str, title: str) -> None:
    text = caption_text(prompt, title)
    if not text:
        return
    edge_px = math.sqrt(picture.width * picture.height)
    size_px = round(min(34.0, max(8.0, edge_px * 0.021)))
    font = _font(size_px)
    pad, margin = size_px * 0.55, max(2.0, size_px * 0.9)
    lines = wrap(text, font, min(picture.width - 2 * margin - 2 * pad, size_px * 26))
    wide = max(font.getlength(line) for line in lines) + 2 * pad
    high = len(lines) * size_px * 1.25 + 1.3 * pad
    left, top = margin, picture.height - margin - high
    _lay_plate(picture, (left, top, left + wide, top + high), size_px)
    pen = ImageDraw.Draw(picture)
    for i, line in enumerate(lines):
        pen.text(
            (left + pad, top + pad * 0.5 + i * size_px * 1.25),
            line,
            font=font,
            fill=(250, 246, 236),
        )


def _lay_plate(
    picture: Image.Image, plate: tuple[float, float, float, float], size_px: int
) -> None:
    """A dark, rounded, slightly feathered plate: white letters on it read on any picture."""
    feather = max(1, size_px // 6)
    left, top, right, bottom = (round(edge) for edge in plate)
    box = (left - 2 * feather, top - 2 * feather, right + 2 * feather, bottom + 2 * feather)
    mask = Image.new("L", (box[2] - box[0], box[3] - box[1]))
    ImageDraw.Draw(mask).rounded_rectangle(
        (2 * feather, 2 * feather, mask.width - 2 * feather, mask.height - 2 * feather),
        size_px * 0.4,
        fill=176,
    )
    soft = mask.filter(ImageFilter.GaussianBlur(feather * 0.6))
    picture.paste((18, 18, 26), (box[0], box[1]), soft)
