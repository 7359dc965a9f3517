"""What one job costs of Firestore, over its whole life: documents read, documents written, and how often the
trigger is called. The trigger's pattern is the one that would be deployed."""

import fnmatch
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mediaforge.contract.requests import GenerateVideo, parse
from mediaforge.services.jobs.submit import submit_job
from tests.support.operations import LongProvider
from tests.support.world import ANN, SharedDocuments, World

MANIFEST = Path(__file__).parents[2] / "deploy" / "manifest.yaml"
QUESTIONS = 18


def watched() -> tuple[str, bool]:
    """The documents whose events call the trigger, as a pattern; and whether their creation does."""
    endpoints = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["endpoints"]
    triggers = [each["eventTrigger"] for each in endpoints.values() if "eventTrigger" in each]
    (trigger,) = (each for each in triggers if "firestore" in each["eventType"])
    pattern = re.sub(r"\{\w+\}", "*", trigger["eventFilterPathPatterns"]["document"])
    return pattern, trigger["eventType"].endswith(".written")


@dataclass(frozen=True)
class Cost:
    reads: int
    writes: int
    trigger_calls: int


class MeteredDocuments(SharedDocuments):
    """Counts the trigger's calls: one for each change of a document that it listens to."""

    def __init__(self) -> None:
        super().__init__()
        self.pattern, self.hears_creation = watched()
        self.trigger_calls = 0

    def commit(
        self, read: dict[str, int], writes: list[Any], guarded: Collection[str] = ()
    ) -> dict[str, Any]:
        before = {write.path: self.peek(write.path) for write in writes}
        left = super().commit(read, writes, guarded)
        for path, after in left.items():
            is_heard = self.hears_creation or before[path][0] is not None
            if after != before[path] and is_heard and _matches(path, self.pattern):
                self.trigger_calls += 1
        return left

    def counts(self) -> tuple[int, int, int]:
        return self.reads, self.writes, self.trigger_calls


def _matches(path: str, pattern: str) -> bool:
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)


def an_image(world: World, request_id: str) -> None:
    job = world.submit(requestId=request_id).job
    world.deliver_all()
    world.settle(job.account_id)


def a_video(world: World, request_id: str) -> None:
    request = parse(GenerateVideo, {"prompt": "waves", "requestId": request_id})
    job = submit_job(world.backend, ANN, request).job
    world.deliver_all()
    while world.tasks.queued:
        world.clock.advance(10)
        world.deliver_all()
    world.settle(job.account_id)


def cost_of(world: World, life: Callable[[World, str], None]) -> Cost:
    """Of a job of somebody who has had one, in a process that has looked at the fuses and breakers."""
    documents = world.documents
    assert isinstance(documents, MeteredDocuments)
    world.set_tier("pro")
    life(world, "an earlier one")
    if isinstance(world.provider, LongProvider):
        world.provider.asked.clear()
    begun = documents.counts()
    life(world, "this one")
    spent = Cost(*(now - then for now, then in zip(documents.counts(), begun, strict=True)))
    world.assert_promises()
    return spent


def test_an_image() -> None:
    assert cost_of(World(documents=MeteredDocuments()), an_image) == Cost(4, 11, trigger_calls=2)


def test_a_video_asked_about_18_times() -> None:
    provider = LongProvider(polls=QUESTIONS - 1, says_progress=False)
    spent = cost_of(World(documents=MeteredDocuments(), provider=provider), a_video)

    assert len(provider.asked) == QUESTIONS
    assert spent == Cost(24, 22, trigger_calls=2)


def test_a_video_that_says_how_far_it_is_costs_its_view_too() -> None:
    provider = LongProvider(polls=QUESTIONS - 1)
    spent = cost_of(World(documents=MeteredDocuments(), provider=provider), a_video)

    assert spent == Cost(24, 31, trigger_calls=8)
