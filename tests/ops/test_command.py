"""What all verbs of the operators' command have in common, and what each of them does."""

from datetime import timedelta

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import CreateApiKey, parse
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.watch.audit import AuditEntry
from mediaforge.ops.command import main
from mediaforge.ports.documents import Query
from mediaforge.services.operate.audit import audited
from mediaforge.services.people.keys import create_key
from tests.ops.conftest import Ops
from tests.support.world import ANN, World, user

FAILS = "[[fail:always]]"


def died(world: World) -> str:
    job_id = world.finish(FAILS).id
    assert world.documents.get(at.dead_letter(job_id)) is not None
    return job_id


def audits(world: World) -> list[AuditEntry]:
    return list(world.documents.find(AuditEntry, Query(at.AUDIT, order_by=("-begun_at",))))


def a_key(world: World) -> str:
    request = parse(CreateApiKey, {"name": "sheet"}, "createApiKey")
    return create_key(world.backend, ANN, request)[0].id


def prepared(world: World) -> dict[str, str]:
    """What the commands below name."""
    job_id = died(world)
    waiting = world.submit("[[sleep:9]]").job.id
    team_id = world.found_team()
    webhook = world.register()
    return {
        "JOB": job_id,
        "WAITING": waiting,
        "TEAM": team_id,
        "KEY": a_key(world),
        "WEBHOOK": webhook.webhook_id,
    }


CHANGES = [
    "dead-letters replay JOB",
    "dead-letters replay --all",
    "dead-letters purge JOB",
    "dead-letters purge --code provider-unavailable",
    "jobs cancel WAITING",
    "jobs cancel --account user_ann",
    "jobs retry JOB",
    "accounts adjust user_ann --credits -5",
    "accounts set-tier user_ann pro",
    "accounts block user_ann",
    "accounts unblock user_ann",
    "fuses reset project",
    "fuses reset free",
    "fuses reset user_ann",
    "breakers reset local-image",
    "keys revoke KEY",
    "webhooks rotate WEBHOOK",
    "teams set-owner TEAM bob",
    "queues pause batches",
    "queues resume batches",
    "queues purge batches",
    "users export ann",
    "users erase ann",
]


def filled(line: str, names: dict[str, str]) -> str:
    return " ".join(names.get(word, word) for word in line.split())


@pytest.mark.parametrize("line", CHANGES)
def test_without_yes_nothing_is_changed(ops: Ops, line: str) -> None:
    named = filled(line, prepared(ops.world))
    before, queues = ops.world.contents(), dict(ops.queues.states)
    ran = ops(f"{named} --reason tested")
    assert (ran.code, "Nothing was changed" in ran.out) == (0, True), ran
    assert (ops.world.contents(), ops.queues.states, ops.queues.purged) == (before, queues, [])
    assert ops(f"{named} --reason tested --json").data["dryRun"] is True


@pytest.mark.parametrize("line", CHANGES)
def test_nothing_is_changed_without_a_reason(ops: Ops, line: str) -> None:
    named = filled(line, prepared(ops.world))
    before = ops.world.contents()
    ran = ops(f"{named} --yes")
    assert (ran.code, "--reason" in ran.err) == (2, True), ran
    assert ops.world.contents() == before


@pytest.mark.parametrize("line", CHANGES)
def test_each_change_leaves_who_made_it_and_why(ops: Ops, line: str) -> None:
    named = filled(line, prepared(ops.world))
    ran = ops.why(named)
    assert ran.code == 0, ran
    [entry] = audits(ops.world)
    assert (entry.actor, entry.reason, entry.outcome.value) == ("ops:olga", "tested", "done")
    assert named.startswith(entry.action)
    assert "olga" in ops("audit list").out


READS = [
    "dead-letters list",
    "dead-letters show JOB",
    "jobs stuck",
    "jobs failed",
    "jobs show JOB",
    "queues list",
    "accounts show user_ann",
    "accounts ledger user_ann",
    "teams show TEAM",
    "invariants check",
    "invariants check --account user_ann",
    "fuses show",
    "breakers show",
    "webhooks failures",
    "audit list",
    "health",
    "users show ann",
    "users show nobody",
]


@pytest.mark.parametrize("line", READS)
def test_what_is_shown_to_people_is_one_object_for_scripts_and_changes_nothing(
    ops: Ops, line: str
) -> None:
    named = filled(line, prepared(ops.world))
    before = ops.world.contents()
    shown, scripted = ops(named), ops(f"{named} --json")
    assert shown.code == scripted.code in (0, 1), shown
    assert shown.out.strip()
    assert isinstance(scripted.data, dict)
    assert "the tests" in shown.err
    assert "severity" not in shown.out + shown.err
    assert ops.world.contents() == before


# ---- exit codes --------------------------------------------------------------------------------------


def test_what_is_refused_is_2_and_says_why(ops: Ops) -> None:
    ran = ops("accounts show user_nobody")
    assert (ran.code, "not-found" in ran.err, ran.out) == (2, True, "")


