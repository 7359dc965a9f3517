"""Concepts by rules, where no language model is available: no network, no account, and no chance.

The rules read the subject, audience, mood, season and format out of a brief, and put the subject into one
treatment after another. Each treatment has its own framing, light, medium and palette. The answer says that
it was made by rules.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from mediaforge.domain.errors import RejectedError
from mediaforge.ports.director import Brief, Concept, Direction, OfferedModel

DIRECTOR = "local-rules"
_SUBJECT_WORDS_MAX = 14
_SUBJECT_CHARS_MAX = 80
_TITLE_SUBJECT_WORDS = 5


@dataclass(frozen=True, slots=True)
class _Treatment:
    """One way to show any subject. `ratios` are the aspect ratios that it is made for, the best first; `move`
    is what the camera does in a video."""

    title: str
    framing: str
    light: str
    medium: str
    move: str
    ratios: Sequence[str]


_WIDE, _TALL, _SQUARE = (
    ("16:9", "21:9", "3:2"),
    ("4:5", "3:4", "2:3", "9:16"),
    ("1:1", "5:4", "4:5"),
)
_TREATMENTS = (
    _Treatment(
        "The hero",
        "low camera close to the ground, the subject large against an open background",
        "first sun from behind, long shadows, a thin bright rim",
        "editorial photograph, 35 mm lens at f/2.8, fine grain",
        "a slow push in from low down",
        _WIDE,
    ),
    _Treatment(
        "From above",
        "straight from above, everything laid out in careful order with air between",
        "even north light, one soft shadow to the lower right",
        "studio photograph, 50 mm lens at f/8, sharp to the corners",
        "the camera turns a quarter above it while one thing after another is put in place",
        _SQUARE,
    ),
    _Treatment(
        "Up close",
        "so close that texture fills the frame and only part of the subject is seen",
        "raking side light that shows every surface",
        "macro photograph, 100 mm lens at f/4, background dissolved",
        "focus travels slowly from the front edge to the back",
        _TALL,
    ),
    _Treatment(
        "Small in the world",
        "tiny at the lower third of a vast, quiet place",
        "the blue minutes after sunset, one warm lamp",
        "large-format landscape photograph, 24 mm lens, deep focus",
        "a drone draws back until the subject is a point",
        _WIDE,
    ),
    _Treatment(
        "Cut from paper",
        "a layered stage seen from the front, the subject in the middle plane",
        "a lamp from the upper left, real shadows between the layers",
        "paper-cut diorama, visible fibres and knife edges",
        "the layers slide apart and the camera passes between them",
        _SQUARE,
    ),
    _Treatment(
        "Two inks",
        "a bold silhouette, cropped by the edge, with much empty paper",
        "no light at all, only flat shapes and overprint",
        "risograph poster, two inks, slightly out of register",
        "shapes are stamped in one after another to a steady beat",
        _TALL,
    ),
    _Treatment(
        "Somebody's day",
        "over a shoulder, in the middle of being used, hands in the foreground",
        "window light on a grey morning, honest and soft",
        "documentary photograph, 28 mm lens, natural colours",
        "handheld, following the hands",
        ("3:2", "4:3", "16:9"),
    ),
    _Treatment(
        "After dark",
        "three-quarter view in a wet street, doubled by its reflection",
        "neon from two sides, deep black between",
        "cinema still, anamorphic lens, soft flares",
        "the camera glides along the reflection and tilts up",
        ("21:9", "16:9", "3:2"),
    ),
    _Treatment(
        "Washed in",
        "centred, loosely drawn, fading into white towards every edge",
        "light that comes from the paper itself",
        "watercolour on cold-pressed paper, wet edges, a few pencil lines left",
        "colour runs into the pencil drawing",
        _TALL,
    ),
    _Treatment(
        "Set in motion",
        "side view, panned, the subject sharp and all else drawn out into lines",
        "hard noon sun, saturated",
        "sports photograph, 1/30 s pan, 85 mm lens",
        "a tracking shot at the subject's own speed",
        _WIDE,
    ),
    _Treatment(
        "On the shelf",
        "alone on a plinth, dead centre, perfect symmetry",
        "one large softbox above, a gradient behind",
        "3D render, matte clay, rounded edges",
        "one full, slow turn on the plinth",
        _SQUARE,
    ),
    _Treatment(
        "As remembered",
        "slightly off centre, as if taken in passing, something half out of frame",
        "late sun through leaves, flare, lifted shadows",
        "faded colour slide from the 1970s, dust and a light leak",
        "a home film: short, shaky, and it lingers at the end",
        ("4:3", "1:1", "3:2"),
    ),
)
_PALETTES = (
    "ochre, cream and charcoal",
    "sea green, sand and white",
    "ink blue and one coral accent",
    "moss, bark and pale yellow",
    "plum, rose and warm grey",
    "ice blue, silver and black",
    "brick, teal and bone",
)
# For each mood: the words of a brief that name it, and what it adds to the palette.
_MOODS: Mapping[str, tuple[str, str]] = {
    "calm": (
        r"calm\w*|quiet\w*|peace\w*|seren\w*|gentle|relax\w*|sooth\w*",
        "hushed, low contrast",
    ),
    "energetic": (r"energ\w*|dynamic|fast|bold|power\w*|excit\w*|sport\w*", "vivid, high contrast"),
    "luxurious": (r"luxur\w*|premium|elegan\w*|exclusive|refined", "deep, with a little gold"),
    "playful": (r"playful\w*|fun|funny|cheer\w*|happy|joy\w*|whims\w*", "bright and candied"),
    "nostalgic": (r"nostalg\w*|retro|vintage|classic|old-fashioned", "faded and warm"),
    "dark": (r"dark\w*|myster\w*|moody|dramatic|noir|gothic", "nearly black, one colour left"),
    "fresh": (r"fresh\w*|clean\w*|natur\w*|organic|healthy|green", "clear, dewy greens and white"),
    "futuristic": (r"futur\w*|tech\w*|modern|digital|sci-?fi", "cold, with an electric accent"),
    "cosy": (r"co[sz]y|warm\w*|home\w*|comfort\w*|hygge", "amber and wool colours"),
    "romantic": (r"romant\w*|love\w*|tender\w*|dream\w*|poetic", "blush tones, soft edges"),
}
_SEASONS: Mapping[str, str] = {
    "spring": r"spring|easter|blossom\w*",
    "summer": r"summer\w*|beach\w*|holiday\w*",
    "autumn": r"autumn\w*|fall|halloween|harvest\w*",
    "winter": r"winter\w*|christmas|snow\w*|advent|new year",
}
_FORMATS: Sequence[tuple[str, Sequence[str]]] = (
    (r"stor(?:y|ies)|reels?|tik ?tok|shorts|phone|mobile", ("9:16", "4:5", "3:4")),
    (r"billboards?|banners?|headers?|cinema|widescreen|website|youtube", ("21:9", "16:9", "3:2")),
    (r"posters?|flyers?|magazines?|covers?", ("2:3", "3:4", "4:5")),
    (r"instagram|feed|square|avatars?|icons?", ("1:1", "4:5")),
)
# The words that order something, before its subject: of "Calm visuals for our tea" it is "Calm visuals for ".
_ORDER = re.compile(
    r"^(?:\S+ ){0,8}?(?:images?|pictures?|photos?|visuals?|videos?|clips?|concepts?|ideas?|campaigns?|"
    r"posters?|banners?|adverts?|ads?|spots?|posts?|stor(?:y|ies)|reels?) (?:for|of|about|showing|with) ",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:(?:please|hi|hello|we|i|you|they|need|needs|want|would like|are looking for|looking for|to|"
    r"create|make|design|generate|draw|give|me|us|show|film|shoot|some|a few|several|an?|the|new|"
    r"\d+|two|three|four|five|six|images?|pictures?|photos?|visuals?|videos?|clips?|concepts?|ideas?|"
    r"campaigns?|posters?|banners?|adverts?|ads?|launch|promotions?|promo|series|for|of|about|on|"
    r"showing|with|our|my|their|this)\b[\s,:]*)+",
    re.IGNORECASE,
)
_AUDIENCE = re.compile(
    r"(?:aimed at|targeting|targeted at|target(?: audience| group)?(?: is| are|:)|audience(?: is|:)|"
    r"appeal(?:s|ing)? to|speaks? to|for (?=(?:young|busy|new|older|urban|local|small)?\s*(?:children|"
    r"kids|families|parents|runners|students|gamers|commuters|athletes|professionals|travell?ers|"
    r"teenagers|adults|women|men|beginners|dog owners|cat owners|gen z|millennials)\b))"
    r"\s*(?P<who>[^.;:,\n]{3,60})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the rules found in a brief; empty where it says nothing."""

    subject: str
    audience: str
    mood: str
    season: str
    ratios: Sequence[str]


