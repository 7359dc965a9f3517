"""The words that a job is found by: in any case, with or without accents, in every script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaforge.domain.library.search import TERM_CHARS_MAX, TERMS_MAX, terms_in, terms_of


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("A lighthouse, at DUSK!", ["a", "lighthouse", "at", "dusk"]),
        ("oil-on-canvas 4K, f/2.8", ["oil", "on", "canvas", "4k", "f", "2", "8"]),
        ("Dämmerung über Łódź", ["dammerung", "uber", "lodz"]),
        ("STRASSE Straße", ["strasse"]),
        ("İstanbul'da ılık", ["istanbul", "da", "ilik"]),
        ("Ночной маяк, ЁЛКА", ["ночнои", "маяк", "елка"]),
        ("Φάρος ΟΔΟΣ οδός", ["φαροσ", "οδοσ"]),
        ("ｗｉｄｅ ﬁlm", ["wide", "film"]),
        ("مَنَارَة", ["منارة"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("灯台の夕", ["灯台", "台の", "の夕"]),
        ("猫", ["猫"]),
        ("ガラス ｶﾞﾗｽ", ["ガラ", "ラス"]),
        ("등대가", ["등대", "대가"]),
        ("sea海", ["sea", "海"]),
        ("❤️ – …", []),
        ("x" * 100, ["x" * TERM_CHARS_MAX]),
    ],
)
def test_a_text_is_taken_apart_into_terms(text: str, terms: list[str]) -> None:
    assert list(terms_in(text)) == terms


def test_a_job_is_found_by_what_its_user_called_and_described() -> None:
    request = {
        "title": "Harbour",
        "name": "Acme",
        "prompt": "a harbour at night",
        "negativePrompt": "people",
        "styleId": "film-noir",
        "model": "local-image",
    }
    found = terms_of(request)
    assert found == ("harbour", "acme", "a", "at", "night", "film", "noir")


def test_a_request_without_texts_has_no_terms() -> None:
    assert terms_of({}) == terms_of({"prompt": None, "title": 7}) == ()


def test_single_han_characters_come_behind_all_else() -> None:
    assert terms_of({"prompt": "黒猫", "styleId": "ink"}) == ("黒猫", "ink", "黒", "猫")


def test_there_are_no_more_terms_than_an_index_is_to_hold() -> None:
    many = " ".join(f"word{n}" for n in range(100))
    assert terms_of({"prompt": many}) == tuple(f"word{n}" for n in range(TERMS_MAX))


@given(st.text(max_size=60))
def test_a_short_text_is_found_by_itself_whatever_it_is_of(text: str) -> None:
    terms = terms_of({"prompt": text})
    assert set(terms_in(text)) <= set(terms)
    assert set(terms_in(text.upper())) <= {*terms, *terms_in(text.upper().lower())}
    assert all(0 < len(term) <= TERM_CHARS_MAX for term in terms)
    assert len(terms) <= TERMS_MAX


@given(st.text(alphabet="aäåçéñöøßłжёйїάώςظבّ 猫灯がパ가나", max_size=30))
def test_case_does_not_matter(text: str) -> None:
    assert terms_in(text.upper()) == terms_in(text) == terms_in(text.title())
