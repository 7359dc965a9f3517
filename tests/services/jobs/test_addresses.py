"""Addresses outlive no membership: after a removal every address that was seen before ends, and nobody who
reads a view meanwhile finds one that does not open."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.documents import Ref
from mediaforge.contract.views import view_of
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs.addresses import file_token
from mediaforge.domain.jobs.job import Job, Output
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.people.teams import Team
from mediaforge.ports.documents import Query
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.addresses import turn_job
from mediaforge.services.jobs.assets import delivered_paths, readdressed
from mediaforge.services.jobs.rotation import rotate_addresses
from mediaforge.services.watch.sweep import sweep_jobs
from tests.memory.media import MemoryMedia
from tests.support.faults import Killed, MortalDocuments, Steps, mortal
from tests.support.world import ANN, START, World, at_once, logged, user

D = TypeVar("D")

BOB = user("bob")
OUTPUT = {"image_urls", "thumbnail_urls", "video_url"}
WALKS_APART_S = 300


@dataclass
class WatchedMedia(MemoryMedia):
    """Somebody looks whenever a file opens to others; `refuses` are paths that nobody may change."""

    on_opening: Callable[[], object] = lambda: None
    refuses: set[str] = field(default_factory=set)
    is_out: bool = False

    def open_to(self, path: str, tokens: Set[str], version: tuple[int, int]) -> None:
        if self.is_out:
            raise BusyError("Storage is out")
        if path in self.refuses:
            raise PermissionError(path)
        super().open_to(path, tokens, version)
        self.on_opening()


@dataclass
class Members:
    """Those inside, who read every view after each single change and follow its addresses. `over` is what
    whoever went may have seen: all that was shown until then."""

    world: World
    found_dead: list[str] = field(default_factory=list)
    over: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _epochs: dict[str, int] = field(default_factory=dict)

    def look(self) -> None:
        documents = {p: fields for p, (fields, _) in self.world.documents.everything().items()}
        views = [fields for path, fields in documents.items() if path.startswith("generations/")]
        now = [address for view in views for address in addresses_in(view)]
        self.found_dead += dead(self.world, now)
        self._seen |= set(now)
        epochs = {p: f.get("address_epoch", 0) for p, f in documents.items() if is_team(p)}
        if epochs != self._epochs:
            self.over |= self._seen
        self._epochs = epochs


def is_team(path: str) -> bool:
    return path.startswith("teams/") and path.count("/") == 1


@pytest.fixture
def world() -> Iterator[World]:
    world, members = watched(World(media=WatchedMedia()))
    yield world
    assert members.found_dead == []


@pytest.fixture
def team_id(world: World) -> str:
    return found(world)


def watched(world: World) -> tuple[World, Members]:
    members = Members(world)
    world.documents.on_commit = lambda _: members.look()
    assert isinstance(world.media, WatchedMedia)
    world.media.on_opening = members.look
    return world, members


def found(world: World) -> str:
    return world.found_team(available=1000, bob="editor", cid="viewer", dan="viewer")


def make(world: World, team_id: str, count: int = 1, prompt: str = "a lighthouse") -> Job:
    """A settled job of the team's."""
    return world.finish(prompt, count=count, teamId=team_id)


def addresses_in(view: Mapping[str, Any] | None) -> list[str]:
    output = (view or {}).get("generation_data") or {}
    film = [output["video_url"]] if output.get("video_url") else []
    return [*output.get("image_urls", ()), *output.get("thumbnail_urls", ()), *film]


def shown(world: World, *jobs: Job) -> list[str]:
    """Every address in the jobs' views."""
    return [a for job in jobs for a in addresses_in(world.documents.peek(at.view_path(job))[0])]


def dead(world: World, addresses: list[str]) -> list[str]:
    return [address for address in addresses if world.media.answer(address) is None]


def team_of(world: World, team_id: str) -> Team:
    team = world.documents.get(at.team(team_id))
    assert team is not None
    return team


def remove(world: World, team_id: str, uid: str = "bob") -> None:
    world.control_team(ANN, team_id, "remove", uid=uid)


def live_on(world: World, minutes: int = 20) -> None:
    """As the platform does: what was lost is found by the sweep."""
    for _ in range(minutes):
        world.deliver_all()
        world.clock.advance(60)
        sweep_jobs(world.backend)
    world.deliver_all()


