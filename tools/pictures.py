"""README's pictures, made from the running studio: `make pictures` writes them to docs/pictures.

A browser makes screenshots of three pages, and one whenever a batch has got further; here they become WebP
files of a modest size. What they show is painted by the built-in renderer, so it is the same each time; what
the time is, and in which order rows end, is not.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PIL import Image

from tools.browser import NoChromiumError, find_chromium, playwright, run, variables_of
from tools.console import complain, say
from tools.seed import seed
from tools.setup import ROOT
from tools.suite import FAILURES, Suite

FOLDER = ROOT / "docs" / "pictures"
PAGES = ("create", "library", "batch")
LIMIT_S = 1800
PICTURE_BYTES_MAX = 150_000
FILM_BYTES_MAX = 1_000_000
FILM_WIDTH = 960
FRAME_MS = 350
LAST_FRAME_MS = 3000
QUALITIES = (85, 75, 65, 55, 45, 35)


class PictureError(Exception):
    """The pictures could not be made; the message says why."""


def main() -> int:
    try:
        with tempfile.TemporaryDirectory() as folder, Suite() as suite:
            seed(suite.addresses)
            shots = Path(folder)
            take(suite, shots)
            write(shots)
    except (*FAILURES, NoChromiumError, PictureError) as error:
        complain(str(error))
        return 1
    return 0


def take(suite: Suite, shots: Path) -> None:
    """Has a browser put its screenshots into the folder."""
    say("Making pictures in the browser")
    command = playwright("e2e/face.config.ts")
    done = run(command, LIMIT_S, **variables_of(suite, find_chromium(), shots))
    if done.returncode:
        raise PictureError(f"{done.stdout[-3000:]}\n{done.stderr[-1000:]}")


def write(shots: Path) -> None:
    """Makes README's files of the screenshots: `create.png` …, and `frame-000.png` … for the film."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for page in PAGES:
        with Image.open(shots / f"{page}.png") as shot:
            picture = shot.convert("RGB")
        _small(FOLDER / f"{page}.webp", PICTURE_BYTES_MAX, partial(_picture, picture))
    frames = [_narrow(shot) for shot in sorted(shots.glob("frame-*.png"))]
    if not frames[1:]:
        raise PictureError("The batch had ended before it was seen.")
    _small(FOLDER / "filling.webp", FILM_BYTES_MAX, partial(_film, frames))


def _narrow(path: Path) -> Image.Image:
    with Image.open(path) as shot:
        height = round(shot.height * FILM_WIDTH / shot.width)
        return shot.convert("RGB").resize((FILM_WIDTH, height), Image.Resampling.LANCZOS)


def _picture(picture: Image.Image, path: Path, quality: int) -> None:
    picture.save(path, quality=quality, method=6)


def _film(frames: Sequence[Image.Image], path: Path, quality: int) -> None:
    frames[0].save(
        path,
        save_all=True,
        append_images=frames[1:],
        duration=[*[FRAME_MS] * (len(frames) - 1), LAST_FRAME_MS],
        loop=0,
        quality=quality,
        method=4,
    )


def _small(path: Path, bytes_max: int, save: Callable[[Path, int], None]) -> None:
    """Saves it as well as its size allows."""
    for quality in QUALITIES:
        save(path, quality)
        if path.stat().st_size <= bytes_max:
            say(f"  {path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
            return
    raise PictureError(f"{path.name} is larger than {bytes_max / 1000:.0f} kB at any quality.")


if __name__ == "__main__":
    sys.exit(main())
