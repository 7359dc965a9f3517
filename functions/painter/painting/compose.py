"""A scene put together from back to front: sky, distance, ground, subject, foreground, weather."""

from collections.abc import Callable

from . import animals, buildings, figures, land, mountains, plants, town, vessels, weather
from .abstract import paint_abstract
from .cafe import paint_cafe
from .canvas import Canvas
from .scene import WATER
from .sky import paint_sky
from .space import paint_rocket, paint_space
from .still_life import paint_still_life
from .underwater import paint_underwater
from .water import paint_water


def compose(canvas: Canvas) -> None:
    stage = canvas.scene.stage
    whole = {
        "abstract": paint_abstract,
        "underwater": paint_underwater,
        "table": paint_still_life,
        "space": _compose_space,
    }
    if stage in whole:
        whole[stage](canvas)
        return
    paint_sky(canvas)
    ground = _GROUNDS.get(stage, _compose_hills)
    ground(canvas)
    if canvas.scene.weather == "fog":
        weather.paint_mist(canvas, canvas.horizon, 0.5, 0.85)
    _paint_subjects(canvas)
    weather.paint_weather(canvas)


def _compose_space(canvas: Canvas) -> None:
    paint_space(canvas)
    if canvas.scene.has("rocket"):
        paint_rocket(canvas, canvas.focus, canvas.height * 0.62, canvas.unit * 0.3)
    if canvas.scene.has("person"):
        figures.paint_person(
            canvas, canvas.focus, canvas.horizon + canvas.unit * 0.05, canvas.unit * 0.2
        )


def _compose_water(canvas: Canvas) -> None:
    """Sea or lake: what stands on the shore is painted first, so the water can mirror it."""
    scene, line = canvas.scene, canvas.horizon
    if scene.has("mountain") or (scene.stage == "lake" and not scene.has("city")):
        mountains.paint_fuji(canvas, line) if scene.japan else mountains.paint_mountains(
            canvas, line, 2
        )
    if scene.has("city"):
        town.paint_skyline(canvas, line, 2, 0.8)
    if scene.has("forest") or scene.stage == "lake":
        plants.paint_pine_row(canvas, line, canvas.unit * 0.1, 0.5, "far shore")
    if scene.stage == "sea" and not scene.has("mountain", "city"):
        _paint_far_coast(canvas)
    if scene.has("lighthouse", "house", "castle", "tree"):
        _paint_point(canvas)
    paint_water(canvas, line, canvas.height)
    if scene.weather == "fog" or scene.time == "dawn":
        weather.paint_mist(canvas, line, 0.16, 0.55)


def _paint_far_coast(canvas: Canvas) -> None:
    dice = canvas.dice("coast")
    width = canvas.width * dice.uniform(0.35, 0.55)
    start = 0.0 if canvas.side > 0 else canvas.width - width
    line = mountains.ridge(dice, width, 6, 0.5)
    high = canvas.unit * 0.07
    points = [
        (start + x, canvas.horizon - high * h * (1 - abs(2 * x / width - 1) * 0.7)) for x, h in line
    ]
    figures.lay_outline(
        canvas, mountains.below(points, canvas.horizon + 1), mountains.depth_colour(canvas, 0.18)
    )


def _paint_point(canvas: Canvas) -> None:
    """A headland at the focal third, with the building or tree on it."""
    scene, unit = canvas.scene, canvas.unit
    rise = unit * 0.13
    land.paint_headland(canvas, canvas.focus, canvas.horizon, unit * 0.5, rise)
    top = canvas.horizon - rise * 0.85
    if scene.has("tree"):
        plants.paint_tree(canvas, canvas.focus + canvas.side * unit * 0.2, top, unit * 0.3)
    if scene.has("castle"):
        buildings.paint_castle(canvas, canvas.focus, top, unit * 0.34)
    elif scene.has("lighthouse"):
        buildings.paint_lighthouse(canvas, canvas.focus, top, min(unit * 0.46, top * 0.92))
    elif scene.has("house"):
        buildings.paint_house(canvas, canvas.focus, top, unit * 0.17)


def _compose_city(canvas: Canvas) -> None:
    scene = canvas.scene
    if scene.has("tower"):
        town.paint_skyline(canvas, canvas.horizon, 1)
        x = canvas.width - canvas.focus if scene.has("cafe") else canvas.focus
        buildings.paint_tower(canvas, x, canvas.horizon, canvas.horizon * 0.82)
        town.paint_skyline(canvas, canvas.horizon, 2, 0.45)
    else:
        town.paint_skyline(canvas, canvas.horizon)
    if (
        scene.weather in ("rain", "storm")
        or scene.has(*WATER)
        or (scene.time == "night" and not scene.has("cafe"))
    ):
        paint_water(canvas, canvas.horizon, canvas.height, open_sky=False)
    else:
        town.paint_pavement(canvas)
    if scene.has("cafe"):
        paint_cafe(canvas)


def _compose_mountain(canvas: Canvas) -> None:
    scene = canvas.scene
    if scene.japan:
        mountains.paint_fuji(canvas, canvas.horizon + canvas.unit * 0.02)
        weather.paint_mist(canvas, canvas.horizon, 0.22, 0.8)
    else:
        mountains.paint_mountains(canvas, canvas.horizon + canvas.unit * 0.04)
        weather.paint_mist(canvas, canvas.horizon, 0.16, 0.6)
    plants.paint_pine_row(
        canvas, canvas.horizon + canvas.unit * 0.05, canvas.unit * 0.09, 0.45, "mid pines"
    )
    land.paint_hills(canvas, canvas.horizon + canvas.unit * 0.08, 2, 0.08)
    if scene.japan or scene.season == "spring":
        plants.paint_tree(
            canvas,
            canvas.width - canvas.focus - canvas.side * canvas.unit * 0.2,
            canvas.height * 0.97,
            canvas.unit * 0.5,
            "blossom",
        )
    else:
        plants.paint_framing_pines(canvas, canvas.unit * 0.62)


