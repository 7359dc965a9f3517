"""Google may end the script at any line. Whatever had happened by then, the next run goes on, and no row
is made twice."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sheets.conftest import Served, entered
from tests.support.spreadsheet import TICK, Google, Spreadsheet
from tests.support.world import World

ROWS = 20
IDS = [f"poster {number}" for number in range(ROWS)]
RUNS_MAX = 6


def filled(served: Served, script: Google) -> Spreadsheet:
    """Twenty rows of a user of the free tier: two batches of ten, and all the pictures of a day."""
    spreadsheet = entered(served, script)
    spreadsheet.fill([{"prompt": each} for each in IDS])
    return spreadsheet


def go_on(served: Served, spreadsheet: Spreadsheet) -> None:
    """What happens without the user, as long as there is a trigger."""
    for _ in range(RUNS_MAX):
        served.world.run_until_quiet()
        if not spreadsheet.has_trigger:
            return
        spreadsheet.call(TICK)
    raise AssertionError("the rows did not come to rest")


def assert_each_row_was_made_once(served: Served, spreadsheet: Spreadsheet, where: Any) -> None:
    assert sorted(job.wanted["prompt"] for job in served.world.jobs()) == sorted(IDS), where
    assert spreadsheet.shown("prompt") == IDS
    assert spreadsheet.shown("status") == ["completed"] * ROWS, where
    assert "".join(spreadsheet.shown("reason")) == "", where
    pictures = spreadsheet.shown("picture", formulas=True)
    assert len(set(pictures)) == ROWS, where
    assert all(each.startswith("=IMAGE(") for each in pictures), where
    # Each row shows its own picture, and no other's.
    shown = {
        job.wanted["prompt"]: json.loads(json.dumps(served.world.view(job.id)["generation_data"]))
        for job in served.world.jobs()
    }
    for prompt, picture in zip(IDS, pictures, strict=True):
        name = shown[prompt]["thumbnail_urls"][0].removeprefix("memory://")
        assert name in picture, where
    assert not spreadsheet.has_trigger
    served.world.assert_promises()


def states_of(spreadsheet: Spreadsheet) -> list[dict[str, Any]]:
    return spreadsheet.states() if "mediaforge" in spreadsheet.names else []


def assert_each_row_is_in_one_batch(served: Served, spreadsheet: Spreadsheet, where: Any) -> None:
    batches = [each.id for each in served.world.batches()]
    rows = [row for batch in batches for row in served.world.batch_rows(batch)]
    assert sorted(row.request_data["prompt"] for row in rows) == sorted(IDS), where
    # The sheet knows of each in which it is, and under which id.
    known = [(state["batch"], state["id"]) for state in states_of(spreadsheet)]
    prompts = {
        (row.batch_id, row.request_data["title"]): row.request_data["prompt"] for row in rows
    }
    assert [prompts[each] for each in known] == IDS, where
    assert spreadsheet.shown("status") == ["queued"] * ROWS, where


def stops(fetches: int, writes: int) -> Iterator[dict[str, Any]]:
    """Every place, and what can have become of what was under way there."""
    for number in range(1, fetches + 1):
        for after in (False, True):
            for loses in (False, True):
                yield {"at": "fetch", "number": number, "after": after, "loses": loses}
    for number in range(1, writes + 1):
        yield {"at": "write", "number": number, "after": True, "loses": False}
        if number % 7 == 0:  # it is as if the run had ended at the flush before
            yield {"at": "write", "number": number, "after": True, "loses": True}


def test_a_run_that_sends_may_be_stopped_anywhere(served: Served, script: Google) -> None:
    whole = filled(served, script).call("makeRows")
    assert whole.fetches.count("post /v1/batches") == 2
    assert whole.writes > 3 * ROWS
    for number, stop in enumerate(stops(len(whole.fetches), whole.writes)):
        served.world = World()
        spreadsheet = filled(served, script)
        assert spreadsheet.call("makeRows", stop=stop).was_stopped, stop
        if spreadsheet.has_trigger:
            spreadsheet.call(TICK)
        if len(states_of(spreadsheet)) < ROWS:
            spreadsheet.call("makeRows")  # for rows that nobody had come to
        assert_each_row_is_in_one_batch(served, spreadsheet, stop)
        if number % 12 == 0:
            go_on(served, spreadsheet)
            assert_each_row_was_made_once(served, spreadsheet, stop)


def test_a_run_that_shows_may_be_stopped_anywhere(served: Served, script: Google) -> None:
    spreadsheet = filled(served, script)
    spreadsheet.call("makeRows")
    served.world.run_until_quiet()
    before = json.dumps(spreadsheet.book)
    whole = spreadsheet.call(TICK)
    assert whole.writes > 3 * ROWS
    for stop in stops(len(whole.fetches), whole.writes):
        spreadsheet.book = json.loads(before)
        assert spreadsheet.call(TICK, stop=stop).was_stopped, stop
        go_on(served, spreadsheet)
        assert_each_row_was_made_once(served, spreadsheet, stop)


@pytest.mark.parametrize("row", range(1, ROWS + 1, 6))
def test_a_run_that_is_stopped_again_and_again_comes_to_its_end(
    row: int, served: Served, script: Google
) -> None:
    """Each run dies a little later than the one before; at the answer, so each may have sent something."""
    spreadsheet = filled(served, script)
    spreadsheet.call(
        "makeRows", stop={"at": "write", "number": 20 + 2 * row, "after": True, "loses": False}
    )
    for number in range(1, 5):
        stop = {"at": "fetch", "number": number, "after": True, "loses": True}
        spreadsheet.call(TICK, stop=stop)
        served.world.run_until_quiet()
    go_on(served, spreadsheet)
    spreadsheet.call("makeRows")
    go_on(served, spreadsheet)
    assert_each_row_was_made_once(served, spreadsheet, row)


# ---- what the user does between two runs -----------------------------------------------------------

ANSWER_LOST = {"at": "fetch", "number": 3, "after": True, "loses": True}


def small(served: Served, script: Google) -> Spreadsheet:
    """Five rows, of which the batch was made, and the answer lost."""
    spreadsheet = entered(served, script)
    spreadsheet.fill([{"prompt": each} for each in IDS[:5]])
    assert spreadsheet.call("makeRows", stop=ANSWER_LOST).was_stopped
    assert len(served.world.batches()) == 1
    return spreadsheet


def made(world: World) -> list[str]:
    return sorted(job.wanted["prompt"] for job in world.jobs())


def test_rows_that_were_sorted_meanwhile_get_their_own_pictures(
    served: Served, script: Google
) -> None:
    spreadsheet = small(served, script)
    spreadsheet.move([6, 2, 5, 3, 4])
    go_on(served, spreadsheet)
    assert made(served.world) == IDS[:5]
    shown = {job.wanted["prompt"]: job.id for job in served.world.jobs()}
    pictures = spreadsheet.shown("picture", formulas=True)
    for prompt, picture in zip(spreadsheet.shown("prompt"), pictures, strict=True):
        assert shown[prompt] in picture


def test_a_row_that_was_deleted_meanwhile_moves_no_other(served: Served, script: Google) -> None:
    spreadsheet = small(served, script)
    spreadsheet.move([2, 4, 5, 6])
    go_on(served, spreadsheet)
    assert made(served.world) == IDS[:5]
    assert spreadsheet.shown("status") == ["completed"] * 4
    shown = {job.wanted["prompt"]: job.id for job in served.world.jobs()}
    pictures = spreadsheet.shown("picture", formulas=True)
    for prompt, picture in zip(spreadsheet.shown("prompt"), pictures, strict=True):
        assert shown[prompt] in picture


def test_a_row_that_was_changed_meanwhile_is_the_one_that_was_sent(
    served: Served, script: Google
) -> None:
    spreadsheet = small(served, script)
    spreadsheet.fill([{"prompt": "[[blocked]] another"}], first=4)
    go_on(served, spreadsheet)
    assert made(served.world) == IDS[:5]
    assert spreadsheet.shown("status") == ["completed"] * 5
    assert [bool(reason) for reason in spreadsheet.shown("reason")] == [i == 2 for i in range(5)]


def test_a_row_that_was_copied_meanwhile_is_made_once(served: Served, script: Google) -> None:
    spreadsheet = small(served, script)
    spreadsheet.move([2, 3, 3, 4, 5, 6])
    go_on(served, spreadsheet)
    assert made(served.world) == IDS[:5]
    pictures = spreadsheet.shown("picture", formulas=True)
    assert pictures[1] == pictures[2]
    assert len(set(pictures)) == 5


def test_a_row_that_was_copied_before_it_was_sent_is_made_once(
    served: Served, script: Google
) -> None:
    """Its copy would be of the second batch of ten."""
    spreadsheet = filled(served, script)
    spreadsheet.call("makeRows", stop={"at": "fetch", "number": 3, "after": False, "loses": False})
    spreadsheet.move([*range(2, 22), 13])
    assert spreadsheet.shown("prompt")[-1] == IDS[11]
    go_on(served, spreadsheet)
    assert made(served.world) == sorted(IDS)
    pictures = spreadsheet.shown("picture", formulas=True)
    assert spreadsheet.shown("status") == ["completed"] * 21
    assert pictures[20] == pictures[11]


def test_new_rows_are_a_batch_of_their_own(served: Served, script: Google) -> None:
    spreadsheet = small(served, script)
    spreadsheet.fill([{"prompt": each} for each in IDS[5:8]], first=7)
    spreadsheet.call("makeRows")
    go_on(served, spreadsheet)
    assert made(served.world) == sorted(IDS[:8])
    assert len(served.world.batches()) == 2


def test_what_does_not_fit_into_a_run_goes_on_in_the_next(served: Served, script: Google) -> None:
    """Google ends a run after six minutes; here each look at the clock takes two."""
    served.world.set_tier("free")
    spreadsheet = filled(served, script)
    spreadsheet.pace_ms = 100_000
    first = spreadsheet.call("makeRows")
    assert first.fetches.count("post /v1/batches") == 1
    assert spreadsheet.shown("status") == [*["queued"] * 10, *["waiting"] * 10]
    spreadsheet.pace_ms = 0
    go_on(served, spreadsheet)
    assert_each_row_was_made_once(served, spreadsheet, "in time")
