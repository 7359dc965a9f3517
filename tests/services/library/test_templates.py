"""A template in use: its prompt with the variables in their places, its defaults, its pack; what a job keeps
of it; and what is wrong, named by the field that was sent."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import GenerateImage, GenerateVideo, SubmitBatch, parse
from mediaforge.domain.errors import (
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    RequestError,
    RequestIdReusedError,
    VariableMissingError,
)
from mediaforge.domain.jobs.job import Edition, Job, JobStatus
from mediaforge.ports.documents import Query
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.control import retry_job
from mediaforge.services.jobs.plans import Library, Origin, plan
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.library.batches import submit_batch
from mediaforge.services.library.deletion import DeleteGeneration, delete_generation
from tests.services.jobs.test_agreed import AttentiveProvider
from tests.services.library.test_packs import paths, write_pack
from tests.support.world import ANN, START, World, user

BOB = user("bob")


@pytest.fixture
def provider() -> AttentiveProvider:
    return AttentiveProvider()


@pytest.fixture
def world(provider: AttentiveProvider) -> World:
    world = World(provider=provider)
    world.set_tier("pro")
    return world


def write_template(world: World, template_id: str = "t", **fields: Any) -> str:
    """A template as the rules let a client write it, unless `fields` differ."""
    whole = {
        "name": "Houses",
        "kind": "prompt",
        "prompt": "a {{colour}} house by {{place=the sea}}",
        "user_id": "ann",
        "visibility": "private",
        "version": 3,
        "created_at": START,
        "modified": START,
        **fields,
    }
    world.documents.overwrite(f"templates/{template_id}", whole)
    return template_id


def use(world: World, caller: Caller = ANN, **fields: Any) -> Job:
    payload = {"templateId": "t", "variables": {"colour": "red"}, **fields}
    return submit_job(world.backend, caller, parse(GenerateImage, payload)).job


def refused(
    world: World, submit: Callable[[], object], kind: type[RequestError] = InvalidRequestError
) -> RequestError:
    """The refusal, which has left nothing."""
    before = world.contents()
    with pytest.raises(kind) as refused:
        submit()
    assert world.contents() == before
    return refused.value


def errors_of(error: RequestError) -> dict[str, str]:
    return {each["field"]: each["message"] for each in error.details["fieldErrors"]}


# ---- filled ----------------------------------------------------------------------------------------


def test_the_provider_is_asked_with_the_filled_prompt_and_the_view_shows_what_was_sent(
    world: World, provider: AttentiveProvider
) -> None:
    write_template(world)
    job = use(world)
    world.run_until_quiet()
    assert [request.prompt for request in provider.requests] == ["a red house by the sea"]
    view = world.view(job.id)
    assert view["status"] == "completed"
    assert view["request_data"] == {"templateId": "t", "variables": {"colour": "red"}}
    assert view["template"] == {"id": "t", "version": 3}
    world.assert_promises()


def test_variables_fill_a_prompt_without_a_template(
    world: World, provider: AttentiveProvider
) -> None:
    job = world.finish("a {{colour}} house", variables={"colour": "red"})
    assert [request.prompt for request in provider.requests] == ["a red house"]
    view = world.view(job.id)
    assert view["request_data"] == {
        "prompt": "a {{colour}} house",
        "variables": {"colour": "red"},
    }
    assert view["template"] is None


def test_a_prompt_of_its_own_is_filled_and_takes_the_place_of_the_template_s(
    world: World, provider: AttentiveProvider
) -> None:
    write_template(world, defaults={"styleId": "ink"})
    use(world, prompt="a {{colour}} mill")
    world.run_until_quiet()
    (request,) = provider.requests
    assert (request.prompt, request.style_id) == ("a red mill", "ink")


@pytest.mark.parametrize("prompt", ["a {sign}", "it says {{}}", '{"a": {"b": 1}}', "{{two words}}"])
def test_braces_that_are_no_placeholder_stay_and_the_job_keeps_its_request_once(
    world: World, provider: AttentiveProvider, prompt: str
) -> None:
    job = world.finish(prompt)
    assert [request.prompt for request in provider.requests] == [prompt]
    assert job.filled is None


def test_a_default_stands_for_what_is_not_sent_also_without_variables(
    world: World, provider: AttentiveProvider
) -> None:
    world.finish("a {{colour=blue}} house")
    assert [request.prompt for request in provider.requests] == ["a blue house"]


# ---- defaults --------------------------------------------------------------------------------------


def test_the_template_s_defaults_are_for_what_the_request_leaves_out(world: World) -> None:
    write_template(
        world,
        defaults={
            "kind": "video",  # of a batch's rows
            "count": 2,
            "seed": 7,
            "styleId": "photographic",
            "negativePrompt": "people",
            "aspectRatio": "16:9",
            "durationSeconds": 4,  # of videos
        },
    )
    job = use(world, seed=8)
    assert (job.count, job.seed, job.estimated_credits) == (2, 8, 4)
    assert (job.width_px, job.height_px) == (1376, 768)
    assert job.style is not None
    assert job.style.startswith("photograph")
    assert job.negative_prompt == "people, illustration, drawing"
    square = use(world, width=640, height=480)
    assert (square.width_px, square.height_px) == (640, 480)


def test_a_film_takes_the_defaults_that_films_have(world: World) -> None:
    write_template(world, defaults={"count": 4, "durationSeconds": 4, "generateAudio": False})
    payload = {"templateId": "t", "variables": {"colour": "red"}}
    job = submit_job(world.backend, ANN, parse(GenerateVideo, payload)).job
    assert job.video is not None
    assert (job.video.duration_s, job.video.has_audio, job.count) == (4, False, 1)


def test_the_template_s_pack_is_for_requests_that_name_none(world: World) -> None:
    write_pack(world, "of-template")
    write_pack(world, "of-request")
    write_template(world, reference_pack_id="of-template")
    assert use(world).pack == Edition("of-template", 1)
    assert use(world, referencePackId="of-request").pack == Edition("of-request", 1)


# ---- who may use it --------------------------------------------------------------------------------


def test_who_may_read_a_template_may_use_it(world: World) -> None:
    team_id = world.found_team(bob="viewer")
    write_template(world, "public", user_id="cat", visibility="public")
    write_template(world, "team-s", user_id="cat", visibility="team", team_id=team_id)
    for template_id in ("public", "team-s"):
        assert use(world, BOB, templateId=template_id).template == Edition(template_id, 3)


def test_a_template_that_may_not_be_read_is_not_found_in_the_words_for_one_that_is_not_there(
    world: World,
) -> None:
    write_template(world)
    said = set()
    for name in ("t", "missing"):
        error = refused(world, partial(use, world, BOB, templateId=name), NotFoundError)
        said.add(error.message.replace(f" {name} ", " ? "))
    assert len(said) == 1


def test_a_pack_of_the_template_that_the_user_may_not_read_is_not_found(world: World) -> None:
    write_pack(world)
    write_template(world, visibility="public", reference_pack_id="p")
    assert use(world).pack == Edition("p", 1)
    error = refused(world, lambda: use(world, BOB), NotFoundError)
    assert error.message.startswith("templateId: ")


# ---- what is wrong ---------------------------------------------------------------------------------


def test_what_stays_unfilled_is_named(world: World) -> None:
    write_template(world, prompt="a {{colour}} {{what}} by {{place=the sea}}")
    error = refused(world, lambda: use(world, variables={"place": "a"}), VariableMissingError)
    assert error.reason == "variable-missing"
    assert error.details["names"] == ["colour", "what"]
    assert set(errors_of(error)) == {"variables.colour", "variables.what"}


def test_a_prompt_whose_variables_were_forgotten_is_refused_rather_than_painted(
    world: World,
) -> None:
    error = refused(world, lambda: world.submit("a {{colour}} house"), VariableMissingError)
    assert error.details["names"] == ["colour"]


def test_the_names_of_a_refusal_are_bounded(world: World) -> None:
    prompt = "".join(f"{{{{v{n}}}}}" for n in range(500))
    error = refused(world, lambda: world.submit(prompt), VariableMissingError)
    assert len(error.details["names"]) == len(error.details["fieldErrors"]) == 20


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("x" * 4000, "must be at most 4000 long, counted in characters"),
        ("", "must be at least 1 long, counted in characters"),
        (" \n ", "is blank"),
    ],
)
def test_a_filled_prompt_obeys_the_limits_of_one_that_is_sent(
    world: World, value: str, message: str
) -> None:
    sent = "{{a}}{{b=}}" if not value.strip() else "{{a}}{{b=y}}"
    error = refused(world, lambda: world.submit(sent, variables={"a": value}))
    assert errors_of(error) == {"prompt": f"{message} (once it is filled)"}
    write_template(world, prompt=sent)
    error = refused(world, lambda: use(world, variables={"a": value}))
    assert errors_of(error) == {"templateId": f"in its prompt: {message}"}


def test_a_test_tag_in_a_variable_counts_as_one_in_the_prompt(world: World) -> None:
    write_template(world)
    job = use(world, variables={"colour": "[[blocked]]"})
    world.run_until_quiet()
    assert world.job(job.id).status is JobStatus.FAILED


@pytest.mark.parametrize(
    ("defaults", "said"),
    [
        ({"count": 9}, "in its count: must be at most 4"),
        ({"count": "two"}, "in its count: must be a whole number"),
        ({"seed": START}, "in its seed: must be a whole number"),
        ({"width": 64, "height": 1.5}, "in its height: must be a whole number"),
        (
            {"width": 64, "height": 64, "aspectRatio": "1:1"},
            "in its width: give aspectRatio, or width and height, not both",
        ),
        ({"styleId": "cubism"}, "in its styleId: there is no such style"),
        ({"model": "nobody"}, "in its model: "),
        ({"aspectRatio": "7:3"}, "in its aspectRatio: the model has "),
    ],
)
def test_a_default_that_is_wrong_is_named_by_the_template_that_has_it(
    world: World, defaults: dict[str, Any], said: str
) -> None:
    write_template(world, defaults=defaults)
    ((field, message),) = errors_of(refused(world, lambda: use(world))).items()
    assert field == "templateId"
    assert message.startswith(said)


def test_a_field_of_the_request_keeps_its_name_beside_a_template(world: World) -> None:
    write_template(world, defaults={"count": 2})
    error = refused(world, lambda: use(world, styleId="cubism"))
    assert set(errors_of(error)) == {"styleId"}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"defaults": {"teamId": "t1"}}, "defaults.teamId"),
        ({"defaults": {"prompt": "x"}}, "defaults.prompt"),
        ({"defaults": {"width": 64}}, "defaults.height"),
        ({"defaults": []}, "defaults"),
        ({"reference_pack_id": "a/b"}, "reference_pack_id"),
        ({"reference_pack_id": 7}, "reference_pack_id"),
        ({"prompt": 7}, "prompt"),
        ({"kind": "song"}, "kind"),
        ({"version": None}, "version"),
        ({"version": -1}, "version"),
    ],
)
def test_a_template_that_was_written_wrongly_is_refused_and_its_field_named(
    world: World, fields: dict[str, Any], named: str
) -> None:
    write_template(world, **fields)
    error = refused(world, lambda: use(world))
    assert list(errors_of(error)) == ["templateId"]
    assert error.message.endswith(f"look at its {named}")


def test_a_template_without_a_prompt_needs_one_of_the_request(
    world: World, provider: AttentiveProvider
) -> None:
    write_template(world, kind="batch", prompt=None)
    assert set(errors_of(refused(world, lambda: use(world)))) == {"prompt"}
    use(world, prompt="a {{colour}} mill")
    world.run_until_quiet()
    assert [request.prompt for request in provider.requests] == ["a red mill"]


def test_a_caller_who_is_refused_for_what_had_to_be_read_meets_the_gate(world: World) -> None:
    write_template(world, kind="song")
    limit = world.backend.catalogue.limits.gate_a_minute
    for _ in range(limit.user_refusals + 1):
        with pytest.raises(InvalidRequestError):
            use(world)
    with pytest.raises(RateLimitedError):
        world.backend.gate.admit_user(ANN.uid)


# ---- again -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("becomes", ["changed", "deleted", "private", "wrong"])
def test_a_retry_and_a_request_sent_again_are_as_they_were(
    world: World, provider: AttentiveProvider, becomes: str
) -> None:
    write_template(world, user_id="cat", visibility="public", defaults={"seed": 7, "count": 2})
    sent: dict[str, Any] = {"variables": {"colour": "[[fail:permanent]]"}, "requestId": "r"}
    job = use(world, **sent)
    world.run_until_quiet()
    changes: dict[str, dict[str, Any]] = {
        "changed": {"prompt": "a {{new}} prompt", "version": 4},
        "private": {"visibility": "private"},
        "wrong": {"kind": "song"},
    }
    if becomes == "deleted":
        world.documents.overwrite("templates/t", None)
    else:
        write_template(world, user_id="cat", **{"visibility": "public", **changes[becomes]})

    assert use(world, **sent).id == job.id
    with pytest.raises(RequestIdReusedError):
        use(world, **sent, count=3)
    again = retry_job(world.backend, ANN, job.id)
    assert (again.template, again.seed, again.count) == (Edition("t", 3), 7, 2)
    assert (again.filled or {})["prompt"] == (job.filled or {})["prompt"]
    assert again.request_data == {"templateId": "t", "variables": sent["variables"]}
    assert retry_job(world.backend, ANN, job.id).id == again.id
    world.run_until_quiet()
    assert len({request.prompt for request in provider.requests}) == 1


def test_a_job_of_an_earlier_version_is_repeated_with_its_braces(
    world: World, provider: AttentiveProvider
) -> None:
    prompt = "[[fail:permanent]] a {{colour}} house"
    job = world.submit("[[fail:permanent]] a house").job
    world.overwrite(f"jobs/{job.id}", request_data={"prompt": prompt})
    world.run_until_quiet()
    retry_job(world.backend, ANN, job.id)
    world.run_until_quiet()
    assert [request.prompt for request in provider.requests] == [prompt] * 2


# ---- many at once ----------------------------------------------------------------------------------


def test_many_requests_of_one_submission_read_each_template_and_pack_once(world: World) -> None:
    team_id = world.found_team()
    write_pack(world, uid="cat", visibility="team", team_id=team_id)
    write_template(world, user_id="cat", visibility="team", team_id=team_id, reference_pack_id="p")
    library = Library(world.backend, ANN)
    origin = Origin(ANN, "j", "user_ann", START, "h")
    before = world.documents.reads
    plans = [
        plan(
            world.backend,
            origin,
            parse(GenerateImage, {"templateId": "t", "variables": {"colour": str(n)}}),
            library,
        )
        for n in range(100)
    ]
    # The template, the pack, and whether the caller is a member of their team.
    assert world.documents.reads - before == 3
    assert (plans[7].job.filled or {})["prompt"] == "a 7 house by the sea"
    assert [each["path"] for each in plans[99].job.references] == paths("cat", 2)


def test_each_row_of_a_batch_is_filled_with_its_own_variables(
    world: World, provider: AttentiveProvider
) -> None:
    write_pack(world)
    write_template(world, reference_pack_id="p")
    rows = [{"variables": {"colour": colour}} for colour in ("red", "blue")]
    payload = {"name": "Houses", "defaults": {"templateId": "t"}, "rows": rows}
    submit_batch(world.backend, ANN, parse(SubmitBatch, payload))
    write_template(world, prompt="changed", version=4)
    write_pack(world, references=[], version=2)
    world.run_until_quiet()
    prompts = ["a blue house by the sea", "a red house by the sea"]
    assert sorted(request.prompt for request in provider.requests) == prompts
    for job in world.jobs():
        assert (job.template, job.pack) == (Edition("t", 3), Edition("p", 1))
        assert [each["path"] for each in job.references] == paths(number=2)

    wrong = {**payload, "rows": [*rows, {}]}
    write_template(world)
    error = refused(
        world,
        lambda: submit_batch(world.backend, ANN, parse(SubmitBatch, wrong)),
        VariableMissingError,
    )
    assert error.details["names"] == ["colour"]
    assert list(errors_of(error)) == ["rows[2].variables.colour"]


def test_a_batch_names_its_template_once_and_a_retry_of_its_rows_uses_the_same_version(
    world: World, provider: AttentiveProvider
) -> None:
    write_pack(world)
    write_template(world, prompt="[[blocked]] a {{colour}} house", reference_pack_id="p")
    rows = [{"variables": {"colour": colour}} for colour in ("red", "blue")]
    batch = world.submit_batch(rows, templateId="t")
    world.run_until_quiet()
    write_template(world, prompt="changed", version=4)
    write_pack(world, references=[], version=2)
    world.control_batch(batch.id, "retryFailed")
    world.run_until_quiet()
    assert {request.prompt for request in provider.requests} == {
        "[[blocked]] a red house",
        "[[blocked]] a blue house",
    }
    assert [row.attempt for row in world.batch_rows(batch.id)] == [2, 2]
    for row in world.batch_rows(batch.id):
        job = world.job(row.job_id or "")
        assert (job.template, job.pack) == (Edition("t", 3), Edition("p", 1))
        assert job.retry_of is None
    world.assert_promises()


def test_a_hundred_rows_read_their_template_pack_and_brand_once(world: World) -> None:
    write_pack(world)
    write_template(world, reference_pack_id="p")
    rows = [{"variables": {"colour": f"colour {n}"}} for n in range(100)]
    world.set_tier("pro")
    world.grant(900)
    world.submit()  # brings the gift of the first submission
    before = world.documents.reads
    world.submit_batch(rows, templateId="t")
    few = world.documents.reads - before
    world.submit_batch(rows[:2], templateId="t")
    assert world.documents.reads - before == 2 * few


def test_what_many_requests_name_in_vain_is_looked_for_once(world: World) -> None:
    library = Library(world.backend, ANN)
    before = world.documents.reads
    for _ in range(5):
        with pytest.raises(NotFoundError):
            library.template("missing")
    assert world.documents.reads - before == 1
    assert world.documents.find(dict[str, Any], Query("templates")) == []


# ---- what is kept of the words ------------------------------------------------------------------------


def test_a_dead_letter_has_the_filled_request_without_its_template(world: World) -> None:
    write_template(world, prompt="[[fail:always]] a {{colour}} house")
    job = use(world)
    world.run_until_quiet()
    letter = world.documents.get(at.dead_letter(job.id))
    assert letter is not None
    assert letter.request_data["prompt"] == "[[fail:always]] a red house"
    assert not {"templateId", "variables"} & letter.request_data.keys()


def test_the_filled_words_of_a_deleted_generation_go(world: World) -> None:
    write_template(world)
    job = use(world)
    world.run_until_quiet()
    delete_generation(world.backend, ANN, parse(DeleteGeneration, {"jobId": job.id}))
    assert "red house" not in repr(world.contents())
