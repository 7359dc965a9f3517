"""The check finds each kind of damage and names the document; where there is none it finds none."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import DirectCreative, TrainBrand, parse
from mediaforge.domain.credits import Entry, EntryType
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.money.accounts import open_account
from mediaforge.ports.documents import Query, Transaction, Written
from mediaforge.services.directing.direct import direct
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.watch.books import Violation
from mediaforge.services.watch.invariants import check_in_turn, check_invariants
from tests.support.faults import Killed, Steps, UnheardDocuments, mortal
from tests.support.world import ANN, START, SharedDocuments, World, logged, user

D = TypeVar("D")
T = TypeVar("T")

BOB = user("bob")
LEDGER = "accounts/user_ann/ledger"


def damaged(damage: Callable[[World, Job], None]) -> tuple[Job, list[Violation]]:
    """A world where all is well but for the damage to one of Ann's two finished jobs."""
    world = World()
    job = world.finish()
    world.finish("[[partial:1]]", count=2)
    world.submit(caller=BOB)
    assert check_invariants(world.backend) == []
    damage(world, job)
    return job, check_invariants(world.backend)


def test_an_account_at_work_has_no_violations() -> None:
    world = World()
    world.submit()
    world.submit("[[throttle:1]]")
    world.submit()
    world.submit(scheduledAt="2026-11-21T00:00:00Z")
    assert check_invariants(world.backend) == []
    world.deliver_all()
    assert check_invariants(world.backend) == []
    world.run_until_quiet()
    assert check_invariants(world.backend) == []


@pytest.mark.parametrize(
    "prompt", ["a lighthouse", "[[partial:1]]", "[[blocked]]", "[[fail:always]]"]
)
def test_a_finished_job_has_no_violations(prompt: str) -> None:
    world = World()
    world.finish(prompt, count=3)
    assert check_invariants(world.backend) == []


def test_an_empty_project_has_no_violations() -> None:
    assert check_invariants(World().backend) == []


@pytest.mark.parametrize("field", ["available", "held"])
def test_a_changed_balance_is_found(field: str) -> None:
    _, violations = damaged(lambda world, _: world.overwrite("accounts/user_ann", **{field: 7}))
    assert {v.document for v in violations} == {"accounts/user_ann"}
    assert violations[0].expected == "(96, 0)"
    assert "7" in violations[0].found


def test_a_debt_that_no_entry_speaks_of_is_found() -> None:
    _, violations = damaged(lambda world, _: world.overwrite("accounts/user_ann", owed=7))
    assert [(v.document, v.rule, v.expected, v.found) for v in violations] == [
        ("accounts/user_ann", "owed is what the entries say of it", "0", "7"),
        ("accounts/user_ann", "nothing is available while something is owed", "0", "96"),
    ]


def test_a_hold_without_an_unfinished_job_is_found() -> None:
    def damage(world: World, _: Job) -> None:
        hold = Entry(EntryType.HOLD, 5, 91, 5, world.clock.now(), "nobody")
        world.overwrite(f"{LEDGER}/lost:hold", **at.dump(hold))
        world.overwrite("accounts/user_ann", available=91, held=5)

    _, (violation,) = damaged(damage)
    assert violation.rule == "held is what the unfinished jobs, waiting rows and directions reserve"
    assert (violation.document, violation.expected, violation.found) == (
        "accounts/user_ann",
        "0",
        "5",
    )


def test_an_entry_of_a_job_that_is_gone_is_found() -> None:
    def damage(world: World, job: Job) -> None:
        world.documents.overwrite(f"jobs/{job.id}", None)

    job, (violation,) = damaged(damage)
    assert (violation.document, violation.expected) == ("accounts/user_ann", f"jobs/{job.id}")


SHOWN = "what is shown is what the job is"


