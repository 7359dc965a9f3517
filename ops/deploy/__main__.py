"""`python -m ops.deploy staging` shows what a deploy would do; `--apply` does it, and stops at the first
surprise. Exit codes: 0 there is nothing to do, or it is done; 1 something is to be done; 2 a wrong command
line or table; 3 a surprise, or something that only a person can do; 4 a command failed."""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ops.deploy.check import EVERYTHING, endpoints, manifest
from ops.deploy.cloud import Cloud, CloudError, SurpriseError
from ops.deploy.steps import STEPS, Change, Deploy, Step, plan
from ops.deploy.table import TableError, project_of, read

DONE, TO_DO, USAGE, SURPRISE, FAILED = 0, 1, 2, 3, 4
# gcloud asks nothing, and firebase-tools finds the project by its flag alone.
ENVIRONMENT = {"CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}


def main(words: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(words)
    try:
        table, project = read(), project_of(asked.environment)
        functions = endpoints(manifest(**EVERYTHING))
    except (TableError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - it speaks to a terminal
        return USAGE
    if asked.environment not in table.environments:
        print(f"deployment.toml: there is no {asked.environment}", file=sys.stderr)  # noqa: T201
        return USAGE
    with tempfile.TemporaryDirectory(prefix="mediaforge-deploy-") as folder:
        deploy = Deploy(
            Cloud(project, ENVIRONMENT),
            table,
            table.environments[asked.environment],
            events=sorted(each.name.lower() for each in functions if each.is_event),
            services=sorted(each.name.lower() for each in functions),
            folder=Path(folder),
            keeps_pins=asked.keep_pins,
            resumes_queues=asked.resume_queues,
        )
        _say(f"{asked.environment}: {project}" + ("" if asked.apply else " (nothing is changed)"))
        return run(deploy, applies=asked.apply)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops.deploy", description=__doc__)
    parser.add_argument("environment", help="an alias of .firebaserc: staging, production")
    parser.add_argument("--apply", action="store_true", help="do it")
    parser.add_argument("--keep-pins", action="store_true", help="leave traffic where it is pinned")
    parser.add_argument(
        "--resume-queues", action="store_true", help="paused queues may be resumed by the deploy"
    )
    return parser


def run(deploy: Deploy, *, applies: bool, wanted: Mapping[str, Step] = STEPS) -> int:
    """Says each change of the wanted steps, and makes it where `applies`. Answers the exit code."""
    try:
        return _run(deploy, wanted, applies=applies)
    except SurpriseError as surprise:
        _say(f"stopped: {surprise}")
        return SURPRISE
    except CloudError as error:
        _say(f"failed: {error}")
        return FAILED


def _run(deploy: Deploy, wanted: Mapping[str, Step], *, applies: bool) -> int:
    changes = 0
    for step, change in plan(deploy, wanted):
        changes += 1
        _say(f"[{step}] {change.says}")
        if change.command:
            _say(f"    {'by hand: ' if change.by_hand else ''}{shlex.join(change.command)}")
        if not applies:
            continue
        if change.by_hand:
            raise SurpriseError(f"{change.says}. Give it, and run this again")
        _make(deploy, change)
    _say("nothing is to be changed" if not changes else f"{changes} changes{_are(applies)}")
    for name, what in deploy.table.by_hand.items():
        _say(f"by hand, {name}: {what}")
    return TO_DO if changes and not applies else DONE


def _are(applies: bool) -> str:
    return " made" if applies else " to be made: say --apply"


def _make(deploy: Deploy, change: Change) -> None:
    if change.writes is not None:
        path, text = change.writes
        part = path.with_name(f"{path.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    else:
        deploy.cloud.change(change.command)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - it speaks to a terminal


if __name__ == "__main__":
    sys.exit(main())