def assert_ended(world: World, team_id: str, old: list[str], *jobs: Job) -> None:
    """The team is rotated: what was seen before answers nobody, and what is shown now answers, alone."""
    team = team_of(world, team_id)
    assert (team.rotated_epoch, team.walk, team.due_at) == (team.address_epoch, None, None)
    assert dead(world, old) == old
    assert dead(world, shown(world, *jobs)) == []
    for job in map(world.job, [job.id for job in jobs]):
        assert (job.address_epoch, job.turning_epoch) == (team.address_epoch, None)
        assert world.view(job.id) == at.dump(view_of(job))
        for path in delivered_paths(job):
            opened = world.media.opened(path)
            assert opened is not None
            assert opened.tokens == {file_token(job, path)}


# ---- the attack ----------------------------------------------------------------------------------


def test_who_was_removed_keeps_addresses_that_answer_nobody(world: World, team_id: str) -> None:
    jobs = make(world, team_id), make(world, team_id, count=4)
    kept = shown(world, *jobs)
    assert (len(kept), dead(world, kept)) == (10, [])
    remove(world, team_id)
    world.deliver_all()
    assert_ended(world, team_id, kept, *jobs)


def test_who_leaves_keeps_none_either(world: World, team_id: str) -> None:
    job = make(world, team_id)
    kept = shown(world, job)
    world.control_team(BOB, team_id, "remove", uid="bob")
    world.deliver_all()
    assert_ended(world, team_id, kept, job)


def test_a_removal_that_is_sent_again_turns_nothing_once_more(world: World, team_id: str) -> None:
    job = make(world, team_id)
    remove(world, team_id)
    world.deliver_all()
    after = shown(world, job)
    remove(world, team_id)
    assert world.tasks.of_teams == []
    world.deliver_all()
    assert (shown(world, job), team_of(world, team_id).address_epoch) == (after, 1)


def test_who_leaves_a_team_that_they_are_not_in_sends_no_task(world: World, team_id: str) -> None:
    world.control_team(user("eve"), team_id, "remove", uid="eve")
    world.control_team(user("eve"), "nowhere", "remove", uid="eve")
    assert world.tasks.of_teams == []
    assert team_of(world, team_id).address_epoch == 0


def test_pictures_that_are_not_the_team_s_keep_their_addresses(world: World, team_id: str) -> None:
    own = world.finish()
    other = make(world, world.found_team(available=100))
    kept = shown(world, own, other)
    make(world, team_id)
    remove(world, team_id)
    world.deliver_all()
    assert shown(world, own, other) == kept
    assert dead(world, kept) == []


def test_the_public_view_changes_in_its_addresses_and_its_time_alone(
    world: World, team_id: str
) -> None:
    job = make(world, team_id, count=2)
    before = world.view(job.id)
    remove(world, team_id)
    world.clock.advance(5)
    world.deliver_all()
    after = world.view(job.id)
    assert after["modified"] == before["modified"] + timedelta(seconds=5)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"modified", "generation_data"}
    was, now = before["generation_data"], after["generation_data"]
    assert {name for name in now if now[name] != was[name]} == OUTPUT - {"video_url"}


# ---- what is found, and what not -----------------------------------------------------------------


def test_a_job_notes_the_epoch_of_its_submission(world: World, team_id: str) -> None:
    before = world.submit(teamId=team_id).job
    remove(world, team_id)
    after = world.submit(teamId=team_id).job
    assert (before.address_epoch, after.address_epoch) == (0, 1)
    assert world.submit().job.address_epoch == 0


def test_a_job_that_ran_at_a_removal_keeps_what_whoever_went_never_saw(
    world: World, team_id: str
) -> None:
    running = world.submit(teamId=team_id).job
    remove(world, team_id)
    while world.tasks.of_teams:
        world.rotate(world.tasks.of_teams.pop().body["teamId"])
    assert team_of(world, team_id).rotated_epoch == 1
    world.run_until_quiet()
    first = shown(world, running)
    assert dead(world, first) == []
    remove(world, team_id, "cid")
    live_on(world)
    assert_ended(world, team_id, first, running)


