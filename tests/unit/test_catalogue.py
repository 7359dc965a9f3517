"""The catalogue: every wrong key is named, retired names resolve, and the shipped one is right."""

from datetime import date
from pathlib import Path

import pytest

from mediaforge.domain.catalogue import Tier, parse
from mediaforge.domain.errors import CatalogueError, InvalidRequestError
from mediaforge.domain.jobs.kinds import JobKind

TEXT = (Path(__file__).parents[2] / "functions" / "catalogue.toml").read_text(encoding="utf-8")
SHIPPED = parse(TEXT)
TODAY = date(2026, 11, 30)

WRONG = [
    # (what stands there, what is written instead, the key that the error names)
    ("price_credits = 2", "price_credits = 0", "models.local-image.price_credits"),
    ("price_credits = 2", "price_credits = 1.5", "models.local-image.price_credits"),
    ("price_credits = 2", "", "models.local-image.price_credits"),
    ("price_credits = 2", "price_credits = 2\nprize = 2", "models.local-image.prize"),
    ("count_max = 4", "count_max = 5", "models.local-image.count_max"),
    ('kind = "image"', 'kind = "sound"', "models.local-image.kind"),
    ('provider = "local"', 'provider = "A c"', "models.local-image.provider"),
    ('queue = "runLocalImage"', "", "models.local-image"),
    ('size_names = ["1K"]', 'size_names = ["8K"]', "models.local-image"),
    ('size_names = ["1K"]', "size_names = []", "models.local-image"),
    ("durations_s = [4, 1, ", "durations_s = [4, 0, ", "models.local-video.video.durations_s[1]"),
    (
        "takes_first_frame = true",
        "takes_first_frame = true\nreferences_duration_s = -8",
        "models.local-video.video.references_duration_s",
    ),
    ("takes_first_frame = true", "takes_frames = true", "models.local-video.video.takes_frames"),
    (
        "takes_last_frame_alone = true",
        "takes_last_frame_alone = 1",
        "models.local-video.video.takes_last_frame_alone",
    ),
    ('price_credits_by_size = { "4K" = 29 }', 'price_credits_by_size = { "9K" = 29 }', "pro-image"),
    ('{ "1K" = 1.0,', '{ "1K" = 0.0,', "sizes.standard.scales.1K"),
    ('queue = "runLocalImage"', 'queue = "run_local"', "models.local-image.queue"),
    ('sizes = "standard"', 'sizes = "huge"', "models.local-image.sizes"),
    ("min = 64", "min = 1", "models.local-image.free_size_px.min"),
    ("[models.local-image]", "[models.Local_Image]", "models.Local_Image"),
    ("welcome_credits = 100", "welcome_credits = -1", "defaults.welcome_credits"),
    ("welcome_credits = 100", 'welcome_credits = "100"', "defaults.welcome_credits"),
    ('tier = "free"', 'tier = "gold"', "defaults.tier"),
    ('image = "gemini-nano-banana-2.1"', 'image = "nobody"', "defaults.production.image"),
    ('image = "local-image"', 'image = "x"', "defaults.emulators.image"),
    ('video = "local-video"', 'video = "local-image"', "defaults.emulators.video"),
    ("schedule_days_max = 30", "schedule_days_max = 31", "limits.schedule_days_max"),
    ("[limits]", "[limits]\nlimit = 1", "limits.limit"),
    ('default_ratio = "1:1"', 'default_ratio = "7:1"', "sizes.standard"),
    ('"1:1" = [1024, 1024]', '"1:1" = [1024]', "sizes.standard.px.1:1"),
    ('"1:1" = [1024, 1024]', '"1:1" = [1024, 9999]', "sizes.standard.px.1:1[1]"),
    ('"2:3" = [848', '"wide" = [848', "sizes.standard.px.wide"),
    ("jobs_at_once = 2", 'jobs_at_once = "2"', "tiers.free.jobs_at_once"),
    ("credits_an_hour_max = 1_000", "", "tiers.free.credits_an_hour_max"),
    ("credits_an_hour_max = 1_000", "credits_an_hour_max = 0", "tiers.free.credits_an_hour_max"),
    ("monthly_credits = 1_000", "monthly_credits = -1", "tiers.pro.monthly_credits"),
    ("monthly_credits = 1_000", "monthly_credits = 1_000_001", "tiers.pro.monthly_credits"),
    ('currency = "usd"', 'currency = "jpy"', "purchases.currency"),  # it has no cents
    ("price_cents = 500", "price_cents = 49", "purchases.offers[0].price_cents"),
    ("price_cents = 500", "price_cents = 5.0", "purchases.offers[0].price_cents"),
    ("{ credits = 500,", "{ credits = 0,", "purchases.offers[0].credits"),
    ("{ credits = 500,", "{ credits = 1_000_001,", "purchases.offers[0].credits"),
    ("{ credits = 500,", "{ credits = 2_000,", "purchases"),  # at two prices
    ("invite_days = 7", "invite_days = 0", "limits.invite_days"),
    ("invite_days = 7", "", "limits.invite_days"),
    ("uploads_files_max = 500", "uploads_files_max = 0", "limits.uploads_files_max"),
    ("uploads_files_max = 500", "", "limits.uploads_files_max"),
    (
        "uploads_bytes_max = 1_000_000_000",
        "uploads_bytes_max = 10_000_000",  # less than one upload may have
        "limits.uploads_bytes_max",
    ),
    (
        "project_credits_an_hour_max = 200_000",
        "project_credits_an_hour_max = 0",
        "limits.project_credits_an_hour_max",
    ),
    (
        "free_credits_an_hour_max = 40_000",
        "free_credits_an_hour_max = 0",
        "limits.free_credits_an_hour_max",
    ),
    (
        "free_credits_an_hour_max = 40_000",
        "free_credits_an_hour_max = 200_000",
        "limits.free_credits_an_hour_max: must be below that of the project",
    ),
    ("account_share_percent = 10", "account_share_percent = 0", "limits.account_share_percent"),
    ("account_share_percent = 10", "account_share_percent = 101", "limits.account_share_percent"),
    ("account_share_percent = 10", "", "limits.account_share_percent"),
    ("free_lane_percent = 30", "free_lane_percent = 0", "limits.free_lane_percent"),
    ("free_lane_percent = 30", "free_lane_percent = 101", "limits.free_lane_percent"),
    ("free_lane_percent = 30", "", "limits.free_lane_percent"),
    ('queue = "runLocalImage"', 'queue = "runNobody"', "models.local-image.queue"),
    ("[queues.runLocalImage]", "[queues.run_local]", "queues.run_local"),
    ("a_minute = 60\n", "a_minute = 0\n", "queues.runLocalImage.a_minute"),
    ("a_minute = 60\n", "", "queues.runLocalImage.a_minute"),
    ("p95_s = 2\n", "p95_s = 0\n", "queues.runLocalImage.p95_s"),
    ("p95_s = 2\n", "p95_s = 0.5\n", "queues.runLocalImage.p95_s"),
    ("emulators_at_once = 2", "emulators_at_once = 0", "queues.runLocalImage.emulators_at_once"),
    ('lane = "free"', 'lane = "fast"', "tiers.free.lane"),
    ("a_day = { image = 20", "a_day = { image = -1", "tiers.free.a_day.image: Input"),
    ("a_day = { image = 20", "a_day = { images = 20", "tiers.free.a_day.images: Input"),
    ("a_day = { image = 20", "a_day = { text = 20", "tiers.free.a_day.text: Input"),
    ("training = 5 }", "training = -1 }", "tiers.pro.a_day.training: Input"),
    ('kind = "image"', 'kind = "audio"', "models.local-image.kind: must be one of image, video,"),
    ('image = "local-image"\n', "", "defaults.emulators.image: names no model"),
    ('image = "local-image"', 'audio = "local-image"', "defaults.emulators.audio: must be one of"),
    ('priorities = ["low", "normal"]', 'priorities = ["urgent"]', "tiers.free.priorities[0]"),
    ('    "local-image", ', '    "nobody", ', "tiers.free.models[0]"),
    (
        'model = "gemini-3-pro-image"',
        'model = "nobody"',
        "aliases.gemini-3-pro-image-preview.model",
    ),
    ("[styles.ink]", "[styles.ink]\ncolour = 1", "styles.ink.colour"),
    ('[aliases."gemini-2.5-flash-image"]', "[aliases.local-image]", "aliases.local-image"),
    (
        '[aliases."gemini-3.1-flash-image"]\nmodel = "gemini-nano-banana-2.1"',
        '[aliases."gemini-3.1-flash-image"]\nmodel = "gemini-omni-1.2-flash"',
        "aliases.gemini-3.1-flash-image.model",
    ),
    ("retires = 2027-05-28", 'retires = "2027-05-28"', "models.gemini-3-pro-image.retires"),
    ('size_names = ["720p"] }', 'size_names = ["8k"] }', "models.veo-3.1-generate-001"),
    ("adds_s = [7]", "adds_s = []", "models.veo-3.1-generate-001.video.extends.adds_s"),
    (
        'backgrounds = ["opaque", ',
        'backgrounds = ["striped", ',
        "models.local-image.backgrounds[0]",
    ),
    ('preview_sizes = ["4K"]', 'preview_sizes = ["8K"]', "models.gemini-3-pro-image"),
    ("ct = 3.36", "ct = -1", "models.gemini-nano-banana-2.1.cost.ct"),
    ("checked = 2026-11-30", "", "models.gemini-nano-banana-2.1.cost.checked"),
    (
        'source = "https://github',
        'source = "somebody told me',
        "models.gemini-nano-banana-2.1.cost.source",
    ),
    ('ct_by_size = { "2K" = 5.04', 'ct_by_size = { "8K" = 5.04', "models.gemini-nano-banana-2.1"),
]


