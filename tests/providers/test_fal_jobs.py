"""Jobs at fal.ai: what each fault of its queue, of a model, or of a file ends in, and what it costs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import DirectCreative, EstimateCredits, parse
from mediaforge.domain.errors import InvalidRequestError
from mediaforge.domain.jobs.prompts import whole_prompt
from mediaforge.services.directing.briefs import make_brief
from mediaforge.services.jobs.hook import hint, webhook_url
from mediaforge.services.library.estimates import estimate_credits
from protocols import fal
from tests.support.provider_world import (
    CALL_S,
    PATIENT_S,
    REFERENCES,
    End,
    Ends,
    ProviderWorld,
    provider_world,
)
from tests.support.world import ANN

IMAGE, VIDEO = "flux-2-pro", "wan-2.7"
SEVERAL = "qwen-image-2"
ONE, FOUR, FILM = Ends(held=4), Ends(held=20), Ends(held=60)
FOR_EVER = 99_999


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[ProviderWorld]:
    meets_a_slow_one = any(word in request.node.name for word in ("slow", "trickle"))
    with provider_world(CALL_S if meets_a_slow_one else PATIENT_S) as running:
        yield running


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("", ONE.completed()),
        ("#pending:9", ONE.completed()),
        ("#throttle", ONE.completed(snoozes=1)),
        ("#throttle:9", ONE.completed(snoozes=9)),
        ("#server-error", ONE.completed(attempts=2)),
        ("#server-error:9", ONE.billed_out("provider-unavailable")),
        ("#overloaded:4", ONE.completed(attempts=5)),
        ("#overloaded:9", ONE.dead("provider-unavailable")),
        ("#cancelled-call", ONE.completed(attempts=2)),
        ("#locked", ONE.refused("provider-not-allowed")),
        ("#bad-request", ONE.refused("provider-rejected")),
        # The request is queued and its id lost. It still waits when the next attempt looks for it.
        ("#not-json", ONE.completed(attempts=2)),
        ("#no-id", ONE.completed(attempts=2)),
        ("#reset", ONE.completed(attempts=2)),
        ("#reset:9", ONE.billed_out("provider-unavailable")),
        ("#slow", ONE.completed(attempts=2)),
    ],
)
def test_a_submission_that_fails_ends_a_job(world: ProviderWorld, fault: str, end: End) -> None:
    assert world.end_of(world.draw(f"a lighthouse {fault}", IMAGE)) == end


@pytest.mark.parametrize(
    ("fault", "questions"),
    [
        ("", 2),
        ("#status-error:3", 5),
        ("#status-bad-request:3", 5),
        ("#status-cancelled:3", 5),
        ("#status-throttle:3", 5),
        ("#status-not-json:3", 5),
        ("#status-reset:3", 5),
        ("#status-slow", 3),
        ("#status-trickle", 3),
        ("#status-huge", 3),
        ("#result-error:3", 5),
        ("#result-throttle:3", 5),
        ("#result-not-json:3", 5),
        ("#file-away:3", 5),
        ("#new-state #pending:3", 4),
    ],
)
def test_a_question_that_fails_is_asked_again_and_nothing_is_begun_anew(
    world: ProviderWorld, fault: str, questions: int
) -> None:
    assert world.end_of(world.draw(f"a lighthouse {fault}", IMAGE)) == ONE.completed()
    assert world.servers.questions == questions


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        # A server's error is not billed: so all five attempts are made.
        ("#failed", ONE.dead("provider-failed")),
        ("#timed-out", ONE.dead("provider-timed-out")),
        ("#stopped", ONE.billed_out("provider-cancelled")),
        ("#gone", ONE.billed_out("provider-forgot")),
        (f"#status-error:{FOR_EVER}", ONE.billed_out("provider-unavailable")),
        (f"#pending:{FOR_EVER}", ONE.billed_out("provider-overrun")),
        ("#blocked", ONE.refused("content-blocked")),
        ("#blackened", ONE.refused("content-blocked")),
        ("#rejected", ONE.refused("provider-rejected")),
        ("#rejected-in-words", ONE.refused("provider-rejected")),
        ("#unreadable", ONE.refused("reference-unreadable")),
        ("#nothing-made", ONE.billed_out("provider-failed")),
        ("#retryable", ONE.billed_out("provider-failed")),
        ("#no-files", ONE.billed_out("nothing-delivered")),
    ],
)
def test_what_a_model_answers_ends_a_job(world: ProviderWorld, fault: str, end: End) -> None:
    assert world.end_of(world.draw(f"a lighthouse {fault}", IMAGE)) == end


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("#data-uri", ONE.completed()),
        ("#deliver:3", ONE.completed()),
        ("#large", ONE.completed()),
        ("#private", ONE.billed_out("output-not-ours")),
        ("#forge", ONE.billed_out("result-unreadable")),
        # Nobody can say that it will never come: so it is asked for until the job's time is over.
        ("#file-gone", ONE.billed_out("result-unreachable")),
        ("#redirect", ONE.billed_out("result-unreachable")),
        ("#flood", ONE.billed_out("result-unreachable")),
    ],
)
def test_what_a_file_is_ends_a_job(world: ProviderWorld, fault: str, end: End) -> None:
    """The second attempt finds the first one's request in the history, and does not take it: it has failed
    this very job."""
    assert world.end_of(world.draw(f"a lighthouse {fault}", IMAGE)) == end


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("", FOUR.completed()),
        ("#deliver:1", FOUR.completed(charged=5)),
        ("#deliver:9", FOUR.completed()),
        ("#blocked-in-part", FOUR.completed(charged=15)),
        ("#blackened", FOUR.refused("content-blocked")),
    ],
)
def test_of_several_images_those_that_came_are_paid_for(
    world: ProviderWorld, fault: str, end: End
) -> None:
    assert world.end_of(world.draw(f"a lighthouse {fault}", SEVERAL, count=4)) == end


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("", FILM.completed()),
        ("#large", FILM.completed()),
        ("#server-error #pending:3", FILM.completed(attempts=2)),
        ("#failed", FILM.dead("provider-failed")),
        ("#blocked", FILM.refused("content-blocked")),
        ("#data-uri", FILM.completed()),
    ],
)
def test_a_film_ends_as_an_image_does(world: ProviderWorld, fault: str, end: End) -> None:
    assert world.end_of(world.film(f"waves {fault}", VIDEO)) == end


# ---- a submission whose answer is lost ------------------------------------------------------------


def lose_the_answer_and_end(world: ProviderWorld, fault: str = "") -> str:
    """A job whose request was queued and has ended before the next attempt; the job's id."""
    job = world.draw(f"a lighthouse #reset #pending:0 {fault}", IMAGE)
    world.deliver_all()
    (work,) = world.servers.gallery.works.values()
    world.servers.end(work)
    return job.id


