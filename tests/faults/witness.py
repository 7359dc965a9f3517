"""What members of teams and guests of batches can read, and what those who went still can.

Nothing can change what an address answers but a save or an opening of the file, and nothing what is shown but
a commit: looking after each of them is looking all the time. Part of the verdict, and so in its own words:
imports nothing of the product.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime

from tests.faults.record import Fields, Record

_TOKEN = re.compile(r"token=([0-9A-Za-z-]+)")
# A file's path, and the token of an address of it.
Shown = tuple[str, str]


# ---- what is seen ------------------------------------------------------------------------------


@dataclass
class Witness:
    """Sees what is shown and what opens. `_opens` are the tokens that each file opens to, `_shown` what each
    view and each row shows, `_views` which of them show a job, and `_made` which are of a batch. Those who
    come and go are the members of a team, and the guests of a batch, each by the path of their share
    and the number of their stay:
    `_known` is what they have ever been shown, `_kept` what somebody had seen who went, and `_ended` those
    whose addresses are said to be over. What was made by a job of `_gone` is nobody's any more."""

    record: Record
    _opens: dict[str, Set[str]] = field(default_factory=dict)
    _shown: dict[str, list[Shown]] = field(default_factory=dict)
    _views: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _made: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _guests: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _known: dict[str, set[Shown]] = field(default_factory=lambda: defaultdict(set))
    _kept: dict[str, dict[str, set[Shown]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    _stays: Counter[str] = field(default_factory=Counter)
    _ended: set[str] = field(default_factory=set)
    _gone: set[str] = field(default_factory=set)

    def see_opening(self, at: datetime, path: str, tokens: Set[str]) -> None:
        """The file at `path` opens to these alone: it was written, or opened to others."""
        self._opens[path] = tokens
        for view in sorted(self._views[_job_of(path)]):
            self._follow(at, view, [pair for pair in self._shown[view] if pair[0] == path])
        for who in sorted(self._ended):
            self._try(at, who, self._kept[who][path])

    def see_commit(self, at: datetime, writes: Mapping[str, Fields | None]) -> None:
        for path, fields in writes.items():
            match path.split("/"):
                case ["jobs", job_id] if fields is not None and fields["deleted_at"] is not None:
                    self._gone.add(job_id)
                case ["batches", _, "rows", _] if fields is None:
                    self._gone |= {job_id for job_id, of in self._views.items() if path in of}
        for path, fields in writes.items():
            if path.startswith("generations/") or "/rows/" in path:
                self._see_view(at, path, fields)
        for path, fields in writes.items():
            match path.split("/"):
                case ["teams", team_id, "members", _] if fields is None:
                    self._keep(f"teams/{team_id}")
                case ["teams", _] if fields is not None:
                    self._see_team(at, path, fields)
                case ["batches", batch_id, "shared_with", _]:
                    self._see_share(at, batch_id, path, fields)

    def _see_view(self, at: datetime, path: str, view: Fields | None) -> None:
        output = (view or {}).get("generation_data")
        if view is None or not output:
            for pair in self._shown.pop(path, ()):
                self._views[_job_of(pair[0])].discard(path)
            return
        self._shown[path] = shown = _shown_by(view, output)
        self._views[_job_id(view)].add(path)
        self._follow(at, path, shown)
        if view.get("team_id"):
            self._known[f"teams/{view['team_id']}"] |= set(shown)
        if view.get("batch_id"):
            self._made[view["batch_id"]].add(path)
            for guest in self._guests[view["batch_id"]]:
                self._known[guest] |= set(shown)

    def _see_team(self, at: datetime, path: str, team: Fields) -> None:
        if team["rotated_epoch"] < team["address_epoch"]:
            self._ended.discard(path)
            return
        self._end(at, path)

    def _see_share(self, at: datetime, batch_id: str, path: str, share: Fields | None) -> None:
        """A guest sees all that the batch shows, from the first moment of the share until it is revoked. When
        it is gone, nothing opens of what they have seen."""
        guests = self._guests[batch_id]
        who = f"{path} {self._stays[path]}"
        if share is None:
            self._end(at, who)
        elif share["revoked_at"] is not None:
            guests.discard(who)
            self._keep(who)
        elif who not in guests:
            self._stays[path] += 1
            who = f"{path} {self._stays[path]}"
            guests.add(who)
            for view in self._made[batch_id]:
                self._known[who] |= set(self._shown.get(view, ()))

    def _keep(self, who: str) -> None:
        for pair in self._known[who]:
            self._kept[who][pair[0]].add(pair)

    def _end(self, at: datetime, who: str) -> None:
        self._ended.add(who)
        self._try(at, who, {pair for kept in self._kept[who].values() for pair in kept})

    def _follow(self, at: datetime, view: str, shown: list[Shown]) -> None:
        """One who is inside reads the view and follows its addresses."""
        for path, token in shown:
            if token not in self._opens.get(path, ()):
                self.record.dead_addresses.append(f"{view}: {path} at {at}")

    def _try(self, at: datetime, who: str, kept: Set[Shown]) -> None:
        """Those who went try the addresses that they kept. Of what its user has deleted the files go, with
        all addresses, and may go later than this; and what an operator has deleted a row of, the batch does
        not know any more."""
        tried = sorted(pair for pair in kept if _job_of(pair[0]) not in self._gone)
        self.record.tried_addresses += len(tried)
        if "/shared_with/" in who:
            self.record.tried_as_guest += len(tried)
        for path, token in tried:
            if token in self._opens.get(path, ()):
                self.record.kept_addresses.append(f"{who}: {path} at {at}")


def _shown_by(view: Fields, output: Fields) -> list[Shown]:
    stem = f"generating/{view['user_id']}/{_kind(output)}/{_job_id(view)}"
    paths, films = output["storage_paths"], [output["video_url"]] if output.get("video_url") else []
    thumbnails = [f"{stem}_{n}_thumb.webp" for n in range(len(output["thumbnail_urls"]))]
    pairs = [
        *zip(paths, output["image_urls"], strict=False),
        *zip(paths, films, strict=False),
        *zip(thumbnails, output["thumbnail_urls"], strict=True),
    ]
    return [(path, _TOKEN.findall(address)[0]) for path, address in pairs]


def _job_id(view: Fields) -> str:
    """Of a view, or of a row."""
    return str(view.get("file_uid") or view["job_id"])


def _job_of(path: str) -> str:
    return re.split("[_.]", path.rsplit("/", 1)[-1])[0]


def _kind(output: Fields) -> str:
    return "video" if output.get("video_url") else "image"


# ---- what must hold ----------------------------------------------------------------------------


def check_addresses(contents: Mapping[str, Fields], record: Record) -> Iterator[str]:
    """Nobody inside has seen a dead address; nobody outside has an address of before that answers."""
    for dead in record.dead_addresses:
        yield f"{dead}: expected every address that is shown to open, found a dead one"
    for kept in record.kept_addresses:
        yield f"{kept}: expected the addresses of before a removal to be over, found one that opens"
    for path, team in contents.items():
        if not path.startswith("teams/") or path.count("/") != 1:
            continue
        epochs = team["rotated_epoch"], team["address_epoch"]
        if epochs[0] != epochs[1] or team.get("due_at") is not None:
            yield f"{path}: expected to be rotated, found {epochs}, due at {team.get('due_at')}"
    for path, share in contents.items():
        if "/shared_with/" in path and share.get("revoked_at") is not None:
            yield f"{path}: expected to be ended and deleted, found it, revoked at {share['revoked_at']}"
