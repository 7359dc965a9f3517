"""A package index in a folder: made-up wheels, small, under real names and with real requirements."""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

PINNED = re.compile(r"^[A-Za-z0-9][^ =]*==[^\\\n]+", re.MULTILINE)


@dataclass(frozen=True)
class Wheel:
    """A package that can be installed and holds nothing but what it says about itself."""

    name: str
    version: str
    requirements: Sequence[str] = ()
    tag: str = "py3-none-any"
    script: str = ""

    @property
    def file_name(self) -> str:
        return f"{self._name}-{self.version}-{self.tag}.whl"

    @property
    def _name(self) -> str:
        return normal(self.name).replace("-", "_")

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        info = f"{self._name}-{self.version}.dist-info"
        files = {f"{info}/METADATA": self._metadata(), f"{info}/WHEEL": self._wheel()}
        if self.script:
            files[f"{self._name}-{self.version}.data/scripts/{self.name}"] = self.script
        record = "".join(f"{name},{_digest(text)},{len(text)}\n" for name, text in files.items())
        files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
        with zipfile.ZipFile(folder / self.file_name, "w") as archive:
            for name, text in files.items():
                entry = zipfile.ZipInfo(name)
                entry.external_attr = 0o100755 << 16  # a script must be executable
                archive.writestr(entry, text)
        return folder / self.file_name

    def _metadata(self) -> str:
        wanted = [Requirement(text) for text in self.requirements]
        extras = sorted(set(re.findall(r"extra == [\"']([^\"']+)", " ".join(self.requirements))))
        lines = ["Metadata-Version: 2.1", f"Name: {self.name}", f"Version: {self.version}"]
        lines += [f"Provides-Extra: {extra}" for extra in extras]
        lines += [f"Requires-Dist: {one}" for one in wanted]
        return "\n".join([*lines, ""])

    def _wheel(self) -> str:
        return f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {self.tag}\n"


def pinned_in(lock: Path) -> list[Requirement]:
    """What a lock lists, each with its version and where it is wanted."""
    return [Requirement(line.strip()) for line in PINNED.findall(lock.read_text(encoding="utf-8"))]


def version_of(pinned: Requirement) -> str:
    return str(pinned.specifier).removeprefix("==")


def as_locked(pinned: Requirement) -> Wheel:
    return Wheel(pinned.name, version_of(pinned), _real_requirements(pinned.name))


def newer(pinned: Requirement) -> Wheel:
    """A release that the lock does not know, and that wants one that nobody has."""
    major, *rest = version_of(pinned).split(".")
    minor = int(re.sub(r"[^0-9].*", "", rest[0])) + 1 if rest else 1
    wanted = [*_real_requirements(pinned.name), "made-up-today"]
    return Wheel(pinned.name, f"{major}.{minor}.0", wanted)


def _real_requirements(name: str) -> list[str]:
    """Of the installed package; of one that is not, nothing is known here."""
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []


class Index:
    """Projects as folders with a page each, as the simple index of any registry."""

    def __init__(self, folder: Path) -> None:
        self.url = folder.as_uri()
        self._folder = folder
        self._files: dict[tuple[str, str], Path] = {}

    def offer(self, wheels: Iterable[Wheel]) -> None:
        for wheel in wheels:
            project = self._folder / normal(wheel.name)
            self._files[wheel.name, wheel.version] = wheel.write(project)
            links = [f'<a href="{file.name}">{file.name}</a>' for file in project.glob("*.whl")]
            page = f"<!DOCTYPE html><html><body>{' '.join(links)}</body></html>"
            (project / "index.html").write_text(page, encoding="utf-8")

    def locked(self, lines: Iterable[Requirement]) -> str:
        """The lines of a lock, with the hashes of the wheels here."""
        return "".join(f"{line} \\\n    --hash=sha256:{self._hash(line)}\n" for line in lines)

    def _hash(self, pinned: Requirement) -> str:
        file = self._files[pinned.name, version_of(pinned)]
        return hashlib.sha256(file.read_bytes()).hexdigest()


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
