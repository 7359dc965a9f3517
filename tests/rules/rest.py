"""Firestore and Storage as clients reach them: REST, each call answered with its HTTP response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import httpx

from tests.rules.callers import Caller

CALL_S_MAX = 120

Fields = Mapping[str, object]


def typed(value: object) -> Fields:
    """A value as Firestore's REST interface writes it."""
    match value:
        case bool():
            return {"booleanValue": value}
        case int():
            return {"integerValue": str(value)}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}
        case list():
            return {"arrayValue": {"values": [typed(item) for item in value]}}
        case dict():
            return {"mapValue": {"fields": {name: typed(item) for name, item in value.items()}}}
        case None:
            return {"nullValue": None}
        case _:
            raise TypeError(f"no test writes {value!r}")


@dataclass(frozen=True)
class Firestore:
    """Firestore, seen by one caller. Paths are relative to the database's documents."""

    root: str
    http: httpx.Client

    def get(self, path: str) -> httpx.Response:
        return self.http.get(f"{self.root}/{path}")

    def list(self, collection: str, query: Fields | None = None) -> httpx.Response:
        """All documents of a collection, or what `query` leaves, by a query as listeners use it."""
        parent, _, name = collection.rpartition("/")
        return self._query(parent, {"collectionId": name}, query)

    def list_group(self, collection_id: str, query: Fields | None = None) -> httpx.Response:
        """As `list`, over all collections of that name."""
        return self._query("", {"collectionId": collection_id, "allDescendants": True}, query)

    def create(self, path: str, fields: Fields) -> httpx.Response:
        collection, _, name = path.rpartition("/")
        url = f"{self.root}/{collection}"
        return self.http.post(url, params={"documentId": name}, json={"fields": fields})

    def update(self, path: str, fields: Fields) -> httpx.Response:
        return self.http.patch(f"{self.root}/{path}", json={"fields": fields})

    def delete(self, path: str) -> httpx.Response:
        return self.http.delete(f"{self.root}/{path}")

    def write(
        self, path: str, fields: Fields, at_server_time: Sequence[str] = ()
    ) -> httpx.Response:
        """Writes the whole document, as an SDK's `set` does. The fields `at_server_time` get the time of the
        write."""
        database, _, documents = self.root.partition("/v1/")[2].rpartition("/")
        name = f"{database}/{documents}/{path}"
        transforms = [
            {"fieldPath": field, "setToServerValue": "REQUEST_TIME"} for field in at_server_time
        ]
        write = {"update": {"name": name, "fields": fields}, "updateTransforms": transforms}
        url = f"{self.root.removesuffix('/documents')}/documents:commit"
        return self.http.post(url, json={"writes": [write]})

    def _query(self, parent: str, source: Fields, query: Fields | None) -> httpx.Response:
        url = f"{self.root}/{parent}".rstrip("/") + ":runQuery"
        return self.http.post(url, json={"structuredQuery": {"from": [source], **(query or {})}})


@dataclass(frozen=True)
class Storage:
    """The bucket, seen by one caller through the interface of the Firebase SDKs."""

    root: str
    http: httpx.Client

    def get(self, name: str) -> httpx.Response:
        return self.http.get(self._object(name))

    def download(self, name: str) -> httpx.Response:
        return self.http.get(self._object(name), params={"alt": "media"})

    def list(self, folder: str) -> httpx.Response:
        return self.http.get(self.root, params={"prefix": f"{folder}/", "delimiter": "/"})

    def upload(self, name: str, content: bytes, content_type: str) -> httpx.Response:
        headers = {"Content-Type": content_type}
        return self.http.post(self.root, params={"name": name}, content=content, headers=headers)

    def update(self, name: str, metadata: Fields) -> httpx.Response:
        return self.http.patch(self._object(name), json=metadata)

    def delete(self, name: str) -> httpx.Response:
        return self.http.delete(self._object(name))

    def _object(self, name: str) -> str:
        return f"{self.root}/{quote(name, safe='')}"


class Emulators:
    """Both emulators, for any caller."""

    def __init__(self, project: str, firestore_host: str, storage_host: str) -> None:
        database = f"projects/{project}/databases/(default)/documents"
        self._firestore_root = f"http://{firestore_host}/v1/{database}"
        self._storage_root = f"http://{storage_host}/v0/b/{project}.appspot.com/o"
        self._project = project
        self._sessions: dict[Caller, httpx.Client] = {}

    def firestore(self, caller: Caller) -> Firestore:
        return Firestore(self._firestore_root, self._session_of(caller))

    def storage(self, caller: Caller) -> Storage:
        return Storage(self._storage_root, self._session_of(caller))

    def _session_of(self, caller: Caller) -> httpx.Client:
        if caller not in self._sessions:
            self._sessions[caller] = _session(caller, self._project)
        return self._sessions[caller]

    def close(self) -> None:
        for session in self._sessions.values():
            session.close()


def _session(caller: Caller, project: str) -> httpx.Client:
    token = caller.token(project)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    # A proxy meant for the internet has no business between tests and emulators on loopback.
    return httpx.Client(headers=headers, timeout=CALL_S_MAX, trust_env=False)
