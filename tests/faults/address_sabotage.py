"""The safeguards of rotating addresses, taken away through the ports."""

from collections.abc import Set
from dataclasses import replace
from typing import Any, TypeVar

from mediaforge.contract.documents import Ref
from mediaforge.domain.jobs.job import Job
from mediaforge.ports.documents import Documents, Written
from mediaforge.ports.media import Media, Opened
from tests.faults.sabotage import Disguise, MediaInDisguise, SabotagedDocuments

D = TypeVar("D")


class _FilesFirst(MediaInDisguise):
    """A file that is to open to new tokens as well opens to these alone."""

    def open_to(self, path: str, tokens: Set[str], version: tuple[int, int]) -> None:
        opened = self.inner.opened(path)
        old = opened.tokens if opened is not None and opened.tokens < tokens else frozenset()
        self.inner.open_to(path, tokens - old, version)


class _BlindOpenings(MediaInDisguise):
    """A file opens to others whatever has become of it since it was looked at."""

    def open_to(self, path: str, tokens: Set[str], version: tuple[int, int]) -> None:
        present = self.inner.opened(path) or Opened(frozenset(), version)
        self.inner.open_to(path, tokens, present.version)


class _NotedWithTheView(Disguise):
    """A job whose view shows new addresses has turned, and its files are not looked at again."""

    def put(self, ref: Ref[D], value: D) -> Written:
        changed: Any = value
        if isinstance(value, Job) and value.turning_epoch is not None:
            changed = replace(value, address_epoch=value.turning_epoch, turning_epoch=None)
        return super().put(ref, changed)


def with_files_first(media: Media) -> Media:
    return _FilesFirst(media)


def with_blind_openings(media: Media) -> Media:
    return _BlindOpenings(media)


def noted_with_the_view(documents: Documents) -> Documents:
    return SabotagedDocuments(documents, _NotedWithTheView)