class LocalDirector:
    def direct(self, brief: Brief, model: str) -> Direction:  # noqa: ARG002 - the port's; it has none
        """The same brief is always directed the same. RejectedError where no model is offered."""
        if not brief.models:
            raise RejectedError("no-model", "There is no model to make concepts for.")
        reading = _read(brief.text)
        first = int.from_bytes(sha256(brief.text.encode()).digest()[:4])
        concepts = [_concept(brief, reading, first, index) for index in range(brief.count)]
        return Direction(concepts, _rationale(brief, reading), DIRECTOR)


# ---- reading -------------------------------------------------------------------------------------


def _read(text: str) -> _Reading:
    words = " ".join(text.split())
    found = _AUDIENCE.search(words)
    return _Reading(
        subject=_subject(words),
        audience=found["who"].strip() if found else "",
        mood=_named(words, {mood: pattern for mood, (pattern, _) in _MOODS.items()}),
        season=_named(words, _SEASONS),
        ratios=next((ratios for pattern, ratios in _FORMATS if _has(words, pattern)), ()),
    )


def _subject(words: str) -> str:
    """The first thing that the brief names, without the words that order it, and up to where the brief goes
    on to say whom it is for. A brief of which nothing is left is its own subject."""
    wanted = _OPENING.sub("", _ORDER.sub("", words))
    end = re.search(
        r"[.;:!?\n]|,|\s[–—-]\s|\b(?:that|which|aimed|targeting|so that|because)\b|\bfor\b", wanted
    )
    thing = (wanted[: end.start()] if end and end.start() else wanted).strip()
    return " ".join((thing or words).split()[:_SUBJECT_WORDS_MAX])[:_SUBJECT_CHARS_MAX]


