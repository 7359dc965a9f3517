"""People, and the documents as the backend sees them."""

import queue
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from mediaforge import bootstrap
from mediaforge.services.backend import Backend
from tests.support.promises import assert_promises
from tests.support.stored import row
from tools.client import Addresses, CallError, Client, make_admin, sign_in
from tools.suite import Suite

_LOOKS_AFTER_S = 20
_REST_S = 300  # longer than anything here may take without a change
SMALL = {"width": 64, "height": 64}
NewUser = Callable[[], Client]


@pytest.fixture(scope="session")
def new_user(addresses: Addresses) -> Iterator[NewUser]:
    """Makes users nobody has seen before."""
    users: list[Client] = []

    def make() -> Client:
        users.append(sign_in(addresses, f"user{len(users)}@mediaforge.test"))
        return users[-1]

    yield make
    for user in users:
        user.close()


@pytest.fixture
def ann(new_user: NewUser) -> Client:
    return new_user()


@pytest.fixture(scope="session")
def admin(addresses: Addresses) -> Iterator[Client]:
    email = "admin@mediaforge.test"
    with (
        closing(sign_in(addresses, email)) as user,
        closing(make_admin(addresses, user, email)) as admin,
    ):
        yield admin


@pytest.fixture
def pro(new_user: NewUser, admin: Client) -> Client:
    """A user of the tier that has videos and brands, with credits to spend."""
    user = new_user()
    grant(admin, f"user_{user.uid}", 5000)
    tier = {"accountId": f"user_{user.uid}", "action": "setTier", "tier": "pro"}
    admin.call("controlAccount", tier)
    return user


@pytest.fixture(scope="session")
def backend(suite: Suite) -> Backend:
    """The real adapters in the test's own process: for what no client can bring about."""
    return bootstrap.backend()


