"""Gemini images through the real SDK: what each answer becomes, and how many calls it took."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from google.auth.credentials import Credentials
from google.auth.exceptions import DefaultCredentialsError

from mediaforge import config, roster
from mediaforge.domain.errors import (
    BusyError,
    LostError,
    NotAllowedError,
    NothingMadeError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.ports.provider import Asset, StoredAsset, TrainedBrand
from mediaforge.providers.vertex.image import IMAGES_MAX, VertexImages, most_hopeful
from protocols.vertex import IMAGE_MODELS, RETRY_AFTER_S, paint
from tests.providers.conftest import Vertex
from tests.support.pictures import PNG_HEAD, picture
from tests.support.provider_requests import image, reference
from tests.support.provider_world import provider_world

FLASH = "gemini-3.1-flash-image"


def assets(provider: VertexImages, prompt: str, **fields: Any) -> list[Asset | StoredAsset]:
    return list(provider.start(image(prompt, **{"model": FLASH, **fields})).assets)


def failure(provider: VertexImages, prompt: str, **fields: Any) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        provider.start(image(prompt, **{"model": FLASH, **fields}))
    return raised.value


# ---- what is asked -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", sorted(IMAGE_MODELS))
def test_every_model_draws_an_image_by_one_call(vertex: Vertex, model: str) -> None:
    (asset,) = assets(VertexImages(vertex.settings), "a cat", model=model)
    assert isinstance(asset, Asset)
    assert asset.content.startswith(b"\x89PNG")
    assert (asset.extension, asset.content_type) == ("png", "image/png")
    assert vertex.journal.submits("a cat", model) == 1


def test_each_image_is_a_call_with_the_next_seed(vertex: Vertex) -> None:
    drawn = assets(VertexImages(vertex.settings), "a cat", count=4, seed=7)
    received = vertex.journal.of("generateContent")
    assert sorted(r.body["generation_config"]["seed"] for r in received) == [7, 8, 9, 10]
    assert [a.content for a in drawn if isinstance(a, Asset)] == [
        paint(received[0].prompt, seed) for seed in (7, 8, 9, 10)
    ]


def test_a_seed_past_the_largest_begins_at_zero(vertex: Vertex) -> None:
    assets(VertexImages(vertex.settings), "a cat", count=2, seed=2**31 - 1)
    received = vertex.journal.of("generateContent")
    assert sorted(r.body["generation_config"]["seed"] for r in received) == [0, 2**31 - 1]


def test_the_call_says_who_calls_and_asks_for_one_image_of_a_ratio_and_size(
    vertex: Vertex,
) -> None:
    assets(VertexImages(vertex.settings), "a cat", aspect_ratio="16:9", size="2K", seed=3)
    (received,) = vertex.journal.of("generateContent")
    assert received.authorization == "Bearer test-token"
    assert received.path == (
        "/v1beta1/projects/demo-project/locations/global"
        f"/publishers/google/models/{FLASH}:generateContent"
    )
    assert received.body["generation_config"] == {
        "seed": 3,
        "response_modalities": ["IMAGE"],
        "image_config": {"aspect_ratio": "16:9", "image_size": "2K"},
    }


def test_the_default_size_is_not_named(vertex: Vertex) -> None:
    assets(VertexImages(vertex.settings), "a cat", size="1K")
    (received,) = vertex.journal.of("generateContent")
    assert received.body["generation_config"]["image_config"] == {"aspect_ratio": "1:1"}


def test_style_and_negative_prompt_are_said_in_words(vertex: Vertex) -> None:
    assets(VertexImages(vertex.settings), "a cat", style="ink, hatching", negative_prompt="dogs")
    (received,) = vertex.journal.of("generateContent")
    assert received.prompt.splitlines() == [
        "Make one image: a cat",
        "Style: ink, hatching.",
        "Leave out of the image: dogs.",
    ]


def test_references_go_by_address_and_are_told_what_for_by_number(vertex: Vertex) -> None:
    references = [
        reference(b"one", "style_only", "references/ann/1.png"),
        reference(b"two", "style_and_composition", "references/ann/2.png"),
    ]
    assets(VertexImages(vertex.settings), "a cat", references=references)
    (received,) = vertex.journal.of("generateContent")
    first, one, second, two, words = received.body["contents"][0]["parts"]
    assert (first["text"], second["text"]) == ("Image 1:", "Image 2:")
    assert one["file_data"]["file_uri"] == "gs://bucket/references/ann/1.png"
    assert two["file_data"] == {
        "file_uri": "gs://bucket/references/ann/2.png",
        "mime_type": "image/png",
    }
    assert "Take only the style of image 1:" in words["text"]
    assert "Follow both the style and the composition of image 2:" in words["text"]


def test_the_picture_to_edit_comes_first_and_the_words_say_what_to_keep(vertex: Vertex) -> None:
    edited = reference(b"own", "style_and_composition", "generating/ann/image/1.png")
    other = reference(b"other", "style_only", "references/ann/2.png")
    assets(VertexImages(vertex.settings), "make it night", edit_of=edited, references=[other])
    (received,) = vertex.journal.of("generateContent")
    parts = received.body["contents"][0]["parts"]
    assert [part["file_data"]["file_uri"] for part in parts if "file_data" in part] == [
        edited.uri,
        other.uri,
    ]
    words = parts[-1]["text"].splitlines()
    assert words[0] == "Edit image 1: make it night"
    assert words[1].startswith("Keep everything in image 1 that this does not change")
    assert words[2].startswith("Take only the style of image 2:")


def test_a_picture_to_edit_that_cannot_be_read_is_called_so(vertex: Vertex) -> None:
    broken = reference(PNG_HEAD)
    error = failure(VertexImages(vertex.settings), "a cat #bad-request", edit_of=broken)
    assert error.code == "reference-unreadable"
    assert error.message.startswith("The picture to edit is no")


def test_a_brand_s_pictures_follow_as_references_for_the_style(vertex: Vertex) -> None:
    pictures = [reference(b"b", path=f"brands/acme/{number}.png") for number in range(20)]
    brand = TrainedBrand("acme", "Acme", None, pictures)
    assets(VertexImages(vertex.settings), "a cat", references=[reference(b"one")], brand=brand)
    (received,) = vertex.journal.of("generateContent")
    images = [part for part in received.body["contents"][0]["parts"] if "file_data" in part]
    assert len(images) == IMAGES_MAX
    words = received.body["contents"][0]["parts"][-1]["text"]
    assert 'belongs to the brand "Acme". Take only the style of images 2 to 14' in words


def test_the_client_is_built_once_by_many_threads(vertex: Vertex) -> None:
    asked: list[None] = []

    def credentials() -> Credentials:
        asked.append(None)
        return vertex.settings.credentials()

    provider = VertexImages(replace(vertex.settings, credentials=credentials))
    assert len(assets(provider, "a cat", count=4)) == 4
    assert len(assets(provider, "a dog", count=4)) == 4
    assert len(asked) == 1


def test_a_key_in_the_environment_is_not_used(
    vertex: Vertex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "somebody-s")
    assets(VertexImages(vertex.settings), "a cat")
    assert vertex.journal.requests[0].authorization == "Bearer test-token"


def test_credentials_that_cannot_be_had_are_the_operator_s(vertex: Vertex) -> None:
    def credentials() -> Credentials:
        raise DefaultCredentialsError("there are none")

    error = failure(VertexImages(replace(vertex.settings, credentials=credentials)), "a cat")
    assert (type(error), error.code) == (NotAllowedError, "provider-not-allowed")
    assert vertex.journal.submits() == 0


def test_importing_the_provider_loads_no_sdk() -> None:
    """httpx is none: firebase_admin, which every function loads, has loaded it before."""
    script = (
        "import sys, mediaforge.providers.vertex.image, mediaforge.providers.vertex.veo,"
        " mediaforge.providers.vertex.omni, mediaforge.providers.vertex.director;"
        "print([m for m in ('google.genai', 'google.auth', 'google.cloud.aiplatform') if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": "functions"},
    )
    assert ran.stdout.strip() == "[]"


# ---- how it is delivered -------------------------------------------------------------------------


def test_output_can_be_written_to_storage_a_folder_an_image(vertex: Vertex) -> None:
    provider = VertexImages(vertex.settings, stores_output=True)
    drawn = assets(provider, "a cat", count=2, scratch_uri="gs://bucket/scratch/job1/1")
    assert drawn == [
        StoredAsset(f"gs://bucket/scratch/job1/1/{i}/sample_0.png", "png", "image/png")
        for i in (0, 1)
    ]
    assert set(vertex.stored) == {a.uri for a in drawn if isinstance(a, StoredAsset)}


@pytest.mark.parametrize(("param", "is_stored"), [("true", True), ("false", False), (None, False)])
def test_a_param_says_whether_a_job_s_images_are_written_to_storage(
    monkeypatch: pytest.MonkeyPatch, param: str | None, is_stored: bool
) -> None:
    with provider_world() as world:
        monkeypatch.setenv("GCLOUD_PROJECT", "demo")
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:9")
        monkeypatch.setenv("PROVIDERS_ORIGIN", world.servers.origin)
        if param is not None:
            monkeypatch.setenv("VERTEX_IMAGES_TO_STORAGE", param)
        deployed = roster.providers(config.read_config(), world.media)
        world.backend = replace(world.backend, providers=deployed)
        job = world.draw("a lighthouse", FLASH, count=2)
        assert world.end_of(job).status == "completed"
        asked = world.servers.models.of("generateContent")
        assert ["output_config" in call.body for call in asked] == [is_stored] * 2
        stem = f"generating/ann/image/{job.id}"
        assert {f"{stem}_0.png", f"{stem}_1.png"} < set(world.media.list("generating/"))


def test_an_image_at_an_address_that_is_no_file_s_is_none_and_no_refusal(vertex: Vertex) -> None:
    error = failure(VertexImages(vertex.settings, stores_output=True), "a cat #elsewhere")
    assert (type(error), error.code) == (NothingMadeError, "no-image")


def test_an_image_that_comes_inline_though_storage_was_asked_for_is_taken(vertex: Vertex) -> None:
    provider = VertexImages(vertex.settings, stores_output=True)
    (asset,) = assets(provider, "a cat #inline")
    assert isinstance(asset, Asset)
    assert vertex.stored == {}


def test_what_an_image_is_its_bytes_tell_and_not_its_name(vertex: Vertex) -> None:
    (asset,) = assets(VertexImages(vertex.settings), "a cat #jpeg")
    assert isinstance(asset, Asset)
    assert asset.content.startswith(b"\xff\xd8\xff")
    assert (asset.extension, asset.content_type) == ("jpg", "image/jpeg")


def test_an_image_is_never_called_anything_that_is_no_image_s_type(vertex: Vertex) -> None:
    (asset,) = assets(VertexImages(vertex.settings), "a cat #html")
    assert (asset.extension, asset.content_type) == ("png", "image/png")


def test_of_several_images_in_one_answer_the_last_is_no_draft(vertex: Vertex) -> None:
    (asset,) = assets(VertexImages(vertex.settings), "a cat #draft", seed=7)
    (received,) = vertex.journal.of("generateContent")
    assert isinstance(asset, Asset)
    assert asset.content == paint(received.prompt, 7)


def test_of_four_images_those_that_pass_the_filter_are_delivered(vertex: Vertex) -> None:
    assert len(assets(VertexImages(vertex.settings), "a cat #partial:2", count=4)) == 2
    assert vertex.journal.submits("a cat") == 4


def test_a_throttle_of_some_does_not_hold_back_the_others(vertex: Vertex) -> None:
    assert len(assets(VertexImages(vertex.settings), "a cat #throttle:3", count=4)) == 1
    assert vertex.journal.submits("a cat") == 4


# ---- references that the API cannot fetch --------------------------------------------------------


def test_refused_addresses_are_sent_along_in_a_second_call(vertex: Vertex) -> None:
    references = [reference(PNG_HEAD + b"\xfb\xff\xfe pixels")]
    drawn = assets(VertexImages(vertex.settings), "a cat #file-refused", references=references)
    assert len(drawn) == 1
    refused, accepted = vertex.journal.of("generateContent")
    assert "file_data" in refused.body["contents"][0]["parts"][1]
    assert accepted.body["contents"][0]["parts"][1]["inline_data"] == {
        "data": PNG_HEAD + b"\xfb\xff\xfe pixels",
        "mime_type": "image/png",
    }


def test_a_file_is_loaded_once_for_all_images_and_called_twice_for_each(vertex: Vertex) -> None:
    loads: list[None] = []

    def load() -> bytes:
        loads.append(None)
        return PNG_HEAD + b"pixels"

    references = [replace(reference(b""), load=load)]
    drawn = assets(
        VertexImages(vertex.settings), "a cat #file-refused", count=3, references=references
    )
    assert (len(drawn), len(loads), vertex.journal.submits("a cat")) == (3, 1, 6)


def no_such_file() -> bytes:
    raise RejectedError("reference-missing", "There is no such file.")


def storage_is_busy() -> bytes:
    raise BusyError("Storage did not answer.")


def has_a_bug() -> bytes:
    raise KeyError("x")


@pytest.mark.parametrize("load", [no_such_file, storage_is_busy, has_a_bug])
def test_what_was_drawn_by_address_is_kept_though_the_file_cannot_be_sent_along(
    vertex: Vertex, load: Callable[[], bytes]
) -> None:
    references = [replace(reference(b""), load=load)]
    drawn = assets(
        VertexImages(vertex.settings), "a cat #by-address:3", count=4, references=references
    )
    assert (len(drawn), vertex.journal.submits("a cat")) == (3, 4)


@pytest.mark.parametrize(
    ("load", "expected"),
    [(no_such_file, RejectedError), (storage_is_busy, BusyError), (has_a_bug, KeyError)],
)
def test_where_nothing_was_drawn_it_is_told_why_the_file_cannot_be_sent_along(
    vertex: Vertex, load: Callable[[], bytes], expected: type[Exception]
) -> None:
    references = [replace(reference(b""), load=load)]
    with pytest.raises(expected):
        assets(VertexImages(vertex.settings), "a cat #file-refused", count=2, references=references)


def test_a_file_that_is_too_large_to_send_and_no_image_loses_nothing_that_was_drawn(
    vertex: Vertex,
) -> None:
    references = [reference(b"x" * 2_000_001)]
    provider = VertexImages(vertex.settings)
    drawn = assets(provider, "a cat #by-address:1", count=2, references=references)
    assert len(drawn) == 1
    error = failure(provider, "a cat #file-refused", references=[reference(b"pixels"), *references])
    assert (type(error), error.code) == (RejectedError, "reference-unreadable")
    assert error.message.startswith("Reference 2 is not an image that can be read")
    assert not error.may_have_billed


def test_a_bug_that_meets_one_image_leaves_the_others_and_is_logged(
    vertex: Vertex, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As deployed: on the emulators the log keeps all words of a bug.
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)

    def credentials() -> Credentials:
        if next(asked) == 0:
            raise KeyError("a secret")
        return vertex.settings.credentials()

    asked = count()
    provider = VertexImages(replace(vertex.settings, credentials=credentials))
    assert len(assets(provider, "a cat", count=4)) == 3
    output = capsys.readouterr()
    assert "image.broke" in output.out + output.err
    assert "secret" not in output.out + output.err


def test_a_bug_that_meets_every_image_is_seen(vertex: Vertex) -> None:
    def credentials() -> Credentials:
        raise KeyError("x")

    provider = VertexImages(replace(vertex.settings, credentials=credentials))
    with pytest.raises(KeyError):
        assets(provider, "a cat", count=2)


def test_a_refusal_about_something_else_is_not_asked_again(vertex: Vertex) -> None:
    provider = VertexImages(vertex.settings)
    error = failure(provider, "a cat #bad-request", references=[reference(paint("a", 1))])
    assert (type(error), error.code) == (RejectedError, "provider-rejected")
    assert vertex.journal.submits("a cat") == 1


@pytest.mark.parametrize(
    "content", [b"", b"<svg/>", b"\0\0\0\x18ftypheic", picture(size=(640, 480))[:300]]
)
def test_a_refused_request_with_a_picture_that_is_none_says_which(
    vertex: Vertex, content: bytes
) -> None:
    references = [reference(paint("a", 1)), reference(content)]
    error = failure(VertexImages(vertex.settings), "a cat #bad-request", references=references)
    assert (type(error), error.code) == (RejectedError, "reference-unreadable")
    assert error.message == "Reference 2 is no PNG, JPEG or WebP picture that can be read."
    assert not error.may_have_billed


# ---- what else can come --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "expected", "code", "says", "is_billed"),
    [
        ("#prompt-blocked", RejectedError, "content-blocked", "prohibited content", False),
        ("#image-safety", RejectedError, "content-blocked", "a well-known person", True),
        ("#bad-prompt", RejectedError, "content-blocked", "sexual content", False),
        ("#text-only", RejectedError, "model-refused", "without an image", True),
        ("#too-long", RejectedError, "output-limit", "limit", True),
        # A healthy model says no to this one prompt: no outage, which another code would be.
        ("#no-image", NothingMadeError, "no-image", "no image", True),
        ("#thought-only", NothingMadeError, "no-image", "no image", True),
        ("#blank-text", NothingMadeError, "no-image", "no image", True),
        ("#no-parts", NothingMadeError, "no-image", "no image", True),
        ("#no-content", NothingMadeError, "no-image", "no image", True),
        ("#image-other", NothingMadeError, "no-image", "no image", True),
        ("#other", NothingMadeError, "no-image", "no image", True),
        ("#malformed", NothingMadeError, "no-image", "no image", True),
        ("#new-reason", NothingMadeError, "no-image", "no image", True),
        ("#continued", NothingMadeError, "no-image", "no image", True),
        ("#no-candidates", NothingMadeError, "empty-answer", "nothing", True),
        ("#bad-request", RejectedError, "provider-rejected", "refused", False),
        ("#forbidden", NotAllowedError, "provider-not-allowed", "operator", False),
        ("#no-billing", NotAllowedError, "provider-not-allowed", "operator", False),
        ("#wrong-region", NotAllowedError, "provider-not-allowed", "operator", False),
        ("#no-quota", NotAllowedError, "provider-not-allowed", "operator", False),
        ("#throttle:2", ThrottledError, "throttled", "slow down", False),
        ("#rate", ThrottledError, "throttled", "slow down", False),
        ("#no-capacity", ThrottledError, "throttled", "slow down", False),
        ("#server-error", UnavailableError, "provider-unavailable", "failed", True),
        ("#cancelled", UnavailableError, "provider-unavailable", "did not finish", True),
        ("#overloaded", UnavailableError, "provider-unavailable", "failed", False),
        ("#proxy-error", UnavailableError, "provider-unavailable", "failed", True),
        ("#not-json", UnavailableError, "provider-unavailable", "unreadable", True),
        ("#odd-number", UnavailableError, "provider-unavailable", "unreadable", True),
        ("#number-reason", UnavailableError, "provider-unavailable", "unreadable", True),
        ("#reset", UnavailableError, "provider-unavailable", "did not answer", True),
    ],
)
@pytest.mark.filterwarnings("ignore:.* is not a valid FinishReason")  # the SDK says so of a new one
def test_an_answer_without_an_image_is_one_call_and_one_error(
    vertex: Vertex,
    word: str,
    expected: type[ProviderError],
    code: str,
    says: str,
    is_billed: bool,
) -> None:
    error = failure(VertexImages(vertex.settings), f"a secret cat {word}")
    assert (type(error), error.code, error.may_have_billed) == (expected, code, is_billed)
    assert says in error.message
    assert "secret" not in error.message
    assert vertex.journal.submits("cat") == 1


def test_an_answer_later_than_the_limit_is_not_waited_for(vertex: Vertex) -> None:
    error = failure(VertexImages(vertex.impatient), "a cat #slow")
    assert (type(error), error.code) == (UnavailableError, "provider-unavailable")
    assert vertex.journal.submits("a cat") == 1


def test_a_retired_model_is_final(vertex: Vertex) -> None:
    error = failure(VertexImages(vertex.settings), "a cat", model="gemini-2.5-flash-image")
    assert (type(error), error.code) == (NotAllowedError, "model-retired")
    assert vertex.journal.submits("a cat") == 1


def test_nobody_listening_is_unavailable(vertex: Vertex) -> None:
    settings = replace(vertex.settings, endpoint="http://127.0.0.1:9")
    error = failure(VertexImages(settings), "a cat")
    assert isinstance(error, UnavailableError)
    assert not error.may_have_billed


def test_a_throttle_says_how_long_to_wait_and_the_third_call_draws(vertex: Vertex) -> None:
    provider = VertexImages(vertex.settings)
    for _ in range(2):
        error = failure(provider, "a cat #throttle-told:2")
        assert isinstance(error, ThrottledError)
        assert error.retry_after_s == RETRY_AFTER_S
    assert len(assets(provider, "a cat #throttle-told:2")) == 1
    assert vertex.journal.submits("a cat") == 3


def test_a_throttle_says_mostly_nothing_of_how_long(vertex: Vertex) -> None:
    error = failure(VertexImages(vertex.settings), "a cat #throttle")
    assert isinstance(error, ThrottledError)
    assert error.retry_after_s is None


def test_there_is_nothing_to_poll_for_and_nothing_to_cancel(vertex: Vertex) -> None:
    provider = VertexImages(vertex.settings)
    provider.cancel("anything")
    with pytest.raises(LostError):
        provider.poll(image(model=FLASH), "anything")
    assert vertex.journal.requests == []


# ---- the error of a request that brought nothing -------------------------------------------------

_BUSY = BusyError("Storage did not answer.")
_BUG = KeyError("x")
_REJECTED = RejectedError("content-blocked", "")
_UNAVAILABLE = NothingMadeError("no-image", "")
_SHORT, _LONG = ThrottledError("throttled", "", 5), ThrottledError("throttled", "", 30)


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ([_REJECTED, _REJECTED], _REJECTED),
        ([_REJECTED, _UNAVAILABLE], _UNAVAILABLE),
        ([_REJECTED, _SHORT], _SHORT),
        # It may have been billed, so it is an attempt.
        ([_UNAVAILABLE, _UNAVAILABLE, _UNAVAILABLE, _SHORT], _UNAVAILABLE),
        ([_SHORT, _UNAVAILABLE, _REJECTED], _UNAVAILABLE),
        ([_UNAVAILABLE, _BUG, _SHORT], _BUG),
        ([_BUSY, _UNAVAILABLE], _BUSY),
        ([_LONG, _SHORT], _LONG),
        ([ThrottledError("throttled", ""), _SHORT], _SHORT),
    ],
)
def test_the_most_hopeful_error_wins(errors: list[Exception], expected: Exception) -> None:
    assert most_hopeful(errors) is expected


def test_an_image_whose_reference_could_not_be_sent_along_says_nothing_of_the_others() -> None:
    unsent = UnavailableError("storage-busy", "", may_have_billed=False, was_asked=False)
    lost = most_hopeful([unsent, UnavailableError("deadline", "")])
    assert isinstance(lost, UnavailableError)
    assert (lost.may_have_billed, lost.was_asked) == (True, True)


def test_one_throttled_among_the_refused_is_worth_another_try_which_may_be_paid_for(
    vertex: Vertex,
) -> None:
    error = failure(VertexImages(vertex.settings), "a cat #throttle:1 #image-safety", count=3)
    assert isinstance(error, ThrottledError)
    assert error.may_have_billed
    assert vertex.journal.submits("a cat") == 3
