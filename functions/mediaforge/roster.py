"""The one place that knows every provider and every director: one line each, and when it is set up. A
provider that needs no setting of ours is found by its file."""

from collections.abc import Callable, Set
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec

from google.auth.credentials import Credentials

from mediaforge import config
from mediaforge.adapters.outside import HardenedOutside
from mediaforge.config import Config, ProviderConfig
from mediaforge.domain.catalogue import Catalogue
from mediaforge.domain.jobs.queues import in_lane
from mediaforge.ports.director import Director
from mediaforge.ports.media import Bucket, Media
from mediaforge.ports.provider import Provider
from mediaforge.providers.fal.provider import FalProvider, FalSettings
from mediaforge.providers.local.director import LocalDirector
from mediaforge.providers.local.provider import LocalProvider
from mediaforge.providers.runpod.provider import RunPodProvider, RunPodSettings
from mediaforge.providers.vertex.client import VertexSettings, default_credentials
from mediaforge.providers.vertex.director import GeminiDirector
from mediaforge.providers.vertex.image import VertexImages
from mediaforge.providers.vertex.omni import OmniVideos
from mediaforge.providers.vertex.training import (
    PROGRESS_BYTES_MAX,
    TrainingSettings,
    VertexTraining,
)
from mediaforge.providers.vertex.veo import VeoVideos

# The providers that have settings of ours; any other name in the catalogue is a file in `providers/`. The
# functions below say which of them are set up here.
PROVIDERS = ("local", "vertex", "veo", "omni", "vertex-training", "runpod", "fal")
# Seconds. A file of a result: a film of 200 MB at 30 Mbit/s.
RESULT_LIMIT_S = 60.0
DIRECTORS = ("local-director", "gemini-director")
# Those that a key of the Gemini API is enough for.
BY_KEY = ("vertex", "gemini-director")


def wrong_names(catalogue: Catalogue, queues: Set[str]) -> list[str]:
    """One line for each provider, director and queue that the catalogue names but that does not exist; a
    queue has to exist in each lane that needs one. `queues` are the names of the deployed task functions."""
    wrong = []
    for model_id, model in catalogue.models.items():
        answers = model.kind == "text"
        known, what = (DIRECTORS, "director") if answers else (PROVIDERS, "provider")
        if model.provider not in known and (answers or _set_up_of(model.provider) is None):
            there = ", ".join(known)
            wrong.append(
                f"models.{model_id}.provider: no {what} is called {model.provider}; there are {there}"
            )
        lanes = catalogue.lanes_of(model.queue) if not answers else ()
        needed = {in_lane(model.queue, lane) for lane in lanes}
        wrong += [
            f"models.{model_id}.queue: no queue is called {name}; there are {', '.join(sorted(queues))}"
            for name in sorted(needed - queues)
        ]
    return wrong


def providers(
    settings: Config, media: Bucket, catalogue: Catalogue | None = None
) -> dict[str, Provider]:
    """Every provider that is set up, by its name in the catalogue. No SDK is loaded by this."""
    known = _known_by_their_files(catalogue, media) if catalogue else {}
    if settings.is_emulated:
        known["local"] = LocalProvider()
    where = settings.providers
    if where.uses_gemini_key:
        images = replace(_gemini(settings), image_timeout_s=where.vertex_image_timeout_s)
        known["vertex"] = VertexImages(images)
    if where.uses_google:
        images = replace(
            _vertex(settings, where.vertex_location), image_timeout_s=where.vertex_image_timeout_s
        )
        known["vertex"] = VertexImages(images, stores_output=where.vertex_stores_images)
        known["veo"] = VeoVideos(
            _vertex(settings, where.veo_location), lambda uri: list_uris(media, uri)
        )
        omni = _vertex(settings, where.vertex_location)
        known["omni"] = OmniVideos(omni, lambda uri: list_uris(media, uri))
    if where.uses_google and where.training_image:
        known["vertex-training"] = VertexTraining(
            _training(settings), lambda uri: _beginning(media, uri)
        )
    if where.runpod_endpoints:
        known["runpod"] = RunPodProvider(_runpod(where), media)
    if where.uses_fal:
        outside = HardenedOutside(
            allows_loopback=where.origin is not None, fetch_limit_s=RESULT_LIMIT_S
        )
        known["fal"] = FalProvider(_fal(where), media, outside.fetch)
    return known