@pytest.mark.parametrize(
    "line",
    [
        "dead-letters purge --reason x --yes",
        "dead-letters replay a --all --reason x --yes",
        "dead-letters list --older-than soon",
        "jobs cancel --reason x",
        "jobs failed --older-than 48h",
        "nothing",
        "",
    ],
)
def test_a_wrong_command_line_is_2(ops: Ops, line: str) -> None:
    died(ops.world)
    before = ops.world.contents()
    assert ops(line).code == 2
    assert ops.world.contents() == before


def test_no_answer_is_3(ops: Ops) -> None:
    def broken(*_: object, **__: object) -> None:
        raise BusyError("Firestore: DeadlineExceeded")

    ops.world.documents.get = broken  # type: ignore[method-assign]
    ran = ops("health")
    assert (ran.code, "No answer" in ran.err) == (3, True)


def test_a_bug_is_4_and_quotes_nobody(ops: Ops) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a user's words")

    ops.world.documents.get = broken  # type: ignore[method-assign]
    ran = ops("health")
    assert ran.code == 4
    assert "words" not in ran.out + ran.err


def test_neither_a_project_nor_emulators_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    assert main(["health"]) == 2
    assert "--project" in capsys.readouterr().err
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    assert main(["--project", "shop", "health"]) == 2
    assert "FIRESTORE_EMULATOR_HOST" in capsys.readouterr().err


# ---- what they find ----------------------------------------------------------------------------------


def test_letters_are_counted_by_their_reason(ops: Ops) -> None:
    job_id = died(ops.world)
    data = ops("dead-letters list --json").data
    assert (data["total"], data["byCode"]) == (1, {"provider-unavailable": 1})
    assert [each["jobId"] for each in data["letters"]] == [job_id]


def test_what_a_user_wrote_is_shown_only_where_it_is_asked_for(ops: Ops) -> None:
    job_id = died(ops.world)
    for noun in ("dead-letters", "jobs"):
        assert FAILS not in ops(f"{noun} show {job_id}").out
        assert FAILS not in ops(f"{noun} show {job_id} --json").out
        assert FAILS in ops(f"{noun} show {job_id} --words").out


def test_of_several_replays_those_that_are_refused_are_named_and_stay(ops: Ops) -> None:
    job_id, poor = died(ops.world), user("poor")
    second = ops.world.finish(FAILS, caller=poor)
    ops.world.control_account(
        "adjust",
        accountId="user_poor",
        amount=-ops.world.account("user_poor").available,
        reason="x",
        requestId="x",
    )
    ran = ops.why("dead-letters replay --all --json")
    assert ran.code == 1
    assert list(ran.data["replayed"]) == [job_id]
    assert ran.data["refused"] == {second.id: "insufficient-credits"}
    left = ops("dead-letters list --json").data["letters"]
    assert [each["jobId"] for each in left] == [second.id]


def test_more_than_the_limit_is_said(ops: Ops) -> None:
    died(ops.world)
    died(ops.world)
    ran = ops.why("dead-letters purge --all --limit 1 --json")
    assert (len(ran.data["purged"]), ran.data["more"]) == (1, True)
    assert ops("dead-letters list --json").data["total"] == 1


def test_a_job_whose_task_was_lost_is_stuck_and_its_health_says_so(ops: Ops) -> None:
    ops.world.set_tier("free")
    job = ops.world.submit().job
    assert ops("jobs stuck").code == 0
    ops.world.clock.advance(timedelta(minutes=20).total_seconds())
    ran = ops("jobs stuck --json")
    assert ran.code == 1
    assert [(each["jobId"], each["trouble"]) for each in ran.data["stuck"]] == [(job.id, "overdue")]
    health = ops("health --json")
    wrong = {each["check"] for each in health.data["checks"] if not each["isFine"]}
    assert (health.code, wrong) == (1, {"overdue jobs"})


def test_failed_jobs_are_found_newest_first_by_reason_age_model_and_account(ops: Ops) -> None:
    def found(words: str = "") -> list[str]:
        return [each["jobId"] for each in ops(f"jobs failed {words} --json").data["failed"]]

    blocked = ops.world.finish("[[blocked]]").id
    ops.world.finish()
    ops.world.clock.advance(timedelta(hours=2).total_seconds())
    dead = ops.world.finish(FAILS, caller=user("poor")).id
    assert found() == [dead, blocked]
    assert found("--code content-blocked") == [blocked]
    assert found("--newer-than 1h") == [dead]
    assert found("--older-than 1h") == [blocked]
    assert found("--account user_poor") == [dead]
    assert found("--model local-image") == [dead, blocked]
    assert found("--model another") == []
    ops.world.clock.advance(timedelta(hours=23).total_seconds())
    assert found() == [dead]


