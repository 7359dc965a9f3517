"""The safeguards of teams and of blocks, each taken away through the Documents port."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from mediaforge.contract.documents import Ref
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.quotas import DailyLimits, Usage
from mediaforge.domain.people.teams import Former, Invite, Team
from mediaforge.ports.documents import Documents, Written
from tests.faults.sabotage import Disguise, SabotagedDocuments

D = TypeVar("D")

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class _CodesSurvive(Disguise):
    def put(self, ref: Ref[D], value: D) -> Written:
        changed: Any = value
        if isinstance(value, Team):
            changed = replace(value, codes_void_before=None)
        return super().put(ref, changed)


class _LimitsInTheMember(Disguise):
    def get(self, ref: Ref[D]) -> D | None:
        found: Any = super().get(ref)
        if isinstance(found, Former):
            found = replace(found, limits=DailyLimits(), usage=Usage())
        return found  # type: ignore[no-any-return]


class _NoEndOfMembership(Disguise):
    def get(self, ref: Ref[D]) -> D | None:
        found: Any = super().get(ref)
        if isinstance(found, Former):
            found = replace(found, ended_at=_LONG_AGO)
        return found  # type: ignore[no-any-return]


class _BoundToNobody(Disguise):
    def get(self, ref: Ref[D]) -> D | None:
        found: Any = super().get(ref)
        if isinstance(found, Invite):
            found = replace(found, bound_to=None)
        return found  # type: ignore[no-any-return]


class _BlindToBlocks(Disguise):
    def get(self, ref: Ref[D]) -> D | None:
        found: Any = super().get(ref)
        if isinstance(found, Account):
            found = replace(found, blocked_at=None)
        return found  # type: ignore[no-any-return]


def codes_survive_a_removal(documents: Documents) -> Documents:
    """A removal leaves every open code as it was; only who was removed is known by their uid."""
    return SabotagedDocuments(documents, _CodesSurvive)


def limits_in_the_member(documents: Documents) -> Documents:
    """Whoever comes back finds nothing of what they left with."""
    return SabotagedDocuments(documents, _LimitsInTheMember)


def no_end_of_membership(documents: Documents) -> Documents:
    """Nobody knows when somebody's membership has ended."""
    return SabotagedDocuments(documents, _NoEndOfMembership)


def bound_to_nobody(documents: Documents) -> Documents:
    """Nobody looks whom a code is for."""
    return SabotagedDocuments(documents, _BoundToNobody)


def blind_to_blocks(documents: Documents) -> Documents:
    """Units of work see no account that is blocked."""
    return SabotagedDocuments(documents, _BlindToBlocks)


# What is taken away, and what is found then.
SABOTAGES: Mapping[str, tuple[Callable[[Documents], Documents], str]] = {
    "codes survive a removal": (
        codes_survive_a_removal,
        "expected no code of before a removal to let anybody in",
    ),
    "limits in the member": (limits_in_the_member, "expected at most 2 images on"),
    "no end of membership": (
        no_end_of_membership,
        "expected no code of before the end of their membership to let them in",
    ),
    "bound to nobody": (bound_to_nobody, "to let in nobody else"),
    "blind to blocks": (blind_to_blocks, "which is blocked, found it"),
}
