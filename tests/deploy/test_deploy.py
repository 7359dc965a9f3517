"""`python -m ops.deploy` against a project that `fake_cloud.py` keeps: it shows what it would do, does it
once, goes on where it was killed, and stops where something is not as anybody has planned."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ops.deploy import release, steps
from ops.deploy.__main__ import DONE, ENVIRONMENT, FAILED, SURPRISE, TO_DO, USAGE, run
from ops.deploy.cloud import Cloud
from ops.deploy.steps import Deploy
from ops.deploy.table import read
from tests.deploy import fake_cloud
from tests.support.gcloud import needs_gcloud, refused
from tools.setup import ROOT

PROJECT = fake_cloud.PROJECT
EVENTS = ("onfiledeleted", "onfilestored", "onviewupdated")
SERVICES = (*EVENTS, "api", "batches", "sweepjobs")
TABLE = read()
PRODUCTION = TABLE.environments["production"].model_copy(update={"notify": ("ann@example.com",)})
SECRETS = ("STRIPE_WEBHOOK_SECRET", "RUNPOD_API_KEY")


@dataclass
class Project:
    """A project in a file, and a checkout that is deployed into it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "cloud.json"

    @property
    def root(self) -> Path:
        return self.folder / "checkout"

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.file.read_text())
        return found

    def set(self, **fields: Any) -> None:
        self.file.write_text(json.dumps({**self.state, **fields}))

    @property
    def changes(self) -> list[list[str]]:
        changes: list[list[str]] = self.state["changes"]
        return changes

    def deploy(self, **options: Any) -> Deploy:
        folder = self.folder / "files"
        folder.mkdir(exist_ok=True)
        cloud = Cloud(PROJECT, {**ENVIRONMENT, **self.environment})
        return Deploy(cloud, TABLE, PRODUCTION, EVENTS, SERVICES, folder, self.root, **options)

    def run(
        self,
        *,
        applies: bool = True,
        wanted: Mapping[str, steps.Step] = steps.STEPS,
        **options: Any,
    ) -> int:
        return run(self.deploy(**options), applies=applies, wanted=wanted)

    def run_and_be_killed(self, wanted: Mapping[str, steps.Step]) -> None:
        """In a process of its own, which is killed when the first change is made."""
        at = len(self.changes) + 1
        child = os.fork()
        if not child:
            self.environment["FAKE_DIES"] = str(at)
            os._exit(self.run(wanted=wanted))
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status)
        assert os.WTERMSIG(status) == signal.SIGKILL

    def all_but_changes(self) -> dict[str, Any]:
        state = self.state
        del state["changes"], state["refused"]
        return state


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """With secrets that somebody has given."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("gcloud", "bq", "npx"):
        script = programs / name
        text = Path(fake_cloud.__file__).read_text(encoding="utf-8")
        script.write_text(f"#!{sys.executable} -IS\n{text}", encoding="utf-8")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_CLOUD", str(tmp_path / "cloud.json"))
    monkeypatch.setenv("FAKE_SERVICES", ",".join(SERVICES))
    made = Project(tmp_path)
    for name in ("firestore.rules", "firestore.indexes.json", "storage.rules", "firebase.json"):
        (made.root / "functions").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, made.root / name)
    shutil.copy(ROOT / "functions" / ".env", made.root / "functions" / ".env")
    (made.root / "functions" / "main.py").write_text("# one release\n")
    made.file.write_text(json.dumps(fake_cloud.NEW_PROJECT))
    made.set(secrets={name: ["versions/1"] for name in SECRETS})
    return made


def done(project: Project) -> Project:
    assert project.run() == DONE
    return project


_DEPLOYED: dict[str, str] = {}


def deployed(project: Project) -> Project:
    """As after the first run; that is made once for all tests."""
    env = project.root / "functions" / f".env.{PROJECT}"
    if _DEPLOYED:
        project.file.write_text(_DEPLOYED["cloud"])
        env.write_text(_DEPLOYED["env"])
        return project
    done(project)
    _DEPLOYED.update(cloud=project.file.read_text(), env=env.read_text())
    return project


# ---- once, and again --------------------------------------------------------------------------------


def test_without_apply_it_says_what_it_would_do_and_does_nothing(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    before = project.state
    assert project.run(applies=False) == TO_DO
    said = capsys.readouterr().out
    assert project.state["changes"] == []
    assert project.all_but_changes() == {
        k: v for k, v in before.items() if k in project.all_but_changes()
    }
    assert "[APIs] switch on" in said
    for name in steps.STEPS:
        assert f"[{name}]" in said or name in ("project", "queues", "services"), name
    assert "gcloud iam service-accounts create mf-erase" in said
    assert "say --apply" in said
    assert not (project.root / "functions" / f".env.{PROJECT}").exists()


def test_what_it_says_first_is_what_it_does(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """But for what only shows when the functions are there: who may call their services. Nothing can be seen
    before its API is switched on."""
    project.set(apis=sorted(TABLE.apis))
    project.run(applies=False)
    shown = commands_in(capsys.readouterr().out)
    done(project)
    did = commands_in(capsys.readouterr().out)
    assert [each for each in shown if each not in did] == []
    later = [each for each in did if each not in shown]
    assert all("run services" in each or "policies create" in each for each in later), later


def commands_in(said: str) -> list[str]:
    found = re.findall(r"^    ((?:gcloud|bq|npx) .+)$", said, re.MULTILINE)
    # What is written meanwhile, its params, is part of a release.
    return [re.sub(r"=(\S+\.json|[0-9a-f]{40})", "=…", each) for each in found]


def test_a_second_run_changes_nothing(project: Project) -> None:
    deployed(project)
    before = project.state
    done(project)
    assert project.changes == before["changes"]
    assert project.run(applies=False) == DONE


def test_it_does_all_that_the_table_says(project: Project) -> None:
    state = deployed(project).state
    assert state["refused"] == [] or all("NOT" in each[-1].upper() for each in state["refused"])
    assert set(state["apis"]) == set(TABLE.apis)
    assert state["database"] == {
        "locationId": "nam5",
        "pointInTimeRecoveryEnablement": "POINT_IN_TIME_RECOVERY_ENABLED",
        "deleteProtectionState": "DELETE_PROTECTION_ENABLED",
    }
    assert len(state["backups"]) == 2
    members = {
        (resource, role, member.removeprefix("serviceAccount:"))
        for resource, bindings in state["policies"].items()
        for role, bound in bindings.items()
        for member in bound
    }
    for name, account in TABLE.accounts.items():
        address = f"{name}@{PROJECT}.iam.gserviceaccount.com"
        where = {
            "project": [PROJECT],
            "bucket": [f"gs://{PROJECT}.firebasestorage.app"],
            "itself": [address],
            "events": list(EVENTS),
        }
        for grant in account.grants:
            for resource in where.get(grant.on, ()):
                assert (resource, grant.role, address) in members
                members.discard((resource, grant.role, address))
    assert {address for _, _, address in members} == {
        f"service-{fake_cloud.NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com",
        f"service-{fake_cloud.NUMBER}@gs-project-accounts.iam.gserviceaccount.com",
    }
    kinds = ("metrics", "policies", "dashboards", "uptime")
    files = {each: len(list((ROOT / "ops" / "monitoring" / each).iterdir())) for each in kinds}
    assert len(state["metrics"]) == files.pop("metrics")
    assert {kind: len(state["monitoring"][kind]) for kind in files} == files
    (channel,) = state["monitoring"]["channels"]
    assert all(
        each["notificationChannels"] == [channel["name"]]
        for each in state["monitoring"]["policies"]
    )
    (sink,) = state["sinks"]
    assert (sink["filter"], sink["name"]) == (TABLE.log.filter, TABLE.log.bucket)
    views = {file.stem for file in (ROOT / "ops" / "analytics" / "views").glob("*.sql")}
    assert {name.rpartition(".")[2] for name in state["views"]} == views
    env = (project.root / "functions" / f".env.{PROJECT}").read_text()
    assert "OWN_SERVICE_ACCOUNTS=true" in env


def test_rules_and_indexes_come_before_functions_and_rights_on_services_after(
    project: Project,
) -> None:
    only = [
        word for each in deployed(project).changes for word in each if word.startswith("--only=")
    ]
    assert only == ["--only=firestore,storage", "--only=functions", "--only=hosting"]
    names = [" ".join(each) for each in project.changes]
    first = next(n for n, each in enumerate(names) if "--only=functions" in each)
    assert all(n > first for n, each in enumerate(names) if "gcloud run services" in each)
    assert all(n < first for n, each in enumerate(names) if "service-accounts create" in each)


def test_only_the_part_that_has_changed_is_deployed_again(project: Project) -> None:
    before = len(deployed(project).changes)
    (project.root / "functions" / "main.py").write_text("# the next release\n")
    done(project)
    more = [" ".join(each) for each in project.changes[before:]]
    assert [each.split()[1:4] for each in more] == [
        ["--no-install", "firebase", "deploy"],
        ["storage", "buckets", "update"],
    ]
    assert "--only=functions" in more[0]


def test_the_notes_that_the_runbook_takes_away_are_those_that_a_deploy_goes_by(
    project: Project,
) -> None:
    """A database that was made anew has no index: what belongs to it has to be deployed again."""
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    (names,) = re.findall(r"--remove-labels=(\S+)", runbook)
    state = deployed(project).state
    for name in names.split(","):
        del state["bucket"]["labels"][name]
    project.file.write_text(json.dumps(state))
    before = len(project.changes)
    done(project)
    again = [each for each in project.changes[before:] if "firebase" in each]
    assert [only for each in again for only in each if only.startswith("--only=")] == [
        "--only=firestore,storage",
        "--only=functions",
    ]


def test_what_somebody_has_changed_by_hand_is_made_as_the_table_says(project: Project) -> None:
    state = deployed(project).state
    state["sinks"][0]["filter"] = "severity>=ERROR"
    state["metrics"][0]["filter"] = "x"
    state["monitoring"]["policies"][0]["conditions"] = []
    state["monitoring"]["dashboards"][0]["mosaicLayout"] = {}
    state["budgets"][0]["amount"]["specifiedAmount"]["units"] = "7"
    state["log_buckets"][0]["retentionDays"] = 30
    name = sorted(state["views"])[0]
    state["views"][name] = "SELECT 1"
    wanted = done(project).all_but_changes()
    project.file.write_text(json.dumps(state))
    done(project)
    found = project.all_but_changes()
    for each in (wanted, found):
        each["sinks"].sort(key=str)
        each["metrics"] = sorted(one["name"] for one in each["metrics"])
        for kind in ("policies", "dashboards"):
            each["monitoring"][kind] = [{**one, "etag": ""} for one in each["monitoring"][kind]]
    assert found == wanted
    done(project)
    assert project.run(applies=False) == DONE


def test_the_bucket_s_other_rules_stay(project: Project) -> None:
    rule = {"action": {"type": "Delete"}, "condition": {"age": 90, "matchesPrefix": ["mine/"]}}
    bucket = {**project.state["bucket"], "lifecycle_config": {"rule": [rule]}}
    project.set(bucket=bucket)
    rules = done(project).state["bucket"]["lifecycle_config"]["rule"]
    assert rule in rules
    assert len(rules) == 1 + len(TABLE.bucket.deletes)


# ---- killed, and run again --------------------------------------------------------------------------


def test_killed_in_each_step_it_goes_on(project: Project) -> None:
    """After the first change of each step; that step is begun again then, and so is the whole at the end: all
    is there once."""
    other = Project(project.folder / "other", dict(project.environment))
    shutil.copytree(project.root, other.root)
    other.file.write_text(project.file.read_text())
    other.environment["FAKE_CLOUD"] = str(other.file)
    killed = []
    for name, step in steps.STEPS.items():
        # From these the later steps know the project's number, and what was deployed last.
        before_it = {"project": steps.project}
        if name in ("rules and indexes", "functions", "studio"):
            before_it["bucket"] = steps.bucket
        wanted = {**before_it, name: step}
        if name == "params":  # a file of this machine, which is replaced as a whole
            assert project.run(wanted=wanted) == DONE
        elif project.run(applies=False, wanted=wanted) == TO_DO:
            project.run_and_be_killed(wanted)
            assert project.run(wanted=wanted) == DONE
            killed.append(name)
    others = [name for name in steps.STEPS if name not in killed]
    assert others == ["project", "params", "secrets", "queues"]
    before = project.changes
    done(project)
    assert project.changes == before
    assert project.all_but_changes() == deployed(other).all_but_changes()
    # Killed after a deploy and before the note of it, it deploys again; all else was done once.
    twice = [each for each in before if before.count(each) > 1]
    assert all("firebase" in each for each in twice)


def kind_of(command: list[str]) -> str:
    """Its verbs, and the names of its options; of a deploy what is deployed."""
    words = [word for word in command if not word.startswith("--")]
    options = [word if "only" in word else word.partition("=")[0] for word in command]
    return " ".join([*words[:4], *(each for each in options if each.startswith("--"))])


# ---- surprises --------------------------------------------------------------------------------------


def other_place(project: Project) -> None:
    project.set(apis=["firestore.googleapis.com"], database={"locationId": "eur3"})


def no_bucket(project: Project) -> None:
    project.set(bucket=None)


def far_bucket(project: Project) -> None:
    project.set(bucket={"location": "EUROPE-WEST3", "labels": {}})


def unpaid(project: Project) -> None:
    project.set(unpaid=True)


def too_many_rights(project: Project) -> None:
    address = f"serviceAccount:mf-api@{PROJECT}.iam.gserviceaccount.com"
    project.set(policies={PROJECT: {"roles/editor": [address]}})


def no_value(project: Project) -> None:
    project.set(secrets={"STRIPE_WEBHOOK_SECRET": ["versions/1"]})


def other_param(project: Project) -> None:
    file = project.root / "functions" / f".env.{PROJECT}"
    file.write_text("OWN_SERVICE_ACCOUNTS=false\n")


def paused(project: Project) -> None:
    queue = f"projects/{PROJECT}/locations/us-central1/queues/runVertexImage"
    project.set(queues=[{"name": queue, "state": "PAUSED"}])


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        (unpaid, "Blaze"),
        (other_place, "eur3, the table says nam5"),
        (no_bucket, "only the console makes it"),
        (far_bucket, "EUROPE-WEST3"),
        (too_many_rights, "mf-api@.* has roles/editor .*remove-iam-policy-binding"),
        (other_param, "OWN_SERVICE_ACCOUNTS=false"),
        (no_value, "RUNPOD_API_KEY needs a value"),
        (paused, "runVertexImage"),
    ],
)
def test_it_stops_at_the_first_surprise(
    happens: Callable[[Project], None],
    words: str,
    project: Project,
    capsys: pytest.CaptureFixture[str],
) -> None:
    happens(project)
    assert project.run() == SURPRISE
    said = capsys.readouterr().out
    assert re.search(rf"^stopped: .*{words}", said, re.MULTILINE), said[-800:]
    assert not any("firebase" in each for each in project.changes)


def test_a_paused_queue_is_resumed_only_where_that_is_said(project: Project) -> None:
    paused(project)
    assert project.run(resumes_queues=True) == DONE


def test_functions_wait_for_their_indexes(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.environment["FAKE_INDEX"] = "CREATING"
    assert project.run() == SURPRISE
    assert "still being built" in capsys.readouterr().out
    assert not any("--only=functions" in each for each in project.changes)
    del project.environment["FAKE_INDEX"]
    project.set(indexes=[{"name": "indexes/1", "state": "READY"}])
    done(project)
    assert [each for each in project.changes if "--only=firestore,storage" in each][1:] == []


@pytest.mark.parametrize("keeps_pins", [False, True])
def test_traffic_that_a_rollback_has_pinned_goes_to_the_newest_again(
    project: Project, *, keeps_pins: bool
) -> None:
    state = deployed(project).state
    for service in state["services"]:
        service["spec"]["traffic"] = [{"revisionName": "api-00001-abc", "percent": 100}]
    project.file.write_text(json.dumps(state))
    assert project.run(keeps_pins=keeps_pins) == DONE
    pinned = [
        each
        for each in project.state["services"]
        if not each["spec"]["traffic"][0].get("latestRevision")
    ]
    assert len(pinned) == (len(SERVICES) if keeps_pins else 0)


def test_a_command_that_fails_ends_the_run_and_is_shown(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.environment["FAKE_SERVICES"] = ""
    done_by = project.deploy()
    broken = replace(done_by, cloud=Cloud("other-project-1", done_by.cloud.environment))
    assert run(broken, applies=True) in (SURPRISE, FAILED)
    assert "other-project-1" in capsys.readouterr().out


# ---- the command ------------------------------------------------------------------------------------


def command(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops.deploy", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("environment", ["staging", "nowhere"])
def test_as_shipped_no_environment_can_be_deployed_into(environment: str) -> None:
    ran = command(environment, "--apply")
    assert ran.returncode == USAGE
    assert ran.stderr.startswith(".firebaserc: ")


def test_the_command_deploys_a_checkout(project: Project, tmp_path: Path) -> None:
    """The whole of it: `.firebaserc`, the manifest of `main`, every step; and then again."""
    house = tmp_path / "house"
    for name in ("functions", "tools", "ops", "protocols"):
        ignored = shutil.ignore_patterns("venv", "__pycache__")
        shutil.copytree(ROOT / name, house / name, ignore=ignored)
    for name in ("firestore.rules", "firestore.indexes.json", "storage.rules", "firebase.json"):
        shutil.copy(ROOT / name, house / name)
    (house / "node_modules").symlink_to((ROOT / "node_modules").resolve())
    (house / ".firebaserc").write_text(json.dumps({"projects": {"staging": PROJECT}}))
    first = command("staging", "--apply", cwd=house)
    assert first.returncode == DONE, first.stdout + first.stderr
    assert first.stdout.startswith(f"staging: {PROJECT}\n")
    assert "by hand, app_check: " in first.stdout
    again = command("staging", cwd=house)
    assert again.returncode == DONE
    assert "nothing is to be changed" in again.stdout


# ---- the parts of a release -------------------------------------------------------------------------


def test_a_part_is_its_files_and_this_project_s_params(tmp_path: Path) -> None:
    folder = tmp_path / "functions"
    folder.mkdir()

    def number() -> str:
        return release.digest(tmp_path, "functions", PROJECT)

    seen = {number()}
    for name, is_part in [
        ("main.py", True),
        (f".env.{PROJECT}", True),
        (".env", True),
        (".env.other-project", False),
        (".env.local", False),
        (".secret.local", False),
    ]:
        (folder / name).write_text(name)
        assert (number() not in seen) == is_part, name
        seen.add(number())
    (folder / "venv").mkdir()
    (folder / "venv" / "x.py").write_text("x")
    assert number() in seen
    assert re.fullmatch(r"[0-9a-f]{40}", number())


# ---- the real gcloud looks at the same commands -----------------------------------------------------


NAMES = ("projects describe", "buckets describe", "get-iam-policy", "versions list")
NAMED = (f"mf-api@{PROJECT}.iam.gserviceaccount.com",)
# With options that it cannot be without; they are among the changes of their kind.
ELSEWHERE = (
    "firestore backups schedules list",
    "logging buckets list",
    "logging links list",
    "tasks queues list",
    "billing budgets list",
)


@needs_gcloud
def test_the_real_gcloud_knows_every_command(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Those of the program; those that the pages give are in tests/docs/test_commands.py."""
    project: Project = request.getfixturevalue("project")
    deployed(project)
    asked = [each for each in project.changes if each[0] == "gcloud"]
    kinds = {kind_of(each): each for each in asked}
    reads = [
        ["gcloud", *words.split(), *(NAMED if words.endswith(NAMES) else ())]
        for words, (_, changes, _) in fake_cloud.COMMANDS.items()
        if not changes and words not in ELSEWHERE
    ]
    assert refused([*map(quoted, [*kinds.values(), *reads])], tmp_path) == []


def quoted(command: list[str]) -> str:
    """As gcloud's linter reads a line: of an option only its value is in quotes."""
    words = []
    for word in command:
        name, is_set, value = word.partition("=") if word.startswith("--") else ("", "", word)
        value = f"'{value}'" if re.search(r"[\s\"()$]", value) else value
        words.append(f"{name}{is_set}{value}")
    return " ".join(words)
