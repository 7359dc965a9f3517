"""Payloads: what is wrong is named, what is right is taken as sent, nothing else is raised."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from mediaforge.contract.requests import (
    ACCOUNT_ACTIONS,
    TEAM_ACTIONS,
    AcceptInvite,
    Adjust,
    Block,
    ControlJob,
    CreateTeam,
    GenerateImage,
    GetCatalog,
    GrantCredits,
    InviteMember,
    MemberLimits,
    RemoveMember,
    ResetFuse,
    RevokeInvite,
    SetMember,
    SetTier,
    Unblock,
    as_sent,
    parse,
    parse_action,
)
from mediaforge.domain.credits import CREDITS_MAX
from mediaforge.domain.errors import InvalidRequestError
from mediaforge.domain.jobs.job import Priority
from mediaforge.entrypoints.operations import OPERATIONS

REFERENCE = {"path": "references/ann/a.png", "mode": "style_only"}
SURROGATE = "half \ud83d"


def wrong_fields(model: type[BaseModel], payload: object) -> list[str]:
    with pytest.raises(InvalidRequestError) as refused:
        parse(model, payload)
    return [error["field"] for error in refused.value.details["fieldErrors"]]


BAD_IMAGES: list[tuple[dict[str, Any], str]] = [
    # What is sent besides a good prompt, and the one field that is named.
    ({"prompt": ""}, "prompt"),
    ({"prompt": " \n\t"}, "prompt"),
    ({"prompt": "x" * 4001}, "prompt"),
    ({"prompt": None}, "prompt"),
    ({"prompt": 7}, "prompt"),
    ({"prompt": ["a"]}, "prompt"),
    ({"prompt": SURROGATE}, "prompt"),
    ({"negativePrompt": "x" * 4001}, "negativePrompt"),
    ({"negativePrompt": SURROGATE}, "negativePrompt"),
    ({"model": ""}, "model"),
    ({"model": 3}, "model"),
    ({"model": "x" * 129}, "model"),
    ({"aspectRatio": "wide"}, "aspectRatio"),
    ({"aspectRatio": "0:1"}, "aspectRatio"),
    ({"aspectRatio": "16:9\n"}, "aspectRatio"),
    ({"width": 100}, "height"),
    ({"height": 100}, "height"),
    ({"width": 100, "height": None}, "height"),
    ({"width": "100", "height": 100}, "width"),
    ({"width": 0, "height": 100}, "width"),
    ({"width": 100, "height": 16_385}, "height"),
    ({"width": 100.5, "height": 100}, "width"),
    ({"aspectRatio": "1:1", "width": 100, "height": 100}, "width"),
    ({"count": 0}, "count"),
    ({"count": 5}, "count"),
    ({"count": 10**30}, "count"),
    ({"count": "2"}, "count"),
    ({"count": True}, "count"),
    ({"seed": -1}, "seed"),
    ({"seed": 2**31}, "seed"),
    ({"seed": float("nan")}, "seed"),
    ({"estimatedCredits": -1}, "estimatedCredits"),
    ({"estimatedCredits": CREDITS_MAX + 1}, "estimatedCredits"),
    ({"estimatedCredits": 2**63}, "estimatedCredits"),
    ({"styleId": ""}, "styleId"),
    ({"references": {}}, "references"),
    ({"references": "references/ann/a.png"}, "references"),
    ({"references": [REFERENCE] * 7}, "references"),
    ({"references": ["references/ann/a.png"]}, "references[0]"),
    ({"references": [REFERENCE, {"path": "", "mode": "style_only"}]}, "references[1].path"),
    ({"references": [{"path": SURROGATE, "mode": "style_only"}]}, "references[0].path"),
    ({"references": [{"path": "x" * 1025, "mode": "style_only"}]}, "references[0].path"),
    ({"references": [{"path": "a", "mode": "copy"}]}, "references[0].mode"),
    ({"references": [{"path": "a"}]}, "references[0].mode"),
    ({"references": [{**REFERENCE, "weight": 1}]}, "references[0].weight"),
    ({"referencePackId": "a/b"}, "referencePackId"),
    ({"brandId": ""}, "brandId"),
    ({"teamId": "../users"}, "teamId"),
    ({"priority": "urgent"}, "priority"),
    ({"priority": 1}, "priority"),
    ({"priority": ["high"]}, "priority"),
    ({"scheduledAt": "tomorrow"}, "scheduledAt"),
    ({"scheduledAt": "2026-11-21"}, "scheduledAt"),
    ({"scheduledAt": "2026-11-21T10:00:00"}, "scheduledAt"),
    ({"scheduledAt": "2026-02-30T10:00:00Z"}, "scheduledAt"),
    ({"scheduledAt": "2026-11-21T10:00:00Z\n"}, "scheduledAt"),
    ({"scheduledAt": f"2026-11-21T10:00:00.{'9' * 10}Z"}, "scheduledAt"),
    ({"scheduledAt": 1_795_000_000}, "scheduledAt"),
    ({"scheduledAt": "1795000000"}, "scheduledAt"),
    ({"scheduledAt": {"seconds": 1}}, "scheduledAt"),
    ({"requestId": ""}, "requestId"),
    ({"requestId": "x" * 129}, "requestId"),
    ({"requestId": SURROGATE}, "requestId"),
    ({"colour": "red"}, "colour"),
    ({"aspect_ratio": "1:1"}, "aspect_ratio"),
    ({"durationSeconds": 4}, "durationSeconds"),
]


@pytest.mark.parametrize(("fields", "field"), BAD_IMAGES)
def test_what_is_wrong_with_an_image_request_is_named(fields: dict[str, Any], field: str) -> None:
    assert wrong_fields(GenerateImage, {"prompt": "a lighthouse", **fields}) == [field]


@pytest.mark.parametrize("payload", [None, [], "a lighthouse", 7, True, [{"prompt": "a"}]])
def test_a_payload_that_is_no_object_is_refused_as_a_whole(payload: object) -> None:
    assert wrong_fields(GenerateImage, payload) == [""]


def test_a_missing_prompt_is_named() -> None:
    assert wrong_fields(GenerateImage, {}) == ["prompt"]


def test_all_that_is_wrong_is_named_at_once() -> None:
    payload = {"prompt": "", "count": 9, "references": [{"path": "a", "mode": "x"}], "nope": 1}
    assert sorted(wrong_fields(GenerateImage, payload)) == [
        "count",
        "nope",
        "prompt",
        "references[0].mode",
    ]


@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        ({}, ["jobId", "action"]),
        ({"jobId": "a/b", "action": "cancel"}, ["jobId"]),
        ({"jobId": "", "action": "cancel"}, ["jobId"]),
        ({"jobId": "x" * 129, "action": "cancel"}, ["jobId"]),
        ({"jobId": "a", "action": "pause"}, ["action"]),
        ({"jobId": "a", "action": "cancel", "force": True}, ["force"]),
        ({"jobId": "a", "action": "retry", "acceptCharge": True}, ["acceptCharge"]),
        ({"jobId": "a", "action": "cancel", "acceptCharge": "true"}, ["acceptCharge"]),
        ({"jobId": "a", "action": "cancel", "acceptCharge": 1}, ["acceptCharge"]),
        # Firestore keeps names like this for itself and answers INVALID_ARGUMENT.
        ({"jobId": "__a__", "action": "cancel"}, ["jobId"]),
    ],
)
def test_what_is_wrong_with_a_control_request_is_named(
    payload: dict[str, Any], fields: list[str]
) -> None:
    assert wrong_fields(ControlJob, payload) == fields


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"accountId": "ann"}, "accountId"),
        ({"accountId": "user_"}, "accountId"),
        ({"accountId": "user_a/b"}, "accountId"),
        ({"accountId": f"user_{SURROGATE}"}, "accountId"),
        ({"amount": 0}, "amount"),
        ({"amount": -5}, "amount"),
        ({"amount": 1.5}, "amount"),
        ({"amount": 1_000_001}, "amount"),
        ({"reason": ""}, "reason"),
        ({"requestId": None}, "requestId"),
    ],
)
def test_what_is_wrong_with_a_grant_is_named(change: dict[str, Any], field: str) -> None:
    good = {"accountId": "user_ann", "amount": 5, "reason": "gift", "requestId": "r1"}
    assert parse(GrantCredits, good).amount == 5
    assert wrong_fields(GrantCredits, {**good, **change}) == [field]


# ---- accounts and teams --------------------------------------------------------------------------

ACCOUNT = {"accountId": "user_ann"}
TEAM = {"teamId": "t1"}
# A good payload of each action, and its model.
ACTIONS: list[tuple[dict[str, Any], type[BaseModel]]] = [
    ({**ACCOUNT, "action": "setTier", "tier": "pro"}, SetTier),
    ({**ACCOUNT, "action": "adjust", "amount": -5, "reason": "twice", "requestId": "r1"}, Adjust),
    ({**ACCOUNT, "action": "resetFuse"}, ResetFuse),
    ({"action": "resetFuse"}, ResetFuse),
    ({"action": "resetFuse", "lane": "free"}, ResetFuse),
    ({**ACCOUNT, "action": "block", "reason": "abuse"}, Block),
    ({**ACCOUNT, "action": "unblock"}, Unblock),
    ({**ACCOUNT, "action": "unblock", "reason": "a mistake"}, Unblock),
    ({**TEAM, "action": "invite", "role": "viewer"}, InviteMember),
    ({**TEAM, "action": "invite", "role": "viewer", "boundTo": "bob"}, InviteMember),
    ({**TEAM, "action": "invite", "role": "viewer", "boundTo": "bob@example.com"}, InviteMember),
    ({**TEAM, "action": "revokeInvite", "inviteId": "i1"}, RevokeInvite),
    ({**TEAM, "action": "accept", "code": "a/code"}, AcceptInvite),
    ({**TEAM, "action": "setMember", "uid": "bob", "role": "owner"}, SetMember),
    ({**TEAM, "action": "setMember", "uid": "bob", "limits": {"imagesADay": 0}}, SetMember),
    ({**TEAM, "action": "remove", "uid": "bob"}, RemoveMember),
]
BOTH: dict[str, type[BaseModel]] = {**ACCOUNT_ACTIONS, **TEAM_ACTIONS}


def wrong_action_fields(payload: object, models: Mapping[str, type[BaseModel]]) -> list[str]:
    with pytest.raises(InvalidRequestError) as refused:
        parse_action(models, payload)
    return [error["field"] for error in refused.value.details["fieldErrors"]]


def good(action: str) -> dict[str, Any]:
    return next(dict(payload) for payload, _ in ACTIONS if payload["action"] == action)


@pytest.mark.parametrize(("payload", "model"), ACTIONS)
def test_an_action_is_read_as_its_own_request(
    payload: dict[str, Any], model: type[BaseModel]
) -> None:
    request = parse_action(BOTH, payload)
    assert type(request) is model
    assert as_sent(request) == payload


def test_every_action_has_a_good_payload_here() -> None:
    assert {payload["action"] for payload, _ in ACTIONS} == set(BOTH)


@pytest.mark.parametrize("action", BOTH)
def test_the_model_of_an_action_takes_that_action_only(action: str) -> None:
    payload = good(action)
    assert wrong_fields(BOTH[action], {**payload, "action": "somethingElse"}) == ["action"]


@pytest.mark.parametrize(
    "action", [None, "", "settier", "invite ", 7, True, ["adjust"], {"adjust": 1}, SURROGATE]
)
def test_an_unknown_action_is_named_with_those_there_are(action: object) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse_action(ACCOUNT_ACTIONS, {**ACCOUNT, "action": action})
    (error,) = refused.value.details["fieldErrors"]
    there_are = "setTier, adjust, resetFuse, block, unblock"
    assert error == {"field": "action", "message": f"must be one of {there_are}"}


def test_an_action_of_another_callable_is_unknown_here() -> None:
    assert wrong_action_fields(good("invite"), ACCOUNT_ACTIONS) == ["action"]
    assert wrong_action_fields(good("setTier"), TEAM_ACTIONS) == ["action"]


@pytest.mark.parametrize("payload", [None, [], "adjust", 7, True])
def test_an_action_that_is_no_object_is_refused_as_a_whole(payload: object) -> None:
    assert wrong_action_fields(payload, ACCOUNT_ACTIONS) == [""]


BAD_ACTIONS: list[tuple[str, dict[str, Any], str]] = [
    # The action, what is sent besides a good payload, and the one field that is named.
    *((action, {"force": True}, "force") for action in BOTH),
    *(
        (action, {"accountId": bad}, "accountId")
        for action in ACCOUNT_ACTIONS
        for bad in ("ann", "user_", "team_", "batch_1", "user_a/b", f"user_{SURROGATE}", 7, ["a"])
    ),
    *(
        (action, {"accountId": f"{kind}_{reserved}"}, "accountId")
        for action in ACCOUNT_ACTIONS
        for kind in ("user", "team")
        for reserved in (".", "..", "__ann__", "x" * 129)
    ),
    # The good one names an account, so that no lane goes with it.
    *(("resetFuse", {"lane": bad}, "lane") for bad in ("free", "paid", "", 1, ["free"])),
    ("setTier", {"accountId": None}, "accountId"),
    ("setTier", {"tier": None}, "tier"),
    ("setTier", {"tier": " "}, "tier"),
    ("setTier", {"tier": 1}, "tier"),
    ("setTier", {"tier": SURROGATE}, "tier"),
    ("adjust", {"amount": 0}, "amount"),
    ("adjust", {"amount": None}, "amount"),
    ("adjust", {"amount": 1.5}, "amount"),
    ("adjust", {"amount": "5"}, "amount"),
    ("adjust", {"amount": True}, "amount"),
    ("adjust", {"amount": float("nan")}, "amount"),
    ("adjust", {"amount": CREDITS_MAX // 1000 + 1}, "amount"),
    ("adjust", {"amount": -CREDITS_MAX - 1}, "amount"),
    ("adjust", {"reason": ""}, "reason"),
    ("adjust", {"reason": None}, "reason"),
    ("adjust", {"requestId": None}, "requestId"),
    ("adjust", {"requestId": "x" * 129}, "requestId"),
    *(
        (action, {"teamId": bad}, "teamId")
        for action in TEAM_ACTIONS
        for bad in ("", "a/b", "..", "__a__", "x" * 129, SURROGATE, 7, None)
    ),
    *(
        (action, {"role": bad}, "role")
        for action in ("invite", "setMember")
        for bad in ("admin", "Owner", "", 1, ["owner"], SURROGATE)
    ),
    ("invite", {"role": None}, "role"),
    *(
        ("invite", {"boundTo": bad}, "boundTo")
        for bad in ("", "a/b", "..", "__a__", "x" * 129, "@", "a@", "@b", "a b@c", SURROGATE, 7)
    ),
    *((action, {"reason": bad}, "reason") for action in ("block", "unblock") for bad in ("", 7)),
    ("block", {"reason": None}, "reason"),
    ("revokeInvite", {"inviteId": None}, "inviteId"),
    ("revokeInvite", {"inviteId": "a/b"}, "inviteId"),
    ("accept", {"code": None}, "code"),
    ("accept", {"code": " "}, "code"),
    ("accept", {"code": "x" * 129}, "code"),
    ("accept", {"code": SURROGATE}, "code"),
    *(
        (action, {"uid": bad}, "uid")
        for action in ("setMember", "remove")
        for bad in ("", "a/b", ".", "..", "__bob__", "x" * 129, SURROGATE, 7, None)
    ),
    ("setMember", {"role": None, "limits": None}, "limits"),
    ("setMember", {"limits": 5}, "limits"),
    ("setMember", {"limits": []}, "limits"),
    ("setMember", {"limits": {"imagesADay": -1}}, "limits.imagesADay"),
    ("setMember", {"limits": {"imagesADay": 1.5}}, "limits.imagesADay"),
    ("setMember", {"limits": {"videosADay": "5"}}, "limits.videosADay"),
    ("setMember", {"limits": {"creditsADay": True}}, "limits.creditsADay"),
    ("setMember", {"limits": {"creditsADay": CREDITS_MAX + 1}}, "limits.creditsADay"),
    ("setMember", {"limits": {"images_a_day": 5}}, "limits.images_a_day"),
    ("setMember", {"limits": {"trainingsADay": -1}}, "limits.trainingsADay"),
    ("setMember", {"limits": {"directionsADay": 5}}, "limits.directionsADay"),
]


@pytest.mark.parametrize(("action", "change", "field"), BAD_ACTIONS)
def test_what_is_wrong_with_an_action_is_named(
    action: str, change: dict[str, Any], field: str
) -> None:
    assert wrong_action_fields({**good(action), **change}, BOTH) == [field]


@pytest.mark.parametrize("amount", [-CREDITS_MAX, -1, 1, CREDITS_MAX // 1000])
def test_an_adjustment_goes_up_or_down(amount: int) -> None:
    request = parse_action(ACCOUNT_ACTIONS, {**good("adjust"), "amount": amount})
    assert isinstance(request, Adjust)
    assert request.amount == amount


def test_limits_that_are_not_given_or_null_are_no_limits() -> None:
    for sent in ({}, {"imagesADay": None, "videosADay": None, "creditsADay": None}):
        request = parse_action(TEAM_ACTIONS, {**good("setMember"), "limits": sent})
        assert isinstance(request, SetMember)
        assert request.limits == MemberLimits()


def test_a_team_s_account_is_named_like_a_user_s() -> None:
    request = parse_action(ACCOUNT_ACTIONS, {**good("setTier"), "accountId": "team_t1"})
    assert isinstance(request, SetTier)
    assert request.account_id == "team_t1"


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "\t"}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"name": 7}, "name"),
        ({"name": SURROGATE}, "name"),
        ({"name": "Lights", "requestId": ""}, "requestId"),
        ({"name": "Lights", "requestId": 7}, "requestId"),
        ({"name": "Lights", "teamId": "t1"}, "teamId"),
    ],
)
def test_what_is_wrong_with_a_new_team_is_named(payload: dict[str, Any], field: str) -> None:
    assert wrong_fields(CreateTeam, payload) == [field]


def test_a_team_is_made_with_a_name() -> None:
    assert parse(CreateTeam, {"name": "Lichter 🗼", "requestId": None}).name == "Lichter 🗼"


def test_the_catalogue_is_asked_for_with_nothing() -> None:
    assert parse(GetCatalog, {}) == GetCatalog()
    assert wrong_fields(GetCatalog, {"kind": "image"}) == ["kind"]


GOOD_IMAGES: list[dict[str, Any]] = [
    {"prompt": "a"},
    {"prompt": "x" * 4000},
    {"prompt": "ein Leuchtturm 🗼 在黃昏"},
    {"prompt": "a", "negativePrompt": ""},
    {"prompt": "a", "model": None, "seed": None, "styleId": None, "scheduledAt": None},
    {"prompt": "a", "aspectRatio": "16:9", "count": 4, "seed": 0},
    {"prompt": "a", "width": 512, "height": 256, "seed": 2**31 - 1},
    {"prompt": "a", "references": [REFERENCE] * 6},
    {"prompt": "a", "references": []},
    {"prompt": "a", "scheduledAt": "2026-11-21T10:00:00Z"},
    {"prompt": "a", "scheduledAt": "2026-11-21T10:00:00.000Z"},
    {"prompt": "a", "scheduledAt": "2026-11-21t10:00:00.913z"},
    {"prompt": "a", "scheduledAt": "2026-11-21T10:00:00.123+05:30"},
    *({"prompt": "a", "priority": priority} for priority in ("low", "normal", "high")),
    {"prompt": "a", "requestId": "anything, even / and ünicode"},
    {"prompt": "a", "referencePackId": "p-1", "brandId": "b_1", "teamId": "T1"},
]


@pytest.mark.parametrize("payload", GOOD_IMAGES)
def test_a_good_payload_is_taken_as_it_was_sent(payload: dict[str, Any]) -> None:
    given_fields = {k: v for k, v in payload.items() if v is not None}
    assert as_sent(parse(GenerateImage, payload)) == given_fields


def test_what_was_not_sent_has_its_default_and_is_not_recorded() -> None:
    request = parse(GenerateImage, {"prompt": "a"})
    assert (request.count, request.priority, request.references) == (1, Priority.NORMAL, ())
    assert as_sent(request) == {"prompt": "a"}


# ---- integers ----------------------------------------------------------------------------------

REQUESTS = [operation.request for operation in OPERATIONS.values()]
PAYLOADS: list[type[BaseModel]] = [
    model
    for request in REQUESTS
    for model in (request.values() if isinstance(request, Mapping) else [request])
]


def integers(schema: object) -> Iterator[dict[str, Any]]:
    """Every integer in a JSON schema, with its bounds."""
    if isinstance(schema, dict):
        if schema.get("type") == "integer":
            yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from integers(part)


@pytest.mark.parametrize("model", PAYLOADS)
def test_every_integer_of_a_payload_has_bounds_that_firestore_can_hold(
    model: type[BaseModel],
) -> None:
    for integer in integers(model.model_json_schema()):
        assert integer["minimum"] >= -(2**63), integer
        assert integer["maximum"] < 2**63, integer


def test_the_integers_of_a_payload_are_found() -> None:
    assert len(list(integers(GenerateImage.model_json_schema()))) == 6


# ---- arbitrary JSON ----------------------------------------------------------------------------

# JSON can spell half a surrogate pair, so `characters` leaves none out.
TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
WIRE_NAMES = sorted(field.alias or name for name, field in GenerateImage.model_fields.items())
VALUES = JSON | st.sampled_from(
    [value for payload in GOOD_IMAGES for value in payload.values()]
    + [value for payload, _ in BAD_IMAGES for value in payload.values()]
)
NEARLY_GOOD = st.dictionaries(st.sampled_from(WIRE_NAMES), VALUES, max_size=6).map(
    lambda fields: {"prompt": "a lighthouse", **fields}
)
MODELS = st.sampled_from(
    [GenerateImage, ControlJob, GrantCredits, GetCatalog, CreateTeam, *BOTH.values()]
)
NEARLY_GOOD_ACTIONS = st.builds(
    lambda payload, change: {**payload, **change},
    st.sampled_from([payload for payload, _ in ACTIONS]),
    st.dictionaries(
        st.sampled_from(sorted({name for payload, _ in ACTIONS for name in payload})) | TEXT,
        JSON
        | st.sampled_from([value for _, change, _ in BAD_ACTIONS for value in change.values()]),
        max_size=4,
    ),
)


def refusal(read: Callable[[], object]) -> InvalidRequestError | None:
    try:
        read()
    except InvalidRequestError as refused:
        return refused
    return None


@settings(deadline=None, max_examples=400)
@given(model=MODELS, payload=JSON | NEARLY_GOOD)
def test_no_json_value_raises_anything_but_an_invalid_request(
    model: type[BaseModel], payload: object
) -> None:
    refused = refusal(lambda: parse(model, payload))
    if refused is not None:
        assert refused.details["fieldErrors"]
        # The answer goes back on the wire, so it must be writable.
        json.dumps([refused.message, refused.details], ensure_ascii=False).encode()


@settings(deadline=None, max_examples=400)
@given(
    models=st.sampled_from([ACCOUNT_ACTIONS, TEAM_ACTIONS]),
    payload=JSON | NEARLY_GOOD_ACTIONS,
)
def test_no_action_raises_anything_but_an_invalid_request(
    models: Mapping[str, type[BaseModel]], payload: object
) -> None:
    refused = refusal(lambda: parse_action(models, payload))
    if refused is not None:
        assert refused.details["fieldErrors"]
        json.dumps([refused.message, refused.details], ensure_ascii=False).encode()


@settings(deadline=None, max_examples=400)
@given(payload=NEARLY_GOOD)
def test_a_request_read_back_from_its_record_is_the_same_request(payload: dict[str, Any]) -> None:
    try:
        request = parse(GenerateImage, payload)
    except InvalidRequestError:
        return
    sent = as_sent(request)
    json.dumps(sent, allow_nan=False, ensure_ascii=False).encode()
    again = parse(GenerateImage, sent)
    assert again == request
    assert as_sent(again) == sent


@pytest.mark.parametrize("field", ["count", "priority", "references", "seed", "requestId"])
def test_a_field_that_is_null_was_not_given(field: str) -> None:
    assert as_sent(parse(GenerateImage, {"prompt": "a", field: None})) == {"prompt": "a"}


def test_an_unknown_field_is_refused_even_if_it_is_null() -> None:
    assert wrong_fields(GenerateImage, {"prompt": "a", "colour": None}) == ["colour"]
