"""What a client needs to draw its form."""

from typing import Any

from mediaforge.contract.requests import PROMPT_CHARS_MAX
from mediaforge.domain.catalogue import Model
from mediaforge.services.backend import Backend


def describe_catalogue(backend: Backend) -> dict[str, Any]:
    """The catalogue on the wire (camelCase). A model that is not `available` has no provider here."""
    catalogue, defaults = backend.catalogue, backend.catalogue.defaults
    return {
        "defaults": {"image": defaults.emulators_image if backend.is_emulated else defaults.image},
        "limits": {
            "promptCharactersMax": PROMPT_CHARS_MAX,
            "scheduleDaysMax": catalogue.limits.schedule_days_max,
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
                "imagesADay": tier.images_a_day,
                "videosADay": tier.videos_a_day,
                "priorities": list(tier.priorities),
                "models": list(tier.models),
            }
            for tier_id, tier in catalogue.tiers.items()
        ],
    }


def _model(backend: Backend, model_id: str, model: Model) -> dict[str, Any]:
    sizes = backend.catalogue.sizes[model.sizes]
    free = model.free_size_px
    return {
        "id": model_id,
        "title": model.title,
        "kind": model.kind,
        "available": model.provider in backend.providers,
        "priceCredits": model.price_credits,
        "countMax": model.count_max,
        "referencesMax": model.references_max,
        "defaultAspectRatio": sizes.default_ratio,
        "aspectRatios": {ratio: {"width": w, "height": h} for ratio, (w, h) in sizes.px.items()},
        "freeSizePx": {"min": free.min, "max": free.max} if free else None,
    }
