"""Every call of a service that the harness makes, in the words of the harness. What the entry points do
around a service (which document event settles, what a delivery answers) is here, too."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mediaforge.contract import documents as at
from mediaforge.contract.requests import (
    ACCOUNT_ACTIONS,
    BATCH_ACTIONS,
    SHARING_ACTIONS,
    TEAM_ACTIONS,
    ControlJob,
    CreateTeam,
    DirectCreative,
    GenerateImage,
    GrantCredits,
    SubmitBatch,
    parse,
    parse_action,
)
from mediaforge.contract.stripe_events import read_fact
from mediaforge.domain.jobs.job import Job, Lease
from mediaforge.domain.sign_ins import SignIn, identities_of
from mediaforge.ports.documents import Transaction
from mediaforge.ports.tasks import Task
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.directing.direct import direct as direct_creative
from mediaforge.services.erasure.mark import DeleteAccount, delete_account
from mediaforge.services.erasure.work import go_on as go_on_erasing
from mediaforge.services.jobs import lease
from mediaforge.services.jobs.control import control_job
from mediaforge.services.jobs.dispatch import dispatch_account
from mediaforge.services.jobs.rotation import rotate_addresses
from mediaforge.services.jobs.run import run_job
from mediaforge.services.jobs.settle import settle_account
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.library.batch_control import control_batch
from mediaforge.services.library.batches import submit_batch
from mediaforge.services.library.deletion import DeleteGeneration, delete_generation
from mediaforge.services.library.sharing import NewShareInvite, share_batch
from mediaforge.services.library.tally import look_after
from mediaforge.services.library.unsharing import end_shares
from mediaforge.services.library.uploads import note_stored
from mediaforge.services.money.grant import grant_credits
from mediaforge.services.money.monthly import grant_monthly
from mediaforge.services.money.purchases import note_payment
from mediaforge.services.operate.account_control import control_account
from mediaforge.services.people.teams import NewInvite, control_team, create_team
from mediaforge.services.tasks import ROTATION_QUEUE, send_tally
from mediaforge.services.watch.invariants import check_invariants
from mediaforge.services.watch.sweep import sweep_jobs
from tests.faults.record import Fields, Identity
from tests.support.stripe_events import COMPLETED, event_of, session_of

ADMIN = Caller("root", is_admin=True)
_ENDS = {"completed", "failed", "cancelled"}
_SUBJECTS = ("teamId", "accountId", "batchId", "jobId", "erase")


def signed_in(uid: str, identities: Sequence[Identity] | None = None) -> Caller:
    """Somebody with a token of the project's own backend; or with these verified `identities`, without any of
    them by nothing but a password."""
    if identities is None:
        return Caller(uid, sign_in=SignIn("custom", identities_of(uid)))
    known = dict(identities)
    subjects = [(kind, value) for kind, value in identities if kind not in ("email", "phone")]
    email, phone = known.get("email", ""), known.get("phone", "")
    found = identities_of(uid, email=email, phone=phone, subjects=subjects)
    return Caller(uid, sign_in=SignIn("password", found))


def submit(
    backend: Backend,
    uid: str,
    payload: Fields,
    identities: Sequence[Identity] | None = None,
) -> str:
    """The job's id."""
    request = parse(GenerateImage, dict(payload))
    return submit_job(backend, signed_in(uid, identities), request).job.id


def cancel(backend: Backend, uid: str, job_id: str, *, accepts_charge: bool) -> int:
    """What it cost."""
    fields = {"jobId": job_id, "action": "cancel", "acceptCharge": accepts_charge}
    return control_job(backend, Caller(uid), parse(ControlJob, fields)).charged_credits


def direct(backend: Backend, uid: str, payload: Fields) -> tuple[str, str]:
    """The direction's id, and what the director said of it."""
    record = direct_creative(backend, signed_in(uid), parse(DirectCreative, dict(payload)))
    return record.id, record.rationale


def retry(backend: Backend, uid: str, job_id: str) -> str:
    """The id of the job that repeats it."""
    request = parse(ControlJob, {"jobId": job_id, "action": "retry"})
    return control_job(backend, signed_in(uid), request).id


