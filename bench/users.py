"""Users: an ID token, an account that no limit stops, a listener that is bound by the rules."""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from mediaforge.contract import documents as at
from mediaforge.domain.money.accounts import Account, user_account_id
from mediaforge.domain.money.gifts import Welcome, fingerprint
from mediaforge.domain.money.quotas import month_of
from mediaforge.domain.sign_ins import identities_of
from tools.firebase import PROJECT
from tools.functions import read_object
from tools.ports import HOST

TIMEOUT_S = 30.0
CREDITS = 1_000_000


class RefusedError(Exception):
    """A callable answered with an error; `reason` is the one it gave."""

    def __init__(self, status: int, content: bytes) -> None:
        super().__init__(f"the callable answered {status}: {content[:500]!r}")
        self.reason = _reason(content) or f"status {status}"


@dataclass
class Answer:
    """A callable's answer. `sent_at` is when the request left, by both clocks."""

    result: Any
    latency_ms: float
    sent_at_s: float  # of time.perf_counter
    sent_at: datetime


@dataclass
class Sighting:
    """What a listener sees. `is_final` is set when the document is final, after the fields below it."""

    is_listening: threading.Event = field(default_factory=threading.Event)
    is_final: threading.Event = field(default_factory=threading.Event)
    seen_at_s: float = 0.0  # of time.perf_counter
    committed_at: datetime = datetime.min  # by Firestore's clock, which is this machine's
    status: str = ""


def _status_of(document: dict[str, Any]) -> str:
    status: str = document.get("status", "")
    return status


@dataclass(frozen=True)
class User:
    """One signed-in user."""

    uid: str

    @cached_property
    def token(self) -> str:
        """An ID token without a signature, like the auth emulator's: it is accepted on the emulators only.
        Its sign-in is a custom token of a backend, which counts for the welcome."""
        now_s = int(time.time())
        claims = {
            "iss": f"https://securetoken.google.com/{PROJECT}",
            "aud": PROJECT,
            "sub": self.uid,
            "user_id": self.uid,
            "iat": now_s - 1,
            "auth_time": now_s - 1,
            "exp": now_s + 3600,
            "firebase": {"sign_in_provider": "custom", "identities": {}},
        }
        return f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{_encoded(claims)}."

    def call(self, port: int, payload: Any) -> Answer:
        """Calls a function; raises RefusedError. The connection is made before the clock starts: a browser
        has one already."""
        connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_S)
        connection.connect()
        body = json.dumps({"data": payload}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        sent_at, sent_at_s = datetime.now(UTC), time.perf_counter()
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        latency_ms = (time.perf_counter() - sent_at_s) * 1000
        connection.close()
        answered = read_object(content) or {}
        if answer.status != http.client.OK or "result" not in answered:
            raise RefusedError(answer.status, content)
        return Answer(answered["result"], latency_ms, sent_at_s, sent_at)

    @contextmanager
    def listening(
        self, path: str, status_of: Callable[[dict[str, Any]], str] = _status_of
    ) -> Iterator[Sighting]:
        """A Firestore listener of this user on a document that may not be there yet. `status_of` reads its
        status."""
        sighting = Sighting()

        def look(snapshots: list[Any], _changes: Any, _time: Any) -> None:
            sighting.is_listening.set()
            for snapshot in snapshots:
                status = status_of(snapshot.to_dict() or {})
                if status in {"completed", "failed", "cancelled"} and not sighting.seen_at_s:
                    sighting.seen_at_s = time.perf_counter()
                    sighting.committed_at = snapshot.update_time
                    sighting.status = status
                    sighting.is_final.set()

        watch = self.database.document(path).on_snapshot(look)
        try:
            if not sighting.is_listening.wait(TIMEOUT_S):
                raise TimeoutError(f"no first snapshot of {path}")
            yield sighting
        finally:
            watch.unsubscribe()  # type: ignore[no-untyped-call, unused-ignore]

    @cached_property
    def database(self) -> firestore.Client:
        client = database()
        # On an emulator the SDK acts as the owner, for whom no rules hold; this client acts as its user.
        name = f"projects/{PROJECT}/databases/(default)"
        client._rpc_metadata_internal = [
            ("google-cloud-resource-prefix", name),
            ("authorization", f"Bearer {self.token}"),
        ]
        return client


def database() -> firestore.Client:
    """A client that acts as the owner. FIRESTORE_EMULATOR_HOST says where the emulator is."""
    owner = AnonymousCredentials()  # type: ignore[no-untyped-call, unused-ignore]
    return firestore.Client(project=PROJECT, credentials=owner)


def make_users(count: int, name: str, tier: str = "studio") -> list[User]:
    """Users whose accounts have no limit but the slots of their tier."""
    users = [User(f"{name}-{index}") for index in range(count)]
    owner, now = database(), datetime.now(UTC)
    for user in users:
        account = open_account(user_account_id(user.uid), now, tier)
        owner.document(at.account(account.id).path).set(at.dump(account))
    return users


def open_account(account_id: str, now: datetime, tier: str = "studio") -> Account:
    """An account with credits for everything, by default on the highest tier, so that no limit is measured.
    It has had its welcome, as the accounts of most submissions have."""
    return Account(
        id=account_id,
        tier=tier,
        available=CREDITS,
        granted_month=month_of(now),
        granted_credits=CREDITS,
        welcome=Welcome.GIVEN,
        marked_identities=fingerprint(identities_of(account_id.removeprefix("user_"))),
        created_at=now,
        modified=now,
    )


def _reason(content: bytes) -> str | None:
    try:
        reason: str = json.loads(content)["error"]["details"]["reason"]
    except (KeyError, TypeError, ValueError):
        return None
    return reason


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