def test_a_job_that_delivered_nothing_is_left_alone(world: World, team_id: str) -> None:
    failed = make(world, team_id, prompt="[[blocked]]")
    cancelled = world.submit(teamId=team_id).job
    world.cancel(cancelled.id)
    world.run_until_quiet()
    before = [world.documents.peek(f"jobs/{job.id}") for job in (failed, cancelled)]
    remove(world, team_id)
    world.deliver_all()
    assert [world.documents.peek(f"jobs/{job.id}") for job in (failed, cancelled)] == before
    assert_ended(world, team_id, [])


def test_documents_of_an_earlier_version_are_of_no_epoch() -> None:
    """One token for all files of a job, of which nothing is kept but in its addresses."""
    world = World(media=WatchedMedia())
    team_id = found(world)
    job = make(world, team_id, count=2)
    for path in delivered_paths(job):
        content = world.media.files[path]
        world.media.save(path, content, "image/png", "of-old", world.media.list(path)[path])
    assert job.output is not None
    of_old = readdressed(job, job.output, lambda path: world.media.address(path, "of-old"))
    for path in (f"jobs/{job.id}", at.view_path(job), f"teams/{team_id}"):
        world.forget(path, "address_epoch", "turning_epoch", "rotated_epoch", "walk")
        shows = {"output", "generation_data"} & world.row(path).keys()
        world.overwrite(path, **{name: at.dump(of_old) for name in shows})
    kept = shown(world, job)
    assert (len(kept), dead(world, kept)) == (4, [])
    _, members = watched(world)
    remove(world, team_id)
    world.deliver_all()
    assert_ended(world, team_id, kept, job)
    assert members.found_dead == []


def test_a_training_shows_nothing_and_is_noted(world: World, team_id: str) -> None:
    job = make(world, team_id)
    trained = replace(job, output=Output((), (), (), "m", "p", 1, model_uri="gs://b/weights"))
    world.overwrite(f"jobs/{job.id}", **at.dump(trained))
    world.overwrite(at.view_path(job), **at.dump(view_of(trained)))
    view = world.documents.peek(at.view_path(job))
    remove(world, team_id)
    world.deliver_all()
    assert world.documents.peek(at.view_path(job)) == view
    assert_ended(world, team_id, [], job)


def test_a_film_s_address_is_that_of_its_file() -> None:
    film = Output(
        storage_paths=("generating/ann/video/j.mp4",),
        image_urls=(),
        thumbnail_urls=("old",),
        model="m",
        provider="p",
        seed=1,
        video_url="old",
    )
    job = replace(make(world := World(), found(world)), kind=JobKind.VIDEO, id="j", output=film)
    assert readdressed(job, film, lambda path: f"to {path}") == replace(
        film,
        video_url="to generating/ann/video/j.mp4",
        thumbnail_urls=("to generating/ann/video/j_0_thumb.webp",),
    )


# ---- a crash between any two steps, and others at any of them --------------------------------------


class Watchful(MortalDocuments):
    """A process may also be late at what it reads."""

    def get(self, ref: Ref[D]) -> D | None:
        self.steps.pass_by("before a read")
        return super().get(ref)


def in_trouble(backend: Backend, steps: Steps) -> Backend:
    troubled = mortal(backend, steps)
    return replace(troubled, documents=Watchful(backend.documents, steps))


def prepared() -> tuple[World, Members, str, tuple[Job, ...]]:
    """A team of two pictures, of which somebody has just been removed."""
    world = World(media=WatchedMedia())
    team_id = found(world)
    jobs = make(world, team_id), make(world, team_id, count=2)
    world.documents.writes = 0
    return *watched(world), team_id, jobs


rotate = partial(rotate_addresses, at_once=1)  # so that its steps are in one order


def steps_of_a_rotation() -> list[str]:
    world, _, team_id, _ = prepared()
    remove(world, team_id)
    steps = Steps()
    rotate(in_trouble(world.backend, steps), team_id)
    return steps.passed


STEPS = steps_of_a_rotation()


