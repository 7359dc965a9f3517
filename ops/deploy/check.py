"""All of a deploy that can be tried without an account: what firebase-tools makes of the manifest and of the
indexes, an index for each query, the rights of each account against what its functions do, the secrets that
the code reads, the lock as the cloud installs it, and the rules as Google's engine compiles them."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ops.deploy.table import Table, TableError, params_in, read
from tools.console import complain, say
from tools.python_packages import pip_environment
from tools.setup import LOCAL, ROOT, SetupError, read_emulators

if TYPE_CHECKING:
    from tests.memory.indexes import Indexes

FUNCTIONS = ROOT / "functions"
LOCK = FUNCTIONS / "requirements.txt"
RULES = (ROOT / "firestore.rules", ROOT / "storage.rules")
DOCUMENT = ROOT / "docs" / "deploy.md"
# With these a deploy has all that it can have: accounts of its own, and every secret.
EVERYTHING = dict.fromkeys(
    ("OWN_SERVICE_ACCOUNTS", "INTERNAL_WORKERS", "SELLS_CREDITS", "GEMINI_API", "USES_FAL"), "true"
)
PRINT_MANIFEST = """
import sys
from firebase_functions.private.serving import functions_as_yaml, get_functions
sys.stdout.write(functions_as_yaml(get_functions()))
"""
# Google's clients that the code may load, and the API behind each.
CLIENTS: Mapping[str, str] = {
    "google.cloud.aiplatform_v1": "aiplatform.googleapis.com",
    "google.genai": "aiplatform.googleapis.com",
    "google.cloud.storage": "storage.googleapis.com",
    "google.cloud.firestore": "firestore.googleapis.com",
    "google.cloud.firestore_v1": "firestore.googleapis.com",
    "firebase_admin.storage": "storage.googleapis.com",
    "firebase_admin.firestore": "firestore.googleapis.com",
    "firebase_admin.functions": "cloudtasks.googleapis.com",
    "firebase_admin.auth": "identitytoolkit.googleapis.com",
    "google.auth.credentials.Signing": "iamcredentials.googleapis.com",
}
_NO_CLIENTS = (
    "google.auth",
    "google.api_core",
    "google.protobuf",
    "google.oauth2",
    "google.events",
)
# What the platform, the emulators or a library of C sets.
_PLATFORM = ("GCLOUD_PROJECT", "FIREBASE_CONFIG", "ADMIN_PORT", "PROVIDERS_ORIGIN")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A deployed function, as firebase-tools understands it."""

    name: str
    account: str
    secrets: frozenset[str]
    invoker: Sequence[str]
    is_task: bool
    is_event: bool


