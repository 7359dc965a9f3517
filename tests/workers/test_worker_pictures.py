"""What the GPU's pictures and frames become: exact sizes, whole films."""

import io

import av
import pytest
from PIL import Image

from mediaforge_worker.errors import WorkerError
from mediaforge_worker.pipelines.pictures import fitted, mp4, opened, rounded_up, spread


def test_a_picture_drawn_in_blocks_becomes_the_size_that_was_asked_for() -> None:
    assert rounded_up((1000, 704), 16) == (1008, 704)
    assert fitted(Image.new("RGB", (1008, 704)), (1000, 704)).size == (1000, 704)


def test_a_film_keeps_its_length_when_fewer_frames_are_drawn() -> None:
    shown = spread(drawn=3, wanted=6)
    assert shown == [0, 0, 1, 1, 2, 2]
    assert spread(drawn=97, wanted=96) == sorted(spread(drawn=97, wanted=96))
    assert max(spread(drawn=97, wanted=96)) <= 96


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
