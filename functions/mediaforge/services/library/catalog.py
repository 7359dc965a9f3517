"""The catalogue as clients see it: what they need to draw their form."""

from datetime import date

from mediaforge.contract.answers import (
    AliasOffer,
    Catalog,
    EdgesPx,
    ExtendingOffer,
    FreeSizePx,
    Limits,
    ModelOffer,
    PurchaseOffer,
    SizedModelOffer,
    StyleOffer,
    TierOffer,
    UploadLimits,
    VideoOffer,
    WelcomeGift,
)
from mediaforge.contract.requests import PROMPT_CHARS_MAX
from mediaforge.domain import retirement
from mediaforge.domain.catalogue import MODEL_KINDS, Model, Sizes, Tier, VideoOptions
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library import uploads
from mediaforge.services.backend import Backend


def describe_catalogue(backend: Backend) -> Catalog:
    """The catalogue as callers see it. A model that is not `available` has no provider here."""
    catalogue, today = backend.catalogue, backend.clock.now().date()
    return Catalog(
        defaults={
            kind: catalogue.default_model(kind, today, is_emulated=backend.is_emulated)
            for kind in MODEL_KINDS
        },
        limits=Limits(
            prompt_characters_max=PROMPT_CHARS_MAX,
            schedule_days_max=catalogue.limits.schedule_days_max,
        ),
        uploads=_uploads(backend),
        welcome=WelcomeGift(
            credits=catalogue.defaults.welcome_credits,
            sign_ins=tuple(backend.welcome.sign_ins),
            tier=catalogue.defaults.tier,
        ),
        models=tuple(_model(backend, today, *each) for each in catalogue.models.items()),
        aliases={
            old: AliasOffer(model=alias.model, note=alias.note)
            for old, alias in catalogue.aliases.items()
            if old not in catalogue.models
        },
        styles=tuple(
            StyleOffer(id=style_id, title=style.title)
            for style_id, style in catalogue.styles.items()
        ),
        tiers=tuple(_tier(*each) for each in catalogue.tiers.items()),
        purchases=_purchases(backend),
    )


def _purchases(backend: Backend) -> tuple[PurchaseOffer, ...]:
    if backend.checkout is None:
        return ()
    sold = backend.catalogue.purchases
    return tuple(
        PurchaseOffer(credits=offer.credits, price_cents=offer.price_cents, currency=sold.currency)
        for offer in sold.offers
    )


def _tier(tier_id: str, tier: Tier) -> TierOffer:
    """The tier as it stands in the catalogue, with only the fields that callers may see."""
    a_day = {f"{kind.plural}_a_day": tier.a_day.get(kind) for kind in JobKind}
    others = TierOffer.model_fields.keys() - {"id"} - a_day.keys()
    return TierOffer(id=tier_id, **a_day, **{name: getattr(tier, name) for name in others})


def _uploads(backend: Backend) -> UploadLimits:
    limits = backend.catalogue.limits
    return UploadLimits(
        bucket=backend.media.uri("").removeprefix("gs://").rstrip("/"),
        prefix=uploads.folder_of("{uid}"),
        extensions=tuple(uploads.EXTENSIONS),
        content_types=tuple(uploads.CONTENT_TYPES),
        bytes_max=uploads.BYTES_MAX,
        files_per_user_max=limits.uploads_files_max,
        bytes_per_user_max=limits.uploads_bytes_max,
    )


def _model(backend: Backend, today: date, model_id: str, model: Model) -> ModelOffer:
    alias = backend.catalogue.aliases.get(model_id)
    heir, words = alias.model if alias else None, model.words
    offer = ModelOffer(
        id=model_id,
        title=model.title,
        kind=model.kind,
        available=model.provider in (*backend.providers, *backend.directors),
        price_credits=model.price_credits,
        price_credits_by_size=model.price_credits_by_size,
        count_max=model.count_max,
        references_max=model.references_max,
        references_min=model.references_min,
        reference_ratio_max=model.enlarges.ratio_max if model.enlarges else None,
        prompt_characters_max=words.prompt_chars_max if words else None,
        prompt_characters_max_with_pictures=words.prompt_chars_max_with_pictures if words else None,
        negative_prompt_characters_max=words.negative_chars_max if words else None,
        takes_brands=model.takes_brands,
        edits_pictures=model.edits_pictures,
        backgrounds=model.backgrounds,
        cancel_stops_bill=model.cancel_stops_bill,
        preview_sizes=model.preview_sizes,
        retires=model.retires,
        heir=heir,
        warning=retirement.warning(model_id, model.retires, heir, today),
        video=_video(model.video, model.size_names) if model.video else None,
    )
    return _sized(offer, model, backend.catalogue.sizes[model.sizes]) if model.sizes else offer


def _sized(offer: ModelOffer, model: Model, table: Sizes) -> SizedModelOffer:
    free = model.free_size_px
    return SizedModelOffer(
        **dict(offer),
        default_aspect_ratio=table.default_ratio,
        aspect_ratios=_pixels(table, model.size_names[0]),
        sizes={name: _pixels(table, name) for name in model.size_names},
        free_size_px=FreeSizePx(min=free.min, max=free.max) if free else None,
    )


def _pixels(table: Sizes, size_name: str) -> dict[str, EdgesPx]:
    sizes = {ratio: table.size_px(ratio, size_name) for ratio in table.px}
    return {ratio: EdgesPx(width=width, height=height) for ratio, (width, height) in sizes.items()}


def _video(options: VideoOptions, size_names: tuple[str, ...]) -> VideoOffer:
    extends = options.extends
    return VideoOffer(
        durations_seconds=options.durations_s,
        fps=options.fps,
        has_audio=options.has_audio,
        always_has_audio=options.always_has_audio,
        takes_first_frame=options.takes_first_frame,
        takes_last_frame=options.takes_last_frame,
        takes_last_frame_alone=options.takes_last_frame_alone,
        takes_frames_with_references=options.takes_frames_with_references,
        references_duration_seconds=options.references_duration_s,
        frames_duration_seconds_max=options.frames_duration_s_max,
        extends=ExtendingOffer(
            adds_seconds=extends.adds_s,
            source_seconds_max=extends.source_s_max,
            sizes=extends.size_names or size_names,
        )
        if extends
        else None,
    )