def _named(words: str, patterns: Mapping[str, str]) -> str:
    """The name whose pattern the brief matches first; empty where it matches none."""
    places = {
        name: found.start()
        for name, pattern in patterns.items()
        if (found := re.search(rf"\b(?:{pattern})\b", words, re.IGNORECASE))
    }
    return min(places, key=places.__getitem__) if places else ""


def _has(words: str, pattern: str) -> bool:
    return re.search(rf"\b(?:{pattern})\b", words, re.IGNORECASE) is not None


# ---- making --------------------------------------------------------------------------------------


def _concept(brief: Brief, reading: _Reading, first: int, index: int) -> Concept:
    """`first` is where this brief begins in the lists of treatments and palettes. The lengths of the lists
    (12 and 7) have no common divisor, so no two of the first 84 concepts have both the same treatment and the
    same palette."""
    turn = first + index
    treatment, palette = _TREATMENTS[turn % len(_TREATMENTS)], _PALETTES[turn % len(_PALETTES)]
    model = _model(brief, index)
    return Concept(
        title=_title(treatment, reading, again=index >= len(_TREATMENTS)),
        prompt=_prompt(treatment, palette, reading, brief.brand, model),
        negative_prompt="text, watermark, logo, frame",
        kind=model.kind,
        aspect_ratio=_ratio(model, [*reading.ratios, *treatment.ratios]),
        model=model.id,
    )


def _model(brief: Brief, index: int) -> OfferedModel:
    """The cheapest model of the kind, because a concept is a draft. Where the brief asks for no kind, every
    third concept is a video."""
    kinds = {model.kind for model in brief.models}
    wanted = brief.kind or ("video" if index % 3 == 2 else "image")  # noqa: PLR2004 - the third
    kind = wanted if wanted in kinds else min(kinds)
    offered = [model for model in brief.models if model.kind == kind]
    return min(offered, key=lambda model: (model.price_credits, model.id))


def _ratio(model: OfferedModel, wanted: Sequence[str]) -> str:
    return next((ratio for ratio in wanted if ratio in model.aspect_ratios), model.aspect_ratios[0])


def _title(treatment: _Treatment, reading: _Reading, *, again: bool) -> str:
    subject = " ".join(reading.subject.split()[:_TITLE_SUBJECT_WORDS])
    return f"{treatment.title}{', again' if again else ''}: {subject}"


def _prompt(
    treatment: _Treatment, palette: str, reading: _Reading, brand: str | None, model: OfferedModel
) -> str:
    colours = f"Palette: {palette}"
    if reading.mood:
        colours += f"; {_MOODS[reading.mood][1]}"
    sentences = [
        f"{reading.subject[0].upper()}{reading.subject[1:]}: {treatment.framing}",
        f"Light: {treatment.light}",
        colours,
        f"Medium: {treatment.medium}",
        f"Season: {reading.season}" if reading.season else "",
        f"Mood: {reading.mood}" if reading.mood else "",
        f"It should speak to {reading.audience}" if reading.audience else "",
        f"In the look of the brand {brand}" if brand else "",
        f"Camera: {treatment.move}" if model.kind == "video" else "",
    ]
    return f"{'. '.join(sentence for sentence in sentences if sentence)}."


def _rationale(brief: Brief, reading: _Reading) -> str:
    found = {
        "subject": reading.subject,
        "audience": reading.audience,
        "mood": reading.mood,
        "season": reading.season,
        "format": reading.ratios[0] if reading.ratios else "",
    }
    read = "; ".join(f"{name}: {value}" for name, value in found.items() if value)
    return (
        f"Read from the brief by rules, without a language model – {read}. The {brief.count} concepts "
        "keep to it and change framing, light, medium and palette, so that they can be told apart."
    )
