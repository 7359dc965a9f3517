"""What every service is given: the ports, the catalogue and the timing, in one frozen value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mediaforge.domain.catalogue import Catalogue
from mediaforge.domain.jobs.job import Job, Timing
from mediaforge.domain.lanes import Lane
from mediaforge.domain.money.gifts import WelcomePolicy
from mediaforge.domain.people.keys import Scope
from mediaforge.domain.sign_ins import SignIn
from mediaforge.ports.checkout import Checkout
from mediaforge.ports.clock import Clock
from mediaforge.ports.director import Director
from mediaforge.ports.documents import Documents
from mediaforge.ports.media import CheckedPicture, Media, Preview
from mediaforge.ports.outside import Outside, Sign
from mediaforge.ports.provider import Breakers, Provider
from mediaforge.ports.sign_ins import SignIns
from mediaforge.ports.tasks import Tasks
from mediaforge.services.gate import Gate
from mediaforge.services.loaded import LoadedPictures
from mediaforge.services.pulse import Pulse


@dataclass(frozen=True, slots=True)
class Backend:
    """`chance` answers uniformly in [0, 1). `new_id` makes unguessable ids. `preview` looks into an image or
    a video of that content type (ValueError when it is neither), `check_upload` into an upload
    (UnreadableError). `outside` reaches the addresses that users name, and `sign` signs what they are told
    there. `checkout` is where credits are paid for; None where nothing is sold. `sign_ins` are the records of
    users at Firebase. `loaded` are the pictures
    that this process has loaded already, `pulse` is what it has last seen of all that a job needs. No job is
    accepted for a provider that is not among `providers`, and no brief for a director that is not among
    `directors`. While `is_fuse_blown` is True for a lane, nothing of that lane begins. `webhook_url` is where
    a job's provider may give a hint; None where it may not. The entry points ask `gate` before they use
    anything else of this."""

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
    check_upload: Callable[[bytes], CheckedPicture]
    outside: Outside
    sign: Sign
    checkout: Checkout | None
    sign_ins: SignIns
    chance: Callable[[], float]
    new_id: Callable[[], str]
    is_fuse_blown: Callable[[Lane], bool]
    breakers: Breakers
    webhook_url: Callable[[Job], str | None]
    gate: Gate
    is_emulated: bool
    loaded: LoadedPictures = field(default_factory=LoadedPictures)
    pulse: Pulse = field(default_factory=Pulse)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as the ID token or the API key says. An empty `sign_in` says nothing of who the user is:
    such a user gets no welcome credits. `name` is what the user is called and `photo_url` the address of
    their picture, if the token says it. A caller
    with an API key has `scopes` and, where the key is a team's, `team_id`; None of both is everything that
    the user may do. `key_id` is the key; `is_capped`: it has a limit of credits a day. `asked_as` is what
    the logs call the request."""

    uid: str
    is_admin: bool = False
    sign_in: SignIn = field(default_factory=SignIn)
    name: str | None = None
    photo_url: str | None = None
    scopes: tuple[Scope, ...] | None = None
    team_id: str | None = None
    asked_as: str | None = None
    key_id: str | None = None
    is_capped: bool = False

    def sees(self, team_id: str | None) -> bool:
        """Whether something of this team, or with None of a user alone, is in the sight of the caller's key:
        a team's key sees nothing but the team's. It gives nobody a right to see it."""
        return self.team_id is None or self.team_id == team_id

    @property
    def gate_name(self) -> str:
        """Under which name the gate counts: what is refused to a key shuts no other key out, and no app."""
        return self.uid if self.key_id is None else f"{self.uid}/{self.key_id}"
