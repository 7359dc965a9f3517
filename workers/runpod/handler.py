"""The container's entry point: RunPod's SDK on one side, `mediaforge_worker` on the other."""

import asyncio
import json
import os
import threading
from contextlib import suppress
from typing import Any

import runpod

from mediaforge_worker.errors import StoppedError
from mediaforge_worker.job import Worker
from mediaforge_worker.settings import read_settings

PROGRESS_LIMIT_S = 10

worker = Worker(read_settings(os.environ))


class Tellings:
    """Progress of one job on its way to RunPod. The SDK sends each from a thread of its own, and one that
    arrives after the result makes a finished job look unfinished for ever: so the result waits."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self._threads: set[threading.Thread] = set()

    def tell(self, progress: float) -> None:
        before = set(threading.enumerate())
        runpod.serverless.progress_update(self._job, {"progress": progress})
        self._threads |= set(threading.enumerate()) - before

    def wait(self) -> None:
        for thread in self._threads:
            thread.join(PROGRESS_LIMIT_S)


async def handler(job: dict[str, Any]) -> dict[str, Any]:
    """The job runs in a thread: the SDK's loop stays free to hear that it was cancelled."""
    stopped, tellings = threading.Event(), Tellings(job)

    def checkpoint() -> None:
        if stopped.is_set():
            raise StoppedError

    def run() -> dict[str, Any]:
        answer = worker.run(job, tellings.tell, checkpoint)
        tellings.wait()
        return answer

    work = asyncio.ensure_future(asyncio.to_thread(run))
    try:
        return sdk_answer(await asyncio.shield(work))
    except asyncio.CancelledError:
        # The GPU is free for the next job only when the thread has ended, however often it is stopped.
        stopped.set()
        while not work.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({work})
        if not work.cancelled():
            work.exception()  # looked at, or asyncio logs that nobody did
        raise


def sdk_answer(answer: dict[str, Any]) -> dict[str, Any]:
    """The SDK takes a top-level `error` out of the output and ends the job as FAILED with it. It has to be
    text: an object is lost on the way. So it arrives in `/status` as `error`, JSON in a string."""
    if "error" not in answer:
        return answer
    return {**answer, "error": json.dumps(answer["error"])}


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
