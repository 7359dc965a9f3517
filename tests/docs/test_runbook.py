"""docs/runbook.md keeps its word: every command of it runs on the emulators, in its order, and shows what the
page says. On the way a dead letter is found, understood, replayed and gone, by nothing but the page."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from markdown_it import MarkdownIt

from mediaforge.domain.watch.health import Facts, findings
from tests.emulator.conftest import (
    Inside,
    NewUser,
    admin,
    backend,
    in_an_hour,
    inside,
    new_user,
    submit,
)
from tools.check_docs import anchors
from tools.client import Client
from tools.setup import ROOT
from tools.suite import Suite

PAGE = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
ENDS_WITHIN_S = 300
FAILS = "[[fail:always]] a lighthouse"
FINE = (0, 1)  # it was done, or it has found something


@dataclass(frozen=True)
class Block:
    """Commands, and what the page says that they show: lines, where … stands for anything."""

    section: str
    commands: tuple[str, ...]
    shows: tuple[str, ...]


def blocks() -> list[Block]:
    """The page's `sh` blocks, each with the `text` block behind it, if there is one."""
    found: list[Block] = []
    section, heading = "", False
    for token in MarkdownIt().parse(PAGE):
        if token.type == "inline" and heading:
            section = token.content
        heading = token.type == "heading_open"
        lines = tuple(token.content.splitlines())
        if token.type == "fence" and token.info == "sh":
            found.append(Block(section, lines, ()))
        elif token.type == "fence" and token.info == "text":
            found[-1] = Block(found[-1].section, found[-1].commands, lines)
    return found


SETUP, *BLOCKS = blocks()
__all__ = ["admin", "backend", "inside", "new_user"]  # fixtures of the emulators' tests


@dataclass(frozen=True)
class Case:
    """What there is when somebody opens the page: the values of its variables."""

    names: dict[str, str]
    user: Client


@pytest.fixture(scope="module")
def case(new_user: NewUser, suite: Suite, inside: Inside, admin: Client) -> Case:
    user = new_user()
    account = f"user_{user.uid}"
    admin.call("controlAccount", {"accountId": account, "action": "setTier", "tier": "pro"})
    dead = submit(user, FAILS)
    failed = submit(user, "[[fail:permanent]] a boat")
    waiting = submit(user, "tomorrow", scheduledAt=in_an_hour())
    for job in (dead, failed):
        user.wait_until_final(job["path"])
        inside.wait_until_settled(job["jobId"])
    team = user.call("createTeam", {"name": "Lights"})
    key = user.call("createApiKey", {"name": "sheet"})
    webhook = user.call("createWebhook", {"url": f"{suite.url('hub')}/nobody"})
    leaver = new_user().uid
    admin.call(
        "controlAccount", {"accountId": f"user_{leaver}", "action": "setTier", "tier": "pro"}
    )
    names = {
        "JOB": dead["jobId"],
        "FAILED": failed["jobId"],
        "WAITING": waiting["jobId"],
        "ACCOUNT": account,
        "TEAM": team["teamId"],
        "KEY": key["prefix"],
        "WEBHOOK": webhook["webhookId"],
        "MODEL": "local-image",
        "QUEUE": "runLocalImage",
        "NEW_OWNER": new_user().uid,
        "PERSON": leaver,
    }
    return Case(names, user)


def run(command: str, names: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The command in a shell that knows the page's first block, as somebody on call would type it."""
    kept = {name: each for name, each in os.environ.items() if not name.startswith("GOOGLE_APP")}
    return subprocess.run(
        ["/bin/bash", "-u", "-c", "\n".join([*SETUP.commands, command])],
        cwd=ROOT,
        env={**kept, **names},
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN_S,
        check=False,
    )


def shown_in_order(lines: tuple[str, ...], out: str) -> str | None:
    """The first of these lines that is not in the output, behind the one before it."""
    at = 0
    for line in lines:
        pattern = "[^\n]*".join(map(re.escape, line.split("…")))
        found = re.compile(pattern).search(out, at)
        if found is None:
            return line
        at = found.end()
    return None


def test_every_command_runs_and_a_letter_is_found_understood_replayed_and_gone(
    case: Case, inside: Inside
) -> None:
    job_id = case.names["JOB"]
    said: dict[str, str] = {}
    wrong: list[str] = []
    for block in BLOCKS:
        outs = []
        for command in block.commands:
            ran = run(command, case.names)
            if ran.returncode not in FINE:
                wrong.append(f"{command}: {ran.returncode}\n{ran.stdout}{ran.stderr}")
            outs.append(ran.stdout)
            said[f"{block.section}: {command}"] = ran.stdout
        missing = shown_in_order(block.shows, "".join(outs))
        if missing is not None:
            wrong.append(f"{block.commands} does not show {missing!r}:\n{''.join(outs)}")
    assert wrong == []
    found = "Dead letters fill: ops dead-letters list"
    assert f"{job_id}" not in said[found]  # the last time: it is gone
    [again] = [
        job.to_dict() for job in inside.jobs_of(case.user.uid)
        if (job.to_dict() or {})["wish"].get("retry_of") == job_id
    ]  # fmt: skip
    assert again is not None
    assert again["user_id"] == case.user.uid
    audit = json.loads(run("ops audit list --json", case.names).stdout)["entries"]
    assert ("dead-letters replay", job_id) in {(each["action"], each["subject"]) for each in audit}
    assert all(each["outcome"] != "begun" for each in audit)
    inside.wait_until_settled(again["id"])


def test_the_page_sends_an_operator_to_sections_that_it_has() -> None:
    named = {each.section for each in findings(Facts(True, None), datetime.now(UTC))}
    assert named <= set(anchors(PAGE))
