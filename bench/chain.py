"""Number 2: from the client's POST to the final status at its listener, with an instant provider.

Beside two floors, seen by the same kind of listener, under the same rules: the bare chain callable -> task ->
write -> trigger -> write, which promises nothing; and the least that is safe (served/floor.py).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench.platform import (
    FLOOR_START,
    FLOOR_WORK,
    GENERATE,
    RUN,
    SAFE_START,
    SAFE_WORK,
    Platform,
    Served,
)
from bench.samples import Pair, Samples, by_turns
from bench.users import TIMEOUT_S, User, database, make_users
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.plans import job_id_of

RATE = 500  # the most that Cloud Tasks dispatches a second; ours is deployed with 50
POLL_S = 0.005
WARM_UP_FLOORS = 3


@dataclass(frozen=True)
class Journey:
    """The stages of one job, or of one run of a floor, in milliseconds from the POST."""

    accepted_ms: float  # the callable had answered
    committed_ms: float  # the final status was in Firestore
    seen_ms: float  # and at the client's listener


@dataclass(frozen=True)
class Chain:
    """The times to the final status at the listener: `seen` beside the bare floor, `safe` beside the safe
    floor; and the stages of our jobs on the way."""

    seen: Pair
    safe: Pair
    accepted: Samples
    committed: Samples
    settled: Samples


class Chains:
    """Runs jobs and floors from end to end on a platform whose triggers are in place."""

    def __init__(self, platform: Platform, name: str, users: int) -> None:
        self._platform = platform
        self._name = name
        self._users = make_users(users, name)
        self._owner = database()
        self.journeys: list[Journey] = []
        self.settled_ms: list[float] = []

    def ours(self, number: int) -> float:
        """One job; returns when it is settled, so that nothing of it runs into the next sample."""
        user = self._user(number)
        request_id = f"{self._name}-{number}"
        job_id = job_id_of(Caller(user.uid), request_id)
        payload = {"prompt": "a lighthouse at dusk", "requestId": request_id}
        path = f"generations/{user.uid}/images/{job_id}"
        sent_at, journey = self._follow(user, path, GENERATE.name, payload)
        self.journeys.append(journey)
        self.settled_ms.append(_ms(self._settled_at(job_id) - sent_at))
        return journey.seen_ms

    def floor(self, number: int) -> float:
        return self._floor(number, FLOOR_START, "floor")

    def safe_floor(self, number: int) -> float:
        return self._floor(number, SAFE_START, "safe")

    def _floor(self, number: int, start: Served, kind: str) -> float:
        user = self._user(number)
        name = f"{self._name}-{number}"
        path = f"generations/{user.uid}/images/{kind}-{name}"
        _, journey = self._follow(user, path, start.name, {"id": name, "path": path})
        return journey.seen_ms

    def _user(self, number: int) -> User:
        return self._users[number % len(self._users)]

    def _follow(
        self, user: User, path: str, function: str, payload: dict[str, str]
    ) -> tuple[datetime, Journey]:
        """The listener is there before the clock starts: a requestId tells the id of its job."""
        with user.listening(path) as sighting:
            answer = user.call(self._platform.addresses[function], payload)
            if not sighting.is_final.wait(TIMEOUT_S) or sighting.status != "completed":
                raise RuntimeError(f"{path} did not complete: {sighting.status or 'never final'}")
        journey = Journey(
            accepted_ms=answer.latency_ms,
            committed_ms=_ms(sighting.committed_at - answer.sent_at),
            seen_ms=(sighting.seen_at_s - answer.sent_at_s) * 1000,
        )
        return answer.sent_at, journey

    def _settled_at(self, job_id: str) -> datetime:
        """When the settle was committed, by Firestore's clock, which here is this machine's."""
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            job = self._owner.document(f"jobs/{job_id}").get()
            if (job.to_dict() or {}).get("settled_at") is not None:
                settled_at: datetime = job.update_time.astimezone(UTC)
                return settled_at
            time.sleep(POLL_S)
        raise RuntimeError(f"job {job_id} was not settled")


def measure_chain(platform: Platform, at_once: int, count: int) -> Chain:
    """Needs the queues and the triggers in place."""
    chains = Chains(platform, f"chain-{at_once}", users=4 * at_once)
    seen, bare, safe = by_turns(at_once, count, chains.ours, chains.floor, chains.safe_floor)
    measured = chains.journeys[-len(seen.values) :]
    return Chain(
        seen=Pair(seen, bare),
        safe=Pair(seen, safe),
        accepted=Samples([journey.accepted_ms for journey in measured]),
        committed=Samples([journey.committed_ms for journey in measured]),
        settled=Samples(chains.settled_ms[-len(measured) :]),
    )


def measure_idle_poll(platform: Platform, count: int) -> Samples:
    """The floor while the tasks emulator is idle, when it looks for work once a second only."""
    chains = Chains(platform, "idle", users=1)
    values = [chains.floor(number) for number in range(WARM_UP_FLOORS + count)]
    return Samples(values[WARM_UP_FLOORS:])


def make_queues(platform: Platform) -> None:
    platform.make_queue(RUN, RATE)
    platform.make_queue(FLOOR_WORK, RATE)
    platform.make_queue(SAFE_WORK, RATE)


def _ms(span: timedelta) -> float:
    return span.total_seconds() * 1000
