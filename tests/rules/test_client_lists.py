"""Each list that is promised to clients, asked for under the rules as a client asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import pytest

from mediaforge.contract.lists import CLIENT_LISTS, ClientList
from mediaforge.domain.jobs.kinds import JobKind
from tests.rules.callers import BACKEND, RUN, Caller
from tests.rules.rest import Emulators, Fields, typed

ANN = Caller("ann", f"lists-{RUN}-ann")
BOB = Caller("bob", f"lists-{RUN}-bob")
TEAM = f"lists_{RUN}"
BRAND = f"lists-{RUN}-brand"
BATCH, OF_BOB = f"lists-{RUN}-ann-own", f"lists-{RUN}-bob-own"
COMPARISON = f"lists-{RUN}-ann-{BATCH}"
LISTS = frozenset({"search_terms", "tags"})
# The values that Ann asks for. Of jobs in her own folder she asks for those of no team.
Word = str | bool | None
ASKED: Mapping[str, Word] = {
    "status": "completed",
    "model": "local-image",
    "brand_id": BRAND,
    "batch_id": None,
    "favourite": True,
    "search_terms": "lighthouse",
    "tags": "sea",
    "team_id": TEAM,
    "user_id": ANN.uid,
    "uid": ANN.uid,
    "job_id": "j",
    "visibility": "public",
    "is_template": True,
    "kind": "prompt",
}
OTHERWISE: Mapping[str, Word] = {
    "status": "failed",
    "model": "local-video",
    "brand_id": None,
    "batch_id": "a batch",
    "favourite": False,
    "search_terms": "mill",
    "tags": "sand",
    "job_id": "another",
    "is_template": False,
    "kind": "batch",
}


@dataclass(frozen=True)
class Stored:
    """A document. Its `moment` is in each of its times."""

    path: str
    words: Mapping[str, Word]
    moment: int = 0
    more: Fields = field(default_factory=dict)

    @property
    def collection(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def fields(self) -> Fields:
        times = dict.fromkeys(("created_at", "modified", "completed_at"), self.time)
        plain = {name: typed(word) for name, word in self.words.items() if name not in LISTS}
        lists = {name: _list_of(word) for name, word in self.words.items() if name in LISTS}
        return plain | lists | times | dict(self.more)

    @property
    def time(self) -> Fields:
        return {"timestampValue": f"2026-01-01T00:{self.moment:02}:00Z"}


def _list_of(word: Word) -> Fields:
    return {"arrayValue": {"values": [typed("a"), typed(word)]}}


def jobs_of(user: Caller, kind: JobKind, team: str | None) -> Iterator[Stored]:
    """One that is as `ASKED` throughout, and for each field one in which that field is otherwise."""
    names = ("status", "model", "brand_id", "batch_id", "favourite", "search_terms", "tags")
    like = {name: ASKED[name] for name in names} | {"user_id": user.uid, "team_id": team}
    folder, of = f"generations/{user.uid}/{kind.plural}", "team" if team else "own"
    for moment, name in enumerate(("", *names)):
        words = like | ({name: OTHERWISE[name]} if name else {})
        yield Stored(f"{folder}/{of}-{name or 'like'}", words, moment)


def brands() -> Iterator[Stored]:
    for user, team, status in (
        (ANN, None, "completed"),
        (ANN, TEAM, "failed"),
        (BOB, TEAM, "completed"),
        (BOB, None, "completed"),
    ):
        words = {"user_id": user.uid, "team_id": team, "status": status}
        of = f"{user.name}-{'team' if team else 'own'}"
        yield Stored(f"brands/lists-{RUN}-{of}", words, len(of))


def written() -> Iterator[Stored]:
    """Packs and templates: of Ann and of Bob, with either value of the field to list by."""
    for collection, name in (("reference_packs", "is_template"), ("templates", "kind")):
        for user, visibility in (
            (ANN, "private"),
            (BOB, "team"),
            (BOB, "public"),
            (BOB, "private"),
        ):
            for moment, word in enumerate((ASKED[name], OTHERWISE[name])):
                words = {"user_id": user.uid, "visibility": visibility, name: word}
                if visibility == "team":
                    words["team_id"] = TEAM
                path = f"{collection}/lists-{RUN}-{user.name}-{visibility}-{moment}"
                yield Stored(path, words, moment)


def batches() -> Iterator[Stored]:
    for user, team, status in (
        (ANN, None, "completed"),
        (ANN, TEAM, "failed"),
        (BOB, TEAM, "completed"),
        (BOB, None, "completed"),
    ):
        words: dict[str, Word] = {"user_id": user.uid, "team_id": team, "status": status}
        of = f"{user.name}-{'team' if team else 'own'}"
        yield Stored(f"batches/lists-{RUN}-{of}", words, len(of))
    for number, status in enumerate(("completed", "failed")):
        index = {"index": {"integerValue": str(number)}}
        yield Stored(f"batches/{BATCH}/rows/{number}", {"status": status}, number, index)
        yield Stored(f"batches/{BATCH}/comments/{status}", {"user_id": ANN.uid}, number)
    yield Stored(f"batches/{BATCH}/invites/i", {"role": "viewer"})
    for batch_id, user in ((BATCH, BOB), (OF_BOB, ANN)):
        words = {"uid": user.uid, "batch_id": batch_id, "role": "viewer"}
        yield Stored(f"batches/{batch_id}/shared_with/{user.uid}", words)


def webhooks() -> Iterator[Stored]:
    """Of Ann, of Bob, and of the team of both."""
    for moment, (user, team) in enumerate(((ANN, None), (BOB, None), (None, TEAM))):
        words: dict[str, Word] = {"user_id": user.uid if user else None, "team_id": team}
        webhook_id = f"lists-{RUN}-{user.name if user else 'team'}"
        yield Stored(f"webhooks/{webhook_id}", words, moment)
        for status in ("completed", "failed"):
            yield Stored(f"webhooks/{webhook_id}/deliveries/{status}", {}, len(status))


def comparisons() -> Iterator[Stored]:
    for user, batch_id, team in (
        (ANN, BATCH, None),
        (BOB, BATCH, TEAM),
        (BOB, OF_BOB, None),
        (ANN, OF_BOB, TEAM),
    ):
        words: dict[str, Word] = {"user_id": user.uid, "batch_id": batch_id, "team_id": team}
        yield Stored(f"comparisons/lists-{RUN}-{user.name}-{batch_id}", words, len(batch_id))
    for user in (ANN, BOB):
        yield Stored(f"comparisons/{COMPARISON}/votes/{user.uid}", {"choice": "tie"})


def entries() -> Iterator[Stored]:
    for moment, job_id in enumerate((ASKED["job_id"], OTHERWISE["job_id"])):
        words = {"job_id": job_id, "type": "adjust", "actor": "rules-test"}
        zero = {"integerValue": "0"}
        more = dict.fromkeys(("amount", "available_after", "held_after"), zero)
        yield Stored(f"accounts/user_{ANN.uid}/ledger/{job_id}", words, moment, more)


STORED = [
    *(
        job
        for kind in JobKind
        for user, team in ((ANN, None), (ANN, TEAM), (BOB, None), (BOB, TEAM))
        for job in jobs_of(user, kind, team)
    ),
    *brands(),
    *written(),
    *batches(),
    *webhooks(),
    *comparisons(),
    *entries(),
    *(
        Stored(f"teams/{TEAM}/members/{user.uid}", {"uid": user.uid, "role": role})
        for user, role in ((ANN, "owner"), (BOB, "editor"))
    ),
    *(
        Stored(f"api_keys/lists-{RUN}-{user.name}-{moment}", {"user_id": user.uid}, moment)
        for user in (ANN, BOB)
        for moment in (0, 1)
    ),
    Stored(f"teams/{TEAM}/invites/i", {"role": "viewer", "created_by": ANN.uid}),
    *(
        Stored(f"references/{ANN.uid}/files/{status}", {"status": status}, moment)
        for moment, status in enumerate(("completed", "failed"))
    ),
    *(
        Stored(f"exports/{ANN.uid}/files/{status}", {"status": status}, moment)
        for moment, status in enumerate(("completed", "failed"))
    ),
]


@pytest.fixture(scope="module", autouse=True)
def documents(emulators: Emulators) -> Iterator[None]:
    backend = emulators.firestore(BACKEND)
    for stored in STORED:
        backend.update(stored.path, stored.fields).raise_for_status()
    yield
    for stored in STORED:
        backend.delete(stored.path).raise_for_status()


def asked_for(listed: ClientList) -> Iterator[dict[str, Word]]:
    """What is asked for: as little as may be, each field by itself, and all together."""
    is_personal = listed.collection.startswith("generations/")
    for chosen in listed.conditions():
        if len(chosen) - len(listed.required) in {0, 1, len(listed.optional)}:
            asked = {name: ASKED[name] for name in (*chosen, listed.contains) if name}
            if "batch_id" in listed.required:
                asked["batch_id"] = BATCH
            yield asked | ({"team_id": None} if is_personal and "team_id" in chosen else {})


def query_of(listed: ClientList, asked: Mapping[str, Word]) -> Fields:
    query: dict[str, object] = {}
    if asked:
        filters = [_filter(name, word) for name, word in asked.items()]
        query["where"] = {"compositeFilter": {"op": "AND", "filters": filters}}
    if listed.order_by:
        direction = "DESCENDING" if listed.order_by.startswith("-") else "ASCENDING"
        name = {"fieldPath": listed.order_by.lstrip("-")}
        query["orderBy"] = [{"field": name, "direction": direction}]
    return query


def _filter(name: str, word: Word) -> Fields:
    if word is None:
        return {"unaryFilter": {"field": {"fieldPath": name}, "op": "IS_NULL"}}
    how = "ARRAY_CONTAINS" if name in LISTS else "EQUAL"
    return {"fieldFilter": {"field": {"fieldPath": name}, "op": how, "value": typed(word)}}


def expected(listed: ClientList, collection: str, asked: Mapping[str, Word]) -> list[Stored]:
    def is_in(stored: Stored) -> bool:
        if listed.is_group:
            return stored.collection.rpartition("/")[2] == collection
        return stored.collection == collection

    found = [
        stored
        for stored in STORED
        if is_in(stored) and all(stored.words.get(name) == word for name, word in asked.items())
    ]
    found.sort(key=lambda each: each.path)
    if listed.order_by:
        is_descending = listed.order_by.startswith("-")
        found.sort(key=lambda each: (each.moment, each.path), reverse=is_descending)
    return found


@pytest.mark.parametrize("listed", CLIENT_LISTS, ids=lambda listed: listed.says)
def test_a_client_is_answered_the_list(emulators: Emulators, listed: ClientList) -> None:
    ann = emulators.firestore(ANN)
    names = {"uid": ANN.uid, "teamId": TEAM, "accountId": f"user_{ANN.uid}"}
    names |= {"batchId": BATCH, "comparisonId": COMPARISON, "webhookId": f"lists-{RUN}-ann"}
    collection = listed.collection.format(**names)
    for asked in asked_for(listed):
        ask = ann.list_group if listed.is_group else ann.list
        answer = ask(collection, query_of(listed, asked))
        assert answer.status_code == HTTPStatus.OK, (asked, answer.text)
        found = [row["document"]["name"] for row in answer.json() if "document" in row]
        # What is public is listed with that of other tests.
        ours = {each.path for each in STORED}
        paths = [path for name in found if (path := name.rpartition("/documents/")[2]) in ours]
        wanted = [each.path for each in expected(listed, collection, asked)]
        assert wanted != [], f"there is nothing to find for {asked}"
        assert paths == wanted
