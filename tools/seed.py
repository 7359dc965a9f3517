"""Demo data for a fresh suite: a user to sign in as and an administrator, with credits to spend.

Safe to repeat: users that exist are signed in, and a grant has its requestId.
"""

from __future__ import annotations

from contextlib import closing

from tools.client import Addresses, make_admin, sign_in

USER = "demo@mediaforge.test"
ADMIN = "admin@mediaforge.test"
PASSWORD = "emulator"  # noqa: S105 - the auth emulator's users live as long as it runs
GRANT_CREDITS = 1000
TIER = "pro"  # the free tier has no videos and brands


def seed(addresses: Addresses) -> None:
    """Signs both up; the administrator gives the user credits and a tier through the callables."""
    with (
        closing(sign_in(addresses, USER, PASSWORD)) as user,
        closing(sign_in(addresses, ADMIN, PASSWORD)) as plain,
        closing(make_admin(addresses, plain, ADMIN)) as admin,
    ):
        grant = {
            "accountId": f"user_{user.uid}",
            "amount": GRANT_CREDITS,
            "reason": "demo data",
            "requestId": "demo-data",
        }
        admin.call("grantCredits", grant)
        tier = {"accountId": f"user_{user.uid}", "action": "setTier", "tier": TIER}
        admin.call("controlAccount", tier)


def describe() -> str:
    return f"  sign in as {USER} or {ADMIN}, password {PASSWORD}"
