"""What a client needs to draw its form."""

from typing import Any

from mediaforge.contract.requests import PROMPT_CHARS_MAX
from mediaforge.domain.catalogue import MODEL_KINDS, Model, Sizes, VideoOptions
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library import uploads
from mediaforge.services.backend import Backend


def describe_catalogue(backend: Backend) -> dict[str, Any]:
    """The catalogue on the wire (camelCase). A model that is not `available` has no provider here."""
    catalogue = backend.catalogue
    return {
        "defaults": {
            kind: catalogue.default_model(kind, is_emulated=backend.is_emulated)
            for kind in MODEL_KINDS
        },
        "limits": {
            "promptCharactersMax": PROMPT_CHARS_MAX,
            "scheduleDaysMax": catalogue.limits.schedule_days_max,
        },
        "uploads": {
            "bucket": backend.media.uri("").removeprefix("gs://").rstrip("/"),
            "prefix": uploads.folder_of("{uid}"),
            "extensions": list(uploads.EXTENSIONS),
            "contentTypes": list(uploads.CONTENT_TYPES),
            "bytesMax": uploads.BYTES_MAX,
            "filesPerUserMax": catalogue.limits.uploads_files_max,
            "bytesPerUserMax": catalogue.limits.uploads_bytes_max,
        },
        "welcome": {
            "credits": catalogue.defaults.welcome_credits,
            "signIns": list(backend.welcome.sign_ins),
        },
        "models": [
            _model(backend, model_id, model) for model_id, model in catalogue.models.items()
        ],
        "aliases": {
            old: {"model": a.model, "note": a.note} for old, a in catalogue.aliases.items()
        },
        "styles": [{"id": style_id, "title": s.title} for style_id, s in catalogue.styles.items()],
        "tiers": [
            {
                "id": tier_id,
                "title": tier.title,
                "jobsAtOnce": tier.jobs_at_once,
                "submissionsAMinute": tier.submissions_a_minute,
                "batchRowsMax": tier.batch_rows_max,
                "creditsAnHourMax": tier.credits_an_hour_max,
                "monthlyCredits": tier.monthly_credits,
                **{f"{kind.plural}ADay": tier.a_day.get(kind) for kind in JobKind},
                "directionsADay": tier.directions_a_day,
                "directionRefusalsADay": tier.direction_refusals_a_day,
                "teamsADay": tier.teams_a_day,
                "priorities": list(tier.priorities),
                "models": list(tier.models),
            }
            for tier_id, tier in catalogue.tiers.items()
        ],
    }


def _model(backend: Backend, model_id: str, model: Model) -> dict[str, Any]:
    return {
        "id": model_id,
        "title": model.title,
        "kind": model.kind,
        "available": model.provider in (*backend.providers, *backend.directors),
        "priceCredits": model.price_credits,
        "priceCreditsBySize": model.price_credits_by_size,
        "countMax": model.count_max,
        "referencesMax": model.references_max,
        "takesBrands": model.takes_brands,
        "cancelStopsBill": model.cancel_stops_bill,
        **(_sizes(backend, model) if model.sizes else {}),
        **(_video(model.video) if model.video else {}),
    }


def _sizes(backend: Backend, model: Model) -> dict[str, Any]:
    table = backend.catalogue.sizes[model.sizes]
    free = model.free_size_px
    return {
        "defaultAspectRatio": table.default_ratio,
        "aspectRatios": _pixels(table, model.size_names[0]),
        "sizes": {name: _pixels(table, name) for name in model.size_names},
        "freeSizePx": {"min": free.min, "max": free.max} if free else None,
    }


def _pixels(table: Sizes, size_name: str) -> dict[str, dict[str, int]]:
    sizes = {ratio: table.size_px(ratio, size_name) for ratio in table.px}
    return {ratio: {"width": width, "height": height} for ratio, (width, height) in sizes.items()}


def _video(options: VideoOptions) -> dict[str, Any]:
    """The first of each list is the default."""
    return {
        "video": {
            "durationsSeconds": list(options.durations_s),
            "fps": list(options.fps),
            "hasAudio": options.has_audio,
            "takesFirstFrame": options.takes_first_frame,
            "takesLastFrame": options.takes_last_frame,
            "takesLastFrameAlone": options.takes_last_frame_alone,
            "takesFramesWithReferences": options.takes_frames_with_references,
            "referencesDurationSeconds": options.references_duration_s,
        }
    }
