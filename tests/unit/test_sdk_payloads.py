"""What the official SDKs make of a payload, on every callable: it is taken as what was meant.

How each writes a value was read in its own serializer: FunctionsSerializer.swift, FirebaseDataEncoder.swift
(iOS), Serializer.kt over org.json (Android), serializer.ts (JavaScript). Flutter goes through these.
"""

import json
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from firebase_functions.https_fn import HttpsError
from hypothesis import given
from hypothesis import strategies as st

from mediaforge import bootstrap
from mediaforge.contract.requests import (
    PROMPT_CHARS_MAX,
    SEED_MAX,
    GenerateImage,
    GenerateVideo,
    parse,
)
from mediaforge.domain.credits import CREDITS_MAX
from mediaforge.domain.errors import InvalidRequestError
from mediaforge.entrypoints import callables
from mediaforge.entrypoints.encoded_numbers import decode_numbers
from mediaforge.entrypoints.operations import OPERATIONS
from mediaforge.services.library.catalog import describe_catalogue
from tests.support.packs import write_pack
from tests.support.world import World
from tests.unit.test_requests import ACTIONS, PAYLOADS, integers

INT64 = "type.googleapis.com/google.protobuf.Int64Value"
UINT64 = "type.googleapis.com/google.protobuf.UInt64Value"


def int64(number: int) -> dict[str, str]:
    return {"@type": INT64, "value": str(number)}


def uint64(number: int) -> dict[str, str]:
    return {"@type": UINT64, "value": str(number)}


# ---- each kind of value of each SDK --------------------------------------------------------------

WRITTEN: list[tuple[str, str, object]] = [
    # Who writes what, the JSON of it, and what is meant.
    ("iOS: Int, Int64, UInt32, NSNumber of a long long", json.dumps(int64(3)), 3),
    ("iOS: a negative Int", json.dumps(int64(-3)), -3),
    ("iOS: UInt, UInt64", json.dumps(uint64(3)), 3),
    ("iOS: Int.max", json.dumps(int64(9223372036854775807)), 2**63 - 1),
    ("iOS: Int.min", json.dumps(int64(-9223372036854775808)), -(2**63)),
    ("iOS: UInt.max", json.dumps(uint64(18446744073709551615)), 2**64 - 1),
    ("iOS: Int32, Int16, UInt16", "3", 3),
    ("iOS: Bool, an NSNumber of a char", "true", True),
    ("iOS: Double", "1.5", 1.5),
    ("iOS: NSNull, nil", "null", None),
    ("iOS: [Int?]", json.dumps([int64(1), None]), [1, None]),
    ("iOS: [String: [String: Int]]", json.dumps({"a": {"b": int64(0)}}), {"a": {"b": 0}}),
    ("Android: Long", json.dumps(int64(3)), 3),
    ("Android: Long in a JSONObject, Int, Double of a whole number", "3", 3),
    ("Android: null, JSONObject.NULL", "null", None),
    ("Android: listOf(mapOf(Long))", json.dumps([{"a": int64(7)}]), [{"a": 7}]),
    ("JavaScript: 3, 3.0, new Number(3)", "3", 3),
    ("JavaScript: null, undefined", "null", None),
    ("JavaScript: Date", '"2026-11-28T18:00:00.000Z"', "2026-11-28T18:00:00.000Z"),
    ("Codable: Date, as .iso8601", '"2026-11-28T18:00:00Z"', "2026-11-28T18:00:00Z"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "meant"), [row[1:] for row in WRITTEN], ids=[row[0] for row in WRITTEN]
)
def test_a_value_is_taken_as_it_was_meant(written: str, meant: object) -> None:
    for payload, expected in [
        (json.loads(written), meant),
        ({"a": [json.loads(written)]}, {"a": [meant]}),
    ]:
        decoded = decode_numbers(payload)
        assert json.dumps(decoded) == json.dumps(expected)