@dataclass(frozen=True)
class Inside:
    """The documents as the owner of the database reads them."""

    database: firestore.Client
    backend: Backend

    def get(self, path: str) -> dict[str, Any]:
        """The document's fields; a job's in one row."""
        fields = self.database.document(path).get().to_dict()
        assert fields is not None, f"there is no {path}"
        return row(path, fields)

    def job(self, job_id: str) -> dict[str, Any]:
        return self.get(f"jobs/{job_id}")

    def wait_for(self, path: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Listens until the document is as wanted; fails after five minutes without a change."""
        return wait_for(self.database, path, holds)

    def wait_until_settled(self, job_id: str) -> dict[str, Any]:
        return self.wait_for(f"jobs/{job_id}", lambda job: job.get("settled_at") is not None)

    def assert_promises_of(self, *uids: str) -> None:
        """Everything these users own is at rest, paid once and complete."""
        documents = dict(self._documents_of(uids))
        assert documents, "there is nothing to check"
        assert_promises(documents, self.backend.media.exists)

    def assert_promises_of_account(self, account_id: str) -> None:
        """The account and all it paid for, whoever asked for it, are at rest, paid once and complete."""
        documents = self.belongings(f"accounts/{account_id}")
        own = FieldFilter("account_id", "==", account_id)
        for job in self.database.collection("jobs").where(filter=own).stream():
            fields = row(job.reference.path, job.to_dict() or {})
            view = f"generations/{fields['user_id']}/{fields['kind']}s/{job.id}"
            documents |= {job.reference.path: fields, view: self.get(view)}
        assert_promises(documents, self.backend.media.exists)

    def belongings(self, *roots: str) -> dict[str, dict[str, Any]]:
        """Each of these documents and all that lies under it, by path; what is not there is left out."""
        found: dict[str, dict[str, Any]] = {}
        left = [self.database.document(root) for root in roots]
        while left:
            document = left.pop()
            fields = document.get().to_dict()
            if fields is not None:
                found[document.path] = fields
            for collection in document.collections():
                left += collection.list_documents()
        return found

    def belongings_of(self, user: Client, *roots: str) -> dict[str, dict[str, Any]]:
        """Whatever there is of a user: their account, their views, their jobs; and of other roots."""
        own = (f"accounts/user_{user.uid}", f"generations/{user.uid}")
        jobs = {job.reference.path: job.to_dict() or {} for job in self.jobs_of(user.uid)}
        return jobs | self.belongings(*own, *roots)

    def _documents_of(self, uids: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for uid in uids:
            account = self.database.document(f"accounts/user_{uid}")
            yield account.path, self.get(account.path)
            for entry in account.collection("ledger").stream():
                yield entry.reference.path, entry.to_dict() or {}
            for job in self.jobs_of(uid):
                yield job.reference.path, job.to_dict() or {}
            for direction in self.directions_of(uid):
                yield direction.reference.path, direction.to_dict() or {}
            for batch in self.batches_of(uid):
                yield from self.belongings(batch.reference.path).items()
            for folder in ("images", "videos", "trainings"):
                for view in self.database.collection(f"generations/{uid}/{folder}").stream():
                    yield view.reference.path, view.to_dict() or {}

    def directions_of(self, uid: str) -> list[Any]:
        own = FieldFilter("user_id", "==", uid)
        return list(self.database.collection("directions").where(filter=own).stream())

    def batches_of(self, uid: str) -> list[Any]:
        own = FieldFilter("user_id", "==", uid)
        return list(self.database.collection("batches").where(filter=own).stream())

    def jobs_of(self, uid: str) -> list[Any]:
        own = FieldFilter("user_id", "==", uid)
        return list(self.database.collection("jobs").where(filter=own).stream())


def wait_for(
    database: firestore.Client, path: str, holds: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """The first state of the document that `holds`. A listener may die silently with its connection, so the
    document is also read now and then."""
    state: dict[str, Any] | None = None
    rested_s = 0
    with listening(database, path) as states:
        while state is None or not holds(state):
            try:
                state, rested_s = states.get(timeout=_LOOKS_AFTER_S), 0
            except queue.Empty:
                state = row(path, database.document(path).get().to_dict() or {})
                rested_s += _LOOKS_AFTER_S
                if rested_s >= _REST_S and not holds(state):
                    raise AssertionError(f"{path} came to rest as {state}") from None
        return state


@contextmanager
def listening(
    database: firestore.Client, path: str
) -> Iterator["queue.SimpleQueue[dict[str, Any]]"]:
    """Every state of the document that a listener is sent; none while it is not there."""
    states: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def put(snapshots: list[Any], _changes: Any, _time: Any) -> None:
        for snapshot in snapshots:
            states.put(row(path, snapshot.to_dict() or {}))

    watch = database.document(path).on_snapshot(put)
    try:
        yield states
    finally:
        watch.unsubscribe()


@pytest.fixture(scope="session")
def inside(backend: Backend) -> Iterator[Inside]:
    with closing(firestore.Client()) as database:
        yield Inside(database, backend)


def submit(user: Client, prompt: str, **fields: Any) -> dict[str, Any]:
    """The answer to a small image's submission."""
    answer: dict[str, Any] = user.call("generateImage", {"prompt": prompt, **SMALL, **fields})
    return answer


def cancel(user: Client, job_id: str, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = user.call(
        "controlJob", {"jobId": job_id, "action": "cancel", **fields}
    )
    return answer


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def grant(admin: Client, account_id: str, amount: int) -> None:
    named = {"reason": "test", "requestId": uuid.uuid4().hex}
    admin.call("grantCredits", {"accountId": account_id, "amount": amount, **named})


def refusal(user: Client, name: str, payload: Any) -> CallError:
    with pytest.raises(CallError) as refused:
        user.call(name, payload)
    return refused.value


@contextmanager
def triggers_off(suite: Suite) -> Iterator[None]:
    """No event reaches a function: the hub's own switch."""
    hub = suite.url("hub")
    httpx.put(f"{hub}/functions/disableBackgroundTriggers", timeout=180).raise_for_status()
    try:
        yield
    finally:
        httpx.put(f"{hub}/functions/enableBackgroundTriggers", timeout=180).raise_for_status()
