"""firestore.rules: for each kind of document, what each caller may do and, all else, may not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

import httpx
import pytest

from mediaforge.domain.jobs.kinds import JobKind
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
from tests.rules.rest import Emulators, Fields, Firestore

ACTIONS = ("get", "list", "create", "update", "delete")
TEAM = f"rules_{RUN}"  # with an underscore, as account names have one of their own
OTHER_TEAM = f"rules_{RUN}_other"
KINDS = tuple(kind.plural for kind in JobKind)

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
# Whole, too: the Storage rules go by it, and so does who counts the files.
UPLOADS: Fields = {
    "files": {"integerValue": "0"},
    "size_bytes": {"integerValue": "0"},
    "files_max": {"integerValue": "500"},
    "bytes_max": {"integerValue": "1000000000"},
    "counted_at": {"timestampValue": "2026-01-01T00:00:00Z"},
}
TEAM_FIELDS: Fields = {
    "name": {"stringValue": "Rules"},
    "created_by": {"stringValue": "rules-test"},
    "created_at": {"timestampValue": "2026-01-01T00:00:00Z"},
    "modified": {"timestampValue": "2026-01-01T00:00:00Z"},
}
FORMER: Fields = {"ended_at": {"timestampValue": "2026-01-01T00:00:00Z"}}
INVITE: Fields = {"role": {"stringValue": "viewer"}}


def view(user: Caller, **more: Fields) -> Fields:
    return {"status": {"stringValue": "completed"}, "user_id": {"stringValue": user.uid}, **more}


def team_view(user: Caller, team: str = TEAM, day: int = 1) -> Fields:
    created_at = {"timestampValue": f"2026-01-{day:02}T00:00:00Z"}
    return view(user, team_id={"stringValue": team}, created_at=created_at)


def member(user: Caller, role: str) -> Fields:
    return {"uid": {"stringValue": user.uid}, "role": {"stringValue": role}}


def brand(user: Caller, team: str | None = None) -> Fields:
    of_team = {"stringValue": team} if team else {"nullValue": None}
    return {"user_id": {"stringValue": user.uid}, "team_id": of_team}


def webhook(user: Caller | None, team: str | None = None) -> Fields:
    def word(text: str | None) -> Fields:
        return {"stringValue": text} if text else {"nullValue": None}

    return {"user_id": word(user.uid if user else None), "team_id": word(team)}


# Who looks after what is the team's, beside what its members may read.
EDITORS = (TEAM_OWNER, EDITOR)


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
    *(
        Subject(kind, f"generations/{OWNER.uid}/{kind}/j", view(OWNER), (OWNER,), (OWNER,))
        for kind in KINDS
    ),
    Subject("unknown-kind", f"generations/{OWNER.uid}/songs/j", view(OWNER)),
    Subject("generations-document", f"generations/{OWNER.uid}", view(OWNER)),
    Subject("below-image", f"generations/{OWNER.uid}/images/j/notes/n", view(OWNER)),
    *(
        Subject(
            f"team-{kind}",
            f"generations/{EDITOR.uid}/{kind}/j",
            team_view(EDITOR),
            MEMBERS,
            (EDITOR,),
        )
        for kind in KINDS
    ),
    Subject("team-unknown-kind", f"generations/{EDITOR.uid}/songs/j", team_view(EDITOR)),
    Subject("video-elsewhere", f"generations/{EDITOR.uid}/images/j/videos/v", team_view(EDITOR)),
    Subject(
        "team-image-of-a-removed-member",
        f"generations/{REMOVED.uid}/images/j",
        team_view(REMOVED, day=2),
        (*MEMBERS, REMOVED),
        (REMOVED,),
    ),
    Subject(
        "private-image-of-a-member",
        f"generations/{VIEWER.uid}/images/j",
        view(VIEWER),
        (VIEWER,),
        (VIEWER,),
    ),
    Subject(
        "other-teams-image",
        f"generations/{OTHER.uid}/images/j",
        team_view(OTHER, OTHER_TEAM),
        (OTHER,),
        (OTHER,),
    ),
    Subject("api-key", f"api_keys/rules-{RUN}", view(OWNER), (OWNER,)),
    Subject("api-key-record", f"api_key_records/rules-{RUN}", view(OWNER)),
    Subject("batch", f"batches/{RUN}", view(OWNER), (OWNER,)),
    Subject("row", f"batches/{RUN}/rows/0", {}, (OWNER,), (OWNER,)),
    Subject("below-row", f"batches/{RUN}/rows/0/notes/n", {}),
    Subject("team-batch", f"batches/{RUN}-of-team", team_view(EDITOR), MEMBERS),
    Subject("team-row", f"batches/{RUN}-of-team/rows/0", {}, MEMBERS, MEMBERS),
    Subject("row-without-a-batch", f"batches/{RUN}-gone/rows/0", {}),
    Subject("webhook", f"webhooks/{RUN}", webhook(OWNER), (OWNER,)),
    Subject("delivery", f"webhooks/{RUN}/deliveries/d", {}, (OWNER,), (OWNER,)),
    Subject("below-delivery", f"webhooks/{RUN}/deliveries/d/notes/n", {}),
    Subject("team-webhook", f"webhooks/{RUN}-of-team", webhook(None, TEAM), EDITORS),
    Subject("team-delivery", f"webhooks/{RUN}-of-team/deliveries/d", {}, EDITORS, EDITORS),
    Subject("delivery-without-a-webhook", f"webhooks/{RUN}-gone/deliveries/d", {}),
    Subject("webhook-secrets", f"webhook_secrets/{RUN}", {}),
    Subject("uploads", f"references/{OWNER.uid}", UPLOADS, (OWNER,)),
    Subject("upload", f"references/{OWNER.uid}/files/f", {}, (OWNER,), (OWNER,)),
    Subject("export", f"exports/{OWNER.uid}/files/e", {}, (OWNER,), (OWNER,)),
    Subject("below-export", f"exports/{OWNER.uid}/files/e/notes/n", {}),
    Subject("export-due", "exports_due/e", {}),
    Subject("below-upload", f"references/{OWNER.uid}/files/f/notes/n", {}),
    Subject("account", f"accounts/user_{OWNER.uid}", ACCOUNT, (OWNER,)),
    Subject("ledger", f"accounts/user_{OWNER.uid}/ledger/e", GRANT, (OWNER,), (OWNER,)),
    Subject("team-account", f"accounts/team_{TEAM}", ACCOUNT, MEMBERS),
    Subject("team-ledger", f"accounts/team_{TEAM}/ledger/e", GRANT, MEMBERS, MEMBERS),
    Subject("team", f"teams/{TEAM}", TEAM_FIELDS, MEMBERS),
    *(
        Subject(
            f"membership-of-{user.name}",
            f"teams/{TEAM}/members/{user.uid}",
            member(user, role),
            MEMBERS,
            MEMBERS,
        )
        for user, role in zip(MEMBERS, ("owner", "editor", "viewer"), strict=True)
    ),
    Subject(
        "membership-of-another-team",
        f"teams/{OTHER_TEAM}/members/{OTHER.uid}",
        member(OTHER, "owner"),
        (OTHER,),
        (OTHER,),
    ),
    Subject("brand", f"brands/rules-{RUN}", brand(OWNER), (OWNER,)),
    Subject("team-brand", f"brands/rules-{RUN}-team", brand(EDITOR, TEAM), MEMBERS),
    Subject("invite", f"teams/{TEAM}/invites/i", INVITE, (TEAM_OWNER,), (TEAM_OWNER,)),
    Subject("former-member", f"teams/{TEAM}/former/{REMOVED.uid}", FORMER),
]

# Not seeded: triggers and sweeps of a running backend would take them for their own. A rule that
# refuses does so whether the document is there or not.
UNSEEDED = [
    Subject("job", f"jobs/rules-{RUN}", {}),
    Subject("dead-letter", f"dead_letters/rules-{RUN}", {}),
    Subject("audit", f"audit/rules-{RUN}", {}),
    Subject("direction", f"directions/rules-{RUN}", {}),
    Subject("purchase", f"purchases/rules-{RUN}", {}),
    Subject("breaker", f"breakers/rules-{RUN}", {}),
    Subject("fuse", f"fuses/rules-{RUN}", {}),
    Subject("gift", f"gifts/rules-{RUN}", {}),
    Subject("welcome-day", f"welcome_days/rules-{RUN}", {}),
    Subject("gift-key", "system/gift_key", {}),
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


@pytest.mark.parametrize(
    "collection_id",
    [*KINDS, "songs", "notes", "ledger", "members", "invites", "jobs", "deliveries"],
)
@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_no_unfiltered_query_reaches_across_users(
    emulators: Emulators, caller: Caller, collection_id: str
) -> None:
    answer = emulators.firestore(caller).list_group(collection_id)

    assert answer.status_code == HTTPStatus.FORBIDDEN, answer.text


def test_listing_answers_the_owners_documents(emulators: Emulators) -> None:
    answer = emulators.firestore(OWNER).list(f"generations/{OWNER.uid}/images")

    assert names_in(answer) == [f"generations/{OWNER.uid}/images/j"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_view_that_is_not_there_yet_is_not_found_rather_than_denied(
    emulators: Emulators, kind: str
) -> None:
    """A client listens before the first write is seen; being denied would end its listener."""
    answer = emulators.firestore(OWNER).get(f"generations/{OWNER.uid}/{kind}/later")

    assert answer.status_code == HTTPStatus.NOT_FOUND, answer.text


def test_a_member_of_one_team_reads_no_other_team(emulators: Emulators) -> None:
    answers = [
        emulators.firestore(EDITOR).get(path)
        for path in (f"teams/{TEAM}2", f"accounts/team_{TEAM}2", f"accounts/team_{TEAM}_2")
    ]

    assert {answer.status_code for answer in answers} == {HTTPStatus.FORBIDDEN}


def test_signed_out_denial_says_no_more_than_that(emulators: Emulators) -> None:
    answer = emulators.firestore(SIGNED_OUT).get(f"accounts/user_{OWNER.uid}")

    assert answer.json()["error"]["status"] == "PERMISSION_DENIED"


# Collection-group queries ---------------------------------------------------------------------


def filtered(field: str, op: str, value: Fields) -> Fields:
    return {"fieldFilter": {"field": {"fieldPath": field}, "op": op, "value": value}}


def equal(field: str, text: str) -> Fields:
    return filtered(field, "EQUAL", {"stringValue": text})


def unary(field: str, op: str) -> Fields:
    return {"unaryFilter": {"field": {"fieldPath": field}, "op": op}}


def both(*filters: Fields) -> Fields:
    return {"compositeFilter": {"op": "AND", "filters": filters}}


def either(*filters: Fields) -> Fields:
    return {"compositeFilter": {"op": "OR", "filters": filters}}


def team_in(*teams: str) -> Fields:
    names = [{"stringValue": team} for team in teams]
    return filtered("team_id", "IN", {"arrayValue": {"values": names}})


@dataclass(frozen=True)
class Group:
    """A query over all collections of a name, and who may ask it."""

    name: str
    collection_id: str
    where: Fields
    listers: tuple[Caller, ...] = ()
    order: tuple[Fields, ...] = ()


NEWEST_FIRST: Fields = {"field": {"fieldPath": "created_at"}, "direction": "DESCENDING"}
OF_TEAM = equal("team_id", TEAM)
OF_OTHER_TEAM = equal("team_id", OTHER_TEAM)
IS_AT_LEAST = filtered("team_id", "GREATER_THAN_OR_EQUAL", {"stringValue": TEAM})
IS_AT_MOST = filtered("team_id", "LESS_THAN_OR_EQUAL", {"stringValue": TEAM})

GROUPS = [
    *(Group(f"team-{kind}", kind, OF_TEAM, MEMBERS) for kind in KINDS),
    Group(
        "team-images-of-one-user",
        "images",
        both(OF_TEAM, equal("user_id", EDITOR.uid)),
        MEMBERS,
        (NEWEST_FIRST,),
    ),
    Group("other-teams-images", "images", OF_OTHER_TEAM, (OTHER,)),
    Group("team-songs", "songs", OF_TEAM),
    Group("images-of-either-team", "images", either(OF_TEAM, OF_OTHER_TEAM)),
    Group("images-in-both-teams", "images", both(OF_TEAM, OF_OTHER_TEAM)),
    Group("images-in-a-list-of-teams", "images", team_in(TEAM, OTHER_TEAM)),
    Group("images-of-team-or-user", "images", either(OF_TEAM, equal("user_id", OWNER.uid))),
    Group("images-in-a-range-of-teams", "images", both(IS_AT_LEAST, IS_AT_MOST)),
    Group("images-of-any-team", "images", unary("team_id", "IS_NOT_NULL")),
    Group("images-of-no-team", "images", unary("team_id", "IS_NULL")),
    Group("images-of-the-nameless-team", "images", equal("team_id", "")),
    Group("images-of-one-user", "images", equal("user_id", EDITOR.uid)),
    *(
        Group(f"memberships-of-{user.name}", "members", equal("uid", user.uid), (user,))
        for user in (TEAM_OWNER, EDITOR, VIEWER, REMOVED, OTHER)
    ),
    Group("memberships-of-nobody", "members", unary("uid", "IS_NULL")),
    Group("owners", "members", equal("role", "owner")),
    Group("invites", "invites", equal("role", "viewer")),
]


@pytest.mark.parametrize(
    ("group", "caller"),
    [
        pytest.param(
            group,
            caller,
            id=f"{group.name}-{caller.name}-"
            + ("allowed" if caller in group.listers else "denied"),
        )
        for group in GROUPS
        for caller in CALLERS
    ],
)
def test_caller_lists_across_users_only_what_the_table_says(
    emulators: Emulators, group: Group, caller: Caller
) -> None:
    query = {"where": group.where, "orderBy": group.order}
    answer = emulators.firestore(caller).list_group(group.collection_id, query)

    allowed = caller in group.listers
    assert answer.status_code == (HTTPStatus.OK if allowed else HTTPStatus.FORBIDDEN), answer.text


BRAND_LISTS = [
    ("their own", equal("user_id", OWNER.uid), (OWNER,)),
    ("the team's", OF_TEAM, MEMBERS),
    ("whose team there is none of", unary("team_id", "IS_NULL"), ()),
]


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
@pytest.mark.parametrize(
    ("where", "listers"),
    [(where, listers) for _, where, listers in BRAND_LISTS],
    ids=[name for name, _, _ in BRAND_LISTS],
)
def test_brands_are_listed_by_user_or_by_team(
    emulators: Emulators, caller: Caller, where: Fields, listers: tuple[Caller, ...]
) -> None:
    answer = emulators.firestore(caller).list("brands", {"where": where})

    allowed = caller in listers
    assert answer.status_code == (HTTPStatus.OK if allowed else HTTPStatus.FORBIDDEN), answer.text


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
@pytest.mark.parametrize(
    ("where", "listers"),
    [
        (equal("user_id", OWNER.uid), (OWNER,)),
        (OF_TEAM, EDITORS),
        (unary("team_id", "IS_NULL"), ()),
        (equal("created_by", OWNER.uid), ()),
    ],
    ids=["their own", "the team's", "of no team", "by who made them"],
)
def test_webhooks_are_listed_by_user_or_by_the_editors_of_a_team(
    emulators: Emulators, caller: Caller, where: Fields, listers: tuple[Caller, ...]
) -> None:
    answer = emulators.firestore(caller).list("webhooks", {"where": where})

    allowed = caller in listers
    assert answer.status_code == (HTTPStatus.OK if allowed else HTTPStatus.FORBIDDEN), answer.text


def names_in(answer: httpx.Response) -> list[str]:
    return [row["document"]["name"].rpartition("/documents/")[2] for row in answer.json()]


def test_a_teams_history_is_its_members_images_newest_first(emulators: Emulators) -> None:
    query = {"where": OF_TEAM, "orderBy": [NEWEST_FIRST], "limit": 10}

    answer = emulators.firestore(VIEWER).list_group("images", query)

    assert names_in(answer) == [
        f"generations/{REMOVED.uid}/images/j",
        f"generations/{EDITOR.uid}/images/j",
    ]


def test_a_member_lists_only_the_teams_images_of_a_teammate(emulators: Emulators) -> None:
    folder = f"generations/{EDITOR.uid}/images"

    of_team = emulators.firestore(VIEWER).list(folder, {"where": OF_TEAM})
    everything = emulators.firestore(VIEWER).list(folder)

    assert names_in(of_team) == [f"{folder}/j"]
    assert everything.status_code == HTTPStatus.FORBIDDEN, everything.text


def test_my_teams_are_my_memberships(emulators: Emulators) -> None:
    mine = {"where": equal("uid", EDITOR.uid)}

    answer = emulators.firestore(EDITOR).list_group("members", mine)

    assert names_in(answer) == [f"teams/{TEAM}/members/{EDITOR.uid}"]


# Membership -----------------------------------------------------------------------------------


@pytest.fixture
def joined(emulators: Emulators) -> Iterator[str]:
    """The path of a membership of OTHER's, an owner of the team for the time of a test."""
    path = f"teams/{TEAM}/members/{OTHER.uid}"
    emulators.firestore(BACKEND).update(path, member(OTHER, "owner")).raise_for_status()
    yield path
    emulators.firestore(BACKEND).delete(path).raise_for_status()