def forged(**fields: object) -> Violation:
    """What is found when the view of Ann's finished job has been written by somebody else."""
    job, (violation,) = damaged(lambda world, job: world.overwrite(at.view_path(job), **fields))
    assert violation.document == at.view_path(job)
    assert violation.rule == SHOWN
    return violation


@pytest.mark.parametrize(
    ("fields", "expected", "found"),
    [
        ({"status": "failed"}, "status=completed", "status=failed"),
        ({"generated": False}, "generated=True", "generated=False"),
        ({"progress": 0.5}, "progress=1.0", "progress=0.5"),
        ({"attempts": 0}, "attempts=1", "attempts=0"),
        (
            {"credits": {"estimated": 2, "charged": 0}},
            "credits.charged=2",
            "credits.charged=0",
        ),
        (
            {"status": "cancelled", "generated": False},
            "generated=True, status=completed",
            "generated=False, status=cancelled",
        ),
    ],
)
def test_a_view_that_somebody_else_wrote_is_found(
    fields: dict[str, object], expected: str, found: str
) -> None:
    violation = forged(**fields)
    assert (violation.expected, violation.found) == (expected, found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("generated", "true"),
        ("generated", 1),
        ("attempts", True),
        ("progress", "1.0"),
        ("created_at", "2026-11-20T12:00:00Z"),
        ("created_at", datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()),
    ],
)
def test_a_field_of_another_type_is_found(name: str, value: object) -> None:
    def damage(world: World, job: Job) -> None:
        view = world.view(job.id)
        world.documents.overwrite(at.view_path(job), None)  # what is equal is not written anew
        world.documents.overwrite(at.view_path(job), {**view, name: value})

    job, (violation,) = damaged(damage)
    assert (violation.document, violation.rule) == (at.view_path(job), SHOWN)
    assert violation.found.startswith(f"{name}=")


def test_a_field_of_nobodys_is_found_and_not_told() -> None:
    assert forged(pay_at_evil_test="now").found == "a field of nobody's=else"


def test_a_view_that_an_earlier_version_wrote_is_no_violation() -> None:
    world = World()
    job = world.finish()
    lacking = {name: each for name, each in world.view(job.id).items() if name != "team_id"}
    world.documents.overwrite(at.view_path(job), lacking)
    assert check_invariants(world.backend) == []


def of_generation(**parts: object) -> Callable[[World, Job], None]:
    def damage(world: World, job: Job) -> None:
        data = {**world.view(job.id)["generation_data"], **parts}
        world.overwrite(at.view_path(job), generation_data=data)

    return damage


def test_a_part_of_nobodys_is_found_and_not_told() -> None:
    _, (violation,) = damaged(of_generation(pay_at_evil_test="now"))
    assert violation.found == "generation_data=else"