@cache
def manifest(**params: str) -> str:
    """What `main` answers when firebase-tools asks it what there is to deploy."""
    asked = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", PRINT_MANIFEST],
        cwd=FUNCTIONS,
        env={
            "PATH": os.environ["PATH"],
            "GCLOUD_PROJECT": "demo-mediaforge",
            "ADMIN_PORT": "0",  # asked as firebase-tools asks
            **params,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return asked.stdout


def endpoints(text: str, indexes: Path = ROOT / "firestore.indexes.json") -> list[Endpoint]:
    """Raises ValueError with firebase-tools' own words where it would refuse the deploy."""
    params = dict(params_in((FUNCTIONS / ".env").read_text(encoding="utf-8")))
    spec = json.loads(indexes.read_text(encoding="utf-8"))
    ran = subprocess.run(  # noqa: S603 - our own command
        [shutil.which("node") or "node", str(ROOT / "tools" / "deployed.cjs")],
        input=json.dumps({"manifest": text, "indexes": spec, "params": params}),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise ValueError(ran.stderr.strip())
    raw = yaml.safe_load(text)["endpoints"]
    return [
        Endpoint(
            name,
            (found["account"] or "").partition("@")[0],
            frozenset(found["secrets"]),
            found["invoker"] or (),
            "taskQueueTrigger" in raw[name],
            "eventTrigger" in raw[name],
        )
        for name, found in json.loads(ran.stdout)["endpoints"].items()
    ]


# ---- indexes ----------------------------------------------------------------------------------------


def wrong_indexes(indexes: Indexes | None = None) -> Iterator[str]:
    """One line for each query that a project would refuse with "The query requires an index"."""
    from mediaforge.contract.lists import CLIENT_LISTS  # noqa: PLC0415
    from tests.memory.indexes import DEPLOYED, shape_of  # noqa: PLC0415 - `functions` is on the path now
    from tests.support.asked_queries import SITES, shapes_of  # noqa: PLC0415

    asked = [(site.place, shape_of(site.query, site.adds_up)) for site in SITES]
    asked += [(listed.says, shape) for listed in CLIENT_LISTS for shape in shapes_of(listed)]
    deployed = DEPLOYED if indexes is None else indexes
    for place, shape in asked:
        if deployed.serving(shape) is None:
            yield f"firestore.indexes.json: no index for {shape} ({place})"


# ---- rights -----------------------------------------------------------------------------------------

_ENQUEUE = "cloudtasks.tasks.create"
_ON: Mapping[str, str] = {
    "storage.objects": "bucket",
    "cloudtasks.tasks": "queues",
    "iam.serviceAccounts": "itself",
    "firebaseauth.users": "project",
}


def needs(functions: Sequence[Endpoint]) -> dict[str, dict[str, str]]:
    """Of each account all that its functions need, as `right on what`, with one function that does: each is
    run in memory, on ports that note what is asked of them (`tests/deploy/test_rights.py`), and what no port
    sees follows from the manifest and from who its models' providers are."""
    from tests.deploy.test_rights import ENDPOINTS, needed_by  # noqa: PLC0415

    found: dict[str, dict[str, str]] = {}
    models = asked_of_google()
    for function in functions:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):  # their log
            ports = needed_by(function.name) if function.name in ENDPOINTS else set[str]()
        rights = {f"{right} on {_ON[right.rpartition('.')[0]]}" for right in ports}
        rights.add("datastore.entities.* on project")  # no function does without the database
        if _ENQUEUE in ports:
            # A task carries a token of the account that made it, and calls the worker with that.
            rights |= {"iam.serviceAccounts.actAs on itself", "run.routes.invoke on workers"}
        if function.is_event:
            rights |= {"eventarc.events.receiveEvent on project", "run.routes.invoke on events"}
        if function.secrets:
            rights.add("secretmanager.versions.access on secrets")
        rights |= models.get(function.name, frozenset())
        for right in rights:
            found.setdefault(function.account, {}).setdefault(right, function.name)
    return found


def asked_of_google() -> dict[str, frozenset[str]]:
    """What each function asks of Vertex AI for the models that it runs."""
    from mediaforge import assembly  # noqa: PLC0415
    from mediaforge.domain.jobs.queues import in_lane  # noqa: PLC0415
    from mediaforge.domain.lanes import Lane  # noqa: PLC0415

    google = providers_of_google()
    found: dict[str, frozenset[str]] = {}
    for model in assembly.catalogue().models.values():
        rights = google.get(model.provider, frozenset())
        names = (
            ["creativeDirectorAgent"]
            if model.kind == "text"
            else [in_lane(model.queue, lane) for lane in Lane]
        )
        for name in names if rights else ():
            found[name] = found.get(name, frozenset()) | rights
    return found


def providers_of_google() -> dict[str, frozenset[str]]:
    """The providers that roster.py makes of a class in `providers/vertex`, and what each asks for."""
    tree = ast.parse((FUNCTIONS / "mediaforge" / "roster.py").read_text(encoding="utf-8"))
    classes = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_VERTEX)
        for alias in node.names
    }
    found = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(
                targets=[ast.Subscript(slice=ast.Constant(value=str(name)))],
                value=ast.Call(func=ast.Name(id=made)),
            ) if made in classes:
                found[name] = (
                    _TRAINING if classes[made] == f"{_VERTEX}training" else frozenset({_PREDICT})
                )
    return found


_VERTEX = "mediaforge.providers.vertex."
_PREDICT = "aiplatform.endpoints.predict on project"
_TRAINING = frozenset(
    {"aiplatform.customJobs.create on project", "iam.serviceAccounts.actAs on trainer"}
)


def wrong_roles(table: Table, functions: Sequence[Endpoint]) -> Iterator[str]:
    """One line for each right that an account lacks, each role that none of its functions needs, each worker
    that an account which enqueues may not call."""
    needed = needs(functions)
    for stranger in sorted({function.account for function in functions} - set(table.accounts)):
        yield f"deployment.toml: nothing is said of {stranger or 'the default account'}"
    for name, account in table.accounts.items():
        allowed, own = table.rights(name), needed.get(name, {})
        for right, needer in sorted(own.items()):
            if right not in allowed:
                yield f"deployment.toml: {name} lacks {right}, which {needer} needs"
        for grant in account.grants:
            if not own.keys() & {
                f"{right} on {grant.on}" for right in table.permissions[grant.role]
            }:
                yield f"deployment.toml: {name} has {grant.role} on {grant.on}, which nothing needs"
    enqueuers = {name for name, rights in needed.items() if f"{_ENQUEUE} on queues" in rights}
    for worker in functions:
        callers = {each.partition("@")[0] for each in worker.invoker}
        for name in sorted(enqueuers - callers) if worker.is_task else ():
            yield f"{worker.name}: {name} makes its tasks, and may not call it"