def test_a_kill_at_any_step_leaves_a_rotation_that_is_completed_and_no_dead_address() -> None:
    for die_at in range(1, len(STEPS) + 1):
        world, members, team_id, jobs = prepared()
        kept = shown(world, *jobs)
        remove(world, team_id)
        world.tasks.of_teams.clear()
        with pytest.raises(Killed):
            rotate(in_trouble(world.backend, Steps(die_at)), team_id)
        assert not is_rotated(world, team_id) or dead(world, kept) == kept
        live_on(world)
        assert_ended(world, team_id, kept, *jobs)
        assert members.found_dead == []
        assert set(kept) <= members.over


def is_rotated(world: World, team_id: str) -> bool:
    team = team_of(world, team_id)
    return team.rotated_epoch == team.address_epoch


def rotates(world: World, team_id: str) -> None:
    world.rotate(team_id)


def removes(world: World, team_id: str) -> None:
    remove(world, team_id, "cid")


def removes_and_rotates(world: World, team_id: str) -> None:
    remove(world, team_id, "cid")
    begin_walk(world, team_id)


def removes_twice_and_rotates_each_time(world: World, team_id: str) -> None:
    for uid in ("cid", "dan"):
        remove(world, team_id, uid)
        begin_walk(world, team_id)


def begin_walk(world: World, team_id: str) -> None:
    """Once it may begin, however short ago the last one did."""
    world.clock.advance(WALKS_APART_S)
    assert world.rotate(team_id) != "nothing-to-do"


def removes_and_dies_at(step: str) -> Callable[[World, str], None]:
    """Behind the first of these in its own rotation."""

    def happens(world: World, team_id: str) -> None:
        remove(world, team_id, "cid")
        world.clock.advance(WALKS_APART_S)
        with pytest.raises(Killed):
            rotate(in_trouble(world.backend, Steps(1 + STEPS.index(step, 4))), team_id)

    happens.__name__ = f"removes_and_dies_at {step}"
    return happens


MEANWHILE = [
    rotates,
    removes,
    removes_and_rotates,
    removes_twice_and_rotates_each_time,
    removes_and_dies_at("after an opening"),
    removes_and_dies_at("after a commit"),
]


@pytest.mark.parametrize("happens", MEANWHILE, ids=lambda happens: happens.__name__)
def test_whatever_happens_at_any_step_no_address_is_dead_and_none_comes_back(
    happens: Callable[[World, str], None],
) -> None:
    """However late this process goes on: it changes nothing that others have taken further."""
    for number in range(1, len(STEPS) + 1):
        world, members, team_id, jobs = prepared()
        remove(world, team_id)
        meanwhile = partial(happens, world, team_id)
        rotate(in_trouble(world.backend, Steps(number, die=meanwhile)), team_id)
        live_on(world)
        assert len(members.over) >= len(shown(world, *jobs))
        assert_ended(world, team_id, sorted(members.over), *jobs)
        assert members.found_dead == []


def test_who_goes_at_any_step_of_a_walk_that_dies_there_is_next() -> None:
    """The first of the next walk sends no task: it rests on what the team's document says."""
    for number in range(1, len(STEPS) + 1):
        world, members, team_id, jobs = prepared()
        remove(world, team_id)
        steps = Steps(number, die=partial(removes_and_dies, world, team_id))
        with pytest.raises(Killed):
            rotate(in_trouble(world.backend, steps), team_id)
        world.tasks.of_teams.clear()
        live_on(world)
        assert team_of(world, team_id).rotated_epoch == 2
        assert_ended(world, team_id, sorted(members.over), *jobs)
        assert members.found_dead == []


def removes_and_dies(world: World, team_id: str) -> None:
    remove(world, team_id, "cid")
    raise Killed


# ---- how often -----------------------------------------------------------------------------------


def come_and_go(world: World, team_id: str, times: int) -> None:
    """With a second account of an owner's."""
    for _ in range(times):
        world.join(team_id, "eve", "viewer")
        world.control_team(user("eve"), team_id, "remove", uid="eve")


def test_however_often_people_go_one_task_is_sent(world: World, team_id: str) -> None:
    jobs = make(world, team_id), make(world, team_id)
    come_and_go(world, team_id, 12)
    assert len(world.tasks.of_teams) == 1
    kept = shown(world, *jobs)
    live_on(world)
    assert team_of(world, team_id).address_epoch == 12
    assert_ended(world, team_id, kept, *jobs)


