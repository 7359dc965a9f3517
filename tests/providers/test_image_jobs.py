"""Jobs of the Gemini image models: what each fault of Vertex AI ends in, and what it costs."""

from collections.abc import Iterator

import pytest

from mediaforge.domain.jobs.breakers import FAILURES_MAX
from mediaforge.domain.jobs.job import JobStatus
from tests.support.pictures import picture
from tests.support.provider_world import (
    QUOTA_SNOOZES,
    REFERENCES,
    End,
    Ends,
    ProviderWorld,
    provider_world,
)

FLASH, RETIRED = "gemini-3.1-flash-image", "gemini-of-yesterday"
ONE, FOUR = Ends(held=8), Ends(held=32)
HOUR_S = 3600


@pytest.fixture
def world() -> Iterator[ProviderWorld]:
    with provider_world() as running:
        yield running


# Each attempt submits once, whatever becomes of it: the table's `submits` are the attempts and snoozes.
@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("", ONE.completed()),
        ("#throttle", ONE.completed(snoozes=1)),
        ("#throttle:9", ONE.completed(snoozes=9)),
        ("#server-error", ONE.completed(attempts=2)),
        ("#server-error:9", ONE.billed_out("provider-unavailable")),
        ("#overloaded:4", ONE.completed(attempts=5)),
        ("#overloaded:9", ONE.dead("provider-unavailable")),
        ("#slow", ONE.completed(attempts=2)),
        ("#reset", ONE.completed(attempts=2)),
        ("#reset:9", ONE.billed_out("provider-unavailable")),
        ("#not-json", ONE.completed(attempts=2)),
        ("#not-json:9", ONE.billed_out("provider-unavailable")),
        ("#throttle:3 #server-error", ONE.completed(attempts=2, snoozes=3)),
        # What it was told before the work cost nothing: an attempt, and no more.
        ("#server-error #overloaded:3", ONE.completed(attempts=5)),
        ("#cancelled", ONE.completed(attempts=2)),
        ("#cancelled:9", ONE.billed_out("provider-unavailable")),
        ("#proxy-error:9", ONE.billed_out("provider-unavailable")),
        ("#slow:9", ONE.billed_out("provider-unavailable")),
        ("#rate:3", ONE.completed(snoozes=3)),
        ("#no-capacity:3", ONE.completed(snoozes=3)),
        ("#quota:3", ONE.completed(snoozes=3)),
        ("#quota:99", ONE.refused("provider-not-allowed", snoozes=QUOTA_SNOOZES)),
        # A rate that was waited for is no part of a limit's hour.
        ("#rate:13 #quota:3", ONE.completed(snoozes=16)),
        ("#no-quota", ONE.refused("provider-not-allowed")),
        ("#no-billing", ONE.refused("provider-not-allowed")),
        ("#wrong-region", ONE.refused("provider-not-allowed")),
        ("#bad-request", ONE.refused("provider-rejected")),
        ("#bad-prompt", ONE.refused("content-blocked")),
        ("#forbidden", ONE.refused("provider-not-allowed")),
        ("#prompt-blocked", ONE.refused("content-blocked")),
        ("#image-safety", ONE.refused("content-blocked")),
        ("#text-only", ONE.refused("model-refused")),
        ("#too-long", ONE.refused("output-limit")),
        ("#no-candidates", ONE.billed_out("empty-answer")),
        ("#no-image", ONE.billed_out("no-image")),
        ("#continued", ONE.completed(attempts=2)),
    ],
)
def test_a_fault_ends_a_job(world: ProviderWorld, fault: str, end: End) -> None:
    assert world.end_of(world.draw(f"a lighthouse {fault}", FLASH)) == end


def test_a_model_that_was_retired_ends_a_job_at_once(world: ProviderWorld) -> None:
    assert world.end_of(world.draw("a lighthouse", RETIRED)) == ONE.refused("model-retired")


def test_a_job_that_is_throttled_for_ever_ends_with_its_time_and_spends_no_attempt(
    world: ProviderWorld,
) -> None:
    end = world.end_of(world.draw("a lighthouse #throttle:9999", FLASH), step_s=HOUR_S)

    assert (end.status, end.code, end.attempts) == ("failed", "expired", 0)
    assert (end.charged, end.released, end.is_dead) == (0, 8, True)
    assert end.submits == end.snoozes == 48


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("", FOUR.completed(submits=4)),
        ("#partial:2", FOUR.completed(charged=16, submits=4)),
        ("#image-safety", FOUR.refused("content-blocked", submits=4)),
        # One answer of four is all that is needed: the others are not asked for again.
        ("#throttle", FOUR.completed(charged=24, submits=4)),
        ("#server-error:3", FOUR.completed(charged=8, submits=4)),
        ("#server-error:4", FOUR.completed(attempts=2, submits=8)),
        ("#throttle:2 #server-error:2", FOUR.completed(attempts=2, submits=8)),
        ("#slow:9", FOUR.billed_out("provider-unavailable", submits=8)),
        # A throttle gives no attempt back where the other three may have been billed.
        ("#throttle:1 #image-safety", End("failed", "content-blocked", 2, 0, 8, 0, 32, False)),
    ],
)
def test_of_several_images_those_that_came_are_paid_for(
    world: ProviderWorld, fault: str, end: End
) -> None:
    assert world.end_of(world.draw(f"a lighthouse {fault}", FLASH, count=4)) == end


