"""README's pictures, made of a browser's screenshots: small, and none without a film that moves."""

from pathlib import Path

import pytest
from PIL import Image

from tools import pictures


@pytest.fixture
def shots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pictures, "ROOT", tmp_path)
    monkeypatch.setattr(pictures, "FOLDER", tmp_path / "docs" / "pictures")
    folder = tmp_path / "shots"
    folder.mkdir()
    for page in pictures.PAGES:
        Image.effect_noise((320, 200), 50).save(folder / f"{page}.png")
    return folder


def film(shots: Path, count: int) -> None:
    for number in range(count):
        Image.new("RGB", (480, 300), (10 * number, 60, 90)).save(shots / f"frame-{number:03d}.png")


def test_each_page_and_the_film_have_a_file_within_its_size(
    shots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "PICTURE_BYTES_MAX", 60_000)  # noise is large at any quality
    film(shots, count=3)
    pictures.write(shots)
    for page in pictures.PAGES:
        path = pictures.FOLDER / f"{page}.webp"
        assert path.stat().st_size <= 60_000
        with Image.open(path) as picture:
            assert picture.size == (320, 200)
    with Image.open(pictures.FOLDER / "filling.webp") as filling:
        assert (filling.size, getattr(filling, "n_frames", 1)) == ((960, 600), 3)


def test_what_is_too_large_at_any_quality_is_refused(
    shots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "PICTURE_BYTES_MAX", 1000)
    film(shots, count=2)
    with pytest.raises(pictures.PictureError, match=r"create\.webp is larger than 1 kB"):
        pictures.write(shots)


def test_a_film_of_one_picture_is_none(shots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PICTURE_BYTES_MAX", 60_000)
    film(shots, count=1)
    with pytest.raises(pictures.PictureError, match="had ended before"):
        pictures.write(shots)