def test_a_request_whose_id_was_lost_is_found_again_and_not_paid_for_twice(
    world: ProviderWorld,
) -> None:
    job_id = lose_the_answer_and_end(world)
    assert world.end_of(world.job(job_id)) == ONE.completed(attempts=2, submits=1)


@pytest.mark.parametrize("fault", ["#unlisted", "#history-error", "#failed"])
def test_one_that_cannot_be_found_is_begun_again(world: ProviderWorld, fault: str) -> None:
    """What has failed is not billed, and nothing is taken over from it."""
    world.end_of(world.job(lose_the_answer_and_end(world, fault)))
    assert world.servers.submits > 1


def test_a_request_of_another_prompt_or_seed_is_not_taken_for_it(world: ProviderWorld) -> None:
    assert world.end_of(world.draw("a lighthouse", IMAGE, seed=5)).status == "completed"
    other = world.draw("a lighthouse #server-error", IMAGE, seed=5)
    assert world.end_of(other) == replace(ONE.completed(attempts=2), submits=3)
    same_words = world.draw("a lighthouse", IMAGE, seed=6)
    assert world.end_of(same_words).submits == 4


def works_of(world: ProviderWorld) -> list[fal.Work]:
    return list(world.servers.gallery.works.values())


@pytest.mark.parametrize(
    ("sent_ago", "is_taken"),
    [
        (timedelta(), True),  # another's of just now: it is what was asked for, and is there
        (timedelta(minutes=10), False),  # sent before this job was begun
        (timedelta(hours=25), False),  # and its files are gone by now
    ],
)
def test_a_request_of_before_the_job_is_not_taken_for_its_start(
    world: ProviderWorld, sent_ago: timedelta, is_taken: bool
) -> None:
    world.end_of(world.draw("a lighthouse #reset:1 #pending:0", IMAGE, seed=5))
    for work in works_of(world):
        work.sent_at -= sent_ago
    before = world.servers.submits
    job = world.draw("a lighthouse #reset:1 #pending:0", IMAGE, seed=5)
    # The answer to its start is lost, and it never arrived: what follows is the second attempt.
    lost = replace(world.job(job.id), attempts=1, begun_at=world.clock.now())
    world.documents.transact(lambda tx: tx.put(at.job(job.id), lost))
    assert world.end_of(job).status == "completed"
    assert world.servers.submits - before == (0 if is_taken else 1)


