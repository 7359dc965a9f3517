"""The emulator suite that the tests share, on ports of its own: a `make serve` may run beside them."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import hypothesis
import pytest

from tests.support.offsets import free_offset
from tools.browser import NoChromiumError, find_chromium
from tools.client import Addresses
from tools.ports import OFFSET_VARIABLE
from tools.setup import ROOT
from tools.suite import Suite

# Properties are about what holds, not how fast: this machine may be busy.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.load_profile("here")
for _suite in ("documents", "tasks", "media"):
    pytest.register_assert_rewrite(f"tests.contract.{_suite}_contract")

_FIRST_OFFSET = 2100  # not 2000: 10080 is a port that fetch, and so firebase-tools, refuses
_OFFSET_STEP = 210  # no multiple of it is between two ports of a suite


def pytest_itemcollected(item: pytest.Item) -> None:
    if "suite" in getattr(item, "fixturenames", ()):
        item.add_marker("emulator")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session")
def suite() -> Iterator[Suite]:
    """A running suite whose addresses are in `os.environ`, as the SDKs read them."""
    with ExitStack() as stack:
        if OFFSET_VARIABLE not in os.environ:
            offset = stack.enter_context(free_offset(_FIRST_OFFSET, _OFFSET_STEP))
            os.environ[OFFSET_VARIABLE] = str(offset)
        running = stack.enter_context(Suite(tell=lambda _: None, with_providers=True))
        os.environ.update(running.environment() | _params())
        yield running


@pytest.fixture(scope="session")
def chromium() -> str:
    """A Chromium that starts, as `web/e2e/chromium.mjs` describes it; without one the tests are skipped."""
    try:
        return find_chromium()
    except NoChromiumError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def addresses(suite: Suite) -> Addresses:
    return suite.addresses


def _params() -> dict[str, str]:
    """The params of the emulators, for what runs the services in a process of the tests' own."""
    lines = (ROOT / "functions" / ".env.local").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
