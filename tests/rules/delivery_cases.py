"""Whether a generated file may be read: the file asked for, by whom, and what the views say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JOB, OTHER_JOB = "0a1b2c", "0a1b2c3d"
OWNER, STRANGER = "ann", "bob"
IMAGES, VIDEOS = f"generations/{OWNER}/images", f"generations/{OWNER}/videos"
IMAGE, VIDEO = f"generating/{OWNER}/image", f"generating/{OWNER}/video"

Views = Mapping[str, Mapping[str, Any]]


def delivered(*paths: str, **fields: Any) -> dict[str, Any]:
    """The view of a job that was completed with these files."""
    return {"generated": True, "generation_data": {"storage_paths": list(paths)}, **fields}


UNDER_WAY = {"status": "processing", "generated": False, "generation_data": None}
TWO = {f"{IMAGES}/{JOB}": delivered(f"{IMAGE}/{JOB}_0.png", f"{IMAGE}/{JOB}_1.png")}
ONE = {f"{IMAGES}/{JOB}": delivered(f"{IMAGE}/{JOB}.png")}
FILM = {f"{VIDEOS}/{JOB}": delivered(f"{VIDEO}/{JOB}.mp4")}


@dataclass(frozen=True)
class Case:
    """`reads` is how many documents the rule asks for."""

    name: str
    path: str
    is_allowed: bool
    views: Views = field(default_factory=dict)
    uid: str | None = OWNER
    reads: int = 1

    def __str__(self) -> str:
        return f"{self.name}-{'allowed' if self.is_allowed else 'denied'}"


CASES = [
    Case("the-only-picture", f"{IMAGE}/{JOB}.png", True, ONE),
    Case("the-first-of-two", f"{IMAGE}/{JOB}_0.png", True, TWO),
    Case("the-last-of-two", f"{IMAGE}/{JOB}_1.png", True, TWO),
    Case("its-thumbnail", f"{IMAGE}/{JOB}_0_thumb.webp", True, ONE),
    Case("the-last-thumbnail", f"{IMAGE}/{JOB}_1_thumb.webp", True, TWO),
    Case("a-film", f"{VIDEO}/{JOB}.mp4", True, FILM),
    Case("a-film-s-thumbnail", f"{VIDEO}/{JOB}_0_thumb.webp", True, FILM),
    Case(
        "of-a-kind-that-no-rule-names",
        f"generating/{OWNER}/audio/{JOB}.wav",
        True,
        {f"generations/{OWNER}/audios/{JOB}": delivered(f"generating/{OWNER}/audio/{JOB}.wav")},
    ),
    # before the end, or after another end
    Case("under-way", f"{IMAGE}/{JOB}.png", False, {f"{IMAGES}/{JOB}": UNDER_WAY}),
    Case(
        "a-thumbnail-under-way",
        f"{IMAGE}/{JOB}_0_thumb.webp",
        False,
        {f"{IMAGES}/{JOB}": UNDER_WAY},
    ),
    Case(
        "listed-and-not-generated",
        f"{IMAGE}/{JOB}.png",
        False,
        {f"{IMAGES}/{JOB}": delivered(f"{IMAGE}/{JOB}.png", generated=False)},
    ),
    Case("no-view", f"{IMAGE}/{JOB}.png", False),
    Case("a-view-of-hardly-anything", f"{IMAGE}/{JOB}.png", False, {f"{IMAGES}/{JOB}": {}}),
    Case(
        "a-training-s-view",
        f"{IMAGE}/{JOB}.png",
        False,
        {f"generations/{OWNER}/trainings/{JOB}": delivered(f"{IMAGE}/{JOB}.png")},
    ),
    # what was saved and not paid for
    Case("one-more-than-delivered", f"{IMAGE}/{JOB}_2.png", False, TWO),
    Case("another-ending", f"{IMAGE}/{JOB}_0.jpg", False, TWO),
    Case("a-thumbnail-too-many", f"{IMAGE}/{JOB}_2_thumb.webp", False, TWO),
    Case("a-thumbnail-too-many-of-one", f"{IMAGE}/{JOB}_1_thumb.webp", False, ONE),
    # odd names
    Case("a-suffix-more", f"{IMAGE}/{JOB}_0.png.png", False, TWO),
    Case("an-underscore-more", f"{IMAGE}/{JOB}__0.png", False, TWO),
    Case("begins-with-an-underscore", f"{IMAGE}/_{JOB}.png", False, ONE),
    Case("begins-with-a-dot", f"{IMAGE}/.{JOB}.png", False, ONE),
    Case("no-number", f"{IMAGE}/{JOB}_thumb.webp", False, TWO),
    Case("a-number-with-a-nought", f"{IMAGE}/{JOB}_00_thumb.webp", False, TWO),
    Case("a-negative-number", f"{IMAGE}/{JOB}_-1_thumb.webp", False, TWO),
    Case("a-number-too-large", f"{IMAGE}/{JOB}_99999999999999999999_thumb.webp", False, TWO),
    Case("a-thumbnail-with-a-suffix", f"{IMAGE}/{JOB}_0_thumb.webp.png", False, TWO),
    Case("a-thumbnail-with-a-prefix", f"{IMAGE}/{JOB}_0_0_thumb.webp", False, TWO),
    Case("a-thumbnail-of-another-type", f"{IMAGE}/{JOB}_0_thumb.png", False, TWO),
    Case("a-thumbnail-with-a-dot-before", f"{IMAGE}/{JOB}.png_0_thumb.webp", False, TWO),
    Case("a-thumbnail-in-capitals", f"{IMAGE}/{JOB}_0_THUMB.webp", False, TWO),
    Case("a-folder-deeper", f"{IMAGE}/{JOB}/{JOB}_0.png", False, TWO, reads=0),
    Case("the-job-alone", f"{IMAGE}/{JOB}", False, ONE),
    # of another job, kind or user
    Case("a-job-that-begins-alike", f"{IMAGE}/{OTHER_JOB}.png", False, ONE),
    Case(
        "a-file-that-another-view-lists",
        f"{IMAGE}/{OTHER_JOB}.png",
        False,
        {f"{IMAGES}/{JOB}": delivered(f"{IMAGE}/{OTHER_JOB}.png")},
    ),
    Case("a-picture-among-films", f"{VIDEO}/{JOB}.png", False, ONE),
    Case("a-film-among-pictures", f"{IMAGE}/{JOB}.mp4", False, FILM),
    Case(
        "a-film-s-path-in-a-picture-s-view",
        f"{VIDEO}/{JOB}.mp4",
        False,
        {f"{IMAGES}/{JOB}": delivered(f"{VIDEO}/{JOB}.mp4")},
    ),
    Case("a-training-s-file", f"generating/{OWNER}/training/{JOB}.png", False, ONE),
    Case("another-s-picture", f"{IMAGE}/{JOB}.png", False, ONE, uid=STRANGER, reads=0),
    Case("a-picture-signed-out", f"{IMAGE}/{JOB}.png", False, ONE, uid=None, reads=0),
    Case(
        "one-s-own-path-in-another-s-folder",
        f"generating/{STRANGER}/image/{JOB}.png",
        False,
        ONE,
        reads=0,
    ),
    Case("outside", f"scratch/{JOB}/1/0.png", False, ONE, reads=0),
    Case("a-brand-s-copy", f"brands/{JOB}/references/0.png", False, ONE, reads=0),
]


def odd(uid: str) -> Case:
    """A user id that a project of its own has given."""
    path = f"generating/{uid}/image/{JOB}.png"
    views = {f"generations/{uid}/images/{JOB}": delivered(path)}
    return Case(f"of-{uid!a}", path, True, views, uid)


ODD_UIDS = [
    "auth0|5f",
    "a b",
    "a%2Fb",
    "a%",
    "é",
    "\U0001f98a",
    "a.b",
    "a_b",
    "-",
    "$(x)",
    "a'b",
    "a+b#?&=c",
]
CASES += [odd(uid) for uid in ODD_UIDS]
