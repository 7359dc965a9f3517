"""Batches through the callables, the queue, the triggers and a listener."""

from itertools import pairwise
from typing import Any

from tests.emulator.conftest import SMALL, Inside
from tools.client import Client


def rows(number: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"prompt": f"row {index}", **SMALL} | fields for index in range(number)]


def seen(client: Client, batch_id: str, until: frozenset[str]) -> list[dict[str, Any]]:
    """Each state of the batch that a listener is sent, up to one of these statuses."""
    with client.listening(f"batches/{batch_id}") as states:
        found = [states.get(timeout=240)]
        while found[-1]["status"] not in until:
            found.append(states.get(timeout=240))
    return found


def has_ended(batch: dict[str, Any]) -> bool:
    return batch.get("status") in {"completed", "cancelled"} and batch["due_at"] is None


def is_at_rest(account: dict[str, Any]) -> bool:
    return account.get("held") == 0 and account["active"] == 0 and account["due_at"] is None


def settle(inside: Inside, user: Client) -> None:
    """Waits until everything of the user has come to rest, and checks it."""
    for batch in inside.batches_of(user.uid):
        inside.wait_for(batch.reference.path, has_ended)
    inside.wait_for(f"accounts/user_{user.uid}", is_at_rest)
    inside.assert_promises_of(user.uid)


def test_a_batch_runs_to_its_end_and_its_counts_always_add_up(pro: Client, inside: Inside) -> None:
    sent = rows(12)
    sent[5] |= {"prompt": "[[blocked]]"}
    answer = pro.call("submitBatch", {"name": "posters", "rows": sent, "requestId": "b"})
    assert (answer["rows"], answer["credits"]) == (12, {"estimated": 24})
    assert pro.call("submitBatch", {"name": "posters", "rows": sent, "requestId": "b"}) == answer
    states = seen(pro, answer["batchId"], frozenset({"completed"}))
    for state in states:
        counts = dict(state["counts"])
        assert counts.pop("total") == sum(counts.values()) == 12
    for before, after in pairwise(states):
        assert after["counts"]["completed"] >= before["counts"]["completed"]
    assert (states[-1]["counts"]["completed"], states[-1]["counts"]["failed"]) == (11, 1)
    assert states[-1]["credits"] == {"estimated": 24, "charged": 22}
    settle(inside, pro)


def control(user: Client, batch_id: str, action: str) -> dict[str, Any] | None:
    """What `controlBatch` answers, or None: the batch has ended before it was called."""
    answer = user.post("controlBatch", {"data": {"batchId": batch_id, "action": action}}).json()
    if "error" not in answer:
        return dict(answer["result"])
    assert answer["error"]["details"]["reason"] == "illegal-state"
    return None


def test_a_pause_a_retry_and_a_cancel(pro: Client, inside: Inside) -> None:
    sent = rows(14, prompt="[[sleep:2]] a poster")
    sent[0] |= {"prompt": "[[blocked]]"}
    batch_id = pro.call("submitBatch", {"name": "posters", "rows": sent})["batchId"]
    seen(pro, batch_id, frozenset({"running", "completed"}))
    if paused := control(pro, batch_id, "pause"):
        assert paused["status"] == "paused"
        control(pro, batch_id, "resume")
    seen(pro, batch_id, frozenset({"completed"}))
    again = pro.call("controlBatch", {"batchId": batch_id, "action": "retryFailed"})
    assert (again["status"], again["counts"]["queued"]) == ("running", 1)
    control(pro, batch_id, "cancel")
    settle(inside, pro)
    assert pro.get(f"batches/{batch_id}/rows/0")["attempt"] == 2  # type: ignore[index]


def test_a_stranger_who_guesses_a_batch_reads_nothing(
    pro: Client, ann: Client, inside: Inside
) -> None:
    batch_id = pro.call("submitBatch", {"name": "posters", "rows": rows(1)})["batchId"]
    answers = [
        ann.post("controlBatch", {"data": {"batchId": each, "action": "pause"}})
        for each in (batch_id, "nowhere")
    ]
    told = [answer.json()["error"] for answer in answers]
    assert [each["details"] for each in told] == [{"reason": "not-found"}] * 2
    settle(inside, pro)