# ---- secrets, params, APIs ----------------------------------------------------------------------------


def wrong_secrets(
    table: Table,
    functions: Sequence[Endpoint],
    source: Path = FUNCTIONS,
    document: Path = DOCUMENT,
) -> Iterator[str]:
    """One line for each secret that the code declares and the table, the document or every function leaves
    out; for each that is only in the table; for each setting that is read and declared nowhere."""
    declared, settings, readings = declarations(source)
    text = document.read_text(encoding="utf-8")
    given = {name for function in functions for name in function.secrets}
    for name in sorted(declared):
        if name not in table.secrets:
            yield f"deployment.toml: secrets does not name {name}"
        if f"`{name}`" not in text:
            yield f"{document.name}: does not name {name}"
        if name not in given:
            yield f"{name}: no function gets that secret"
    for name in sorted(set(table.secrets) - declared):
        yield f"deployment.toml: nothing reads the secret {name}"
    for secret in table.secrets.values():
        if secret.when is not None and secret.when not in settings:
            yield f"deployment.toml: there is no param {secret.when}"
    for alias, environment in table.environments.items():
        for name in sorted(set(environment.params) - settings):
            yield f"deployment.toml: {alias} sets {name}, which is no param"
    for name, file in sorted(readings.items()):
        if name not in declared | settings and not _is_of_the_platform(name):
            yield f"{file}: reads {name}, which is declared neither as a param nor as a secret"


def _is_of_the_platform(name: str) -> bool:
    return name in _PLATFORM or "EMULATOR" in name or name.startswith(("K_", "DISABLE_"))


@cache
def declarations(source: Path) -> tuple[set[str], set[str], dict[str, str]]:
    """The names of the code's secrets, of its params, and of all that it reads of its environment, with the
    file."""
    secrets, settings = set[str](), set[str]()
    readings: dict[str, str] = {}
    for file in code_in(source):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = _named_texts(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (said := _declared(node, names)) is not None:
                (secrets if _called(node) == "SecretParam" else settings).add(said)
            if isinstance(node, ast.Call | ast.Subscript):
                name = _read(node, names)
                readings |= {} if name is None else {name: str(file.relative_to(source))}
    return secrets, settings, readings


def _named_texts(tree: ast.Module) -> dict[str, str]:
    """The module's names for texts, and for the params and secrets that it declares."""
    names: dict[str, str] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                names[name] = text
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                if (said := _declared(call, names)) is not None:
                    names[name] = said
    return names


def code_in(source: Path) -> Iterator[Path]:
    """What is deployed: not the operators' command, which runs on an operator's machine."""
    kept = [source / "main.py", *sorted((source / "mediaforge").rglob("*.py"))]
    return (file for file in kept if file.relative_to(source).parts[:2] != ("mediaforge", "ops"))


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", "") or getattr(node.func, "id", "")


def _declared(node: ast.Call, names: Mapping[str, str]) -> str | None:
    declares = ("SecretParam", "IntParam", "StringParam", "BoolParam")
    return _text(node.args[0], names) if _called(node) in declares and node.args else None


def _read(node: ast.Call | ast.Subscript, names: Mapping[str, str]) -> str | None:
    if isinstance(node, ast.Subscript):
        return _text(node.slice, names) if ast.unparse(node.value) == "os.environ" else None
    reads = ("os.environ.get", "os.environ.setdefault", "os.getenv")
    return _text(node.args[0], names) if ast.unparse(node.func) in reads and node.args else None


def _text(node: ast.AST, names: Mapping[str, str]) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id=name), attr="name"):
            return names.get(name)
    return None


def wrong_apis(table: Table, source: Path = FUNCTIONS) -> Iterator[str]:
    """One line for each client of Google's of which nobody has said which API it needs, or whose API is not
    switched on."""
    for file in code_in(source):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        place = file.relative_to(source)
        for client in sorted(set(_clients(tree))):
            api = next((CLIENTS[c] for c in CLIENTS if f"{client}.".startswith(f"{c}.")), None)
            if api is None:
                yield f"{place}: nobody has said which API {client} needs (ops/deploy/check.py)"
            elif api not in table.apis:
                yield f"deployment.toml: apis lacks {api}, which {place} needs"
    for each in yaml.safe_load(manifest())["requiredAPIs"]:
        if each["api"] not in table.apis:
            yield f"deployment.toml: apis lacks {each['api']} ({each['reason']})"


