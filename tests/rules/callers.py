"""Who calls the emulators, and the ID tokens they carry.

The emulators read a token's claims without checking a signature, so no Auth emulator is asked.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from dataclasses import dataclass

# New names for every run: the emulators may hold what an earlier run, or a person, left there.
RUN = uuid.uuid4().hex[:8]
TOKEN_LIFETIME_S = 3600


@dataclass(frozen=True)
class Caller:
    """Someone with a uid, or someone signed out. `full_name` is the name in their token, if there is one."""

    name: str
    uid: str = ""
    is_admin: bool = False
    full_name: str = ""

    def token(self, project: str) -> str | None:
        if self is BACKEND:
            return "owner"  # the emulators' word for the Admin SDK, which rules do not bind
        claims: dict[str, object] = {"admin": self.is_admin}
        if self.full_name:
            claims["name"] = self.full_name
        return id_token(project, self.uid, claims) if self.uid else None


# Whose documents they are; in no team.
OWNER = Caller("owner", f"rules-{RUN}-owner")
# One team: who is in it, and who no longer is.
TEAM_OWNER = Caller("team-owner", f"rules-{RUN}-team-owner")
EDITOR = Caller("editor", f"rules-{RUN}-editor")
VIEWER = Caller("viewer", f"rules-{RUN}-viewer")
MEMBERS = (TEAM_OWNER, EDITOR, VIEWER)
REMOVED = Caller("removed", f"rules-{RUN}-removed")
# The owner of another team.
OTHER = Caller("other", f"rules-{RUN}-other")
ADMIN = Caller("admin", f"rules-{RUN}-admin", is_admin=True)
SIGNED_OUT = Caller("signed-out")
CALLERS = [OWNER, *MEMBERS, REMOVED, OTHER, ADMIN, SIGNED_OUT]

BACKEND = Caller("backend")


def id_token(project: str, uid: str, claims: dict[str, object]) -> str:
    """As Firebase Auth would issue it, unsigned; Storage goes by `user_id`, Firestore by `sub`."""
    now_s = int(time.time())
    payload = {
        "iss": f"https://securetoken.google.com/{project}",
        "aud": project,
        "sub": uid,
        "user_id": uid,
        "auth_time": now_s,
        "iat": now_s,
        "exp": now_s + TOKEN_LIFETIME_S,
        "firebase": {"sign_in_provider": "password", "identities": {}},
        **claims,
    }
    return f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(payload)}."


def _segment(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
