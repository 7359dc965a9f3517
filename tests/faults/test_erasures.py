"""Users are erased while everything goes wrong, and nothing of them is left but anonymous books; with any of
the safeguards taken away, the run is found to be wrong."""

import pytest

from tests.faults.erasure_sabotage import SABOTAGES
from tests.faults.erasures import Erasures, play_erasures


@pytest.mark.parametrize("seed", [1, 2])
def test_who_is_erased_while_everything_goes_wrong_leaves_nothing(seed: int) -> None:
    record, findings = play_erasures(Erasures(seed))
    assert findings == []
    assert sum(record.faults.values()) > 100
    erased = {path for commit in record.commits for path in commit.writes if "erased_" in path}
    assert len(erased) > 20


@pytest.mark.parametrize("what", SABOTAGES)
def test_a_run_without_a_safeguard_is_found_to_be_wrong(what: str) -> None:
    sabotage, finding = SABOTAGES[what]
    _, findings = play_erasures(Erasures(1, people=2, sabotage=sabotage))
    assert any(finding in each for each in findings), findings[:5]
