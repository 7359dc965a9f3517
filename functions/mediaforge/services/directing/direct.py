"""The creative director: a brief becomes concepts while the caller waits.

A direction is held for before the director is asked, and one call at a time asks for it. In each process two
more calls of a user wait for what comes of that; any others are told at once to come again. A refusal costs
nothing, and is remembered like an answer.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.requests import DirectCreative
from mediaforge.domain.catalogue import Resolved, Tier
from mediaforge.domain.directing import directions
from mediaforge.domain.directing.directions import (
    ConceptRecord,
    DirectionRecord,
    DirectionStatus,
    Refusal,
)
from mediaforge.domain.errors import (
    BusyError,
    InvalidRequestError,
    NotAllowedError,
    ProviderError,
    RejectedError,
    ThrottledError,
)
from mediaforge.domain.library.brands import Brand
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.domain.names import digest_of
from mediaforge.ports.director import Brief, Concept, Direction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.directing.briefs import find_brand, make_brief, tier_of_team
from mediaforge.services.directing.directions import end, hold
from mediaforge.services.jobs import breakers
from mediaforge.services.jobs.plans import hash_of
from mediaforge.services.money.blocks import refuse_blocked_caller
from mediaforge.services.people.members import refuse_blocked_team

# A call that waits for another looks once a second, for much less time than its function may take; then its
# caller is told to come again.
_LOOK_EVERY_S = 1
_WAIT_S_MAX = 30
_COME_BACK_S = 5
# Calls of one user that may wait at once in a process: each holds one of its threads, and an app has no use
# for more.
_WAITERS_MAX = 2


def direct(backend: Backend, caller: Caller, request: DirectCreative) -> DirectionRecord:
    """The answered direction. Raises RequestErrors with nothing charged; BusyError where there is no answer
    now."""
    refuse_blocked_caller(backend.documents, caller)
    request_hash = hash_of("creativeDirectorAgent", request)
    direction_id = _id_of(caller, request.request_id) if request.request_id else backend.new_id()
    known = backend.documents.get(at.direction(direction_id)) if request.request_id else None
    if known is not None:
        directions.check_same_request(known, request_hash)
        refuse_blocked_team(backend.documents.get, caller, known.team_id)
        if not known.is_closed:
            return _told(_awaited(backend, known))
    resolved = _resolve(backend)
    # During an outage nothing is held for a question that will not be asked.
    if open_s := breakers.open_s(backend, resolved.id):
        raise _out_of_order(resolved.id, open_s)
    brand = find_brand(backend, caller, request.brand_id)
    draft = DirectionRecord(
        id=direction_id,
        user_id=caller.uid,
        model=resolved.id,
        request_hash=request_hash,
        created_at=backend.clock.now(),
        account_id=user_account_id(caller.uid),
        price_credits=resolved.model.price_credits,
        owner=backend.new_id(),
        brand_id=brand.id if brand else None,
        team_id=brand.team_id if brand else None,
    )
    try:
        turn = hold(backend, caller, draft, partial(_brief, backend, request, brand))
    except InvalidRequestError:
        # The gate counts no wrong field that the payload alone shows. This refusal has cost a read of the
        # account, to find what its tier offers, so it counts.
        backend.gate.count_user_refusal(caller.gate_name)
        raise
    if turn.brief is None:
        return _told(_awaited(backend, turn.direction))
    return _told(_asked(backend, turn.direction, turn.brief))


def _id_of(caller: Caller, request_id: str) -> str:
    """The id of the direction. It differs from the id of a job with the same `requestId`: entries are named
    by it, and an entry that exists is not posted again."""
    return digest_of("direction", caller.uid, request_id)[:24]


def _resolve(backend: Backend) -> Resolved:
    today = backend.clock.now().date()
    name = backend.catalogue.default_model("text", today, is_emulated=backend.is_emulated)
    resolved = backend.catalogue.resolve(name)
    if resolved.model.provider not in backend.directors:
        # No request could mend this, so an alarm line tells an operator.
        provider = resolved.model.provider
        log.error(
            "provider.misconfigured", provider=provider, model=resolved.id, cause="not-set-up"
        )
        raise BusyError(f"{resolved.id}: not set up")
    return resolved


def _brief(backend: Backend, request: DirectCreative, brand: Brand | None, tier: Tier) -> Brief:
    """`tier` is that of the caller's account. With a team's brand the team's tier is taken instead, since the
    team will pay for what comes of it."""
    if brand is not None and brand.team_id is not None:
        tier = tier_of_team(backend, brand.team_id)
    return make_brief(backend, request, tier, brand)


def _out_of_order(model_id: str, open_s: float) -> BusyError:
    return BusyError(f"{model_id}: out of order", retry_after_s=open_s)


# ---- who waits for another call ------------------------------------------------------------------


class _Waiters:
    """How many calls of this process wait, by user."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting = Counter[str]()

    @contextmanager
    def one_more(self, uid: str) -> Iterator[None]:
        """Raises BusyError where enough wait already."""
        with self._lock:
            if self._waiting[uid] >= _WAITERS_MAX:
                raise _no_answer_yet()
            self._waiting[uid] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting[uid] -= 1
                if not self._waiting[uid]:
                    del self._waiting[uid]


