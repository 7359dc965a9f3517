"""Where files belong, and the addresses they get."""

from mediaforge_worker.naming import download_token, download_url, output_path, output_stem
from mediaforge_worker.request import read_input
from tests.workers.jobs import image_job, video_job


def test_one_file_has_the_jobs_name_and_several_are_numbered() -> None:
    stem = output_stem(read_input(image_job()))
    assert output_path(stem, 0, 1, "png") == "generating/ann/image/f1.png"
    assert [output_path(stem, index, 2, "png") for index in range(2)] == [
        "generating/ann/image/f1_0.png",
        "generating/ann/image/f1_1.png",
    ]
    assert output_path(output_stem(read_input(video_job())), 0, 1, "mp4") == (
        "generating/ann/video/f1.mp4"
    )


def test_the_caller_may_say_where() -> None:
    assert output_stem(read_input(image_job(output_path="scratch/j1/a1"))) == "scratch/j1/a1"


def test_a_token_is_fixed_by_the_path_and_the_key() -> None:
    token = download_token("key", "a.png")
    assert token == download_token("key", "a.png")
    assert len({token, download_token("key", "b.png"), download_token("other", "a.png")}) == 3


def test_an_address_names_the_file_as_one_part() -> None:
    assert download_url(None, "b", "u/x y.png", "t") == (
        "https://firebasestorage.googleapis.com/v0/b/b/o/u%2Fx%20y.png?alt=media&token=t"
    )
    assert download_url("http://127.0.0.1:9199", "b", "x", "t").startswith(
        "http://127.0.0.1:9199/v0/b/b/o/x?"
    )
