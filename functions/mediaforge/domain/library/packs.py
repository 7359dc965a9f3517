"""Reference packs: named sets of a user's uploads, which clients write under the security rules. The rules
have the same limits. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mediaforge.domain.library import uploads
from mediaforge.domain.library.sharing import Visibility

REFERENCES_MAX = 6


@dataclass(frozen=True, slots=True)
class PackReference:
    """One picture of a pack."""

    path: str
    """An upload of the pack's writer: `references/{user_id}/{fileId}.{png|jpg|jpeg|webp}`."""
    mode: Literal["style_only", "style_and_composition"]
    """What a model takes from the picture: its style, or its composition, too."""
    caption: str | None = None
    """What it shows, for people; at most 500 characters. Models do not read it."""


@dataclass(frozen=True, slots=True)
class Pack:
    """`reference_packs/{packId}`."""

    name: str
    """What it is called; 1 to 80 characters."""
    user_id: str
    """Who wrote it. It never changes."""
    visibility: Visibility
    """Who reads it besides its writer: nobody (`private`), the members of `team_id` (`team`), or everybody
    who is signed in (`public`). Who may read a pack may use it."""
    references: tuple[PackReference, ...]
    """One to six pictures, in their order."""
    is_template: bool
    """Whether it is meant to be copied. It is there to list by."""
    version: int
    """1, and with every change exactly one more."""
    created_at: datetime
    """The server's time of the first write. It never changes."""
    modified: datetime
    """The server's time of this write."""
    team_id: str | None = None
    """The team that it is shared with: only and always with `team`. Its writer has to be an editor or an
    owner of that team with every change."""


def fault_of(pack: Pack) -> str | None:
    """The field that is not as the rules want it, in a pack that somebody wrote past them; None where all is
    right. No other user's files get into a pack like that."""
    if not 1 <= len(pack.references) <= REFERENCES_MAX:
        return "references"
    for index, reference in enumerate(pack.references):
        upload = uploads.read_path(reference.path)
        if upload is None or upload.uid != pack.user_id:
            return f"references[{index}].path"
    return None if pack.version >= 1 else "version"
