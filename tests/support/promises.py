"""What must hold once everything has come to rest. Reads documents as plain fields, and shares no
code with what it checks: a mistake in the ledger's arithmetic must not hide itself here."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

FINAL = {"completed", "failed", "cancelled"}
ATTEMPTS_MAX = 5


def assert_promises(
    documents: Mapping[str, Mapping[str, Any]], file_exists: Callable[[str], bool]
) -> None:
    """`documents` by path. Fails with the path of the first document that breaks a promise."""
    jobs = {p: f for p, f in documents.items() if p.startswith("jobs/")}
    accounts = {
        p: f for p, f in documents.items() if p.startswith("accounts/") and p.count("/") == 1
    }
    entries: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for path, fields in documents.items():
        if "/ledger/" in path:
            owner, _, entry_id = path.partition("/ledger/")
            entries[owner][entry_id] = fields
    for path, job in jobs.items():
        _assert_job(path, job, entries[f"accounts/{job['account_id']}"], file_exists)
        _assert_view(path, job, documents)
    for path, account in accounts.items():
        _assert_account(path, account, entries[path])
    _assert_teams(documents)


def _assert_job(
    path: str,
    job: Mapping[str, Any],
    ledger: Mapping[str, Mapping[str, Any]],
    file_exists: Callable[[str], bool],
) -> None:
    assert job["status"] in FINAL, f"{path} is {job['status']}"
    assert job["settled_at"] is not None, f"{path} is not settled"
    assert job["due_at"] is None, f"{path} is still due"
    payer = f"team_{job['team_id']}" if job.get("team_id") else f"user_{job['user_id']}"
    assert job["account_id"] == payer, f"{path} is paid by {job['account_id']}"
    assert job["attempts"] <= ATTEMPTS_MAX, f"{path} had {job['attempts']} attempts"
    own = {e: f for e, f in ledger.items() if e.startswith(f"{job['id']}:")}
    held = _amount(own, job, "hold")
    captured, released = _amount(own, job, "capture"), _amount(own, job, "release")
    assert held == job["count"] * job["price_credits"], f"{path} held {held}"
    assert captured + released == held, f"{path}: {captured} + {released} is not {held}"
    is_completed = job["status"] == "completed"
    delivered = job["output"]["storage_paths"] if is_completed else []
    number = 1 if is_completed and job["kind"] == "training" else len(delivered)
    assert captured == number * job["price_credits"], f"{path} was charged {captured}"
    assert all(file_exists(file) for file in delivered), f"{path} misses a file"


def _amount(own: Mapping[str, Mapping[str, Any]], job: Mapping[str, Any], kind: str) -> int:
    entry = own.get(f"{job['id']}:{kind}")
    if entry is None:
        return 0
    assert entry["type"] == kind
    amount = entry["amount"]
    assert isinstance(amount, int)
    assert amount > 0
    return amount


def _assert_view(
    path: str, job: Mapping[str, Any], documents: Mapping[str, Mapping[str, Any]]
) -> None:
    view = documents[f"generations/{job['user_id']}/{job['kind']}s/{job['id']}"]
    assert view["status"] == job["status"], f"{path}: the view says {view['status']}"
    assert view["generated"] == (job["status"] == "completed")
    assert view["credits"]["charged"] == job["charged_credits"]
    assert view["attempts"] == job["attempts"]


def _assert_account(
    path: str, account: Mapping[str, Any], ledger: Mapping[str, Mapping[str, Any]]
) -> None:
    total: dict[str, int] = defaultdict(int)
    for entry in ledger.values():
        total[entry["type"]] += entry["amount"]
    granted = total["grant"] + total["adjust"]
    assert account["held"] == 0, f"{path} holds {account['held']}"
    assert account["active"] == 0, f"{path} has {account['active']} active jobs"
    assert account["available"] >= 0, f"{path} is below zero"
    assert account["available"] + total["capture"] == granted, f"{path} does not add up"
    is_welcomed = "welcome:grant" in ledger
    assert (account.get("welcome") == "given") == is_welcomed, f"{path} was welcomed: {is_welcomed}"


def _assert_teams(documents: Mapping[str, Mapping[str, Any]]) -> None:
    """Every team has an owner and an account. A member without a team may have been written by hand."""
    for path in documents:
        if not path.startswith("teams/") or path.count("/") != 1:
            continue
        roles = [f["role"] for p, f in documents.items() if p.startswith(f"{path}/members/")]
        assert "owner" in roles, f"{path} has no owner"
        assert path.replace("teams/", "accounts/team_") in documents, f"{path} has no account"
