"""A client of the running emulators, as an app would be: signs in, calls, listens, downloads.

Used by the demo, the tests and the benchmarks. What it reads, it reads as its user: under the rules.
"""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

import httpx
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from tools.functions import AnswerError, read_object

TIMEOUT_S = 180.0  # a worker may have to start first, on a busy machine
# Shorter than the emulators' own 5 s: a request must not meet the end of the connection it is sent on.
CONNECTION_KEPT_S = 1.0
# Errors that the functions emulator answers when its own request to a worker fails. After the first no worker
# has received the request; after the others one may have done it.
NOT_DELIVERED = "ECONNREFUSED"
LOST = frozenset({NOT_DELIVERED, "ECONNRESET", "EPIPE"})
REPEATED_AFTER_S = (0.1, 0.5, 2.0)
READS = frozenset({"getCatalog", "searchGenerations"})
FINAL = frozenset({"completed", "failed", "cancelled"})
_LOOKS_AFTER_S = 10.0
_API_KEY = "emulator"  # the auth emulator takes any key
_OWNER = {"Authorization": "Bearer owner"}  # the auth emulator's token for a backend


class CallError(Exception):
    """A callable's refusal: `status` and `details` as they came over the wire."""

    def __init__(self, http_status: int, error: Mapping[str, Any]) -> None:
        super().__init__(f"{error.get('status')}: {error.get('message')}")
        self.http_status = http_status
        self.status = error.get("status")
        self.details: Mapping[str, Any] = error.get("details") or {}

    @property
    def reason(self) -> str | None:
        return self.details.get("reason")


@dataclass(frozen=True)
class Addresses:
    """Where the emulators are: the variables of `Suite.environment()`."""

    project: str
    functions_url: str
    auth_host: str
    storage_host: str
    bucket: str

    @classmethod
    def of(cls, environment: Mapping[str, str], functions_url: str, bucket: str) -> Addresses:
        return cls(
            project=environment["GCLOUD_PROJECT"],
            functions_url=functions_url,
            auth_host=environment["FIREBASE_AUTH_EMULATOR_HOST"],
            storage_host=environment["FIREBASE_STORAGE_EMULATOR_HOST"],
            bucket=bucket,
        )


