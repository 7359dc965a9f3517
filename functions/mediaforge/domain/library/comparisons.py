"""What people say of results: comments on a batch, comparisons of two results, and votes on them. Clients
write all of these under the security rules, which have the same limits. The backend reads none of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Comment:
    """`batches/{batchId}/comments/{commentId}`."""

    text: str
    """What is said; 1 to 2,000 characters."""
    user_id: str
    """Who wrote it. It never changes."""
    created_at: datetime
    """The server's time of the first write. It never changes."""
    modified: datetime
    """The server's time of this write."""
    row: int | None = None
    """The index of the row that it is about, 0 to 99; without it, it is about the batch."""
    author_name: str | None = None
    """The writer's name: only the one in their own token, or none."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`comparisons/{comparisonId}`."""

    left: str
    """The path of one view, which its writer may read. It never changes. The view says the seed, the prompt
    and whatever else the result was made of."""
    right: str
    """The path of the other view. It never changes."""
    user_id: str
    """Who wrote it. It never changes."""
    created_at: datetime
    """The server's time of the first write. It never changes."""
    modified: datetime
    """The server's time of this write."""
    left_asset: int | None = None
    """Which picture of the left view, 0 to 3; without it the first. It never changes."""
    right_asset: int | None = None
    """Which picture of the right view. It never changes."""
    note: str | None = None
    """What it is about; at most 2,000 characters. Its writer may change it."""
    batch_id: str | None = None
    """The batch whose readers read it. Its writer has to be one who may comment on it. It never changes."""
    team_id: str | None = None
    """The team whose members read it, its writer being one. It never changes."""


@dataclass(frozen=True, slots=True)
class Vote:
    """`comparisons/{comparisonId}/votes/{uid}`."""

    choice: Literal["left", "right", "tie"]
    """Which is better. It may be changed."""
    user_id: str
    """Who votes: the name of the document, too."""
    created_at: datetime
    """The server's time of the first write. It never changes."""
    modified: datetime
    """The server's time of this write."""
