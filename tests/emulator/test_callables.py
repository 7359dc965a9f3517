"""What goes over the wire: refusals, their reasons and numbers, and 500 broken payloads to each."""

import base64
import json
import random
import time
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediaforge.entrypoints.doors import BODY_BYTES_MAX, DEPTH_MAX
from tests.emulator.conftest import Inside
from tools.client import Addresses, CallError, Client
from tools.suite import Suite

CALLABLES = ("generateImage", "controlJob", "grantCredits", "controlAccount", "createTeam", "controlTeam",
             "getCatalog")  # fmt: skip
SMALL = {"width": 64, "height": 64}

FIELDS = [
    "prompt", "negativePrompt", "model", "aspectRatio", "width", "height", "count", "seed", "styleId",
    "references", "referencePackId", "templateId", "variables", "brandId", "teamId", "priority",
    "scheduledAt", "requestId", "jobId", "action", "accountId", "amount", "reason", "tier", "name", "role",
    "code", "inviteId", "uid", "limits", "imagesADay", "creditsADay", "acceptCharge", "unknown",
    "__proto__", "",
]  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"), max_size=40)
    | st.sampled_from(["\ud800", "\x00", "a/b", "..", "__x__", "2026-13-45T99:99:99Z", "x" * 5000])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
ACCOUNT, TEAM = {"accountId": "user_fuzz"}, {"teamId": ""}
NAMED = {"reason": "fuzz", "requestId": "fuzz"}
# A teamId that is empty here becomes that of a team of the caller's.
VALID: dict[str, list[dict[str, Any]]] = {
    "generateImage": [{"prompt": "x", "requestId": "fuzz", **SMALL}],
    "controlJob": [{"jobId": "none", "action": "retry"}],
    "grantCredits": [{**ACCOUNT, "amount": 1, **NAMED}],
    "controlAccount": [
        {**ACCOUNT, "action": "setTier", "tier": "pro"},
        {**ACCOUNT, "action": "adjust", "amount": 1, **NAMED},
        {**ACCOUNT, "action": "resetFuse"},
        {**ACCOUNT, "action": "block", "reason": "fuzz"},
        {**ACCOUNT, "action": "unblock"},
    ],
    "createTeam": [{"name": "fuzz", "requestId": "fuzz"}],
    "controlTeam": [
        {**TEAM, "action": "invite", "role": "editor"},
        {**TEAM, "action": "invite", "role": "editor", "boundTo": "fuzz"},
        {**TEAM, "action": "revokeInvite", "inviteId": "fuzz"},
        {**TEAM, "action": "accept", "code": "fuzz"},
        {**TEAM, "action": "setMember", "uid": "fuzz", "limits": {"imagesADay": 7}},
        {**TEAM, "action": "remove", "uid": "fuzz"},
    ],
    "getCatalog": [{}],
}
CHANGES = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3)


@pytest.fixture(scope="module")
def own_team(admin: Client) -> str:
    return str(admin.call("createTeam", {"name": "fuzz"})["teamId"])


def payloads(name: str, own_team: str) -> st.SearchStrategy[Any]:
    """Anything at all, and valid payloads with a few fields changed: what gets past the parser."""
    valid = [{**v, **({"teamId": own_team} if "teamId" in v else {})} for v in VALID[name]]
    almost = st.tuples(st.sampled_from(valid), CHANGES).map(lambda drawn: {**drawn[0], **drawn[1]})
    return CHANGES | VALUES | almost