def test_the_images_and_their_previews_are_in_storage(world: ProviderWorld) -> None:
    job = world.draw("a lighthouse #partial:1", FLASH, count=2)
    world.end_of(job)

    stem = f"generating/ann/image/{job.id}"
    assert list(world.media.list("generating/")) == [f"{stem}_0.png", f"{stem}_0_thumb.webp"]
    assert world.media.files[f"{stem}_0_thumb.webp"].startswith(b"RIFF")


def test_refused_addresses_of_references_are_the_one_reason_for_a_second_call_of_an_attempt(
    world: ProviderWorld,
) -> None:
    job = world.draw("a lighthouse #file-refused", FLASH, references=REFERENCES[:2])

    assert world.end_of(job) == ONE.completed(submits=2)


def test_a_reference_goes_by_the_type_that_it_has_and_not_by_its_name(world: ProviderWorld) -> None:
    """A camera's, in capitals, and a JPEG that is called PNG."""
    paths = ["references/ann/IMG_0001.WEBP", REFERENCES[0]["path"]]
    world.media.files |= dict.fromkeys(paths, picture("JPEG"))
    references = [{"path": path, "mode": "style_only"} for path in paths]
    assert world.end_of(world.draw("a lighthouse", FLASH, references=references)) == ONE.completed()

    (received,) = world.servers.models.of("generateContent")
    files = [part["file_data"] for part in received.body["contents"][0]["parts"][1:4:2]]
    assert files == [
        {"file_uri": f"gs://memory/{path}", "mime_type": "image/jpeg"} for path in paths
    ]


def test_a_brand_s_pictures_go_by_the_type_that_they_have(world: ProviderWorld) -> None:
    for reference in REFERENCES:
        world.media.files[reference["path"]] = picture("JPEG")
    brand = world.train("Acme")
    world.run_until_quiet()
    world.end_of(world.draw("a lighthouse", FLASH, brandId=brand.brand_id))

    (received,) = world.servers.models.of("generateContent")
    sent = received.body["contents"][0]["parts"]
    files = [part["file_data"]["mime_type"] for part in sent if "file_data" in part]
    assert files == ["image/jpeg"] * len(REFERENCES)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "The file is empty; upload it again.", id="nothing"),
        pytest.param(
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
            "This is an HEIC picture; export it as JPEG.",
            id="heic",
        ),
        pytest.param(
            picture("TIFF"),
            "This is a TIFF picture, or a camera's raw file; export it as JPEG.",
            id="tiff",
        ),
        pytest.param(
            b'<svg xmlns="http://www.w3.org/2000/svg"/>',
            "This is an SVG drawing; export it as PNG.",
            id="svg",
        ),
    ],
)
def test_a_reference_that_is_no_picture_is_named_and_nobody_is_asked(
    world: ProviderWorld, content: bytes, says: str
) -> None:
    path = REFERENCES[1]["path"]
    world.media.files[path] = content
    job = world.draw("a lighthouse", FLASH, references=REFERENCES[:2])

    assert world.end_of(job) == ONE.refused("reference-unreadable", submits=0)
    assert world.view(job.id)["error"]["message"] == f"Reference 2 ({path}) cannot be used: {says}"


def test_a_reference_that_breaks_off_is_named_and_nobody_is_asked(world: ProviderWorld) -> None:
    path = REFERENCES[1]["path"]
    world.media.files[path] = picture(size=(640, 480))[:300]
    job = world.draw("a lighthouse", FLASH, references=REFERENCES[:2])

    assert world.end_of(job) == ONE.refused("reference-unreadable", submits=0)
    assert world.view(job.id)["error"]["message"].startswith(f"Reference 2 ({path}) cannot be")


def test_a_model_out_of_order_is_left_alone_and_its_jobs_wait_without_spending_attempts(
    world: ProviderWorld,
) -> None:
    """Ten at once: the first five failures open the breaker, and the others are not even sent."""
    jobs = [world.draw(f"{number} #overloaded", FLASH) for number in range(10)]
    world.deliver_all()
    assert world.servers.submits == FAILURES_MAX

    world.run_until_quiet()
    world.assert_promises()
    ended = [world.job(job.id) for job in jobs]
    assert {job.status for job in ended} == {JobStatus.COMPLETED}
    assert world.servers.submits == sum(job.attempts for job in ended) == 20


def test_what_was_drawn_for_a_job_that_is_cancelled_meanwhile_is_dropped_and_paid_for(
    world: ProviderWorld,
) -> None:
    job = world.draw("a lighthouse", FLASH)
    world.servers.meanwhile.append(lambda: world.cancel(job.id, acceptCharge=True))

    end = world.end_of(job)
    assert (end.status, end.submits, end.charged, end.released) == ("cancelled", 1, 8, 0)
    assert list(world.media.list("generating/")) == []
