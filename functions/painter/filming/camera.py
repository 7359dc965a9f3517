"""The camera: which part of a plate a frame shows, and how that moves from first frame to last."""

import random
import re
import unicodedata
from dataclasses import dataclass

Box = tuple[float, float, float, float]

# The share of the eased curve in a move. The rest is even motion, as if the video were cut out of a longer
# one.
EASED_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a plate in the plate's own aspect: its centre and size, as shares of the plate."""

    x: float
    y: float
    size: float

    def box_in(self, plate_px: tuple[int, int]) -> Box:
        """Left, top, right and bottom in the plate's pixels, never outside it."""
        size = min(1.0, self.size)
        left = min(1 - size, max(0.0, self.x - size / 2))
        top = min(1 - size, max(0.0, self.y - size / 2))
        width, height = plate_px
        return left * width, top * height, (left + size) * width, (top + size) * height


WHOLE = Window(0.5, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Move:
    start: Window
    end: Window

    def at(self, share: float) -> Window:
        """The window at a share of the video's length, from 0 to 1."""
        t = ease(share)
        # A zoom looks even when each frame enlarges the last one by the same factor.
        size = self.start.size * (self.end.size / self.start.size) ** t
        travelled = t
        if abs(self.end.size - self.start.size) > 1e-6:  # noqa: PLR2004 - no zoom at all
            travelled = (size - self.start.size) / (self.end.size - self.start.size)
        return Window(
            self.start.x + (self.end.x - self.start.x) * travelled,
            self.start.y + (self.end.y - self.start.y) * travelled,
            size,
        )


def ease(share: float) -> float:
    """0 to 1 along an S, slow at both ends."""
    t = min(1.0, max(0.0, share))
    return EASED_SHARE * smoothstep(t) + (1 - EASED_SHARE) * t


def smoothstep(share: float) -> float:
    t = min(1.0, max(0.0, share))
    return t * t * (3 - 2 * t)


_AWAY, _NEAR = 0.99, 0.8
_MOVES = {
    "zoom in": Move(Window(0.5, 0.5, _AWAY), Window(0.5, 0.5, _NEAR)),
    "zoom out": Move(Window(0.5, 0.5, _NEAR), Window(0.5, 0.5, _AWAY)),
    "pan left": Move(Window(0.56, 0.5, 0.87), Window(0.44, 0.5, 0.87)),
    "pan right": Move(Window(0.44, 0.5, 0.87), Window(0.56, 0.5, 0.87)),
    "tilt up": Move(Window(0.5, 0.56, 0.87), Window(0.5, 0.44, 0.87)),
    "tilt down": Move(Window(0.5, 0.44, 0.87), Window(0.5, 0.56, 0.87)),
    "drift left": Move(Window(0.55, 0.52, 0.89), Window(0.43, 0.49, 0.81)),
    "drift right": Move(Window(0.45, 0.52, 0.89), Window(0.57, 0.49, 0.81)),
    "hold": Move(Window(0.5, 0.5, 0.96), Window(0.5, 0.5, 0.945)),
}
# Moves that suit any scene; the others are used only when the prompt asks for them.
_USUAL = ("zoom in", "zoom in", "zoom out", "pan left", "pan right", "drift left", "drift right")

_TO = r"(?:s|ning|ing|ming|es)?(?: \w+){0,3}? "
_WORDS = {
    "zoom out": rf"\bzoom{_TO}out\b|\bdolly{_TO}(?:out|back)\b|\bpull(?:s|ing)?[ -](?:back|out)\b",
    "pan left": rf"\bpan{_TO}left\b|\b(?:truck|track|slide){_TO}left\b",
    "pan right": rf"\bpan{_TO}right\b|\b(?:truck|track|slide){_TO}right\b",
    "tilt up": rf"\b(?:tilt|crane|pan|pedestal){_TO}up(?:wards?)?\b|\bcamera rises\b",
    "tilt down": rf"\b(?:tilt|crane|pan|pedestal){_TO}down(?:wards?)?\b",
    "hold": r"\b(?:static|locked[ -]?(?:off|down)?|still|fixed) (?:camera|shot|frame)\b|\btripod\b",
    "drift left": rf"\b(?:orbit|arc|drift){_TO}left\b",
    "drift right": r"\b(?:orbit|arc|drift)(?:s|ing)?\b",
    # This comes last because a bare "zoom" matches it, too.
    "zoom in": r"\bzoom|\b(?:push|dolly|move)\w*(?: \w+){0,2}? in\b|\bclose[ -]?up\b",
}


def named_move(prompt: str) -> str:
    """The move the prompt asks for, or an empty string."""
    said = " ".join(unicodedata.normalize("NFKC", prompt).casefold().split())
    return next((name for name, words in _WORDS.items() if re.search(words, said)), "")


def choose_move(prompt: str, dice: random.Random) -> Move:
    """The move the prompt asks for, else one of the usual ones."""
    # The die is thrown in any case, so that the dice fall the same for all that follows if a move is named.
    thrown = dice.choice(_USUAL)
    return _MOVES[named_move(prompt) or thrown]


def leaving(move: Move) -> Move:
    """The move, but begun at the whole plate, so that a given picture is first seen as it is."""
    return Move(WHOLE, _inner(move.end, move.start))


def arriving(move: Move) -> Move:
    """The move, but ended at the whole plate."""
    return Move(_inner(move.start, move.end), WHOLE)


def _inner(wanted: Window, other: Window) -> Window:
    """The other end of a move that has the whole plate at one end: the smaller of the two windows, because
    from the whole plate the camera can only move in; `wanted` where both are of the same size."""
    return wanted if wanted.size <= other.size else other