def reads_of_the_team(firestore: Firestore) -> dict[str, httpx.Response]:
    documents = [
        f"teams/{TEAM}",
        f"teams/{TEAM}/members/{EDITOR.uid}",
        f"teams/{TEAM}/invites/i",
        f"accounts/team_{TEAM}",
        f"accounts/team_{TEAM}/ledger/e",
        *(f"generations/{EDITOR.uid}/{kind}/j" for kind in KINDS),
    ]
    collections = [
        f"teams/{TEAM}/members",
        f"teams/{TEAM}/invites",
        f"accounts/team_{TEAM}/ledger",
    ]
    return {
        **{path: firestore.get(path) for path in documents},
        **{path: firestore.list(path) for path in collections},
        **{kind: firestore.list_group(kind, {"where": OF_TEAM}) for kind in KINDS},
    }


def test_a_removed_member_loses_the_team_at_once(emulators: Emulators, joined: str) -> None:
    while_member = reads_of_the_team(emulators.firestore(OTHER))
    emulators.firestore(BACKEND).delete(joined).raise_for_status()
    afterwards = reads_of_the_team(emulators.firestore(OTHER))

    assert {what: answer.status_code for what, answer in while_member.items()} == dict.fromkeys(
        while_member, HTTPStatus.OK
    )
    assert {what: answer.status_code for what, answer in afterwards.items()} == dict.fromkeys(
        while_member, HTTPStatus.FORBIDDEN
    )