@pytest.mark.parametrize(
    "sent",
    [
        {"seconds": 1},
        {"value": "1"},
        {"@type": None, "value": "1"},
        {"@type": [INT64], "value": "1"},
        {"@type": INT64.upper(), "value": "1"},
        {"@type": "Int64Value", "value": "1"},
        {"@type": "type.googleapis.com/google.protobuf.Timestamp", "value": "2026-11-28T18:00:00Z"},
        {"@type": "type.googleapis.com/google.protobuf.Int32Value", "value": "1"},
    ],
)
def test_an_object_of_another_type_stays_an_object_and_is_refused_as_one(sent: object) -> None:
    assert decode_numbers({"prompt": sent}) == {"prompt": sent}
    for field, message in [("prompt", "must be a text"), ("count", "must be a whole number")]:
        assert refused({"prompt": "x", field: sent}) == [{"field": field, "message": message}]


FORM = 'must be written as {"@type": "…", "value": "123"}, a whole number in decimal digits'
SIGNED = f"must be {-(2**63)} to {2**63 - 1}"
UNSIGNED = f"must be 0 to {2**64 - 1}"
BROKEN: list[tuple[dict[str, Any], str]] = [
    *(({"@type": kind, "value": value}, FORM)
      for kind in (INT64, UINT64)
      for value in ("", "x", "1.0", "1e3", "+1", " 1", "1\n", "01", "-0", "0x1", "1_000", "٣", "1" * 21,
                    "9" * 5000, 1, 1.0, True, None, [], {}, ["1"], int64(1))),
    ({"@type": INT64}, FORM),
    ({**int64(1), "more": 1}, FORM),
    (int64(2**63), SIGNED),
    (int64(-(2**63) - 1), SIGNED),
    (uint64(-1), UNSIGNED),
    (uint64(2**64), UNSIGNED),
]  # fmt: skip


def refused(payload: object) -> list[dict[str, str]]:
    with pytest.raises(InvalidRequestError) as refusal:
        parse(GenerateImage, decode_numbers(payload))
    found: list[dict[str, str]] = refusal.value.details["fieldErrors"]
    return found


@pytest.mark.parametrize(("sent", "message"), BROKEN, ids=lambda value: ascii(value)[:50])
def test_a_number_that_is_none_is_named(sent: dict[str, Any], message: str) -> None:
    assert refused({"prompt": "x", "count": sent}) == [{"field": "count", "message": message}]
    deep = {"prompt": "x", "references": [{}, {"weights": [0, sent]}]}
    assert refused(deep) == [{"field": "references[1].weights[1]", "message": message}]
    assert refused(sent) == [{"field": "", "message": message}]


def test_a_long_name_around_many_items_is_not_copied_for_each() -> None:
    """Half a megabyte of a name was, for each of a hundred thousand lists in it."""
    payload = {"x" * 500_000: [int64(2**63)] * 100}
    tracemalloc.start()
    with pytest.raises(InvalidRequestError):
        decode_numbers(payload)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3_000_000
    assert len(refused({"x" * 500: {"y" * 500: int64(2**63)}})[0]["field"]) == 200


def test_a_number_in_the_place_of_a_text_or_of_all_is_refused_as_a_number() -> None:
    assert refused({"prompt": int64(1)}) == [{"field": "prompt", "message": "must be a text"}]
    assert refused(int64(1)) == [{"field": "", "message": "the payload must be a JSON object"}]


@pytest.mark.parametrize("sent", [785_934_000.0, 1_795_888_800_000, int64(1_795_888_800)])
def test_a_date_that_was_sent_as_a_number_is_not_guessed_at(sent: object) -> None:
    """Codable's `Date` counts seconds from 2001, or from 1970, or milliseconds: nobody can tell which."""
    message = "must be an RFC 3339 date and time with an offset"
    expected = [{"field": "scheduledAt", "message": message}]
    assert refused({"prompt": "x", "scheduledAt": sent}) == expected


# ---- whole payloads, on every callable -----------------------------------------------------------


def translated(value: Any, number: Callable[[int], object]) -> Any:
    """The payload with each whole number as an SDK writes it."""
    if isinstance(value, dict):
        return {name: translated(item, number) for name, item in value.items()}
    if isinstance(value, list):
        return [translated(item, number) for item in value]
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else value


