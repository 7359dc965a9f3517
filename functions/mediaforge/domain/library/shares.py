"""Sharing a batch: with one user, by its document or by a code. What somebody has seen of a batch ends with
their share. The security rules say the same. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ShareRole(StrEnum):
    """What a batch is shared for: a `viewer` reads, and votes on comparisons; a `commenter` also comments and
    compares."""

    VIEWER = "viewer"
    COMMENTER = "commenter"


@dataclass(frozen=True, slots=True)
class Share:
    """`batches/{batchId}/shared_with/{uid}`."""

    uid: str
    """The user who may read the batch: its name, too."""
    batch_id: str
    """The batch: the one that it is in."""
    role: ShareRole
    """What they may do."""
    user_id: str
    """Who shared it: the writer, or who made the code. It never changes."""
    created_at: datetime
    """The server's time of the first write. It never changes."""
    modified: datetime
    """The server's time of this write."""
    batch_name: str | None = None
    """What the batch is called, for the list of whoever it is shared with; at most 128 characters."""
    name: str | None = None
    """What their token called that user when they joined by a code. Only the backend sets it."""
    revoked_at: datetime | None = None
    """The share has ended: the server's time. It is set once, and nothing is changed after it. The backend
    then replaces the addresses of the batch's pictures, and deletes this document."""


@dataclass(frozen=True, slots=True)
class ShareInvite:
    """`batches/{batchId}/invites/{inviteId}`: the id is a hash of the code."""

    id: str
    """The id of the document."""
    role: ShareRole
    """What whoever joins by it may do."""
    created_by: str
    """Who made it. It lets nobody in once they do not control the batch any more, or are blocked."""
    created_at: datetime
    """When it was made."""
    expires_at: datetime
    """From then on it lets nobody in, and the document may be deleted."""


def lets_in(invite: ShareInvite, now: datetime) -> bool:
    return now < invite.expires_at


def join(
    invite: ShareInvite,
    uid: str,
    batch_id: str,
    batch_name: str,
    now: datetime,
    name: str | None = None,
) -> Share:
    return Share(
        uid=uid,
        batch_id=batch_id,
        role=invite.role,
        user_id=invite.created_by,
        created_at=now,
        modified=now,
        batch_name=batch_name,
        name=name,
    )
