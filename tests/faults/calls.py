"""Every call of a service that the harness makes, in the words of the harness. What the entry points do
around a service (which document event settles, what a delivery answers) is here, too."""

from collections.abc import Sequence
from dataclasses import replace

from mediaforge.contract import documents as at
from mediaforge.contract.requests import (
    ACCOUNT_ACTIONS,
    TEAM_ACTIONS,
    ControlJob,
    CreateTeam,
    GenerateImage,
    GrantCredits,
    parse,
    parse_action,
)
from mediaforge.contract.stripe_events import Purchase
from mediaforge.domain.jobs import Job, Lease
from mediaforge.ports.documents import Transaction
from mediaforge.ports.tasks import Task
from mediaforge.services import lease
from mediaforge.services.account_control import control_account
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.control import control_job
from mediaforge.services.grant import credit_purchase, grant_credits
from mediaforge.services.invariants import check_invariants
from mediaforge.services.monthly import grant_monthly
from mediaforge.services.run import run_job
from mediaforge.services.settle import settle_account
from mediaforge.services.submit import submit_job
from mediaforge.services.sweep import sweep_jobs
from mediaforge.services.teams import NewInvite, control_team, create_team
from tests.faults.record import Fields

ADMIN = Caller("root", is_admin=True)


def submit(backend: Backend, uid: str, payload: Fields) -> str:
    """The job's id."""
    return submit_job(backend, Caller(uid), parse(GenerateImage, dict(payload))).job.id


def cancel(backend: Backend, uid: str, job_id: str) -> None:
    control_job(backend, Caller(uid), parse(ControlJob, {"jobId": job_id, "action": "cancel"}))


def retry(backend: Backend, uid: str, job_id: str) -> str:
    """The id of the job that repeats it."""
    request = parse(ControlJob, {"jobId": job_id, "action": "retry"})
    return control_job(backend, Caller(uid), request).id


def grant(backend: Backend, account_id: str, amount: int, name: str) -> None:
    fields = {"accountId": account_id, "amount": amount, "reason": "a gift", "requestId": name}
    grant_credits(backend, ADMIN, parse(GrantCredits, fields))


def buy(backend: Backend, account_id: str, amount: int, name: str) -> None:
    credit_purchase(backend, Purchase(f"evt_{name}", account_id, amount))


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
    run_job(backend, task.job_id, task.delivery)


def is_for_settle(job: Fields) -> bool:
    """Whether the trigger acts on an event with this document."""
    return bool(job["awaits_settle"])


def settle(backend: Backend, job: Fields) -> None:
    settle_account(backend, job["account_id"])


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


def reset_fuse(backend: Backend, account_id: str | None) -> None:
    """An account's, or the project's."""
    fields = {"action": "resetFuse", **({"accountId": account_id} if account_id else {})}
    control_account(backend, ADMIN, parse_action(ACCOUNT_ACTIONS, fields))


def make_team(backend: Backend, owner: str, members: list[str], name: str) -> str:
    """The id of a team of these people."""
    team = create_team(backend, Caller(owner), parse(CreateTeam, {"name": name, "requestId": name}))
    for uid in members:
        invitation = {"teamId": team.id, "action": "invite", "role": "editor"}
        invite = control_team(backend, Caller(owner), parse_action(TEAM_ACTIONS, invitation))
        assert isinstance(invite, NewInvite)
        answer = {"teamId": team.id, "action": "accept", "code": invite.code}
        control_team(backend, Caller(uid), parse_action(TEAM_ACTIONS, answer))
    return team.id