class Client:
    """One signed-in user (or none: `token` is None)."""

    def __init__(self, addresses: Addresses, uid: str = "", token: str | None = None) -> None:
        self.addresses = addresses
        self.uid = uid
        self.token = token
        limits = httpx.Limits(keepalive_expiry=CONNECTION_KEPT_S)
        self._http = httpx.Client(timeout=TIMEOUT_S, limits=limits, trust_env=False)

    def close(self) -> None:
        self._http.close()
        if "_documents" in vars(self):
            self._documents.close()

    def call(self, name: str, payload: Any) -> Any:
        """The callable's result; raises CallError for a refusal, AnswerError for an answer that is not a
        callable's. A request that the emulator lost is sent again, where that is safe."""
        for pause_s in REPEATED_AFTER_S:
            answer = self.post(name, {"data": payload})
            if not _may_be_repeated(answer, name, payload):
                break
            time.sleep(pause_s)
        else:
            answer = self.post(name, {"data": payload})
        return _result(name, answer)

    def post(self, name: str, body: Any) -> httpx.Response:
        url = f"{self.addresses.functions_url}/{name}"
        # The JSON is ASCII, so that half of a surrogate pair can be sent, too.
        content = json.dumps(body)
        headers = {"Content-Type": "application/json", **self._authorization("Bearer")}
        return self._http.post(url, content=content, headers=headers)

    def upload(self, name: str, content: bytes, content_type: str) -> str:
        """A picture into the user's own folder, under the Storage rules; its path. Raises
        httpx.HTTPStatusError when refused."""
        path = f"references/{self.uid}/{name}"
        url = f"http://{self.addresses.storage_host}/v0/b/{self.addresses.bucket}/o"
        headers = {**self._authorization("Firebase"), "Content-Type": content_type}
        answer = self._http.post(url, params={"name": path}, content=content, headers=headers)
        answer.raise_for_status()
        return path

    def download(self, path: str) -> bytes:
        """The file at `path`, under the Storage rules; raises httpx.HTTPStatusError when refused."""
        host, bucket = self.addresses.storage_host, self.addresses.bucket
        url = f"http://{host}/v0/b/{bucket}/o/{quote(path, safe='')}?alt=media"
        answer = self._http.get(url, headers=self._authorization("Firebase"))
        answer.raise_for_status()
        return answer.content

    @contextmanager
    def listening(self, path: str) -> Iterator[queue.Queue[dict[str, Any]]]:
        """Every state of the document at `path` that a Firestore listener of this user is sent."""
        states: queue.Queue[dict[str, Any]] = queue.Queue()

        def put(snapshots: list[Any], _changes: Any, _time: Any) -> None:
            for snapshot in snapshots:
                states.put(snapshot.to_dict() or {})

        watch = self._documents.document(path).on_snapshot(put)
        try:
            yield states
        finally:
            watch.unsubscribe()

    @contextmanager
    def listening_to_jobs(self, folder: str = "images") -> Iterator[queue.Queue[dict[str, Any]]]:
        """Every state of every job of this user in `folder` (`images`, `videos`, `trainings`), from before
        the first one exists."""
        states: queue.Queue[dict[str, Any]] = queue.Queue()

        def put(_snapshots: Any, changes: list[Any], _time: Any) -> None:
            for change in changes:
                states.put(change.document.to_dict() or {})

        watch = self._documents.collection(f"generations/{self.uid}/{folder}").on_snapshot(put)
        try:
            yield states
        finally:
            watch.unsubscribe()

    def wait_until_final(
        self,
        path: str,
        timeout_s: float = 300.0,
        tell: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> dict[str, Any]:
        """Listens until the job's view is final; `tell` is given each state on the way. A listener may die
        silently with its connection, so the document is also read now and then."""
        deadline = time.monotonic() + timeout_s
        with self.listening(path) as states:
            while True:
                left_s = deadline - time.monotonic()
                try:
                    state = states.get(timeout=min(_LOOKS_AFTER_S, max(0.1, left_s)))
                except queue.Empty:
                    if left_s <= 0:
                        raise TimeoutError(
                            f"{path} was not final after {timeout_s:.0f} s"
                        ) from None
                    state = self.get(path) or {}
                    if state.get("status") not in FINAL:
                        continue
                tell(state)
                if state.get("status") in FINAL:
                    return state

    def get(self, path: str) -> dict[str, Any] | None:
        """A document as this user may read it."""
        return self._documents.document(path).get().to_dict()

    def write(self, path: str, fields: Mapping[str, Any]) -> None:
        """Writes the whole document, as far as this user may."""
        self._documents.document(path).set(dict(fields))

    def find(self, group: str, name: str, value: str) -> list[dict[str, Any]]:
        """The documents of a collection group whose field `name` is `value`, as this user may list them."""
        found = self._documents.collection_group(group).where(filter=FieldFilter(name, "==", value))
        return [snapshot.to_dict() or {} for snapshot in found.stream()]

    @cached_property
    def _documents(self) -> firestore.Client:
        client = firestore.Client(project=self.addresses.project)
        # On an emulator the SDK acts as the owner, for whom no rules hold; this client acts as its user.
        database = f"projects/{self.addresses.project}/databases/(default)"
        client._rpc_metadata_internal = [
            ("google-cloud-resource-prefix", database),
            ("authorization", f"Bearer {self.token}"),
        ]
        return client

    def _authorization(self, scheme: str) -> dict[str, str]:
        return {"Authorization": f"{scheme} {self.token}"} if self.token else {}


def _may_be_repeated(answer: httpx.Response, name: str, payload: Any) -> bool:
    code = (read_object(answer.content) or {}).get("code")
    if answer.status_code != httpx.codes.INTERNAL_SERVER_ERROR or code not in LOST:
        return False
    has_id = isinstance(payload, Mapping) and bool(payload.get("requestId"))
    return code == NOT_DELIVERED or has_id or name in READS


def _result(name: str, answer: httpx.Response) -> Any:
    body = read_object(answer.content) or {}
    error = body.get("error")
    if isinstance(error, Mapping):
        raise CallError(answer.status_code, error)
    if "result" not in body:
        raise AnswerError(name, answer.status_code, answer.content)
    return body["result"]


def sign_in(addresses: Addresses, email: str, password: str = "emulator") -> Client:  # noqa: S107
    """Signs the user in; the first time it signs them up and verifies their address, as opening Firebase's
    mail would do."""
    credentials = {"email": email, "password": password, "returnSecureToken": True}
    answer = accounts(addresses, "signInWithPassword", credentials)
    if answer.is_error:
        accounts(addresses, "signUp", credentials).raise_for_status()
        verify(addresses, email)
        answer = accounts(addresses, "signInWithPassword", credentials)
    answer.raise_for_status()
    body = answer.json()
    return Client(addresses, body["localId"], body["idToken"])


def verify(addresses: Addresses, email: str) -> None:
    """Follows the link in the mail to that address. Tokens say that the address is verified from the next
    sign-in on."""
    asked = {"requestType": "VERIFY_EMAIL", "email": email, "returnOobLink": True}
    sent = accounts(addresses, "sendOobCode", asked, _OWNER).raise_for_status().json()
    accounts(addresses, "update", {"oobCode": sent["oobCode"]}).raise_for_status()


def make_admin(addresses: Addresses, client: Client, email: str) -> Client:
    """Gives the user the custom claim `admin`, and a token that has it."""
    url = f"http://{addresses.auth_host}/identitytoolkit.googleapis.com/v1/projects/{addresses.project}"
    claims = {"localId": client.uid, "customAttributes": '{"admin":true}'}
    answer = httpx.post(
        f"{url}/accounts:update", json=claims, headers=_OWNER, timeout=TIMEOUT_S, trust_env=False
    )
    answer.raise_for_status()
    return sign_in(addresses, email)


def accounts(
    addresses: Addresses,
    method: str,
    body: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """A method of the auth emulator's accounts, as an app's SDK calls it."""
    url = f"http://{addresses.auth_host}/identitytoolkit.googleapis.com/v1/accounts:{method}"
    key = {"key": _API_KEY}
    return httpx.post(
        url, params=key, json=body, headers=headers, timeout=TIMEOUT_S, trust_env=False
    )
