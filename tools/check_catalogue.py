"""Checks the catalogue as a deploy does: its values, and that each model, provider and queue in it exists.
Then what a deploy does not look at: whether prices say where they come from, whether a default or an alias
leads to a model that may be gone, and whether the models have what is offered of them, as far as
`protocols/models.toml` knows them. Warns of ends that are near."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from protocols.models import Facts, KnownModel, KnownSizes, read_facts
from tools.console import complain, say
from tools.setup import ROOT

if TYPE_CHECKING:
    from datetime import date

    from mediaforge.domain.catalogue import Catalogue, Extending, Model


def main() -> int:
    sys.path.insert(0, str(ROOT / "functions"))
    os.environ["ADMIN_PORT"] = "0"  # with it `main` declares its functions, as for firebase-tools
    from mediaforge import assembly  # noqa: PLC0415 - its folder is on the path only now
    from mediaforge.domain.errors import CatalogueError  # noqa: PLC0415

    try:
        importlib.import_module("main")
    except CatalogueError as error:
        complain(str(error))
        return 1
    catalogue, today = assembly.catalogue(), datetime.now(UTC).date()
    for line in warnings(catalogue, today):
        say(f"catalogue.toml: {line}")
    wrong = list(faults(catalogue, read_facts(), today))
    for line in wrong:
        complain(f"catalogue.toml: {line}")
    if wrong:
        return 1
    say(f"The catalogue: {len(catalogue.models)} models, and every name in it is there")
    return 0


def warnings(catalogue: Catalogue, today: date) -> Iterator[str]:
    """What will be wrong some day."""
    from mediaforge.domain import retirement  # noqa: PLC0415

    for model_id, model in catalogue.models.items():
        alias = catalogue.aliases.get(model_id)
        heir = alias.model if alias else None
        if line := retirement.warning(model_id, model.retires, heir, today):
            yield f"models.{model_id}: {line}"
        ends = model.cost.until + timedelta(days=1) if model.cost and model.cost.until else None
        if retirement.is_near(ends, today) and not retirement.is_past(ends, today):
            yield f"models.{model_id}.cost: another price holds from {ends}"


def faults(catalogue: Catalogue, facts: Facts, today: date) -> Iterator[str]:
    """What is wrong, with the key in each line."""
    yield from _without_source(catalogue)
    yield from _sold_too_cheap(catalogue)
    yield from _too_large_for_its_price(catalogue)
    yield from _ended_prices(catalogue, today)
    yield from _retired(catalogue, today)
    for model_id, model in catalogue.models.items():
        yield from _unknown_to_the_model(catalogue, model_id, model, facts)


def _without_source(catalogue: Catalogue) -> Iterator[str]:
    for model_id, model in catalogue.models.items():
        if model.cost is None and not model.emulators_only and (model.bills or model.makes is None):
            yield f"models.{model_id}.cost: missing, with its `source` and when it was `checked`"


def _ended_prices(catalogue: Catalogue, today: date) -> Iterator[str]:
    for model_id, model in catalogue.models.items():
        if model.cost and model.cost.until and model.cost.until < today:
            yield f"models.{model_id}.cost: ended on {model.cost.until}; read {model.cost.source} again"


def _sold_too_cheap(catalogue: Catalogue) -> Iterator[str]:
    """Models whose result costs us more than its price, with all the references that it takes."""
    for model_id, model in catalogue.models.items():
        length_s = min(model.video.durations_s) if model.video else None
        for name in model.size_names or ("",):
            costs_ct = model.cost_ct_of(name, length_s, model.references_max) or 0.0
            price = model.price_of(name, length_s)
            if costs_ct > price:
                said = f"{name or 'one'} with {model.references_max} references"
                yield f"models.{model_id}: {said} costs {costs_ct:.2f} ct and is sold for {price}"


def _too_large_for_its_price(catalogue: Catalogue) -> Iterator[str]:
    """Models whose largest result costs us more than its price: those that are billed by the megapixel."""
    for model_id, model in catalogue.models.items():
        ct_a_megapixel = model.cost.ct_a_megapixel if model.cost else None
        if ct_a_megapixel is None:
            continue
        table = catalogue.sizes[model.sizes]
        for name in model.size_names:
            sizes = [table.size_px(ratio, name) for ratio in table.px]
            pixels = max(width * height for width, height in sizes)
            if model.enlarges:
                pixels = max(model.enlarges.pixels_max(min(size)) for size in sizes)
            elif model.keeps_ratio:
                yield f"models.{model_id}.enlarges: missing, so its largest result has no bound"
                break
            costs_ct, price = pixels / 1e6 * ct_a_megapixel, model.price_of(name)
            if costs_ct > price:
                yield f"models.{model_id}: {name} may cost {costs_ct:.2f} ct and is sold for {price}"


def _retired(catalogue: Catalogue, today: date) -> Iterator[str]:
    from mediaforge.domain import retirement  # noqa: PLC0415

    leads = {
        f"defaults.production.{kind}": name for kind, name in catalogue.defaults.production.items()
    }
    leads |= {f"aliases.{old}.model": alias.model for old, alias in catalogue.aliases.items()}
    for key, name in leads.items():
        retires = catalogue.models[name].retires
        if retirement.is_past(retires, today):
            yield f"{key}: {name} may be gone since {retires}"


def _unknown_to_the_model(
    catalogue: Catalogue, model_id: str, model: Model, facts: Facts
) -> Iterator[str]:
    """What the catalogue offers and the model does not have."""
    known, key = facts.models.get(model_id), f"models.{model_id}"
    if known is not None and model.has_gemini_api and not known.has_gemini_api:
        yield f"{key}.has_gemini_api: the Gemini API has no such model"
    if model.emulators_only or not model.sizes:
        return
    if known is None:
        yield from _unknown_elsewhere(key, model, facts.elsewhere.get(model_id))
        return
    table = catalogue.sizes[model.sizes]
    for name in model.size_names:
        if name not in known.sizes:
            yield f"{key}.size_names: the model has no {name}; it has {', '.join(known.sizes)}"
    for ratio in table.px:
        if ratio not in known.ratios:
            yield f"{key}.sizes: the model has no {ratio}"
            continue
        for name in set(model.size_names) & set(known.sizes):
            has, offered = facts.size_px(known, ratio, name), table.size_px(ratio, name)
            if has != offered:
                yield f"{key}.sizes: {ratio} of {name} has {has[0]}x{has[1]}, not {offered[0]}x{offered[1]}"
    if model.references_max > known.references_max:
        yield f"{key}.references_max: the model takes {known.references_max}"
    if model.video is not None:
        for length_s in set(model.video.durations_s) - set(known.lengths_s):
            yield f"{key}.video.durations_s: the model has no {length_s}"
        yield from _unknown_extension(f"{key}.video.extends", model.video.extends, known)


def _unknown_elsewhere(key: str, model: Model, known: KnownSizes | None) -> Iterator[str]:
    if known is None:
        yield f"{key}: protocols/models.toml does not know the model, so nobody has looked at its sizes"
        return
    for name in model.size_names:
        if name not in known.sizes:
            yield f"{key}.size_names: the model has no {name}; it has {', '.join(known.sizes)}"
    for length_s in model.video.durations_s if model.video is not None else ():
        if length_s not in known.lengths_s:
            yield f"{key}.video.durations_s: the model has no {length_s}"


def _unknown_extension(key: str, extends: Extending | None, known: KnownModel) -> Iterator[str]:
    if extends is None:
        return
    if known.extends_by_s is None:
        yield f"{key}: the model extends no videos"
        return
    for length_s in set(extends.adds_s) - {known.extends_by_s}:
        yield f"{key}.adds_s: the model adds {known.extends_by_s}, not {length_s}"
    if not extends.size_names or set(extends.size_names) - set(known.extends_sizes):
        yield f"{key}.size_names: the model extends {', '.join(known.extends_sizes)}"


if __name__ == "__main__":
    sys.exit(main())
