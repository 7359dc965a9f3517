"""A provider whose work takes long: `start` only begins it, `poll` asks, `cancel` ends it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from mediaforge.domain.errors import ProviderError
from mediaforge.ports.provider import Asset, Finished, ProviderRequest, Running
from tests.support.pictures import FILM, PICTURE

POLL_S = 10.0


@dataclass
class LongProvider:
    """Each operation needs `polls` questions. `starts`, `asked` and `ended` hold the handles that were
    started, asked about and cancelled, in their order. `troubles` are raised by the next polls, `refusals` by
    the next starts and `silences` by the next cancels, one by each. `meanwhile` is what happens elsewhere
    during the next start or poll. With `says_progress` answers tell the progress."""

    polls: int = 2
    starts: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    troubles: list[ProviderError | Exception] = field(default_factory=list)
    refusals: list[ProviderError] = field(default_factory=list)
    silences: list[ProviderError] = field(default_factory=list)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    requests: list[ProviderRequest] = field(default_factory=list)
    is_stuck: bool = False
    says_progress: bool = True

    def start(self, request: ProviderRequest) -> Running:
        self.requests.append(request)
        if self.refusals:
            raise self.refusals.pop(0)
        handle = f"{request.job_id}/{request.attempt}"
        self.starts.append(handle)
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return Running(handle, POLL_S, self._progress(0.1))

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:
        self.asked.append(handle)
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if self.troubles:
            raise self.troubles.pop(0)
        answered = self.asked.count(handle)
        if self.is_stuck or answered <= self.polls:
            return Running(handle, POLL_S, self._progress(min(0.9, 0.2 * answered)))
        if request.kind == "training":
            return Finished(model_uri=f"gs://memory/brands/{request.job_id}")
        is_video = request.kind == "video"
        made = (FILM, "mp4", "video/mp4") if is_video else (PICTURE, "png", "image/png")
        return Finished(Asset(*made) for _ in range(request.count))

    def _progress(self, reached: float) -> float | None:
        return reached if self.says_progress else None

    def cancel(self, handle: str) -> None:
        if self.silences:
            raise self.silences.pop(0)
        self.ended.append(handle)