@pytest.mark.parametrize("name", CALLABLES)
def test_no_payload_answers_internal(name: str, admin: Client, own_team: str) -> None:

    @settings(
        max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(payload=payloads(name, own_team))
    def send(payload: Any) -> None:
        answer = admin.post(name, {"data": payload})
        error = answer.json().get("error")
        if error is not None:
            assert error["status"] != "INTERNAL", payload
            assert error["details"]["reason"], payload
            if error["details"]["reason"] == "invalid-request":
                assert error["details"]["fieldErrors"], payload

    send()


JSON, TEXT = "application/json", "text/plain"
# What is no call is replaced by one that is refused, and that is asked for its token first.
NO_CALLS = [
    b"",
    b"null",
    b"[]",
    b'"data"',
    b"{}",
    b'{"data":{},"more":"x"}',
    b"{",
    b"\xff\xfe",
    b"7",
]
BODIES = [
    *(
        (body, content_type, "unauthenticated")
        for body in NO_CALLS
        for content_type in (JSON, TEXT)
    ),
    (b'{"data":NaN}', JSON, "unauthenticated"),
    (b'{"data":NaN}', TEXT, "invalid-request"),
    (b"[" * 100_000, JSON, "request-too-large"),
    (b"[" * 100_000, TEXT, "request-too-large"),
]


@pytest.mark.parametrize(
    ("body", "content_type", "reason"), BODIES, ids=lambda each: repr(each[:12])
)
def test_a_body_that_is_no_callable_request_is_refused(
    suite: Suite, body: bytes, content_type: str, reason: str
) -> None:
    url = f"{suite.functions_url}/generateImage"
    answer = httpx.post(url, content=body, headers={"Content-Type": content_type}, timeout=180)
    is_unknown = reason == "unauthenticated"
    error = answer.json()["error"]
    assert answer.status_code == (401 if is_unknown else 400)
    assert error["status"] == ("UNAUTHENTICATED" if is_unknown else "INVALID_ARGUMENT")
    assert error["details"]["reason"] == reason


@pytest.mark.parametrize("depth", [60, 900, 960, 970, 975, 980, 985, 990, 1000, 20_000])
def test_a_deeply_nested_payload_is_refused(suite: Suite, depth: int) -> None:
    body = b'{"data":' + b"[" * depth + b"]" * depth + b"}"
    url = f"{suite.functions_url}/getCatalog"
    answer = httpx.post(
        url, content=body, headers={"Content-Type": "application/json"}, timeout=180
    )
    reason = "invalid-request" if depth < DEPTH_MAX else "request-too-large"
    assert answer.json()["error"]["details"]["reason"] == reason


@pytest.mark.parametrize("name", CALLABLES)
@pytest.mark.parametrize("is_chunked", [False, True], ids=["declared", "chunked"])
def test_a_body_that_is_too_large_is_refused_before_anybody_is_known(
    suite: Suite, name: str, is_chunked: bool
) -> None:
    body = b'{"data":[' + b"[]," * 3_000_000 + b"[]]}"
    answer = httpx.post(
        f"{suite.functions_url}/{name}",
        content=iter([body]) if is_chunked else body,
        headers={"Content-Type": "application/json"},
        timeout=180,
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (400, "INVALID_ARGUMENT")
    limits = {"bytesMax": BODY_BYTES_MAX, "depthMax": DEPTH_MAX}
    assert error["details"] == {"reason": "request-too-large", **limits}


def test_pages_are_served_with_their_security_headers(suite: Suite) -> None:
    headers = httpx.get(suite.url("hosting"), timeout=60).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def unsigned_token(**claims: Any) -> str:
    parts = [{"alg": "none", "typ": "JWT"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join([*encoded, ""])


TOKENS = ["Bearer mf_live_secret-8417", "Basic secret-8417", "Bearer a.b.secret-8417", "Bearer",
          f"Bearer {unsigned_token(sub='ann', exp=1)}"]  # fmt: skip


@pytest.mark.parametrize("authorization", TOKENS, ids=lambda value: value[:16])
@pytest.mark.parametrize("name", CALLABLES)
def test_a_token_that_is_not_valid_is_refused_with_a_reason_and_not_logged(
    suite: Suite, name: str, authorization: str
) -> None:
    url = f"{suite.functions_url}/{name}"
    headers = {"Authorization": authorization}
    answer = httpx.post(url, json={"data": {}}, headers=headers, timeout=180)
    assert answer.status_code == 401
    assert answer.json()["error"]["details"] == {"reason": "unauthenticated"}
    assert "secret-8417" not in suite.log.read_text(errors="replace")


@pytest.mark.parametrize("name", [name for name in CALLABLES if name != "getCatalog"])
def test_a_caller_without_a_token_is_refused(name: str, addresses: Addresses) -> None:
    nobody = Client(addresses)
    with pytest.raises(CallError) as refused:
        nobody.call(name, {})
    nobody.close()
    assert (refused.value.status, refused.value.reason) == ("UNAUTHENTICATED", "unauthenticated")


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": " "}, "prompt"),
        ({"prompt": "x" * 4001}, "prompt"),
        ({"prompt": "x", "count": 5}, "count"),
        ({"prompt": "x", "count": True}, "count"),
        ({"prompt": "x", "width": 64}, "height"),
        ({"prompt": "x", "width": 64, "height": 9000}, "height"),
        ({"prompt": "x", "width": 64, "height": 4096}, "height"),
        ({"prompt": "x", "aspectRatio": "7:5"}, "aspectRatio"),
        ({"prompt": "x", "model": "imagen-1"}, "model"),
        ({"prompt": "x", "styleId": "none"}, "styleId"),
        ({"prompt": "x", "extra": 1}, "extra"),
        ({"prompt": "x", "seed": -1}, "seed"),
        ({"prompt": "x", "priority": "urgent"}, "priority"),
        ({"prompt": "x", "scheduledAt": 7}, "scheduledAt"),
        ({"prompt": "x", "scheduledAt": "2026-11-21T00:00:00"}, "scheduledAt"),
        ({"prompt": "x", "scheduledAt": "2036-11-21T00:00:00Z"}, "scheduledAt"),
        (
            {"prompt": "x", "references": [{"path": "references/bob/a.png", "mode": "style_only"}]},
            "references[0].path",
        ),
        ({"prompt": "x", "references": [{"path": "p", "mode": "both"}]}, "references[0].mode"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_bad_input_names_its_field_and_costs_nothing(
    payload: dict[str, Any], field: str, ann: Client, inside: Inside
) -> None:
    with pytest.raises(CallError) as refused:
        ann.call("generateImage", payload)
    assert (refused.value.status, refused.value.reason) == ("INVALID_ARGUMENT", "invalid-request")
    assert [e["field"] for e in refused.value.details["fieldErrors"]] == [field]
    assert not inside.database.document(f"accounts/user_{ann.uid}").get().exists


def test_a_team_a_pack_or_a_brand_that_does_not_exist_is_refused(ann: Client) -> None:
    for field, reason in (
        ("teamId", "not-a-member"),
        ("referencePackId", "not-found"),
        ("brandId", "not-found"),
    ):
        with pytest.raises(CallError) as refused:
            ann.call("generateImage", {"prompt": "x", field: "none"})
        assert refused.value.reason == reason


def test_the_daily_quota_says_when_it_resets(ann: Client) -> None:
    for _ in range(5):
        ann.call("generateImage", {"prompt": "[[sleep:9]]", "count": 4, **SMALL})
    with pytest.raises(CallError) as refused:
        ann.call("generateImage", {"prompt": "one more", **SMALL})
    assert (refused.value.status, refused.value.reason) == ("RESOURCE_EXHAUSTED", "quota-exceeded")
    assert refused.value.details["limit"] == 20
    assert refused.value.details["resetsAt"].endswith("T00:00:00Z")


def test_an_admin_grants_credits_once_for_a_request_id(
    ann: Client, admin: Client, inside: Inside
) -> None:
    grant = {
        "accountId": f"user_{ann.uid}",
        "amount": 50,
        "reason": "thanks",
        "requestId": str(random.random()),
    }
    expected = {"accountId": f"user_{ann.uid}", "available": 50, "held": 0}
    assert admin.call("grantCredits", grant) == expected
    assert admin.call("grantCredits", grant) == expected
    with pytest.raises(CallError) as reused:
        admin.call("grantCredits", {**grant, "amount": 51})
    assert reused.value.reason == "request-id-reused"
    with pytest.raises(CallError) as refused:
        ann.call("grantCredits", {**grant, "requestId": "mine"})
    assert refused.value.status == "PERMISSION_DENIED"
    inside.assert_promises_of(ann.uid)


def test_a_retired_model_resolves_to_its_successor_with_a_note(pro: Client) -> None:
    job = pro.call("generateImage", {"prompt": "x", "model": "gemini-3-pro-image-preview"})
    assert "gemini-3-pro-image is used" in job["notes"][0]
    assert pro.wait_until_final(job["path"])["model"] == "gemini-3-pro-image"


def test_the_catalogue_draws_a_form(ann: Client) -> None:
    catalogue = ann.call("getCatalog", {})
    assert catalogue["defaults"] == {
        "image": "local-image",
        "video": "local-video",
        "training": "local-training",
        "text": "local-director",
    }
    models = {model["id"]: model for model in catalogue["models"]}
    assert models["local-image"]["available"]
    assert models["local-video"]["video"]["durationsSeconds"][0] == 4
    assert models["local-image"]["cancelStopsBill"] is True
    assert models["gemini-3.1-flash-image"]["cancelStopsBill"] is False
    assert {tier["id"]: tier["trainingsADay"] for tier in catalogue["tiers"]} == {
        "free": 0,
        "pro": 5,
        "studio": 50,
    }
    assert {tier["id"] for tier in catalogue["tiers"]} == {"free", "pro", "studio"}
    assert json.dumps(catalogue)


def test_the_trace_of_a_request_finds_its_job_s_lines_in_three_functions(
    suite: Suite, ann: Client, inside: Inside
) -> None:
    trace = "105445aa7843bc8bf206b12000100000"
    headers = {
        "Authorization": f"Bearer {ann.token}",
        "X-Cloud-Trace-Context": f"{trace}/1;o=1",
    }
    url, asked = f"{suite.functions_url}/generateImage", {"data": {"prompt": "a fox", **SMALL}}
    answer = httpx.post(url, json=asked, headers=headers, timeout=180)
    job_id = answer.json()["result"]["jobId"]
    assert inside.wait_until_settled(job_id)["asked_as"] == trace
    steps = {"job.accepted", "job.claimed", "attempt.recorded", "generation"}
    left, ends_s = steps, time.monotonic() + 180
    while left and time.monotonic() < ends_s:  # the log is written behind the documents
        lines = [
            line
            for line in suite.log.read_text(errors="replace").splitlines()
            if trace in line and job_id in line
        ]
        left = {step for step in steps if not any(f'"{step}"' in line for line in lines)}
    assert left == set()


def test_nothing_secret_or_personal_is_logged(suite: Suite, ann: Client, inside: Inside) -> None:
    poison = "poisoned-prompt-8417"
    job = ann.call("generateImage", {"prompt": poison, "negativePrompt": poison, **SMALL})
    inside.wait_until_settled(job["jobId"])
    view = ann.get(job["path"]) or {}
    ann.post("generateImage", {"data": {"prompt": 7, poison: poison}})
    ann.post("generateImage", {"data": {"prompt": "x"}, poison: poison})
    ann.post("generateImage", [poison])
    log = suite.log.read_text(errors="replace")
    assert job["jobId"] in log
    address_token = view["generation_data"]["image_urls"][0].rpartition("token=")[2]
    for secret in (poison, str(ann.token), address_token):
        assert secret not in log