def test_of_a_job_that_is_long_under_way_no_request_is_taken_whose_files_are_gone(
    world: ProviderWorld,
) -> None:
    job_id = lose_the_answer_and_end(world)
    (work,) = works_of(world)
    work.sent_at -= timedelta(hours=25)
    known = world.job(job_id)
    assert known.begun_at is not None
    long_ago = replace(known, begun_at=known.begun_at - timedelta(hours=26))
    world.documents.transact(lambda tx: tx.put(at.job(job_id), long_ago))
    assert world.end_of(known) == ONE.completed(attempts=2)


def test_a_model_without_a_seed_is_not_looked_for(world: ProviderWorld) -> None:
    job = world.film("waves #server-error", "kling-3-standard")
    assert world.end_of(job) == Ends(held=80).completed(attempts=2)
    assert world.servers.gallery.of("GET", "by-endpoint") == []


# ---- stopping -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["", "#cancel-error", "#cancel-ended"])
def test_a_job_that_is_cancelled_is_told_to_stop_and_paid_for(
    world: ProviderWorld, fault: str
) -> None:
    job = world.draw(f"a lighthouse #pending:{FOR_EVER} {fault}", IMAGE)
    world.deliver_all()
    world.cancel(job.id, acceptCharge=True)
    end = world.end_of(job)

    assert (end.status, end.submits, end.charged) == ("cancelled", 1, 4)
    assert world.servers.cancels >= 1
    assert world.job(job.id).handle is None


def test_what_runs_for_too_long_is_told_to_stop_before_another_is_begun(
    world: ProviderWorld,
) -> None:
    job = world.draw(f"a lighthouse #pending:{FOR_EVER}", IMAGE)
    world.end_of(job)
    assert [work.status for work in world.servers.gallery.works.values()] == ["COMPLETED"] * 2


# ---- what is sent ---------------------------------------------------------------------------------

FRAME = {"path": REFERENCES[0]["path"]}
ASKED: list[tuple[str, dict[str, Any], str]] = [
    ("flux-2-pro", {"width": 2048, "height": 2048}, "fal-ai/flux-2-pro"),
    ("seedream-4.5", {"count": 4}, "fal-ai/bytedance/seedream/v4.5/text-to-image"),
    (
        "seedream-4.5",
        {"width": 3328, "height": 4992},
        "fal-ai/bytedance/seedream/v4.5/text-to-image",
    ),
    ("seedream-4.5", {"references": REFERENCES}, "fal-ai/bytedance/seedream/v4.5/edit"),
    ("qwen-image-2", {"negativePrompt": "fog"}, "fal-ai/qwen-image-2/text-to-image"),
    ("qwen-image-2", {"references": REFERENCES[:3]}, "fal-ai/qwen-image-2/edit"),
    ("seedvr2-upscale", {"references": REFERENCES[:1]}, "fal-ai/seedvr/upscale/image"),
    ("kling-3-standard", {}, "fal-ai/kling-video/v3/standard/text-to-video"),
    (
        "kling-3-standard",
        {"firstFrame": FRAME, "lastFrame": FRAME, "generateAudio": False},
        "fal-ai/kling-video/v3/standard/image-to-video",
    ),
    ("wan-2.7", {"resolution": "1080p"}, "fal-ai/wan/v2.7/text-to-video"),
    ("wan-2.7", {"firstFrame": FRAME}, "fal-ai/wan/v2.7/image-to-video"),
]


@pytest.mark.parametrize(("model", "fields", "endpoint"), ASKED)
def test_each_family_s_endpoint_takes_what_is_sent_to_it(
    world: ProviderWorld, model: str, fields: dict[str, Any], endpoint: str
) -> None:
    """Each body is checked by the model against fal.ai's own table of its fields."""
    is_video = world.backend.catalogue.models[model].kind == "video"
    ask = world.film if is_video else world.draw
    end = world.end_of(ask("a lighthouse", model, styleId="ink", **fields))

    assert (end.status, end.code) == ("completed", None)
    assert [work.endpoint for work in world.servers.gallery.works.values()] == [endpoint]