def test_an_owner_made_an_editor_loses_the_invites_at_once(
    emulators: Emulators, joined: str
) -> None:
    emulators.firestore(BACKEND).update(joined, member(OTHER, "editor")).raise_for_status()

    answers = reads_of_the_team(emulators.firestore(OTHER))

    denied = {what for what, answer in answers.items() if answer.status_code != HTTPStatus.OK}
    assert denied == {f"teams/{TEAM}/invites/i", f"teams/{TEAM}/invites"}


@pytest.mark.parametrize(
    "role",
    [
        {"stringValue": "Owner"},
        {"stringValue": ""},
        {"nullValue": None},
        {"booleanValue": True},
        None,
    ],
    ids=["unknown", "empty", "null", "no-text", "none"],
)
def test_a_member_whose_role_was_written_wrongly_reads_nothing_of_the_team(
    emulators: Emulators, joined: str, role: Fields | None
) -> None:
    """As the backend does nothing for them; their own membership they see."""
    uid: Fields = {"stringValue": OTHER.uid}
    written: Fields = {"uid": uid} if role is None else {"uid": uid, "role": role}
    emulators.firestore(BACKEND).update(joined, written).raise_for_status()

    answers = reads_of_the_team(emulators.firestore(OTHER))

    assert {what: answer.status_code for what, answer in answers.items()} == dict.fromkeys(
        answers, HTTPStatus.FORBIDDEN
    )
    assert emulators.firestore(OTHER).get(joined).status_code == HTTPStatus.OK


