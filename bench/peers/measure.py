"""The same work on each contender, by turns: how soon it is accepted and seen, what it reads, writes and
holds in memory, and what comes of abuse."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from bench.documents import usage_in
from bench.imports import time_import
from bench.memory import memory_mib, process_tree
from bench.peers.abuse import Stand, abuse
from bench.peers.contenders import TRIGGERS, Contender, contenders, write_rules
from bench.platform import Platform
from bench.report import summary
from bench.samples import Samples, by_turns
from bench.users import TIMEOUT_S, make_users
from tools.console import say
from tools.firebase import inherited_environment
from tools.processes import PROC

COUNTS = {0: 50, 2: 10}  # samples, by the seconds that the model takes
IMPORTS = 12
COUNTED_JOBS = 10
WARM_UPS = 2
LATE_EVENTS_S = 1.0  # a trigger hears of its own last write after the picture was seen


def measure_peers(platform: Platform) -> dict[str, Any]:
    """What `report.table` shows, and results.json keeps."""
    folder = platform.processes.folder
    platform = replace(platform, triggers=TRIGGERS, rules=write_rules(folder / "peers.rules"))
    compared = contenders()
    say("Importing what a cold start imports")
    imports = _imports(platform, compared)
    say("Starting the emulators and the functions")
    platform.start_emulators()
    os.environ |= platform.environment()
    model_file, calls_file = folder / "model.jsonl", folder / "firestore-calls.jsonl"
    model_file.touch()
    stand = Stand(platform, {"BENCH_MODEL_FILE": str(model_file)}, model_file)
    for one in compared:
        one.serve(platform, stand.environment)
        one.make_queue(platform)
    platform.add_triggers()
    platform.keep_tasks_emulator_awake()
    times = {}
    for model_s, samples in COUNTS.items():
        say(f"Submit to seen, with a model that takes {model_s} s")
        times[str(model_s)] = _times(platform, compared, model_s, samples)
    memory = {one.name: _memory(platform, one) for one in compared}
    say("Twice submitted, twice delivered, killed")
    outcomes = abuse(stand, compared)
    say("Counting documents")
    usage = {}
    for one in compared:
        calls_file.write_text("")
        one.stop(platform)
        one.serve(platform, {**stand.environment, "BENCH_CALLS_FILE": str(calls_file)})
        usage[one.name] = _documents(platform, one, calls_file)
    return {
        "contenders": {one.name: one.title for one in compared},
        "imports": imports,
        "by_model_s": times,
        "memory": memory,
        "documents": usage,
        "abuse": {
            name: {of: asdict(outcome) for of, outcome in found.items()}
            for name, found in outcomes.items()
        },
    }


class _Runs:
    """Jobs of one contender, one after the other."""

    def __init__(self, platform: Platform, contender: Contender, name: str, model_s: int) -> None:
        self._platform = platform
        self._contender = contender
        self._name = f"{name}-{contender.name}".replace("_", "-")
        self._model_s = model_s
        [self._user] = make_users(1, self._name)
        self.accepted_ms: list[float] = []

    def run(self, number: int) -> float:
        """Milliseconds from the request to the final status at the client's listener."""
        one, user, key = self._contender, self._user, f"{self._name}-{number}"
        with user.listening(one.path(user, key), one.status_of) as sighting:
            answer = one.submit(self._platform, user, key, self._model_s)
            if not sighting.is_final.wait(TIMEOUT_S) or sighting.status != "completed":
                raise RuntimeError(f"{key} did not complete: {sighting.status or 'never final'}")
        self.accepted_ms.append(answer.latency_ms)
        one.wait_until_done(user, key)
        return (sighting.seen_at_s - answer.sent_at_s) * 1000


def _times(
    platform: Platform, compared: Sequence[Contender], model_s: int, samples: int
) -> dict[str, Any]:
    runs = [_Runs(platform, one, f"model-{model_s}", model_s) for one in compared]
    seen = by_turns(1, samples, *(each.run for each in runs))
    return {
        one.name: {
            "accepted": summary(Samples(each.accepted_ms[-len(found.values) :])),
            "seen": summary(found),
        }
        for one, each, found in zip(compared, runs, seen, strict=True)
    }


def _imports(platform: Platform, compared: Sequence[Contender]) -> dict[str, Any]:
    common = inherited_environment(os.environ) | platform.environment()

    def measure(one: Contender, _number: int) -> float:
        return time_import(f"import {one.imports}", {**common, **one.environment()})[0]

    samples = by_turns(1, IMPORTS, *(partial(measure, one) for one in compared))
    return {one.name: summary(each) for one, each in zip(compared, samples, strict=True)}


def _memory(platform: Platform, one: Contender) -> Mapping[str, float]:
    """The peak of each process on the job's way, in MiB: gunicorn's master and worker added up."""
    if not PROC.joinpath("self/status").exists():
        return {}
    names = {function.name for function in one.functions} | {one.generates}
    return {name: round(_peak_mib(platform.processes.pid(name)), 1) for name in sorted(names)}


def _peak_mib(pid: int) -> float:
    return sum(memory_mib(each, "VmHWM") for each in process_tree(pid))


def _documents(platform: Platform, one: Contender, calls_file: Path) -> dict[str, float]:
    """Reads, writes and function calls of a job. What the client itself writes is counted, too; its listener
    is not."""
    runs = _Runs(platform, one, "documents", 0)
    for number in range(WARM_UPS):
        runs.run(number)
    time.sleep(LATE_EVENTS_S)
    calls_file.write_text("")
    for number in range(WARM_UPS, WARM_UPS + COUNTED_JOBS):
        runs.run(number)
    time.sleep(LATE_EVENTS_S)
    used = usage_in(calls_file, COUNTED_JOBS)
    return {
        "reads": used.reads,
        "writes": used.writes + one.client_writes,
        "calls": used.trigger_calls,
    }
