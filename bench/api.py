"""Accepting a job by the HTTPS API and an API key, beside the callable and an ID token."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from bench.accept import USERS
from bench.platform import API, GENERATE, HELD, RUN, Platform
from bench.report import Number, ratio
from bench.samples import Pair, by_turns
from bench.users import TIMEOUT_S, RefusedError, database, make_users
from mediaforge.contract import documents as at
from mediaforge.domain.people import keys
from mediaforge.domain.people.keys import KeyRecord, Scope
from tools.ports import HOST

SAMPLES = 300
RATIO_MAX = 1.3


def measure_api(platform: Platform) -> Pair:
    platform.make_queue(RUN, HELD)
    users = make_users(USERS, "api")
    made = [_make_key(user.uid, number) for number, user in enumerate(users)]
    port, callable_port = platform.addresses[API.name], platform.addresses[GENERATE.name]

    def ours(number: int) -> float:
        return _post(port, made[number % USERS], f"api-{number}")

    def floor(number: int) -> float:
        payload = {"prompt": "a lighthouse at dusk", "requestId": f"beside-{number}"}
        return users[number % USERS].call(callable_port, payload).latency_ms

    return Pair(*by_turns(1, SAMPLES, ours, floor))


def api_numbers(pair: Pair) -> Sequence[Number]:
    return [
        ratio("api_accept", "accept a job by the HTTPS API, beside the callable", pair, RATIO_MAX)
    ]


def _make_key(uid: str, number: int) -> str:
    """A key that was used within the hour, as that of most requests."""
    key_id = keys.new_key_id(f"bench-{number}")
    key, _ = keys.write_key(key_id, True, f"bench-secret-{number}")
    record = KeyRecord(
        id=key_id,
        key_hash=keys.hash_of(key),
        user_id=uid,
        scopes=(Scope.GENERATE,),
        last_used_at=datetime.now(UTC),
    )
    database().document(at.key_record(key_id).path).set(at.dump(record))
    return key


def _post(port: int, key: str, name: str) -> float:
    """Milliseconds. Raises RefusedError. The connection is made before the clock starts, as the
    callable's."""
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_S)
    connection.connect()
    body = json.dumps({"prompt": "a lighthouse at dusk"}).encode()
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {key}",
        "Idempotency-Key": name,
    }
    began_s = time.perf_counter()
    connection.request("POST", "/generate", body, headers)
    answer = connection.getresponse()
    content = answer.read()
    latency_ms = (time.perf_counter() - began_s) * 1000
    connection.close()
    if answer.status != http.client.ACCEPTED:
        raise RefusedError(answer.status, content)
    return latency_ms
