"""The life of a job of some kind, told in JSON: run in a copy of the house in which there is one more."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import main
from mediaforge.contract.requests import SUBMITTABLE, parse
from mediaforge.domain.errors import QuotaExceededError
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.ports.provider import Asset, Finished, ProviderRequest
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.library.catalog import describe_catalogue
from mediaforge.services.watch.invariants import check_invariants
from tests.support.one_shot import OneShotProvider
from tests.support.world import ANN, World, user

SOUND = b"RIFF\x24\0\0\0WAVEfmt "


class Toy(OneShotProvider):
    def start(self, request: ProviderRequest) -> Finished:
        return Finished(Asset(SOUND, "bin", "any/thing") for _ in range(request.count))


def live(kind: JobKind) -> Mapping[str, Any]:
    world = World()
    world.backend = replace(world.backend, providers={"toy": Toy()})
    world.set_tier("pro")
    job = submit(world, kind, count=2)
    world.run_until_quiet()
    world.assert_promises()
    catalogue = describe_catalogue(world.backend).on_the_wire()
    return {
        "callable": callable(getattr(main, kind.traits.callable_name)),
        "default": catalogue["defaults"][kind],
        "limits": {tier["id"]: tier[f"{kind.plural}ADay"] for tier in catalogue["tiers"]},
        "job": job.id,
        "views": [path for path in world.documents.paths() if path.startswith("generations/")],
        "view": shown(world, job),
        "files": sorted(world.media.files),
        "used": stored_usage(world, "accounts/user_ann"),
        "charged": world.job(job.id).charged_credits,
        "findings": len(check_invariants(world.backend)),
        "refused": [refusal(world, kind), member_s_refusal(world, kind)],
    }


def submit(world: World, kind: JobKind, **fields: Any) -> Job:
    request = parse(SUBMITTABLE[kind], {"prompt": "a duck", **fields})
    return submit_job(world.backend, ANN, request).job


def shown(world: World, job: Job) -> Mapping[str, Any]:
    view = world.view(job.id)
    made = view["generation_data"]
    named = {name: made[name] for name in ("urls", "image_urls", "thumbnail_urls", "video_url")}
    return {"status": view["status"], "paths": made["storage_paths"], **named}


def stored_usage(world: World, path: str) -> Mapping[str, Any]:
    fields = world.documents.snapshot(path)[0] or {}
    usage: Mapping[str, Any] = fields["usage"]
    return usage


def refusal(world: World, kind: JobKind) -> str:
    """What the tier's daily limit, of which one is left, says to a submission of two more."""
    try:
        submit(world, kind, count=2)
    except QuotaExceededError as refused:
        return f"{refused.details['of']} of the {refused.details['limitOf']}"
    return "accepted"


def member_s_refusal(world: World, kind: JobKind) -> str:
    """What a member's limit says, in a team whose tier has none."""
    team_id = world.found_team(bob="editor")
    limits = {f"{kind.plural}ADay": 0}
    world.control_team(ANN, team_id, "setMember", uid="bob", limits=limits)
    request = parse(SUBMITTABLE[kind], {"prompt": "a duck", "teamId": team_id})
    try:
        submit_job(world.backend, user("bob"), request)
    except QuotaExceededError as refused:
        return f"{refused.details['of']} of the {refused.details['limitOf']}"
    return "accepted"


if __name__ == "__main__":
    sys.stdout.write(json.dumps(live(JobKind(sys.argv[1]))))
