"""Colour: a few hand-mixed palettes a time of day, and what words and weather do to them."""

import random
from dataclasses import dataclass, replace

from .scene import Scene

Rgb = tuple[int, int, int]
PAPER: Rgb = (246, 240, 226)


@dataclass(frozen=True)
class Palette:
    sky: tuple[Rgb, Rgb, Rgb, Rgb]
    """From the zenith to the horizon."""
    light: Rgb
    shade: Rgb
    land: Rgb
    water: Rgb
    accent: Rgb
    window: Rgb = (255, 206, 128)

    @property
    def haze(self) -> Rgb:
        return mix(self.sky[3], self.sky[2], 0.45)


def rgb(text: str) -> Rgb:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def mix(a: Rgb, b: Rgb, share_of_b: float) -> Rgb:
    t = min(1.0, max(0.0, share_of_b))
    return (
        round(a[0] + (b[0] - a[0]) * t),
        round(a[1] + (b[1] - a[1]) * t),
        round(a[2] + (b[2] - a[2]) * t),
    )


def luma(colour: Rgb) -> float:
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def saturate(colour: Rgb, factor: float) -> Rgb:
    grey = luma(colour)
    red, green, blue = (
        round(min(255.0, max(0.0, grey + (part - grey) * factor))) for part in colour
    )
    return red, green, blue


def _mixed(line: str) -> Palette:
    top, mid, low, glow, light, shade, land, accent = (rgb(f"#{code}") for code in line.split())
    water = mix(mix(mid, low, 0.35), shade, 0.38)
    return Palette((top, mid, low, glow), light, shade, land, water, accent)


# Sky from zenith to horizon (four), light, deepest shade, land, accent.
_TIMES: dict[str, tuple[Palette, ...]] = {
    "dawn": (
        _mixed("6474ad b79ac0 f2b5a9 ffdfb6 fff1cf 2f335c 7a719c e9735f"),
        _mixed("3f7390 8db7b8 f3cdb0 ffe4bd fff5da 23414f 5f8a86 e8714f"),
        _mixed("7a6aa5 cf97b3 f8bfa0 fde3a7 fff6d0 3b2d55 8a6a8f e2604f"),
    ),
    "day": (
        _mixed("2c79b3 6db1d4 b7dadf f3eed6 fff8e0 1c3c4c 4f8a5e ec8f3a"),
        _mixed("3f9db2 82c6c3 cde4d0 f8eed2 fffae6 20484c 79a252 e8623f"),
        _mixed("4c86c0 93bfe0 d3e4e4 fbe9cb fff6dc 26365c 6e9a6c e2574c"),
    ),
    "dusk": (
        _mixed("27295a 713c70 d9584f fbaa58 ffe3a0 17182f 50305a f5673a"),
        _mixed("1d3557 5a487c c6566b f5a05c ffdc92 141c33 463a62 ef5f50"),
        _mixed("123b4a 2e6872 d6865a f8bf70 ffe6aa 0c2029 2c4d53 e65f36"),
    ),
    "night": (
        _mixed("070d26 10234c 1e416b 41708f f1f3d8 040817 152a49 ffbe63"),
        _mixed("0d0a26 241b4e 443271 7d5a94 f6eefc 080616 251c45 ff9a68"),
        _mixed("04181f 0a323b 155059 50918a f0f5d2 020f13 0e3138 ffcd76"),
    ),
}
_NEON = _mixed("0a0620 1d0f47 5a1a78 c0317f ffd6f2 05030f 22124a ff3d8b")
_STORM = _mixed("333d49 58666f 8b9799 c3c4b6 ebe8d6 191f27 4a585b d3863f")
_OVERCAST = _mixed("6a7d8c 90a2ab b9c4c4 dedbcd f4efe0 27333d 62736f d9723f")
_SEASON_LAND = {"spring": "#8cb06a", "summer": "#5f9a4c", "autumn": "#c9742f", "winter": "#cfdbe6"}
_PLACE_LAND = {"desert": "#d08a52", "forest": "#2f5a4c", "garden": "#6b9a4e", "hills": "#74994f"}


