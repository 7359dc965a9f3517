"""What importing `main` loads: every function pays for it at each cold start. What only one kind of them does
is loaded by that kind, when it is called."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[2] / "functions"
HEAVY = (
    "google.genai",
    "google.cloud.aiplatform",
    "google.cloud.aiplatform_v1",
    "PIL",
    "numpy",
    "av",
    "stripe",
)
# The rules, the services and what they reach the outside by are loaded with the first request.
WITH_A_REQUEST = (
    "mediaforge.adapters",
    "mediaforge.assembly",
    "mediaforge.contract",
    "mediaforge.domain.catalogue",
    "mediaforge.domain.jobs.job",
    "mediaforge.ops",
    "mediaforge.ports",
    "mediaforge.services",
    "pydantic",
)
OF_ONE_KIND = (
    "mediaforge.contract.answers",
    "mediaforge.contract.requests",
    "mediaforge.contract.stripe_events",
    "mediaforge.entrypoints.operations",
    "mediaforge.services.directing",
    "mediaforge.services.jobs.run",
    "mediaforge.services.jobs.settle",
    "mediaforge.services.jobs.submit",
    "mediaforge.services.library",
    "mediaforge.services.money.purchases",
    "mediaforge.services.operate",
    "mediaforge.services.people",
    "mediaforge.services.watch",
)
LIST_MODULES = "import json, sys, {}; print(json.dumps(sorted(sys.modules)))"


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    return loaded_by("main")


def loaded_by(module: str) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-c", LIST_MODULES.format(module)],
        cwd=FUNCTIONS,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(ran.stdout))


def test_importing_main_loads_no_heavy_sdk_and_looks_for_no_account(loaded: set[str]) -> None:
    assert "mediaforge.entrypoints.callables" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_stripe_s_package_is_loaded_by_no_function_but_the_one_that_opens_its_pages() -> None:
    """All others put the backend together, too."""
    loaded = loaded_by("mediaforge.assembly")
    assert "mediaforge.adapters.stripe_checkout" in loaded
    assert "stripe" not in loaded


def test_importing_main_loads_nothing_that_only_one_kind_of_function_does(
    loaded: set[str],
) -> None:
    assert loaded.isdisjoint(OF_ONE_KIND)


def test_importing_main_loads_no_rule_and_no_service(loaded: set[str]) -> None:
    assert loaded.isdisjoint(WITH_A_REQUEST)


@pytest.mark.parametrize("module", [*OF_ONE_KIND, *WITH_A_REQUEST])
def test_what_is_not_loaded_is_there(module: str) -> None:
    """Or the test above could not fail."""
    assert find_spec(module) is not None