def _compose_desert(canvas: Canvas) -> None:
    if canvas.scene.has("mountain") or canvas.dice("mesas").random() < 0.4:
        land.paint_mesas(canvas, canvas.horizon + 2)
    weather.paint_mist(canvas, canvas.horizon, 0.1, 0.6)
    land.paint_dunes(canvas, canvas.horizon)
    if canvas.scene.has("cactus", "mountain"):
        plants.paint_cactus(
            canvas,
            canvas.focus + canvas.side * canvas.unit * 0.1,
            canvas.height * 0.86,
            canvas.unit * 0.2,
        )


def _compose_forest(canvas: Canvas) -> None:
    line, unit = canvas.horizon, canvas.unit
    if canvas.scene.has("mountain"):
        mountains.paint_mountains(canvas, line, 2)
    for i, (nearness, high) in enumerate(((0.1, 0.54), (0.34, 0.44), (0.62, 0.33))):
        plants.paint_pine_row(
            canvas, line + unit * 0.03 * i, unit * high, nearness, f"pines {i}", gap=0.1 * i
        )
        weather.paint_mist(canvas, line + unit * 0.03 * i, 0.2 + 0.01 * i, 0.5)
    land.paint_hills(canvas, line + unit * 0.07, 2, 0.07)
    plants.paint_framing_pines(canvas, unit * 0.95)


def _compose_garden(canvas: Canvas) -> None:
    land.paint_hills(canvas, canvas.horizon, 2, 0.12)
    # A figure has the focal point to itself; the tree then answers from the other third.
    has_figure = canvas.scene.has("cat", "fox", "wolf", "deer", "person", "house", "castle")
    x = canvas.width - canvas.focus if has_figure else canvas.focus
    plants.paint_tree(canvas, x, canvas.horizon + canvas.unit * 0.08, canvas.unit * 0.34)
    plants.paint_meadow(canvas, canvas.horizon + canvas.unit * 0.05)


def _compose_hills(canvas: Canvas) -> None:
    if canvas.scene.has("mountain") or canvas.dice("far range").random() < 0.5:
        mountains.paint_mountains(canvas, canvas.horizon, 2)
    land.paint_hills(canvas, canvas.horizon, plant=plants.paint_copse)


_GROUNDS: dict[str, Callable[[Canvas], None]] = {
    "sea": _compose_water,
    "lake": _compose_water,
    "city": _compose_city,
    "mountain": _compose_mountain,
    "desert": _compose_desert,
    "forest": _compose_forest,
    "garden": _compose_garden,
    "hills": _compose_hills,
}

Painter = Callable[[Canvas, float, float, float], None]
# What stands on the ground at the focal point, and its height as a share of the picture's unit.
_STANDING: dict[str, tuple[Painter, float]] = {
    "castle": (buildings.paint_castle, 0.36),
    "house": (buildings.paint_house, 0.2),
    "tree": (plants.paint_tree, 0.46),
    "torii": (buildings.paint_torii, 0.34),
    "fox": (animals.paint_fox, 0.27),
    "wolf": (animals.paint_wolf, 0.28),
    "deer": (animals.paint_deer, 0.3),
    "cat": (animals.paint_cat, 0.24),
    "person": (figures.paint_person, 0.26),
}


def _paint_subjects(canvas: Canvas) -> None:
    scene, unit = canvas.scene, canvas.unit
    if scene.has("bird"):
        animals.paint_birds(canvas, 9)
    elif (
        scene.time != "night" and scene.weather == "" and scene.stage in ("sea", "mountain", "lake")
    ):
        animals.paint_birds(canvas, 4)
    if scene.has("balloon"):
        vessels.paint_balloon(
            canvas, canvas.focus, canvas.horizon * 0.42, unit * 0.3, "near balloon"
        )
        vessels.paint_balloon(
            canvas, canvas.width - canvas.focus, canvas.horizon * 0.66, unit * 0.12, "far balloon"
        )
    on_water = scene.stage in WATER
    if scene.has("boat"):
        x = canvas.width - canvas.focus if scene.has("lighthouse") else canvas.focus
        depth = 0.2 if scene.has("lighthouse") else 0.34
        size = unit * (0.16 if scene.has("lighthouse") else 0.32)
        if on_water:
            vessels.paint_boat(
                canvas, x, canvas.horizon + (canvas.height - canvas.horizon) * depth, size
            )
    if scene.has("whale") and on_water:
        animals.paint_fluke(canvas, canvas.focus, canvas.horizon + unit * 0.1, unit * 0.32)
    _paint_standing(canvas, on_water)


def _paint_standing(canvas: Canvas, on_water: bool) -> None:
    standing = [name for name in _STANDING if name in canvas.scene.subjects]
    if on_water:
        standing = [name for name in standing if name not in ("castle", "house", "tree")]
    ground = canvas.horizon + (canvas.height - canvas.horizon) * (
        0.55 if canvas.scene.stage != "garden" else 0.4
    )
    if on_water and standing and standing != ["torii"]:
        land.paint_hills(canvas, canvas.height * 0.84, 1, 0.06)
        ground = canvas.height * 0.89
    for i, name in enumerate(standing[:3]):
        painter, share = _STANDING[name]
        x = canvas.focus - canvas.side * i * canvas.unit * 0.3
        painter(canvas, x, ground, canvas.unit * share)