def submit_rows(backend: Backend, uid: str, payload: Fields) -> str:
    """The batch's id."""
    request = parse(SubmitBatch, dict(payload))
    return submit_batch(backend, signed_in(uid), request).batch.id


def control_rows(backend: Backend, uid: str, fields: Fields) -> str:
    """The batch's status after the call."""
    return control_batch(backend, signed_in(uid), parse_action(BATCH_ACTIONS, dict(fields))).status


def share(backend: Backend, by: str, batch_id: str) -> str:
    """The code."""
    fields = {"batchId": batch_id, "action": "invite", "role": "viewer"}
    made = share_batch(backend, signed_in(by), parse_action(SHARING_ACTIONS, fields))
    assert isinstance(made, NewShareInvite)
    return made.code


def join_batch(backend: Backend, uid: str, batch_id: str, code: str) -> None:
    fields = {"batchId": batch_id, "action": "join", "code": code}
    share_batch(backend, signed_in(uid), parse_action(SHARING_ACTIONS, fields))


def end_share(backend: Backend, batch_id: str, uid: str) -> None:
    """What a client writes for its host, and the rules let it."""

    def work(tx: Transaction) -> None:
        ref, now = at.share(batch_id, uid), backend.clock.now()
        share = tx.get(ref)
        if share is not None and share.revoked_at is None:
            tx.put(ref, replace(share, revoked_at=now, modified=now))

    backend.documents.transact(work)


def delete_made(backend: Backend, uid: str, job_ids: Sequence[str]) -> None:
    delete_generation(backend, signed_in(uid), parse(DeleteGeneration, {"jobIds": list(job_ids)}))


def erase(backend: Backend, uid: str, identities: Sequence[Identity] | None = None) -> None:
    request = parse(DeleteAccount, {"confirm": uid})
    delete_account(backend, signed_in(uid, identities), request)


def note_upload(backend: Backend, path: str, generation: int) -> None:
    """What the trigger does after a file was stored."""
    note_stored(backend, path, generation)


def grant(backend: Backend, account_id: str, amount: int, name: str) -> None:
    fields = {"accountId": account_id, "amount": amount, "reason": "a gift", "requestId": name}
    grant_credits(backend, ADMIN, parse(GrantCredits, fields))


def take(backend: Backend, account_id: str, amount: int, name: str) -> None:
    """A correction downwards by the operator."""
    fields = {"amount": -amount, "reason": "a correction", "requestId": name}
    action = {"accountId": account_id, "action": "adjust", **fields}
    control_account(backend, ADMIN, parse_action(ACCOUNT_ACTIONS, action))


def buy(backend: Backend, account_id: str, amount: int, name: str) -> None:
    hear(backend, event_of(COMPLETED, session_of(name, amount, account_id), f"evt_{name}"))


def hear(
    backend: Backend,
    event: Fields,
    misread: Callable[[Fields, Any], Any] = lambda _, fact: fact,
) -> None:
    """What the purchase hook does with an event of Stripe's. `misread` is told both, and may change or drop
    the fact that is read."""
    read = read_fact(json.dumps(event).encode(), takes_test_mode=False)
    fact = None if read is None else misread(event, read)
    if fact is not None:
        note_payment(backend, fact)


def delete(backend: Backend, paths: Sequence[str]) -> None:
    """By hand, and without asking anybody."""

    def work(tx: Transaction) -> None:
        for path in paths:
            tx.delete(at.Ref(path, object))

    backend.documents.transact(work)


def grant_month(backend: Backend) -> None:
    grant_monthly(backend)


def deliver(backend: Backend, task: Task) -> None:
    """A task at its worker."""
    subject = subject_of(task)
    if "teamId" in task.body:
        rotate_addresses(backend, subject, at_once=1)  # a thread has no turn here
    elif "accountId" in task.body:
        dispatch_account(backend, subject)
    elif "erase" in task.body:
        go_on_erasing(backend, subject)
    elif task.queue == ROTATION_QUEUE:
        end_shares(backend, subject, at_once=1)
    elif "batchId" in task.body:
        _wait_for(backend, task.body.get("after"))
        look_after(backend, subject)
    else:
        run_job(backend, subject, task.body["delivery"])


def _wait_for(backend: Backend, second: int | None) -> None:
    """A queue may be early: the worker waits for the second that it is to count."""
    if second is not None:
        backend.clock.sleep(max(0, second - backend.clock.now().timestamp()))