def test_failed_jobs_are_counted_by_reason_also_those_beyond_the_limit(ops: Ops) -> None:
    first, second = (ops.world.finish("[[blocked]]").id for _ in range(2))
    ran = ops("jobs failed --limit 1")
    assert second in ran.out
    assert first not in ran.out
    assert "1 shown of 2. content-blocked: 2" in ran.out
    assert ops("jobs failed --limit 1 --json").data["byCode"] == {"content-blocked": 2}


def test_an_installation_in_order_is_healthy(ops: Ops) -> None:
    ops.world.finish()
    ran = ops("health --json")
    assert (ran.code, ran.data["isFine"]) == (0, True), ran.out


def test_an_adjustment_that_is_sent_again_is_made_once(ops: Ops) -> None:
    ops.world.set_tier("free")
    line = "accounts adjust user_ann --credits -5"
    before = ops.world.account().available
    assert ops.why(line).code == ops.why(line).code == 0
    assert ops.world.account().available == before - 5
    named = f"{line} --request-id another"
    assert ops.why(named).code == ops.why(named).code == 0
    assert ops.world.account().available == before - 10


def test_all_jobs_of_an_account_are_cancelled(ops: Ops) -> None:
    ops.world.set_tier("free")
    jobs = [ops.world.submit(f"number {n}").job.id for n in range(4)]
    ran = ops.why("jobs cancel --account user_ann --json")
    assert (ran.code, set(ran.data["cancelled"])) == (0, set(jobs))
    assert {ops.world.job(each).status for each in jobs} == {JobStatus.CANCELLED}
    assert {ops.world.job(each).cancelled_by for each in jobs} == {"ops:olga"}


def test_a_broken_promise_is_found(ops: Ops) -> None:
    ops.world.finish()
    assert ops("invariants check").code == 0
    ops.world.overwrite("accounts/user_ann", available=1)
    ran = ops("invariants check --json")
    assert ran.code == 1
    assert ran.data["violations"][0]["document"] == "accounts/user_ann"


def test_a_key_is_revoked_by_its_beginning(ops: Ops) -> None:
    ops.world.set_tier("free")
    key_id = a_key(ops.world)
    assert ops.why(f"keys revoke mf_test_{key_id}_").code == 0
    assert ops.world.row(f"api_keys/{key_id}")["revoked_at"] is not None
    assert ops.world.row(f"api_key_records/{key_id}")["revoked_at"] is not None


def test_a_new_owner_may_be_somebody_who_was_no_member(ops: Ops) -> None:
    team_id = ops.world.found_team()
    assert ops.why(f"teams set-owner {team_id} bob").code == 0
    member = ops.world.member(team_id, "bob")
    assert member is not None
    assert member.role.may_manage


def test_a_queue_that_nobody_has_is_refused_and_the_audit_says_so(ops: Ops) -> None:
    assert ops.why("queues pause nothing").code == 2
    assert [entry.outcome.value for entry in audits(ops.world)] == ["refused"]


def test_a_command_that_dies_has_left_what_it_began(ops: Ops) -> None:
    job_id = died(ops.world)

    def stopped() -> None:
        with audited(ops.world.backend, ANN, "dead-letters purge", job_id, "tested") as note:
            assert [each.outcome.value for each in audits(ops.world)] == ["begun"]
            note.did(job_id)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    [entry] = audits(ops.world)
    assert (entry.outcome.value, entry.changed, dict(entry.details)) == (
        "failed",
        1,
        {job_id: "done"},
    )


# ---- users -------------------------------------------------------------------------------------------


def test_a_user_is_erased_by_their_uid_and_the_command_says_how_far_it_is(ops: Ops) -> None:
    ops.world.finish()
    assert ops("users show ann --json").data["erasure"] == "not asked for"
    dry = ops("users erase ann --reason tested")
    assert "which nobody can spend then" in dry.out
    assert ops.why("users erase ann").code == ops.why("users erase ann").code == 0
    shown = ops("users show ann --json").data
    assert (shown["erasure"], shown["accountId"]) == ("under way", "user_ann")
    assert [task.body["erase"] for task in ops.world.tasks.of_erasures] == ["user_ann"] * 2
    assert ops.why("users export ann").code == 2


def test_a_blocked_user_s_own_is_exported_and_its_address_is_shown(ops: Ops) -> None:
    ops.world.finish()
    ops.world.control_account("block", accountId="user_ann", reason="spam")
    asked = ops.why("users export ann --json").data
    ops.world.make_exports()
    [made] = ops("users show ann --json").data["exports"]
    assert (made["exportId"], made["status"]) == (asked["exportId"], "completed")
    assert made["url"] in ops("users show ann").out


@pytest.mark.parametrize("verb", ["erase", "export"])
def test_a_slip_of_the_pen_opens_no_account(ops: Ops, verb: str) -> None:
    before = ops.world.contents()
    for uid in ("anm", "user_ann", "ann@example.com/x"):
        ran = ops.why(f"users {verb} {uid}")
        assert (ran.code, "not-found" in ran.err) == (2, True)
    assert ops.world.contents() == before
    assert ops.why(f"users {verb} anm --without-account").code == 0
