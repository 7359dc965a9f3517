"""Users who have used everything that there is, to be erased; and what is left of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from mediaforge.contract.requests import CreateApiKey, DirectCreative, TrainBrand, parse
from mediaforge.domain.money.purchases import Paid, Refund, Refunded, RefundState
from mediaforge.domain.sign_ins import identities_of
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.directing.direct import direct
from mediaforge.services.erasure.mark import DeleteAccount, delete_account
from mediaforge.services.erasure.work import go_on
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.library.uploads import note_stored
from mediaforge.services.money.purchases import note_payment
from mediaforge.services.operate.audit import audited
from mediaforge.services.people.keys import create_key
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.operations import LongProvider
from tests.support.pictures import PICTURE
from tests.support.world import ADMIN, World, user

# A uid and words that are in no other text.
UID, WORDS = "eve-of-the-lake", "a heron that nobody is to know of"
EVE = user(UID, email="eve@lake.example", subjects=[("google.com", "g-eve")])
BOB = user("bob")
EVES = f"user_{UID}"


def world_with(slots: int = 4) -> World:
    """Where work takes long, so that it runs when its user is erased."""
    world = World(provider=LongProvider(polls=2))
    tiers = world.backend.catalogue.tiers
    few = tiers["pro"].model_copy(update={"jobs_at_once": slots})
    catalogue = world.backend.catalogue.model_copy(update={"tiers": {**tiers, "pro": few}})
    world.backend = replace(world.backend, catalogue=catalogue)
    world.sign_ins.records[UID] = identities_of(UID, phone="+15550100")
    return world


def use_everything(world: World) -> str:
    """Leaves a life of Eve's at rest; the id of a team that Bob owns, with her as an editor."""
    world.set_tier("pro", EVE)
    world.grant(5_000, EVES, "of Eve's")
    done = [world.submit(f"{WORDS} {n}", EVE, requestId=f"done-{n}").job for n in range(2)]
    world.run_until_quiet()
    team_id = world.found_team(BOB, 500, **{UID: "editor"})
    world.submit(f"{WORDS} for the team", EVE, teamId=team_id)
    world.submit_batch([{"prompt": WORDS}, {"prompt": WORDS}], EVE, teamId=team_id)
    world.run_until_quiet()
    _put_uploads(world)
    _write_documents(world, team_id, done[0].id)
    create_key(world.backend, EVE, parse(CreateApiKey, {"name": WORDS}))
    world.register(EVE, url="https://example.com/eve")
    world.register(EVE, url="https://example.com/team", teamId=team_id)
    world.export(EVE, jobIds=[job.id for job in done])
    world.make_exports()
    note_payment(world.backend, Paid("cs_1", "pi_1", EVES, 500, 500))
    note_payment(world.backend, Refunded("pi_1", "re_1", Refund(100, RefundState.MADE)))
    direct(world.backend, EVE, parse(DirectCreative, {"brief": WORDS, "requestId": "d1"}))
    own_team = world.found_team(EVE, 0)
    world.control_team(EVE, own_team, "invite", role="viewer")
    left = world.found_team(BOB, 0, **{UID: "viewer"})
    world.control_team(EVE, left, "remove", uid=UID)
    with audited(world.backend, ADMIN, "accounts adjust", EVES, f"for {WORDS}", [EVES]) as note:
        note.did(EVES, "adjust")
    return team_id


def begin_work(world: World) -> list[str]:
    """Four jobs that run, two that wait for a slot, one that is scheduled, one batch; the jobs' ids."""
    jobs = [world.submit(f"{WORDS} {n}", EVE, count=2).job for n in range(6)]
    soon = (world.clock.now() + timedelta(hours=3)).isoformat()
    jobs.append(world.submit(WORDS, EVE, scheduledAt=soon).job)
    world.submit_batch([{"prompt": f"{WORDS} {n}"} for n in range(5)], EVE)
    for job in jobs[:4]:
        world.deliver(job.id)
    assert [world.job(job.id).handle is not None for job in jobs] == [True] * 4 + [False] * 3
    return [job.id for job in jobs]


def _put_uploads(world: World) -> None:
    for n in range(5):
        path = f"references/{UID}/u{n}.png"
        world.media.save(path, PICTURE, "image/png", "t")
        note_stored(world.backend, path, world.media.list(path)[path])
    references = [{"path": f"references/{UID}/u{n}.png", "mode": "style_only"} for n in range(5)]
    brand = parse(TrainBrand, {"name": WORDS, "references": references})
    submit_job(world.backend, EVE, brand)
    world.run_until_quiet()


def _write_documents(world: World, team_id: str, job_id: str) -> None:
    """Those that clients write, and those that a guest of Bob's batch has."""
    now = world.clock.now()
    own: dict[str, Any] = {"user_id": UID, "created_at": now, "modified": now}
    bobs = world.submit_batch([{"prompt": "a mill"}], BOB)
    invited = world.invite_to(bobs.id, BOB)
    world.join_batch(bobs.id, Caller(UID, name="Eve of the lake"), invited.code)
    world.run_until_quiet()
    write = world.documents.overwrite
    write("reference_packs/p1", {**own, "name": WORDS, "visibility": "public"})
    write("templates/t1", {**own, "name": WORDS, "team_id": team_id})
    write(f"batches/{bobs.id}/comments/c1", {**own, "text": WORDS})
    view = f"generations/{UID}/images/{job_id}"
    write("comparisons/x1", {**own, "left": view, "right": view, "note": WORDS})
    write("comparisons/x1/votes/bob", {**own, "user_id": "bob", "choice": "left"})
    write("comparisons/x2", {**own, "user_id": "bob", "left": "a", "right": "b"})
    write(f"comparisons/x2/votes/{UID}", {**own, "choice": "left"})


def erase(world: World) -> None:
    delete_account(world.backend, EVE, parse(DeleteAccount, {"confirm": UID}))


def go_on_erasing(world: World, backend: Backend | None = None) -> list[str]:
    """Every task of erasures that is due, until none is; what came of each."""
    outcomes = []
    while due := [t for t in world.tasks.of_erasures if _is_due(world, t.not_before)]:
        for task in due:
            world.tasks.of_erasures.remove(task)
            outcomes.append(go_on(backend or world.backend, task.body["erase"]))
    return outcomes


def _is_due(world: World, moment: Any) -> bool:
    return moment is None or moment <= world.clock.now()


def live_on(world: World, hours: float = 2.5, step_s: float = 300) -> list[str]:
    """Step by step, with the sweep, until the erasure is over; what came of each of its tasks."""
    outcomes = []
    for _ in range(int(hours * 3600 / step_s)):
        outcomes += go_on_erasing(world)
        world.deliver_all()
        world.settle_all()
        outcomes += go_on_erasing(world)
        world.tell_webhooks()
        world.make_exports()
        if "erased" in outcomes:
            return outcomes
        world.clock.advance(step_s)
        sweep_jobs(world.backend)
    return outcomes


def traces(world: World, *names: str) -> list[str]:
    """The paths of documents and files in which one of the names is, or Eve's id or words."""
    named = names or (UID, WORDS, "lake.example", "Eve of")
    documents = [
        path
        for path, fields in world.contents().items()
        if any(name in path or name in repr(fields) for name in named)
    ]
    return documents + [path for path in world.media.files if any(name in path for name in named)]


def books_of_nobody(world: World) -> str:
    """The id of the one account that has the books of somebody who was erased."""
    paths = [p for p in world.documents.paths() if p.startswith("accounts/erased_")]
    [account_id] = {path.split("/")[1] for path in paths}
    return account_id