def test_nor_is_one_while_a_walk_is_under_way(world: World, team_id: str) -> None:
    jobs = [first := make(world, team_id), *copies(world, first, 100)]
    remove(world, team_id)
    world.rotate(world.tasks.of_teams.pop().body["teamId"])
    assert len(world.tasks.of_teams) == 1  # its own next
    due_at = team_of(world, team_id).due_at
    come_and_go(world, team_id, 5)
    assert len(world.tasks.of_teams) == 1
    assert team_of(world, team_id).due_at == due_at
    kept = shown(world, *jobs)
    live_on(world)
    assert_ended(world, team_id, kept, *jobs)


def test_a_walk_begins_five_minutes_after_the_last_one_began(world: World, team_id: str) -> None:
    job, began_at = make(world, team_id), world.clock.now()
    remove(world, team_id)
    world.deliver_all()
    assert team_of(world, team_id).rotated_epoch == 1
    world.clock.advance(60)
    come_and_go(world, team_id, 3)
    kept = shown(world, job)
    assert world.tasks.of_teams == []
    assert team_of(world, team_id).due_at == began_at + timedelta(minutes=5)
    assert world.rotate(team_id) == "nothing-to-do"  # a task that comes twice, or late
    world.clock.advance(239)
    assert sweep_jobs(world.backend)["rotation-resumed"] == 0
    assert dead(world, kept) == []
    world.clock.advance(1)
    assert sweep_jobs(world.backend)["rotation-resumed"] == 1
    world.deliver_all()
    assert_ended(world, team_id, kept, job)
    # After that quiet the first who goes is waited for by nobody.
    world.clock.advance(300)
    kept = shown(world, job)
    remove(world, team_id, "cid")
    world.deliver_all()
    assert_ended(world, team_id, kept, job)


def test_all_pictures_are_turned_no_more_often_than_that(world: World, team_id: str) -> None:
    make(world, team_id, count=4)
    before = world.media.class_a
    for _ in range(30):
        come_and_go(world, team_id, 2)
        world.clock.advance(60)
        sweep_jobs(world.backend)
        world.deliver_all()
    walks = 30 // 5
    assert world.media.class_a - before == walks * 2 * len(world.media.files)


# ---- deleted by hand -----------------------------------------------------------------------------


def delete_views(world: World, team_id: str, *jobs: Job) -> list[str]:
    return [at.view_path(job) for job in jobs]


def delete_jobs(world: World, team_id: str, *jobs: Job) -> list[str]:
    return [f"jobs/{job.id}" for job in jobs]


def delete_team(world: World, team_id: str, *jobs: Job) -> list[str]:
    return [f"teams/{team_id}"]


def overwrite_all(world: World, paths: list[str]) -> None:
    for path in paths:
        world.documents.overwrite(path, None)


DELETIONS = [delete_views, delete_jobs, delete_team]


@pytest.mark.parametrize("deletion", DELETIONS, ids=lambda deletion: deletion.__name__)
def test_what_is_deleted_by_hand_at_any_step_stays_deleted(
    deletion: Callable[..., list[str]],
) -> None:
    for number in range(1, len(STEPS) + 1):
        world, members, team_id, jobs = prepared()
        paths = deletion(world, team_id, *jobs)
        remove(world, team_id)

        delete = partial(overwrite_all, world, paths)
        rotate(in_trouble(world.backend, Steps(number, die=delete)), team_id)
        live_on(world)
        assert [path for path in paths if path in world.documents.paths()] == []
        assert members.found_dead == []
        due = Query(at.TEAMS, where=(("due_at", ">", START),))
        assert world.documents.find_ids(due) == []


def test_files_that_are_gone_stay_gone_and_keep_no_other_open() -> None:
    world = World()
    team_id = found(world)
    gone, other = make(world, team_id, count=2), make(world, team_id)
    kept = shown(world, gone, other)
    world.media.delete(world.media.list(f"generating/ann/image/{gone.id}_0"))
    files = set(world.media.files)
    remove(world, team_id)
    world.deliver_all()
    assert set(world.media.files) == files
    assert is_rotated(world, team_id)
    assert dead(world, kept) == kept
    assert dead(world, shown(world, other)) == []


