"""What was made is edited, cut out, and extended, through the deployed functions."""

import io

import av
from PIL import Image

from tests.emulator.conftest import Inside, NewUser, refusal, submit
from tests.emulator.test_generated_references import picture
from tests.emulator.test_videos import SHORT
from tools.client import Client


def test_a_picture_is_edited_in_its_own_shape_and_cut_out(pro: Client, inside: Inside) -> None:
    path = picture(pro, inside, aspectRatio="16:9")
    edited = submit(pro, "the same at night", editOf={"path": path}, background="transparent")
    view = pro.wait_until_final(edited["path"])
    inside.wait_until_settled(edited["jobId"])
    assert view["status"] == "completed"
    before, after = (
        Image.open(io.BytesIO(pro.download(each)))
        for each in (path, view["generation_data"]["storage_paths"][0])
    )
    assert before.size == after.size == (view["width"], view["height"]) == (1376, 768)
    assert (before.mode, after.mode) == ("RGB", "RGBA")
    assert after.getchannel("A").getextrema() == (0, 255)
    inside.assert_promises_of(pro.uid)


def test_a_video_goes_on_and_what_is_added_is_paid_for(
    pro: Client, new_user: NewUser, inside: Inside
) -> None:
    first = pro.call("generateVideo", {"prompt": "waves", **SHORT})
    [path] = pro.wait_until_final(first["path"])["generation_data"]["storage_paths"]
    inside.wait_until_settled(first["jobId"])
    asked = {"prompt": "a storm", "durationSeconds": 2, "extendOf": {"path": path}}
    said = refusal(pro, "generateVideo", {**asked, "fps": 24})
    assert [error["field"] for error in said.details["fieldErrors"]] == ["fps"]
    assert refusal(new_user(), "generateVideo", asked).reason != "internal"

    more = pro.call("generateVideo", asked)
    view = pro.wait_until_final(more["path"])
    inside.wait_until_settled(more["jobId"])
    data = view["generation_data"]
    assert (data["fps"], data["duration_seconds"]) == (12, 3)
    assert (view["width"], view["height"]) == (128, 72)
    assert view["credits"] == {"estimated": 2, "charged": 2}
    with av.open(io.BytesIO(pro.download(data["storage_paths"][0]))) as film:
        assert film.streams.video[0].frames == 36
    inside.assert_promises_of(pro.uid)
