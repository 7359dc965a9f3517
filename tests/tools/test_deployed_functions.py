"""Deployed functions are compared with the declared ones, and each has an address."""

from __future__ import annotations

from pathlib import Path

from tools.functions import Function, declared_functions

MAIN = """
from firebase_functions import https_fn, scheduler_fn

@https_fn.on_call()
def getCatalog(call): ...

@wrapped
@scheduler_fn.on_schedule(schedule="every 1 minutes")
def sweepJobs(event): ...

@cache
def price(): ...

def helper(): ...

createTeam = callables.serve("createTeam")
API = account("mf-api")
SIZES = ("createTeam", 2)
"""


def test_only_what_is_decorated_or_named_for_it_is_declared(tmp_path: Path) -> None:
    main = tmp_path / "main.py"
    main.write_text(MAIN)

    assert declared_functions(main) == {"createTeam", "getCatalog", "sweepJobs"}


def test_a_callable_is_reached_by_its_name() -> None:
    listed = {"name": "getCatalog", "region": "us-central1", "httpsTrigger": {}}

    assert Function.from_listing(listed).path() == "/demo-mediaforge/us-central1/getCatalog"


def test_a_schedule_is_reached_by_its_name_and_generation() -> None:
    listed = {
        "name": "sweepJobs",
        "region": "us-central1",
        "eventTrigger": {"eventType": "pubsub"},
        "schedule": {"schedule": "every 1 minutes"},
    }
    function = Function.from_listing(listed)

    assert function.is_scheduled
    assert function.path(generation=2) == "/demo-mediaforge/us-central1/sweepJobs-2"
