"""firestore.rules on what clients write themselves: packs and templates, field by field."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from mediaforge.domain.library.templates import DEFAULTS
from tests.rules.callers import (
    BACKEND,
    CALLERS,
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

TEAM = f"written_{RUN}"
ROLES = {TEAM_OWNER: "owner", EDITOR: "editor", VIEWER: "viewer"}
BOTH = ("reference_packs", "templates")
LEFT_OUT = object()
Changes = Mapping[str, object]
_numbers = itertools.count()


def picture(caller: Caller, name: str = "a.png", **more: object) -> dict[str, object]:
    return {"path": f"references/{caller.uid}/{name}", "mode": "style_only", **more}


def document(collection: str, caller: Caller, **changes: object) -> dict[str, object]:
    """What the rules take, with these changes; without the times, which the server sets."""
    common = {"name": "Lights", "user_id": caller.uid, "visibility": "private", "version": 1}
    own: dict[str, object] = {"kind": "prompt", "prompt": "a {{colour}} house"}
    if collection == "reference_packs":
        own = {"references": [picture(caller)], "is_template": False}
    fields = {**common, **own, **changes}
    return {name: field for name, field in fields.items() if field is not LEFT_OUT}


@pytest.fixture(scope="module", autouse=True)
def team(emulators: Emulators) -> Iterator[None]:
    backend = emulators.firestore(BACKEND)
    for caller, role in ROLES.items():
        fields = typed_fields({"uid": caller.uid, "role": role})
        backend.update(f"teams/{TEAM}/members/{caller.uid}", fields).raise_for_status()
    yield
    for caller in ROLES:
        backend.delete(f"teams/{TEAM}/members/{caller.uid}").raise_for_status()


Write = Callable[..., httpx.Response]
Make = Callable[..., str]


@pytest.fixture
def create(emulators: Emulators, written: list[str]) -> Write:
    """Creates a document as a client does: what the server answers."""

    def create(
        caller: Caller, collection: str, doc_id: str = "", **changes: object
    ) -> httpx.Response:
        path = f"{collection}/{doc_id or f'written-{RUN}-{next(_numbers)}'}"
        written.append(path)
        fields = typed_fields(document(collection, caller, **changes))
        return emulators.firestore(caller).write(path, fields, ("created_at", "modified"))

    return create


@pytest.fixture
def make(create: Write, written: list[str]) -> Make:
    """The path of a document that exists."""

    def make(caller: Caller, collection: str, **changes: object) -> str:
        answer = create(caller, collection, **changes)
        assert answer.status_code == HTTPStatus.OK, answer.text
        return written[-1]

    return make


@pytest.fixture
def change(emulators: Emulators) -> Write:
    """Writes the document at `path` anew, as an SDK's `update` does: what it has stays, but for `changes` and
    the time."""

    def change(caller: Caller, path: str, **changes: object) -> httpx.Response:
        stored = emulators.firestore(BACKEND).get(path).json()["fields"]
        before = {name: field for name, field in stored.items() if name != "modified"}
        given = {"version": 2} | changes
        kept = {name: field for name, field in before.items() if name not in given}
        fields = kept | typed_fields(
            {n: field for n, field in given.items() if field is not LEFT_OUT}
        )
        at_server_time = [] if "modified" in changes else ["modified"]
        return emulators.firestore(caller).write(path, fields, at_server_time)

    return change


def typed_fields(fields: Mapping[str, Any]) -> dict[str, Fields]:
    return {name: typed(field) for name, field in fields.items()}


def assert_allowed(answer: httpx.Response, *, is_allowed: bool = True) -> None:
    expected = HTTPStatus.OK if is_allowed else HTTPStatus.FORBIDDEN
    assert answer.status_code == expected, answer.text


# ---- what may be written ---------------------------------------------------------------------------

SHARED_ALLOWED: list[Changes] = [
    {},
    {"name": "x"},
    {"name": "ü" * 80},
    {"visibility": "public"},
    {"team_id": None},
]
SHARED_DENIED: list[Changes] = [
    {"name": ""},
    {"name": "  "},
    {"name": "x" * 81},
    {"name": 7},
    {"name": None},
    {"name": LEFT_OUT},
    {"visibility": "friends"},
    {"visibility": None},
    {"visibility": LEFT_OUT},
    {"visibility": "team"},
    {"visibility": "team", "team_id": None},
    {"visibility": "team", "team_id": 7},
    {"visibility": "team", "team_id": "a/b"},
    {"visibility": "team", "team_id": TEAM},  # they are no member
    {"visibility": "public", "team_id": TEAM},
    {"team_id": TEAM},
    {"version": 0},
    {"version": 2},
    {"version": 1.0},
    {"version": "1"},
    {"version": LEFT_OUT},
    {"user_id": OTHER.uid},
    {"user_id": None},
    {"user_id": LEFT_OUT},
    {"colour": "red"},
    {"id": "x"},
]
MINE = f"references/{OWNER.uid}"
PACKS_ALLOWED: list[Changes] = [
    {"is_template": True},
    {"references": [picture(OWNER, f"{n}.png") for n in range(6)]},
    {"references": [picture(OWNER, "IMG 0001 (ä).JPEG", mode="style_and_composition")]},
    {"references": [picture(OWNER, "a.webp", caption="x" * 500)]},
    {"references": [picture(OWNER, caption=None)]},
]
PACKS_DENIED: list[Changes] = [
    {"is_template": None},
    {"is_template": "yes"},
    {"is_template": LEFT_OUT},
    {"references": []},
    {"references": LEFT_OUT},
    {"references": {}},
    {"references": "a"},
    {"references": [picture(OWNER, f"{n}.png") for n in range(7)]},
    {"references": ["a"]},
    {"references": [picture(OWNER, mode="composition")]},
    {"references": [picture(OWNER, caption="x" * 501)]},
    {"references": [picture(OWNER, caption=7)]},
    {"references": [picture(OWNER, weight=1)]},
    {"references": [{"path": f"{MINE}/a.png"}]},
    {"references": [{"mode": "style_only"}]},
    *(
        {"references": [picture(OWNER, path=path)]}
        for path in (
            f"references/{OTHER.uid}/a.png",
            f"references/{OWNER.uid}x/a.png",
            f"{MINE}/a.gif",
            f"{MINE}/a",
            f"{MINE}/b/a.png",
            f"{MINE}/..png",
            f"{MINE}/__a__.png",
            f"{MINE}/a\n.png",
            f"x{MINE}/a.png",
            f"generating/{OWNER.uid}/image/a.png",
            f"{MINE}/{'a' * 1024}.png",
            "",
            7,
        )
    ),
    # Each of the six is looked at.
    *({"references": [picture(OTHER if at == n else OWNER) for at in range(6)]} for n in range(6)),
    {"prompt": "x"},
]
ALL_DEFAULTS: dict[str, object] = {
    "kind": "video",
    "negativePrompt": "x" * 4000,
    "model": "local-video",
    "aspectRatio": "16:9",
    "width": 16384,
    "height": 1,
    "seed": 2147483647,
    "styleId": "ink",
    "brandId": "b",
    "count": 4,
    "durationSeconds": 60,
    "resolution": "720p",
    "fps": 60,
    "generateAudio": False,
}
TEMPLATES_ALLOWED: list[Changes] = [
    {"prompt": "x" * 4000},
    {"kind": "batch"},
    {"kind": "batch", "prompt": LEFT_OUT},
    {"kind": "batch", "prompt": None, "defaults": None, "reference_pack_id": None},
    {"reference_pack_id": "p-1"},
    {"defaults": {}},
    {"defaults": ALL_DEFAULTS},
    *({"defaults": {name: None}} for name in ALL_DEFAULTS),
]
TEMPLATES_DENIED: list[Changes] = [
    {"kind": "video"},
    {"kind": LEFT_OUT},
    {"prompt": LEFT_OUT},
    {"prompt": None},
    {"prompt": ""},
    {"prompt": "  "},
    {"prompt": "x" * 4001},
    {"prompt": 7},
    {"kind": "batch", "prompt": ""},
    {"reference_pack_id": "a/b"},
    {"reference_pack_id": "__a__"},
    {"reference_pack_id": 7},
    {"defaults": []},
    {"defaults": "x"},
    *(
        {"defaults": {name: "x"}}
        for name in ("prompt", "teamId", "requestId", "priority", "scheduledAt", "references", "x")
    ),
    {"defaults": {"kind": "training"}},
    {"defaults": {"negativePrompt": "x" * 4001}},
    {"defaults": {"model": "x" * 129}},
    {"defaults": {"styleId": "x" * 129}},
    {"defaults": {"brandId": "a/b"}},
    {"defaults": {"aspectRatio": "16:9:9"}},
    {"defaults": {"resolution": "123456"}},
    *({"defaults": {name: 0}} for name in ("count", "durationSeconds", "fps")),
    {"defaults": {"seed": -1}},
    {"defaults": {"seed": 2147483648}},
    {"defaults": {"width": 16385, "height": 64}},
    {"defaults": {"width": 64, "height": 16385}},
    {"defaults": {"width": 0, "height": 64}},
    {"defaults": {"width": 64, "height": 0}},
    {"defaults": {"width": 64}},
    {"defaults": {"height": 64}},
    {"defaults": {"count": 5}},
    {"defaults": {"durationSeconds": 61}},
    {"defaults": {"fps": 61}},
    *({"defaults": {**ALL_DEFAULTS, n: True}} for n in ALL_DEFAULTS if n != "generateAudio"),
    {"defaults": {"generateAudio": "yes"}},
    {"references": []},
    {"is_template": True},
]
CREATED = [
    *(("reference_packs", changes, True) for changes in SHARED_ALLOWED + PACKS_ALLOWED),
    *(("reference_packs", changes, False) for changes in SHARED_DENIED + PACKS_DENIED),
    *(("templates", changes, True) for changes in SHARED_ALLOWED + TEMPLATES_ALLOWED),
    *(("templates", changes, False) for changes in SHARED_DENIED + TEMPLATES_DENIED),
]


def test_the_rules_are_tried_with_every_default_there_is() -> None:
    assert ALL_DEFAULTS.keys() == DEFAULTS


@pytest.mark.parametrize(
    ("collection", "changes", "is_allowed"),
    CREATED,
    ids=[
        f"{number}-{'allowed' if allowed else 'denied'}"
        for number, (*_, allowed) in enumerate(CREATED)
    ],
)
def test_a_document_is_made_with_the_right_fields_only(
    create: Write, collection: str, changes: Changes, is_allowed: bool
) -> None:
    assert_allowed(create(OWNER, collection, **changes), is_allowed=is_allowed)


@pytest.mark.parametrize("collection", BOTH)
@pytest.mark.parametrize("doc_id", ["_a", "a.b", "ä", "a" * 129])
def test_its_id_is_one_that_requests_can_name(create: Write, collection: str, doc_id: str) -> None:
    assert_allowed(create(OWNER, collection, doc_id), is_allowed=False)


@pytest.mark.parametrize("collection", BOTH)
@pytest.mark.parametrize("field", ["created_at", "modified"])
def test_the_times_are_the_server_s(emulators: Emulators, collection: str, field: str) -> None:
    others = [name for name in ("created_at", "modified") if name != field]
    fields = typed_fields(document(collection, OWNER))
    early: Fields = {"timestampValue": "2026-01-01T00:00:00Z"}
    for given in ({}, {field: early}, {field: {"stringValue": "now"}}):
        path = f"{collection}/written-{RUN}-times"
        answer = emulators.firestore(OWNER).write(path, {**fields, **given}, others)
        assert_allowed(answer, is_allowed=False)


@pytest.mark.parametrize("collection", BOTH)
@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_nobody_writes_in_another_s_name(
    create: Write, change: Write, make: Make, collection: str, caller: Caller
) -> None:
    path = make(OWNER, collection, visibility="public")
    is_own = caller is OWNER
    assert_allowed(create(caller, collection, user_id=OWNER.uid), is_allowed=is_own)
    assert_allowed(change(caller, path, name="Mine"), is_allowed=is_own)
    if not is_own:
        assert_allowed(change(caller, path, user_id=caller.uid), is_allowed=False)


@pytest.mark.parametrize("collection", BOTH)
@pytest.mark.parametrize("caller", [*MEMBERS, REMOVED, OTHER], ids=lambda caller: caller.name)
def test_owners_and_editors_share_with_their_team(
    create: Write, collection: str, caller: Caller
) -> None:
    answer = create(caller, collection, visibility="team", team_id=TEAM)
    assert_allowed(answer, is_allowed=caller in (TEAM_OWNER, EDITOR))


# ---- how it changes --------------------------------------------------------------------------------


@pytest.mark.parametrize("collection", BOTH)
def test_every_change_is_the_next_version(change: Write, make: Make, collection: str) -> None:
    path = make(OWNER, collection)
    for version in (0, 1, 3, 2.0, "2", None, LEFT_OUT):
        assert_allowed(change(OWNER, path, name="New", version=version), is_allowed=False)
    assert_allowed(change(OWNER, path, name="New"))
    assert_allowed(change(OWNER, path, name="Newer"), is_allowed=False)
    assert_allowed(change(OWNER, path, name="Newer", visibility="public", version=3))


@pytest.mark.parametrize("collection", BOTH)
def test_a_change_has_to_be_as_right_as_what_is_new(
    emulators: Emulators, change: Write, make: Make, collection: str
) -> None:
    path = make(OWNER, collection)
    wrong: list[Changes] = [
        {"name": ""},
        {"name": LEFT_OUT},
        {"colour": "red"},
        {"user_id": OTHER.uid},
        {"visibility": "team"},
        {"references": []},
        {"prompt": 7},
        {"modified": "now"},
        {"modified": LEFT_OUT},
        {"created_at": "then"},
        {"created_at": LEFT_OUT},
    ]
    for changes in wrong:
        assert_allowed(change(OWNER, path, **changes), is_allowed=False)
    stored = emulators.firestore(BACKEND).get(path).json()["fields"]
    both_new = {n: f for n, f in stored.items() if n not in ("created_at", "modified")}
    fields = {**both_new, "version": {"integerValue": "2"}}
    answer = emulators.firestore(OWNER).write(path, fields, ("created_at", "modified"))
    assert_allowed(answer, is_allowed=False)


@pytest.mark.parametrize("collection", BOTH)
def test_who_left_the_team_takes_back_what_they_shared_and_changes_nothing_else_in_it(
    emulators: Emulators, change: Write, make: Make, collection: str
) -> None:
    membership = f"teams/{TEAM}/members/{OTHER.uid}"
    backend = emulators.firestore(BACKEND)
    backend.update(
        membership, typed_fields({"uid": OTHER.uid, "role": "editor"})
    ).raise_for_status()
    path = make(OTHER, collection, visibility="team", team_id=TEAM)
    backend.delete(membership).raise_for_status()
    assert_allowed(change(OTHER, path, name="Still here"), is_allowed=False)
    assert_allowed(change(OTHER, path, visibility="private", team_id=LEFT_OUT))


# ---- who reads and deletes -------------------------------------------------------------------------

SIGNED_IN = tuple(caller for caller in CALLERS if caller is not SIGNED_OUT)
READERS: list[tuple[Changes, tuple[Caller, ...], tuple[Caller, ...]]] = [
    # The editor's, shared like this; who reads it, and who deletes it.
    ({}, (EDITOR,), (EDITOR,)),
    ({"visibility": "team", "team_id": TEAM}, MEMBERS, (EDITOR, TEAM_OWNER)),
    ({"visibility": "public"}, SIGNED_IN, (EDITOR,)),
]


@pytest.mark.parametrize("collection", BOTH)
@pytest.mark.parametrize(
    ("changes", "readers", "deleters"), READERS, ids=["private", "team", "public"]
)
@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_who_reads_and_who_deletes(
    emulators: Emulators,
    make: Make,
    collection: str,
    changes: Changes,
    readers: tuple[Caller, ...],
    deleters: tuple[Caller, ...],
    caller: Caller,
) -> None:
    path = make(EDITOR, collection, **changes)
    firestore = emulators.firestore(caller)
    assert_allowed(firestore.get(path), is_allowed=caller in readers)
    assert_allowed(firestore.list(collection), is_allowed=False)
    assert_allowed(firestore.delete(path), is_allowed=caller in deleters)


def where(field: str, value: str) -> Fields:
    condition = {"field": {"fieldPath": field}, "op": "EQUAL", "value": typed(value)}
    return {"where": {"fieldFilter": condition}}


@pytest.mark.parametrize("collection", BOTH)
@pytest.mark.parametrize(
    ("query", "listers"),
    [
        (where("user_id", EDITOR.uid), (EDITOR,)),
        (where("team_id", TEAM), MEMBERS),
        (where("visibility", "public"), SIGNED_IN),
        (where("visibility", "team"), ()),
        (where("visibility", "private"), ()),
        (where("name", "Lights"), ()),
    ],
    ids=["own", "team", "public", "all-teams", "private", "by-name"],
)
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


@pytest.mark.parametrize("collection", BOTH)
def test_a_guessed_id_tells_nothing(emulators: Emulators, make: Make, collection: str) -> None:
    path = make(OWNER, collection)
    answers = [emulators.firestore(OTHER).get(each) for each in (path, f"{collection}/nothing")]
    assert [answer.status_code for answer in answers] == [HTTPStatus.FORBIDDEN] * 2


@pytest.mark.parametrize("collection", BOTH)
def test_below_them_is_nothing(emulators: Emulators, make: Make, collection: str) -> None:
    path = f"{make(OWNER, collection)}/notes/n"
    assert_allowed(emulators.firestore(OWNER).get(path), is_allowed=False)
    assert_allowed(emulators.firestore(OWNER).create(path, {}), is_allowed=False)