@pytest.mark.parametrize(("old", "new", "key"), WRONG)
def test_a_wrong_key_is_named(old: str, new: str, key: str) -> None:
    assert old in TEXT
    with pytest.raises(CatalogueError) as wrong:
        parse(TEXT.replace(old, new, 1))
    assert key in str(wrong.value)


def test_all_wrong_keys_are_named_at_once() -> None:
    text = TEXT.replace("price_credits = 2", "price_credits = 0", 1)
    with pytest.raises(CatalogueError) as wrong:
        parse(text.replace("jobs_at_once = 2", "jobs_at_once = 0", 1))
    assert "models.local-image.price_credits" in str(wrong.value)
    assert "tiers.free.jobs_at_once" in str(wrong.value)


def test_what_is_not_toml_says_so() -> None:
    with pytest.raises(CatalogueError, match="not TOML"):
        parse("[models")


def test_a_model_is_found_by_its_name_without_a_note() -> None:
    resolved = SHIPPED.resolve("local-image")
    assert (resolved.id, resolved.note) == ("local-image", None)
    assert resolved.model == SHIPPED.models["local-image"]


@pytest.mark.parametrize("old", SHIPPED.aliases.keys() - SHIPPED.models.keys())
def test_a_retired_name_resolves_to_its_successor_with_a_note(old: str) -> None:
    resolved = SHIPPED.resolve(old)
    assert resolved.id == SHIPPED.aliases[old].model
    assert resolved.model == SHIPPED.models[resolved.id]
    assert resolved.note is not None
    assert resolved.id in resolved.note


