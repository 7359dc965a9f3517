"""Webhooks: registering, what they are told and when, and what they cost."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook as Receiver
from standardwebhooks import WebhookVerificationError

from mediaforge.adapters.outside import HardenedOutside
from mediaforge.contract import documents as at
from mediaforge.contract.requests import parse
from mediaforge.domain.errors import (
    AccountBlockedError,
    IllegalStateError,
    InvalidRequestError,
    NotAMemberError,
    NotFoundError,
    RequestError,
    RequestIdReusedError,
    RoleNotAllowedError,
    UnansweredError,
)
from mediaforge.domain.library.webhooks import Notice, NoticeStatus, WebhookEvent, WebhookStatus
from mediaforge.domain.money import accounts
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.settle import settle_account
from mediaforge.services.library import webhook_lists
from mediaforge.services.library import webhooks as operations
from mediaforge.services.library.webhook_notices import deliver_notice
from mediaforge.services.watch.sweep import sweep_jobs
from tests.contract.test_outside import INNER
from tests.memory.outside import Sent
from tests.services.jobs.test_job_cost import Cost, MeteredDocuments, an_image, cost_of
from tests.support.faults import Killed, Steps, UnheardDocuments, mortal
from tests.support.world import ANN, CATALOGUE, START, World, user

BOB = user("bob")
DAY_S = 86_400


@pytest.fixture
def world() -> World:
    return World()


def rotate(world: World, webhook_id: str, caller: Caller = ANN) -> str:
    request = parse(operations.RotateWebhook, {"webhookId": webhook_id})
    return operations.rotate_webhook(world.backend, caller, request).secret


def delete(world: World, webhook_id: str, caller: Caller = ANN) -> None:
    request = parse(operations.DeleteWebhook, {"webhookId": webhook_id})
    operations.delete_webhook(world.backend, caller, request)


def listed(world: World, caller: Caller = ANN, **fields: Any) -> list[str]:
    request = parse(webhook_lists.ListWebhooks, fields)
    answer = webhook_lists.list_webhooks(world.backend, caller, request)
    return [item.webhook_id for item in answer.items]


def deliveries(
    world: World, webhook_id: str, caller: Caller = ANN, **fields: Any
) -> webhook_lists.DeliveriesListed:
    request = parse(webhook_lists.ListDeliveries, {"webhookId": webhook_id, **fields})
    return webhook_lists.list_deliveries(world.backend, caller, request)


def read(sent: Sent, secret: str) -> dict[str, Any]:
    """The message, as the public library reads it. Its tolerance is for a clock of today, so the test's is
    signed anew around the same words."""
    receiver = Receiver(secret)
    signatures = sent.headers["webhook-signature"].split(" ")
    moment = START.fromtimestamp(int(sent.headers["webhook-timestamp"]), START.tzinfo)
    if receiver.sign(sent.headers["webhook-id"], moment, sent.body.decode()) not in signatures:
        raise WebhookVerificationError
    message: dict[str, Any] = json.loads(sent.body)
    return message


def only(world: World, webhook_id: str) -> Notice:
    (notice,) = world.notices(webhook_id)
    return notice


def try_for(world: World, hours: float, step_s: float = 60) -> None:
    """Lives on: tasks when they are due, and the sweep each minute."""
    for _ in range(int(hours * 3600 / step_s)):
        world.tell_webhooks()
        world.clock.advance(step_s)
        sweep_jobs(world.backend)


# ---- registering -------------------------------------------------------------------------------------


def test_it_is_registered_for_everything_or_for_what_is_named(world: World) -> None:
    all_of_it = world.register()
    some = world.register(events=["batch.completed", "job.failed", "job.failed"])
    assert all_of_it.events == tuple(WebhookEvent)
    assert some.events == (WebhookEvent.JOB_FAILED, WebhookEvent.BATCH_COMPLETED)
    assert some.status is WebhookStatus.ENABLED
    assert listed(world) in (
        [some.webhook_id, all_of_it.webhook_id],
        [all_of_it.webhook_id, some.webhook_id],
    )
    assert world.account().webhooks[some.webhook_id] == ["job.failed", "batch.completed"]


def test_its_secret_is_in_no_document_that_a_client_reads(world: World) -> None:
    secret = world.register().secret
    assert secret is not None
    having = [path for path, fields in world.contents().items() if secret in str(fields)]
    assert [path.partition("/")[0] for path in having] == ["webhook_secrets"]


def test_sent_again_it_is_the_same_webhook_with_its_secret(world: World) -> None:
    first = world.register(requestId="r")
    assert world.register(requestId="r") == first
    world.outside.inner.add("example.com")
    assert world.register(requestId="r") == first
    assert listed(world) == [first.webhook_id]
    with pytest.raises(RequestIdReusedError):
        world.register(requestId="r", events=["job.failed"])
    rotate(world, first.webhook_id)
    assert world.register(requestId="r").secret is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": ""}, "url"),
        ({"url": "x" * 2049}, "url"),
        ({"events": []}, "events"),
        ({"events": ["job.failed", "job.begun"]}, "events[1]"),
        ({"secret": "whsec_mine"}, "secret"),
        ({"teamId": "a/b"}, "teamId"),
    ],
)
def test_a_wrong_field_is_named(world: World, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        world.register(**fields)
    assert [each["field"] for each in refused.value.details["fieldErrors"]] == [field]
    assert world.contents() == {}


def test_an_inner_address_is_refused_and_leaves_nothing(world: World) -> None:
    world.outside.inner.add("inner.example.com")
    with pytest.raises(InvalidRequestError) as refused:
        world.register(url="https://inner.example.com/")
    assert refused.value.details["fieldErrors"][0]["field"] == "url"
    assert world.contents() == {}


def test_an_account_has_a_limited_number_and_each_counts_in_the_minute(world: World) -> None:
    limit = CATALOGUE.limits.webhooks_max
    for _ in range(limit):
        world.register()
    assert sum(world.account().rate.seconds.values()) == limit
    with pytest.raises(IllegalStateError) as refused:
        world.register()
    assert refused.value.details["limit"] == limit
    delete(world, listed(world)[0])
    world.register()


def test_a_blocked_user_registers_nothing(world: World) -> None:
    world.submit()
    world.control_account("block", accountId="user_ann", reason="abuse")
    for act in (world.register, lambda: listed(world)):
        with pytest.raises(AccountBlockedError):
            act()


def test_editors_and_owners_look_after_a_team_s_and_nobody_else(world: World) -> None:
    team_id = world.found_team(eve="editor", vic="viewer")
    eve, vic = user("eve"), user("vic")
    mine = world.register(eve, teamId=team_id).webhook_id
    refusals: dict[str, tuple[Caller, type[RequestError]]] = {
        "viewer": (vic, RoleNotAllowedError),
        "stranger": (BOB, NotFoundError),
    }
    acts: list[Callable[[Caller], object]] = [
        lambda caller: rotate(world, mine, caller),
        lambda caller: delete(world, mine, caller),
        lambda caller: deliveries(world, mine, caller),
    ]
    for caller, refusal in refusals.values():
        for act in acts:
            with pytest.raises(refusal):
                act(caller)
    with pytest.raises(RoleNotAllowedError):
        world.register(vic, teamId=team_id)
    with pytest.raises(NotAMemberError):
        world.register(BOB, teamId=team_id)
    with pytest.raises(NotAMemberError):
        listed(world, BOB, teamId=team_id)
    assert listed(world, ANN, teamId=team_id) == listed(world, eve, teamId=team_id) == [mine]
    assert listed(world, eve) == []
    assert mine in world.account(f"team_{team_id}").webhooks
    delete(world, mine, ANN)
    assert world.account(f"team_{team_id}").webhooks == {}


def test_somebody_else_s_is_not_found(world: World) -> None:
    mine = world.register().webhook_id
    for act in (rotate, delete, deliveries):
        with pytest.raises(NotFoundError):
            act(world, mine, BOB)
    with pytest.raises(NotFoundError):
        deliveries(world, "none")


# ---- what it is told ---------------------------------------------------------------------------------


def test_it_is_told_of_a_job_s_end_as_its_view_is(world: World) -> None:
    created = world.register()
    job = world.finish("a lighthouse", requestId="r")
    assert world.tell_webhooks() == ["delivered"]
    (sent,) = world.outside.sent
    assert created.secret is not None
    message = read(sent, created.secret)
    assert message["type"] == "job.completed"
    assert message["timestamp"] == "2026-11-20T12:00:00Z"
    data = message["data"]
    assert (data["fileUid"], data["status"], data["requestId"]) == (job.id, "completed", "r")
    assert data["path"] == f"generations/ann/images/{job.id}"
    assert (
        data["generationData"]["imageUrls"] == world.view(job.id)["generation_data"]["image_urls"]
    )
    assert data["credits"]["charged"] == 2
    notice = only(world, created.webhook_id)
    assert (notice.status, notice.attempts, notice.response_status) == (
        NoticeStatus.DELIVERED,
        1,
        204,
    )
    assert notice.due_at is None
    assert sent.headers["webhook-id"] == notice.id


@pytest.mark.parametrize(
    ("prompt", "event"), [("[[blocked]]", "job.failed"), ("cancel me", "job.cancelled")]
)
def test_it_is_told_of_each_end(world: World, prompt: str, event: str) -> None:
    world.register()
    job = world.submit(prompt).job
    if event == "job.cancelled":
        world.cancel(job.id)
    world.run_until_quiet()
    world.tell_webhooks()
    assert [json.loads(sent.body)["type"] for sent in world.outside.sent] == [event]


def test_it_is_told_of_a_batch_once_all_its_rows_are_final(world: World) -> None:
    created = world.register(events=["batch.completed", "batch.cancelled"])
    batch = world.submit_batch(3)
    world.run_until_quiet()
    world.tell_webhooks()
    (sent,) = world.outside.sent
    message = json.loads(sent.body)
    assert message["type"] == "batch.completed"
    data = message["data"]
    assert (data["id"], data["path"], data["status"]) == (
        batch.id,
        f"batches/{batch.id}",
        "completed",
    )
    assert data["counts"]["completed"] == 3
    assert not {"requestHash", "controls", "dueAt", "accountOpenedAt"} & data.keys()
    assert only(world, created.webhook_id).path == f"batches/{batch.id}"


def test_a_batch_that_is_run_again_is_told_again(world: World) -> None:
    created = world.register(events=["batch.completed"])
    batch = world.submit_batch([{"prompt": "[[fail:transient:9]]"}, {"prompt": "x"}])
    world.run_until_quiet()
    world.control_batch(batch.id, "retryFailed")
    world.run_until_quiet()
    notices = world.notices(created.webhook_id)
    assert [each.event for each in notices] == [WebhookEvent.BATCH_COMPLETED] * 2
    assert len({each.id for each in notices}) == 2


def test_a_batch_is_cancelled_with_the_call_where_nothing_runs_and_else_with_its_last_row(
    world: World,
) -> None:
    created = world.register(events=["batch.cancelled"])
    waiting = world.submit_batch(2)
    world.control_batch(waiting.id, "cancel")
    assert only(world, created.webhook_id).path == f"batches/{waiting.id}"
    assert len(world.tasks.of_webhooks) == 1

    running = world.submit_batch(2)
    world.go_on()
    row = world.batch_rows(running.id)[0]
    job_id = row.job_id or ""
    world.provider.meanwhile = [lambda: world.control_batch(running.id, "cancel")]
    world.deliver(job_id)
    world.run_until_quiet()
    paths = sorted(each.path for each in world.notices(created.webhook_id))
    assert paths == sorted(f"batches/{each.id}" for each in (waiting, running))


def test_a_row_s_job_that_is_withdrawn_for_a_change_is_a_cancelled_job(world: World) -> None:
    created = world.register(events=["job.cancelled"])
    batch = world.submit_batch(1)
    world.go_on()
    job_id = world.batch_rows(batch.id)[0].job_id
    world.control_batch(batch.id, "editRow", row=0, changes={"prompt": "z"})
    assert world.job(job_id or "").status.value == "cancelled"
    assert only(world, created.webhook_id).path.endswith(job_id or "nothing")
    assert len(world.tasks.of_webhooks) == 1


def test_what_others_pay_for_is_told_to_them(world: World) -> None:
    team_id = world.found_team(bob="editor")
    mine = world.register().webhook_id
    teams = world.register(BOB, teamId=team_id).webhook_id
    own, shared = world.finish(), world.finish(teamId=team_id)
    assert only(world, mine).path.endswith(own.id)
    assert only(world, teams).path.endswith(shared.id)


def test_who_has_left_the_team_is_told_nothing_more(world: World) -> None:
    team_id = world.found_team(bob="editor")
    created = world.register(BOB, teamId=team_id)
    world.finish(teamId=team_id)
    world.control_team(ANN, team_id, "remove", uid="bob")
    assert world.tell_webhooks() == ["dropped"]
    assert world.outside.sent == []
    webhook = world.webhook(created.webhook_id)
    assert webhook.status is WebhookStatus.DISABLED
    assert "no editor" in (webhook.last_error or "")
    assert world.account(f"team_{team_id}").webhooks == {}


def test_a_webhook_of_the_same_name_is_told_nothing_of_an_earlier_one(world: World) -> None:
    """Whoever has left the team registers the same `requestId` once more, for themselves."""
    team_id = world.found_team(bob="editor")
    created = world.register(BOB, teamId=team_id, requestId="r")
    world.finish(teamId=team_id)
    delete(world, created.webhook_id, BOB)
    world.control_team(ANN, team_id, "remove", uid="bob")
    world.clock.advance(1)
    again = world.register(BOB, requestId="r", url="https://bob.example/")
    assert again.webhook_id == created.webhook_id
    assert world.tell_webhooks() == ["dropped"]
    assert world.outside.sent == []
    assert deliveries(world, again.webhook_id, BOB).items == ()


@pytest.mark.parametrize("blocked", ["user_bob", "team"])
def test_nobody_is_told_while_they_or_the_team_are_blocked(world: World, blocked: str) -> None:
    team_id = world.found_team(bob="editor")
    created = world.register(BOB, teamId=team_id)
    world.finish(teamId=team_id)
    account_id = f"team_{team_id}" if blocked == "team" else blocked
    world.control_account("block", accountId=account_id, reason="abuse")
    assert world.tell_webhooks() == ["dropped"]
    assert world.outside.sent == []
    assert world.webhook(created.webhook_id).status is WebhookStatus.ENABLED


def test_nobody_is_told_of_what_was_deleted(world: World) -> None:
    created = world.register()
    job = world.finish()
    world.documents.transact(lambda tx: tx.delete(at.view(job)))
    assert world.tell_webhooks() == ["dropped"]
    assert world.outside.sent == []
    assert "deleted" in (only(world, created.webhook_id).error or "")


def test_a_deleted_webhook_is_told_nothing_and_wants_nothing(world: World) -> None:
    created = world.register()
    world.finish()
    delete(world, created.webhook_id)
    assert world.tell_webhooks() == ["dropped"]
    assert world.outside.sent == []
    world.finish()
    assert world.tasks.of_webhooks == []
    assert listed(world) == []
    with pytest.raises(NotFoundError):
        delete(world, created.webhook_id)


def test_both_secrets_sign_for_a_day_after_a_rotation(world: World) -> None:
    created = world.register()
    assert created.secret is not None
    new = rotate(world, created.webhook_id)
    world.finish()
    world.tell_webhooks()
    assert read(world.outside.sent[0], created.secret) == read(world.outside.sent[0], new)
    world.clock.advance(DAY_S)
    world.finish()
    world.tell_webhooks()
    read(world.outside.sent[1], new)
    with pytest.raises(WebhookVerificationError):
        read(world.outside.sent[1], created.secret)


def test_a_signature_is_of_the_very_bytes_and_the_moment_of_the_attempt(world: World) -> None:
    world.register()
    world.outside.answers = [500]
    world.finish("a café at dusk 🌆")
    world.tell_webhooks()
    world.clock.advance(5)
    world.tell_webhooks()
    first, second = world.outside.sent
    assert "café" in first.body.decode()
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 5
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


# ---- attempts ----------------------------------------------------------------------------------------


def test_who_answers_500_twice_gets_the_same_id_three_times(world: World) -> None:
    created = world.register()
    assert created.secret is not None
    world.outside.answers = [500, 500]
    world.finish()
    for seconds in (5, 30, 0):
        world.tell_webhooks()
        world.clock.advance(seconds)
    ids = [sent.headers["webhook-id"] for sent in world.outside.sent]
    assert (len(ids), len(set(ids))) == (3, 1)
    for sent in world.outside.sent:
        read(sent, created.secret)
    notice = only(world, created.webhook_id)
    assert (notice.status, notice.attempts, notice.error) == (NoticeStatus.DELIVERED, 3, None)
    assert world.webhook(created.webhook_id).last_error is None


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (500, 500, "The receiver answered 500."),
        (307, 307, "redirect"),
        (404, 404, "404"),
        (UnansweredError("The server did not answer in time."), None, "in time"),
    ],
)
def test_a_failed_attempt_says_why_and_is_made_again(
    world: World, answer: int | Exception, status: int | None, said: str
) -> None:
    created = world.register()
    world.outside.answers = [answer]
    world.finish()
    assert world.tell_webhooks() == ["pending"]
    notice = only(world, created.webhook_id)
    assert notice.response_status == status
    assert said in (notice.error or "")
    assert said in (world.webhook(created.webhook_id).last_error or "")
    world.clock.advance(5)
    assert world.tell_webhooks() == ["delivered"]


def test_an_address_that_leads_inside_by_now_is_not_called(world: World) -> None:
    created = world.register()
    world.outside.inner.add("example.com")
    world.finish()
    assert world.tell_webhooks() == ["pending"]
    assert world.outside.sent == []
    assert "not open to everybody" in (only(world, created.webhook_id).error or "")


@pytest.mark.parametrize("url", INNER.values(), ids=INNER)
def test_with_the_real_rules_an_inner_address_is_neither_registered_nor_called(url: str) -> None:
    world = World()
    webhook_id = world.register().webhook_id
    world.backend = replace(world.backend, outside=HardenedOutside())
    with pytest.raises(InvalidRequestError) as refused:
        world.register(url=url)
    assert [each["field"] for each in refused.value.details["fieldErrors"]] == ["url"]
    assert listed(world) == [webhook_id]
    # As if its name had led elsewhere when it was registered.
    world.overwrite(f"webhooks/{webhook_id}", url=url)
    world.finish()
    assert world.tell_webhooks() == ["pending"]
    assert "not open to everybody" in (only(world, webhook_id).error or "")


def test_it_is_given_up_after_a_day_and_the_webhook_disabled_after_three(world: World) -> None:
    created = world.register()
    world.outside.answers = [500] * 1000
    for _ in range(3):
        world.finish()
        try_for(world, hours=24)
    notices = world.notices(created.webhook_id)
    assert NoticeStatus.FAILED in {each.status for each in notices}
    assert world.webhook(created.webhook_id).status is WebhookStatus.ENABLED
    world.finish()
    try_for(world, hours=25)
    webhook = world.webhook(created.webhook_id)
    assert webhook.status is WebhookStatus.DISABLED
    assert "three days" in (webhook.last_error or "")
    assert world.account().webhooks == {}
    sent = len(world.outside.sent)
    world.finish()
    try_for(world, hours=1)
    assert len(world.outside.sent) == sent
    assert all(each.due_at is None for each in world.notices(created.webhook_id))


def test_who_answers_410_is_told_no_more(world: World) -> None:
    created = world.register()
    world.outside.answers = [410]
    first, second = world.submit().job, world.submit().job
    world.run_until_quiet()
    assert first.id != second.id
    assert sorted(world.tell_webhooks()) == ["dropped", "failed"]
    webhook = world.webhook(created.webhook_id)
    assert (webhook.status, webhook.disabled_at) == (WebhookStatus.DISABLED, world.clock.now())
    assert "410" in (webhook.last_error or "")
    assert world.account().webhooks == {}


def test_a_webhook_that_never_answers_is_not_asked_for_each_job(world: World) -> None:
    created = world.register()
    world.set_tier("studio")
    world.grant(1000)
    world.outside.answers = [UnansweredError("The server did not answer in time.")] * 1000
    for _ in range(40):
        world.submit()
    world.run_until_quiet()
    outcomes = world.tell_webhooks()
    assert outcomes == ["pending"] * 40
    assert len(world.outside.sent) == 10
    assert world.webhook(created.webhook_id).failures == 10
    world.outside.answers = []
    try_for(world, hours=1)
    assert {each.status for each in world.notices(created.webhook_id)} == {NoticeStatus.DELIVERED}


def test_a_task_that_comes_twice_is_one_attempt(world: World) -> None:
    created = world.register()
    world.finish()
    (task,) = world.tasks.of_webhooks
    world.tasks.of_webhooks.append(task)
    assert world.tell_webhooks() == ["delivered", "not-waiting"]
    assert len(world.outside.sent) == 1
    assert deliver_notice(world.backend, created.webhook_id, "none") == "not-waiting"


def test_a_task_that_comes_while_another_is_at_it_does_nothing(world: World) -> None:
    created = world.register()
    world.finish()
    notice = only(world, created.webhook_id)
    outcomes = list[str]()

    def meanwhile(url: str, headers: Any, body: bytes) -> int:
        outcomes.append(deliver_notice(world.backend, created.webhook_id, notice.id))
        return 204

    world.outside.send = meanwhile  # type: ignore[method-assign] # what happens at the receiver's
    assert world.tell_webhooks() == ["delivered"]
    assert outcomes == ["early"]


def test_a_lost_task_is_found_by_the_sweep(world: World) -> None:
    created = world.register()
    world.finish()
    world.tasks.of_webhooks.clear()
    try_for(world, hours=0.1)
    assert only(world, created.webhook_id).status is NoticeStatus.DELIVERED
    assert len(world.outside.sent) == 1


def test_a_notice_whose_webhook_cannot_be_read_ends(world: World) -> None:
    created = world.register()
    world.finish()
    path = at.webhook(created.webhook_id).path
    fields = world.documents.peek(path)[0] or {}
    world.documents.overwrite(path, {**fields, "status": "spoilt"})
    assert only(world, created.webhook_id).status is NoticeStatus.PENDING
    for _ in range(26):
        world.clock.advance(3_600)
        sweep_jobs(world.backend)
        with suppress(ValidationError):  # the task is delivered again, a few times
            world.tell_webhooks()
        world.tasks.of_webhooks.clear()
    assert only(world, created.webhook_id).status is NoticeStatus.FAILED
    assert sweep_jobs(world.backend)["given-up"] == 0


def test_a_notice_that_is_looked_at_again_too_late_has_moved(world: World) -> None:
    created = world.register()
    world.finish()
    world.tell_webhooks()
    world.clock.advance(DAY_S)
    assert sweep_jobs(world.backend)["sent-again"] == 0
    assert only(world, created.webhook_id).attempts == 1


# ---- crashes -----------------------------------------------------------------------------------------


def settled_and_told(world: World, steps: Steps) -> None:
    backend = mortal(world.backend, steps)
    settle_account(backend, "user_ann")
    for task in list(world.tasks.of_webhooks):
        world.tasks.of_webhooks.remove(task)
        deliver_notice(backend, task.body["webhookId"], task.body["deliveryId"])


def about_to_settle() -> tuple[World, str]:
    world = World()
    created = world.register()
    job = world.submit().job
    world.deliver(job.id)
    return world, created.webhook_id


def test_killed_between_any_two_lines_it_is_told_under_one_id() -> None:
    world, _ = about_to_settle()
    steps = Steps()
    settled_and_told(world, steps)
    assert len(steps.passed) >= 8
    for die_at in range(1, len(steps.passed) + 1):
        world, webhook_id = about_to_settle()
        with pytest.raises(Killed):
            settled_and_told(world, Steps(die_at))
        world.run_until_quiet()
        try_for(world, hours=0.2)
        assert only(world, webhook_id).status is NoticeStatus.DELIVERED
        ids = {sent.headers["webhook-id"] for sent in world.outside.sent}
        assert len(ids) == 1
        assert len(world.outside.sent) in (1, 2)
        world.assert_promises()


def test_delivered_and_then_killed_it_is_sent_again() -> None:
    world, webhook_id = about_to_settle()
    settle_account(world.backend, "user_ann")
    (task,) = world.tasks.of_webhooks
    world.tasks.of_webhooks.clear()
    steps = Steps(die_at=4)
    with pytest.raises(Killed):
        deliver_notice(mortal(world.backend, steps), webhook_id, task.body["deliveryId"])
    assert steps.passed[-1] == "after a message"
    try_for(world, hours=0.1)
    first, second = world.outside.sent
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert only(world, webhook_id).attempts == 2


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_commit_whose_answer_is_lost_tells_once_more_at_most(number: int) -> None:
    world, webhook_id = about_to_settle()
    unheard = UnheardDocuments(world.documents, Steps(), number)
    world.backend = replace(world.backend, documents=unheard)
    settle_account(world.backend, "user_ann")
    world.tell_webhooks()
    try_for(world, hours=0.2)
    assert only(world, webhook_id).status is NoticeStatus.DELIVERED
    assert len({sent.headers["webhook-id"] for sent in world.outside.sent}) == 1


def test_registering_whose_answer_is_lost_is_one_webhook(world: World) -> None:
    sent = {"url": "https://example.com/hook", "requestId": "r"}
    request = parse(operations.CreateWebhook, sent)
    for die_at in (1, 2):
        backend = mortal(world.backend, Steps(die_at))
        with pytest.raises(Killed):
            operations.create_webhook(backend, ANN, request)
    created = world.register(requestId="r")
    assert listed(world) == [created.webhook_id]
    assert sum(world.account().rate.seconds.values()) == 1
    assert created.secret is not None


# ---- what it costs -----------------------------------------------------------------------------------


def test_a_job_of_an_account_with_a_webhook_costs_one_write_more_and_no_read() -> None:
    world = World(documents=MeteredDocuments())
    plain = cost_of(World(documents=MeteredDocuments()), an_image)
    world.register(events=["job.failed"])
    assert cost_of(world, an_image) == plain
    world = World(documents=MeteredDocuments())
    world.register()
    assert cost_of(world, an_image) == Cost(plain.reads, plain.writes + 1, plain.trigger_calls)


# ---- lists -------------------------------------------------------------------------------------------


def test_deliveries_are_listed_newest_first_page_by_page(world: World) -> None:
    created = world.register()
    jobs = []
    for _ in range(5):
        jobs.append(world.finish())
        world.clock.advance(60)
    world.tell_webhooks()
    paths, cursor = list[str](), None
    for _ in range(3):
        page = deliveries(world, created.webhook_id, limit=2, cursor=cursor)
        paths += [item.path for item in page.items]
        cursor = page.cursor
    assert cursor is None
    assert paths == [f"generations/ann/images/{job.id}" for job in reversed(jobs)]
    (item,) = deliveries(world, created.webhook_id, limit=1).items
    on_the_wire = item.on_the_wire()
    assert on_the_wire["status"] == "delivered"
    assert on_the_wire["deliveryId"] == only_id(world, created.webhook_id, item.path)
    assert not {"nextAt", "dueAt", "forgetAt"} & on_the_wire.keys()


def only_id(world: World, webhook_id: str, path: str) -> str:
    (found,) = (each.id for each in world.notices(webhook_id) if each.path == path)
    return found


@pytest.mark.parametrize(
    "cursor", ["x", "eA==", "MjAyNi0xMS0yMHxh", "MjAyNi0xMS0yMFQxMjowMDowMCswMDowMHw="]
)
def test_a_cursor_that_is_none_is_named(world: World, cursor: str) -> None:
    created = world.register()
    with pytest.raises(InvalidRequestError) as refused:
        deliveries(world, created.webhook_id, cursor=cursor)
    assert refused.value.details["fieldErrors"][0]["field"] == "cursor"


def test_a_webhook_is_listed_without_what_is_internal(world: World) -> None:
    created = world.register()
    request = parse(webhook_lists.ListWebhooks, {})
    (item,) = webhook_lists.list_webhooks(world.backend, ANN, request).items
    on_the_wire = item.on_the_wire()
    assert on_the_wire["webhookId"] == created.webhook_id
    assert on_the_wire["lastError"] is None
    assert not {"requestHash", "failures", "restsUntil", "secret", "id"} & on_the_wire.keys()


def test_an_account_without_webhooks_wants_nothing(world: World) -> None:
    world.finish()
    assert accounts.remove_webhook(world.account(), "w") == world.account()
    assert world.tasks.of_webhooks == []
    assert [path for path in world.contents() if "deliveries" in path] == []
