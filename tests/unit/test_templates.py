"""Placeholders and defaults: what fills a prompt, and what a template adds to a request."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaforge.contract.requests import GenerateImage, GenerateVideo, parse
from mediaforge.domain.library.templates import DEFAULTS, fill, merged


@pytest.mark.parametrize(
    ("prompt", "variables", "text"),
    [
        ("a {{colour}} house", {"colour": "red"}, "a red house"),
        ("{{a}}{{b}} {{a}}", {"a": "x", "b": "y"}, "xy x"),
        ("a {{ colour }} house", {"colour": "red"}, "a red house"),
        ("a {{colour=blue}} house", {"colour": "red"}, "a red house"),
        ("a {{colour=blue}} house", {}, "a blue house"),
        ("a {{ colour = deep blue }} house", {}, "a deep blue house"),
        ("a {{colour=}}house", {}, "a house"),
        ("a {{colour}}house", {"colour": ""}, "a house"),
        ("{{Größe}} {{цвет}}", {"Größe": "x", "цвет": "y"}, "x y"),
        ("{{名前}} {{नाम}}", {"名前": "x", "नाम": "y"}, "x y"),
        ("{{product-name_2}}", {"product-name_2": "x"}, "x"),
        # The same letter, written in two ways.
        ("{{Gro\u0308\u00dfe}}", {"Gr\u00f6\u00dfe": "x"}, "x"),
        # What a variable says is not filled again, and no pattern.
        ("{{a}}", {"a": "{{b}} \\1 \\g<0>", "b": "x"}, "{{b}} \\1 \\g<0>"),
        ("{{a}}", {"a": "x", "unused": "y"}, "x"),
        ("{{{a}}}", {"a": "x"}, "{x}"),
    ],
)  # fmt: skip
def test_a_placeholder_is_filled_with_its_variable_or_its_default(
    prompt: str, variables: dict[str, str], text: str
) -> None:
    filled = fill(prompt, variables)
    assert (filled.text, filled.missing) == (text, [])


@pytest.mark.parametrize(
    "prompt",
    [
        "a {colour} house",
        "{{}}",
        "{{ }}",
        "{{2nd}}",
        "{{_x}}",
        "{{two words}}",
        "{{a.b}}",
        "{{a|upper}}",
        "{{#each a}}{{/each}}",
        "{{a={b}}}",
        "{{\ta\n}",
        "{{" + "x" * 65 + "}}",
        '{"a": {"b": 1}}',
        "[[sleep:1]]",
    ],
)
def test_other_braces_are_part_of_the_prompt(prompt: str) -> None:
    filled = fill(prompt, {})
    assert (filled.text, filled.missing) == (prompt, [])


def test_what_stays_unfilled_is_named_once_in_its_order() -> None:
    filled = fill("{{b}} {{a}} {{b}} {{c=1}} {{d}}", {"d": "x"})
    assert filled.missing == ["b", "a"]


NAMES = st.sampled_from(["a", "B", "größe", "цвет", "x-1", "y_2"])


VALUES = st.dictionaries(NAMES, st.text(max_size=5))
WORDS = st.lists(st.text(alphabet="xyz ", max_size=5), min_size=7)


@given(values=VALUES, words=WORDS)
def test_every_variable_stands_where_its_name_stood(
    values: dict[str, str], words: list[str]
) -> None:
    names = list(values)
    prompt = words[0] + "".join(
        f"{{{{{n}}}}}{word}" for n, word in zip(names, words[1:], strict=False)
    )
    expected = words[0] + "".join(values[n] + w for n, w in zip(names, words[1:], strict=False))
    assert fill(prompt, values).text == expected


@pytest.mark.parametrize("name", ["a", "B2", "größe", "नाम", "a-b_c", "x" * 64])
def test_each_name_that_a_placeholder_may_have_may_be_sent(name: str) -> None:
    request = parse(GenerateImage, {"prompt": f"{{{{{name}}}}}", "variables": {name: "v"}})
    assert fill(request.prompt or "", request.variables).text == "v"


@pytest.mark.parametrize(
    ("defaults", "sent", "both"),
    [
        ({"model": "a"}, {}, {"model": "a"}),
        ({"model": "a", "count": 2}, {"model": "b"}, {"model": "b", "count": 2}),
        ({"count": 2}, {"count": 1}, {"count": 1}),
        # A size is said in one way.
        ({"aspectRatio": "1:1"}, {"width": 64, "height": 64}, {"width": 64, "height": 64}),
        ({"width": 64, "height": 64}, {"aspectRatio": "1:1"}, {"aspectRatio": "1:1"}),
        ({"width": 64, "height": 64}, {"resolution": "720p"}, {"resolution": "720p"}),
        ({"resolution": "720p"}, {"width": 64, "height": 64}, {"width": 64, "height": 64}),
        (
            {"resolution": "720p", "aspectRatio": "1:1"},
            {"aspectRatio": "16:9"},
            {"resolution": "720p", "aspectRatio": "16:9"},
        ),
    ],
)
def test_what_was_sent_wins(
    defaults: dict[str, Any], sent: dict[str, Any], both: dict[str, Any]
) -> None:
    assert merged(defaults, sent) == both


def test_every_default_is_a_field_of_a_request() -> None:
    fields = {
        field.alias
        for model in (GenerateImage, GenerateVideo)
        for field in model.model_fields.values()
    }
    assert fields >= DEFAULTS
    assert not DEFAULTS & {"prompt", "teamId", "requestId", "priority", "scheduledAt", "references"}
