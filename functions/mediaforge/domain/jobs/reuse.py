"""Which jobs asked for the same, so that the result of one may answer the other. Pure.

A job asks for what is left of its request once its template, its variables and its pack are read and the
catalogue has filled in the rest. Its seed, its title, and when and how it was to be run are no part of that.
"""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime

from mediaforge.domain.jobs.job import Job, Output
from mediaforge.domain.names import digest_of

_LAST = "~"  # behind all digits, and whatever else a moment is written with


def key_of(job: Job, output: Output, completed_at: datetime) -> str | None:
    """The key of a job that was completed with `output`, under which it is found by what it asked for, by its
    seed, and by its age. None where its result answers nobody: a brand is no result, and part of what was
    asked for is another one."""
    is_whole = len(output.storage_paths) == job.count
    if job.kind.traits.type_of is None or not is_whole:
        return None
    return f"{_name_of(job)}:{job.seed}:{completed_at.astimezone(UTC).isoformat()}"


def keys_that_answer(draft: Job) -> tuple[str, str]:
    """The first and the last key that a result for `draft` may have. If its request names a seed, the result
    has to have that one."""
    seed = draft.wanted.get("seed")
    first = f"{_name_of(draft)}:" if seed is None else f"{_name_of(draft)}:{seed}:"
    return first, first + _LAST


def wants_reuse(draft: Job) -> bool:
    return draft.wanted.get("reuse") is True


def answered_by(draft: Job, result: Job) -> Job:
    """`draft` as a job that delivers copies of what `result` delivered: no provider is asked, and it costs
    nothing. It waits for no moment, since there is nothing to begin."""
    return replace(
        draft,
        reused_from=result.id,
        seed=result.seed,
        price_credits=0,
        estimated_credits=0,
        bills=False,
        not_before=None,
    )


def _film_of(job: Job) -> dict[str, object] | None:
    if job.video is None:
        return None
    film = asdict(job.video)
    return {name: each for name, each in film.items() if name != "extend_of" or each is not None}


def _name_of(job: Job) -> str:
    """Stands for what was asked for, and for the account: nobody is answered with what another account
    has."""
    asked = [
        job.model,
        job.provider,
        job.count,
        job.width_px,
        job.height_px,
        job.aspect_ratio,
        job.size_name,
        job.wanted.get("prompt"),
        job.wanted.get("styleId"),
        job.style,
        job.negative_prompt,
        job.brand_id,
        [dict(each) for each in job.references],
        _film_of(job),
        *(asdict(each) if each is not None else None for each in (job.pack, job.template)),
    ]
    # Behind the others, and only where they are: results of earlier versions keep their names.
    if job.edit_of is not None or job.is_transparent:
        asked += [job.edit_of, job.is_transparent]
    return digest_of(job.account_id, job.kind.value, json.dumps(asked, sort_keys=True))
