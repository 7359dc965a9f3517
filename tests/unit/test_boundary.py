"""What a token or a task says of itself is looked at before it becomes part of a path."""

from types import SimpleNamespace
from typing import Any

import pytest
from firebase_functions.https_fn import HttpsError

from mediaforge import bootstrap
from mediaforge.entrypoints import callables, workers
from tests.support.world import World


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(bootstrap, "backend", lambda: world.backend)
    return world


UIDS = [1, 1.5, True, ["ann"], {"uid": "ann"}, "\ud800", "a/b", ".", "..", "__x__", "x" * 129]


@pytest.mark.parametrize("uid", UIDS, ids=lambda uid: ascii(uid)[:20])
def test_a_user_id_that_is_no_name_is_refused_and_not_broken_on(uid: Any) -> None:
    """The emulators take any token."""
    call: Any = SimpleNamespace(auth=SimpleNamespace(uid=uid, token={}), data={"prompt": "a fox"})
    with pytest.raises(HttpsError) as refused:
        callables.generate_image(call)
    assert refused.value.details == {"reason": "unauthenticated"}


TASKS = [None, [], {}, {"jobId": 1}, {"jobId": ""}, {"jobId": "a/b"}, {"jobId": "."}, {"jobId": ".."},
         {"jobId": "__x__"}, {"jobId": "x" * 129}, {"jobId": "\ud800"}, {"jobId": "a\n"}]  # fmt: skip


@pytest.mark.parametrize("data", TASKS, ids=lambda data: ascii(data)[:30])
def test_a_task_that_names_no_job_is_answered_and_not_delivered_again(
    data: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "backend", lambda: pytest.fail("Firestore would refuse it"))
    task: Any = SimpleNamespace(data=data)
    assert workers.run(task) == {"outcome": "refused"}


@pytest.mark.parametrize("delivery", [None, "x", 1.5, 10**40, [], -1])
def test_a_task_of_a_job_that_is_not_there_is_forgotten_whatever_delivery_it_says(
    delivery: Any,
) -> None:
    task: Any = SimpleNamespace(data={"jobId": "0123abcd", "delivery": delivery})
    assert workers.run(task) == {"outcome": "unknown"}