@pytest.mark.parametrize("old", SHIPPED.aliases.keys() & SHIPPED.models.keys())
def test_a_model_that_ends_some_day_is_used_until_then(old: str) -> None:
    assert SHIPPED.models[old].retires is not None
    assert (SHIPPED.resolve(old).id, SHIPPED.resolve(old).note) == (old, None)


def test_a_default_that_is_past_its_day_leads_to_its_heir() -> None:
    text = TEXT.replace('video = "gemini-omni-1.2-flash"', 'video = "veo-3.1-generate-001"', 1)
    found = {
        day: parse(text).default_model("video", day, is_emulated=False)
        for day in (date(2026, 11, 16), date(2026, 11, 17))
    }
    assert list(found.values()) == ["veo-3.1-generate-001", "gemini-omni-1.2-flash"]


def test_an_unknown_model_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        SHIPPED.resolve("dall-e")
    (error,) = refused.value.details["fieldErrors"]
    assert error["field"] == "model"
    assert "local-image" in error["message"]


@pytest.mark.parametrize(
    ("tier", "at_once", "a_minute", "images", "videos", "rows", "is_high"),
    [
        ("free", 2, 30, 20, 0, 10, False),
        ("pro", 10, 120, 1_000, 50, 100, True),
        ("studio", 50, 600, None, None, 100, True),
    ],
)
def test_the_shipped_tiers_are_the_contract_s(
    tier: str,
    at_once: int,
    a_minute: int,
    images: int | None,
    videos: int | None,
    rows: int,
    is_high: bool,
) -> None:
    found = SHIPPED.tiers[tier]
    assert (found.jobs_at_once, found.submissions_a_minute) == (at_once, a_minute)
    assert (found.a_day.get(JobKind.IMAGE), found.a_day.get(JobKind.VIDEO)) == (images, videos)
    assert found.batch_rows_max == rows
    assert ("high" in found.priorities) is is_high


@pytest.mark.parametrize(("tier", "trainings"), [("free", 0), ("pro", 5), ("studio", 50)])
def test_every_tier_has_a_limit_of_trainings(tier: str, trainings: int) -> None:
    assert SHIPPED.tiers[tier].a_day[JobKind.TRAINING] == trainings


def test_what_runs_here_bills_nothing_and_everything_else_does() -> None:
    free = {model_id for model_id, model in SHIPPED.models.items() if not model.bills}
    assert free == {"local-image", "local-video", "local-training"}


def test_a_cancel_stops_the_bill_of_what_can_be_stopped() -> None:
    """Not of what Vertex AI answers at once, and of no operation that it does not end for us."""
    stops = {model_id for model_id, model in SHIPPED.models.items() if model.cancel_stops_bill}
    assert stops == {
        *("local-image", "local-video", "local-training"),
        *("runpod-image", "runpod-sdxl", "runpod-video", "vertex-lora"),
    }