@pytest.mark.parametrize("name", ["image_urls", "thumbnail_urls", "storage_paths"])
def test_an_address_or_a_path_that_is_not_the_jobs_is_found_and_not_told(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An address opens a file, and a forger's may be meant for whoever reads the log."""
    job, (violation,) = damaged(of_generation(**{name: ["https://evil.test/a.png?token=t"]}))
    assert violation.document == at.view_path(job)
    assert violation.expected == f"generation_data.{name}=the job's"
    assert violation.found == f"generation_data.{name}=else"
    logged = capsys.readouterr()
    assert "invariant.violated" in logged.out + logged.err
    assert "token=" not in logged.out + logged.err
    assert "evil" not in logged.out + logged.err


def test_a_result_that_a_job_never_had_is_found() -> None:
    world = World()
    job = world.finish("[[fail:always]]")
    data = {"image_urls": ["https://evil.test"], "thumbnail_urls": [], "storage_paths": []}
    more = {"model": "local-image", "provider": "local", "seed": 1}
    world.overwrite(at.view_path(job), generation_data={**data, **more})
    (violation,) = check_invariants(world.backend)
    assert violation.document == at.view_path(job)
    assert "generation_data" in violation.found


def test_a_prompt_that_was_changed_is_found_and_not_told() -> None:
    violation = forged(request_data={"prompt": "a secret"})
    assert (violation.expected, violation.found) == ("request_data=the job's", "request_data=else")


def test_a_view_that_cannot_be_read_is_found_and_hides_nothing() -> None:
    def damage(world: World, job: Job) -> None:
        world.overwrite(at.view_path(job), status="paid")
        world.overwrite("accounts/user_ann", held=7)

    job, violations = damaged(damage)
    assert {v.document for v in violations} == {"accounts/user_ann", at.view_path(job)}
    (shown,) = [v for v in violations if v.rule == SHOWN]
    assert (shown.expected, shown.found) == ("a document", "ValidationError")


def test_a_stale_view_of_a_job_at_work_is_found() -> None:
    world = World()
    job = world.submit("[[throttle:1]]").job
    before = dict(world.view(job.id))
    world.deliver_all()
    assert check_invariants(world.backend) == []
    world.documents.overwrite(at.view_path(job), before)
    (violation,) = check_invariants(world.backend)
    assert "status=processing" in violation.expected
    assert "status=queued" in violation.found


def test_a_view_that_its_owner_deleted_is_no_violation() -> None:
    _, violations = damaged(lambda world, job: world.documents.overwrite(at.view_path(job), None))
    assert violations == []


def test_a_job_that_moves_while_it_is_looked_at_is_no_violation() -> None:
    """Its account rests meanwhile, so only the job itself can tell."""

    class Moving(SharedDocuments):
        def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
            if moves:
                moves.pop()()  # the jobs are read, and the views are about to be
            return super().transact(work, after)

    documents = Moving()
    world = World(documents=documents)
    moves: list[Callable[[], object]] = []
    job = world.submit("[[throttle:1]]").job
    moves.append(world.deliver_all)
    account = world.documents.snapshot("accounts/user_ann")
    assert check_invariants(world.backend) == []
    assert moves == []
    assert world.job(job.id).snoozes == 1
    assert world.documents.snapshot("accounts/user_ann") == account


def test_what_is_wrong_each_time_is_found_though_its_account_never_rests() -> None:
    class Restless(SharedDocuments):
        def get(self, ref: at.Ref[D]) -> D | None:
            found = super().get(ref)
            if ref.path == "accounts/user_ann":
                moved = {**(self.peek(ref.path)[0] or {}), "modified": next(moments)}
                self.overwrite(ref.path, moved)
            return found

    moments = (START + timedelta(days=1, seconds=number) for number in count())
    world = World(documents=Restless())
    job = world.finish()
    world.overwrite(at.view_path(job), status="failed")
    (violation,) = check_invariants(world.backend)
    assert (violation.document, violation.rule) == (at.view_path(job), SHOWN)


@pytest.mark.parametrize("name", ["aaa", "zoe"])
def test_an_account_that_cannot_be_read_for_now_hides_no_other(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    class Busy(SharedDocuments):
        def get(self, ref: at.Ref[D]) -> D | None:
            if ref.path == f"accounts/user_{name}" and is_busy:
                raise BusyError("503")
            return super().get(ref)

    is_busy: list[bool] = []
    world = World(documents=Busy())
    job = world.finish()
    world.submit(caller=user(name))
    world.overwrite(at.view_path(job), status="failed")
    is_busy.append(True)
    with pytest.raises(BusyError):
        check_invariants(world.backend)
    assert [line["document"] for line in logged(capsys, "invariant.violated")] == [
        at.view_path(job)
    ]


@dataclass
class Counting(SharedDocuments):
    """Notes what is read by itself, and how much each unit of work reads."""

    got: list[str] = field(default_factory=list)
    read_at_once: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def get(self, ref: at.Ref[D]) -> D | None:
        self.got.append(ref.path)
        return super().get(ref)

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        before = self.reads
        result = super().transact(work, after)
        self.read_at_once.append(self.reads - before)
        return result

    def forget(self) -> None:
        self.got.clear()
        self.read_at_once.clear()


def test_a_view_costs_one_read_and_many_one_round_trip_where_all_is_well() -> None:
    documents = Counting()
    world = World(documents=documents)
    for _ in range(3):
        world.finish()
    documents.forget()
    assert check_invariants(world.backend) == []
    assert set(documents.got) == {"accounts/user_ann"}
    assert documents.read_at_once == [3]


def test_the_holds_of_what_was_submitted_long_ago_cost_one_round_trip() -> None:
    documents = Counting()
    world = World(documents=documents)
    for _ in range(3):
        world.submit(scheduledAt="2026-11-25T00:00:00Z")
    world.clock.advance(26 * 3600)
    documents.forget()
    assert check_invariants(world.backend) == []
    assert set(documents.got) == {"accounts/user_ann"}
    assert documents.read_at_once == [3, 3]  # the holds, and the views


def test_of_more_views_than_one_round_trip_reads_each_is_compared() -> None:
    documents = Counting()
    world = World(documents=documents)
    for _ in range(101):
        job = world.submit(scheduledAt="2026-11-25T00:00:00Z").job
        world.cancel(job.id, ANN)
        world.settle()
        world.clock.advance(3)
    world.overwrite(at.view_path(job), status="failed")
    documents.forget()
    (violation,) = check_invariants(world.backend)
    assert (violation.document, violation.rule) == (at.view_path(job), SHOWN)
    assert documents.read_at_once == [100, 1]


def test_a_brand_that_is_not_what_its_training_made_is_found() -> None:
    world = World()
    world.set_tier("pro")
    world.grant(5000)
    references = [{"path": f"references/ann/{n}.png", "mode": "style_only"} for n in range(5)]
    world.media.files.update({reference["path"]: b"mine" for reference in references})
    request = parse(TrainBrand, {"name": "Acme", "references": references})
    job = submit_job(world.backend, ANN, request).job
    world.run_until_quiet()
    assert check_invariants(world.backend) == []
    world.overwrite(f"brands/{job.brand_id}", model_uri="gs://elsewhere/weights")
    (violation,) = check_invariants(world.backend)
    assert violation.document == f"brands/{job.brand_id}"
    assert (violation.rule, violation.found) == (SHOWN, "model_uri=else")


def test_a_job_settled_long_ago_is_looked_at_when_everything_is_asked_for() -> None:
    world = World()
    job = world.finish()
    world.clock.advance(26 * 3600)
    world.overwrite(f"jobs/{job.id}", charged_credits=1)
    assert check_invariants(world.backend) == []
    violations = check_invariants(world.backend, timedelta(days=36_500))
    assert {violation.document for violation in violations} == {
        f"jobs/{job.id}",
        at.view_path(job),
    }


def test_a_waiting_job_that_its_account_does_not_know_of_is_found() -> None:
    world = World()
    waiting = [world.submit().job.id for _ in range(3)][-1]
    world.overwrite("accounts/user_ann", due_at=None)
    (violation,) = check_invariants(world.backend)
    assert violation.document == "accounts/user_ann"
    assert waiting in violation.found


def with_a_direction_under_way(damage: Callable[[World, str], None]) -> list[Violation]:
    """What is found where the caller of the director has died, and then something was damaged."""
    world = World()
    steps = Steps(die_at=2)
    with pytest.raises(Killed):
        direct(mortal(world.backend, steps), ANN, parse(DirectCreative, {"brief": "a lighthouse"}))
    (direction,) = world.directions()
    assert direction.is_asking
    assert check_invariants(world.backend) == []
    damage(world, direction.id)
    return check_invariants(world.backend)


def test_a_direction_under_way_that_was_not_held_for_is_found() -> None:
    def damage(world: World, direction_id: str) -> None:
        world.documents.overwrite(f"{LEDGER}/{direction_id}:hold:1", None)
        world.overwrite("accounts/user_ann", available=100, held=0)

    violations = with_a_direction_under_way(damage)
    assert [v.rule for v in violations] == [
        "held is what the unfinished jobs, waiting rows and directions reserve",
        "a direction is held for before it is asked",
    ]
    assert violations[1].document.startswith("directions/")


def test_directions_that_the_account_does_not_know_of_are_found() -> None:
    (violation,) = with_a_direction_under_way(
        lambda world, _: world.overwrite("accounts/user_ann", asking=0)
    )
    assert (violation.rule, violation.expected, violation.found) == (
        "asking counts the directions under way",
        "1",
        "0",
    )


@pytest.mark.parametrize("status", ["closed", "refused"])
def test_a_direction_that_ended_otherwise_than_it_was_paid_for_is_found(status: str) -> None:
    world = World()
    direction = direct(world.backend, ANN, parse(DirectCreative, {"brief": "a lighthouse"}))
    assert check_invariants(world.backend) == []
    world.overwrite(f"directions/{direction.id}", status=status)
    (violation,) = check_invariants(world.backend)
    assert (violation.document, violation.expected, violation.found) == (
        f"directions/{direction.id}",
        "1",
        "no release",
    )


@pytest.mark.parametrize("due_at", [None, START - timedelta(seconds=601)])
def test_a_direction_that_nobody_closes_is_found(due_at: datetime | None) -> None:
    (violation,) = with_a_direction_under_way(
        lambda world, direction_id: world.overwrite(f"directions/{direction_id}", due_at=due_at)
    )
    assert violation.rule == "a direction ends in its time"


def test_a_negative_balance_is_found_as_such() -> None:
    _, violations = damaged(lambda world, _: world.overwrite("accounts/user_ann", held=-1))
    assert [v.rule for v in violations] == [
        "available and held are the sum of the entries",
        "no balance is below 0",
        "held is what the unfinished jobs, waiting rows and directions reserve",
    ]


def test_a_changed_hold_is_found() -> None:
    job, violations = damaged(
        lambda world, job: world.overwrite(f"{LEDGER}/{job.id}:hold", amount=3)
    )
    assert [v.document for v in violations] == ["accounts/user_ann", f"jobs/{job.id}"]
    assert (violations[1].expected, violations[1].found) == ("[2]", "[3]")


def test_a_changed_capture_is_found() -> None:
    job, violations = damaged(
        lambda world, job: world.overwrite(f"{LEDGER}/{job.id}:capture", amount=1)
    )
    assert [v.document for v in violations] == ["accounts/user_ann", f"jobs/{job.id}"]
    assert (violations[1].expected, violations[1].found) == ("(2, 0)", "(1, 0)")


@pytest.mark.parametrize("charged_credits", [0, 4])
def test_a_charge_of_what_was_not_delivered_is_found(charged_credits: int) -> None:
    job, violations = damaged(
        lambda world, job: world.overwrite(f"jobs/{job.id}", charged_credits=charged_credits)
    )
    (found,) = [v for v in violations if v.rule.startswith("a job is charged what was delivered")]
    assert (found.document, found.expected, found.found) == (
        f"jobs/{job.id}",
        "2",
        str(charged_credits),
    )


def test_a_failed_job_that_was_charged_is_found_whatever_it_delivered() -> None:
    job, violations = damaged(lambda world, job: world.overwrite(f"jobs/{job.id}", status="failed"))
    (found,) = [violation for violation in violations if violation.rule != SHOWN]
    assert (found.document, found.expected, found.found) == (f"jobs/{job.id}", "0", "2")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({"charged_credits": 2}, "0"), ({"bills": True, "cancel_stops_bill": False}, "2")],
)
def test_a_cancel_that_was_charged_wrongly_or_wrongly_for_nothing_is_found(
    fields: dict[str, object], expected: str
) -> None:
    world = World()
    job_id = world.submit().job.id
    world.provider.meanwhile = [lambda: world.cancel(job_id)]
    world.deliver(job_id)
    world.settle()
    assert check_invariants(world.backend) == []
    world.overwrite(f"jobs/{job_id}", **fields)
    violations = [v for v in check_invariants(world.backend) if v.rule != SHOWN]
    assert {violation.document for violation in violations} == {f"jobs/{job_id}"}
    assert expected in {violation.expected for violation in violations}


