"""The golden manifest: what `firebase deploy` would be told, so that a review sees what changes. And of each
function as whom it runs, from where it is reached, and who may call it."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from mediaforge.entrypoints.operations import OPERATIONS
from ops.deploy.check import manifest

FUNCTIONS = Path(__file__).parents[2] / "functions"
DEPLOYMENT = FUNCTIONS.parent / "docs" / "deploy.md"
GOLDEN = Path(__file__).parent / "manifest.yaml"


def test_what_would_be_deployed_is_what_was_reviewed() -> None:
    """After a wanted change: `UPDATE_GOLDEN=1` writes the file anew, and the diff is the review."""
    found = manifest()
    if "UPDATE_GOLDEN" in os.environ:
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


# ---- accounts, ingress, invokers -----------------------------------------------------------------

# A caller of a callable is anybody whom the function itself asks for a token.
CALLABLE, HOOK, INSIDE = "callable", ["public"], "ALLOW_INTERNAL_ONLY"
ENQUEUERS = ["api", "vertex", "media", "settle", "erase"]  # who commits a job hands its task over
# As whom it runs, from where it is reached, who may call it.
EXPECTED: dict[str, tuple[str, str | None, Any]] = {
    **dict.fromkeys(OPERATIONS, ("api", None, CALLABLE)),
    "creativeDirectorAgent": ("vertex", None, CALLABLE),
    "createCheckout": ("purchases", None, CALLABLE),
    "api": ("api", None, HOOK),
    "jobWebhook": ("api", None, HOOK),
    "stripeWebhook": ("purchases", None, HOOK),
    "runRunPod": ("media", INSIDE, ENQUEUERS),
    "runRunPodFree": ("media", INSIDE, ENQUEUERS),
    "runFal": ("media", INSIDE, ENQUEUERS),
    "rotateAddresses": ("settle", INSIDE, ENQUEUERS),
    "batches": ("settle", INSIDE, ENQUEUERS),
    "exports": ("settle", INSIDE, ENQUEUERS),
    "deliverWebhooks": ("settle", INSIDE, ENQUEUERS),
    "eraseUsers": ("erase", INSIDE, ENQUEUERS),
    "runVertexImage": ("vertex", INSIDE, ENQUEUERS),
    "runVertexImageFree": ("vertex", INSIDE, ENQUEUERS),
    "runVertexVideo": ("vertex", INSIDE, ENQUEUERS),
    "runVertexTraining": ("vertex", INSIDE, ENQUEUERS),
    # No manifest can name who calls these: Cloud Scheduler and Eventarc, as the function's own account. For a
    # schedule firebase-tools gives it the right; for a trigger somebody has to, as docs/deploy.md says.
    "onViewUpdated": ("settle", INSIDE, None),
    "onFileStored": ("settle", INSIDE, None),
    "onFileDeleted": ("settle", INSIDE, None),
    "sweepJobs": ("settle", INSIDE, None),
    "recountUploads": ("settle", INSIDE, None),
    "checkInvariants": ("settle", INSIDE, None),
    "grantMonthly": ("settle", INSIDE, None),
}
Endpoints = dict[str, dict[str, Any]]


def endpoints(**params: str) -> Endpoints:
    found: Endpoints = yaml.safe_load(manifest(**params))["endpoints"]
    return found


@pytest.fixture(scope="module")
def owned() -> Endpoints:
    return endpoints(OWN_SERVICE_ACCOUNTS="true", INTERNAL_WORKERS="true")


@pytest.fixture(scope="module")
def shared() -> Endpoints:
    return endpoints(INTERNAL_WORKERS="true")


def account(role: str) -> str:
    """In full, the project as firebase-tools fills it in: the short form is nobody to Cloud Scheduler."""
    return f"mf-{role}@{{{{ params.GCLOUD_PROJECT }}}}.iam.gserviceaccount.com"


def test_the_key_of_payment_pages_is_asked_for_only_where_credits_are_sold() -> None:
    """And only the callable that opens them gets it."""
    sold, unsold = endpoints(SELLS_CREDITS="true"), endpoints()
    assert having(sold, "STRIPE_API_KEY") == ["createCheckout"]
    assert having(unsold, "STRIPE_API_KEY") == []
    assert having(sold, "STRIPE_WEBHOOK_SECRET") == ["stripeWebhook"]
    assert "STRIPE_API_KEY" not in manifest()


def test_the_key_of_the_gemini_api_is_asked_for_only_where_it_is_used() -> None:
    """And only those get it who call that API."""
    with_it = endpoints(GEMINI_API="true")
    assert having(with_it, "GEMINI_API_KEY") == [
        "creativeDirectorAgent",
        "runVertexImage",
        "runVertexImageFree",
    ]
    assert "GEMINI_API_KEY" not in manifest()


def test_the_key_of_fal_ai_is_asked_for_only_where_its_models_are_offered() -> None:
    """And only their worker gets it. The worker is deployed all the same: its queue is in the catalogue."""
    offered, not_offered = endpoints(USES_FAL="true"), endpoints()
    assert having(offered, "FAL_KEY") == ["runFal"]
    assert having(not_offered, "FAL_KEY") == []
    assert "runFal" in not_offered
    assert "FAL_KEY" not in manifest()


def having(deployed: Endpoints, secret: str) -> list[str]:
    return [
        name
        for name, endpoint in deployed.items()
        if {"key": secret} in (endpoint.get("secretEnvironmentVariables") or [])
    ]


def invokers(endpoint: dict[str, Any]) -> Any:
    if "callableTrigger" in endpoint:
        return CALLABLE
    return endpoint.get("httpsTrigger", endpoint.get("taskQueueTrigger", {})).get("invoker")


def test_every_endpoint_is_in_the_table(owned: Endpoints) -> None:
    assert sorted(owned) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_function_runs_as_the_account_of_its_role(name: str, owned: Endpoints) -> None:
    assert owned[name]["serviceAccountEmail"] == account(EXPECTED[name][0])


@pytest.mark.parametrize("name", EXPECTED)
def test_a_function_is_called_by_whom_it_is_for_and_by_nobody_else(
    name: str, owned: Endpoints
) -> None:
    _, ingress, callers = EXPECTED[name]
    named = [account(role) for role in callers] if callers is ENQUEUERS else callers
    assert (owned[name]["ingressSettings"], invokers(owned[name])) == (ingress, named)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_project_without_those_accounts_deploys_as_its_default_one(
    name: str, shared: Endpoints
) -> None:
    """An empty text instead of none would be nobody to Cloud Scheduler."""
    _, ingress, callers = EXPECTED[name]
    assert shared[name]["serviceAccountEmail"] is None
    assert shared[name]["ingressSettings"] == ingress
    assert invokers(shared[name]) == (None if callers is ENQUEUERS else callers)


def by_hand() -> set[str]:
    """The services on which docs/deploy.md has somebody grant `roles/run.invoker`."""
    (step,) = re.findall(r"^- `roles/run.invoker` on (.+?):", DEPLOYMENT.read_text(), re.MULTILINE)
    return set(re.findall(r"`([a-z]+)`", step))


def test_the_document_names_every_service_that_eventarc_calls(owned: Endpoints) -> None:
    """Without that right each event is answered 403. A service is called as its function, in lower case."""
    triggered = {name.lower() for name, endpoint in owned.items() if "eventTrigger" in endpoint}
    assert by_hand() == triggered


def test_workers_are_closed_to_the_internet_only_where_somebody_has_tried_it() -> None:
    opened = endpoints()
    open_now = {name for name, endpoint in opened.items() if endpoint["ingressSettings"] is None}
    closed = {name for name, (_, ingress, callers) in EXPECTED.items() if ingress and not callers}
    assert open_now == set(EXPECTED) - closed


@pytest.mark.parametrize(
    ("param", "value"),
    [
        ("ENFORCE_APP_CHECK", "ture"),
        ("ENFORCE_APP_CHECK", ""),
        ("OWN_SERVICE_ACCOUNTS", "yes"),
        ("INTERNAL_WORKERS", "1"),
        ("SELLS_CREDITS", "1"),
        ("GEMINI_API", "1"),
        ("USES_FAL", "yes"),
    ],
)
def test_a_protection_that_is_neither_on_nor_off_fails_the_deploy(param: str, value: str) -> None:
    """To the SDK whatever is not `true` is false."""
    with pytest.raises(subprocess.CalledProcessError) as failed:
        manifest(**{param: value})
    assert f"{param}: must be true or false" in failed.value.stderr
