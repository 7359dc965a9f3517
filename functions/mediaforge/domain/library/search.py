"""The words that a job is found by, and the words of a search. Pure.

Both are made of texts in the same way, blind to case and accents. Where a script separates its words, a term
is a word. In other scripts (Chinese, Japanese, Korean, Thai …) it is a pair of neighbouring characters.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto
from functools import lru_cache
from itertools import chain, groupby, pairwise
from typing import Any

# Each term is an entry in each index of them, which Firestore stores and writes. A long term is a long entry.
TERMS_MAX = 60
TERM_CHARS_MAX = 40

# What a user would look for: how they called it, what they described, and in which style.
_SEARCHED = ("title", "name", "prompt", "styleId")

# Accents of Latin, Greek and Cyrillic letters; vowel points of Hebrew and Arabic. The marks of other scripts
# are no accents: without them other words would be left.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u0652\u0670]"
)
# Letters that Unicode does not take apart, and that people type without their stroke.
_PLAIN = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"}
)
# First and last character of the blocks of scripts without spaces.
_UNSPACED = (
    ("\u0e00", "\u0eff"),  # Thai, Lao
    ("\u1000", "\u109f"),  # Burmese
    ("\u1780", "\u17ff"),  # Khmer
    ("\u3005", "\u3007"),
    ("\u3040", "\u30ff"),  # Hiragana, Katakana
    ("\u31f0", "\u31ff"),
    ("\u3400", "\u9fff"),  # Han
    ("\uac00", "\ud7a3"),  # Hangul has spaces, but particles stick to its words
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


class _Part(Enum):
    """What a character is part of."""

    WORD = auto()
    UNSPACED = auto()
    GAP = auto()


def terms_of(request_data: Mapping[str, Any]) -> tuple[str, ...]:
    """The terms that a job with this request is found by: the first ones, where there are too many."""
    texts = (request_data.get(name) for name in _SEARCHED)
    return _first_terms(tuple(text for text in texts if isinstance(text, str)))


def terms_in(text: str) -> tuple[str, ...]:
    """The terms of a search. A job that is found has all of them."""
    return tuple(dict.fromkeys(_terms(_folded(text))))


@lru_cache(maxsize=64)  # each transition of a job asks for them, for its view before and after
def _first_terms(texts: tuple[str, ...]) -> tuple[str, ...]:
    """After the terms come single Han characters, where there is room: many of them are words."""
    folded = [_folded(text) for text in texts]
    found: dict[str, None] = {}
    for term in chain(chain.from_iterable(map(_terms, folded)), _han(folded)):
        found[term] = None
        if len(found) == TERMS_MAX:
            break
    return tuple(found)


def _folded(text: str) -> str:
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", bare.casefold().translate(_PLAIN))


def _terms(folded: str) -> Iterator[str]:
    for part, characters in groupby(folded, _part_of):
        run = "".join(characters)
        if part is _Part.WORD and any(map(str.isalnum, run)):
            yield run[:TERM_CHARS_MAX]
        elif part is _Part.UNSPACED:
            yield from map("".join, pairwise(run)) if len(run) > 1 else run


def _han(texts: Iterable[str]) -> Iterator[str]:
    return chain.from_iterable(map(_HAN.findall, texts))


@lru_cache(maxsize=4096)  # a text has few different characters
def _part_of(character: str) -> _Part:
    is_letter = character.isalnum() or unicodedata.category(character).startswith("M")
    if not is_letter:
        return _Part.GAP
    is_unspaced = any(first <= character <= last for first, last in _UNSPACED)
    return _Part.UNSPACED if is_unspaced else _Part.WORD