DIALECTS: dict[str, Callable[[int], object]] = {
    "JavaScript": int,
    "with a point": float,
    "Int64": int64,
    "UInt64 where it can": lambda number: int64(number) if number < 0 else uint64(number),
}
ADMIN, ANN = {"admin": True}, dict[str, Any]()
LIMITS = {"imagesADay": 5, "videosADay": 0, "trainingsADay": 1, "creditsADay": 70}
IMAGE = {
    "prompt": "x",
    "width": 64,
    "height": 64,
    "count": 2,
    "seed": 0,
    "estimatedCredits": 4,
    "model": None,
}
VIDEO = {"prompt": "x", "durationSeconds": 1, "fps": 12, "generateAudio": False, "seed": SEED_MAX}
GIFT = {"accountId": "user_ann", "amount": 900, "reason": "gift", "requestId": "g"}
DOWN = {**GIFT, "action": "adjust", "amount": -70}
BATCH = {"name": "b", "rows": [IMAGE, {"prompt": "y"}], "defaults": {"count": 1}, "maxCredits": 99}
EDIT = {"batchId": "", "action": "editRow", "row": 1, "changes": {"count": 3}}
BRIEF = {"brief": "x", "count": 3}
SEARCH, MARK = {"text": "x", "limit": 3}, {"jobId": "id0000", "cover": 1, "tags": ["sea"]}
MEMBER = {"teamId": "", "action": "setMember", "uid": "ann", "limits": LIMITS}
DELIVERIES = {"webhookId": "w1", "limit": 5}
KEY = {"name": "sheets", "expiresAt": "2030-01-01T00:00:00Z", "creditsADay": 100}
CHECKOUT = {"credits": 500, "requestId": "c"}
NUMBERED: list[dict[str, Any]] = [
    *(MEMBER, IMAGE, VIDEO, GIFT, SEARCH, MARK, DELIVERIES, KEY, CHECKOUT, {"limit": 5}),
]


@dataclass(frozen=True)
class Call:
    name: str
    payload: Mapping[str, Any]
    claims: Mapping[str, Any]


# In this order: a team is made, and then changed; a video is for a tier that is given first.
CALLS = [
    Call("grantCredits", GIFT, ADMIN),
    Call("controlAccount", DOWN, ADMIN),
    Call("controlAccount", {"accountId": "user_ann", "action": "setTier", "tier": "pro"}, ADMIN),
    Call("generateImage", IMAGE, ANN),
    Call("generateVideo", VIDEO, ANN),
    Call("trainBrand", {"name": "b", "references": [
        {"path": f"references/ann/{n}.png", "mode": "style_only"} for n in range(5)]}, ANN),
    Call("creativeDirectorAgent", {"brief": "a café in winter", "count": 2}, ANN),
    Call("createTeam", {"name": "Lights", "requestId": "t"}, ANN),
    Call("controlTeam", MEMBER, ANN),
    Call("controlJob", {"jobId": "id0000", "action": "cancel", "acceptCharge": True}, ANN),
    Call("submitBatch", BATCH, ANN),
    Call("controlBatch", EDIT, ANN),
    Call("estimateCredits", {"requests": [IMAGE]}, ANN),
    Call("searchGenerations", SEARCH, ANN),
    Call("markGeneration", MARK, ANN),
    Call("deleteGeneration", {"jobIds": ["id0000"]}, ANN),
    Call("exportBatch", {"batchId": "", "format": "csv"}, ANN),
    Call("inspect", {"limit": 5}, ADMIN),
    Call("controlDeadLetter", {"jobId": "gone", "action": "purge"}, ADMIN),
    Call("exportAccount", {"requestId": "all"}, ANN),
    Call("copyPack", {"packId": "p"}, ANN),
    Call("createApiKey", KEY, ANN),
    Call("revokeApiKey", {"keyId": ""}, ANN),
    Call("createWebhook", {"url": "https://example.com/", "events": ["job.failed"]}, ANN),
    Call("rotateWebhook", {"webhookId": ""}, ANN),
    Call("listWebhooks", {"teamId": ""}, ANN),
    Call("listDeliveries", DELIVERIES, ANN),
    Call("deleteWebhook", {"webhookId": ""}, ANN),
    Call("createCheckout", CHECKOUT, ANN),
    Call("getCatalog", {}, ANN),
    Call("deleteAccount", {"confirm": "ann"}, ANN),
]  # fmt: skip


