"""`make check-catalogue` fails for what a deploy would take: prices from nowhere, ends that are past, sizes
that a model does not have."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mediaforge.domain.catalogue import Catalogue, parse
from mediaforge.domain.errors import CatalogueError
from protocols.models import read_facts
from tools.check_catalogue import faults, warnings

TEXT = (Path(__file__).parents[2] / "functions" / "catalogue.toml").read_text(encoding="utf-8")
SHIPPED = parse(TEXT)
TODAY = date(2026, 11, 30)


def _faults(catalogue: Catalogue, today: date = TODAY) -> list[str]:
    return list(faults(catalogue, read_facts(), today))


def _changed(old: str, new: str) -> Catalogue:
    assert old in TEXT
    return parse(TEXT.replace(old, new, 1))


def test_the_shipped_catalogue_is_right_today() -> None:
    assert _faults(parse(TEXT)) == []


def test_a_default_that_may_be_gone_is_a_fault() -> None:
    changed = _changed('video = "gemini-omni-1.2-flash"', 'video = "veo-3.1-fast-generate-001"')
    (found,) = _faults(changed)
    assert "defaults.production.video" in found
    assert "2026-11-17" in found
    assert _faults(changed, date(2026, 11, 16)) == []


def test_an_alias_to_a_model_that_may_be_gone_is_a_fault() -> None:
    past = _faults(parse(TEXT), date(2027, 5, 28))
    (found, *more) = [line for line in past if ".cost: ended" not in line]
    assert "aliases.gemini-3-pro-image-preview.model" in found
    assert all("gemini-3-pro-image" in line for line in more)


def test_a_price_without_its_source_is_a_fault() -> None:
    start = TEXT.index('[models."gemini-omni-1.2-flash".cost]')
    without = TEXT[:start] + TEXT[TEXT.index("\n\n", start) :]
    assert _faults(parse(without)) == [
        "models.gemini-omni-1.2-flash.cost: missing, with its `source` and when it was `checked`"
    ]


def test_a_price_below_what_a_result_with_all_references_costs_is_a_fault() -> None:
    dearer = _changed("ct_a_reference = 0.168", "ct_a_reference = 0.28")
    assert _faults(dearer) == [
        "models.gemini-nano-banana-2.1: 1K with 6 references costs 5.04 ct and is sold for 5",
        "models.gemini-nano-banana-2.1: 4K with 6 references costs 13.02 ct and is sold for 13",
    ]
    fewer = dearer.models["gemini-nano-banana-2.1"].model_copy(update={"references_max": 5})
    models = {**dearer.models, "gemini-nano-banana-2.1": fewer}
    assert _faults(dearer.model_copy(update={"models": models})) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ratio_max = 8", "ratio_max = 9", "2160p may cost 4.20 ct and is sold for 4"),
        (
            "ct_a_megapixel = 0.1",
            "ct_a_megapixel = 0.13",
            "1440p may cost 2.16 ct and is sold for 2",
        ),
        ("enlarges = { ratio_max = 8 }\n", "", "its largest result has no bound"),
    ],
)
def test_a_price_below_what_the_largest_result_costs_is_a_fault(
    old: str, new: str, said: str
) -> None:
    assert any(said in line for line in _faults(_changed(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('["1K"]\nretires = 2027-06-28', '["1K", "2K"]\nretires = 2027-06-28', "no 2K"),
        ('sizes = "standard"\nsize_names = ["1K", "2K', 'sizes = "wide"\nsize_names = ["1K", "2K', "no 1:4"),
        ('"16:9" = [1376, 768]', '"16:9" = [1344, 768]', "has 1376x768, not 1344x768"),
        ("durations_s = [8, 3, 4,", "durations_s = [8, 2, 3, 4,", "no 2"),
        ("references_max = 6\nrun_s_max = 1800", "references_max = 7\nrun_s_max = 1800", "takes 6"),
        ("adds_s = [7]", "adds_s = [7, 14]", "adds 7, not 14"),
        ('size_names = ["720p"] }', 'size_names = ["720p", "4k"] }', "extends 720p, 1080p"),
        (', size_names = ["720p"] }', " }", "extends 720p, 1080p"),
    ],
)  # fmt: skip
def test_what_the_model_does_not_have_is_a_fault(old: str, new: str, said: str) -> None:
    found = _faults(_changed(old, new))
    assert any(said in line for line in found)


def _with(model_id: str, **changed: object) -> Catalogue:
    models = dict(SHIPPED.models)
    models[model_id] = models[model_id].model_copy(update=changed)
    return SHIPPED.model_copy(update={"models": models})


def test_what_a_model_of_another_service_does_not_have_is_a_fault_too() -> None:
    (kept,) = {"720p"} & set(SHIPPED.models["kling-3-standard"].size_names)
    found = _faults(_with("kling-3-standard", size_names=(kept, "4k")))
    assert found == ["models.kling-3-standard.size_names: the model has no 4k; it has 720p"]
    video = SHIPPED.models["kling-3-standard"].video
    assert video is not None
    long = video.model_copy(update={"durations_s": (5, 20)})
    found = _faults(_with("kling-3-standard", video=long))
    assert found == ["models.kling-3-standard.video.durations_s: the model has no 20"]


def test_a_model_whose_sizes_nobody_has_looked_at_is_a_fault() -> None:
    models = {**SHIPPED.models, "gemini-nano-banana-9": SHIPPED.models["gemini-nano-banana-2.1"]}
    (found,) = _faults(SHIPPED.model_copy(update={"models": models}))
    assert found.startswith("models.gemini-nano-banana-9: protocols/models.toml does not know")


def test_a_size_that_no_table_knows_is_refused_by_the_deploy_itself() -> None:
    with pytest.raises(CatalogueError, match="the sizes wide have no scale 8K"):
        _changed('size_names = ["1K", "512", "2K", "4K"]', 'size_names = ["1K", "8K"]')


def test_an_end_that_is_near_is_a_warning() -> None:
    found = list(warnings(parse(TEXT), TODAY))
    assert [line.partition(":")[0] for line in found] == [
        "models.veo-3.1-generate-001",
        "models.veo-3.1-fast-generate-001",
        "models.gemini-3.8-flash.cost",
    ]


def test_a_price_that_ends_is_a_warning_three_months_before_and_a_fault_after_its_last_day() -> (
    None
):
    key = "models.gemini-3.8-flash.cost: "
    warned = [
        [line for line in warnings(SHIPPED, today) if line.startswith(key)]
        for today in (date(2026, 10, 2), date(2026, 10, 3), date(2026, 12, 31), date(2027, 1, 1))
    ]
    said = [f"{key}another price holds from 2027-01-01"]
    assert warned == [[], said, said, []]

    assert _faults(SHIPPED, date(2026, 12, 31)) == []
    (found,) = _faults(SHIPPED, date(2027, 1, 1))
    assert found.startswith(f"{key}ended on 2026-12-31")


@pytest.mark.parametrize("name", [*read_facts().models, *read_facts().elsewhere])
def test_every_fact_names_where_it_is_from(name: str) -> None:
    facts = read_facts()
    sources = (facts.models.get(name) or facts.elsewhere[name]).sources
    assert sources
    assert all(source.startswith("https://") for source in sources)
