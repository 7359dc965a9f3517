"""The built-in camera: makes a real MP4 of a prompt out of the painter's pictures, always the same bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from PIL import Image

from painter.painting.reference import Picture, open_references

from .atmosphere import Light, Mist, mist_strength
from .camera import Move, arriving, choose_move, leaving, smoothstep
from .lens import photograph
from .particles import Swarm
from .plate import Plate, fit_plate, paint_plate
from .projector import frames_of, sound_of
from .reel import write_mp4
from .script import Script, read_script
from .sound import make_sound
from .swarms import choose_swarms

__all__ = ["Picture", "film"]

# Shares of the video's length: when the first picture dissolves into the last, and how long weather takes to
# fade in after, and out before, a given frame, which is shown as it is.
DISSOLVE = (0.3, 0.7)
SETTLING = 0.25


def film(  # noqa: PLR0913 - the painter's arguments, and those that only a video has
    prompt: str,
    *,
    seed: int,
    width: int,
    height: int,
    duration_s: int,
    fps: int,
    style: str | None = None,
    negative_prompt: str = "",
    with_audio: bool = False,
    palette_from: Sequence[Picture] = (),
    composition_from: Sequence[Picture] = (),
    first_frame: Picture | None = None,
    last_frame: Picture | None = None,
    begins_with: bytes | None = None,
) -> bytes:
    """An MP4 of exactly `duration_s * fps` frames; the same arguments always give the same bytes.

    `begins_with` is an MP4 of ours, with the same rate, which the video has first: its last frame is the
    first one of what is added. Raises ValueError where it cannot be read.

    Odd edges are made larger by one pixel. The video begins with `first_frame` and ends with `last_frame`,
    each cropped to the video's aspect; in the middle one dissolves into the other. With `first_frame` alone
    the camera moves over that picture; with `last_frame` alone the painted scene dissolves into it. Pictures
    are opened when they are needed. Raises ValueError for one that cannot be read, with its number or the
    name of its frame.
    """
    frame_px = (width + width % 2, height + height % 2)
    colours_from, layouts_from = open_references(palette_from, composition_from)
    script = read_script(prompt, seed, style, negative_prompt, colours_from, layouts_from)
    first = fit_plate(first_frame, frame_px, "the first frame") if first_frame is not None else None
    last = fit_plate(last_frame, frame_px, "the last frame") if last_frame is not None else None
    sound = make_sound(script, duration_s) if with_audio else None
    if begins_with is None:
        frames = _prepare(script, frame_px, first, last).frames(duration_s * fps, fps)
        return write_mp4(frames, frame_px=frame_px, fps=fps, sound=sound)
    frames = _continued(script, frame_px, begins_with, last, duration_s * fps, fps)
    if sound is not None:
        sound = chain(sound_of(begins_with), sound)
    return write_mp4(frames, frame_px=frame_px, fps=fps, sound=sound)


def _continued(
    script: Script,
    frame_px: tuple[int, int],
    film: bytes,
    last: Plate | None,
    count: int,
    fps: int,
) -> Iterator[Image.Image]:
    """The frames of the film, and `count` more. Their first plate is known once the film has ended."""
    shown: Image.Image | None = None
    for frame in frames_of(film):
        shown = frame if frame.size == frame_px else frame.resize(frame_px)
        yield shown
    if shown is None:
        raise ValueError("the video to extend has no frames")
    ended = shown
    first = fit_plate(lambda _: ended, frame_px, "the video to extend")
    yield from _prepare(script, frame_px, first, last).frames(count, fps)


def _prepare(
    script: Script, frame_px: tuple[int, int], first: Plate | None, last: Plate | None
) -> "_Take":
    move = choose_move(script.prompt, script.dice("camera"))
    begin = first or paint_plate(script, frame_px)
    wind = script.dice("wind").choice((-1.0, 1.0))
    haze = mist_strength(script, is_painted=begin.is_painted)
    centre = begin.skyline or 0.6
    return _Take(
        frame_px=frame_px,
        wind=wind,
        begin=begin,
        end=last,
        begin_move=leaving(move) if first else move,
        end_move=arriving(move),
        settles=(first is not None, last is not None),
        light=Light(script, frame_px, wind),
        mist=Mist(script, frame_px, wind, centre, haze) if haze else None,
        swarms=choose_swarms(script, begin, frame_px, wind),
    )


@dataclass(frozen=True)
class _Take:
    """All that is needed to make any frame of a video. `end` is the plate that `begin` dissolves into, if
    any; `settles` says whether the first and the last frame are given pictures, which stay free of
    weather."""

    frame_px: tuple[int, int]
    wind: float
    begin: Plate
    end: Plate | None
    begin_move: Move
    end_move: Move
    settles: tuple[bool, bool]
    light: Light
    mist: Mist | None
    swarms: Sequence[Swarm]

    def frames(self, count: int, fps: int) -> Iterator[Image.Image]:
        """Makes one frame at a time, so that the whole video is never in memory."""
        for index in range(count):
            yield self._frame(index / max(1, count - 1), index / fps)

    def _frame(self, share: float, time_s: float) -> Image.Image:
        faded = smoothstep((share - DISSOLVE[0]) / (DISSOLVE[1] - DISSOLVE[0])) if self.end else 0.0
        if self.end is None or faded == 0:
            frame = self._shot(self.begin, self.begin_move, share, time_s)
        elif faded == 1:
            frame = self._shot(self.end, self.end_move, share, time_s)
        else:
            frame = Image.blend(
                self._shot(self.begin, self.begin_move, share, time_s),
                self._shot(self.end, self.end_move, share, time_s),
                faded,
            )
        return self._in_air(frame, share, time_s, 1 - faded)

    def _shot(self, plate: Plate, move: Move, share: float, time_s: float) -> Image.Image:
        return photograph(
            plate, move.at(share), self.frame_px, share=share, time_s=time_s, wind=self.wind
        )

    def _in_air(self, frame: Image.Image, share: float, time_s: float, begun: float) -> Image.Image:
        """Adds light, mist and swarms. What is anchored to the first plate disappears with that plate."""
        presence = self._presence(share)
        if presence == 0:
            return frame
        frame = self.light.fall_on(frame, time_s, presence)
        if self.mist:
            frame = self.mist.lie_on(frame, time_s, presence)
        view = self.begin_move.at(share).box_in((1, 1))
        for swarm in self.swarms:
            seen = presence * begun if swarm.anchored else presence
            frame = swarm.fly_over(frame, view, time_s, seen)
        return frame

    def _presence(self, share: float) -> float:
        begins, ends = self.settles
        since_first = smoothstep(share / SETTLING) if begins else 1.0
        until_last = smoothstep((1 - share) / SETTLING) if ends else 1.0
        return min(since_first, until_last)
