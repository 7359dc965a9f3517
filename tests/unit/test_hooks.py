"""The purchase hook where nothing is sold: whatever text a deploy was given, nobody can sign a purchase."""

import json
import time
from datetime import UTC, datetime

import pytest
import stripe
from flask import Request
from werkzeug.test import EnvironBuilder

from mediaforge.contract.stripe_events import reads_like_stripes
from mediaforge.entrypoints import hooks
from tests.support.stripe_events import COMPLETED, event_of, session_of
from tests.support.world import World, logged

WORDS = ["x", "none", "unused", "whsec_emulator", " "]


OURS, ANOTHER = "whsec_" + "x" * 32, "whsec_" + "y" * 32
LONG_AGO_S = 1_795_000_000


def post(word: str, sent_at_s: int = LONG_AGO_S) -> tuple[int, str]:
    """A purchase, signed with whatever is there."""
    body = json.dumps(event_of(COMPLETED, session_of("1", 500, "user_ann")))
    header: str = stripe.WebhookSignature.generate_signature_header(body, word, sent_at_s)
    environ = EnvironBuilder(
        method="POST", data=body, headers=[("Stripe-Signature", header)]
    ).get_environ()
    answer = hooks.stripe(Request(environ))
    return answer.status_code, answer.get_json()["reason"]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_is_no_secret_sells_nothing(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", word)
    assert post(word) == (503, "not-set-up")


def test_it_is_complained_of_once_a_process_and_without_the_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hooks.complain_of_the_secret.cache_clear()
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "arsenic")
    for _ in range(3):
        assert post("arsenic") == (503, "not-set-up")
    (line,) = logged(capsys, "purchase.not_set_up")
    assert line["severity"] == "ERROR"
    assert "arsenic" not in json.dumps(line)


UNREADABLE = [b"", b"[]", b"\xff\xfe", b'{"id": "evt_1", "type": "checkout.session.completed"}']


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_stripe_signed_and_nobody_can_read_is_an_alarm_and_not_asked_for_again(
    body: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    answer = hooks.hear(world.backend, body)
    assert (answer.status_code, answer.get_json()["received"]) == (200, True)
    (line,) = logged(capsys, "purchase.unreadable")
    assert line["severity"] == "ERROR"
    assert line["fields"] == answer.get_json()["unreadable"] != []
    assert world.documents.paths() == []


def test_what_nobody_signed_is_refused_and_told_to_the_log_once_a_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", OURS)
    hooks.complain_of_a_stranger.cache_clear()
    for _ in range(3):
        assert post(ANOTHER) == (400, "unauthenticated")
    (line,) = logged(capsys, "purchase.refused")
    assert (line["severity"], line["reason"]) == ("WARNING", "unauthenticated")


def complaints(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The severities of what was said of signatures that do not fit."""
    return [line["severity"] for line in logged(capsys, "purchase.unsigned")]


def test_a_fresh_signature_by_another_secret_is_an_error_once_a_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the secret of another endpoint every purchase is refused, and nothing else says so."""
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", ANOTHER)
    hooks.complain_of_a_signature.cache_clear()
    for _ in range(3):
        assert post(OURS, int(time.time())) == (400, "unauthenticated")
    assert complaints(capsys) == ["ERROR"]


def test_one_of_long_ago_is_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", ANOTHER)
    hooks.complain_of_a_signature.cache_clear()
    for word in (OURS, ANOTHER):
        assert post(word) == (400, "unauthenticated")
    assert complaints(capsys) == []


HEX = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("header", "reads_so"),
    [
        (f"t={LONG_AGO_S},v1={HEX}", True),
        (f"t={LONG_AGO_S - 300},v1={HEX},v0={HEX}", True),
        (f"t={LONG_AGO_S},v1=no,v1={HEX}", True),
        (f"t={LONG_AGO_S - 301},v1={HEX}", False),
        (f"t={LONG_AGO_S + 301},v1={HEX}", False),
        (f"t={LONG_AGO_S},v1={HEX[1:]}", False),
        (f"t={LONG_AGO_S},v1={HEX.upper()}", False),
        (f"t={LONG_AGO_S},v0={HEX}", False),
        (f"t=now,v1={HEX}", False),
        (f"v1={HEX}", False),
        ("", False),
        (None, False),
    ],
)
def test_a_header_reads_like_stripe_s_where_its_form_and_its_time_do(
    header: str | None, reads_so: bool
) -> None:
    assert reads_like_stripes(header, datetime.fromtimestamp(LONG_AGO_S, UTC)) is reads_so
