"""Draws the studio's icons anew: `python -m tools.icons`. Their shapes are here and nowhere else: a picture
with a sun and two hills, in the accent of `web/styles/theme.css`."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw

from tools.setup import ROOT

WEB = ROOT / "web"
ACCENT, WHITE = "#2163c8", "#ffffff"
FINER = 4  # drawn larger and scaled down, for smooth edges
# In hundredths of the side: the frame, the sun and the hills within the circle that a mask leaves.
FRAME, FRAME_RADIUS, STROKE = (24, 27, 76, 73), 7, 5
SUN = (34, 35, 44, 45)
HILLS = [(27, 69), (42, 50), (51, 60), (60, 46), (73, 69)]


def draw(size: int, corner: float) -> Image.Image:
    """A square of `size` pixels; `corner` is its rounding in hundredths, 0 where a mask will cut it."""
    side = size * FINER
    unit = side / 100
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((0, 0, side - 1, side - 1), corner * unit, fill=ACCENT)
    frame = tuple(edge * unit for edge in FRAME)
    pen.rounded_rectangle(frame, FRAME_RADIUS * unit, outline=WHITE, width=round(STROKE * unit))
    pen.ellipse(tuple(edge * unit for edge in SUN), fill=WHITE)
    pen.polygon([(x * unit, y * unit) for x, y in HILLS], fill=WHITE)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def svg() -> str:
    left, top, right, bottom = FRAME
    inset = STROKE / 2
    frame = (
        f'<rect x="{left + inset}" y="{top + inset}" width="{right - left - STROKE}" '
        f'height="{bottom - top - STROKE}" rx="{FRAME_RADIUS - inset}" fill="none" '
        f'stroke="{WHITE}" stroke-width="{STROKE}"/>'
    )
    radius = (SUN[2] - SUN[0]) / 2
    sun = f'<circle cx="{SUN[0] + radius}" cy="{SUN[1] + radius}" r="{radius}" fill="{WHITE}"/>'
    hills = f'<path d="M{" L".join(f"{x} {y}" for x, y in HILLS)}Z" fill="{WHITE}"/>'
    ground = f'<rect width="100" height="100" rx="22" fill="{ACCENT}"/>'
    shapes = ground + frame + sun + hills
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{shapes}</svg>\n'


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
