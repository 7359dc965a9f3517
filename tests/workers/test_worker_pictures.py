"""What the GPU's pictures and frames become: exact sizes, whole films."""

import io

import av
import pytest
from PIL import Image

from mediaforge_worker.errors import WorkerError
from mediaforge_worker.pipelines.pictures import (
    fitted,
    mp4,
    opened,
    rounded_up,
    shown,
    spread,
)
from tests.support.camera import BROKEN_CAMERA_JPEGS, camera_jpeg


def test_a_picture_drawn_in_blocks_becomes_the_size_that_was_asked_for() -> None:
    assert rounded_up((1000, 704), 16) == (1008, 704)
    assert fitted(Image.new("RGB", (1008, 704)), (1000, 704)).size == (1000, 704)


def test_a_film_keeps_its_length_when_fewer_frames_are_drawn() -> None:
    assert spread(drawn=3, wanted=6) == [0, 0, 1, 1, 2, 2]
    assert spread(drawn=97, wanted=96) == sorted(spread(drawn=97, wanted=96))
    assert max(spread(drawn=97, wanted=96)) <= 96


def test_a_frame_that_is_shown_for_long_is_held_once() -> None:
    drawn = [Image.new("RGB", (64, 48), (shade, 0, 0)) for shade in (0, 90)]
    film = shown(drawn, 600, (60, 44))
    assert [frame.getpixel((0, 0)) for frame in (film[0], film[299], film[300], film[599])] == [
        *[(0, 0, 0)] * 2,
        *[(90, 0, 0)] * 2,
    ]
    assert {frame.size for frame in film} == {(60, 44)}
    assert (len(film), len({id(frame) for frame in film})) == (600, 2)


def test_an_mp4_has_every_frame_at_its_rate() -> None:
    frames = [Image.new("RGB", (64, 48), (shade, 0, 0)) for shade in range(0, 120, 10)]
    with av.open(io.BytesIO(mp4(frames, 6)), "r") as film:
        video = film.streams.video[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", 64, 48)
        assert video.average_rate == 6
        assert sum(1 for _ in film.decode(video=0)) == 12


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(WorkerError, match="reference-unreadable"):
        opened(b"no")


def test_a_camera_s_picture_is_turned_upright() -> None:
    assert opened(camera_jpeg()).size == (4, 8)


@pytest.mark.parametrize("content", BROKEN_CAMERA_JPEGS.values(), ids=BROKEN_CAMERA_JPEGS.keys())
def test_exif_that_is_broken_is_refused_whatever_pillow_says_of_it(content: bytes) -> None:
    with pytest.raises(WorkerError, match="reference-unreadable"):
        opened(content)
