"""Makes one frame of a plate seen through a window. The sky moves at a pace of its own, and water has
waves."""

import math

from PIL import Image

from .camera import Box, Window
from .plate import Plate

# What is far moves less: a sky follows the camera by these shares of its way and its zoom.
SKY_PACE, SKY_ZOOM_PACE = 0.6, 0.7
# The sky is shown a little enlarged: the margin at its sides is room for its drift in the wind.
SKY_MARGIN = 0.035
WAVE_COLUMNS, WAVE_ROWS = 8, 14
WAVE_REACH = 0.006
"""Of the frame's height, at the frame's bottom."""
WAVE_RATE_HZ = 0.42
Size = tuple[int, int]


def photograph(
    plate: Plate, window: Window, frame_px: Size, *, share: float, time_s: float, wind: float
) -> Image.Image:
    """One frame. `share` says how much of the video is over; `wind` is -1 or 1, to the left or right."""
    box = window.box_in(plate.picture.size)
    frame = plate.picture.resize(frame_px, Image.Resampling.BILINEAR, box=box)
    if plate.sky and plate.ground and plate.skyline is not None:
        _lay_sky(frame, plate, window, wind * (share - 0.5))
    if plate.waterline is not None:
        _wave(frame, plate, box, time_s)
    return frame


def _row_of(share: float, box: Box, plate_high: int, frame_high: int) -> int:
    """The frame's row that shows a height of the plate (a share of the plate), kept within the frame."""
    row = (share * plate_high - box[1]) / (box[3] - box[1]) * frame_high
    return min(frame_high, max(0, math.ceil(row)))


def _lay_sky(frame: Image.Image, plate: Plate, window: Window, drift: float) -> None:
    """Put the sky where the ground does not hide it. `drift` is from -0.5 to 0.5."""
    assert plate.sky is not None
    assert plate.ground is not None
    assert plate.skyline is not None
    box = window.box_in(plate.picture.size)
    bottom = _row_of(plate.skyline, box, plate.picture.height, frame.height)
    if bottom == 0:
        return
    far = Window(
        0.5 + (window.x - 0.5) * SKY_PACE - drift * SKY_MARGIN,
        0.5 + (window.y - 0.5) * SKY_PACE,
        1 - (1 - window.size) * SKY_ZOOM_PACE - SKY_MARGIN,
    )
    seen = (frame.width, bottom)
    sky = _upper(plate.sky, far.box_in(plate.sky.size), bottom / frame.height, seen)
    ground = _upper(plate.ground, box, bottom / frame.height, seen)
    near = frame.crop((0, 0, *seen))
    frame.paste(Image.composite(near, sky, ground), (0, 0))


def _upper(image: Image.Image, box: Box, share: float, size: Size) -> Image.Image:
    left, top, right, bottom = box
    part = (left, top, right, top + (bottom - top) * share)
    return image.resize(size, Image.Resampling.BILINEAR, box=part)


def _wave(frame: Image.Image, plate: Plate, box: Box, time_s: float) -> None:
    """Bends the water over a grid of moving knots: not at all at its far edge, most near the viewer."""
    assert plate.waterline is not None
    top = _row_of(plate.waterline, box, plate.picture.height, frame.height)
    # A strip of a few pixels is too small to show a wave.
    if frame.height - top < WAVE_ROWS:
        return
    rows = [round((frame.height - top) * (r / WAVE_ROWS) ** 1.6) for r in range(WAVE_ROWS + 1)]
    columns = [round(frame.width * c / WAVE_COLUMNS) for c in range(WAVE_COLUMNS + 1)]
    scale = (box[2] - box[0]) / frame.width
    reach = WAVE_REACH * frame.height

    def knot(column: int, row: int) -> tuple[float, float]:
        near = rows[row] / rows[-1]
        dx, dy = _swell(columns[column] / frame.width, near, time_s)
        x = box[0] + (columns[column] + dx * reach) * scale
        y = box[1] + (top + rows[row] + dy * reach) * scale
        # Beyond the plate there is nothing to see.
        return (
            min(plate.picture.width - 0.5, max(0.5, x)),
            min(plate.picture.height - 0.5, max(0.5, y)),
        )

    mesh = [
        (
            (columns[c], rows[r], columns[c + 1], rows[r + 1]),
            (*knot(c, r), *knot(c, r + 1), *knot(c + 1, r + 1), *knot(c + 1, r)),
        )
        for r in range(WAVE_ROWS)
        for c in range(WAVE_COLUMNS)
        if rows[r + 1] > rows[r]
    ]
    water = plate.picture.transform(
        (frame.width, frame.height - top), Image.Transform.MESH, mesh, Image.Resampling.BILINEAR
    )
    frame.paste(water, (0, top))


def _swell(x: float, near: float, time_s: float) -> tuple[float, float]:
    """How far a point of the water is moved, sideways and up, about -1 to 1 at `near` 1."""
    beat = math.tau * WAVE_RATE_HZ * time_s
    # Waves are seen closer together the farther they are.
    depth = 9 * (1 - near) ** 1.5
    side = math.sin(beat * 1.3 + depth * 2.3 + x * 3)
    lift = math.sin(beat + depth * 1.6 - x * 5) + 0.5 * math.sin(beat * 1.7 - depth + x * 11)
    return near * 1.3 * side, near * 0.8 * lift