def test_ones_own_membership_that_is_not_there_is_not_found_rather_than_denied(
    emulators: Emulators,
) -> None:
    """A client listens to its membership; being denied would not tell removal from a fault."""
    answer = emulators.firestore(REMOVED).get(f"teams/{TEAM}/members/{REMOVED.uid}")

    assert answer.status_code == HTTPStatus.NOT_FOUND, answer.text


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_nobody_makes_themselves_an_owner(emulators: Emulators, caller: Caller) -> None:
    path = f"teams/{TEAM}/members/{caller.uid or 'nobody'}"

    answers = [
        emulators.firestore(caller).create(path, member(caller, "owner")),
        emulators.firestore(caller).update(path, member(caller, "owner")),
    ]

    assert [answer.status_code for answer in answers] == [HTTPStatus.FORBIDDEN] * 2


def test_no_team_is_not_the_team_called_null(emulators: Emulators) -> None:
    """A path would write null as the text "null"."""
    backend = emulators.firestore(BACKEND)
    membership = f"teams/null/members/{OTHER.uid}"
    image = f"generations/{OWNER.uid}/images/null"
    backend.update(membership, member(OTHER, "viewer")).raise_for_status()
    backend.update(image, view(OWNER, team_id={"nullValue": None})).raise_for_status()

    answers = [
        emulators.firestore(OTHER).get(image),
        emulators.firestore(OTHER).list_group("images", {"where": unary("team_id", "IS_NULL")}),
    ]
    for path in (membership, image):
        backend.delete(path).raise_for_status()

    assert [answer.status_code for answer in answers] == [HTTPStatus.FORBIDDEN] * 2
