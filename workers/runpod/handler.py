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
    """Sends the progress of one job to RunPod. The SDK sends each progress from a thread of its own. If one
    arrived after the result, the finished job would look unfinished for ever: so the result waits for these
    threads."""

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
    """Runs the job in a thread, so that the SDK's loop stays free to hear that the job was cancelled."""
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
        # The GPU is free for the next job only when the thread has ended: so this waits for it, however often
        # it is cancelled meanwhile.
        stopped.set()
        while not work.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({work})
        if not work.cancelled():
            work.exception()  # read it, or asyncio logs that it was never retrieved
        raise


def sdk_answer(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer in the form that the SDK needs. The SDK takes a top-level `error` out of the output and ends
    the job as FAILED with it. The error has to be text, because an object is lost on the way: it arrives in
    `/status` as `error`, JSON in a string."""
    if "error" not in answer:
        return answer
    return {**answer, "error": json.dumps(answer["error"])}


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
