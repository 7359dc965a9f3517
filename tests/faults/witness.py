"""What members of teams can read, and what those who went still can.

Nothing can change what an address answers but a save or an opening of the file, and nothing what is shown but
a commit: looking after each of them is looking all the time. Part of the verdict, and so in its own words:
imports nothing of the product.
"""

import re
from collections import defaultdict
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
    view shows, `_known` what a team has ever shown, and `_kept` what of it somebody had seen who went."""

    record: Record
    _opens: dict[str, Set[str]] = field(default_factory=dict)
    _shown: dict[str, list[Shown]] = field(default_factory=dict)
    _known: dict[str, set[Shown]] = field(default_factory=lambda: defaultdict(set))
    _kept: dict[str, set[Shown]] = field(default_factory=lambda: defaultdict(set))
    _rotated: set[str] = field(default_factory=set)

    def see_opening(self, at: datetime, path: str, tokens: Set[str]) -> None:
        """The file at `path` opens to these alone: it was written, or opened to others."""
        self._opens[path] = tokens
        job_id = re.split("[_.]", path.rsplit("/", 1)[-1])[0]
        for view, shown in self._shown.items():
            if view.endswith(f"/{job_id}"):
                self._follow(at, view, [pair for pair in shown if pair[0] == path])
        for team_id in self._rotated:
            self._try(at, team_id, {pair for pair in self._kept[team_id] if pair[0] == path})

    def see_commit(self, at: datetime, writes: Mapping[str, Fields | None]) -> None:
        for path, fields in writes.items():
            if path.startswith("generations/"):
                self._see_view(at, path, fields)
        for path, fields in writes.items():
            match path.split("/"):
                case ["teams", team_id, "members", _] if fields is None:
                    self._kept[team_id] |= self._known[team_id]
                case ["teams", team_id] if fields is not None:
                    self._see_team(at, team_id, fields)

    def _see_view(self, at: datetime, path: str, view: Fields | None) -> None:
        output = (view or {}).get("generation_data")
        if view is None or not output:
            self._shown.pop(path, None)
            return
        self._shown[path] = shown = _shown_by(view, output)
        self._follow(at, path, shown)
        if view.get("team_id"):
            self._known[view["team_id"]] |= set(shown)

    def _see_team(self, at: datetime, team_id: str, team: Fields) -> None:
        if team["rotated_epoch"] < team["address_epoch"]:
            self._rotated.discard(team_id)
            return
        self._rotated.add(team_id)
        self._try(at, team_id, self._kept[team_id])

    def _follow(self, at: datetime, view: str, shown: list[Shown]) -> None:
        """One who is inside reads the view and follows its addresses."""
        for path, token in shown:
            if token not in self._opens.get(path, ()):
                self.record.dead_addresses.append(f"{view}: {path} at {at}")

    def _try(self, at: datetime, team_id: str, kept: Set[Shown]) -> None:
        """Those who went try the addresses that they kept."""
        self.record.tried_addresses += len(kept)
        for path, token in sorted(kept):
            if token in self._opens.get(path, ()):
                self.record.kept_addresses.append(f"teams/{team_id}: {path} at {at}")


def _shown_by(view: Fields, output: Fields) -> list[Shown]:
    stem = f"generating/{view['user_id']}/{_kind(output)}/{view['file_uid']}"
    paths, films = output["storage_paths"], [output["video_url"]] if output.get("video_url") else []
    thumbnails = [f"{stem}_{n}_thumb.webp" for n in range(len(output["thumbnail_urls"]))]
    pairs = [
        *zip(paths, output["image_urls"], strict=False),
        *zip(paths, films, strict=False),
        *zip(thumbnails, output["thumbnail_urls"], strict=True),
    ]
    return [(path, _TOKEN.findall(address)[0]) for path, address in pairs]


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
