"""The files in ops/monitoring are what Google's APIs take, and they speak of what the code says: checked
against Google's own message types, and against lines that the services have written."""

import ast
import contextlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from google.cloud.logging_v2.types import LogMetric
from google.cloud.monitoring_dashboard_v1 import Dashboard
from google.cloud.monitoring_v3 import AlertPolicy, UptimeCheckConfig
from google.protobuf.json_format import ParseDict, ParseError

from mediaforge.domain.errors import (
    LostError,
    NotAllowedError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.world import World
from tools.check_docs import anchors
from tools.setup import ROOT

FOLDER = ROOT / "ops" / "monitoring"
TYPES: Mapping[str, Any] = {
    "metrics": LogMetric,
    "policies": AlertPolicy,
    "uptime": UptimeCheckConfig,
    "dashboards": Dashboard,
}
FILES = sorted(FOLDER.glob("*/*.json"))
OURS = "logging.googleapis.com/user/"
# Metrics that Google makes by itself (https://cloud.google.com/monitoring/api/metrics_gcp).
GOOGLES = {
    "cloudtasks.googleapis.com/queue/depth",
    "monitoring.googleapis.com/uptime_check/check_passed",
    "run.googleapis.com/container/instance_count",
    "run.googleapis.com/request_latencies",
}
RUNBOOK = set(anchors((ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")))
# What there is an alarm for, each by its policy.
ALARMS = {
    "accept",
    "breaker",
    "dead-letters",
    "errors",
    "fuse",
    "health",
    "invariants",
    "misconfigured",
    "queued",
    "spend",
    "stripe",
    "sweep",
}


def content(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def parsed(kind: Any, fields: Mapping[str, Any]) -> Any:
    return ParseDict(fields, kind.pb(kind()))


def texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Each text in the value, with the name of its field."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from texts(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each, name)
    elif isinstance(value, str):
        yield name, value


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_file_is_a_message_of_google_s(file: Path) -> None:
    parsed(TYPES[file.parent.name], content(file))


@pytest.mark.parametrize(
    ("name", "value"), [("combinr", "OR"), ("combiner", "AND_"), ("severity", "BAD")]
)
def test_a_wrong_field_or_value_is_noticed(name: str, value: str) -> None:
    policy = content(FOLDER / "policies" / "queued.json")
    with pytest.raises(ParseError):
        parsed(AlertPolicy, {**policy, name: value})


def test_there_is_a_policy_for_each_alarm() -> None:
    assert {file.stem for file in FOLDER.glob("policies/*.json")} == ALARMS


@pytest.mark.parametrize("file", sorted(FOLDER.glob("policies/*.json")), ids=lambda file: file.stem)
def test_an_alarm_names_its_section_of_the_runbook(file: Path) -> None:
    policy = content(file)
    section = policy["userLabels"]["runbook"]
    assert section in RUNBOOK
    assert f"docs/runbook.md#{section}" in policy["documentation"]["content"]


def metric_types() -> set[str]:
    named = set[str]()
    for file in FILES:
        for name, text in texts(content(file)):
            if name in ("filter", "denominatorFilter"):
                named.update(re.findall(r'metric\.type="([^"]+)"', text))
    return named


def test_every_metric_is_google_s_or_defined_here_and_each_of_ours_is_used() -> None:
    defined = {OURS + content(file)["name"] for file in FOLDER.glob("metrics/*.json")}
    used = metric_types()
    assert used - defined == GOOGLES
    assert defined - used == {f"{OURS}mediaforge/errors_logged"}  # for an alarm on any of them


def test_what_is_said_of_health_is_listened_for_where_it_is_asked() -> None:
    """Only that finds a sweep that never ran: the absence of what never was is no absence to Google."""
    (condition,) = content(FOLDER / "policies" / "health.json")["conditions"]
    (ending,) = re.findall(
        r'host=ends_with\("([^"]+)"\)', condition["conditionThreshold"]["filter"]
    )
    check = content(FOLDER / "uptime" / "health.json")
    assert check["monitoredResource"]["labels"]["host"].endswith(ending)


def test_periods_are_whole_minutes() -> None:
    """Which the messages allow otherwise, and the API refuses."""
    for file in FILES:
        for name, text in texts(content(file)):
            if name in ("alignmentPeriod", "duration", "period"):
                assert re.fullmatch(r"\d+s", text), (file, name)
                assert int(text[:-1]) % 60 == 0, (file, name)


# ---- what the code says ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lines() -> dict[str, dict[str, Any]]:
    """The last line of each event in a short life: a job that fails, one that waits, a sweep."""
    world, said = World(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        world.finish("[[fail:always]]")
        world.submit()
        while world.clock.now().second:
            world.clock.advance(1)
        sweep_jobs(world.backend)
    found = (json.loads(line) for line in said.getvalue().splitlines() if line.startswith("{"))
    return {line["message"]: line for line in found}


def test_every_field_that_a_metric_takes_is_in_its_line(lines: dict[str, dict[str, Any]]) -> None:
    for file in FOLDER.glob("metrics/*.json"):
        metric = content(file)
        wanted = re.findall(
            r"EXTRACT\(jsonPayload\.(\w+)\)",
            json.dumps([metric.get("valueExtractor"), metric.get("labelExtractors")]),
        )
        (event,) = re.findall(r'jsonPayload\.message="([^"]+)"', metric["filter"]) or [""]
        if event in lines:
            assert set(wanted) <= set(lines[event]), file.stem
        else:
            assert set(wanted) <= {"of", "schedule"}, f"no test has written {event}"


def test_every_event_that_a_metric_counts_is_written_somewhere() -> None:
    code = "".join(
        file.read_text(encoding="utf-8")
        for file in (ROOT / "functions" / "mediaforge").rglob("*.py")
    )
    for file in FOLDER.glob("metrics/*.json"):
        for event in re.findall(r'"([a-z_]+\.[a-z_]+)"', content(file)["filter"]):
            assert f'"{event}"' in code, (file.stem, event)


# ---- whose fault it is -------------------------------------------------------------------------------


def codes_left_out() -> set[str]:
    (condition,) = content(FOLDER / "policies" / "errors.json")["conditions"]
    (names,) = re.findall(
        r"NOT metric\.labels\.error_code=one_of\(([^)]+)\)",
        condition["conditionThreshold"]["filter"],
    )
    return set(json.loads(f"[{names}]"))


def codes_of(*kinds: type[ProviderError]) -> set[str]:
    """The codes with which the code raises such an error, where it names them."""
    found = set[str]()
    for file in (ROOT / "functions" / "mediaforge").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        told = {
            target.id: first.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
            and isinstance(node.value, ast.Tuple)
            and isinstance(first := node.value.elts[0], ast.Constant)
        }
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(name), args=[ast.Constant(str(code)), *_]) if name in {
                    kind.__name__ for kind in kinds
                }:
                    found.add(code)
                case ast.Call(func=ast.Name(name), args=[ast.Starred(ast.Name(constant)), *_]) if (
                    name in {kind.__name__ for kind in kinds}
                ):
                    found.add(str(told.get(constant)))
    return found


def test_only_what_a_request_is_rejected_for_is_left_out_of_our_errors() -> None:
    left_out = codes_left_out()
    assert left_out <= codes_of(RejectedError)
    assert not left_out & codes_of(UnavailableError, LostError, NotAllowedError, ThrottledError)


@pytest.mark.parametrize(("prompt", "is_ours"), [("[[fail:always]]", True), ("[[blocked]]", False)])
def test_a_job_that_fails_is_counted_where_it_is_our_fault(prompt: str, is_ours: bool) -> None:
    job = World().finish(prompt)
    assert job.error is not None
    assert (job.error.code not in codes_left_out()) == is_ours