def test_a_capture_that_became_a_release_is_found() -> None:
    job, violations = damaged(
        lambda world, job: world.overwrite(f"{LEDGER}/{job.id}:capture", type="release")
    )
    assert f"jobs/{job.id}" in [v.document for v in violations]


def test_a_wrong_count_of_active_jobs_is_found() -> None:
    _, (violation,) = damaged(lambda world, _: world.overwrite("accounts/user_ann", active=1))
    assert (violation.document, violation.expected, violation.found) == (
        "accounts/user_ann",
        "0",
        "1",
    )


def test_a_slot_that_its_account_s_hour_does_not_know_of_is_found() -> None:
    world = World()
    for _ in range(2):
        world.submit()
    (of_hour,) = world.account().spend.slices
    world.overwrite("accounts/user_ann", spend={"slices": {of_hour: 3}})
    (violation,) = check_invariants(world.backend)
    assert (violation.rule, violation.expected, violation.found) == (
        "what got a slot counts in its account's hour",
        "4 or more",
        "3",
    )
    world.clock.advance(3_900)
    assert not any("slot counts" in v.rule for v in check_invariants(world.backend))


def test_a_further_start_that_its_account_s_hour_does_not_know_of_is_found() -> None:
    world = World()
    job = world.finish("[[fail:transient:1]]")
    assert check_invariants(world.backend) == []
    (of_hour,) = world.account().spend.slices
    world.overwrite("accounts/user_ann", spend={"slices": {of_hour: job.estimated_credits}})
    (violation,) = check_invariants(world.backend)
    assert (violation.document, violation.expected) == ("accounts/user_ann", "4 or more")


