"""The purchase hook where nothing is sold: whatever text a deploy was given, nobody can sign a purchase."""

import json

import pytest
import stripe
from flask import Request
from werkzeug.test import EnvironBuilder

from mediaforge.entrypoints import webhooks
from tests.support.stripe_events import COMPLETED, event_of, session_of
from tests.support.world import World, logged

WORDS = ["x", "none", "unused", "whsec_emulator", " "]


def post(word: str) -> tuple[int, str]:
    """A purchase, signed with whatever is there."""
    body = json.dumps(event_of(COMPLETED, session_of("1", 500, "user_ann")))
    header: str = stripe.WebhookSignature.generate_signature_header(body, word, 1_795_000_000)
    environ = EnvironBuilder(
        method="POST", data=body, headers=[("Stripe-Signature", header)]
    ).get_environ()
    answer = webhooks.stripe(Request(environ))
    return answer.status_code, answer.get_json()["reason"]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_is_no_secret_sells_nothing(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", word)
    assert post(word) == (503, "not-set-up")


def test_it_is_complained_of_once_a_process_and_without_the_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    webhooks.complain_of_the_secret.cache_clear()
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
    answer = webhooks.hear(world.backend, body)
    assert (answer.status_code, answer.get_json()["received"]) == (200, True)
    (line,) = logged(capsys, "purchase.unreadable")
    assert line["severity"] == "ERROR"
    assert line["fields"] == answer.get_json()["unreadable"] != []
    assert world.documents.paths() == []


def test_what_nobody_signed_is_refused_and_told_to_the_log_once_a_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_" + "x" * 32)
    webhooks.complain_of_a_stranger.cache_clear()
    for _ in range(3):
        assert post("whsec_" + "y" * 32) == (400, "unauthenticated")
    (line,) = logged(capsys, "purchase.refused")
    assert (line["severity"], line["reason"]) == ("WARNING", "unauthenticated")
