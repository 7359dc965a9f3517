"""What each operation answers, to the letter: names, spelling, and what is left out where there is nothing to
say. Fields may be added; what stands here stays."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from firebase_functions.https_fn import HttpsError
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from pydantic import TypeAdapter

from mediaforge import bootstrap
from mediaforge.contract.answers import Directed, MemberInvited, Submitted
from mediaforge.contract.requests import CreateApiKey, parse
from mediaforge.domain.directing.directions import ConceptRecord, DirectionRecord
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.people.teams import Role
from mediaforge.entrypoints import callables
from mediaforge.entrypoints.operations import OPERATIONS
from mediaforge.services.people.keys import create_key
from tests.support.asked import ASKED, GIFT, PICTURES
from tests.support.packs import write_pack
from tests.support.pictures import MINE
from tests.support.world import ADMIN, ANN, START, World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(bootstrap, "backend", lambda: world.backend)
    world.set_tier("pro")
    for picture in PICTURES:
        world.media.files[picture["path"]] = MINE
    return world


def ask(name: str, payload: Mapping[str, Any], uid: str = "ann", **claims: Any) -> Any:
    token = {"firebase": {"sign_in_provider": "custom"}, **claims}
    call: Any = SimpleNamespace(auth=SimpleNamespace(uid=uid, token=token), data=dict(payload))
    return callables.handler(name)(call)


def order(name: str, **payload: Any) -> Any:
    """By an administrator."""
    return ask(name, payload, "root", admin=True)


# ---- jobs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "payload", "folder", "price", "more"),
    [
        ("generateImage", {"prompt": "x", "count": 2}, "images", 4, {}),
        ("generateVideo", {"prompt": "x"}, "videos", 4, {}),
        (
            "trainBrand",
            {"name": "b", "references": PICTURES},
            "trainings",
            20,
            {"brandId": "id0000"},
        ),
    ],
)
def test_a_submission(
    name: str, payload: Any, folder: str, price: int, more: Any, world: World
) -> None:
    assert ask(name, payload) == {
        "jobId": "id0000",
        "fileUid": "id0000",
        "userId": "ann",
        "status": "queued",
        "path": f"generations/ann/{folder}/id0000",
        "credits": {"estimated": price},
        **more,
    }


def test_a_submission_whose_model_has_another_name_by_now(world: World) -> None:
    answer = Submitted.of(world.submit().job, ("x is called y now",)).on_the_wire()
    assert answer["notes"] == ["x is called y now"]


def test_a_submission_sent_again_is_answered_as_it_was(world: World) -> None:
    first = ask("generateImage", {"prompt": "x", "requestId": "r"})
    world.run_until_quiet()
    assert ask("generateImage", {"prompt": "x", "requestId": "r"}) == first


def test_a_cancel_and_a_retry(world: World) -> None:
    job_id = ask("generateImage", {"prompt": "x"})["jobId"]

    assert ask("controlJob", {"jobId": job_id, "action": "cancel"}) == {
        "jobId": job_id,
        "status": "cancelled",
        "credits": {"charged": 0},
    }
    again = ask("controlJob", {"jobId": job_id, "action": "retry"})
    assert again == {
        "jobId": again["jobId"],
        "fileUid": again["jobId"],
        "userId": "ann",
        "status": "queued",
        "path": f"generations/ann/images/{again['jobId']}",
        "credits": {"estimated": 2},
        "retryOf": job_id,
    }
    world.run_until_quiet()
    done = ask("controlJob", {"jobId": job_id, "action": "retry"})
    assert done == {**again, "status": "completed"}


# ---- the creative director -------------------------------------------------------------------------


def test_a_direction(world: World) -> None:
    answer = ask("creativeDirectorAgent", {"brief": "a fox", "count": 2, "kind": "image"})

    assert list(map(sorted, (answer, answer["credits"]))) == [
        ["concepts", "credits", "director", "rationale"],
        ["charged"],
    ]
    assert len(answer["concepts"]) == 2
    for concept in answer["concepts"]:
        assert {"aspectRatio", "estimatedCredits", "kind", "model", "prompt", "title"} <= set(
            concept
        )


def test_a_concept(world: World) -> None:
    plain = ConceptRecord("T", "p", "", "image", "1:1", "local-image", 2)
    fussy = ConceptRecord("T", "p", "no text", "video", "16:9", "local-video", 8)
    record = DirectionRecord(
        "d", "ann", "local-director", "h", START,
        concepts=(plain, fussy), rationale="because", director="rules", charged_credits=1,
        brand_id="b", team_id="t",
    )  # fmt: skip
    of_a_team = {"brandId": "b", "teamId": "t"}

    assert Directed.of(record).on_the_wire() == {
        "concepts": [
            {
                "title": "T",
                "kind": "image",
                "prompt": "p",
                "aspectRatio": "1:1",
                "model": "local-image",
                "estimatedCredits": 2,
                **of_a_team,
            },
            {
                "title": "T",
                "kind": "video",
                "prompt": "p",
                "aspectRatio": "16:9",
                "model": "local-video",
                "estimatedCredits": 8,
                "negativePrompt": "no text",
                **of_a_team,
            },
        ],
        "rationale": "because",
        "director": "rules",
        "credits": {"charged": 1},
    }


# ---- accounts --------------------------------------------------------------------------------------


def test_a_balance(world: World) -> None:
    assert order("grantCredits", **GIFT) == {"accountId": "user_ann", "available": 1000, "held": 0}


def test_a_balance_of_somebody_who_owes(world: World) -> None:
    world.overwrite("accounts/user_ann", available=0, owed=950)
    answer = order("grantCredits", **GIFT)
    assert answer == {"accountId": "user_ann", "available": 0, "held": 0, "owed": 50}


def test_an_account_under_control(world: World) -> None:
    account = {"accountId": "user_ann", "available": 100, "held": 0, "tier": "pro", "fuse": "whole"}
    blocked = order("controlAccount", action="block", accountId="user_ann", reason="x")
    assert blocked == {**account, "blocked": True}

    world.overwrite("accounts/user_ann", fuse_blown_at=world.clock.now())
    unblocked = order("controlAccount", action="unblock", accountId="user_ann")
    assert unblocked == {**account, "fuse": "blown"}


def test_a_fuse_that_is_no_account_s(world: World) -> None:
    assert order("controlAccount", action="resetFuse") == {"fuse": "whole"}
    assert order("controlAccount", action="resetFuse", lane="free") == {"fuse": "whole"}


def test_what_an_operator_has_to_know(world: World) -> None:
    dead = world.finish("[[fail:always]]").id
    world.submit("slow")
    world.clock.advance(6 * 60)
    seen = order("inspect")
    assert (seen["isFine"], seen["letters"], seen["unsettled"]) == (False, 1, 1)
    assert [each["jobId"] for each in seen["deadLetters"]] == [dead]
    assert [each["trouble"] for each in seen["stuck"]] == ["slow"]
    assert [each["queue"] for each in seen["queues"]] == ["runLocalImage"]
    assert [each["of"] for each in seen["fuses"]] == ["project", "free"]
    wrong = {each["check"] for each in seen["checks"] if not each["isFine"]}
    assert wrong == {"dead letters", "slow jobs"}


def test_a_letter_that_is_replayed_or_purged(world: World) -> None:
    dead, other = world.finish("[[fail:always]]").id, world.finish("[[fail:always]]").id
    replayed = order("controlDeadLetter", jobId=dead, action="replay", reason="it is back")
    assert set(replayed) == {"jobId", "replayedAs"}
    again = order("controlDeadLetter", jobId=dead, action="replay")
    assert again == {**replayed, "wasRepeated": True}
    assert order("controlDeadLetter", jobId=other, action="purge") == {"jobId": other}
    assert order("inspect")["letters"] == 0


# ---- what is the caller's ----------------------------------------------------------------------------


def test_all_that_is_the_caller_s(world: World) -> None:
    asked = ask("exportAccount", {"requestId": "all"})
    export_id = asked["exportId"]
    assert asked == {
        "exportId": export_id,
        "status": "queued",
        "path": f"exports/ann/files/{export_id}",
    }
    assert ask("exportAccount", {"requestId": "all"}) == asked


def test_a_deleted_account(world: World) -> None:
    assert ask("deleteAccount", {"confirm": "ann"}) == {}
    assert ask("deleteAccount", {"confirm": "ann"}) == {}


# ---- teams -----------------------------------------------------------------------------------------


def test_a_team_and_its_members(world: World) -> None:
    made = ask("createTeam", {"name": "Lights"})
    team_id = made["teamId"]
    assert made == {
        "teamId": team_id,
        "accountId": f"team_{team_id}",
        "path": f"teams/{team_id}",
    }

    invite = ask("controlTeam", {"teamId": team_id, "action": "invite", "role": "editor"})
    assert invite == {
        "teamId": team_id,
        "inviteId": invite["inviteId"],
        "code": invite["code"],
        "role": "editor",
        "expiresAt": "2026-11-27T12:00:00Z",
    }
    accept = {"teamId": team_id, "action": "accept", "code": invite["code"]}
    assert ask("controlTeam", accept, "bob") == {"teamId": team_id, "role": "editor"}
    change = {"teamId": team_id, "action": "setMember", "uid": "bob", "role": "viewer"}
    assert ask("controlTeam", change) == {"teamId": team_id, "role": "viewer"}
    revoke = {"teamId": team_id, "action": "revokeInvite", "inviteId": "gone"}
    assert ask("controlTeam", revoke) == {"teamId": team_id}
    remove = {"teamId": team_id, "action": "remove", "uid": "bob"}
    assert ask("controlTeam", remove) == {"teamId": team_id}


def test_a_copy_of_a_pack(world: World) -> None:
    copied = ask("copyPack", {"packId": write_pack(world)})
    (path,) = (each["path"] for each in copied["references"])
    assert copied == {
        "name": "Lights",
        "references": [{"path": path, "mode": "style_only", "caption": "Dusk"}],
    }


def test_a_moment_as_firestore_keeps_it() -> None:
    moment = DatetimeWithNanoseconds(2026, 11, 27, 12, 0, 0, 250_000, tzinfo=UTC)
    answer = MemberInvited(
        team_id="t", invite_id="i", code="c", role=Role.VIEWER, expires_at=moment
    )
    said = answer.on_the_wire()["expiresAt"]
    assert said == "2026-11-27T12:00:00.250000Z"
    assert datetime.fromisoformat(said) == moment


# ---- the catalogue ---------------------------------------------------------------------------------

MODEL = {
    "id", "title", "kind", "available", "priceCredits", "priceCreditsBySize", "countMax", "referencesMax",
    "takesBrands", "cancelStopsBill",
}  # fmt: skip
SIZED = {"defaultAspectRatio", "aspectRatios", "sizes", "freeSizePx"}
VIDEO = {
    "durationsSeconds", "fps", "hasAudio", "takesFirstFrame", "takesLastFrame", "takesLastFrameAlone",
    "takesFramesWithReferences", "referencesDurationSeconds",
}  # fmt: skip
TIER = {
    "id", "title", "jobsAtOnce", "submissionsAMinute", "batchRowsMax", "creditsAnHourMax", "monthlyCredits",
    "imagesADay", "videosADay", "trainingsADay", "directionsADay", "directionRefusalsADay", "teamsADay",
    "priorities", "models",
}  # fmt: skip


@pytest.fixture
def catalog(world: World) -> Any:
    return ask("getCatalog", {})


def test_the_catalogue_has_what_a_form_needs(catalog: Any) -> None:
    assert set(catalog) == {
        "defaults", "limits", "uploads", "welcome", "models", "aliases", "styles", "tiers", "purchases",
    }  # fmt: skip
    assert set(catalog["defaults"]) == {"image", "video", "training", "text"}
    assert catalog["limits"] == {"promptCharactersMax": 4000, "scheduleDaysMax": 30}
    assert {frozenset(style) for style in catalog["styles"]} == {frozenset({"id", "title"})}
    aliases = catalog["aliases"].values()
    assert {frozenset(alias) for alias in aliases} == {frozenset({"model", "note"})}


def test_what_credits_are_sold_for_is_absent_where_nothing_is_sold(
    catalog: Any, world: World
) -> None:
    sold = world.backend.catalogue.purchases
    assert catalog["purchases"] == [
        {"credits": offer.credits, "priceCents": offer.price_cents, "currency": sold.currency}
        for offer in sold.offers
    ]
    world.backend = replace(world.backend, checkout=None)
    assert "purchases" not in ask("getCatalog", {})


def test_a_payment_page(world: World) -> None:
    assert ask("createCheckout", {"credits": 500}) == {"url": "https://pay.example.com/0"}


def test_a_payment_page_that_cannot_be_had_is_refused_by_a_reason_of_the_contract(
    world: World,
) -> None:
    world.checkout.errors = [BusyError("Stripe: APIConnectionError")]
    with pytest.raises(HttpsError) as busy:
        ask("createCheckout", {"credits": 500})
    assert (busy.value.code, busy.value.details) == ("unavailable", {"reason": "busy"})
    assert "Stripe" not in busy.value.message
    world.backend = replace(world.backend, checkout=None)
    with pytest.raises(HttpsError) as refused:
        ask("createCheckout", {"credits": 500})
    said = {"field": "credits", "message": "cannot be bought: nothing is sold here"}
    assert refused.value.details == {"reason": "invalid-request", "fieldErrors": [said]}


def test_each_model_says_what_its_kind_can(catalog: Any) -> None:
    models = {model["id"]: model for model in catalog["models"]}
    assert set(models["local-director"]) == set(models["local-training"]) == MODEL
    assert set(models["local-image"]) == MODEL | SIZED | {"editsPictures", "backgrounds"}
    assert models["local-image"]["backgrounds"] == ["opaque", "transparent"]
    assert set(models["local-video"]) == MODEL | SIZED | {"video"}
    assert set(models["local-video"]["video"]) == VIDEO | {"extends"}
    extends = models["veo-3.1-lite-generate-001"]["video"]["extends"]
    assert extends == {"addsSeconds": [7], "sourceSecondsMax": 30, "sizes": ["720p"]}
    assert models["local-video"]["video"]["extends"]["sizes"] == ["720p", "360p", "1080p"]


def test_a_model_s_sizes_are_in_pixels(catalog: Any, world: World) -> None:
    for model in catalog["models"]:
        known = world.backend.catalogue.models[model["id"]]
        if not known.sizes:
            continue
        table = world.backend.catalogue.sizes[known.sizes]
        assert model["aspectRatios"] == model["sizes"][known.size_names[0]]
        width, height = table.size_px(table.default_ratio, known.size_names[-1])
        sized = model["sizes"][known.size_names[-1]][table.default_ratio]
        assert sized == {"width": width, "height": height}
        free = known.free_size_px
        assert model["freeSizePx"] == ({"min": free.min, "max": free.max} if free else None)


def test_each_tier_says_what_it_allows_and_null_where_it_limits_nothing(
    catalog: Any, world: World
) -> None:
    tiers = world.backend.catalogue.tiers
    for told in catalog["tiers"]:
        assert set(told) == TIER
        tier = tiers[told["id"]]
        assert told["jobsAtOnce"] == tier.jobs_at_once
        assert told["imagesADay"] == tier.a_day.get(JobKind.IMAGE)
    assert None in [told["imagesADay"] for told in catalog["tiers"]]


# ---- the table -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_answers_what_its_line_says(name: str, world: World) -> None:
    operation = OPERATIONS[name]
    world.submit()
    if name == "deleteGeneration":
        world.run_until_quiet()
    team_id = world.found_team()
    batch_id = world.batch_half_done()
    key, _ = create_key(world.backend, ANN, parse(CreateApiKey, {"name": "k"}))
    webhook_id = world.register().webhook_id
    actions = operation.request if isinstance(operation.request, Mapping) else {}
    assert [p["action"] for p in ASKED[name] if actions] == list(actions)
    of_admins = ("grantCredits", "controlAccount", "inspect", "controlDeadLetter")
    caller = ADMIN if name in of_admins else ANN
    letter = world.finish("[[fail:always]]").id if name == "controlDeadLetter" else ""
    for payload in ASKED[name]:
        known = {
            "teamId": team_id,
            "batchId": batch_id,
            "keyId": key.id,
            "webhookId": webhook_id,
            "packId": write_pack(world),
        } | ({"jobId": letter} if letter else {})
        more = {name: each for name, each in known.items() if name in payload}
        request = operation.read({**payload, **more})
        answer = operation.act(world.backend, caller, request)
        assert isinstance(answer, operation.answer)


def test_a_webhook_s_secret_is_shown_once_and_again_after_a_rotation(world: World) -> None:
    created = ask("createWebhook", {"url": "https://example.com/", "events": ["job.failed"]})
    secret, webhook_id = created.pop("secret"), created["webhookId"]
    assert created == {
        "webhookId": webhook_id,
        "url": "https://example.com/",
        "events": ["job.failed"],
        "status": "enabled",
    }
    rotated = ask("rotateWebhook", {"webhookId": webhook_id})
    assert rotated.pop("secret") not in ("", secret)
    assert rotated == {"webhookId": webhook_id, "until": "2026-11-21T12:00:00Z"}
    (item,) = ask("listWebhooks", {})["items"]
    assert (item["webhookId"], item["lastError"], "secret" in item) == (webhook_id, None, False)
    assert ask("listDeliveries", {"webhookId": webhook_id}) == {"items": []}
    assert ask("deleteWebhook", {"webhookId": webhook_id}) == {"webhookId": webhook_id}


def properties(schema: Any) -> Iterator[str]:
    """The names of all fields that a schema describes, at any depth."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        schema = list(schema.values())
    if isinstance(schema, list):
        for each in schema:
            yield from properties(each)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_can_be_described_to_clients_in_camel_case(name: str) -> None:
    answer: Any = OPERATIONS[name].answer  # a model, or several
    schema = TypeAdapter(answer).json_schema(mode="serialization")
    names = set(properties(schema))
    assert bool(names) == (name not in ("deleteGeneration", "deleteAccount"))
    assert not [each for each in names if "_" in each]


def test_whoever_has_not_signed_in_may_ask_for_the_catalogue_and_nothing_else() -> None:
    assert [name for name, each in OPERATIONS.items() if each.is_open] == ["getCatalog"]
