"""What a bug may say of itself: our own words always, anybody else's only on the emulators."""

from collections.abc import Callable

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client

from mediaforge import log
from mediaforge.adapters.firestore import FirestoreDocuments
from mediaforge.contract.documents import account, project_fuse
from mediaforge.domain.catalogue import parse
from mediaforge.domain.errors import BusyError, CatalogueError, RejectedError
from tests.support.world import logged

POISON = "poisoned-prompt-8417"


def of_the_catalogue() -> None:
    parse("[limits")


def of_a_service() -> None:
    raise BusyError("Firestore: Aborted")


def of_our_own_check() -> None:
    def reads_after_it_writes(tx):  # type: ignore[no-untyped-def]
        tx.delete(project_fuse())
        tx.get(account("user_ann"))

    client = Client("demo-mediaforge", AnonymousCredentials())
    FirestoreDocuments(client).transact(reads_after_it_writes)


def of_a_library() -> None:
    assert POISON == "", POISON


def of_a_value() -> None:
    int(POISON)


def of_a_provider() -> None:
    raise RejectedError("provider-rejected", POISON)


OURS = {
    of_the_catalogue: (CatalogueError, "catalogue.toml is not TOML"),
    of_a_service: (BusyError, "Firestore: Aborted"),
    of_our_own_check: (AssertionError, "a unit of work reads before it writes"),
}
OTHERS = {of_a_library: AssertionError, of_a_value: ValueError, of_a_provider: RejectedError}


def report(cause: Callable[[], None]) -> None:
    try:
        cause()
    except Exception as error:
        log.bug("request.broke", error, function="generateImage")


@pytest.fixture
def in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)


@pytest.fixture
def on_the_emulators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")


@pytest.mark.usefixtures("in_production")
@pytest.mark.parametrize("cause", OURS)
def test_our_own_words_are_kept(
    cause: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    report(cause)
    (line,) = logged(capsys, "request.broke")
    error_type, words = OURS[cause]
    assert (line["error_type"], line["function"]) == (error_type.__name__, "generateImage")
    assert words in line["error_message"]


@pytest.mark.usefixtures("in_production")
@pytest.mark.parametrize("cause", OTHERS)
def test_what_may_quote_a_user_is_not(
    cause: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    report(cause)
    (line,) = logged(capsys, "request.broke")
    assert line["error_type"] == OTHERS[cause].__name__
    assert line["stack"][-1].startswith(f"test_log.py:{cause.__code__.co_firstlineno + 1} ")
    assert "error_message" not in line
    assert POISON not in str(line)


@pytest.mark.usefixtures("on_the_emulators")
@pytest.mark.parametrize("cause", OTHERS)
def test_on_the_emulators_all_words_are_kept(
    cause: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    report(cause)
    (line,) = logged(capsys, "request.broke")
    assert POISON in line["error_message"]
