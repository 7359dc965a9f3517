"""Jobs on RunPod: what each fault of its API, or of a worker, ends in, and what it costs."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support.provider_world import End, Ends, ProviderWorld, provider_world

IMAGE, VIDEO = "runpod-image", "runpod-video"
ONE, TWO, FILM = Ends(held=3), Ends(held=6), Ends(held=16)
FOR_EVER = 99_999


@pytest.fixture
def world() -> Iterator[ProviderWorld]:
    with provider_world() as running:
        yield running


def made(world: ProviderWorld) -> list[str]:
    return [path for path in world.media.files if not path.startswith("references/")]


def ask_worker(world: ProviderWorld, work_id: str) -> str:
    """Somebody else asks RunPod for a status, so that the worker gets on; what it is then."""
    answer = httpx.get(
        f"{world.servers.origin}/v2/images1/status/{work_id}",
        headers={"Authorization": "Bearer runpod-key"},
    )
    return str(answer.json()["status"])


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
        ("#no-funds", ONE.refused("provider-not-allowed")),
        ("#bad-request", ONE.refused("provider-rejected")),
        # The job is made and its id lost: nobody can take it over, so the attempt is spent.
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
        ("#failed", ONE.billed_out("provider-failed")),
        ("#failed-in-words", ONE.billed_out("provider-failed")),
        ("#cancelled", ONE.billed_out("provider-cancelled")),
        ("#timed-out", ONE.billed_out("provider-timed-out")),
        ("#gone", ONE.billed_out("provider-forgot")),
        (f"#status-error:{FOR_EVER}", ONE.billed_out("provider-unavailable")),
        (f"#pending:{FOR_EVER}", ONE.billed_out("provider-overrun")),
        ("#rejected", ONE.refused("content-blocked")),
        ("#rejected-by-sdk", ONE.refused("content-blocked")),
        ("#unavailable", ONE.billed_out("provider-failed")),
        ("#no-output", ONE.billed_out("nothing-delivered")),
        ("#base64", ONE.completed()),
        ("#bad-base64", ONE.billed_out("nothing-delivered")),
        ("#odd-type", ONE.billed_out("nothing-delivered")),
        ("#foreign", ONE.billed_out("output-not-ours")),
        ("#foreign-bucket", ONE.billed_out("output-not-ours")),
        ("#deliver:3", ONE.completed()),
        ("#twice", ONE.completed()),
        ("#forge", ONE.billed_out("result-unreadable")),
        # More than its address takes: so it sends what it has made, as one that cannot store.
        ("#flood", ONE.completed()),
    ],
)
def test_what_a_worker_does_ends_a_job(world: ProviderWorld, fault: str, end: End) -> None:
    assert world.end_of(world.draw(f"a lighthouse {fault}", IMAGE)) == end


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("", TWO.completed()),
        ("#deliver:1", TWO.completed(charged=3)),
        ("#deliver:1 #base64", TWO.completed(charged=3)),
        ("#twice", TWO.completed()),
    ],
)
def test_of_several_images_those_that_came_are_paid_for(
    world: ProviderWorld, fault: str, end: End
) -> None:
    assert world.end_of(world.draw(f"a lighthouse {fault}", IMAGE, count=2)) == end


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("", FILM.completed()),
        ("#base64", FILM.completed()),
        ("#server-error #pending:3", FILM.completed(attempts=2)),
        ("#failed", FILM.billed_out("provider-failed")),
        ("#rejected", FILM.refused("content-blocked")),
    ],
)
def test_a_film_ends_as_an_image_does(world: ProviderWorld, fault: str, end: End) -> None:
    assert world.end_of(world.film(f"waves {fault}", VIDEO)) == end


def test_the_worker_s_own_file_is_the_asset_and_has_a_preview(world: ProviderWorld) -> None:
    job = world.draw("a lighthouse", IMAGE)
    world.end_of(job)

    stem = f"generating/ann/image/{job.id}"
    assert sorted(made(world)) == [f"{stem}.png", f"{stem}_0_thumb.webp"]


def test_questions_that_are_throttled_for_ever_end_a_job_and_leave_no_credits_held(
    world: ProviderWorld,
) -> None:
    job = world.draw(f"a lighthouse #status-throttle:{FOR_EVER}", IMAGE)
    end = world.end_of(job, step_s=3600)

    assert (end.status, end.charged, end.released, end.is_dead) == ("failed", 0, 3, True)
    assert end.submits == end.attempts


def test_an_operation_past_its_time_is_lost_though_questions_are_only_throttled(
    world: ProviderWorld,
) -> None:
    """As where they are answered with errors: a slot and credits are not held for two days."""
    end = world.end_of(world.draw(f"a lighthouse #status-throttle:{FOR_EVER}", IMAGE), step_s=600)

    assert (end.status, end.attempts, end.submits, end.is_dead) == ("failed", 2, 2, True)


def test_what_a_worker_makes_beyond_what_was_asked_for_is_not_kept(world: ProviderWorld) -> None:
    job = world.draw("a lighthouse #deliver:3", IMAGE, count=2)

    assert world.end_of(job) == TWO.completed()
    stem = f"generating/ann/image/{job.id}"
    assert sorted(path for path in made(world) if path.endswith(".png")) == [
        f"{stem}_0.png",
        f"{stem}_1.png",
    ]


def test_a_worker_nobody_knows_of_leaves_what_was_delivered_alone(world: ProviderWorld) -> None:
    """The answer to its `/run` was lost, and it is done after the one that took its place."""
    job = world.draw("a lighthouse #reset", IMAGE)
    assert world.end_of(job) == ONE.completed(attempts=2)
    forgotten, _ = world.servers.workers.jobs
    delivered = dict.fromkeys(made(world), b"as delivered")
    world.media.files.update(delivered)

    assert [ask_worker(world, forgotten) for _ in range(2)] == ["IN_QUEUE", "COMPLETED"]
    assert {path: world.media.files[path] for path in delivered} == delivered
    assert set(made(world)) - delivered.keys() == {f"scratch/{job.id}/1/file.png"}


def test_what_is_given_up_as_overrun_is_ended_at_the_provider_each_time(
    world: ProviderWorld,
) -> None:
    world.end_of(world.draw(f"a lighthouse #pending:{FOR_EVER}", IMAGE), step_s=600)

    assert world.servers.cancels == world.servers.submits == 2


def test_a_file_that_is_too_large_to_be_read_is_not_delivered(world: ProviderWorld) -> None:
    """Where no signature has bound its length, as on the emulators."""
    world.media.load_bytes_max = 100
    job = world.draw("a lighthouse", IMAGE)

    assert world.end_of(job) == ONE.billed_out("result-too-large")
    assert made(world) == []


def test_what_a_worker_writes_once_more_after_the_end_changes_nothing(world: ProviderWorld) -> None:
    job = world.draw("a lighthouse", IMAGE)
    world.end_of(job)
    delivered = dict(world.media.files)
    (work,) = world.servers.workers.jobs.values()
    (upload,) = work.input["uploads"]

    assert world.media.put(upload["address"], upload["headers"], b"forged")
    assert world.end_of(job) == ONE.completed()
    assert {path: world.media.files[path] for path in delivered} == delivered
    assert set(made(world)) - delivered.keys() == {f"scratch/{job.id}/1/file.png"}


def test_a_listener_sees_the_progress_though_the_worker_writes_no_document(
    world: ProviderWorld,
) -> None:
    job = world.draw("a lighthouse #pending:4", IMAGE)
    seen = []
    for _ in range(4):
        world.deliver_all()
        world.clock.advance(60)
        seen.append(world.view(job.id)["progress"])
    assert seen == [0, 0, 0.25, 0.5]


def test_nothing_that_was_lent_is_logged_or_kept(
    world: ProviderWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    references = [{"path": "references/ann/0.png", "mode": "style_only"}]
    prompts = ("a lighthouse", "#forge", "#failed", "#rejected", "#foreign", "#status-error:2")
    for prompt in prompts:
        world.end_of(world.draw(f"a lighthouse {prompt}", IMAGE, references=references))

    sent = str([work.input for work in world.servers.workers.jobs.values()])
    assert "signature=" in sent
    logged = capsys.readouterr()
    kept = str(world.documents.everything())
    assert "signature=" not in logged.out + logged.err + kept


# ---- cancelled while it runs ---------------------------------------------------------------------


def test_a_cancelled_job_is_ended_once_and_costs_nothing(world: ProviderWorld) -> None:
    job = world.draw("a lighthouse #pending:99", IMAGE)
    world.deliver_all()
    world.clock.advance(60)
    world.deliver_all()
    world.cancel(job.id)

    end = world.end_of(job)
    assert (end.status, end.submits, end.charged, end.released) == ("cancelled", 1, 0, 3)
    assert world.servers.cancels == 1
    assert [work.status for work in world.servers.workers.jobs.values()] == ["CANCELLED"]


def test_who_cancels_when_the_files_are_there_has_none_of_them(world: ProviderWorld) -> None:
    job = world.draw("a lighthouse", IMAGE, count=4)
    world.deliver_all()
    (work_id,) = world.servers.workers.jobs
    assert [ask_worker(world, work_id) for _ in range(2)] == ["IN_QUEUE", "COMPLETED"]
    stored = made(world)
    world.cancel(job.id)

    assert {path.rpartition("/")[0] for path in stored} == {f"scratch/{job.id}/1"}
    assert world.end_of(job).status == "cancelled"
    assert made(world) == []


@pytest.mark.parametrize("word", ["#cancel-bad-request:9", "#cancel-conflict:9"])
def test_what_runpod_says_has_ended_is_not_told_again(world: ProviderWorld, word: str) -> None:
    job = world.draw(f"a lighthouse #pending:99 {word}", IMAGE)
    world.deliver_all()
    world.cancel(job.id)

    assert world.end_of(job).status == "cancelled"
    assert world.servers.cancels == 1
    assert world.job(job.id).handle is None


def test_an_endpoint_that_could_not_be_told_to_stop_is_told_again(world: ProviderWorld) -> None:
    job = world.draw("a lighthouse #pending:99 #cancel-error:2", IMAGE)
    world.deliver_all()
    world.cancel(job.id)

    assert world.end_of(job).status == "cancelled"
    assert world.servers.cancels == 3
    assert world.job(job.id).handle is None


def test_what_a_cancel_overtook_is_ended_by_the_worker_that_began_it(world: ProviderWorld) -> None:
    job = world.draw("a lighthouse #pending:99", IMAGE)
    world.servers.meanwhile.append(lambda: world.cancel(job.id))

    end = world.end_of(job)
    assert (end.status, end.submits, end.charged, end.released) == ("cancelled", 1, 0, 3)
    assert world.servers.cancels == 1