def test_a_request_says_how_long_it_may_wait_and_its_files_may_stay(world: ProviderWorld) -> None:
    world.end_of(world.draw("a lighthouse", IMAGE))
    (work,) = world.servers.gallery.works.values()
    assert work.headers["X-Fal-Request-Timeout"] == "1800"
    assert work.headers["X-Fal-Object-Lifecycle-Preference"] == (
        '{"expiration_duration_seconds": 86400}'
    )


def test_an_upscaler_without_a_picture_is_refused_at_once(world: ProviderWorld) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        world.draw("a lighthouse", "seedvr2-upscale")
    assert [each["field"] for each in refused.value.details["fieldErrors"]] == ["references"]


def test_an_upscaler_is_proposed_to_nobody_who_has_no_picture(world: ProviderWorld) -> None:
    """It is the cheapest model, and makes nothing of a prompt."""
    cheap = [{"prompt": "a lighthouse", "model": IMAGE}]
    answer = estimate_credits(world.backend, ANN, parse(EstimateCredits, {"requests": cheap}))
    changes = [each.change or {} for each in answer.suggestions]
    assert {"model": "runpod-image"} in changes

    tier = world.backend.catalogue.tiers["pro"]
    brief = parse(DirectCreative, {"brief": "a duck on a pond", "kind": "image"})
    offered = {each.id for each in make_brief(world.backend, brief, tier, None).models}
    assert IMAGE in offered
    assert "seedvr2-upscale" not in offered


TOO_LONG = [
    ("qwen-image-2", {"negativePrompt": "x" * 501}, "negativePrompt"),
    ("qwen-image-2", {"prompt": "x" * 801, "references": REFERENCES[:1]}, "prompt"),
    ("qwen-image-2", {"prompt": "x" * 801, "editOf": FRAME}, "prompt"),
    ("kling-3-standard", {"prompt": "x" * 2501}, "prompt"),
    ("kling-3-standard", {"negativePrompt": "x" * 2501}, "negativePrompt"),
    ("wan-2.7", {"negativePrompt": "x" * 501}, "negativePrompt"),
    ("wan-2.7", {"generateAudio": False}, "generateAudio"),
]


@pytest.mark.parametrize(("model", "fields", "field"), TOO_LONG)
def test_what_an_endpoint_does_not_take_is_refused_before_it_is_accepted(
    world: ProviderWorld, model: str, fields: dict[str, Any], field: str
) -> None:
    is_video = world.backend.catalogue.models[model].kind == "video"
    ask = world.film if is_video else world.draw
    asked = {"prompt": "a lighthouse", **fields}
    with pytest.raises(InvalidRequestError) as refused:
        ask(asked.pop("prompt"), model, **asked)
    assert [each["field"] for each in refused.value.details["fieldErrors"]] == [field]


@pytest.mark.parametrize(
    "fields", [{"negativePrompt": "x" * 500}, {"prompt": "x" * 801}], ids=["negative", "no-picture"]
)
def test_what_an_endpoint_just_takes_is_made(world: ProviderWorld, fields: dict[str, Any]) -> None:
    asked = {"prompt": "a lighthouse", **fields}
    assert (
        world.end_of(world.draw(asked.pop("prompt"), SEVERAL, **asked)) == Ends(held=5).completed()
    )


def test_the_words_of_a_style_and_of_references_count_with_the_prompt(world: ProviderWorld) -> None:
    style = world.backend.catalogue.styles["ink"].prompt
    left = 800 - len(whole_prompt("", style, modes=["style_only"]))
    asks: dict[str, Any] = {"styleId": "ink", "references": REFERENCES[:1]}
    assert world.end_of(world.draw("x" * left, SEVERAL, **asks)).status == "completed"
    with pytest.raises(InvalidRequestError, match="has 801 characters with its style"):
        world.draw("x" * (left + 1), SEVERAL, **asks)


def test_a_hint_has_the_queue_asked_at_once(world: ProviderWorld) -> None:
    """As the webhook of fal.ai gives it: with the job's own token, and a body that nobody reads."""
    addresses: list[str] = []

    def address(job: Any) -> str:
        addresses.append(webhook_url("http://functions", job))
        return addresses[-1]

    world.backend = replace(world.backend, webhook_url=address)
    job = world.draw("a lighthouse #pending:0", IMAGE)
    world.deliver_all()
    (work,) = world.servers.gallery.works.values()
    assert work.webhook == addresses[0]

    token = addresses[0].rpartition("token=")[2]
    assert hint(world.backend, job.id, token) == "asked"
    assert hint(world.backend, job.id, "of-a-stranger") == "ignored"
    assert world.end_of(job) == ONE.completed()
