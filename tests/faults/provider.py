"""A provider that takes simulated time and is as unreliable as any: it throttles, fails, refuses,
delivers a part or nothing, and the worker may be killed or stand still while it waits for it.

It obeys the test tags of a prompt, and adds to them what the seed decides. A part of the jobs it only
begins: they are long operations (`long_work`), to be asked about and, where nobody wants them, stopped.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from mediaforge.domain.errors import LostError, RejectedError, ThrottledError, UnavailableError
from mediaforge.domain.jobs.prompt_tags import PromptTags, read_tags
from mediaforge.ports.provider import Asset, Finished, ProviderRequest, Running
from tests.faults import long_work
from tests.faults.process import Process
from tests.faults.record import Call, Operation
from tests.support.pictures import MP4_HEAD, PNG_HEAD

_WAITS_S = {"quick": (0.2, 4.0), "usual": (4.0, 20.0), "long": (60.0, 150.0)}
_QUESTION_S = (0.1, 3.0)
# Who has timed out, or lost a worker, is told to slow down more often: what was begun before stays billed.
_LATER_THROTTLES = 0.3
_FATES = {
    "delivers": 0.77,
    "throttles": 0.05,
    "fails": 0.04,
    "turns away": 0.03,
    "breaks": 0.01,
    "rejects": 0.01,
    "delivers a part": 0.02,
    "delivers nothing": 0.01,
    "loses its worker": 0.03,
    "stalls": 0.03,
}
_FILES = {"image": (PNG_HEAD, "png", "image/png"), "video": (MP4_HEAD, "mp4", "video/mp4")}
_STALL_STEP_S = 5.0
_STALL_STEPS = 55  # so that a worker has its 300 seconds and no more
_TAKEN_ON_AND_LOST = 0.7


class UnforeseenError(Exception):
    """None of those that a provider is allowed to raise."""


@dataclass
class SimulatedProvider:
    """`keep_lease` starts the heart of a worker, which first beats after so many seconds."""

    process: Process
    keep_lease: Callable[[Process, Call, float], None]
    beat_s: float

    def start(self, request: ProviderRequest) -> Finished | Running:
        call = self._open(request)
        tags, fate = read_tags(request.prompt), self._fate(request)
        if fate == "stalls":
            self._stall(call)
        else:
            self.keep_lease(self.process, call, self.beat_s)
            self._wait(tags)
        if long_work.is_long(self.process.stage.chance, request.job_id):
            return self._begin(call, request, tags, fate)
        if fate == "loses its worker":
            self.process.die()
        self._raise_as_fated(request, tags, fate)
        crash = tags.crash if request.attempt == 1 else None
        return Finished(self._assets(call, request, self._count(request, tags, fate), crash))

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:
        call = self._open(request, asks=handle)
        operation = self.process.stage.record.operations.get(handle)
        if operation is None:
            self.process.end_call("lost")
            raise LostError("operation-unknown", "nothing of that name was begun")
        self._hear_question(call, operation)
        return self._answer(call, request, operation)

    def cancel(self, handle: str) -> None:
        """A worker is lost before it has said so, or after."""
        operation = self.process.stage.record.operations[handle]
        fate = long_work.fate_of_stop(self.process, operation)
        self.process.stage.timeline.pause(self._between(_QUESTION_S, "stop"))
        is_lost = fate == "loses its worker"
        if is_lost and self.process.roll("told") < 0.5:
            self.process.die()
        long_work.tell(self.process, operation, is_heard=fate not in ("fails", "breaks"))
        if is_lost:
            self.process.die()
        if fate == "fails":
            raise UnavailableError("provider-unavailable", "not now")
        if fate == "breaks":
            raise UnforeseenError

    # ---- one call ------------------------------------------------------------------------------

    def _open(self, request: ProviderRequest, asks: str | None = None) -> Call:
        record = self.process.stage.record
        call = Call(
            job_id=request.job_id,
            account_id=record.last[f"jobs/{request.job_id}"]["account_id"],
            attempt=request.attempt,
            snoozes=request.snoozes,
            owner=self.process.last_id,
            process=self.process.name,
            started_at=self.process.stage.timeline.clock.now(),
            asks=asks,
        )
        record.calls.append(call)
        self.process.call = call
        return call

    def _fate(self, request: ProviderRequest) -> str:
        if not self.process.is_troubled:
            return "delivers"
        about = (request.job_id, request.attempt, request.snoozes)
        later = {"throttles": _LATER_THROTTLES} if request.attempt > 1 else {}
        fate = self.process.stage.chance.weighted({**_FATES, **later}, "fate", *about)
        if fate != "delivers":
            self.process.note(f"provider {fate}", request.job_id)
        return fate

    def _stall(self, call: Call) -> None:
        """Stands still, and its heart with it, until somebody else has taken the job over; and comes back
        in the middle of that call. Or until nobody did."""
        self._stand_still(call)
        self.keep_lease(self.process, call, 0)
        self.process.stage.timeline.pause(_STALL_STEP_S * self.process.roll("comes back"))

    def _stand_still(self, call: Call) -> None:
        for _ in range(_STALL_STEPS):
            self.process.stage.timeline.pause(_STALL_STEP_S)
            if self._is_taken_over(call):
                break

    def _is_taken_over(self, call: Call) -> bool:
        since = takewhile(
            lambda other: other is not call, reversed(self.process.stage.record.calls)
        )
        return any(other.job_id == call.job_id and other.ended_at is None for other in since)

    def _wait(self, tags: PromptTags) -> None:
        roll = self.process.roll("provider's time")
        kind = "quick" if roll < 0.5 else "usual" if roll < 0.97 else "long"
        seconds = self._between(_WAITS_S[kind], "wait")
        self.process.stage.timeline.pause(seconds + tags.sleep_s)

    def _between(self, ends_s: tuple[float, float], what: str) -> float:
        low_s, high_s = ends_s
        return low_s + (high_s - low_s) * self.process.roll(f"provider's {what}")

    # ---- what is done at once ------------------------------------------------------------------

    def _raise_as_fated(self, request: ProviderRequest, tags: PromptTags, fate: str) -> None:
        if request.snoozes < tags.throttle_times or fate == "throttles":
            self._throttle()
        if tags.is_blocked or tags.fails_permanently or fate == "rejects":
            self.process.end_call("rejected")
            raise RejectedError("content-blocked", "no")
        if tags.fails_always or request.attempt <= tags.fail_times or fate == "fails":
            self.process.end_call("failed")
            raise UnavailableError("provider-unavailable", "not now")
        if fate == "turns away":
            self.process.end_call("turned away")
            raise UnavailableError("provider-full", "no machine", may_have_billed=False)
        if fate == "breaks":
            self.process.end_call("broken")
            raise UnforeseenError

    def _throttle(self) -> None:
        self.process.end_call("throttled")
        named = self.process.roll("names its time") < 0.5
        raise ThrottledError("throttled", "slow down", retry_after_s=7 if named else None)

    def _assets(
        self, call: Call, request: ProviderRequest, count: int, crash: str | None
    ) -> Iterator[Asset]:
        """Others get a turn between two assets; the worker may die there. What a question was answered with
        is fetched under a lease, which the worker has taken since."""
        call.offered = count
        if call.asks is not None:
            call.ended_at, call.outcome = None, "open"
            self.keep_lease(self.process, call, self.beat_s)
        for index in range(count):
            self.process.pass_by("drawing an asset")
            if crash == "before-save":
                self.process.die()
            head, *kind = _FILES[request.kind]
            yield Asset(head + f"{request.job_id} {request.attempt} {index}".encode(), *kind)
        if crash == "after-save":
            self.process.die()
        self.process.pass_by("after the last asset")
        self.process.end_call("finished")

    def _count(self, request: ProviderRequest, tags: PromptTags, fate: str) -> int:
        if fate == "delivers nothing":
            return 0
        if fate == "delivers a part":
            return max(1, request.count - 1)
        count = request.count if tags.partial is None else min(tags.partial, request.count)
        is_again = tags.crash == "after-save" and request.attempt > 1
        # What the lost attempt had saved is more than this one delivers.
        return max(1, count - 1) if is_again and self.process.roll("delivers less") < 0.5 else count

    # ---- what takes long -----------------------------------------------------------------------

    def _begin(self, call: Call, request: ProviderRequest, tags: PromptTags, fate: str) -> Running:
        """A worker is lost on its way there, or with the answer, which nobody ever hears."""
        is_lost = fate == "loses its worker"
        if is_lost and self.process.roll("taken on") >= _TAKEN_ON_AND_LOST:
            self.process.die()
        self._raise_as_fated(request, tags, fate)
        operation = long_work.submit(self.process, call)
        if is_lost:
            self.process.die()
        self.process.end_call("begun")
        return Running(operation.handle, long_work.poll_in_s(self.process, operation))

    def _hear_question(self, call: Call, operation: Operation) -> None:
        """Takes its time, and may be all that comes of it."""
        fate = long_work.fate_of_question(self.process, operation)
        if fate == "stalls":
            self._stand_still(call)
        else:
            self.process.stage.timeline.pause(self._between(_QUESTION_S, "answer"))
        if fate == "loses its worker":
            self.process.die()
        if fate == "throttles":
            self._throttle()
        if fate == "fails":
            self.process.end_call("failed")
            raise UnavailableError("provider-unavailable", "not now")
        if fate == "breaks":
            self.process.end_call("broken")
            raise UnforeseenError

    def _answer(
        self, call: Call, request: ProviderRequest, operation: Operation
    ) -> Finished | Running:
        """The same for ever, once it has ended."""
        now = self.process.stage.timeline.clock.now()
        if operation.stopped_at is not None:
            self.process.end_call("lost")
            raise LostError("operation-lost", "it was stopped")
        if operation.ready_at is None or now < operation.ready_at:
            self.process.end_call("runs")
            wait_s = long_work.poll_in_s(self.process, operation)
            return Running(operation.handle, wait_s, long_work.progress(operation, now))
        is_first = operation.over_at is None
        operation.over_at = operation.over_at or now
        if operation.end == "is lost":
            self.process.end_call("lost")
            raise LostError("operation-lost", "it is gone")
        if operation.end == "is rejected":
            self.process.end_call("rejected")
            raise RejectedError("content-blocked", "no")
        tags = read_tags(request.prompt)
        crash = tags.crash if is_first and request.attempt == 1 else None
        return Finished(
            self._assets(call, request, self._count(request, tags, operation.end), crash)
        )