def subject_of(task: Task) -> str:
    """The team, the account, the batch or the job."""
    [subject] = (task.body[name] for name in _SUBJECTS if name in task.body)
    assert isinstance(subject, str)
    return subject


def is_for_settle(path: str, before: Fields | None, after: Fields) -> bool:
    """Whether the trigger hears of this change of a document, and acts on it."""
    if not path.startswith("generations/") or before is None:
        return False
    return after["status"] in _ENDS and after["status"] != before["status"]


def is_for_tally(path: str, before: Fields | None, after: Fields) -> bool:
    """Whether the trigger has the rows of a batch counted for this change of a document."""
    if not path.startswith("generations/") or before is None or not after["batch_id"]:
        return False
    return bool(after["status"] != before["status"])


def hint(backend: Backend, view: Fields, changed_at: datetime) -> None:
    """What the trigger does for the batch of a view that was written at that moment."""
    send_tally(backend, view["batch_id"], changed_at)


def settle(backend: Backend, view: Fields) -> None:
    settle_account(backend, view["account_id"])


def sweep(backend: Backend) -> None:
    sweep_jobs(backend)


def violations(backend: Backend) -> list[str]:
    """What the product's own check finds."""
    return [f"{v.document}: {v.rule}: {v.expected}, {v.found}" for v in check_invariants(backend)]


def renew_lease(backend: Backend, job: Fields, owner: str) -> bool:
    """One beat of a worker's heart; whether the lease is still its own."""
    claimed: Job = at.load(Job, job, job["id"])
    return lease.renew(backend, replace(claimed, lease=Lease(owner, claimed.expires_at)))


def set_tier(backend: Backend, account_id: str, tier: str) -> None:
    fields = {"accountId": account_id, "action": "setTier", "tier": tier}
    control_account(backend, ADMIN, parse_action(ACCOUNT_ACTIONS, fields))


def reset_fuse(backend: Backend, **fields: str) -> None:
    """The one that they name; the project's where they name none."""
    action = {"action": "resetFuse", **fields}
    control_account(backend, ADMIN, parse_action(ACCOUNT_ACTIONS, action))


def block(backend: Backend, account_id: str) -> None:
    fields = {"accountId": account_id, "action": "block", "reason": "abuse"}
    control_account(backend, ADMIN, parse_action(ACCOUNT_ACTIONS, fields))


def unblock(backend: Backend, account_id: str) -> None:
    fields = {"accountId": account_id, "action": "unblock"}
    control_account(backend, ADMIN, parse_action(ACCOUNT_ACTIONS, fields))


def manage(backend: Backend, by: str, team_id: str, action: str, **fields: Any) -> Any:
    """A team, by one of its people or by somebody else."""
    sent = {"teamId": team_id, "action": action, **fields}
    return control_team(backend, signed_in(by), parse_action(TEAM_ACTIONS, sent))


def invite(backend: Backend, by: str, team_id: str, **fields: Any) -> str:
    """The code."""
    made = manage(backend, by, team_id, "invite", **fields)
    assert isinstance(made, NewInvite)
    return made.code


def make_team(backend: Backend, owner: str, members: list[str], name: str) -> str:
    """The id of a team of these people."""
    team = create_team(
        backend, signed_in(owner), parse(CreateTeam, {"name": name, "requestId": name})
    )
    for uid in members:
        join(backend, team.id, owner, uid, "editor")
    return team.id


def join(backend: Backend, team_id: str, owner: str, uid: str, role: str = "viewer") -> None:
    invitation = {"teamId": team_id, "action": "invite", "role": role}
    invite = control_team(backend, Caller(owner), parse_action(TEAM_ACTIONS, invitation))
    assert isinstance(invite, NewInvite)
    answer = {"teamId": team_id, "action": "accept", "code": invite.code}
    control_team(backend, Caller(uid), parse_action(TEAM_ACTIONS, answer))


def remove(backend: Backend, team_id: str, by: str, uid: str) -> None:
    """Somebody goes; of their own will, where it is `by` themselves."""
    request = {"teamId": team_id, "action": "remove", "uid": uid}
    control_team(backend, Caller(by), parse_action(TEAM_ACTIONS, request))
