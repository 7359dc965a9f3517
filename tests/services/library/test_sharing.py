"""A code shares a batch with one user, and what they have seen ends with their share."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import SHARING_ACTIONS, parse_action
from mediaforge.domain.errors import (
    AccountBlockedError,
    IllegalStateError,
    NotFoundError,
    NotOwnerError,
    RequestError,
)
from mediaforge.domain.library.batches import Batch
from mediaforge.domain.library.shares import Share, ShareRole
from mediaforge.services.backend import Caller
from mediaforge.services.library.sharing import share_batch
from mediaforge.services.library.unsharing import end_shares
from mediaforge.services.watch.sweep import sweep_jobs
from tests.memory.media import MemoryMedia
from tests.support.faults import Killed, Steps, mortal
from tests.support.world import ADMIN, ANN, World, logged, user

BOB, CARL, EVE = user("bob"), user("carl"), user("eve")


@pytest.fixture
def batch_id(world: World) -> str:
    """Of two rows, of which one has completed and one has failed."""
    batch = world.submit_batch([{"prompt": "x", "count": 2}, {"prompt": "[[blocked]]"}])
    world.run_until_quiet()
    return batch.id


def share_of(world: World, batch_id: str, caller: Caller) -> Share | None:
    return world.documents.get(at.share(batch_id, caller.uid))


def revoke(world: World, batch_id: str, caller: Caller) -> None:
    """As the rules let whoever controls the batch."""
    now = world.clock.now()
    world.overwrite(at.share(batch_id, caller.uid).path, revoked_at=now, modified=now)


def assert_refused(world: World, refusal: type[RequestError], act: Callable[[], object]) -> None:
    """And nothing is written."""
    contents = world.contents()
    with pytest.raises(refusal):
        act()
    assert world.contents() == contents


# ---- codes -----------------------------------------------------------------------------------------


def test_a_code_shares_the_batch_with_who_joins(world: World, batch_id: str) -> None:
    made = world.invite_to(batch_id, role="viewer")
    joined = world.join_batch(batch_id, replace(BOB, name="Bob"), made.code)
    now = world.clock.now()
    assert joined.id == batch_id
    assert share_of(world, batch_id, BOB) == Share(
        "bob", batch_id, ShareRole.VIEWER, "ann", now, now, "posters", "Bob"
    )


def test_the_code_is_kept_as_a_hash_only(world: World, batch_id: str) -> None:
    made = world.invite_to(batch_id)
    assert made.code not in repr(world.contents())
    assert made.invite.expires_at == world.clock.now() + timedelta(days=7)


def test_a_code_lets_one_in_once_and_whoever_is_in_may_send_it_again(
    world: World, batch_id: str
) -> None:
    code = world.invite_to(batch_id).code
    world.join_batch(batch_id, BOB, code)
    contents = world.contents()
    world.join_batch(batch_id, BOB, code)
    assert world.contents() == contents
    assert_refused(world, NotFoundError, lambda: world.join_batch(batch_id, CARL, code))


def test_who_reads_the_batch_already_uses_no_code_up(world: World, batch_id: str) -> None:
    code = world.invite_to(batch_id).code
    contents = world.contents()
    world.join_batch(batch_id, ANN, code)
    assert world.contents() == contents
    world.join_batch(batch_id, BOB, code)


def test_a_code_that_has_expired_was_revoked_or_never_was_lets_nobody_in(
    world: World, batch_id: str
) -> None:
    made, late = world.invite_to(batch_id), world.invite_to(batch_id)
    world.documents.overwrite(at.share_invite(batch_id, made.id).path, None)
    for code in (made.code, "a guess"):
        assert_refused(world, NotFoundError, lambda c=code: world.join_batch(batch_id, BOB, c))  # type: ignore[misc]
    assert_refused(world, NotFoundError, lambda: world.join_batch("nowhere", BOB, late.code))
    world.clock.advance(7 * 86400)
    assert_refused(world, NotFoundError, lambda: world.join_batch(batch_id, BOB, late.code))


def test_a_code_of_another_batch_opens_this_one_to_nobody(world: World, batch_id: str) -> None:
    other = world.submit_batch(caller=EVE)
    code = world.invite_to(other.id, EVE).code
    assert_refused(world, NotFoundError, lambda: world.join_batch(batch_id, BOB, code))


def test_only_who_controls_the_batch_makes_codes(world: World, batch_id: str) -> None:
    world.join_batch(batch_id, BOB, world.invite_to(batch_id).code)
    assert_refused(world, NotOwnerError, lambda: world.invite_to(batch_id, BOB))
    assert_refused(world, NotFoundError, lambda: world.invite_to(batch_id, EVE))
    assert_refused(world, NotFoundError, lambda: world.invite_to(batch_id, ADMIN))


def test_editors_and_owners_of_the_team_share_its_batch(world: World) -> None:
    team_id = world.found_team(bob="editor", carl="viewer")
    batch = world.submit_batch(teamId=team_id)
    assert_refused(world, NotOwnerError, lambda: world.invite_to(batch.id, CARL))
    made = world.invite_to(batch.id, BOB)
    world.control_team(ANN, team_id, "remove", uid="bob")
    assert_refused(world, NotFoundError, lambda: world.join_batch(batch.id, EVE, made.code))
    world.join_batch(batch.id, EVE, world.invite_to(batch.id).code)
    assert share_of(world, batch.id, EVE) is not None


@pytest.mark.parametrize("blocked", ["user_ann", "user_bob"])
def test_nobody_joins_by_the_code_of_who_is_blocked_or_while_they_are(
    world: World, batch_id: str, blocked: str
) -> None:
    code = world.invite_to(batch_id).code
    world.submit(caller=BOB)
    world.control_account("block", accountId=blocked, reason="x")
    refusal = NotFoundError if blocked == "user_ann" else AccountBlockedError
    assert_refused(world, refusal, lambda: world.join_batch(batch_id, BOB, code))


def test_an_invite_sent_again_makes_no_second_code(world: World, batch_id: str) -> None:
    asked = {"batchId": batch_id, "action": "invite", "role": "viewer", "requestId": "i"}
    request = parse_action(SHARING_ACTIONS, asked)
    share_batch(world.backend, ANN, request)
    contents = world.contents()
    assert isinstance(share_batch(world.backend, ANN, request), Batch)
    assert world.contents() == contents


def test_a_batch_has_only_so_many_open_codes(world: World, batch_id: str) -> None:
    for _ in range(100):
        made = world.invite_to(batch_id)
    assert_refused(world, IllegalStateError, lambda: world.invite_to(batch_id))
    world.join_batch(batch_id, BOB, made.code)
    world.invite_to(batch_id)


# ---- the end of a share ----------------------------------------------------------------------------


def addresses(documents: Mapping[str, Mapping[str, Any]], folder: str) -> list[str]:
    found = [each for path, each in documents.items() if path.startswith(f"{folder}/")]
    outputs = [each["generation_data"] for each in found if each.get("generation_data")]
    return [a for o in outputs for a in (*o["image_urls"], *o["thumbnail_urls"])]


def open_ones(world: World, of: list[str]) -> list[str]:
    return [address for address in of if world.media.answer(address) is not None]


def shown(world: World, batch_id: str) -> list[str]:
    contents = world.contents()
    of_rows = addresses(contents, f"batches/{batch_id}/rows")
    assert of_rows == addresses(contents, "generations/ann")
    return of_rows


def live_on(world: World, minutes: int = 7) -> None:
    for _ in range(minutes):
        world.clock.advance(60)
        sweep_jobs(world.backend)
        world.deliver_all()


def test_a_revoked_share_is_deleted_once_no_address_that_it_showed_opens(
    world: World, batch_id: str
) -> None:
    world.join_batch(batch_id, BOB, world.invite_to(batch_id).code)
    seen = shown(world, batch_id)
    assert len(seen) == 4
    assert open_ones(world, seen) == seen
    revoke(world, batch_id, BOB)
    live_on(world, 1)
    assert_ended(world, batch_id, seen)


def test_other_shares_and_other_batches_stay_as_they_are(world: World, batch_id: str) -> None:
    other = world.submit_batch(1)
    world.run_until_quiet()
    for batch, who in ((batch_id, BOB), (batch_id, CARL), (other.id, BOB)):
        world.join_batch(batch, who, world.invite_to(batch).code)
    kept = addresses(world.contents(), f"batches/{other.id}/rows")
    revoke(world, batch_id, BOB)
    live_on(world)
    assert share_of(world, batch_id, CARL) is not None
    assert share_of(world, other.id, BOB) is not None
    assert open_ones(world, kept) == kept


def test_whoever_was_shut_out_joins_by_no_code_that_they_have_kept(
    world: World, batch_id: str
) -> None:
    first, kept = world.invite_to(batch_id).code, world.invite_to(batch_id).code
    world.join_batch(batch_id, BOB, first)
    world.clock.advance(1)
    revoke(world, batch_id, BOB)
    assert_refused(world, IllegalStateError, lambda: world.join_batch(batch_id, BOB, kept))
    world.clock.advance(1)
    later = world.invite_to(batch_id).code
    live_on(world, 1)
    assert_refused(world, NotFoundError, lambda: world.join_batch(batch_id, BOB, kept))
    world.join_batch(batch_id, BOB, later)


def test_shares_that_are_revoked_again_and_again_turn_the_pictures_once_in_five_minutes(
    world: World, batch_id: str
) -> None:
    world.clock.advance(300 - world.clock.now().timestamp() % 300)
    for number in range(5):
        who = user(f"bob-{number}")
        world.join_batch(batch_id, who, world.invite_to(batch_id).code)
        revoke(world, batch_id, who)
        sweep_jobs(world.backend)
        assert len(world.tasks.of_teams) == (1 if number == 0 else 0)
        world.deliver_all()
        world.clock.advance(50)
    live_on(world)
    assert [path for path in world.contents() if "/shared_with/" in path] == []


def test_a_team_s_rotation_still_finds_what_an_ended_share_has_turned(world: World) -> None:
    team_id = world.found_team(bob="viewer")
    batch = world.submit_batch(1, teamId=team_id)
    world.run_until_quiet()
    world.join_batch(batch.id, EVE, world.invite_to(batch.id).code)
    revoke(world, batch.id, EVE)
    live_on(world)
    seen_by_bob = shown(world, batch.id)
    world.control_team(ANN, team_id, "remove", uid="bob")
    live_on(world)
    assert open_ones(world, seen_by_bob) == []


def test_a_share_of_a_batch_that_is_gone_is_deleted(world: World, batch_id: str) -> None:
    world.join_batch(batch_id, BOB, world.invite_to(batch_id).code)
    revoke(world, batch_id, BOB)
    for path in [path for path in world.contents() if path.startswith(f"batches/{batch_id}")]:
        if "/shared_with/" not in path:
            world.documents.overwrite(path, None)
    live_on(world)
    assert share_of(world, batch_id, BOB) is None


@dataclass
class Media(MemoryMedia):
    """A bucket whose files may be locked."""

    is_locked: bool = False

    def open_to(self, path: str, tokens: Set[str], version: tuple[int, int]) -> None:
        if self.is_locked:
            raise PermissionError(path)
        super().open_to(path, tokens, version)


def test_a_share_stays_while_a_picture_cannot_be_turned(capsys: pytest.CaptureFixture[str]) -> None:
    world, batch_id, seen = revoked(media := Media())
    media.is_locked = True
    assert end_shares(world.backend, batch_id) == "kept-some"
    assert [line["batch_id"] for line in logged(capsys, "addresses.kept")] == [batch_id]
    assert share_of(world, batch_id, BOB) is not None
    media.is_locked = False
    live_on(world)
    assert_ended(world, batch_id, seen)


def revoked(media: MemoryMedia | None = None) -> tuple[World, str, list[str]]:
    """A batch whose share has just been revoked, and the addresses that it showed."""
    world = World(media=media or MemoryMedia())
    batch = world.submit_batch([{"prompt": "x", "count": 2}])
    world.run_until_quiet()
    world.join_batch(batch.id, BOB, world.invite_to(batch.id).code)
    seen = shown(world, batch.id)
    revoke(world, batch.id, BOB)
    return world, batch.id, seen


def assert_ended(world: World, batch_id: str, seen: list[str]) -> None:
    assert share_of(world, batch_id, BOB) is None
    assert open_ones(world, seen) == []
    now = shown(world, batch_id)
    assert open_ones(world, now) == now != []


def steps_of_an_end() -> list[str]:
    world, batch_id, _ = revoked()
    steps = Steps()
    assert end_shares(mortal(world.backend, steps), batch_id) == "unshared"
    return steps.passed


STEPS = steps_of_an_end()


@pytest.mark.parametrize("die_at", range(1, len(STEPS) + 1))
def test_a_kill_at_any_step_leaves_a_share_that_ends_and_no_dead_address(die_at: int) -> None:
    world, batch_id, seen = revoked()
    with pytest.raises(Killed):
        end_shares(mortal(world.backend, Steps(die_at)), batch_id)
    now = shown(world, batch_id)
    assert open_ones(world, now) == now
    assert share_of(world, batch_id, BOB) is not None or open_ones(world, seen) == []
    live_on(world)
    assert_ended(world, batch_id, seen)


def test_what_a_lost_task_has_turned_is_not_turned_again() -> None:
    """So a batch of many pictures gets on, however often its task is lost."""
    world, batch_id, seen = revoked()
    world.clock.advance(60)
    with pytest.raises(Killed):
        end_shares(mortal(world.backend, Steps(len(STEPS) - 1)), batch_id)
    assert share_of(world, batch_id, BOB) is not None
    turned = shown(world, batch_id)
    live_on(world)
    assert_ended(world, batch_id, seen)
    assert shown(world, batch_id) == turned


def test_a_turn_of_before_the_end_of_a_share_does_not_count_for_it() -> None:
    world, batch_id, _ = revoked()
    live_on(world)
    world.join_batch(batch_id, BOB, world.invite_to(batch_id).code)
    seen = shown(world, batch_id)
    world.clock.advance(60)
    revoke(world, batch_id, BOB)
    live_on(world)
    assert_ended(world, batch_id, seen)