def answer(call: Call, payload: object) -> Any:
    auth = SimpleNamespace(uid="ann", token=call.claims)
    request: Any = SimpleNamespace(auth=auth, data=json.loads(json.dumps(payload)))
    try:
        return callables.handler(call.name)(request)
    except HttpsError as refusal:
        return refusal.details


def story(number: Callable[[int], object], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What all the calls are answered, and what they leave."""
    world, answers = World(), []
    write_pack(world)
    monkeypatch.setattr(bootstrap, "backend", lambda: world.backend)
    known = {"teamId": "", "batchId": "", "keyId": "", "webhookId": ""}
    for call in CALLS:
        named = {name: each for name, each in known.items() if name in call.payload}
        answers.append(answer(call, translated({**call.payload, **named}, number)))
        known |= {name: answers[-1][name] for name in known if name in answers[-1]}
    return [*answers, world.contents()]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_callable_answers_every_dialect_alike(
    dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    meant = story(int, monkeypatch)
    assert [details for details in meant[:-1] if "reason" in details] == []
    assert story(DIALECTS[dialect], monkeypatch) == meant


def test_every_callable_is_called_here() -> None:
    assert {call.name for call in CALLS} == set(OPERATIONS)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_a_broken_number_is_named_by_every_callable(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "backend", lambda: World().backend)
    sent = {**call.payload, "more": [{"@type": INT64, "value": "1.5"}]}
    field_errors = [{"field": "more[0]", "message": FORM}]
    assert answer(call, sent) == {"reason": "invalid-request", "fieldErrors": field_errors}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "model", [model for model in PAYLOADS if list(integers(model.model_json_schema()))]
)
def test_every_whole_number_of_every_payload_is_taken_in_every_dialect(
    model: Any, dialect: str
) -> None:
    payloads = [*(p for p, _ in ACTIONS), *NUMBERED, BATCH, EDIT, BRIEF]
    payload = next((each for each in payloads if takes(model, naming(each))), None)
    assert payload is not None, f"NUMBERED has no payload of {model.__name__}"
    sent = naming(payload)
    assert parse(model, decode_numbers(translated(sent, DIALECTS[dialect]))) == parse(model, sent)


def naming(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload with the id of some team or batch, where it has one."""
    return {name: "t" if name in ("teamId", "batchId") else each for name, each in payload.items()}


def takes(model: Any, payload: dict[str, Any]) -> bool:
    try:
        parse(model, payload)
    except InvalidRequestError:
        return False
    return any(isinstance(v, int | dict) and not isinstance(v, bool) for v in payload.values())


@given(number=st.floats(allow_nan=True, allow_infinity=True))
def test_only_what_has_nothing_behind_the_point_is_a_whole_number(number: float) -> None:
    try:
        request = parse(GenerateVideo, {"prompt": "x", "seed": number})
    except InvalidRequestError:
        assert not (0 <= number <= SEED_MAX and number.is_integer())
    else:
        assert request.seed == number
        assert type(request.seed) is int


# ---- answers -------------------------------------------------------------------------------------


def numbers_of(value: object) -> set[int]:
    if isinstance(value, dict):
        assert "@type" not in value, "the SDKs would take it for one of theirs"
        value = list(value.values())
    if isinstance(value, list | tuple):
        return set().union(*map(numbers_of, value))
    return {value} if isinstance(value, int) and not isinstance(value, bool) else set()


def test_no_number_of_an_answer_is_too_large_for_a_phone(monkeypatch: pytest.MonkeyPatch) -> None:
    """JavaScript holds 53 bits; Android's JSON makes an Int of what fits into 32 and a Long of the rest."""
    answers = [*story(int, monkeypatch)[:-1], describe_catalogue(World().backend).on_the_wire()]
    assert numbers_of(answers)
    assert max(numbers_of(answers) | {CREDITS_MAX, SEED_MAX, PROMPT_CHARS_MAX}) < 2**31
