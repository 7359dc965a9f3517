"""Where credits are sold, and where buyers come back to: by params and the environment, never by a client."""

import pytest

from mediaforge import config
from mediaforge.config import CheckoutConfig
from mediaforge.domain.errors import SettingError

SERVER = "http://127.0.0.1:9600"
EMULATED = {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:8080"}


def settings(monkeypatch: pytest.MonkeyPatch, **given: str) -> CheckoutConfig | None:
    for name in (*EMULATED, "PROVIDERS_ORIGIN", "HOSTING_EMULATOR_ORIGIN", "STUDIO_ORIGIN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"GCLOUD_PROJECT": "demo", "SELLS_CREDITS": "true", **given}.items():
        monkeypatch.setenv(name, value)
    return config.read_config().checkout


@pytest.mark.parametrize(
    "given",
    [
        {"SELLS_CREDITS": "false"},
        {"SELLS_CREDITS": "false", "PROVIDERS_ORIGIN": SERVER, **EMULATED},
        EMULATED,  # without a local server nothing is asked for money there
    ],
    ids=str,
)
def test_nothing_is_sold(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch, **given) is None


def test_a_project_sells_by_stripe_itself_whatever_its_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sold = settings(monkeypatch, PROVIDERS_ORIGIN=SERVER, HOSTING_EMULATOR_ORIGIN=SERVER)
    assert sold == CheckoutConfig("https://demo.web.app", None)


@pytest.mark.parametrize("said", ["https://studio.example.com", "https://studio.example.com/"])
def test_the_studio_may_be_elsewhere(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sold = settings(monkeypatch, STUDIO_ORIGIN=said)
    assert sold == CheckoutConfig("https://studio.example.com", None)


@pytest.mark.parametrize(
    "said",
    [
        "studio.example.com",
        "//evil.example",
        "javascript:alert(1)",
        "https://a.example/b?c",
        "https://a@b",
    ],
)
def test_what_is_no_origin_is_named(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingError, match="STUDIO_ORIGIN: must be an origin"):
        settings(monkeypatch, STUDIO_ORIGIN=said)


def test_the_emulators_sell_by_the_local_server(monkeypatch: pytest.MonkeyPatch) -> None:
    local = {"PROVIDERS_ORIGIN": SERVER, "HOSTING_EMULATOR_ORIGIN": "http://127.0.0.1:5100"}
    sold = settings(monkeypatch, **EMULATED, **local)
    assert sold == CheckoutConfig("http://127.0.0.1:5100", SERVER)
