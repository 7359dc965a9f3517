"""Each rule of Firestore has let something pass in this session, and has kept something out."""

import os
from pathlib import Path

import pytest

from tests.rules.rest import Emulators
from tests.support.rule_coverage import one_sided, read_report

FOLDER = Path(__file__).parent


@pytest.mark.last
def test_each_rule_has_allowed_and_refused_something(
    request: pytest.FixtureRequest, emulators: Emulators
) -> None:
    played = {item.path for item in request.session.items}
    asking = [each for each in FOLDER.glob("test_*.py") if "Emulators" in each.read_text("utf-8")]
    if missing := [path.name for path in asking if path not in played]:
        pytest.skip(f"the session does not ask all, without {', '.join(sorted(missing))}")
    report = read_report(os.environ["FIRESTORE_EMULATOR_HOST"], os.environ["GCLOUD_PROJECT"])
    assert one_sided(report) == []