def _known_by_their_files(catalogue: Catalogue, media: Bucket) -> dict[str, Provider]:
    names = {model.provider for model in catalogue.models.values() if model.makes is not None}
    found = {name: _set_up_of(name) for name in names.difference(PROVIDERS)}
    return {name: set_up(media) for name, set_up in found.items() if set_up is not None}


def _set_up_of(name: str) -> Callable[[Bucket], Provider] | None:
    """The function `set_up` of `providers/<name>.py`; None where there is no such file or function."""
    module = name.replace("-", "_")
    if not module.isidentifier() or find_spec(f"mediaforge.providers.{module}") is None:
        return None
    set_up: Callable[[Bucket], Provider] | None
    set_up = getattr(import_module(f"mediaforge.providers.{module}"), "set_up", None)
    return set_up


def list_uris(media: Media, uri: str) -> list[str]:
    """The files under a `gs://` address in our bucket, as `gs://` addresses."""
    return [media.uri(path) for path in media.list(uri.removeprefix(media.uri("")))]


def _beginning(media: Bucket, uri: str) -> bytes | None:
    head = media.head(uri, PROGRESS_BYTES_MAX)
    return head.content if head is not None else None


def directors(settings: Config) -> dict[str, Director]:
    """Every director that is set up, by its name in the catalogue."""
    known: dict[str, Director] = {}
    if settings.is_emulated:
        known["local-director"] = LocalDirector()
    if settings.providers.uses_gemini_key:
        known["gemini-director"] = GeminiDirector(_gemini(settings))
    if settings.providers.uses_google:
        location = settings.providers.vertex_location
        known["gemini-director"] = GeminiDirector(_vertex(settings, location))
    return known


def offered(settings: Config, catalogue: Catalogue) -> Catalogue:
    """The catalogue without the models that are not there: with a key of the Gemini API those that only
    Vertex AI has. Their names lead to what their aliases say."""
    if not settings.providers.uses_gemini_key:
        return catalogue
    return catalogue.without(
        model_id
        for model_id, model in catalogue.models.items()
        if model.provider in BY_KEY and not model.has_gemini_api
    )


def _gemini(settings: Config) -> VertexSettings:
    return VertexSettings(
        project="",
        location="",
        credentials=_local_token,  # nobody asks for it
        endpoint=settings.providers.origin,
        api_key=config.gemini_api_key,
    )


def _vertex(settings: Config, location: str) -> VertexSettings:
    return VertexSettings(
        project=settings.project,
        location=location,
        credentials=_google_credentials(settings.providers),
        endpoint=settings.providers.origin,
    )


def _training(settings: Config) -> TrainingSettings:
    where = settings.providers
    return TrainingSettings(
        project=settings.project,
        location=where.training_location,
        credentials=_google_credentials(where),
        image_uri=where.training_image,
        service_account=where.training_service_account,
        output_uri=f"gs://{settings.bucket}/brands",
        endpoint=where.origin,
    )


def _runpod(where: ProviderConfig) -> RunPodSettings:
    settings = RunPodSettings(where.runpod_endpoints, config.runpod_api_key)
    return replace(settings, base_url=f"{where.origin}/v2") if where.origin else settings


def _fal(where: ProviderConfig) -> FalSettings:
    settings = FalSettings(config.fal_key)
    if where.origin is None:
        return settings
    return replace(
        settings,
        queue_url=f"{where.origin}/queue.fal.run",
        platform_url=f"{where.origin}/api.fal.ai/v1",
    )


def _google_credentials(where: ProviderConfig) -> Callable[[], Credentials]:
    """The function's own service account. A local server accepts any token."""
    return default_credentials if where.origin is None else _local_token


def _local_token() -> Credentials:
    from google.oauth2.credentials import Credentials as Token  # noqa: PLC0415

    return Token("a-local-server-takes-any")
