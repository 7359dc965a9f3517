"""Payments and debts, judged from plain documents: what a payment leaves in the books in the end, and what an
account that owes something may have after every commit."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from tests.faults.record import Commit, Fields, Payment, Record


def check_payments(contents: Mapping[str, Fields], record: Record) -> Iterator[str]:
    """The share of its credits that was not given back, once: whatever was told of it, in whatever order."""
    found: dict[str, int] = defaultdict(int)
    for path, fields in contents.items():
        if "/ledger/" in path and fields.get("payment_intent") is not None:
            found[fields["payment_intent"]] += moved(fields)
    for payment_intent, payment in record.payments.items():
        if found[payment_intent] != kept(payment):
            yield (
                f"purchases/{payment_intent}: expected {kept(payment)} credits in the books, "
                f"found {found[payment_intent]}"
            )


def kept(payment: Payment) -> int:
    back = min(payment.cents_total, payment.cents_back)
    return payment.credits - payment.credits * back // payment.cents_total


def moved(entry: Fields) -> int:
    """What an entry that no job made gave or took, paid from what was available or owed."""
    amount: int = entry["amount"] - (entry.get("owed") or 0)
    return amount


def check_debts(record: Record) -> Iterator[str]:
    """A finding names the process that committed, and when."""
    owed: dict[str, int] = defaultdict(int)
    for commit in record.commits:
        for finding in _check_commit(commit, owed):
            yield f"{finding} (committed by {commit.process} at {commit.at})"


def _check_commit(commit: Commit, owed: dict[str, int]) -> Iterator[str]:
    for path, fields in commit.writes.items():
        if fields and "/ledger/" in path:
            account = path.partition("/ledger/")[0]
            owed[account] += fields["owed"] or 0
            if fields["owed_after"] != owed[account]:
                yield f"{path}: expected {owed[account]} owed after it, found {fields['owed_after']}"
    for path, fields in commit.writes.items():
        if fields and path.startswith("accounts/") and "/ledger/" not in path:
            yield from _check_account(path, fields, owed[path])


def _check_account(path: str, account: Fields, expected: int) -> Iterator[str]:
    if account["owed"] != expected or account["owed"] < 0:
        yield f"{path}: expected to owe {expected}, found {account['owed']}"
    if account["owed"] and account["available"]:
        yield f"{path}: owes {account['owed']}, found {account['available']} that can be spent"
