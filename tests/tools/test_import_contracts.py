"""The import contracts of pyproject.toml bite: one import too many, in a copy of the house, breaks them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRONG = {
    "mediaforge/services/backend.py": [
        "from mediaforge import config",
        "import firebase_functions",
        "import httpx",
        "from mediaforge.services import jobs",
    ],
    "mediaforge/contract/views.py": ["import httpx", "import firebase_admin"],
    "mediaforge/domain/jobs/job.py": [
        "import requests",
        "from mediaforge import log",
        "from mediaforge.domain.money import accounts",
    ],
    "mediaforge/domain/lanes.py": ["from mediaforge.domain import names"],
    "mediaforge/providers/vertex/client.py": [
        "from mediaforge.providers.runpod import provider",
        "import painter",
    ],
    "mediaforge/services/money/ledger.py": ["from mediaforge.services.people import teams"],
    "painter/painting/canvas.py": ["import mediaforge", "import httpx"],
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", to)
    shutil.copytree(ROOT / "tools", to / "tools")
    left_out = shutil.ignore_patterns("venv", "__pycache__", ".*")
    shutil.copytree(ROOT / "functions", to / "functions", ignore=left_out)
    return to


def breaks(house: Path) -> bool:
    path = os.pathsep.join([str(house / "functions"), str(house)])
    linter = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [str(linter)],
        cwd=house,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts:" in ran.stdout, ran.stdout + ran.stderr
    return ran.returncode != 0


def test_as_it_is_the_house_keeps_them(house: Path) -> None:
    assert not breaks(house)


@pytest.mark.parametrize(
    ("file", "line"), [(f, line) for f, lines in WRONG.items() for line in lines]
)
def test_one_import_too_many_breaks_them(house: Path, file: str, line: str) -> None:
    spoilt = house / "functions" / file
    before = spoilt.read_text(encoding="utf-8")
    spoilt.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        assert breaks(house)
    finally:
        spoilt.write_text(before, encoding="utf-8")
