"""A direction's life: asked once at a time, held for each time, ended once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials
from hypothesis import given
from hypothesis import strategies as st

from mediaforge.contract.documents import dump, load
from mediaforge.domain.catalogue import Tier
from mediaforge.domain.credits import Balance, EntryType, apply
from mediaforge.domain.directing import directions
from mediaforge.domain.directing.directions import (
    ASK_S_MAX,
    LEASE_S,
    ConceptRecord,
    DirectionRecord,
    DirectionStatus,
    Refusal,
)
from mediaforge.domain.errors import BusyError, QuotaExceededError, RequestIdReusedError
from mediaforge.domain.money import accounts
from mediaforge.domain.money.quotas import SpendWindow, Usage
from mediaforge.providers.vertex import director as gemini
from mediaforge.providers.vertex.client import VertexSettings
from mediaforge.services.directing import direct

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = "2026-11-20"
OPENED_AT = NOON - timedelta(days=3)
CONCEPT = ConceptRecord("Hero", "a lighthouse", "", "image", "1:1", "local-image", 2)
TIER = Tier(
    title="Small",
    jobs_at_once=2,
    submissions_a_minute=30,
    batch_rows_max=10,
    credits_an_hour_max=100,
    directions_a_day=5,
    direction_refusals_a_day=2,
    priorities=("normal",),
    models=("local-director",),
)


def draft(owner: str = "one") -> DirectionRecord:
    return DirectionRecord(
        id="d",
        user_id="ann",
        model="local-director",
        request_hash="h",
        created_at=NOON,
        account_id="user_ann",
        price_credits=3,
        owner=owner,
    )


def asking(known: DirectionRecord | None = None, now: datetime = NOON) -> DirectionRecord:
    return directions.ask(draft(), known, OPENED_AT, now)


ENDS = {
    DirectionStatus.ANSWERED: lambda d: directions.answer(d, (CONCEPT,), "because", "rules"),
    DirectionStatus.REFUSED: lambda d: directions.refuse(d, Refusal("content-blocked", "no")),
    DirectionStatus.CLOSED: directions.close,
}


def test_who_asks_has_it_for_the_time_of_the_lease_and_the_sweep_comes_after_it() -> None:
    first = asking()
    assert (first.status, first.asks, first.owner) == (DirectionStatus.ASKING, 1, "one")
    assert first.lease_until == first.due_at == NOON + timedelta(seconds=LEASE_S)
    assert directions.is_asked_by(first, "one")
    assert not directions.is_asked_by(first, "two")


def test_what_was_closed_is_asked_again_under_another_number_and_keeps_its_age() -> None:
    later = NOON + timedelta(hours=1)
    again = asking(directions.close(asking()), later)
    assert (again.asks, again.created_at, again.asked_at) == (2, NOON, later)


def test_each_ask_may_have_cost_us_something_but_for_those_that_did_not() -> None:
    first = asking()
    assert first.started_credits == 3
    again = asking(directions.close(first))
    assert again.started_credits == 6
    assert directions.unasked(directions.close(again)).started_credits == 3
    assert asking(directions.unasked(directions.close(first))).started_credits == 3


@pytest.mark.parametrize("status", [*ENDS, DirectionStatus.ASKING])
def test_only_what_is_new_or_closed_is_asked(status: DirectionStatus) -> None:
    known = replace(asking(), status=status)
    if status is DirectionStatus.CLOSED:
        assert asking(known).is_asking
    else:
        with pytest.raises(AssertionError, match="is not asked again"):
            asking(known)


@pytest.mark.parametrize("status", ENDS)
def test_each_end_is_the_last(status: DirectionStatus) -> None:
    ended = ENDS[status](asking())
    assert (ended.status, ended.due_at) == (status, None)
    assert not directions.is_asked_by(ended, "one")
    assert not directions.is_overdue(ended, NOON + timedelta(days=1))
    for end in ENDS.values():
        with pytest.raises(AssertionError, match="cannot end"):
            end(ended)


def test_only_an_answer_is_charged() -> None:
    charged = {status: end(asking()).charged_credits for status, end in ENDS.items()}
    assert charged == {
        DirectionStatus.ANSWERED: 3,
        DirectionStatus.REFUSED: 0,
        DirectionStatus.CLOSED: 0,
    }


@given(ends=st.lists(st.sampled_from(list(DirectionStatus)[1:]), min_size=1, max_size=6))
def test_every_ask_is_held_for_and_closed_once_whatever_came_of_those_before(
    ends: list[DirectionStatus],
) -> None:
    known, balance, entry_ids = None, Balance(100, 0), list[str]()
    for status in ends:
        if known is not None and not known.is_closed:
            break
        first = asking(known)
        known = ENDS[status](first)
        for posting in (directions.hold_of(first), directions.end_of(known)):
            balance = apply(balance, posting)
            entry_ids.append(posting.entry_id)
    assert known is not None
    assert balance == Balance(100 - known.charged_credits, 0)
    assert len(set(entry_ids)) == len(entry_ids) == 2 * known.asks


def test_entries_are_named_by_the_direction_and_the_number_of_the_ask() -> None:
    again = asking(directions.close(asking()))
    hold, end = directions.hold_of(again), directions.end_of(directions.close(again))
    assert (hold.entry_id, hold.type, hold.amount) == ("d:hold:2", EntryType.HOLD, 3)
    assert (end.entry_id, end.type, end.amount) == ("d:release:2", EntryType.RELEASE, 3)


def test_the_sweep_comes_when_the_time_is_over_and_not_before() -> None:
    first = asking()
    for seconds, is_over in ((LEASE_S - 1, False), (LEASE_S, True)):
        assert directions.is_overdue(first, NOON + timedelta(seconds=seconds)) is is_over


def test_who_stood_still_has_no_time_left_to_ask() -> None:
    first = asking()
    for seconds, has_time in ((LEASE_S - ASK_S_MAX, True), (LEASE_S - ASK_S_MAX + 1, False)):
        assert directions.has_time(first, NOON + timedelta(seconds=seconds)) is has_time


def test_another_payload_is_refused_whatever_became_of_the_first() -> None:
    for known in (asking(), *(end(asking()) for end in ENDS.values())):
        directions.check_same_request(known, "h")
        with pytest.raises(RequestIdReusedError):
            directions.check_same_request(known, "other")


@pytest.mark.parametrize("status", [*ENDS, DirectionStatus.ASKING])
def test_a_direction_is_read_as_it_was_written(status: DirectionStatus) -> None:
    record = ENDS[status](asking()) if status in ENDS else asking()
    assert load(DirectionRecord, dump(record), "d") == record


def test_a_document_of_before_there_were_holds_is_an_answer() -> None:
    old = load(
        DirectionRecord,
        {
            "user_id": "ann",
            "concepts": [dump(CONCEPT)],
            "rationale": "because",
            "director": "local-rules",
            "model": "local-director",
            "charged_credits": 1,
            "request_hash": "h",
            "created_at": NOON,
        },
        "d",
    )
    assert (old.status, old.asks, old.concepts) == (DirectionStatus.ANSWERED, 0, (CONCEPT,))
    assert not directions.is_overdue(old, NOON)


# ---- in its account ------------------------------------------------------------------------------


def account(directions: int = 0, direction_refusals: int = 0) -> accounts.Account:
    usage = Usage(TODAY, directions=directions, direction_refusals=direction_refusals)
    return replace(accounts.open_account("user_ann", "small", NOON), usage=usage)


def admitted(found: accounts.Account) -> accounts.Account:
    begun, held_up = accounts.begin(found, accounts.Terms(TIER, 1_000), 3, NOON)
    assert held_up is None
    return accounts.admit_direction(begun, TIER, NOON)


def test_a_direction_under_way_is_counted_in_rate_day_and_hour() -> None:
    after = admitted(account())
    assert (after.asking, after.usage) == (1, Usage(TODAY, directions=1))
    assert sum(after.rate.seconds.values()) == 1
    assert sum(after.spend.slices.values()) == 3


@pytest.mark.parametrize(
    ("usage", "what", "limit"),
    [({"directions": 5}, "directions", 5), ({"direction_refusals": 2}, "direction_refusals", 2)],
)
def test_past_a_limit_of_the_day_none_is_admitted(
    usage: dict[str, int], what: str, limit: int
) -> None:
    with pytest.raises(QuotaExceededError) as exceeded:
        admitted(account(**usage))
    details = exceeded.value.details
    assert (details["of"], details["limit"], details["used"]) == (what, limit, limit)
    assert details["resetsAt"] == "2026-11-21T00:00:00Z"
    assert "_" not in exceeded.value.message


def test_no_more_are_under_way_than_may_yet_be_refused() -> None:
    busy = replace(account(direction_refusals=1), asking=1)
    with pytest.raises(BusyError):
        admitted(busy)
    assert admitted(replace(busy, asking=0)).asking == 1


@pytest.mark.parametrize(
    ("status", "refusals"), [(status, int(status == "refused")) for status in ENDS]
)
def test_a_refusal_counts_in_the_day_it_was_said(status: DirectionStatus, refusals: int) -> None:
    ended = ENDS[status](asking())
    after = accounts.end_direction(admitted(account()), ended, NOON + timedelta(days=1))
    assert (after.asking, after.usage.direction_refusals) == (0, refusals)


def test_what_cost_nobody_anything_is_as_if_it_had_not_been_asked() -> None:
    before = account(directions=2)
    after = accounts.end_direction(admitted(before), directions.close(asking()), NOON)
    forgotten = accounts.forget_direction(after, directions.close(asking()), NOON)
    assert (forgotten.usage, forgotten.asking) == (before.usage, before.asking)
    assert sum(forgotten.spend.slices.values()) == 0


def test_nothing_is_forgotten_of_another_day_or_of_an_hour_that_is_over() -> None:
    tomorrow = NOON + timedelta(days=1)
    other = replace(
        account(),
        usage=Usage("2026-11-21", directions=4),
        spend=SpendWindow({"1": 9}),
    )
    after = accounts.forget_direction(other, directions.close(asking()), tomorrow)
    assert (after.usage, after.spend) == (other.usage, other.spend)


# ---- times ---------------------------------------------------------------------------------------


def deployed_timeout_s() -> int:
    """As the golden manifest has it."""
    manifest = Path(__file__).parents[1] / "deploy" / "manifest.yaml"
    text = manifest.read_text(encoding="utf-8")
    own = text[text.index("\n  creativeDirectorAgent:") :]
    return int(own[own.index("timeoutSeconds: ") :].split()[1])


def test_each_time_fits_into_the_next() -> None:
    settings = VertexSettings("a-project", "global", AnonymousCredentials)
    model_s = gemini.TRIES * settings.text_timeout_s
    assert model_s < ASK_S_MAX < deployed_timeout_s() < LEASE_S
    assert deployed_timeout_s() / 2 > direct._WAIT_S_MAX
