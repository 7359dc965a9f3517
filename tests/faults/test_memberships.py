"""Addresses that outlive a membership are found, and so is a dead one that a view shows; and in runs in which
everything goes wrong there is neither."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from tests.faults import address_sabotage
from tests.faults.harness import Result, Settings, play
from tests.faults.record import Fields, Record
from tests.faults.witness import Witness, check_addresses

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
VIEW = "generations/ann/images/j1"
FILE, THUMBNAIL = "generating/ann/image/j1.png", "generating/ann/image/j1_0_thumb.webp"


def spoilt(**settings: Any) -> Sequence[str]:
    return play(Settings(1, jobs=40, accounts=5, **settings)).findings


@cache
def played() -> Result:
    return play(Settings(1, jobs=40, accounts=5))


def test_a_run_in_which_people_go_has_no_findings() -> None:
    assert not played().findings, played().report()


def test_the_run_sees_pictures_whose_addresses_somebody_kept() -> None:
    assert played().record.tried_addresses > 0


def test_with_files_first_a_dead_address_is_seen_in_a_view() -> None:
    findings = spoilt(media_sabotage=address_sabotage.with_files_first)
    assert any("expected every address that is shown to open" in each for each in findings)


def test_with_the_epoch_noted_with_the_view_an_address_is_seen_to_outlive_a_membership() -> None:
    findings = spoilt(sabotage=address_sabotage.noted_with_the_view)
    assert any("found one that opens" in finding for finding in findings)


# ---- the verdict's own ---------------------------------------------------------------------------


def view(token: str) -> Fields:
    return {
        "user_id": "ann",
        "file_uid": "j1",
        "team_id": "t1",
        "generation_data": {
            "storage_paths": [FILE],
            "image_urls": [f"https://files/j1?alt=media&token={token}"],
            "thumbnail_urls": [f"https://files/j1thumb?alt=media&token={token}"],
            "video_url": None,
        },
    }


def team(rotated: int, raised: int, due_at: datetime | None = None) -> Fields:
    return {"rotated_epoch": rotated, "address_epoch": raised, "due_at": due_at}


class Case:
    """A picture with its thumbnail; a team that Bob is removed from."""

    def __init__(self) -> None:
        self.record = Record()
        self.witness = Witness(self.record)
        self.open_to("a")
        self.commit(**{VIEW: view("a")})

    def open_to(self, *tokens: str) -> None:
        for path in (FILE, THUMBNAIL):
            self.witness.see_opening(NOON, path, set(tokens))

    def commit(self, **writes: Fields | None) -> None:
        self.witness.see_commit(NOON, writes)

    def remove_bob(self) -> None:
        self.commit(**{"teams/t1/members/bob": None, "teams/t1": team(0, 1, NOON)})

    def findings(self, **contents: Fields) -> list[str]:
        return list(check_addresses(contents, self.record))


@pytest.fixture
def case() -> Case:
    return Case()


def test_a_turn_as_it_should_be_is_no_finding(case: Case) -> None:
    case.remove_bob()
    case.open_to("a", "b")
    case.commit(**{VIEW: view("b")})
    case.open_to("b")
    case.commit(**{"teams/t1": team(1, 1)})
    assert case.record.tried_addresses == 2
    assert case.findings(**{"teams/t1": team(1, 1)}) == []


def test_a_view_that_shows_what_does_not_open_is_found(case: Case) -> None:
    case.commit(**{VIEW: view("b")})
    assert [finding.split(":")[0] for finding in case.findings()] == [VIEW, VIEW]


def test_a_file_that_no_longer_opens_to_what_is_shown_is_found(case: Case) -> None:
    case.open_to("b")
    assert [finding.split(":")[0] for finding in case.findings()] == [VIEW, VIEW]


def test_an_old_address_that_opens_when_the_team_is_said_to_be_rotated_is_found(case: Case) -> None:
    case.remove_bob()
    case.open_to("a", "b")
    case.commit(**{VIEW: view("b")})
    case.commit(**{"teams/t1": team(1, 1)})
    assert [finding.split(":")[0] for finding in case.findings()] == ["teams/t1", "teams/t1"]


def test_an_old_address_that_opens_once_more_is_found(case: Case) -> None:
    test_a_turn_as_it_should_be_is_no_finding(case)
    case.open_to("a", "b")
    assert len(case.findings()) == 2


def test_what_was_never_shown_to_who_went_may_go_on(case: Case) -> None:
    case.remove_bob()
    case.open_to("a", "b")
    case.commit(**{VIEW: view("b")})
    case.open_to("b")
    case.commit(**{"teams/t1": team(1, 1)})
    case.open_to("b", "c")
    assert case.findings() == []


@pytest.mark.parametrize("left", [team(0, 1, NOON), team(0, 1), team(1, 1, NOON)])
def test_a_team_whose_rotation_is_not_over_is_found(case: Case, left: Fields) -> None:
    findings = case.findings(**{"teams/t1": left})
    assert len(findings) == 1
    assert "expected to be rotated" in findings[0]


# ---- guests of batches ---------------------------------------------------------------------------

SHARE, ROW_PATH = "batches/b1/shared_with/eve", "batches/b1/rows/0"


def share(revoked_at: datetime | None = None) -> Fields:
    return {"uid": "eve", "revoked_at": revoked_at}


@pytest.fixture
def shared() -> Case:
    """The picture is of a batch that Eve may read; she has seen it in its row, too."""
    case = Case()
    case.open_to("a")
    seen = {**view("a"), "team_id": None, "batch_id": "b1"}
    row = {**{name: seen[name] for name in ("user_id", "generation_data")}, "batch_id": "b1"}
    case.commit(**{SHARE: share(), VIEW: seen, ROW_PATH: {**row, "job_id": "j1"}})
    return case


def turn_shared(case: Case, old: str, new: str) -> None:
    case.open_to(old, new)
    case.commit(
        **{VIEW: {**view(new), "team_id": None, "batch_id": "b1"}, ROW_PATH: {"status": "x"}}
    )
    case.open_to(new)


def test_a_share_that_ends_as_it_should_is_no_finding(shared: Case) -> None:
    shared.commit(**{SHARE: share(NOON)})
    turn_shared(shared, "a", "b")
    shared.commit(**{SHARE: None})
    assert shared.record.tried_as_guest == 2
    assert shared.findings() == []


def test_an_address_that_opens_when_the_share_is_gone_is_found(shared: Case) -> None:
    shared.commit(**{SHARE: share(NOON)})
    shared.commit(**{SHARE: None})
    assert [finding.split(" ")[0] for finding in shared.findings()] == [SHARE, SHARE]


def test_who_is_let_in_again_sees_what_opens_and_nothing_of_before(shared: Case) -> None:
    test_a_share_that_ends_as_it_should_is_no_finding(shared)
    shared.commit(**{SHARE: share()})
    shared.commit(**{SHARE: share(NOON)})
    turn_shared(shared, "b", "c")
    shared.commit(**{SHARE: None})
    assert shared.findings() == []
    shared.open_to("a", "c")
    assert len(shared.findings()) == 2


def test_a_row_that_shows_what_does_not_open_is_found(shared: Case) -> None:
    shared.commit(**{ROW_PATH: {**view("z"), "batch_id": "b1", "job_id": "j1"}})
    assert {finding.split(":")[0] for finding in shared.findings()} == {ROW_PATH}


def test_of_what_its_user_has_deleted_nothing_is_tried(shared: Case) -> None:
    shared.commit(**{VIEW: None, ROW_PATH: {"status": "x"}, "jobs/j1": {"deleted_at": NOON}})
    shared.commit(**{SHARE: share(NOON)})
    shared.commit(**{SHARE: None})
    assert shared.findings() == []


def test_a_share_that_was_revoked_and_stays_is_found(shared: Case) -> None:
    findings = shared.findings(**{SHARE: share(NOON)})
    assert len(findings) == 1
    assert "expected to be ended and deleted" in findings[0]