def _clients(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from filter(_is_client, names)


def _is_client(name: str) -> bool:
    package, _, rest = name.partition(".")
    if package == "firebase_admin":
        return rest.partition(".")[0] in _SERVICES
    return name in CLIENTS or (package == "google" and not name.startswith(_NO_CLIENTS))


# The rest of `firebase_admin` is its app, its exceptions, its HTTP client.
_SERVICES = ("auth", "firestore", "functions", "messaging", "ml", "storage", "tenant_mgt", "db")


# ---- the lock -----------------------------------------------------------------------------------------


def wrong_lock(
    lock: Path = LOCK, environment: Mapping[str, str] | None = None, cache: Path | None = None
) -> Iterator[str]:
    """What pip says where it could not install the lock into an empty environment, as the cloud's build does:
    the newest pip (that of our own lock), which resolves it, and looks at each hash. A lock that could be
    installed once is not tried again: what it names does not change."""
    pip = [sys.executable, "-m", "pip"]
    known = hashlib.sha256(lock.read_bytes() + _version(pip)).hexdigest()
    if cache is not None and cache.exists() and cache.read_text(encoding="utf-8") == known:
        return
    command = [*pip, "install", "--dry-run", "--ignore-installed", "--no-input", "--quiet"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "--disable-pip-version-check", "-r", str(lock)],
        env=dict(pip_environment() if environment is None else environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
        yield f"{lock.name}: pip could not install it: {' '.join(said)[-1500:]}"
    elif cache is not None:
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text(known, encoding="utf-8")


def _version(pip: Sequence[str]) -> bytes:
    asked = subprocess.run([*pip, "--version"], capture_output=True, check=True)  # noqa: S603 - as above
    return asked.stdout


# ---- the rules ----------------------------------------------------------------------------------------


def wrong_rules(files: Sequence[Path] = RULES) -> Iterator[str]:
    """What Google's rules engine, out of the emulators, says of the files; its warnings are about functions
    that are not there, and count. Raises SetupError where no emulator is set up."""
    emulators = read_emulators()
    if emulators.storage_rules is None:
        say(
            "rules: not compiled here: firebase-tools has its own engine, which starts with an emulator"
        )
        return
    lines = []
    for number, file in enumerate(files):
        source = {"files": [{"name": file.name, "content": file.read_text(encoding="utf-8")}]}
        context = {"rulesetName": file.name, "source": source}
        lines.append(json.dumps({"id": number, "action": "load_ruleset", "context": context}))
    ran = subprocess.run(  # noqa: S603 - our own command
        [str(emulators.java), "-jar", str(emulators.storage_rules), "serve"],
        input="\n".join([*lines, ""]),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: dict[int, Any] = {}
    for line in ran.stdout.splitlines():
        answer = json.loads(line)
        answers[answer["id"]] = answer
    for number, file in enumerate(files):
        answer = answers.get(number)
        if answer is None:
            yield f"{file.name}: the engine has not answered"
            continue
        for issue in [*answer["errors"], *answer["warnings"]]:
            yield f"{file.name}: {issue}"


# -----------------------------------------------------------------------------------------------------------


def checks() -> dict[str, Callable[[], Iterator[str]]]:
    """Raises TableError, ValueError."""
    table, functions = read(), endpoints(manifest(**EVERYTHING))
    endpoints(manifest())  # as it is shipped
    cache = LOCAL / "deploy-check-lock"
    return {
        "an index for each query": wrong_indexes,
        "the rights of each account": lambda: wrong_roles(table, functions),
        "secrets and params": lambda: wrong_secrets(table, functions),
        "APIs": lambda: wrong_apis(table),
        "the rules": wrong_rules,
        "the lock, by the newest pip": lambda: wrong_lock(cache=cache),
    }


def main() -> int:
    sys.path.insert(0, str(FUNCTIONS))
    try:
        wanted = checks()
    except (TableError, ValueError) as error:
        complain(f"firebase-tools would not deploy this: {error}")
        return 1
    say("firebase-tools takes the manifest and the indexes")
    is_good = True
    for name, check in wanted.items():
        try:
            wrong = list(check())
        except SetupError as error:
            wrong = [str(error)]
        for line in wrong:
            complain(line)
        is_good = is_good and not wrong
        say(f"{name}: {'not good' if wrong else 'good'}")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
