"""firestore.rules: for each kind of document, what each caller may do and, all else, may not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

import httpx
import pytest

from tests.rules.callers import BACKEND, CALLERS, MEMBER, OTHER, OWNER, RUN, SIGNED_OUT, Caller
from tests.rules.rest import Emulators, Fields, Firestore

pytestmark = pytest.mark.emulator

ACTIONS = ("get", "list", "create", "update", "delete")
TEAM = f"rules_{RUN}"  # with an underscore, as account names have one of their own

# Whole enough that a backend which looks at every account finds nothing amiss: 100 granted and
# 100 there.
ACCOUNT: Fields = {
    "tier": {"stringValue": "free"},
    "available": {"integerValue": "100"},
    "held": {"integerValue": "0"},
    "active": {"integerValue": "0"},
}
GRANT: Fields = {
    "type": {"stringValue": "grant"},
    "amount": {"integerValue": "100"},
    "available_after": {"integerValue": "100"},
    "held_after": {"integerValue": "0"},
    "actor": {"stringValue": "rules-test"},
}
VIEW: Fields = {"status": {"stringValue": "completed"}, "user_id": {"stringValue": OWNER.uid}}
TEAM_FIELDS: Fields = {"name": {"stringValue": "Rules"}}
EDITOR: Fields = {"role": {"stringValue": "editor"}}


@dataclass(frozen=True)
class Subject:
    """A document, and who may get and list documents of its kind; nobody may write any."""

    name: str
    path: str
    fields: Fields
    getters: tuple[Caller, ...] = ()
    listers: tuple[Caller, ...] = ()

    def is_allowed(self, caller: Caller, action: str) -> bool:
        return caller in {"get": self.getters, "list": self.listers}.get(action, ())


SEEDED = [
    Subject("image", f"generations/{OWNER.uid}/images/j", VIEW, (OWNER,), (OWNER,)),
    Subject("video", f"generations/{OWNER.uid}/videos/j", VIEW, (OWNER,), (OWNER,)),
    Subject("training", f"generations/{OWNER.uid}/trainings/j", VIEW, (OWNER,), (OWNER,)),
    Subject("unknown-kind", f"generations/{OWNER.uid}/songs/j", VIEW),
    Subject("generations-document", f"generations/{OWNER.uid}", VIEW),
    Subject("below-image", f"generations/{OWNER.uid}/images/j/notes/n", VIEW),
    Subject("account", f"accounts/user_{OWNER.uid}", ACCOUNT, (OWNER,)),
    Subject("ledger", f"accounts/user_{OWNER.uid}/ledger/e", GRANT, (OWNER,), (OWNER,)),
    Subject("team-account", f"accounts/team_{TEAM}", ACCOUNT, (MEMBER,)),
    Subject("team-ledger", f"accounts/team_{TEAM}/ledger/e", GRANT, (MEMBER,), (MEMBER,)),
    Subject("team", f"teams/{TEAM}", TEAM_FIELDS, (MEMBER,)),
    Subject("team-member", f"teams/{TEAM}/members/{MEMBER.uid}", EDITOR, (MEMBER,), (MEMBER,)),
]

# Not seeded: triggers and sweeps of a running backend would take them for their own. A rule that
# refuses does so whether the document is there or not.
UNSEEDED = [
    Subject("job", f"jobs/rules-{RUN}", {}),
    Subject("dead-letter", f"dead_letters/rules-{RUN}", {}),
    Subject("unprefixed-account", f"accounts/{OWNER.uid}", {}),
    Subject("nameless-team-account", "accounts/team_", {}),
    Subject("unknown-collection", f"rules_{RUN}/d", {}),
]

CASES = [
    pytest.param(
        subject,
        caller,
        action,
        id=f"{subject.name}-{caller.name}-{action}-"
        + ("allowed" if subject.is_allowed(caller, action) else "denied"),
    )
    for subject in [*SEEDED, *UNSEEDED]
    for caller in CALLERS
    for action in ACTIONS
]


@pytest.fixture(scope="module", autouse=True)
def documents(emulators: Emulators) -> Iterator[None]:
    backend = emulators.firestore(BACKEND)
    for subject in SEEDED:
        backend.update(subject.path, subject.fields).raise_for_status()
    yield
    for subject in SEEDED:
        backend.delete(subject.path).raise_for_status()


def call(firestore: Firestore, action: str, subject: Subject) -> httpx.Response:
    calls = {
        "get": lambda: firestore.get(subject.path),
        "list": lambda: firestore.list(subject.path.rpartition("/")[0]),
        "create": lambda: firestore.create(f"{subject.path}-new", subject.fields),
        "update": lambda: firestore.update(subject.path, {"tier": {"stringValue": "studio"}}),
        "delete": lambda: firestore.delete(subject.path),
    }
    return calls[action]()


@pytest.mark.parametrize(("subject", "caller", "action"), CASES)
def test_caller_may_do_only_what_the_table_says(
    emulators: Emulators, subject: Subject, caller: Caller, action: str
) -> None:
    answer = call(emulators.firestore(caller), action, subject)

    allowed = subject.is_allowed(caller, action)
    assert answer.status_code == (HTTPStatus.OK if allowed else HTTPStatus.FORBIDDEN), answer.text


@pytest.mark.parametrize("collection_id", ["images", "videos", "ledger", "members", "jobs"])
@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_no_query_reaches_across_users(
    emulators: Emulators, caller: Caller, collection_id: str
) -> None:
    answer = emulators.firestore(caller).list_group(collection_id)

    assert answer.status_code == HTTPStatus.FORBIDDEN, answer.text


def test_listing_answers_the_owners_documents(emulators: Emulators) -> None:
    answer = emulators.firestore(OWNER).list(f"generations/{OWNER.uid}/images")

    names = [row["document"]["name"].rpartition("/documents/")[2] for row in answer.json()]
    assert names == [f"generations/{OWNER.uid}/images/j"]


@pytest.mark.parametrize("kind", ["images", "videos", "trainings"])
def test_a_view_that_is_not_there_yet_is_not_found_rather_than_denied(
    emulators: Emulators, kind: str
) -> None:
    """A client listens before the first write is seen; being denied would end its listener."""
    answer = emulators.firestore(OWNER).get(f"generations/{OWNER.uid}/{kind}/later")

    assert answer.status_code == HTTPStatus.NOT_FOUND, answer.text


def test_a_removed_member_loses_the_team_at_once(emulators: Emulators) -> None:
    backend = emulators.firestore(BACKEND)
    membership = f"teams/{TEAM}/members/{OTHER.uid}"
    paths = [f"teams/{TEAM}", f"accounts/team_{TEAM}", f"accounts/team_{TEAM}/ledger/e"]

    backend.update(membership, EDITOR).raise_for_status()
    while_member = [emulators.firestore(OTHER).get(path).status_code for path in paths]
    backend.delete(membership).raise_for_status()
    afterwards = [emulators.firestore(OTHER).get(path).status_code for path in paths]

    assert while_member == [HTTPStatus.OK] * len(paths)
    assert afterwards == [HTTPStatus.FORBIDDEN] * len(paths)


def test_a_member_of_one_team_reads_no_other_team(emulators: Emulators) -> None:
    answers = [
        emulators.firestore(MEMBER).get(path)
        for path in (f"teams/{TEAM}2", f"accounts/team_{TEAM}2", f"accounts/team_{TEAM}_2")
    ]

    assert {answer.status_code for answer in answers} == {HTTPStatus.FORBIDDEN}


def test_signed_out_denial_says_no_more_than_that(emulators: Emulators) -> None:
    answer = emulators.firestore(SIGNED_OUT).get(f"accounts/user_{OWNER.uid}")

    assert answer.json()["error"]["status"] == "PERMISSION_DENIED"