def test_a_view_that_was_deleted_keeps_no_address_alive(world: World, team_id: str) -> None:
    job = make(world, team_id)
    kept = shown(world, job)
    world.documents.overwrite(at.view_path(job), None)
    remove(world, team_id)
    world.deliver_all()
    assert dead(world, kept) == kept
    assert at.view_path(job) not in world.documents.paths()


# ---- one job by itself ---------------------------------------------------------------------------


def test_one_job_s_addresses_end_by_themselves(world: World) -> None:
    """As they will when somebody no longer shares it: no team, and an epoch of its own."""
    job, other = world.finish(count=2), world.finish()
    kept, others = shown(world, job), shown(world, other)
    turn_job(world.backend, job.id, job.address_epoch + 1)
    assert dead(world, kept) == kept
    assert dead(world, shown(world, job)) == []
    assert shown(world, other) == others
    again = shown(world, job)
    turn_job(world.backend, job.id, job.address_epoch + 1)
    assert shown(world, job) == again


def test_a_job_that_is_not_there_has_no_addresses(world: World) -> None:
    turn_job(world.backend, "nowhere", 1)
    assert world.documents.paths() == []


def test_a_job_that_is_turned_by_many_at_once_is_turned_once(world: World) -> None:
    job = world.finish(count=4)
    kept = shown(world, job)
    at_once(*[partial(turn_job, world.backend, job.id, 1)] * 8)
    assert dead(world, kept) == kept
    assert dead(world, shown(world, job)) == []
    assert world.job(job.id).address_epoch == 1


# ---- what goes wrong, and a thousand pictures ----------------------------------------------------


def test_a_task_that_was_lost_is_sent_again_by_the_sweep(world: World, team_id: str) -> None:
    job = make(world, team_id)
    kept = shown(world, job)
    remove(world, team_id)
    world.tasks.of_teams.clear()
    assert sweep_jobs(world.backend)["rotation-resumed"] == 1
    assert sweep_jobs(world.backend)["rotation-resumed"] == 0  # it has time to come
    world.tasks.of_teams.clear()
    world.clock.advance(121)
    assert sweep_jobs(world.backend)["rotation-resumed"] == 1
    world.deliver_all()
    assert_ended(world, team_id, kept, job)


def test_while_storage_is_out_the_task_comes_again_and_nothing_is_lost(
    world: World, team_id: str
) -> None:
    job = make(world, team_id)
    kept = shown(world, job)
    remove(world, team_id)
    assert isinstance(world.media, WatchedMedia)
    world.media.is_out = True
    with pytest.raises(BusyError):
        rotate_addresses(world.backend, team_id)
    assert dead(world, kept) == []
    world.media.is_out = False
    assert rotate_addresses(world.backend, team_id) == "rotated"
    assert_ended(world, team_id, kept, job)


