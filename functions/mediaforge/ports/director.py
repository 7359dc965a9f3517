"""Who turns a brief into concepts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model that a concept may name: what it makes, and in which ratios and lengths. The first of each is
    its default. Where it reads fewer characters than a request may have, `prompt_chars_max` and
    `negative_chars_max` say how many."""

    id: str
    title: str
    kind: str
    price_credits: int
    aspect_ratios: Sequence[str]
    durations_s: Sequence[int] = ()
    prompt_chars_max: int | None = None
    negative_chars_max: int | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """What the creative director is asked: `count` concepts for `text`, for the offered models. `kind` is
    `image` or `video`; None means whichever suits. `brand` is the name of the brand whose look the concepts
    keep to."""

    text: str
    count: int
    kind: str | None
    models: Sequence[OfferedModel]
    brand: str | None = None


@dataclass(frozen=True, slots=True)
class Concept:
    """One idea that can be generated as it is."""

    title: str
    prompt: str
    negative_prompt: str
    kind: str
    aspect_ratio: str
    model: str


@dataclass(frozen=True, slots=True)
class Direction:
    """`director` says who made it: the id of a model, or `local-rules`."""

    concepts: Sequence[Concept]
    rationale: str
    director: str


class Director(Protocol):
    """Who turns a brief into concepts, while the caller waits."""

    def direct(self, brief: Brief, model: str) -> Direction:
        """Raises RejectedError, ThrottledError or UnavailableError."""
        ...