def test_an_account_starts_free_with_100_credits() -> None:
    assert (SHIPPED.defaults.tier, SHIPPED.defaults.welcome_credits) == ("free", 100)


def test_a_tier_without_a_monthly_grant_has_none() -> None:
    assert SHIPPED.tiers["free"].monthly_credits == 0
    assert SHIPPED.tiers["pro"].monthly_credits > 0


def test_no_account_may_start_more_than_a_tenth_of_what_the_project_may() -> None:
    limits = SHIPPED.limits
    assert limits.account_credits_an_hour_max == 20_000
    assert limits.project_credits_an_hour_max == 200_000


def test_a_schedule_reaches_30_days() -> None:
    assert SHIPPED.limits.schedule_days_max == 30


def test_the_default_on_the_emulators_is_the_built_in_renderer() -> None:
    local = {kind: f"local-{kind}" for kind in ("image", "video", "training")}
    for kind, model_id in local.items():
        assert SHIPPED.default_model(kind, TODAY, is_emulated=True) == model_id
        assert SHIPPED.models[model_id].provider == "local"
    assert SHIPPED.default_model("text", TODAY, is_emulated=True) == "local-director"


@pytest.mark.parametrize("tier", SHIPPED.tiers.values(), ids=SHIPPED.tiers)
@pytest.mark.parametrize("is_emulated", [True, False], ids=["emulators", "production"])
def test_every_tier_may_use_the_default_models(tier: Tier, is_emulated: bool) -> None:
    kinds = [
        "image",
        "text",
        *(["video", "training"] if tier.a_day.get(JobKind.VIDEO) != 0 else []),
    ]
    defaults = {SHIPPED.default_model(kind, TODAY, is_emulated=is_emulated) for kind in kinds}
    assert defaults <= set(tier.models)


def test_a_size_and_a_length_have_their_price() -> None:
    veo = SHIPPED.models["veo-3.1-generate-001"]
    assert (veo.price_of("720p", 8), veo.price_of("4k", 4)) == (8 * 48, 4 * 72)
    assert veo.usual_price_credits == 8 * 48
    pro = SHIPPED.models["gemini-3-pro-image"]
    assert (pro.price_of("2K"), pro.price_of("4K")) == (16, 29)


def test_a_size_and_a_length_have_their_cost() -> None:
    omni = SHIPPED.models["gemini-omni-1.2-flash"]
    assert omni.cost_ct_of("720p", 10) == pytest.approx(69.5)
    assert omni.cost_ct_of("4k", 1) == pytest.approx(20.85)
    nano = SHIPPED.models["gemini-nano-banana-2.1"]
    assert nano.cost_ct_of("2K", references=6) == pytest.approx(5.04 + 6 * 0.168)
    assert SHIPPED.models["local-image"].cost_ct_of("1K") is None


@pytest.mark.parametrize("model_id", [m for m, model in SHIPPED.models.items() if model.cost])
def test_nothing_is_sold_for_less_than_it_costs_us(model_id: str) -> None:
    model = SHIPPED.models[model_id]
    for size in model.size_names or ("",):
        cost_ct = model.cost_ct_of(size, references=model.references_max)
        assert cost_ct is not None
        assert model.price_of(size) >= cost_ct


def test_the_long_ratios_and_the_small_size_are_the_newer_flash_models_only() -> None:
    wide = {m for m, model in SHIPPED.models.items() if model.sizes == "wide"}
    assert wide == {
        "gemini-nano-banana-2.1", "gemini-3.1-flash-image", "gemini-3.1-flash-lite-image"
    }  # fmt: skip
    assert "512" in SHIPPED.models["gemini-3.1-flash-image"].size_names
    assert "512" not in SHIPPED.models["gemini-nano-banana-2.1"].size_names
    assert SHIPPED.sizes["wide"].size_px("1:8", "4K") == (1536, 12288)


def test_only_the_built_in_film_maker_ends_with_a_picture_that_it_did_not_begin_with() -> None:
    alone = {
        model_id
        for model_id, model in SHIPPED.models.items()
        if model.video is not None and model.video.takes_last_frame_alone
    }
    assert alone == {"local-video"}


def test_a_scale_multiplies_the_pixels_of_a_ratio() -> None:
    assert SHIPPED.sizes["video"].size_px("16:9", "1080p") == (1920, 1080)
    assert SHIPPED.sizes["standard"].size_px("1:1", "4K") == (4096, 4096)


@pytest.mark.parametrize("sizes", SHIPPED.sizes)
def test_every_size_has_about_the_ratio_it_is_listed_under(sizes: str) -> None:
    for ratio, (width, height) in SHIPPED.sizes[sizes].px.items():
        across, down = map(int, ratio.split(":"))
        assert width / height == pytest.approx(across / down, rel=0.04)
