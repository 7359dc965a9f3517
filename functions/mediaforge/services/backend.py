"""What every service is given: the ports, the catalogue and the timing, in one frozen value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mediaforge.domain.catalogue import Catalogue
from mediaforge.domain.jobs.job import Job, Timing
from mediaforge.domain.lanes import Lane
from mediaforge.domain.money.gifts import WelcomePolicy
from mediaforge.domain.sign_ins import SignIn
from mediaforge.ports.clock import Clock
from mediaforge.ports.director import Director
from mediaforge.ports.documents import Documents
from mediaforge.ports.media import Media, Preview
from mediaforge.ports.provider import Breakers, Provider
from mediaforge.ports.tasks import Tasks
from mediaforge.services.gate import Gate


@dataclass(frozen=True, slots=True)
class Backend:
    """`chance` answers uniformly in [0, 1); `new_id` is unguessable; `preview` looks into an image or a
    video of that content type (ValueError when it is neither). A provider that is not among `providers`
    cannot be submitted to, nor a director that is not among `directors`. While `is_fuse_blown` of a lane,
    nothing of it begins. `webhook_url` is where a job's provider may report, if anywhere. `gate` is
    asked by who takes requests, before anything here is."""

    documents: Documents
    tasks: Tasks
    media: Media
    clock: Clock
    catalogue: Catalogue
    timing: Timing
    welcome: WelcomePolicy
    providers: Mapping[str, Provider]
    directors: Mapping[str, Director]
    preview: Callable[[bytes, str], Preview]
    chance: Callable[[], float]
    new_id: Callable[[], str]
    is_fuse_blown: Callable[[Lane], bool]
    breakers: Breakers
    webhook_url: Callable[[Job], str | None]
    gate: Gate
    is_emulated: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as the ID token says. Without a `sign_in` nothing is known of who they are, and nothing is
    given to them."""

    uid: str
    is_admin: bool = False
    sign_in: SignIn = field(default_factory=SignIn)
