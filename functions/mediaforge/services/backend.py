"""What every service is given: the ports, the catalogue and the timing, in one frozen value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mediaforge.domain.catalogue import Catalogue
from mediaforge.domain.jobs import Timing
from mediaforge.ports import Clock, Documents, Media, Provider, Tasks


@dataclass(frozen=True, slots=True)
class Backend:
    """`chance` answers uniformly in [0, 1); `new_id` is unguessable; `thumbnail` makes WebP of an
    image. A provider that is not among `providers` cannot be submitted to. While `is_fuse_blown`, the
    whole project's new work waits."""

    documents: Documents
    tasks: Tasks
    media: Media
    clock: Clock
    catalogue: Catalogue
    timing: Timing
    providers: Mapping[str, Provider]
    thumbnail: Callable[[bytes], bytes]
    chance: Callable[[], float]
    new_id: Callable[[], str]
    is_fuse_blown: Callable[[], bool]
    is_emulated: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as the ID token says."""

    uid: str
    is_admin: bool = False
