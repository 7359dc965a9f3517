"""Reads a prompt's words as a scene: a description of what is in the picture, without drawing it."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from . import words

WATER = ("sea", "lake")
# A prompt may name several places; the first of these that it names sets the stage.
STAGES = (
    "abstract", "underwater", "space", "table", "sea", "lake", "city", "desert", "forest",
    "garden", "mountain", "hills",
)  # fmt: skip
SKY_WITHOUT_PLACE = "hills"


@dataclass(frozen=True)
class Scene:
    """What to paint. Every name is a meaning in `words`; an empty string means that the prompt does not
    say."""

    places: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    sky: tuple[str, ...] = ()
    time: str = "day"
    weather: str = ""
    season: str = ""
    mood: str = ""
    medium: str = "gouache"
    colours: tuple[tuple[str, str], ...] = ()
    """Pairs of (what is coloured, hex); the first is empty for a colour of the whole picture."""
    big: frozenset[str] = field(default_factory=frozenset)
    japan: bool = False

    @property
    def stage(self) -> str:
        return next((stage for stage in STAGES if stage in self.places), "abstract")

    @property
    def title(self) -> str:
        """The scene in plain English words, for a caption whose own script cannot be printed."""
        said = [
            *self.subjects,
            *self.places,
            *self.sky,
            self.weather,
            self.time if self.time != "day" else "",
            "japan" if self.japan else "",
        ]
        return ", ".join(dict.fromkeys(word for word in said if word))

    def has(self, *names: str) -> bool:
        return any(
            name in self.subjects or name in self.sky or name in self.places for name in names
        )

    def colour_of(self, *names: str) -> str:
        return next((colour for name, colour in self.colours if name in names), "")


def tokens(text: str) -> list[str]:
    """A text's words in order. Signs of scripts without spaces are replaced by English words."""
    found: list[str] = []
    for run in re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold()):
        signs = list(_signs_in(run))
        found.extend(signs or [run])
    return found


def _signs_in(run: str) -> Iterator[str]:
    if run.isascii():
        return
    for index in range(len(run)):
        for length in (3, 2, 1):
            if word := words.SIGNS.get(run[index : index + length]):
                yield word
                break


def _meaning(word: str, table: dict[str, str]) -> str:
    for form in (
        word,
        word.removesuffix("s"),
        word.removesuffix("es"),
        word.removesuffix("ies") + "y",
    ):
        if form in table:
            return table[form]
    return ""


def _meanings(
    said: Iterable[str], table: dict[str, str], refused: frozenset[str]
) -> tuple[str, ...]:
    found = (_meaning(word, table) for word in said)
    return tuple(dict.fromkeys(name for name in found if name and name not in refused))


_TABLES = (words.PLACES, words.SUBJECTS, words.SKY, words.TIMES, words.WEATHERS, words.SEASONS)


def _all_meanings(word: str) -> set[str]:
    return {meaning for table in _TABLES if (meaning := _meaning(word, table))}


def _split_refusals(said: list[str]) -> tuple[list[str], list[str]]:
    """The wanted and the unwanted words. A word after a refusal, as in "without people", is unwanted."""
    wanted: list[str] = []
    unwanted: list[str] = []
    refusing = False
    for word in said:
        if word in words.REFUSALS:
            refusing = True
            continue
        (unwanted if refusing else wanted).append(word)
        refusing = False
    return wanted, unwanted


def _element_after(said: list[str], index: int) -> str:
    """The element that a colour or size word belongs to: the first element in the next two words."""
    for word in said[index + 1 : index + 3]:
        for table in (words.SUBJECTS, words.SKY, words.PLACES):
            if meaning := _meaning(word, table):
                return meaning
        if word == "sky":
            return "sky"
    return ""


def _colours(said: list[str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_element_after(said, index), words.COLOURS[word])
        for index, word in enumerate(said)
        if word in words.COLOURS
    )


def _medium(said: list[str], style: str | None) -> str:
    """The style's own words decide; without a style, the prompt's do."""
    chosen = _meanings(tokens(style.replace("-", " ")), words.MEDIA, frozenset()) if style else ()
    named = chosen or _meanings(said, words.MEDIA, frozenset())
    if not chosen and "neon" in named and len(named) > 1:
        named = tuple(name for name in named if name != "neon")
    return named[0] if named else "gouache"


def _places(said: list[str], subjects: tuple[str, ...], refused: frozenset[str]) -> tuple[str, ...]:
    if "abstract" in said or "abstraction" in said:
        return ("abstract",)
    named = _meanings(said, words.PLACES, refused)
    if "underwater" in named:
        return ("underwater",)
    if named == ("table",) or not named:
        homes = tuple(
            dict.fromkeys(words.HOMES[subject] for subject in subjects if subject in words.HOMES)
        )
        return named or homes[:1]
    return named


def _time(said: list[str], refused: frozenset[str]) -> str:
    named = _meanings(said, words.TIMES, refused)
    # In "a night with a golden moon" the word "golden" also names a time of day; a named night has priority.
    return "night" if "night" in named else (named[0] if named else "")


def _weather(said: list[str], refused: frozenset[str]) -> str:
    return next(iter(_meanings(said, words.WEATHERS, refused)), "")


def read_scene(prompt: str, style: str | None = None, negative_prompt: str = "") -> Scene:
    """What a prompt asks to see, without what its "no ..." and the negative prompt name."""
    said, unwanted = _split_refusals(tokens(prompt))
    refused = frozenset().union(
        *(_all_meanings(word) for word in [*tokens(negative_prompt), *unwanted])
    )
    subjects = _meanings(said, words.SUBJECTS, refused)
    sky = _meanings(said, words.SKY, refused)
    weather, season = (
        _weather(said, refused),
        next(iter(_meanings(said, words.SEASONS, refused)), ""),
    )
    time = _time(said, refused)
    places = _places(said, subjects, refused)
    if not places:
        places = (SKY_WITHOUT_PLACE,) if (sky or weather or season or time) else ("abstract",)
    return Scene(
        places=places,
        subjects=subjects,
        sky=sky,
        time=time or _usual_time(places, subjects, _medium(said, style)),
        weather=weather,
        season=season,
        mood=next(iter(_meanings(said, words.MOODS, frozenset())), ""),
        medium=_medium(said, style),
        colours=_colours(said),
        big=frozenset(
            _element_after(said, i) for i, word in enumerate(said) if word in words.BIG_WORDS
        ),
        japan=any(
            word in ("japan", "japanese", "japon", "kyoto", "tokyo", "fuji") for word in said
        ),
    )


def _usual_time(places: tuple[str, ...], subjects: tuple[str, ...], medium: str) -> str:
    if "space" in places or medium == "neon":
        return "night"
    # A café is at its best when its windows are lit.
    return "dusk" if "cafe" in subjects else "day"