def test_what_a_reset_has_forgotten_is_not_missed() -> None:
    world = World()
    world.submit()
    world.control_account("resetFuse", accountId="user_ann")
    world.clock.advance(1)
    world.submit()
    assert check_invariants(world.backend) == []


def test_a_start_that_the_project_s_hour_does_not_know_of_is_found() -> None:
    world = World()
    job = world.finish()
    world.overwrite(f"jobs/{job.id}", started_credits=0)
    (violation,) = check_invariants(world.backend)
    assert violation.document == f"jobs/{job.id}"
    assert (violation.expected, violation.found) == ("2", "0")


def test_a_job_that_got_its_slot_before_starts_were_counted_is_left_alone() -> None:
    world = World()
    job = world.finish()
    world.overwrite(f"jobs/{job.id}", started_credits=0, lane=None, slot_at=None)
    assert check_invariants(world.backend) == []


def test_a_missing_file_is_found() -> None:
    job, (violation,) = damaged(lose_files)
    assert violation.document == f"jobs/{job.id}"
    assert violation.expected == f"generating/ann/image/{job.id}.png"


def lose_files(world: World, job: Job) -> None:
    assert job.output is not None
    for path in job.output.storage_paths:
        del world.media.files[path]


def test_a_file_missing_for_longer_than_a_day_is_not_looked_for_again() -> None:
    world = World()
    lose_files(world, world.finish())
    world.clock.advance(26 * 3600)
    assert check_invariants(world.backend) == []


