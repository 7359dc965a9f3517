"""The packed client in an empty project: its types, its form, its size, and what needs no emulator."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.client.conftest import BINARIES, run, succeed
from tests.client.readme import README, blocks, typed_blocks
from tools.setup import JS_CLIENT

STRICT = {
    "strict": True,
    "noEmit": True,
    "target": "ES2022",
    # firebase's own types speak of Temporal.
    "lib": ["ES2022", "DOM", "DOM.Iterable", "ESNext.Temporal"],
    "types": [],
    "exactOptionalPropertyTypes": True,
    "noUncheckedIndexedAccess": True,
}


def check_types(project: Path, files: list[str], **options: str) -> str:
    """What the compiler says of these files of the project."""
    config = {"compilerOptions": STRICT | options, "files": files}
    (project / "tsconfig.json").write_text(json.dumps(config))
    return run(project, [BINARIES / "tsc", "-p", "."]).stdout


@pytest.mark.parametrize("module", ["nodenext", "preserve"])
def test_a_sample_and_readme_type_check_in_strict_mode(project: Path, module: str) -> None:
    (project / "readme.ts").write_text(typed_blocks())
    (app,) = blocks("js")
    (project / "app.ts").write_text(app)
    files = ["sample.ts", "readme.ts", "app.ts"]
    assert check_types(project, files, module=module) == ""


def test_a_wrong_line_is_found(project: Path) -> None:
    (project / "wrong.ts").write_text(
        'import { MediaForge } from "@mediaforge/client";\n'
        "export const answer: Promise<string> = new MediaForge({} as never).getCatalog();\n"
    )
    said = check_types(project, ["wrong.ts"], module="nodenext")
    assert re.match(r"wrong\.ts\(2,14\): error TS2322: ", said)


def test_the_package_is_made_as_publint_and_attw_want_it(packed: Path) -> None:
    succeed(packed.parent, [BINARIES / "publint", packed, "--strict"])
    succeed(packed.parent, [BINARIES / "attw", packed, "--profile", "esm-only"])


def test_it_has_no_dependency_but_its_peer(packed: Path) -> None:
    package = json.loads((packed.parent / "package.json").read_text())
    assert "dependencies" not in package
    assert package["peerDependencies"] == {"firebase": "^12.0.0"}


def test_its_size_is_printed_and_below_what_readme_says(built: Path) -> None:
    said = succeed(built, ["npm", "run", "--silent", "size"])
    (first, first_limit), (whole, limit) = re.findall(
        r": ([0-9.]+) kB min\+gzip \(limit ([0-9]+)\)", said
    )
    assert 0 < float(first) < float(whole) <= float(limit)
    assert f"less than {first_limit} kB (min+gzip)" in README
    assert f"less than {limit} kB in all" in README


def test_a_package_that_grows_too_large_fails(built: Path, tmp_path: Path) -> None:
    grown = tmp_path / "grown"
    shutil.copytree(built, grown, symlinks=True)
    index = grown / "dist" / "index.js"
    words = "".join(f"{number * 7919 % 100_003:x}" for number in range(5_000))
    index.write_text(f"{index.read_text()}\nexport const words = {words!r};\n")
    assert run(grown, ["npm", "run", "--silent", "size"]).returncode == 1


@pytest.mark.parametrize("test", ["calling", "waiting", "bundle"])
def test_in_node(project: Path, test: str) -> None:
    said = succeed(project, ["node", "--test", f"{test}.test.mjs"])
    assert re.search(r"^# fail 0$", said, re.MULTILINE)
    assert not re.search(r"^# pass 0$", said, re.MULTILINE)


def test_readme_names_the_versions_of_the_package(packed: Path) -> None:
    package = json.loads((JS_CLIENT / "package.json").read_text())
    firebase = package["devDependencies"]["firebase"]
    assert f"npm install firebase@{firebase} ./{packed.name}" in README