def test_a_file_that_cannot_be_turned_keeps_no_other_s_addresses_alive_and_is_tried_again(
    world: World, team_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, other = make(world, team_id), make(world, team_id)
    like = world.row(f"jobs/{other.id}")
    world.overwrite("jobs/unreadable", **{**like, "id": "unreadable", "modified": "x"})
    kept, refused = shown(world, other), delivered_paths(broken)[0]
    assert isinstance(world.media, WatchedMedia)
    world.media.refuses.add(refused)
    remove(world, team_id)
    world.deliver_all()
    assert dead(world, kept) == kept
    assert dead(world, shown(world, broken, other)) == []
    team = team_of(world, team_id)
    assert (team.rotated_epoch, team.due_at) == (0, world.at(600))
    assert [line["team_id"] for line in logged(capsys, "addresses.kept")] == [team_id]
    world.media.refuses.clear()
    world.documents.overwrite("jobs/unreadable", None)
    old = shown(world, broken)
    live_on(world)
    assert_ended(world, team_id, old, broken, other)


def copies(world: World, job: Job, number: int) -> list[Job]:
    """So many more jobs like it, of one moment each two, with their files."""
    assert job.output is not None
    assert job.completed_at is not None
    made = []
    for index in range(number):
        completed_at = job.completed_at - timedelta(seconds=index // 2)
        copy = replace(job, id=f"{index:08}", completed_at=completed_at)
        stem, own = f"generating/ann/image/{copy.id}", f"generating/ann/image/{job.id}"
        paths = tuple(path.replace(own, stem) for path in job.output.storage_paths)
        copy = replace(copy, output=replace(job.output, storage_paths=paths))
        for path in delivered_paths(copy):
            world.media.save(path, b"picture", "image/png", file_token(copy, path))
        assert copy.output is not None
        address = partial(address_of, world, copy)
        copy = replace(copy, output=readdressed(copy, copy.output, address))
        world.documents.overwrite(f"jobs/{copy.id}", at.dump(copy))
        world.documents.overwrite(at.view_path(copy), at.dump(view_of(copy)))
        made.append(copy)
    return made


def address_of(world: World, job: Job, path: str) -> str:
    return world.media.address(path, file_token(job, path))


def turned(world: World, jobs: Sequence[Job]) -> int:
    """How many; uncounted."""
    return sum(world.row(f"jobs/{job.id}")["address_epoch"] > 0 for job in jobs)


def test_a_thousand_pictures_cost_four_changes_of_storage_and_three_writes_each() -> None:
    world = World(media=WatchedMedia())
    team_id = found(world)
    first = make(world, team_id)
    jobs = [first, *copies(world, first, 999)]
    kept = shown(world, *jobs)
    remove(world, team_id)
    documents, media = world.documents, world.media
    documents.reads = documents.writes = media.class_a = media.class_b = tasks = 0
    outcomes = []
    while world.tasks.of_teams:
        tasks += 1
        outcomes.append(world.rotate(world.tasks.of_teams.pop().body["teamId"]))
        assert turned(world, jobs) == min(25 * tasks, 1000)
    assert outcomes == [*["goes-on"] * 40, "rotated"]
    # A task reads its team twice and writes it twice; the last one finds nothing.
    assert (media.class_a, media.class_b) == (4000, 4000)
    assert documents.writes == 3000 + 2 * tasks
    assert documents.reads == 6000 + 2 * tasks + 1
    assert_ended(world, team_id, kept, *jobs)


def test_many_jobs_are_turned_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    team_id = found(world)
    first = make(world, team_id, count=2)
    jobs = [first, *copies(world, first, 20)]
    kept = shown(world, *jobs)
    remove(world, team_id)
    assert rotate_addresses(world.backend, team_id) == "rotated"
    assert_ended(world, team_id, kept, *jobs)
    assert logged(capsys, "turn.broke") == []


def test_the_newest_pictures_are_first_and_the_oldest_last() -> None:
    world = World()
    team_id = found(world)
    first = make(world, team_id)
    jobs = [first, *copies(world, first, 49)]
    remove(world, team_id)
    world.rotate(team_id)
    by_age = sorted(jobs, key=lambda job: job.completed_at or START, reverse=True)
    assert [turned(world, by_age[:24]), turned(world, by_age[26:])] == [24, 0]


def test_of_two_tasks_with_the_same_jobs_one_is_followed_by_the_next() -> None:
    world = World()
    team_id = found(world)
    first = make(world, team_id)
    copies(world, first, 25)
    remove(world, team_id)
    world.tasks.of_teams.clear()
    others: list[str] = []
    # Nothing happens during its commit before the jobs, nor during two for each of 25; then the other.
    nothing: list[Callable[[], object]] = [list] * 51
    world.documents.meanwhile = [*nothing, lambda: others.append(world.rotate(team_id))]
    assert (world.rotate(team_id), others) == ("elsewhere", ["goes-on"])
    assert len(world.tasks.of_teams) == 1
    world.deliver_all()
    assert is_rotated(world, team_id)


def test_however_fast_people_go_the_oldest_pictures_have_their_turn() -> None:
    world = World()
    team_id = found(world)
    first = make(world, team_id)
    jobs = [first, *copies(world, first, 59)]
    kept = shown(world, *jobs)
    for uid in ("bob", "cid", "dan"):
        remove(world, team_id, uid)
        world.rotate(team_id)
    assert turned(world, jobs) == 60
    assert dead(world, kept) == kept
    assert team_of(world, team_id).rotated_epoch == 1
    seen_by_dan = shown(world, *jobs)
    live_on(world)
    # By now all has been turned for the last one who went, and what had been by then was not turned again.
    assert_ended(world, team_id, [a for a in seen_by_dan if a not in shown(world, *jobs)], *jobs)
    assert {world.job(job.id).address_epoch for job in jobs} == {3}