def test_a_final_job_that_nobody_settles_is_found() -> None:
    world = World()
    job = world.submit().job
    world.deliver(job.id)
    world.clock.advance(600)
    assert check_invariants(world.backend) == []
    world.clock.advance(1)
    (violation,) = check_invariants(world.backend)
    assert violation.document == f"jobs/{job.id}"
    assert violation.rule == "a final job is settled"


def test_damage_in_several_accounts_is_found_in_each() -> None:
    def damage(world: World, _: Job) -> None:
        world.overwrite("accounts/user_ann", active=9)
        world.overwrite("accounts/user_bob", available=0)

    _, violations = damaged(damage)
    assert [v.document for v in violations] == ["accounts/user_ann", "accounts/user_bob"]


def test_a_check_changes_nothing() -> None:
    world = World()
    world.finish()
    world.overwrite("accounts/user_ann", active=9)
    contents = world.contents()
    check_invariants(world.backend)
    assert world.contents() == contents


# ---- in turn ---------------------------------------------------------------------------------------


@dataclass
class OfOneRun(SharedDocuments):
    """The platform ends a run that begins with more than so many accounts, or with the `endless` one. `asked`
    is done before the next page of accounts is read."""

    accounts_max: int = 1000
    endless: str = ""
    begun: set[str] = field(default_factory=set)
    asked: list[Callable[[], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def find_ids(self, query: Query) -> list[str]:
        if query.collection == at.ACCOUNTS and self.asked:
            self.asked.pop()()
        return super().find_ids(query)

    def get(self, ref: at.Ref[D]) -> D | None:
        if ref.path.startswith("accounts/"):
            self.begun.add(ref.id)
            if len(self.begun) > self.accounts_max or ref.id == self.endless:
                raise Killed
        return super().get(ref)

    def run(self, world: World) -> set[str]:
        """The accounts that one run has begun with."""
        self.begun = set()
        with suppress(Killed):
            check_in_turn(world.backend)
        return self.begun


def behind_a_hundred_teams(capsys: pytest.CaptureFixture[str]) -> tuple[World, OfOneRun]:
    """Ann's books are wrong, and by its id her account is behind all those."""
    documents = OfOneRun()
    world = World(documents=documents)
    world.finish()
    world.overwrite("accounts/user_ann", available=7)
    for number in range(100):
        account = open_account(f"team_{number:03}", "free", world.clock.now())
        documents.transact(lambda tx, new=account: tx.create(at.account(new.id), new))  # type: ignore[misc]
    world.clock.advance(48 * 3600)  # none has changed of late: all are in the slice
    assert logged(capsys, "invariant.violated") == []
    return world, documents


def test_however_many_accounts_come_first_by_their_ids_each_has_its_turn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # A run that always begins with the first, and is ended before the last, never comes to a user's.
    world, documents = behind_a_hundred_teams(capsys)
    documents.accounts_max = 50
    begun = [documents.run(world) for _ in range(3)]
    assert "team_000" in begun[0]
    assert "team_000" not in begun[1]
    assert set.union(*begun) >= {f"team_{number:03}" for number in range(100)}
    (line,) = logged(capsys, "invariant.violated")
    assert line["document"] == "accounts/user_ann"


def test_what_two_runs_have_died_over_is_left_for_the_next_round_and_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It alone: those beside it have their turn."""
    world, documents = behind_a_hundred_teams(capsys)
    documents.endless = "team_010"
    assert documents.run(world) <= {f"team_{number:03}" for number in range(40)}
    assert documents.run(world) == {f"team_{number:03}" for number in range(11)}
    assert documents.run(world) == {"team_010"}
    assert logged(capsys, "invariant.violated") == []
    assert documents.run(world) == {*(f"team_{n:03}" for n in range(11, 100)), "user_ann"}
    output = capsys.readouterr()
    lines = [json.loads(line) for line in (output.out + output.err).splitlines()]
    (left,) = [line for line in lines if line["message"] == "invariants.left_out"]
    assert (left["severity"], left["account_id"]) == ("ERROR", "team_010")
    (violated,) = [line for line in lines if line["message"] == "invariant.violated"]
    assert violated["document"] == "accounts/user_ann"
    documents.endless = ""
    assert "team_010" in documents.run(world)


def test_a_run_that_is_not_ended_comes_to_the_end_of_its_round(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world, documents = behind_a_hundred_teams(capsys)
    documents.accounts_max = 50
    documents.run(world)
    documents.accounts_max = 1000
    for accounts in (61, 101, 101):
        assert len(documents.run(world)) == accounts
        (line,) = logged(capsys, "invariants.checked")
        assert line["accounts"] == accounts


def test_what_was_settled_since_is_looked_at_before_the_rest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world, documents = behind_a_hundred_teams(capsys)
    assert len(documents.run(world)) == 101
    job = world.finish()
    world.overwrite(f"jobs/{job.id}", charged_credits=0)
    documents.accounts_max = 50
    logged(capsys, "invariant.violated")
    world.clock.advance(24 * 3600)
    documents.run(world)
    assert f"jobs/{job.id}" in {line["document"] for line in logged(capsys, "invariant.violated")}


def test_a_round_that_takes_days_misses_nothing_that_was_settled_meanwhile(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All teams have changed, and Ann's account the last."""
    world, documents = behind_a_hundred_teams(capsys)
    for number in range(100):
        world.overwrite(f"accounts/team_{number:03}", modified=world.clock.now())
    world.clock.advance(1)
    job = world.finish()
    world.overwrite(f"jobs/{job.id}", charged_credits=0)
    documents.accounts_max = 50
    logged(capsys, "invariant.violated")
    found = []
    for _ in range(3):
        documents.run(world)
        found.append({line["document"] for line in logged(capsys, "invariant.violated")})
        world.clock.advance(24 * 3600)
    assert found[:2] == [set(), set()]
    assert f"jobs/{job.id}" in found[2]


def test_runs_that_were_told_no_account_have_died_over_none() -> None:
    documents = OfOneRun()
    world = World(documents=documents)
    world.finish()
    world.overwrite("accounts/user_ann", available=7)

    def refuse() -> None:
        raise BusyError("503")

    for _ in range(2):
        documents.asked.append(refuse)
        with pytest.raises(BusyError):
            check_in_turn(world.backend)
    (violation,) = check_in_turn(world.backend)
    assert violation.document == "accounts/user_ann"


def test_of_two_runs_at_once_the_one_that_is_behind_stops(
    capsys: pytest.CaptureFixture[str],
) -> None:
    documents = OfOneRun()
    world = World(documents=documents)
    world.finish()
    documents.asked.append(lambda: check_in_turn(world.backend))
    assert check_in_turn(world.backend) == []
    assert [line["accounts"] for line in logged(capsys, "invariants.checked")] == [1, 0]
    known = documents.get(at.check_round())
    assert known is not None
    assert (known.is_over, known.accounts) == (True, 1)


def test_what_an_earlier_version_noted_of_its_turns_begins_a_round() -> None:
    world = World(documents=OfOneRun())
    world.finish()
    world.overwrite("accounts/user_ann", available=7)
    world.documents.overwrite("system/check_round", {"after": "user_zoe", "runs": 2})
    (violation,) = check_in_turn(world.backend)
    assert violation.document == "accounts/user_ann"


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_whatever_answer_is_lost_a_run_comes_to_the_end_of_its_round(number: int) -> None:
    """The commits: the page begun, what is read of Ann, of Bob, the page done, the round over."""
    world = World()
    world.finish()
    world.submit(caller=BOB)
    steps = Steps()
    documents = UnheardDocuments(world.documents, steps, number)
    assert check_in_turn(replace(world.backend, documents=documents)) == []
    assert steps.passed.count("after a commit") == 5
    known = world.documents.get(at.check_round())
    assert known is not None
    assert (known.is_over, known.runs, known.accounts) == (True, 0, 2)
