"""What a worker loads to do its work, beyond what every function does: each pays for it at a cold start."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocols.vertex import film
from tests.support.provider_world import ProviderWorld, provider_world

ROOT = Path(__file__).parents[2]
GENAI, PILLOW, LIBAV = "google.genai", "PIL", "av"
AIPLATFORM = "google.cloud.aiplatform_v1"
HEAVY = (GENAI, AIPLATFORM, "google.cloud.aiplatform", PILLOW, "numpy", LIBAV, "runpod")

# A new process, as a worker is: `main`, the roster, one request, the preview of what came. `tell` notes what
# is loaded by then.
_BEGINNING = f"""
import json, sys
import main
from mediaforge import roster  # every provider's module, and none of their SDKs
from dataclasses import replace
from google.auth.credentials import AnonymousCredentials
from google.oauth2.credentials import Credentials
from mediaforge.ports.provider import Asset, Finished
from tests.support.provider_requests import image, training, video

ORIGIN, told = sys.argv[1], {{}}

def tell(when):
    told[when] = [name for name in {HEAVY} if name in sys.modules]

def finish(provider, request):
    answer = provider.start(request)
    for _ in range(9):
        if isinstance(answer, Finished):
            return list(answer.assets)
        answer = provider.poll(request, answer.handle)

def preview(assets):
    from mediaforge.providers.preview import preview
    tell("called")
    for asset in assets:
        preview(asset.content, asset.content_type)
"""
_GOOGLE = """
from mediaforge.providers.vertex.client import VertexSettings
GOOGLE = VertexSettings("demo", "global", lambda: Credentials("any-token"), ORIGIN)
"""
_LOCAL = """
from mediaforge.providers.local.provider import LocalProvider
local = LocalProvider()
"""

LOCAL_IMAGE = f"{_LOCAL}\npreview(finish(local, image(width_px=64, height_px=64)))"
LOCAL_VIDEO = f"""{_LOCAL}
asked = video(width_px=64, height_px=64)
asked = replace(asked, video=replace(asked.video, duration_s=1, fps=12))
preview(finish(local, asked))
"""
LOCAL_TRAINING = f"{_LOCAL}\nlocal.start(training())"
VERTEX_IMAGE = f"""{_GOOGLE}
from mediaforge.providers.vertex.image import VertexImages
preview(finish(VertexImages(GOOGLE), image(model="gemini-3.1-flash-image")))
"""
VEO = f"""{_GOOGLE}
from mediaforge.providers.vertex.veo import VeoVideos
asked = video(model="veo-3.1-fast-generate-001", scratch_uri="gs://memory/scratch/1")
finish(VeoVideos(replace(GOOGLE, location="us-central1")), asked)
"""
OMNI = f"""{_GOOGLE}
from mediaforge.providers.vertex.omni import OmniVideos
asked = video(model="gemini-omni-1.2-flash", scratch_uri="gs://memory/scratch/1")
finish(OmniVideos(GOOGLE), asked)
"""
RUNPOD = """
from tests.memory.media import MemoryMedia
from mediaforge.providers.runpod.provider import RunPodProvider, RunPodSettings
settings = RunPodSettings({"image": "images1"}, lambda: "runpod-key", f"{ORIGIN}/v2")
finish(RunPodProvider(settings, MemoryMedia()), image(scratch_uri="gs://memory/scratch/1"))
"""
VERTEX_TRAINING = """
from mediaforge.providers.vertex.training import TrainingSettings, VertexTraining
settings = TrainingSettings(
    "demo", "us-central1", AnonymousCredentials, "trainers/lora:1", "", "gs://memory/brands", ORIGIN
)
finish(VertexTraining(settings), training())
"""
# What Veo and Omni make lies in Storage, and is read for its poster only.
POSTER = (
    'from pathlib import Path; preview([Asset(Path(sys.argv[2]).read_bytes(), "", "video/mp4")])'
)


@pytest.fixture(scope="module")
def world() -> Iterator[ProviderWorld]:
    with provider_world() as running:
        yield running


@pytest.fixture(scope="module")
def film_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    path.write_bytes(film())
    return path


def loaded(world: ProviderWorld, code: str, film_path: Path) -> dict[str, set[str]]:
    """The heavy modules of a worker that runs the code: at the `beginning`, when it was `called` and when it
    has `finished`, preview and all."""
    program = "\n".join(
        (_BEGINNING, 'tell("beginning")', code, 'tell("finished"); print(json.dumps(told))')
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, world.servers.origin, film_path],
        cwd=ROOT / "functions",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(ran.stdout.splitlines()[-1])
    return {moment: set(names) for moment, names in told.items()}


# google.genai loads Pillow wherever it is installed, used or not. A film is looked into elsewhere.
@pytest.mark.parametrize(
    ("code", "by_call", "by_preview"),
    [
        pytest.param(LOCAL_IMAGE, {PILLOW}, {PILLOW}, id="local image"),
        pytest.param(LOCAL_VIDEO, {PILLOW, LIBAV}, {PILLOW, LIBAV}, id="local video"),
        pytest.param(VERTEX_IMAGE, {GENAI, PILLOW}, {GENAI, PILLOW}, id="vertex image"),
        pytest.param(VEO + POSTER, {GENAI, PILLOW}, {GENAI, PILLOW}, id="veo"),
        pytest.param(OMNI + POSTER, {GENAI, PILLOW}, {GENAI, PILLOW}, id="omni"),
        pytest.param(RUNPOD + POSTER, set(), set(), id="runpod video"),
        pytest.param(RUNPOD, None, set(), id="runpod"),
        # It looks at what it is to learn from.
        pytest.param(LOCAL_TRAINING, None, {PILLOW}, id="local training"),
        pytest.param(VERTEX_TRAINING, None, {AIPLATFORM}, id="vertex training"),
    ],
)
def test_a_worker_loads_what_its_provider_needs_and_nothing_else(
    world: ProviderWorld,
    film_path: Path,
    code: str,
    by_call: set[str] | None,
    by_preview: set[str],
) -> None:
    told = loaded(world, code, film_path)
    assert told["beginning"] == set()
    assert told.get("called") == by_call
    assert told["finished"] == by_preview
