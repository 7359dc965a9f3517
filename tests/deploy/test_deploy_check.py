"""`make deploy-check` fails for what would fail a deploy, or the functions after it: each is taken away from
a copy, and is missed by its name."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.deploy import check as deploy_check
from ops.deploy.check import (
    EVERYTHING,
    FUNCTIONS,
    LOCK,
    Endpoint,
    declarations,
    endpoints,
    manifest,
    needs,
    wrong_apis,
    wrong_indexes,
    wrong_lock,
    wrong_roles,
    wrong_rules,
    wrong_secrets,
)
from ops.deploy.table import PATH, Table, TableError, project_of, read
from tests.deploy.test_rights import ROWS
from tests.memory.indexes import DEPLOYED, Index, without
from tests.tools.package_index import Index as PackageIndex
from tests.tools.package_index import as_locked, normal, pinned_in
from tools.setup import ROOT

TABLE = read()


@pytest.fixture(scope="module")
def functions() -> list[Endpoint]:
    return endpoints(manifest(**EVERYTHING))


def spoilt(tmp_path: Path, old: str, new: str) -> Table:
    text = PATH.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "deployment.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return read(file)


# ---- what firebase-tools takes ----------------------------------------------------------------------


def test_firebase_tools_takes_what_is_shipped() -> None:
    shipped = endpoints(manifest())
    assert {each.account for each in shipped} == {""}
    assert {name for each in shipped for name in each.secrets} == {
        "STRIPE_WEBHOOK_SECRET",
        "RUNPOD_API_KEY",
    }


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("maxInstances: 100", "maxInstances: many", "many"),
        ("entryPoint: api", "entryPont: api", "entryPo"),
    ],
)
def test_a_manifest_that_firebase_tools_refuses_is_refused(old: str, new: str, named: str) -> None:
    text = manifest()
    with pytest.raises(ValueError, match=named):
        endpoints(text.replace(old, new, 1))


def test_indexes_that_firebase_tools_refuses_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "indexes.json"
    text = (ROOT / "firestore.indexes.json").read_text(encoding="utf-8")
    file.write_text(text.replace('"COLLECTION"', '"COLLECTIVE"', 1), encoding="utf-8")
    with pytest.raises(ValueError, match="queryScope"):
        endpoints(manifest(), file)


# ---- a missing index --------------------------------------------------------------------------------


def test_every_query_has_its_index() -> None:
    assert list(wrong_indexes()) == []


@pytest.mark.parametrize("index", DEPLOYED.composite[::7], ids=lambda index: str(index.fields))
def test_a_missing_index_is_named(index: Index) -> None:
    said = "\n".join(wrong_indexes(without(DEPLOYED, index)))
    assert f"collection='{index.collection}'" in said
    assert all(name in said for name, _ in index.fields)


# ---- a missing role ---------------------------------------------------------------------------------


def test_the_accounts_may_what_they_need_and_no_more(functions: list[Endpoint]) -> None:
    assert list(wrong_roles(TABLE, functions)) == []


def grants() -> Iterator[tuple[str, str]]:
    """Each account with each line that grants it something."""
    account = ""
    for line in PATH.read_text(encoding="utf-8").splitlines():
        if begins := re.fullmatch(r"\[accounts\.(.+)\]", line):
            account = begins.group(1)
        elif line.startswith("  { role ="):
            yield account, line


@pytest.fixture(scope="module")
def needed(functions: list[Endpoint]) -> dict[str, dict[str, str]]:
    return needs(functions)


@pytest.mark.parametrize(("account", "line"), list(grants()), ids=lambda text: text[:60])
def test_a_missing_role_is_named(
    account: str,
    line: str,
    functions: list[Endpoint],
    needed: dict[str, dict[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deploy_check, "needs", lambda _: needed)  # they were run once
    head, own, tail = PATH.read_text(encoding="utf-8").partition(f"[accounts.{account}]")
    file = tmp_path / "deployment.toml"
    file.write_text(head + own + tail.replace(line, "", 1), encoding="utf-8")
    said = list(wrong_roles(read(file), functions))
    assert said
    assert all(f"{account} lacks " in each for each in said)


def test_a_role_that_nothing_needs_is_named(functions: list[Endpoint], tmp_path: Path) -> None:
    more = '{ role = "roles/firebaseauth.admin", on = "project", why = "x" },\n'
    old = "grants = [\n"
    (said,) = wrong_roles(spoilt(tmp_path, old, old + more), functions)
    assert said == (
        "deployment.toml: mf-api has roles/firebaseauth.admin on project, which nothing needs"
    )


def test_an_account_that_nobody_has_described_is_named(functions: list[Endpoint]) -> None:
    stranger = Endpoint("toy", "mf-toy", frozenset(), (), is_task=False, is_event=False)
    said = list(wrong_roles(TABLE, [*functions, stranger]))
    assert said == ["deployment.toml: nothing is said of mf-toy"]


def test_a_worker_that_an_account_may_not_call_is_named(functions: list[Endpoint]) -> None:
    alone = [
        Endpoint("batches", each.account, each.secrets, each.invoker[1:], each.is_task, each.is_event)
        if each.name == "batches"
        else each
        for each in functions
    ]  # fmt: skip
    assert list(wrong_roles(TABLE, alone)) == [
        "batches: mf-api makes its tasks, and may not call it"
    ]


# ---- a secret that is not named ---------------------------------------------------------------------


def test_every_secret_is_named(functions: list[Endpoint]) -> None:
    assert list(wrong_secrets(TABLE, functions)) == []
    secrets, settings, _ = declarations(FUNCTIONS)
    assert secrets == set(TABLE.secrets)
    from mediaforge import config  # noqa: PLC0415

    assert settings == {param.name for param in config.PARAMS}


@pytest.mark.parametrize("name", TABLE.secrets)
def test_a_secret_that_the_table_does_not_name_is_named(
    name: str, functions: list[Endpoint], tmp_path: Path
) -> None:
    (line,) = re.findall(rf"^{name} = .+\n", PATH.read_text(encoding="utf-8"), re.MULTILINE)
    said = list(wrong_secrets(spoilt(tmp_path, line, ""), functions))
    assert said == [f"deployment.toml: secrets does not name {name}"]


def test_a_secret_that_the_document_does_not_name_is_named(
    functions: list[Endpoint], tmp_path: Path
) -> None:
    document = tmp_path / "deploy.md"
    text = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    document.write_text(text.replace("`FAL_KEY`", "a key"), encoding="utf-8")
    said = list(wrong_secrets(TABLE, functions, document=document))
    assert said == ["deploy.md: does not name FAL_KEY"]


UNNAMED = "deployment.toml: secrets does not name TOY_KEY"
UNDECLARED = (
    "mediaforge/config.py: reads TOY_KEY, which is declared neither as a param nor as a secret"
)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('MORE = SecretParam("TOY_KEY")', UNNAMED),
        ('_N = "TOY_KEY"\nMORE = SecretParam(_N)', UNNAMED),
        ('MORE = os.environ.get("TOY_KEY")', UNDECLARED),
        ('MORE = os.environ["TOY_KEY"]', UNDECLARED),
    ],
)
def test_a_secret_that_the_code_reads_and_nobody_has_named_is_named(
    line: str, said: str, functions: list[Endpoint], tmp_path: Path
) -> None:
    source = copied(tmp_path)
    with (source / "mediaforge" / "config.py").open("a", encoding="utf-8") as config:
        config.write(f"\n{line}\n")
    assert said in list(wrong_secrets(TABLE, functions, source))


def copied(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("venv", "__pycache__")
    return Path(shutil.copytree(FUNCTIONS, tmp_path / "functions", ignore=ignored))


def test_the_document_has_the_table_s_accounts_with_their_roles() -> None:
    """But for those that firebase-tools grants, and the right to call triggers, which has its own line."""
    assert {f"mf-{role}" for role in ROWS} == set(TABLE.accounts)
    for name, account in TABLE.accounts.items():
        own = {g.role for g in account.grants if g.by == "us" and g.on != "events"}
        may = ROWS[name.removeprefix("mf-")][1]
        said = set(re.findall(r"`(roles/[\w.]+)`", may))
        said |= (
            set(re.findall(r"`(roles/[\w.]+)`", ROWS["api"][1])) if "as `mf-api`" in may else set()
        )
        assert said == own, name


# ---- APIs -------------------------------------------------------------------------------------------


def test_every_api_that_the_code_needs_is_switched_on() -> None:
    assert list(wrong_apis(TABLE)) == []


@pytest.mark.parametrize("api", ["cloudtasks", "aiplatform", "cloudscheduler", "identitytoolkit"])
def test_a_missing_api_is_named(api: str, tmp_path: Path) -> None:
    (line,) = re.findall(
        rf'^"{api}\.googleapis\.com" = .+\n', PATH.read_text(encoding="utf-8"), re.MULTILINE
    )
    said = "\n".join(wrong_apis(spoilt(tmp_path, line, "")))
    assert f"apis lacks {api}.googleapis.com" in said


def test_a_client_of_google_s_that_nobody_knows_is_named(tmp_path: Path) -> None:
    source = copied(tmp_path)
    (source / "mediaforge" / "adapters" / "toy.py").write_text("from google.cloud import kms\n")
    (said,) = wrong_apis(TABLE, source)
    assert said.startswith("mediaforge/adapters/toy.py: nobody has said which API google.cloud.kms")


# ---- a lock that the cloud cannot install -----------------------------------------------------------


@pytest.fixture
def shelf(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """The deployed lock, of made-up wheels with the real requirements, and pip's way to them."""
    index, pinned = PackageIndex(tmp_path / "simple"), pinned_in(LOCK)
    index.offer(map(as_locked, pinned))
    lock = tmp_path / "requirements.txt"
    lock.write_text(index.locked(pinned), encoding="utf-8")
    return lock, {**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": index.url}


def test_the_newest_pip_takes_the_lock_and_is_not_asked_again(
    shelf: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    lock, environment = shelf
    assert list(wrong_lock(lock, environment, tmp_path / "known")) == []
    nowhere = {**environment, "PIP_INDEX_URL": (tmp_path / "nowhere").as_uri()}
    assert list(wrong_lock(lock, nowhere, tmp_path / "known")) == []
    assert list(wrong_lock(lock, nowhere)) != []


@pytest.mark.parametrize(
    ("pattern", "new", "named"),
    [
        (r"google-auth==.*\n.*\n", "", "google-auth"),
        (r"(google-auth==\S+) \\\n.*\n", r"\1\n", "google-auth"),
        (r"(google-auth==\S+) \\\n.*\n", rf"\1 --hash=sha256:{'0' * 64}\n", "google-auth"),
        (r"google-auth==\S+", "google-auth==1.0.0", "google-auth"),
    ],
    ids=["missing", "without a hash", "another hash", "not to be had"],
)
def test_a_lock_that_the_cloud_could_not_install_is_named(
    pattern: str, new: str, named: str, shelf: tuple[Path, dict[str, str]]
) -> None:
    lock, environment = shelf
    text = lock.read_text(encoding="utf-8")
    spoilt_text = re.sub(rf"(?m)^{pattern}", new, text, count=1)
    assert spoilt_text != text
    lock.write_text(spoilt_text, encoding="utf-8")
    (said,) = wrong_lock(lock, environment)
    assert normal(named) in said


# ---- rules ------------------------------------------------------------------------------------------


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "firestore.rules"
    shutil.copy(ROOT / "firestore.rules", file)
    return file


@pytest.mark.parametrize(
    ("old", "new"),
    [("match /databases", "math /databases"), ("function isUser(", "function isSomebody(")],
    ids=["a typing error", "a function that is not there"],
)
def test_rules_that_do_not_compile_are_named(old: str, new: str, rules: Path) -> None:
    text = rules.read_text(encoding="utf-8")
    assert old in text
    rules.write_text(text.replace(old, new, 1), encoding="utf-8")
    said = list(wrong_rules([rules]))
    assert said
    assert all(each.startswith("firestore.rules: ") for each in said)


# ---- the table itself, and the command --------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('on = "itself"', 'on = "everything"'),
        ("why =", "because ="),
        ('"roles/eventarc.eventReceiver" = [', '"roles/eventarc.receiver" = ['),
        ("budget_usd = 50 ", "budget_usd = 0 "),
    ],
)
def test_a_table_with_a_mistake_is_refused(old: str, new: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"deployment\.toml: "):
        spoilt(tmp_path, old, new)


@pytest.mark.parametrize("environment", ["default", "staging", "production", "nowhere"])
def test_no_project_of_somebody_else_is_deployed_into(environment: str) -> None:
    """As it is shipped, `.firebaserc` names the emulators' project and no other."""
    with pytest.raises(TableError, match=f"{environment}"):
        project_of(environment)


def test_the_environments_are_those_of_firebaserc(tmp_path: Path) -> None:
    (tmp_path / ".firebaserc").write_text('{"projects": {"staging": "my-forge-1"}}')
    assert project_of("staging", tmp_path) == "my-forge-1"
    aliases = (ROOT / ".firebaserc").read_text(encoding="utf-8")
    assert all(f'"{name}"' in aliases for name in TABLE.environments)


def test_the_command_ends_with_what_its_checks_say(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found: dict[str, Any] = {"one": lambda: iter(()), "two": lambda: iter(["two: is wrong"])}
    monkeypatch.setattr(deploy_check, "checks", lambda: found)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert deploy_check.main() == 1
    said = capsys.readouterr()
    assert "one: good" in said.out
    assert "two: not good" in said.out
    assert "two: is wrong" in said.err
