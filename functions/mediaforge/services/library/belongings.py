"""What is a user's: where their documents are found. An erasure deletes these, and an export of all that is a
user's has them."""

from collections.abc import Iterator
from typing import Any

from mediaforge.contract import documents as at
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ports.documents import Query

PAGE = 100
"""Documents that are asked for, or deleted, at once."""
_NEWEST = ("-created_at",)


def document(path: str) -> at.Ref[dict[str, Any]]:
    """The document at this path, as the plain fields that are written in it."""
    return at.Ref(path, dict[str, Any])


def own_batches(uid: str) -> Query:
    return Query(at.BATCHES, (("user_id", "==", uid),), _NEWEST, PAGE)


def below_batch(batch_id: str) -> tuple[Query, ...]:
    """What lies below a batch: rows, comments of all who read it, whom it is shared with, and codes."""
    return (
        Query(at.rows(batch_id), limit=PAGE),
        Query(at.comments(batch_id), limit=PAGE),
        Query(at.shares(batch_id), limit=PAGE),
        Query(at.share_invites(batch_id), limit=PAGE),
    )


def own_brands(uid: str) -> Query:
    return Query(at.BRANDS, (("user_id", "==", uid),), limit=PAGE)


def own_comparisons(uid: str) -> Query:
    return Query(at.COMPARISONS, (("user_id", "==", uid),), _NEWEST, PAGE)


def own_votes_on(comparison_id: str) -> Query:
    """The votes of all who have voted."""
    return Query(at.votes(comparison_id), limit=PAGE)


def own_keys(uid: str) -> Query:
    return Query(at.API_KEYS, (("user_id", "==", uid),), _NEWEST, PAGE)


def own_webhooks(uid: str) -> Query:
    """Those that the user has registered, also for a team."""
    return Query(at.WEBHOOKS, (("created_by", "==", uid),), limit=PAGE)


def own_exports(uid: str) -> Query:
    return Query(at.exports(uid), limit=PAGE)


def own_memberships(uid: str) -> Query:
    return Query("members", (("uid", "==", uid),), is_group=True)


def own_shares(uid: str) -> Query:
    """What others share with the user."""
    return Query(at.SHARES, (("uid", "==", uid),), is_group=True)


def own_views(uid: str) -> Iterator[Query]:
    for kind in JobKind:
        yield Query(f"generations/{uid}/{kind.plural}", limit=PAGE)


def own_writings(uid: str) -> tuple[Query, ...]:
    """What stands by itself: nothing lies below it, and nothing beside it."""
    own = (("user_id", "==", uid),)
    return (
        Query("reference_packs", own, _NEWEST, PAGE),
        Query("templates", own, _NEWEST, PAGE),
        Query("comments", own, limit=PAGE, is_group=True),
        Query("votes", own, limit=PAGE, is_group=True),
        Query(at.DIRECTIONS, (("account_id", "==", user_account_id(uid)),), limit=PAGE),
        Query(at.uploads(uid), limit=PAGE),
    )
