"""The providers behind the deployed workers: real SDKs and real HTTP, to servers that speak their protocols.

What each provider does with each fault is shown in tests/providers; here, that all is wired up.
"""

import io
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import av
import httpx
import pytest
from PIL import Image

from tests.emulator.conftest import Inside, NewUser, cancel, grant, refusal
from tools.client import Client
from tools.suite import Suite


@dataclass(frozen=True)
class Case:
    """A call and what must become of it."""

    name: str
    model: str
    prompt: str
    provider: str
    status: str = "completed"
    fields: dict[str, Any] = field(default_factory=dict)
    attempts: int = 1
    snoozes: int = 0
    charged: int | None = None
    error: str | None = None


VEO = "veo-3.1-fast-generate-001"
CASES = [
    Case("generateImage", "gemini-3.1-flash-image", "a lighthouse", "vertex", charged=8),
    Case(
        "generateImage",
        "gemini-3-pro-image",
        "four of them",
        "vertex",
        fields={"count": 4, "aspectRatio": "16:9"},
        charged=64,
    ),
    Case("generateImage", "gemini-3.1-flash-lite-image", "#throttle:1 x", "vertex", snoozes=1),
    Case("generateImage", "gemini-3.1-flash-lite-image", "#overloaded:1 x", "vertex", attempts=2),
    Case(
        "generateImage",
        "gemini-3.1-flash-image",
        "#prompt-blocked",
        "vertex",
        "failed",
        charged=0,
        error="content-blocked",
    ),
    Case("generateVideo", VEO, "waves", "veo", fields={"durationSeconds": 4}, charged=48),
    Case(
        "generateVideo",
        VEO,
        "#veo-filtered waves",
        "veo",
        "failed",
        charged=0,
        error="content-blocked",
    ),
    Case("generateVideo", "gemini-omni-1.2-flash", "waves", "omni", fields={"durationSeconds": 4}),
    Case("generateVideo", "gemini-omni-1.2-flash", "#silent waves", "omni"),
    Case("generateImage", "runpod-image", "a fox", "runpod", charged=3),
    Case("generateImage", "runpod-image", "#base64 a fox", "runpod", charged=3),
    Case("generateVideo", "runpod-video", "a fox", "runpod", fields={"durationSeconds": 2}),
    Case("generateImage", "flux-2-pro", "a fox", "fal", charged=4),
    Case("generateImage", "qwen-image-2", "two foxes", "fal", fields={"count": 2}, charged=10),
    Case(
        "generateImage",
        "seedream-4.5",
        "#blocked a fox",
        "fal",
        "failed",
        charged=0,
        error="content-blocked",
    ),
    Case("generateVideo", "wan-2.7", "a fox", "fal", fields={"durationSeconds": 2}, charged=24),
]


@dataclass(frozen=True)
class Lived:
    user: Client
    view: dict[str, Any]
    job: dict[str, Any]


@pytest.fixture(scope="module")
def lived(new_user: NewUser, admin: Client, inside: Inside) -> dict[str, Lived]:
    """All cases at once, each by a user of its own."""
    users = [new_user() for _ in CASES]

    def live(case: Case, user: Client) -> Lived:
        grant(admin, f"user_{user.uid}", 1000)
        tier = {"accountId": f"user_{user.uid}", "action": "setTier", "tier": "pro"}
        admin.call("controlAccount", tier)
        # Another prompt for each run: a server counts the faults it has played by the prompt.
        prompt = f"{case.prompt} {uuid.uuid4().hex[:6]}"
        job = user.call(case.name, {"prompt": prompt, "model": case.model, **case.fields})
        view = user.wait_until_final(job["path"])
        return Lived(user, view, inside.wait_until_settled(job["jobId"]))

    with ThreadPoolExecutor(4) as pool:
        return dict(zip(map(key, CASES), pool.map(live, CASES, users), strict=True))


def key(case: Case) -> str:
    return f"{case.model} {case.prompt}"


@pytest.mark.parametrize("case", CASES, ids=key)
def test_a_job_ends_as_its_provider_answers(
    lived: dict[str, Lived], inside: Inside, case: Case
) -> None:
    one = lived[key(case)]

    error = (one.view["error"] or {}).get("code")
    assert (one.view["status"], error) == (case.status, case.error)
    assert (one.job["provider"], one.job["attempts"], one.job["snoozes"]) == (
        case.provider,
        case.attempts,
        case.snoozes,
    )
    if case.charged is not None:
        assert one.view["credits"]["charged"] == case.charged
    assert one.job.get("handle") is None
    inside.assert_promises_of(one.user.uid)


