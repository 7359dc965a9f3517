"""What every implementation of the SignIns port promises."""

from typing import Protocol

from mediaforge.domain.sign_ins import Identity
from mediaforge.ports.sign_ins import SignIns


class Records(Protocol):
    """Sign-ins under test."""

    @property
    def sign_ins(self) -> SignIns: ...

    def sign_up(self, email: str) -> str:
        """The uid of somebody new, whose address is verified."""
        ...


class SignInsContract:
    def test_a_record_names_the_verified_identities(self, records: Records) -> None:
        uid = records.sign_up("Lighthouse+keeper@mediaforge.test")
        found = records.sign_ins.identities(uid)
        assert set(found) == {
            Identity("uid", uid),
            Identity("email", "lighthouse@mediaforge.test"),
        }

    def test_a_deleted_record_names_nothing_and_may_be_deleted_again(
        self, records: Records
    ) -> None:
        uid = records.sign_up("gone@mediaforge.test")
        for _ in range(2):
            records.sign_ins.delete(uid)
            assert records.sign_ins.identities(uid) == ()

    def test_nobody_has_no_record(self, records: Records) -> None:
        for uid in ("nobody", "x" * 200):
            assert records.sign_ins.identities(uid) == ()
            records.sign_ins.delete(uid)
