"""Draws the studio's icons anew: `python -m tools.icons`. They are the mark of the studio's rail, in white on
the accent of `web/styles/theme.css`."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw

from tools.setup import ROOT

WEB = ROOT / "web"
ACCENT, WHITE = "#2163c8", "#ffffff"
FINER = 4  # drawn larger and scaled down, for smooth edges
# The mark's corners and its stroke, in hundredths of the side: within the circle that a mask leaves.
MARK = [(29, 70), (29, 33), (50, 54), (71, 33), (71, 70)]
STROKE = 8


def draw(size: int, corner: float) -> Image.Image:
    """A square of `size` pixels; `corner` is its rounding in hundredths, 0 where a mask will cut it."""
    side = size * FINER
    unit = side / 100
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((0, 0, side - 1, side - 1), corner * unit, fill=ACCENT)
    corners = [(x * unit, y * unit) for x, y in MARK]
    pen.line(corners, fill=WHITE, width=round(STROKE * unit))
    for x, y in corners:  # round ends and joints
        half = round(STROKE * unit) / 2
        pen.ellipse((x - half, y - half, x + half, y + half), fill=WHITE)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def svg() -> str:
    line = " ".join(f"{x},{y}" for x, y in MARK)
    ground = f'<rect width="100" height="100" rx="22" fill="{ACCENT}"/>'
    stroke = (
        f'stroke="{WHITE}" stroke-width="{STROKE}" stroke-linecap="round" stroke-linejoin="round"'
    )
    mark = f'<polyline points="{line}" fill="none" {stroke}/>'
    title = "<title>MediaForge</title>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{title}{ground}{mark}</svg>\n'


def write(folder: Path) -> None:
    """Into `folder`, which is `web`: where Next and the manifest look for them."""
    icons = folder / "public" / "icons"
    icons.mkdir(parents=True, exist_ok=True)
    for size in (192, 512):
        draw(size, corner=22).save(icons / f"icon-{size}.png", optimize=True)
        draw(size, corner=0).convert("RGB").save(icons / f"maskable-{size}.png", optimize=True)
    draw(180, corner=0).convert("RGB").save(folder / "app" / "apple-icon.png", optimize=True)
    draw(32, corner=22).save(folder / "app" / "favicon.ico")
    (folder / "app" / "icon.svg").write_text(svg(), encoding="utf-8")


if __name__ == "__main__":
    write(WEB)
    sys.exit(0)
