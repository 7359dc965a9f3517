"""What must hold once everything has come to rest. Reads documents as plain fields, and shares no
code with what it checks: a mistake in the ledger's arithmetic must not hide itself here."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from tests.support.stored import row

FINAL = {"completed", "failed", "cancelled"}
ATTEMPTS_MAX = 5
BILLED_STARTS_MAX = 2


def assert_promises(
    documents: Mapping[str, Mapping[str, Any]], file_exists: Callable[[str], bool]
) -> None:
    """`documents` by path. Fails with the path of the first document that breaks a promise."""
    jobs = {p: row(p, f) for p, f in documents.items() if p.startswith("jobs/")}
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
    _assert_directions(documents, entries)
    _assert_batches(documents, entries)
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
    begun = job["may_have_billed"]
    assert begun <= (BILLED_STARTS_MAX if job["bills"] else ATTEMPTS_MAX), f"{path} began {begun}"
    own = {e: f for e, f in ledger.items() if e.startswith(f"{job['id']}:")}
    # A row's job has no hold of its own: it closes its part of its batch's.
    held = job["estimated_credits"] if job.get("batch_id") else _amount(own, job, "hold")
    captured, released = _amount(own, job, "capture"), _amount(own, job, "release")
    agreed = job["count"] * job["price_credits"]
    assert held == job["estimated_credits"], f"{path} held {held}"
    assert held == agreed or (job.get("replaced") and held > agreed), f"{path} is of {agreed}"
    assert held or job.get("reused_from"), f"{path} costs nothing, and shows no earlier result"
    assert captured + released == held, f"{path}: {captured} + {released} is not {held}"
    is_completed = job["status"] == "completed"
    if job.get("deleted_at"):  # what was delivered is not known any more
        assert captured == job["charged_credits"], f"{path} was charged {captured}"
        return
    delivered = job["output"]["storage_paths"] if is_completed else []
    number = 1 if is_completed and job["kind"] == "training" else len(delivered)
    bought = agreed if _is_cancel_charged(job) else number * job["price_credits"]
    assert captured == job["charged_credits"] == bought, f"{path} was charged {captured}"
    assert all(file_exists(file) for file in delivered), f"{path} misses a file"


def _is_cancel_charged(job: Mapping[str, Any]) -> bool:
    """Whether it is a charged cancel: the work is billed on after it, and the caller had to accept that. A
    job that was abandoned, because something was deleted, was not cancelled by anybody."""
    bills_on = job["bills"] and not job["cancel_stops_bill"] and job["may_have_billed"] > 0
    return bool(job["status"] == "cancelled" and bills_on and not job["is_abandoned"])


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
    name = f"generations/{job['user_id']}/{job['kind']}s/{job['id']}"
    if job.get("deleted_at"):
        assert name not in documents, f"{path} was deleted, and its view is there"
        return
    view = documents[name]
    assert view["status"] == job["status"], f"{path}: the view says {view['status']}"
    assert view["generated"] == (job["status"] == "completed")
    assert view["credits"]["charged"] == job["charged_credits"]
    assert view["attempts"] == job["attempts"]


def _assert_directions(
    documents: Mapping[str, Mapping[str, Any]], entries: Mapping[str, Mapping[str, Any]]
) -> None:
    """Each direction has ended. Each of its asks had a hold, which is closed: the last one is captured if the
    direction was answered, all others are released."""
    for path, direction in documents.items():
        if not path.startswith("directions/"):
            continue
        status, asks = direction["status"], direction["asks"]
        assert status in {"answered", "refused", "closed"}, f"{path} is {status}"
        assert direction["due_at"] is None, f"{path} is still due"
        ledger, name = entries[f"accounts/{direction['account_id']}"], direction["id"]
        own = {
            entry_id.removeprefix(f"{name}:")
            for entry_id, entry in ledger.items()
            if entry_id.startswith(f"{name}:") and entry["type"] != "adjust"
        }
        ends = ["release"] * (asks - 1) + ["capture" if status == "answered" else "release"]
        expected = {f"hold:{n}" for n in range(1, asks + 1)}
        expected |= {f"{end}:{n}" for n, end in enumerate(ends, start=1)}
        assert own == expected, f"{path}: {own} is not {expected}"
        amounts = {ledger[f"{name}:{entry}"]["amount"] for entry in own}
        assert amounts == {direction["price_credits"]}, f"{path}: entries of {amounts}"
        charged = direction["price_credits"] if status == "answered" else 0
        assert direction["charged_credits"] == charged, f"{path} was charged {direction}"


def _assert_batches(
    documents: Mapping[str, Mapping[str, Any]], entries: Mapping[str, Mapping[str, Any]]
) -> None:
    """Each batch has ended, with all its rows. Its counts are those of its rows, and its holds are closed."""
    for path, batch in documents.items():
        if not path.startswith("batches/") or path.count("/") != 1:
            continue
        rows = [f for p, f in documents.items() if p.startswith(f"{path}/rows/")]
        assert batch["status"] in {"completed", "cancelled"}, f"{path} is {batch['status']}"
        assert batch["due_at"] is None, f"{path} is still due"
        counts = dict(batch["counts"])
        assert counts.pop("total") == len(rows), f"{path} has {len(rows)} rows"
        found = {status: sum(1 for r in rows if r["status"] == status) for status in counts}
        assert counts == found, f"{path} counts {counts} of {found}"
        assert not found["queued"] + found["processing"], f"{path} has rows that have not ended"
        assert batch["credits"]["charged"] == sum(r["credits"]["charged"] for r in rows)
        for row_of_it in rows:
            _assert_row(path, row_of_it, documents)
        total: dict[str, int] = defaultdict(int)
        for entry in entries[f"accounts/{batch['account_id']}"].values():
            if entry.get("batch_id") == batch["id"]:
                total[entry["type"]] += entry["amount"]
        closed = total["capture"] + total["release"]
        assert total["hold"] == closed, f"{path} held {total['hold']}, and {closed} were closed"


def _assert_row(
    path: str, shown: Mapping[str, Any], documents: Mapping[str, Mapping[str, Any]]
) -> None:
    """A row shows its job. One without a job was cancelled before it began."""
    where = f"{path}/rows/{shown['index']}"
    assert not shown["is_waiting"], f"{where} still waits"
    if shown.get("job_id") is None:
        assert shown["status"] == "cancelled", f"{where} is {shown['status']} without a job"
        return
    job = row(f"jobs/{shown['job_id']}", documents[f"jobs/{shown['job_id']}"])
    assert shown["status"] == job["status"], f"{where} says {shown['status']}"
    assert shown["credits"]["charged"] == job["charged_credits"], f"{where} was charged wrongly"
    assert (job["batch_id"], job["row"]) == (path.partition("/")[2], shown["index"])


def _assert_account(
    path: str, account: Mapping[str, Any], ledger: Mapping[str, Mapping[str, Any]]
) -> None:
    total: dict[str, int] = defaultdict(int)
    for entry in ledger.values():
        total[entry["type"]] += entry["amount"]
    granted = total["grant"] + total["adjust"]
    assert account["held"] == 0, f"{path} holds {account['held']}"
    assert account["active"] == 0, f"{path} has {account['active']} active jobs"
    assert not account.get("asking"), f"{path} has {account['asking']} directions under way"
    assert account["available"] >= 0, f"{path} is below zero"
    assert account["available"] + total["capture"] == granted, f"{path} does not add up"
    is_welcomed = "welcome:grant" in ledger
    assert (account.get("welcome") == "given") == is_welcomed, f"{path} was welcomed: {is_welcomed}"
    _assert_owed(path, account, ledger)


def _assert_owed(
    path: str, account: Mapping[str, Any], ledger: Mapping[str, Mapping[str, Any]]
) -> None:
    """An account that an operator wrote by hand owes nothing and need not say so."""
    owed = account.get("owed", 0)
    assert owed == sum(entry.get("owed") or 0 for entry in ledger.values()), f"{path} owes {owed}"
    assert owed >= 0, f"{path} owes {owed}"
    assert not (owed and account["available"]), f"{path} owes {owed} and can spend"


def _assert_teams(documents: Mapping[str, Mapping[str, Any]]) -> None:
    """Every team has an owner and an account. A member without a team may have been written by hand."""
    for path in documents:
        if not path.startswith("teams/") or path.count("/") != 1:
            continue
        roles = [f["role"] for p, f in documents.items() if p.startswith(f"{path}/members/")]
        assert "owner" in roles, f"{path} has no owner"
        assert path.replace("teams/", "accounts/team_") in documents, f"{path} has no account"
