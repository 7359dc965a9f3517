"""firestore.rules on what a shared batch opens, and on what people write about it: shares, comments,
comparisons and votes, field by field."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from tests.rules.callers import (
    BACKEND,
    EDITOR,
    MEMBERS,
    OTHER,
    OWNER,
    REMOVED,
    RUN,
    SIGNED_OUT,
    TEAM_OWNER,
    VIEWER,
    Caller,
)
from tests.rules.rest import Emulators, Fields, typed

TEAM = f"shared_{RUN}"
ROLES = {TEAM_OWNER: "owner", EDITOR: "editor", VIEWER: "viewer"}
# The batches are shared with these, as what their names say; `GONE`'s share has been revoked.
COMMENTER = Caller("commenter", f"rules-{RUN}-commenter", full_name="Carla")
WATCHER = Caller("watcher", f"rules-{RUN}-watcher")
GONE = Caller("gone", f"rules-{RUN}-gone")
CALLERS = [OWNER, *MEMBERS, REMOVED, OTHER, COMMENTER, WATCHER, GONE, SIGNED_OUT]
GUESTS = (COMMENTER, WATCHER)

OWN, OF_TEAM = f"shared-{RUN}-own", f"shared-{RUN}-team"
OWN_VIEW = f"generations/{OWNER.uid}/images/shared-{RUN}"
TEAM_VIEW = f"generations/{REMOVED.uid}/images/shared-{RUN}"
SINGLE_VIEW = f"generations/{OWNER.uid}/images/single-{RUN}"
THEN: Fields = {"timestampValue": "2026-01-01T00:00:00Z"}
LEFT_OUT = object()
SERVER_TIME = ("created_at", "modified")
_numbers = itertools.count()


def typed_fields(fields: Mapping[str, Any]) -> Fields:
    return {name: typed(field) for name, field in fields.items() if field is not LEFT_OUT}


def share(batch_id: str, caller: Caller, /, **more: object) -> dict[str, object]:
    fields = {"uid": caller.uid, "batch_id": batch_id, "role": "viewer", "user_id": OWNER.uid}
    return {**fields, **more}


def stored() -> Iterator[tuple[str, Fields]]:
    for caller, role in ROLES.items():
        yield f"teams/{TEAM}/members/{caller.uid}", typed_fields({"uid": caller.uid, "role": role})
    # Whoever made the team's batch is in the team no more.
    for batch_id, user, team, view in (
        (OWN, OWNER, None, OWN_VIEW),
        (OF_TEAM, REMOVED, TEAM, TEAM_VIEW),
    ):
        of_it = {"user_id": user.uid, "team_id": team}
        # As the backend makes it: without the fields that are empty.
        yield f"batches/{batch_id}", typed_fields(of_it if team else {"user_id": user.uid})
        yield f"batches/{batch_id}/rows/0", {}
        yield f"batches/{batch_id}/comments/c", typed_fields({"user_id": COMMENTER.uid})
        yield f"batches/{batch_id}/invites/i", {"expires_at": THEN}
        yield view, typed_fields({**of_it, "batch_id": batch_id})
        for caller in (*GUESTS, GONE):
            role = "commenter" if caller is COMMENTER else "viewer"
            ended: dict[str, Any] = {"revoked_at": THEN} if caller is GONE else {}
            fields = typed_fields(share(batch_id, caller, role=role))
            yield f"batches/{batch_id}/shared_with/{caller.uid}", {**fields, **ended}
        for number, (name, value) in enumerate((("batch_id", batch_id), ("team_id", team))):
            fields = typed_fields({"user_id": OTHER.uid, name: value})
            yield f"comparisons/{batch_id}-{number}", fields
            yield f"comparisons/{batch_id}-{number}/votes/v", typed_fields({"choice": "tie"})
    single = {"user_id": OWNER.uid, "team_id": None, "batch_id": None}
    yield SINGLE_VIEW, typed_fields(single)


@pytest.fixture(scope="module", autouse=True)
def documents(emulators: Emulators) -> Iterator[None]:
    backend = emulators.firestore(BACKEND)
    for path, fields in stored():
        backend.update(path, fields).raise_for_status()
    yield
    for path, _ in stored():
        backend.delete(path).raise_for_status()


def assert_allowed(answer: httpx.Response, *, is_allowed: bool = True) -> None:
    expected = HTTPStatus.OK if is_allowed else HTTPStatus.FORBIDDEN
    assert answer.status_code == expected, answer.text


def where(field: str, value: str) -> Fields:
    condition = {"field": {"fieldPath": field}, "op": "EQUAL", "value": typed(value)}
    return {"where": {"fieldFilter": condition}}


# ---- what a share opens ----------------------------------------------------------------------------

OWN_READERS = (OWNER, *GUESTS)
TEAM_READERS = (*MEMBERS, REMOVED, *GUESTS)  # who made the batch goes on reading it
READ: list[tuple[str, tuple[Caller, ...], bool]] = [
    # A document, who reads it, and whether they list its collection.
    (f"batches/{OWN}", OWN_READERS, False),
    (f"batches/{OF_TEAM}", TEAM_READERS, False),
    *((f"batches/{OWN}/{each}", OWN_READERS, True) for each in ("rows/0", "comments/c")),
    *((f"batches/{OF_TEAM}/{each}", TEAM_READERS, True) for each in ("rows/0", "comments/c")),
    (f"batches/{OWN}/invites/i", (OWNER,), True),
    (f"batches/{OF_TEAM}/invites/i", (TEAM_OWNER, EDITOR), True),
    *((f"batches/{OWN}/shared_with/{c.uid}", (OWNER, c), False) for c in (*GUESTS, GONE)),
    (f"batches/{OF_TEAM}/shared_with/{GONE.uid}", (TEAM_OWNER, EDITOR, GONE), False),
    (f"batches/{OWN}-gone/rows/0", (), False),
    (f"batches/{OWN}/comments/c/notes/n", (), False),
    (SINGLE_VIEW, (OWNER,), False),
    (OWN_VIEW, OWN_READERS, False),
    (TEAM_VIEW, TEAM_READERS, False),
    (f"comparisons/{OWN}-0", (OTHER, *OWN_READERS), False),
    (f"comparisons/{OWN}-1", (OTHER,), False),
    (f"comparisons/{OF_TEAM}-0", (OTHER, *TEAM_READERS), False),
    (f"comparisons/{OF_TEAM}-1", (OTHER, *MEMBERS), False),
    (f"comparisons/{OWN}-0/votes/v", (OTHER, *OWN_READERS), True),
    (f"comparisons/{OF_TEAM}-1/votes/v", (OTHER, *MEMBERS), True),
]


@pytest.mark.parametrize(
    ("path", "readers", "is_listed"), READ, ids=[path.replace("/", ".") for path, *_ in READ]
)
@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_who_reads_what(
    emulators: Emulators,
    path: str,
    readers: tuple[Caller, ...],
    is_listed: bool,
    caller: Caller,
) -> None:
    firestore = emulators.firestore(caller)
    assert_allowed(firestore.get(path), is_allowed=caller in readers)
    if is_listed:
        listed = firestore.list(path.rpartition("/")[0])
        assert_allowed(listed, is_allowed=caller in readers)


LISTS: list[tuple[str, Fields, tuple[Caller, ...]]] = [
    ("batches", where("user_id", OWNER.uid), (OWNER,)),
    ("batches", {}, ()),
    (f"generations/{OWNER.uid}/images", where("batch_id", OWN), OWN_READERS),
    (f"generations/{OWNER.uid}/images", where("batch_id", OF_TEAM), (OWNER, *GUESTS)),
    (f"generations/{REMOVED.uid}/images", where("batch_id", OF_TEAM), (REMOVED, *GUESTS)),
    (f"generations/{OWNER.uid}/images", where("user_id", OWNER.uid), (OWNER,)),
    (f"generations/{OWNER.uid}/images", {}, (OWNER,)),
    (f"generations/{OWNER.uid}/songs", where("batch_id", OWN), ()),
    (f"batches/{OWN}/shared_with", {}, (OWNER,)),
    (f"batches/{OF_TEAM}/shared_with", {}, (TEAM_OWNER, EDITOR)),
    ("comparisons", where("user_id", OTHER.uid), (OTHER,)),
    ("comparisons", where("team_id", TEAM), MEMBERS),
    ("comparisons", where("batch_id", OWN), OWN_READERS),
    ("comparisons", where("batch_id", OF_TEAM), TEAM_READERS),
    ("comparisons", {}, ()),
]


@pytest.mark.parametrize(("collection", "query", "listers"), LISTS, ids=range(len(LISTS)))
@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_who_lists_what(
    emulators: Emulators,
    collection: str,
    query: Fields,
    listers: tuple[Caller, ...],
    caller: Caller,
) -> None:
    answer = emulators.firestore(caller).list(collection, query)
    assert_allowed(answer, is_allowed=caller in listers)


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_each_lists_what_is_shared_with_them_and_nobody_else(
    emulators: Emulators, caller: Caller
) -> None:
    for whose in (COMMENTER, GONE):
        answer = emulators.firestore(caller).list_group("shared_with", where("uid", whose.uid))
        assert_allowed(answer, is_allowed=caller is whose)
    for query in ({}, where("batch_id", OWN), where("user_id", OWNER.uid)):
        answer = emulators.firestore(caller).list_group("shared_with", query)
        assert_allowed(answer, is_allowed=False)


@pytest.mark.parametrize("name", ["rows", "comments", "votes", "comparisons", "invites"])
def test_no_other_of_these_is_listed_over_all(emulators: Emulators, name: str) -> None:
    for caller in (OWNER, COMMENTER):
        assert_allowed(emulators.firestore(caller).list_group(name), is_allowed=False)


def test_a_guess_tells_nothing(emulators: Emulators) -> None:
    firestore = emulators.firestore(OTHER)
    for path in (f"batches/{OWN}", f"batches/{OWN}/rows/0", OWN_VIEW, f"comparisons/{OWN}-x"):
        answers = [firestore.get(path), firestore.get(f"{path}-nothing")]
        assert {answer.status_code for answer in answers} == {HTTPStatus.FORBIDDEN}


def test_one_s_own_share_is_not_found_rather_than_denied(emulators: Emulators) -> None:
    answer = emulators.firestore(OTHER).get(f"batches/{OWN}/shared_with/{OTHER.uid}")
    assert answer.status_code == HTTPStatus.NOT_FOUND, answer.text


def test_a_share_opens_its_own_batch_only(emulators: Emulators) -> None:
    backend = emulators.firestore(BACKEND)
    backend.update(f"batches/{OWN}-2", typed_fields({"user_id": OWNER.uid, "team_id": None}))
    assert_allowed(emulators.firestore(COMMENTER).get(f"batches/{OWN}-2"), is_allowed=False)
    backend.delete(f"batches/{OWN}-2").raise_for_status()


# ---- writing ---------------------------------------------------------------------------------------

Write = Callable[..., httpx.Response]


@pytest.fixture
def write(emulators: Emulators, written: list[str]) -> Write:
    """Writes a whole document as a client does; what the server answers. Its times are the server's, where
    they are not given."""

    def write(caller: Caller, path: str, fields: Mapping[str, object]) -> httpx.Response:
        written.append(path)
        given = {name: field for name, field in fields.items() if name not in SERVER_TIME}
        times = {name: fields[name] for name in SERVER_TIME if name in fields}
        server = [name for name in SERVER_TIME if name not in times]
        raw: dict[str, Any] = {n: time for n, time in times.items() if time is not LEFT_OUT}
        return emulators.firestore(caller).write(path, {**typed_fields(given), **raw}, server)

    return write


@pytest.fixture
def change(emulators: Emulators) -> Write:
    """Writes the document at `path` anew, as an SDK's `update` does: what it has stays, but for `changes`;
    those of `at_server_time` get the time."""

    def change(
        caller: Caller, path: str, *at_server_time: str, **changes: object
    ) -> httpx.Response:
        found = emulators.firestore(BACKEND).get(path).json()["fields"]
        server = [*(["modified"] if "modified" not in changes else []), *at_server_time]
        kept = {n: field for n, field in found.items() if n not in changes and n not in server}
        return emulators.firestore(caller).write(path, {**kept, **typed_fields(changes)}, server)

    return change


def comment_path(batch_id: str = OWN) -> str:
    return f"batches/{batch_id}/comments/w{next(_numbers)}"


def comment(caller: Caller, **changes: object) -> dict[str, object]:
    return {"text": "Nice", "user_id": caller.uid, **changes}


def comparison(caller: Caller, **changes: object) -> dict[str, object]:
    return {"left": OWN_VIEW, "right": OWN_VIEW, "user_id": caller.uid, **changes}


WRONG_SIGNS: list[dict[str, object]] = [
    {"user_id": OTHER.uid},
    {"user_id": None},
    {"user_id": LEFT_OUT},
    *({name: given} for name in SERVER_TIME for given in (THEN, typed("now"), LEFT_OUT)),
    {"colour": "red"},
    {"id": "x"},
]


def cases(
    allowed: Sequence[dict[str, object]], denied: Sequence[dict[str, object]]
) -> list[tuple[dict[str, object], bool]]:
    """Changes of what may be written, each with whether it may be."""
    return [*((each, True) for each in allowed), *((each, False) for each in denied)]


# ---- comments --------------------------------------------------------------------------------------

COMMENTS = cases(
    [
        {},
        {"text": "ü" * 2000},
        {"row": 0},
        {"row": 99},
        {"row": None},
        {"author_name": "Carla"},
        {"author_name": None},
    ],
    [
        {"text": ""},
        {"text": "  "},
        {"text": "x" * 2001},
        {"text": 7},
        {"text": None},
        {"text": LEFT_OUT},
        {"row": -1},
        {"row": 100},
        {"row": "1"},
        {"row": True},
        {"author_name": "Somebody else"},
        {"author_name": ""},
        {"author_name": 7},
        {"batch_id": OWN},
        *WRONG_SIGNS,
    ],
)


@pytest.mark.parametrize(("changes", "is_allowed"), COMMENTS, ids=range(len(COMMENTS)))
def test_a_comment_has_the_right_fields_only(
    write: Write, changes: dict[str, object], is_allowed: bool
) -> None:
    answer = write(COMMENTER, comment_path(), comment(COMMENTER, **changes))
    assert_allowed(answer, is_allowed=is_allowed)


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_who_comments(write: Write, caller: Caller) -> None:
    own = write(caller, comment_path(), comment(caller))
    assert_allowed(own, is_allowed=caller in (OWNER, COMMENTER))
    of_team = write(caller, comment_path(OF_TEAM), comment(caller))
    assert_allowed(of_team, is_allowed=caller in (*MEMBERS, REMOVED, COMMENTER))
    assert_allowed(write(caller, comment_path("nothing"), comment(caller)), is_allowed=False)


def test_who_has_no_name_gives_none(write: Write) -> None:
    for name in ("", "Ann"):
        answer = write(OWNER, comment_path(), comment(OWNER, author_name=name))
        assert_allowed(answer, is_allowed=False)


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_its_writer_edits_a_comment_and_its_writer_and_the_batch_s_owner_delete_it(
    emulators: Emulators, write: Write, change: Write, caller: Caller
) -> None:
    for batch_id, owners in ((OWN, (OWNER,)), (OF_TEAM, (TEAM_OWNER, EDITOR))):
        path = comment_path(batch_id)
        assert_allowed(write(COMMENTER, path, comment(COMMENTER, author_name="Carla")))
        assert_allowed(change(caller, path, text="New"), is_allowed=caller is COMMENTER)
        answer = emulators.firestore(caller).delete(path)
        assert_allowed(answer, is_allowed=caller in (COMMENTER, *owners))


def test_a_comment_stays_its_writer_s_and_of_its_time(write: Write, change: Write) -> None:
    path = comment_path()
    assert_allowed(write(COMMENTER, path, comment(COMMENTER)))
    for changes in ({"user_id": OWNER.uid}, {"text": ""}, {"author_name": "Ann"}, {"x": 1}):
        assert_allowed(change(COMMENTER, path, **changes), is_allowed=False)
    assert_allowed(change(COMMENTER, path, "created_at"), is_allowed=False)
    assert_allowed(change(COMMENTER, path, row=3, author_name="Carla"))


@pytest.mark.parametrize("writer", [COMMENTER, OWNER], ids=["renamed", "without-a-name"])
def test_an_older_name_of_its_writer_may_stay(
    emulators: Emulators, change: Write, written: list[str], writer: Caller
) -> None:
    path = comment_path()
    written.append(path)
    before = typed_fields(comment(writer, author_name="Miss C"))
    emulators.firestore(BACKEND).update(path, {**before, "created_at": THEN, "modified": THEN})
    assert_allowed(change(writer, path, text="New"))
    assert_allowed(change(writer, path, author_name="Mrs C"), is_allowed=False)


def test_whose_share_has_ended_edits_no_comment_and_still_deletes_their_own(
    emulators: Emulators, change: Write, written: list[str]
) -> None:
    path = comment_path()
    written.append(path)
    fields = typed_fields(comment(GONE))
    emulators.firestore(BACKEND).update(path, {**fields, "created_at": THEN, "modified": THEN})
    assert_allowed(change(GONE, path, text="New"), is_allowed=False)
    assert_allowed(emulators.firestore(GONE).delete(path))


# ---- shares ----------------------------------------------------------------------------------------

GUEST = Caller("guest", f"rules-{RUN}-guest")
SHARE = f"batches/{OWN}/shared_with/{GUEST.uid}"
SHARES = cases(
    [
        {},
        {"role": "commenter"},
        {"batch_name": "x" * 128},
        {"batch_name": None},
        {"name": None},
        {"revoked_at": None},
    ],
    [
        {"role": "editor"},
        {"role": None},
        {"role": LEFT_OUT},
        {"uid": OTHER.uid},
        {"uid": LEFT_OUT},
        {"batch_id": OF_TEAM},
        {"batch_id": LEFT_OUT},
        {"batch_name": "x" * 129},
        {"batch_name": 7},
        {"name": "Somebody"},
        {"revoked_at": "now"},
        *WRONG_SIGNS,
    ],
)


@pytest.mark.parametrize(("changes", "is_allowed"), SHARES, ids=range(len(SHARES)))
def test_a_share_has_the_right_fields_only(
    write: Write, changes: dict[str, object], is_allowed: bool
) -> None:
    answer = write(OWNER, SHARE, share(OWN, GUEST, **changes))
    assert_allowed(answer, is_allowed=is_allowed)


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_whoever_controls_a_batch_shares_it(write: Write, caller: Caller) -> None:
    own = write(caller, SHARE, share(OWN, GUEST, user_id=caller.uid))
    assert_allowed(own, is_allowed=caller is OWNER)
    path = f"batches/{OF_TEAM}/shared_with/{GUEST.uid}"
    of_team = write(caller, path, share(OF_TEAM, GUEST, user_id=caller.uid))
    assert_allowed(of_team, is_allowed=caller in (TEAM_OWNER, EDITOR))


def test_nobody_shares_with_themselves_or_what_is_not_there(write: Write) -> None:
    path = f"batches/{OF_TEAM}/shared_with/{EDITOR.uid}"
    answer = write(EDITOR, path, share(OF_TEAM, EDITOR, user_id=EDITOR.uid))
    assert_allowed(answer, is_allowed=False)
    nothing = write(OWNER, f"batches/nothing/shared_with/{GUEST.uid}", share("nothing", GUEST))
    assert_allowed(nothing, is_allowed=False)


def test_a_share_is_ended_at_the_server_s_time_for_ever_and_reading_ends_with_it(
    emulators: Emulators, write: Write, change: Write
) -> None:
    assert_allowed(write(OWNER, SHARE, share(OWN, GUEST)))
    guest = emulators.firestore(GUEST)
    assert_allowed(guest.get(f"batches/{OWN}"))
    assert_allowed(change(OWNER, SHARE, role="commenter"))
    assert_allowed(change(GUEST, SHARE, role="viewer"), is_allowed=False)
    for moment in (THEN, typed("now"), typed(1)):
        fields = share(OWN, GUEST, created_at=THEN)
        answer = emulators.firestore(OWNER).write(
            SHARE,
            {**typed_fields(fields | {"created_at": None}), "revoked_at": moment},
            ["modified"],
        )
        assert_allowed(answer, is_allowed=False)
    assert_allowed(change(OWNER, SHARE, "revoked_at"))
    for path in (f"batches/{OWN}", f"batches/{OWN}/rows/0", f"batches/{OWN}/comments/c", OWN_VIEW):
        assert_allowed(guest.get(path), is_allowed=False)
    assert_allowed(guest.get(SHARE))
    for changes in ({"revoked_at": LEFT_OUT}, {"revoked_at": None}, {"role": "viewer"}):
        assert_allowed(change(OWNER, SHARE, **changes), is_allowed=False)
    assert_allowed(change(OWNER, SHARE, "revoked_at"), is_allowed=False)
    assert_allowed(write(OWNER, SHARE, share(OWN, GUEST)), is_allowed=False)


def test_a_share_stays_whose_and_of_what_it_is(
    emulators: Emulators, write: Write, change: Write
) -> None:
    path = f"batches/{OF_TEAM}/shared_with/{GUEST.uid}"
    assert_allowed(write(EDITOR, path, share(OF_TEAM, GUEST, user_id=EDITOR.uid)))
    for changes in (
        {"user_id": TEAM_OWNER.uid},
        {"uid": OTHER.uid},
        {"batch_id": OWN},
        {"colour": "red"},
        {"name": "Somebody"},
    ):
        assert_allowed(change(TEAM_OWNER, path, **changes), is_allowed=False)
    assert_allowed(change(TEAM_OWNER, path, "created_at"), is_allowed=False)
    for caller in (VIEWER, REMOVED, OTHER, GUEST):
        assert_allowed(change(caller, path, "revoked_at"), is_allowed=False)
    assert_allowed(change(BACKEND, path, name="As they are called"))
    for name in ("Somebody", None, LEFT_OUT):
        assert_allowed(change(TEAM_OWNER, path, name=name), is_allowed=False)
    assert_allowed(change(TEAM_OWNER, path, batch_name="Posters"))
    assert_allowed(change(TEAM_OWNER, path, "revoked_at"))


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_no_client_deletes_a_share_and_whoever_controls_the_batch_deletes_a_code(
    emulators: Emulators, caller: Caller
) -> None:
    firestore = emulators.firestore(caller)
    answer = firestore.delete(f"batches/{OWN}/shared_with/{COMMENTER.uid}")
    assert_allowed(answer, is_allowed=False)
    code = f"batches/{OF_TEAM}/invites/d"
    emulators.firestore(BACKEND).update(code, {"expires_at": THEN}).raise_for_status()
    assert_allowed(firestore.create(f"{code}2", {}), is_allowed=False)
    assert_allowed(firestore.update(code, {}), is_allowed=False)
    assert_allowed(firestore.delete(code), is_allowed=caller in (TEAM_OWNER, EDITOR))


# ---- comparisons and votes -------------------------------------------------------------------------

COMPARISONS = cases(
    [
        {},
        {"right": TEAM_VIEW},
        {"left_asset": 0, "right_asset": 3},
        {"left_asset": None},
        {"note": "ü" * 2000},
        {"note": None},
        {"batch_id": OWN},
        {"batch_id": None, "team_id": None},
    ],
    [
        {"left": LEFT_OUT},
        {"right": LEFT_OUT},
        {"right": SINGLE_VIEW},
        {"left": f"{OWN_VIEW}-nothing"},
        {"left": f"batches/{OWN}"},
        {"left": f"{OWN_VIEW}/notes/n"},
        {"left": f"generations/{COMMENTER.uid}/images/nothing"},
        {"left": 7},
        {"left": None},
        {"left_asset": 4},
        {"left_asset": -1},
        {"right_asset": "1"},
        {"note": "x" * 2001},
        {"note": 7},
        {"batch_id": "nothing"},
        {"batch_id": f"{OWN}/rows/0"},
        {"batch_id": 7},
        {"team_id": TEAM},
        {"team_id": 7},
        *WRONG_SIGNS,
    ],
)


def comparison_path() -> str:
    return f"comparisons/w-{RUN}-{next(_numbers)}"


@pytest.mark.parametrize(("changes", "is_allowed"), COMPARISONS, ids=range(len(COMPARISONS)))
def test_a_comparison_has_the_right_fields_only(
    write: Write, changes: dict[str, object], is_allowed: bool
) -> None:
    answer = write(COMMENTER, comparison_path(), comparison(COMMENTER, **changes))
    assert_allowed(answer, is_allowed=is_allowed)


@pytest.mark.parametrize("doc_id", ["_a", "a.b", "ä", "a" * 129])
def test_its_id_is_one_of_plain_letters(write: Write, doc_id: str) -> None:
    answer = write(OWNER, f"comparisons/{doc_id}", comparison(OWNER))
    assert_allowed(answer, is_allowed=False)


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_who_compares_and_for_whom(write: Write, caller: Caller) -> None:
    def compares(**changes: object) -> httpx.Response:
        return write(caller, comparison_path(), comparison(caller, **changes))

    assert_allowed(compares(), is_allowed=caller in OWN_READERS)
    assert_allowed(compares(batch_id=OWN), is_allowed=caller in (OWNER, COMMENTER))
    for_team = compares(left=TEAM_VIEW, right=TEAM_VIEW, team_id=TEAM, batch_id=OF_TEAM)
    assert_allowed(for_team, is_allowed=caller in MEMBERS)


def test_a_vote_stays_with_what_was_compared(
    emulators: Emulators, write: Write, change: Write
) -> None:
    path = comparison_path()
    assert_allowed(write(COMMENTER, path, comparison(COMMENTER, batch_id=OWN)))
    for changes in (
        {"left": TEAM_VIEW},
        {"right": TEAM_VIEW},
        {"left_asset": 1},
        {"batch_id": LEFT_OUT},
        {"team_id": None},
        {"user_id": OWNER.uid},
        {"note": 7},
    ):
        assert_allowed(change(COMMENTER, path, **changes), is_allowed=False)
    assert_allowed(change(COMMENTER, path, "created_at"), is_allowed=False)
    assert_allowed(change(OWNER, path, note="Mine"), is_allowed=False)
    assert_allowed(change(COMMENTER, path, note="The sky"))
    for caller in (WATCHER, OTHER, GONE, SIGNED_OUT):
        assert_allowed(emulators.firestore(caller).delete(path), is_allowed=False)
    assert_allowed(emulators.firestore(OWNER).delete(path))


VOTES = cases(
    [{"choice": choice} for choice in ("left", "right", "tie")],
    [*({"choice": choice} for choice in ("both", "", 1, None, LEFT_OUT)), *WRONG_SIGNS],
)


@pytest.mark.parametrize(("changes", "is_allowed"), VOTES, ids=range(len(VOTES)))
def test_a_vote_has_the_right_fields_only(
    write: Write, changes: dict[str, object], is_allowed: bool
) -> None:
    path = f"comparisons/{OWN}-0/votes/{WATCHER.uid}"
    vote = {"choice": "tie", "user_id": WATCHER.uid, **changes}
    assert_allowed(write(WATCHER, path, vote), is_allowed=is_allowed)


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_each_reader_has_one_vote_and_may_change_it(
    emulators: Emulators, write: Write, change: Write, caller: Caller
) -> None:
    votes, is_reader = f"comparisons/{OWN}-0/votes", caller in (OTHER, *OWN_READERS)
    path = f"{votes}/{caller.uid or 'nobody'}"
    vote = {"choice": "left", "user_id": caller.uid}
    assert_allowed(write(caller, path, vote), is_allowed=is_reader)
    assert_allowed(write(caller, f"{votes}/another", vote), is_allowed=False)
    assert_allowed(emulators.firestore(caller).delete(f"{votes}/another"), is_allowed=False)
    if is_reader:
        assert_allowed(change(caller, path, choice="right"))
        assert_allowed(change(caller, path, choice="both"), is_allowed=False)
        assert_allowed(change(caller, path, "created_at"), is_allowed=False)
        assert_allowed(emulators.firestore(caller).delete(path))


def test_nobody_votes_on_what_is_not_there(write: Write) -> None:
    path = f"comparisons/{OWN}-nothing/votes/{OWNER.uid}"
    vote = {"choice": "left", "user_id": OWNER.uid}
    assert_allowed(write(OWNER, path, vote), is_allowed=False)
