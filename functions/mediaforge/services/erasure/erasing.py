"""One erasure under way: what may be done only as long as the mark in the account stands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from mediaforge.contract import documents as at
from mediaforge.domain.money.accounts import Account, user_account_id
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.library.belongings import PAGE, document

T = TypeVar("T")


class OverError(Exception):
    """The erasure has ended, by another task: whoever has the user's id now is somebody new."""


class OutOfTimeError(Exception):
    """This task has taken its time: another one goes on."""


@dataclass(frozen=True, slots=True)
class Erasing:
    """`erased_id` tells this erasure from another one of the same user. `ends_at`: the task does not begin
    with anything more then."""

    backend: Backend
    uid: str
    erased_id: str
    ends_at: datetime

    @property
    def account_id(self) -> str:
        return user_account_id(self.uid)

    def check(self, tx: Transaction) -> Account:
        """The account with its mark, got: a commit fails where that is taken away meanwhile. Raises
        OverError."""
        return self._marked(tx.get(at.account(self.account_id)))

    def check_now(self) -> Account:
        """The account as it is now. Raises OverError, OutOfTimeError."""
        if self.backend.clock.now() >= self.ends_at:
            raise OutOfTimeError
        return self._marked(self.backend.documents.get(at.account(self.account_id)))

    def _marked(self, account: Account | None) -> Account:
        if account is None or account.erased_id != self.erased_id:
            raise OverError
        return account

    def commit(self, work: Callable[[Transaction, Account], T]) -> T:
        return self.backend.documents.transact(lambda tx: work(tx, self.check(tx)))

    def delete(self, refs: Iterable[at.Ref[Any]]) -> int:
        """Deletes these documents, whatever is in them, in one commit. Returns how many these were."""
        found = list(refs)

        def work(tx: Transaction, _: Account) -> None:
            for ref in found:
                tx.delete(ref)

        if found:
            self.commit(work)
        return len(found)

    def delete_all(self, query: Query, *beside: Callable[[str], at.Ref[Any]]) -> int:
        """Deletes what the query finds, page by page, until nothing is left. Each of `beside` makes of a
        document's id another document that goes with it. Returns how many were found."""
        deleted = 0
        while True:
            self.check_now()
            ids = self.backend.documents.find_ids(query)
            within = "" if query.is_group else f"{query.collection}/"
            refs = [document(f"{within}{each}") for each in ids]
            self.delete([*refs, *(make(each) for make in beside for each in ids)])
            deleted += len(ids)
            if len(ids) < PAGE:
                return deleted

    def delete_files(self, prefix: str) -> int:
        """Deletes the files whose paths begin with `prefix`. The mark is looked for behind each listing: as
        long as it stands, nobody new has written what was listed, and what was written since has another
        generation. Returns how many these were."""
        media, deleted = self.backend.media, 0
        page = dict[str, int]()
        for file in media.stored(prefix):
            page[file.path] = file.generation
            if len(page) == PAGE:
                deleted += self._delete_files(page)
                page = {}
        return deleted + self._delete_files(page)

    def _delete_files(self, page: dict[str, int]) -> int:
        if page:
            self.check_now()
            self.backend.media.delete(page)
        return len(page)
