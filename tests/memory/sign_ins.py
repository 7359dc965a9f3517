"""Firebase Authentication, in memory: what it keeps of each user."""

from dataclasses import dataclass, field

from mediaforge.domain.sign_ins import Identity


@dataclass
class MemorySignIns:
    records: dict[str, tuple[Identity, ...]] = field(default_factory=dict)

    def identities(self, uid: str) -> tuple[Identity, ...]:
        return self.records.get(uid, ())

    def delete(self, uid: str) -> None:
        self.records.pop(uid, None)