@pytest.mark.parametrize("case", [c for c in CASES if c.status == "completed"], ids=key)
def test_what_was_delivered_can_be_opened(lived: dict[str, Lived], case: Case) -> None:
    one = lived[key(case)]
    data = one.view["generation_data"]
    for path in data["storage_paths"]:
        content = one.user.download(path)
        if case.name == "generateImage":
            Image.open(io.BytesIO(content)).verify()
        else:
            with av.open(io.BytesIO(content)) as container:
                rate = container.streams.video[0].average_rate
                assert data["fps"] == pytest.approx(float(rate or 0))
            assert data["duration_seconds"] > 0
            assert data["video_url"]


def test_nothing_is_left_of_what_a_provider_wrote_by_itself(
    lived: dict[str, Lived], inside: Inside
) -> None:
    jobs = [one.job["id"] for one in lived.values()]
    assert not any(inside.backend.media.list(f"scratch/{job_id}/") for job_id in jobs)


def test_no_prompt_is_in_the_log_of_the_functions(lived: dict[str, Lived], suite: Suite) -> None:
    log = suite.log.read_text(errors="replace")
    for one in lived.values():
        assert one.job["id"] in log
        assert one.view["request_data"]["prompt"].split()[-1] not in log


@pytest.mark.parametrize(
    ("job_id", "status"),
    [("", 400), ("a/b", 400), ("..", 400), ("__x__", 400), ("\u00e4", 400), ("nobody", 200)],
)
def test_a_webhook_of_nonsense_is_refused_or_of_no_use(
    suite: Suite, job_id: str, status: int
) -> None:
    params = {"job": job_id, "token": "\u00e4"}
    answer = httpx.post(f"{suite.functions_url}/jobWebhook", params=params, timeout=180)
    assert answer.status_code == status


def test_a_cancelled_video_is_stopped_at_its_provider_and_costs_nothing(
    pro: Client, inside: Inside
) -> None:
    prompt = f"#pending:500 {uuid.uuid4().hex}"
    job = pro.call("generateVideo", {"prompt": prompt, "model": "runpod-video"})
    inside.wait_for(f"jobs/{job['jobId']}", lambda fields: bool(fields.get("handle")))
    cancel(pro, job["jobId"])

    stopped = inside.wait_for(
        f"jobs/{job['jobId']}",
        lambda fields: fields.get("settled_at") is not None and fields.get("handle") is None,
    )
    assert (stopped["status"], stopped["charged_credits"]) == ("cancelled", 0)
    inside.assert_promises_of(pro.uid)


def begun_film(pro: Client, inside: Inside) -> str:
    prompt = f"#pending:500 {uuid.uuid4().hex}"
    job = pro.call("generateVideo", {"prompt": prompt, "model": VEO, "durationSeconds": 4})
    inside.wait_for(f"jobs/{job['jobId']}", lambda fields: bool(fields.get("handle")))
    return str(job["jobId"])


def begun_image(pro: Client, inside: Inside) -> str:
    """Its first start came to nothing, and may have been billed."""
    prompt = f"#server-error a lighthouse {uuid.uuid4().hex}"
    job = pro.call("generateImage", {"prompt": prompt, "model": "gemini-3.1-flash-image"})
    inside.wait_for(f"jobs/{job['jobId']}", lambda fields: bool(fields.get("error")))
    return str(job["jobId"])


@pytest.mark.parametrize(("begin", "held"), [(begun_image, 8), (begun_film, 48)])
def test_what_google_bills_on_is_cancelled_when_its_charge_is_accepted(
    pro: Client, inside: Inside, begin: Callable[[Client, Inside], str], held: int
) -> None:
    job_id = begin(pro, inside)
    account = inside.get(f"accounts/user_{pro.uid}")
    refused = refusal(pro, "controlJob", {"jobId": job_id, "action": "cancel"})
    assert (refused.status, refused.reason) == ("FAILED_PRECONDITION", "cancel-is-charged")
    assert refused.details == {"reason": "cancel-is-charged", "credits": held}
    assert inside.get(f"accounts/user_{pro.uid}") == account

    charged = {"jobId": job_id, "status": "cancelled", "credits": {"charged": held}}
    assert cancel(pro, job_id, acceptCharge=True) == charged
    assert cancel(pro, job_id) == charged
    job = inside.wait_for(
        f"jobs/{job_id}",
        lambda fields: fields.get("settled_at") is not None and fields.get("handle") is None,
    )
    assert job["charged_credits"] == held
    after = inside.get(f"accounts/user_{pro.uid}")
    assert (after["available"], after["held"]) == (account["available"], 0)
    assert after["usage"]["credits"] == held
    inside.assert_promises_of(pro.uid)
