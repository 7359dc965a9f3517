"""What is told of the worker elsewhere: its README's codes, and its default model in the catalogue."""

import re
import tomllib

from mediaforge_worker.settings import DEFAULT_VIDEO_MODEL_ID
from tests.workers.runpod_server import FOLDER
from tools.setup import ROOT

_CODE = re.compile(r'\b(?:rejected|unavailable)\(\s*"([a-z-]+)"')


def test_the_readme_lists_every_code() -> None:
    sources = (FOLDER / "mediaforge_worker").rglob("*.py")
    codes = {code for one in sources for code in _CODE.findall(one.read_text(encoding="utf-8"))}
    assert {"stopped", "invalid-input", "lora-unusable"} <= codes
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {code for code in codes if f"`{code}`" not in readme} == set()


def test_the_catalogue_promises_no_frames_of_a_model_that_draws_from_words() -> None:
    catalogue = tomllib.loads((ROOT / "functions/catalogue.toml").read_text(encoding="utf-8"))
    options = catalogue["models"]["runpod-video"]["video"]
    assert "T2V" in DEFAULT_VIDEO_MODEL_ID
    assert not options.get("takes_first_frame")
    assert not options.get("takes_last_frame")
