"""A read inside a unit of work that is not answered says nothing about who is a member: whoever asked is to
ask again, and nothing is written by it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from google.api_core.exceptions import DeadlineExceeded
from google.auth.exceptions import RefreshError

from mediaforge.contract.documents import Ref
from mediaforge.domain.errors import BusyError
from mediaforge.ports.documents import Transaction, Written
from tests.support.world import ADMIN, ANN, SharedDocuments, World, user

D = TypeVar("D")
T = TypeVar("T")

BOB, EVE = user("bob"), user("eve")


@dataclass
class Outage:
    """The next `times` reads of the document at `path` fail with `error`."""

    path: str = ""
    error: Exception = field(default_factory=lambda: BusyError("not now"))
    times: int = 0

    def pass_by(self, *refs: Ref[Any]) -> None:
        if self.times and self.path in {ref.path for ref in refs}:
            self.times -= 1
            raise self.error


class Unanswered:
    """A unit of work during an outage."""

    def __init__(self, inner: Transaction, outage: Outage) -> None:
        self._inner = inner
        self._outage = outage

    def prefetch(self, *refs: Ref[Any]) -> None:
        self._outage.pass_by(*refs)
        self._inner.prefetch(*refs)

    def get(self, ref: Ref[D]) -> D | None:
        self._outage.pass_by(ref)
        return self._inner.get(ref)

    def peek(self, ref: Ref[D]) -> D | None:
        self._outage.pass_by(ref)
        return self._inner.peek(ref)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class FailingDocuments(SharedDocuments):
    def __init__(self) -> None:
        super().__init__()
        self.outage = Outage()

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        def troubled(tx: Transaction) -> T:
            unit: Any = Unanswered(tx, self.outage)
            return work(unit)

        return super().transact(troubled, after)


@dataclass(frozen=True)
class Case:
    """What is asked for while a member's document, or what is left of their last membership, is not read."""

    name: str
    uid: str
    act: Callable[[World, str, str], object]
    of: str = "members"


CASES = [
    Case("removed", "bob", lambda w, t, _: w.control_team(ANN, t, "remove", uid="bob")),
    Case("leaves", "bob", lambda w, t, _: w.control_team(BOB, t, "remove", uid="bob")),
    Case(
        "role",
        "bob",
        lambda w, t, _: w.control_team(ANN, t, "setMember", uid="bob", role="editor"),
    ),
    Case("the-only-owner", "ann", lambda w, t, _: w.control_team(ADMIN, t, "remove", uid="ann")),
    Case("an-owner-asks", "ann", lambda w, t, _: w.control_team(ANN, t, "invite", role="viewer")),
    Case("joins", "eve", lambda w, t, code: w.control_team(EVE, t, "accept", code=code)),
    Case("whoever-invited", "ann", lambda w, t, code: w.control_team(EVE, t, "accept", code=code)),
    Case(
        "is-back", "eve", lambda w, t, code: w.control_team(EVE, t, "accept", code=code), "former"
    ),
    Case("submits", "bob", lambda w, t, _: w.submit(caller=BOB, teamId=t)),
]
ERRORS = [BusyError("not now"), DeadlineExceeded("504"), RefreshError("no token")]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_whoever_could_not_be_read_is_neither_gone_nor_unreadable(
    case: Case, error: Exception, times: int
) -> None:
    documents = FailingDocuments()
    world = World(documents=documents)
    team_id = world.found_team(bob="editor")
    world.control_team(ANN, team_id, "setMember", uid="bob", limits={"imagesADay": 1})
    code = world.control_team(ANN, team_id, "invite", role="editor").code
    contents = world.contents()
    documents.outage = Outage(f"teams/{team_id}/{case.of}/{case.uid}", error, times)
    with pytest.raises(type(error)):
        case.act(world, team_id, code)
    assert documents.outage.times == times - 1
    assert world.contents() == contents
    assert world.tasks.of_teams == []


def test_what_is_given_back_to_a_member_is_not_kept_from_them_by_a_read_that_fails() -> None:
    documents = FailingDocuments()
    world = World(documents=documents)
    team_id = world.found_team(bob="editor")
    job = world.submit(caller=BOB, teamId=team_id).job
    world.cancel(job.id, BOB)
    documents.outage = Outage(f"teams/{team_id}/members/bob", BusyError("not now"), 1)
    with pytest.raises(BusyError):
        world.settle(f"team_{team_id}")
    world.settle(f"team_{team_id}")
    member = world.member(team_id, "bob")
    assert member is not None
    assert (member.usage.images, world.job(job.id).is_settled) == (0, True)
