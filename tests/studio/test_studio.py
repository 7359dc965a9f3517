"""The studio in a real browser: each file of `web/e2e` against the emulators."""

from __future__ import annotations

import pytest

from tests.studio.conftest import Results, complaint
from tools.console import say
from tools.setup import STUDIO

SPECS = sorted(spec.name for spec in (STUDIO / "e2e").glob("*.spec.ts"))


@pytest.mark.parametrize("spec", SPECS)
def test_in_a_browser(spec: str, results: Results, capsys: pytest.CaptureFixture[str]) -> None:
    assert not results.errors, results.errors
    tests = results.tests[spec]
    assert tests
    with capsys.disabled():
        for test in tests:
            for measured in test["annotations"]:
                say(f"\n{test['title']}: {measured['type']} {measured.get('description', '')}")
            if test["status"] == "skipped":
                say(f"\nnot yet held: {test['title']}")
    failed = [complaint(test) for test in tests if test["status"] == "unexpected"]
    assert not failed, "\n\n".join(failed)
