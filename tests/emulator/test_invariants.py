"""`make invariants` beside a running suite: it names what is wrong, and what is mended no longer."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.emulator.conftest import Inside, NewUser, submit
from tools.setup import ROOT

LIMIT_S = 300


@dataclass(frozen=True)
class Damage:
    """What is written into a document of a user with one finished job, and what has to be said of it."""

    path: str
    changes: dict[str, Any]
    rule: str
    expected: str
    found: str


ACCOUNT = "accounts/user_{uid}"
LEDGER = ACCOUNT + "/ledger/{job_id}"
JOB = "jobs/{job_id}"
VIEW = "generations/{uid}/images/{job_id}"
DAMAGES = {
    "a balance": Damage(
        *(ACCOUNT, {"available": 105}),
        *("available and held are the sum of the entries", "(98, 0)", "(105, 0)"),
    ),
    "a slot": Damage(ACCOUNT, {"active": 3}, "active counts the jobs that hold a slot", "0", "3"),
    "a capture": Damage(
        *(LEDGER + ":capture", {"amount": 1}),
        *("captured and released close the hold once", "(2, 0)", "(1, 0)"),
    ),
    "a hold": Damage(
        *(LEDGER + ":hold", {"amount": 4}),
        *("a job has one hold, of what was estimated", "[2]", "[4]"),
    ),
    "a file": Damage(
        *(JOB, {"end.output.storage_paths": ["generating/none.png"]}),
        *("a completed job's files exist", "generating/none.png", "no such file"),
    ),
    "a view": Damage(
        *(VIEW, {"status": "failed"}),
        *("what is shown is what the job is", "status=completed", "status=failed"),
    ),
}
Checked = tuple[subprocess.CompletedProcess[str], dict[str, tuple[str, str]]]


def check() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.invariants"],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )


@contextmanager
def damaged(inside: Inside, path: str, changes: dict[str, Any]) -> Iterator[None]:
    document = inside.database.document(path)
    fields = document.get().to_dict() or {}
    document.update(changes)
    try:
        yield
    finally:
        document.set(fields)


@pytest.fixture(scope="module")
def checked(new_user: NewUser, inside: Inside) -> Checked:
    """The check's run over one user for each damage, and each one's uid and job."""
    owners: dict[str, tuple[str, str]] = {}
    for name in DAMAGES:
        user = new_user()
        owners[name] = user.uid, submit(user, "sound")["jobId"]
    with ExitStack() as mended:
        for name, (uid, job_id) in owners.items():
            inside.wait_until_settled(job_id)
            path = DAMAGES[name].path.format(uid=uid, job_id=job_id)
            mended.enter_context(damaged(inside, path, DAMAGES[name].changes))
        ran = check()
    return ran, owners


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_document_is_named_with_what_was_expected_and_found(
    name: str, checked: Checked
) -> None:
    ran, owners = checked
    assert ran.returncode == 1, ran.stderr
    uid, job_id = owners[name]
    wrong = DAMAGES[name]
    documents = (
        *(f"accounts/user_{uid}", f"jobs/{job_id}"),
        VIEW.format(uid=uid, job_id=job_id),
    )
    said = f"{wrong.rule}\n  expected {wrong.expected}\n  found    {wrong.found}\n"
    assert any(f"{document}: {said}" in ran.stdout for document in documents), ran.stdout


def test_what_was_mended_is_no_longer_named(checked: Checked) -> None:
    _, owners = checked
    ran = check()
    assert ran.returncode in (0, 1), ran.stderr
    for uid, job_id in owners.values():
        assert uid not in ran.stdout
        assert job_id not in ran.stdout