_WAITERS = _Waiters()


def _awaited(backend: Backend, direction: DirectionRecord) -> DirectionRecord | None:
    """The direction once it has ended, or as it is when this call has waited long enough."""
    if not direction.is_asking:
        return direction
    with _WAITERS.one_more(direction.user_id):
        return _watched(backend, direction)


def _watched(backend: Backend, direction: DirectionRecord) -> DirectionRecord | None:
    give_up_at = backend.clock.now() + timedelta(seconds=_WAIT_S_MAX)
    found: DirectionRecord | None = direction
    while found is not None and found.is_asking and backend.clock.now() < give_up_at:
        backend.clock.sleep(_LOOK_EVERY_S)
        found = backend.documents.get(at.direction(direction.id))
    return found


def _told(direction: DirectionRecord | None) -> DirectionRecord:
    """The direction that the caller is answered with. Raises InvalidRequestError where the director has
    refused the brief, and BusyError where there is no answer yet. A call that has waited in vain does not ask
    by itself: it has not the time left for that."""
    match direction:
        case DirectionRecord(status=DirectionStatus.ANSWERED):
            return direction
        case DirectionRecord(status=DirectionStatus.REFUSED, refusal=Refusal(message=message)):
            raise InvalidRequestError.of("brief", message)
        case _:
            raise _no_answer_yet()


def _no_answer_yet() -> BusyError:
    return BusyError("no answer to this direction yet", retry_after_s=_COME_BACK_S)


# ---- who asks ------------------------------------------------------------------------------------


def _asked(backend: Backend, held: DirectionRecord, brief: Brief) -> DirectionRecord | None:
    """Asks the director, and returns the direction as this call has ended it. Raises BusyError where the
    director did not answer."""
    if not directions.has_time(held, backend.clock.now()):
        return end(backend, held, directions.close, cost_nothing=True)
    if open_s := breakers.admit(backend, held.owner, held.model):
        end(backend, held, directions.close, cost_nothing=True)
        raise _out_of_order(held.model, open_s)
    try:
        direction = _direct(backend, held, brief)
        concepts = tuple(_priced(backend, concept) for concept in direction.concepts)
    except NotAllowedError as error:
        # This is not the brief's fault: it is not kept and counted as a refusal, and the brief may be sent
        # again.
        end(backend, held, directions.close, cost_nothing=not error.may_have_billed)
        raise BusyError(f"{held.model}: {error.code}") from error
    except RejectedError as error:
        refusal = Refusal(error.code, error.message)
        return end(backend, held, lambda asking: directions.refuse(asking, refusal))
    except ProviderError as error:
        end(backend, held, directions.close, cost_nothing=not error.may_have_billed)
        asked_s = error.retry_after_s if isinstance(error, ThrottledError) else None
        raise BusyError(f"{held.model}: {error.code}", retry_after_s=asked_s) from error
    except Exception as error:
        log.bug("director.broke", error, model=held.model, direction_id=held.id)
        end(backend, held, directions.close)
        raise BusyError(f"{held.model}: broke") from error
    rationale, director = direction.rationale, direction.director
    return end(backend, held, lambda asked: directions.answer(asked, concepts, rationale, director))


def _direct(backend: Backend, held: DirectionRecord, brief: Brief) -> Direction:
    director = backend.directors[backend.catalogue.models[held.model].provider]
    begun_at = backend.clock.now()
    try:
        direction = director.direct(brief, held.model)
    except ProviderError as error:
        breakers.note_health(backend, held.owner, held.model, error, begun_at)
        raise
    except Exception:
        # This failure is ours and must not count against the director's breaker.
        breakers.give_trial_back(backend, held.owner, held.model)
        raise
    breakers.note_health(backend, held.owner, held.model, None, begun_at)
    return direction


def _priced(backend: Backend, concept: Concept) -> ConceptRecord:
    return ConceptRecord(
        title=concept.title,
        prompt=concept.prompt,
        negative_prompt=concept.negative_prompt,
        kind=concept.kind,
        aspect_ratio=concept.aspect_ratio,
        model=concept.model,
        estimated_credits=backend.catalogue.models[concept.model].usual_price_credits,
    )
