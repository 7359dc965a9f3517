"""What Firebase Authentication keeps of a user."""

from typing import Protocol

from mediaforge.domain.sign_ins import Identity


class SignIns(Protocol):
    def identities(self, uid: str) -> tuple[Identity, ...]:
        """All verified identities of the user, as the record has them now; none where there is no record.
        Raises BusyError."""
        ...

    def delete(self, uid: str) -> None:
        """Deletes the record. Nobody signs in by it any more, and no ID token of it is renewed; those that
        were given out are valid for up to an hour. No error where there is none. Raises BusyError."""
        ...
