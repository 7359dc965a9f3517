"""What becomes of a notice and of its webhook. Pure."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.library import webhooks
from mediaforge.domain.library.batches import BatchStatus
from mediaforge.domain.library.webhooks import (
    End,
    Notice,
    NoticeStatus,
    Webhook,
    WebhookEvent,
    WebhookSecrets,
    WebhookStatus,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
END = End.of_job("j", JobStatus.COMPLETED, "generations/ann/images/j", NOW)


def notice(**fields: object) -> Notice:
    (made,) = webhooks.notices_of({"w": ["job.completed"]}, [END], NOW, NOW)
    return replace(made, **fields)  # type: ignore[arg-type] # fields of a notice


def webhook(**fields: object) -> Webhook:
    plain = Webhook(
        "w", "https://a.example/", (), WebhookStatus.ENABLED, "user_ann", "ann", NOW, NOW, "h"
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


def days(number: float) -> timedelta:
    return timedelta(days=number)


@pytest.mark.parametrize("status", [each for each in JobStatus if each.is_final])
def test_each_final_status_of_a_job_is_an_event(status: JobStatus) -> None:
    assert End.of_job("j", status, "p", NOW).event.value == f"job.{status.value}"


@pytest.mark.parametrize("status", [each for each in BatchStatus if each.has_ended])
def test_each_end_of_a_batch_is_an_event(status: BatchStatus) -> None:
    end = End.of_batch("b", status, NOW)
    assert (end.event.value, end.path) == (f"batch.{status.value}", "batches/b")


def test_a_webhook_is_told_of_what_it_wants_and_each_under_an_id_of_its_own() -> None:
    wanted = {"w": ["job.completed", "job.failed"], "x": ["job.completed"], "y": ["job.failed"]}
    failed = End.of_job("k", JobStatus.FAILED, "generations/ann/images/k", NOW)
    made = webhooks.notices_of(wanted, [END, failed], NOW, NOW)
    told = [(each.webhook_id, each.event.value) for each in made]
    assert told == [
        ("w", "job.completed"),
        ("w", "job.failed"),
        ("x", "job.completed"),
        ("y", "job.failed"),
    ]
    assert len({each.id for each in made}) == len(made)


def test_made_again_it_is_the_same_delivery_and_a_second_end_is_another() -> None:
    def of(end: End, now: datetime) -> str:
        return webhooks.notices_of({"w": [end.event.value]}, [end], now, now)[0].id

    first = End.of_batch("b", BatchStatus.COMPLETED, NOW)
    second = End.of_batch("b", BatchStatus.COMPLETED, NOW + days(1))
    assert of(first, NOW) == of(first, NOW + days(2))
    assert of(first, NOW) != of(second, NOW)


def test_it_is_tried_for_a_day_less_and_less_often_and_then_given_up() -> None:
    tried, now, waits = notice(), NOW, list[float]()
    while tried.status is NoticeStatus.PENDING:
        begun = webhooks.begin(tried, now, return_s=0)
        assert webhooks.is_early(begun, now)
        tried = webhooks.fail(begun, "no", 500, now, chance=0.5, return_s=7)
        waits.append((tried.next_at - now).total_seconds())
        now = tried.next_at
    assert waits[:9] == [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800]
    assert tried.status is NoticeStatus.FAILED
    assert (tried.attempts, tried.due_at, tried.error) == (11, None, "no")


@pytest.mark.parametrize(("chance", "wait_s"), [(0.0, 4.0), (0.5, 5.0), (0.999, 5.998)])
def test_what_failed_together_does_not_come_back_together(chance: float, wait_s: float) -> None:
    failed = webhooks.fail(webhooks.begin(notice(), NOW, 0), "no", None, NOW, chance, 7)
    assert (failed.next_at - NOW).total_seconds() == pytest.approx(wait_s)
    assert failed.due_at == failed.next_at + timedelta(seconds=7)


def test_who_answers_410_is_not_asked_again() -> None:
    failed = webhooks.fail(webhooks.begin(notice(), NOW, 0), "no", 410, NOW, 0.5, 7)
    assert (failed.status, failed.due_at) == (NoticeStatus.FAILED, None)


def test_a_webhook_that_fails_ten_times_in_a_row_rests_and_longer_each_time() -> None:
    failing, rests = webhook(), list[float]()
    for _ in range(25):
        failing = webhooks.refused(failing, "no", NOW)
        until = failing.rests_until
        rests.append((until - NOW).total_seconds() if until else 0)
    assert rests[:12] == [0] * 9 + [30, 60, 90]
    assert rests[-1] == 300
    put_off = webhooks.put_off(notice(), failing, NOW, chance=0.5, return_s=7)
    assert put_off.attempts == 0
    assert put_off.next_at == NOW + timedelta(seconds=315)
    assert webhooks.rests(failing, NOW)
    assert not webhooks.rests(failing, NOW + days(1))


def test_a_notice_that_is_put_off_for_a_day_is_given_up() -> None:
    resting = webhook(rests_until=NOW + days(1), last_error="no")
    put_off = webhooks.put_off(notice(), resting, NOW, chance=0.5, return_s=7)
    assert (put_off.status, put_off.due_at) == (NoticeStatus.FAILED, None)


def test_only_three_days_without_one_success_are_steady_failure() -> None:
    failing = webhooks.refused(webhook(), "no", NOW)
    again = webhooks.refused(failing, "still no", NOW + days(1))
    assert (again.failing_since, again.last_error) == (NOW, "still no")
    assert not webhooks.is_failing_steadily(again, NOW + days(2.9))
    assert webhooks.is_failing_steadily(again, NOW + days(3))
    well = webhooks.accepted(again, NOW + days(2))
    assert (well.failing_since, well.last_error, well.failures) == (None, None, 0)
    assert not webhooks.is_failing_steadily(well, NOW + days(9))


def test_a_success_among_others_writes_nothing() -> None:
    assert webhooks.accepted(webhook(), NOW + days(1)) == webhook()


def test_a_secret_is_as_the_standard_has_it() -> None:
    prefix, _, rest = webhooks.new_secret("a", "b").partition("_")
    assert prefix == "whsec"
    assert 24 <= len(base64.b64decode(rest, validate=True)) <= 64
    assert webhooks.new_secret("a", "b") != webhooks.new_secret("a", "c")


def test_an_old_secret_signs_for_a_day_beside_the_new_one() -> None:
    rotated = webhooks.rotate(WebhookSecrets("w", "first"), "second", NOW)
    assert rotated is not None
    assert rotated.signing_at(NOW + timedelta(hours=23)) == ["second", "first"]
    assert rotated.signing_at(NOW + timedelta(hours=24)) == ["second"]
    again = webhooks.rotate(rotated, "third", NOW + timedelta(hours=1))
    assert again is not None
    assert again.signing_at(NOW + timedelta(hours=2)) == ["third", "first", "second"]


def test_a_secret_is_not_rotated_so_often_that_one_in_use_is_dropped() -> None:
    secrets: WebhookSecrets | None = WebhookSecrets("w", "0")
    for number in range(1, 5):
        assert secrets is not None
        secrets = webhooks.rotate(secrets, str(number), NOW)
    assert secrets is not None
    assert webhooks.rotate(secrets, "5", NOW) is None
    later = webhooks.rotate(secrets, "5", NOW + days(1))
    assert later is not None
    assert [each.secret for each in later.old] == ["4"]


def test_all_events_are_of_a_job_or_a_batch() -> None:
    assert {event.value.partition(".")[0] for event in WebhookEvent} == {"job", "batch"}
