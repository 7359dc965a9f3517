"""Paints the studio's small pictures anew: `python -m tools.style_pictures`. One of each style, which the
prompt bar shows, and one of each example prompt. The built-in painter makes them: always the same ones."""

from __future__ import annotations

import io
import sys
import tomllib
from pathlib import Path

from PIL import Image

from tools.setup import ROOT

PUBLIC = ROOT / "web" / "public"
# The same for all styles, so that only the style differs.
SUBJECT = "a lighthouse on a cliff at dusk"
# As `words/create.ts` has them, in their order; the style is what each of them asks for.
EXAMPLES = (
    ("A lighthouse at dusk", "ink"),
    ("Harbour in fog, muted greens", "watercolor"),
    ("An owl in soft light", "flat-poster"),
)
SEED = 7
PAINTED_PX = 512
EDGE_PX = 192


def save(prompt: str, style: str, file: Path) -> None:
    from painter.painting import paint  # noqa: PLC0415 - its folder is on the path only now

    content = paint(prompt, seed=SEED, width=PAINTED_PX, height=PAINTED_PX, style=style)
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    # Below the caption there is nothing to see at this size.
    side = round(PAINTED_PX * 0.86)
    left = (PAINTED_PX - side) // 2
    square = picture.crop((left, 0, left + side, side))
    file.parent.mkdir(parents=True, exist_ok=True)
    square.resize((EDGE_PX, EDGE_PX), Image.Resampling.LANCZOS).save(file, quality=80, method=6)


def main() -> None:
    sys.path.insert(0, str(ROOT / "functions"))
    catalogue = tomllib.loads((ROOT / "functions" / "catalogue.toml").read_text(encoding="utf-8"))
    for style in catalogue["styles"]:
        save(SUBJECT, style, PUBLIC / "styles" / f"{style}.webp")
    for number, (prompt, style) in enumerate(EXAMPLES, start=1):
        save(prompt, style, PUBLIC / "examples" / f"{number}.webp")


if __name__ == "__main__":
    main()