def choose_palette(scene: Scene, dice: random.Random) -> Palette:
    palette = dice.choice(_TIMES[scene.time])
    palette = _under_weather(palette, scene)
    palette = _on_land(palette, scene)
    palette = _in_mood(palette, scene.mood)
    if scene.medium == "neon":
        palette = blend_palettes(palette, _NEON, 0.75)
    return _in_named_colours(palette, scene)


def blend_palettes(a: Palette, b: Palette, share_of_b: float) -> Palette:
    first, second, third, fourth = (
        mix(x, y, share_of_b) for x, y in zip(a.sky, b.sky, strict=True)
    )
    return Palette(
        sky=(first, second, third, fourth),
        light=mix(a.light, b.light, share_of_b),
        shade=mix(a.shade, b.shade, share_of_b),
        land=mix(a.land, b.land, share_of_b),
        water=mix(a.water, b.water, share_of_b),
        accent=mix(a.accent, b.accent, share_of_b),
        window=mix(a.window, b.window, share_of_b),
    )


def _under_weather(palette: Palette, scene: Scene) -> Palette:
    if scene.weather == "storm":
        return blend_palettes(palette, _STORM, 0.85 if scene.time != "night" else 0.3)
    if scene.weather in ("rain", "fog"):
        return blend_palettes(palette, _OVERCAST, 0.5 if scene.time == "day" else 0.18)
    if scene.weather == "snow" and scene.time == "day":
        return blend_palettes(palette, _OVERCAST, 0.4)
    return palette


def _on_land(palette: Palette, scene: Scene) -> Palette:
    earth = rgb(_SEASON_LAND.get(scene.season) or _PLACE_LAND.get(scene.stage) or "#6f8f70")
    if scene.weather == "snow":
        earth = rgb(_SEASON_LAND["winter"])
    share = {"day": 0.85, "dawn": 0.7, "dusk": 0.45, "night": 0.3}[scene.time]
    return replace(palette, land=mix(palette.land, earth, share))


def _in_mood(palette: Palette, mood: str) -> Palette:
    factor = {"joy": 1.25, "calm": 0.85, "gloom": 0.6, "fire": 1.2}.get(mood, 1.0)
    saturated = _map(palette, factor)
    if mood == "fire":
        return blend_palettes(
            saturated, _mixed("3a0d16 8a1f1d dd4a22 ffb03b fff0b0 16060a 5a1a1a ffd23f"), 0.6
        )
    return saturated


def _map(palette: Palette, factor: float) -> Palette:
    first, second, third, fourth = (saturate(colour, factor) for colour in palette.sky)
    return replace(
        palette,
        sky=(first, second, third, fourth),
        land=saturate(palette.land, factor),
        water=saturate(palette.water, factor),
    )


def _in_named_colours(palette: Palette, scene: Scene) -> Palette:
    if code := scene.colour_of("sea", "lake"):
        palette = replace(palette, water=mix(rgb(code), palette.shade, 0.12))
        palette = _tint_sky(palette, rgb(code), 0.25)
    if code := scene.colour_of("sky", "clouds"):
        palette = _tint_sky(palette, rgb(code), 0.5)
    if code := scene.colour_of("mountain", "hills", "forest", "desert", "garden"):
        palette = replace(palette, land=rgb(code))
    if code := scene.colour_of("moon", "sun"):
        palette = replace(palette, light=mix(rgb(code), PAPER, 0.3))
    if code := scene.colour_of(""):
        palette = replace(_tint_sky(palette, rgb(code), 0.22), accent=rgb(code))
    return palette


def _tint_sky(palette: Palette, colour: Rgb, share: float) -> Palette:
    # Each stop keeps its own lightness; otherwise a "pink sky" would lose its depth.
    first, second, third, fourth = (
        mix(stop, _at_luma(colour, luma(stop)), share) for stop in palette.sky
    )
    return replace(palette, sky=(first, second, third, fourth))


def _at_luma(colour: Rgb, wanted: float) -> Rgb:
    own = max(1.0, luma(colour))
    if wanted <= own:
        return mix((0, 0, 0), colour, wanted / own)
    return mix(colour, (255, 255, 255), (wanted - own) / max(1.0, 255 - own))
