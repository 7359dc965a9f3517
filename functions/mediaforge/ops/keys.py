"""`keys`: an API key that has got out."""

import re

import click

from mediaforge.contract import documents as at
from mediaforge.contract.requests import RevokeApiKey, parse
from mediaforge.domain.errors import NotFoundError
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ops.session import Session
from mediaforge.ops.showing import Shown
from mediaforge.ops.verbs import changes, would
from mediaforge.services.operate.audit import audited
from mediaforge.services.people.keys import revoke_key

_BEGINNING = re.compile(r"mf_(?:live|test)_([0-9A-Za-z]+)(?:_.*)?")


@click.group("keys")
def group() -> None:
    """API keys."""


@changes(group, "revoke")
@click.argument("key")
def revoke(session: Session, key: str, yes: bool, reason: str) -> Shown:
    """Ends a key: its next request is refused. KEY is its id, or how it begins (mf_live_…): not all of it,
    since a command line is remembered."""
    begins = _BEGINNING.fullmatch(key)
    key_id = begins[1] if begins else key
    found = session.backend.documents.get(at.api_key(key_id))
    if found is None:
        raise NotFoundError(f"There is no API key {key_id}.")
    if not yes:
        return would(f"revoke {found.prefix}… of {found.user_id}", data={"keyId": key_id})
    request = parse(RevokeApiKey, {"keyId": key_id}, "revokeApiKey")
    about = [user_account_id(found.user_id)]
    with audited(session.backend, session.operator, "keys revoke", key_id, reason, about) as note:
        revoked = revoke_key(session.backend, session.operator, request)
        note.did(key_id, "revoked")
    return Shown(
        {"keyId": revoked.id, "userId": revoked.user_id, "revokedAt": revoked.revoked_at},
        [f"{revoked.prefix}… of {revoked.user_id} is refused from now on."],
    )
