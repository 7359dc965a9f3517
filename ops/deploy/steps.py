"""What a deploy does, step by step. A step looks at the project, compares it with the table, and yields what
is to be changed: so it may be repeated, and goes on where an earlier run has ended. A step ends the run where
it finds what nobody has planned (SurpriseError)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.deploy import release
from ops.deploy.cloud import Cloud, SurpriseError
from ops.deploy.table import ROOT, Environment, Table, params_in

_DATABASE = "--database=(default)"
_MONITORING = ROOT / "ops" / "monitoring"
_VIEWS = ROOT / "ops" / "analytics" / "views"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do. `command` is what does it; for a file of this machine `writes` is its new text.
    `by_hand`: only a person can give that command."""

    says: str
    command: Sequence[str] = ()
    writes: tuple[Path, str] | None = None
    by_hand: bool = False


@dataclass(slots=True)
class Deploy:
    """One run: the table, the environment, what the manifest says, and where to put files that commands
    read."""

    cloud: Cloud
    table: Table
    wanted: Environment
    events: Sequence[str]
    """The services that Eventarc calls: each is called as its function, in lower case."""
    services: Sequence[str]
    folder: Path
    root: Path = ROOT
    billing_account: str = ""
    keeps_pins: bool = False
    resumes_queues: bool = False
    number: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def project(self) -> str:
        return self.cloud.project

    @property
    def bucket(self) -> str:
        return f"gs://{self.project}.firebasestorage.app"

    def address(self, account: str) -> str:
        return f"{account}@{self.project}.iam.gserviceaccount.com"

    def gcloud(self, *words: str) -> list[str]:
        return ["gcloud", *words, f"--project={self.project}", "--quiet"]

    def file(self, name: str, content: Any) -> str:
        """A file with the content as JSON, for a command that reads one."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")
        return str(path)


Step = Callable[[Deploy], Iterator[Change]]


def project(deploy: Deploy) -> Iterator[Change]:
    """There is one, and somebody pays for it."""
    found = deploy.cloud.gcloud("projects", "describe", deploy.project)
    if found is None or found.get("lifecycleState") != "ACTIVE":
        raise SurpriseError(f"there is no project {deploy.project} that you may look at")
    deploy.number = str(found["projectNumber"])
    billing = deploy.cloud.gcloud("billing", "projects", "describe", deploy.project)
    if not billing or not billing.get("billingEnabled"):
        raise SurpriseError("the project has no billing account: it needs the Blaze plan")
    deploy.billing_account = billing["billingAccountName"].rpartition("/")[2]
    yield from ()


def apis(deploy: Deploy) -> Iterator[Change]:
    found = deploy.cloud.gcloud("services", "list", "--enabled") or []
    on = {each["config"]["name"] for each in found}
    missing = sorted(set(deploy.table.apis) - on)
    if missing:
        yield Change(
            f"switch on {len(missing)} APIs", deploy.gcloud("services", "enable", *missing)
        )


def database(deploy: Deploy) -> Iterator[Change]:
    wanted = deploy.wanted
    found = deploy.cloud.gcloud("firestore", "databases", "describe", _DATABASE)
    if found is None:
        words = [f"--location={wanted.database_location}", "--type=firestore-native"]
        yield Change("create the database", deploy.gcloud(*_DATABASES, "create", _DATABASE, *words))
        found = {}
    elif found["locationId"] != wanted.database_location:
        raise SurpriseError(
            f"the database is in {found['locationId']}, the table says {wanted.database_location}: "
            "that cannot be changed, so change the table"
        )
    if wanted.keeps_changes and found.get("pointInTimeRecoveryEnablement") != _PITR:
        yield Change(
            "keep the database's changes for seven days",
            deploy.gcloud(*_DATABASES, "update", _DATABASE, "--enable-pitr"),
        )
    if wanted.protects_database and found.get("deleteProtectionState") != _PROTECTED:
        yield Change(
            "protect the database from deletion",
            deploy.gcloud(*_DATABASES, "update", _DATABASE, "--delete-protection"),
        )
    schedules = deploy.cloud.gcloud(*_BACKUPS, "list", _DATABASE) or []
    there = {
        recurrence for each in schedules for recurrence in ("daily", "weekly")
        if f"{recurrence}Recurrence" in each
    }  # fmt: skip
    for backup in wanted.backups:
        if backup.recurrence not in there:
            words = [f"--recurrence={backup.recurrence}", f"--retention={backup.keeps}"]
            words += ["--day-of-week=SUN"] if backup.recurrence == "weekly" else []
            yield Change(
                f"a {backup.recurrence} backup, kept for {backup.keeps}",
                deploy.gcloud(*_BACKUPS, "create", _DATABASE, *words),
            )


_DATABASES = ("firestore", "databases")
_BACKUPS = ("firestore", "backups", "schedules")
_PITR = "POINT_IN_TIME_RECOVERY_ENABLED"
_PROTECTED = "DELETE_PROTECTION_ENABLED"
_BUCKETS = ("storage", "buckets")


def bucket(deploy: Deploy) -> Iterator[Change]:
    wanted = deploy.table.bucket
    found = deploy.cloud.gcloud(*_BUCKETS, "describe", deploy.bucket)
    if found is None:
        raise SurpriseError(
            f"there is no bucket {deploy.bucket}: only the console makes it (Storage, Get started), "
            f"in {' or '.join(wanted.locations)}"
        )
    if found["location"].upper() not in wanted.locations:
        raise SurpriseError(
            f"the bucket is in {found['location']}: the triggers cannot listen to it from "
            f"{deploy.table.region}"
        )
    deploy.labels = found.get("labels") or {}
    rules = (found.get("lifecycle_config") or {}).get("rule", [])
    ours = [
        {
            "action": {"type": "Delete"},
            "condition": {"age": each.days, "matchesPrefix": [each.prefix]},
        }
        for each in wanted.deletes
    ]
    others = [rule for rule in rules if rule not in ours]
    if any(rule not in rules for rule in ours):
        # The command replaces all rules: those of others stay among them.
        file = deploy.file("lifecycle.json", {"rule": [*others, *ours]})
        yield Change(
            "delete what providers leave in the scratch folder",
            deploy.gcloud(*_BUCKETS, "update", deploy.bucket, f"--lifecycle-file={file}"),
        )
    kept_s = int((found.get("soft_delete_policy") or {}).get("retentionDurationSeconds", 0))
    if kept_s != wanted.undelete_days * 86_400:
        yield Change(
            f"keep deleted files for {wanted.undelete_days} days",
            deploy.gcloud(
                *_BUCKETS, "update", deploy.bucket,
                f"--soft-delete-duration={wanted.undelete_days}d",
            ),
        )  # fmt: skip


def accounts(deploy: Deploy) -> Iterator[Change]:
    found = deploy.cloud.gcloud("iam", "service-accounts", "list") or []
    there = {each["email"] for each in found}
    for name, account in deploy.table.accounts.items():
        if deploy.address(name) not in there:
            words = (name, f"--display-name=MediaForge: {account.does}")
            yield Change(
                f"the account {name}", deploy.gcloud("iam", "service-accounts", "create", *words)
            )


def roles(deploy: Deploy) -> Iterator[Change]:
    """Those of the table, and of our accounts no other: a right that somebody gave by hand is a surprise."""
    own = {deploy.address(name): account for name, account in deploy.table.accounts.items()}
    policy = deploy.cloud.gcloud("projects", "get-iam-policy", deploy.project, of_project=False)
    has = _members(policy)
    for address, account in own.items():
        for role in sorted(has.get(address, set()) - set(account.roles("project"))):
            raise SurpriseError(
                f"{address} has {role} in the whole project, of which the table says nothing. Take it away: "
                f"gcloud projects remove-iam-policy-binding {deploy.project} "
                f"--member=serviceAccount:{address} --role={role} --all"
            )
    agents = {
        f"{name.format(number=deploy.number)}.iam.gserviceaccount.com": agent.roles
        for name, agent in deploy.table.agents.items()
    }
    wanted = {address: account.roles("project") for address, account in own.items()}
    for address, names in {**wanted, **agents}.items():
        for role in names:
            if role not in has.get(address, set()):
                yield Change(
                    f"{role} for {address}",
                    ["gcloud", "projects", "add-iam-policy-binding", deploy.project,
                     *_member(address, role), "--condition=None", "--quiet"],
                )  # fmt: skip
    yield from _on_resource(
        deploy, (*_BUCKETS,), deploy.bucket,
        [(address, role) for address, each in own.items() for role in each.roles("bucket")],
    )  # fmt: skip
    trainer = _params(deploy).get("TRAINING_SERVICE_ACCOUNT", "")
    for address, account in own.items():
        itself = [(address, role) for role in account.roles("itself")]
        yield from _on_resource(deploy, ("iam", "service-accounts"), address, itself)
        if trainer:
            acts = [(address, role) for role in account.roles("trainer")]
            yield from _on_resource(deploy, ("iam", "service-accounts"), trainer, acts)


def _on_resource(
    deploy: Deploy,
    group: Sequence[str],
    name: str,
    grants: Sequence[tuple[str, str]],
    *more: str,
) -> Iterator[Change]:
    if not grants:
        return
    has = _members(deploy.cloud.gcloud(*group, "get-iam-policy", name, *more))
    for address, role in grants:
        if role not in has.get(address, set()):
            command = (*group, "add-iam-policy-binding", name, *_member(address, role), *more)
            yield Change(f"{role} on {name} for {address}", deploy.gcloud(*command))


def _member(address: str, role: str) -> tuple[str, str]:
    return f"--member=serviceAccount:{address}", f"--role={role}"


def _members(policy: Any) -> dict[str, set[str]]:
    """The roles of each service account in a policy."""
    found: dict[str, set[str]] = {}
    for binding in (policy or {}).get("bindings", []):
        for member in binding.get("members", []):
            kind, _, address = member.partition(":")
            if kind == "serviceAccount":
                found.setdefault(address, set()).add(binding["role"])
    return found


def params(deploy: Deploy) -> Iterator[Change]:
    """`functions/.env.<project>` says what the table says of this environment. Its other lines are yours."""
    file = _params_file(deploy)
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    said = dict(params_in(text))
    for name, value in deploy.wanted.params.items():
        if said.get(name, value) != value:
            raise SurpriseError(
                f"{file.name} says {name}={said[name]}, the table {name}={value}: make them the same"
            )
    lines = [f"{n}={v}" for n, v in deploy.wanted.params.items() if n not in said]
    if lines:
        whole = "\n".join([*text.splitlines(), *lines, ""])
        yield Change(f"write {', '.join(lines)} into {file.name}", writes=(file, whole))


def _params_file(deploy: Deploy) -> Path:
    return deploy.root / "functions" / f".env.{deploy.project}"


def _params(deploy: Deploy) -> dict[str, str]:
    shipped = (deploy.root / "functions" / ".env").read_text(encoding="utf-8")
    file = _params_file(deploy)
    own = file.read_text(encoding="utf-8") if file.exists() else ""
    return {**dict(params_in(shipped)), **deploy.wanted.params, **dict(params_in(own))}


def secrets(deploy: Deploy) -> Iterator[Change]:
    """They are there, and have a version. Nothing here ever sees a value: a person gives it."""
    found = deploy.cloud.gcloud("secrets", "list") or []
    there = {each["name"].rpartition("/")[2] for each in found}
    settings = _params(deploy)
    for name, secret in deploy.table.secrets.items():
        if secret.when is not None and settings.get(secret.when, "").lower() != "true":
            continue
        if name not in there:
            words = [name, "--replication-policy=automatic"]
            yield Change(f"the secret {name}", deploy.gcloud("secrets", "create", *words))
        version = ("versions", "list", name, "--filter=state=ENABLED", "--limit=1")
        if not deploy.cloud.gcloud("secrets", *version):
            # The value is typed, and ends with Ctrl-D; it is on no command line.
            words = ["versions", "add", name, "--data-file=-"]
            command = deploy.gcloud("secrets", *words)
            yield Change(f"{name} needs a value: {secret.why}", command, by_hand=True)


_LOGS = ("logging", "buckets")


def log(deploy: Deploy) -> Iterator[Change]:
    """The bucket of the log that analytics reads, its tables in BigQuery, and the sink into it."""
    wanted, region = deploy.table.log, deploy.table.region
    where = f"--location={region}"
    buckets = deploy.cloud.gcloud("logging", "buckets", "list", where) or []
    found = {each["name"].rpartition("/")[2]: each for each in buckets}.get(wanted.bucket)
    days = f"--retention-days={wanted.days}"
    if found is None:
        words = [wanted.bucket, where, "--enable-analytics", days]
        yield Change("a bucket of the log", deploy.gcloud(*_LOGS, "create", *words))
    elif int(found.get("retentionDays", 0)) != wanted.days:
        words = [wanted.bucket, where, days]
        yield Change(
            f"keep the log for {wanted.days} days", deploy.gcloud(*_LOGS, "update", *words)
        )
    of_bucket = (f"--bucket={wanted.bucket}", where)
    links = deploy.cloud.gcloud("logging", "links", "list", *of_bucket) or []
    if wanted.linked_dataset not in {each["name"].rpartition("/")[2] for each in links}:
        words = ["create", wanted.linked_dataset, *of_bucket]
        yield Change("the log as tables of BigQuery", deploy.gcloud("logging", "links", *words))
    to = f"projects/{deploy.project}/locations/{region}/buckets/{wanted.bucket}"
    to = f"logging.googleapis.com/{to}"
    sinks = deploy.cloud.gcloud("logging", "sinks", "list") or []
    sink = {each["name"]: each for each in sinks}.get(wanted.bucket)
    words = [wanted.bucket, to, f"--log-filter={wanted.filter}"]
    if sink is None:
        yield Change("the sink of the log", deploy.gcloud("logging", "sinks", "create", *words))
    elif (sink["destination"], sink.get("filter")) != (to, wanted.filter):
        yield Change("what the sink takes", deploy.gcloud("logging", "sinks", "update", *words))


def queues(deploy: Deploy) -> Iterator[Change]:
    """A deploy has every queue run: one that somebody has paused is resumed by it."""
    where = f"--location={deploy.table.region}"
    found = deploy.cloud.gcloud("tasks", "queues", "list", where) or []
    paused = [each["name"].rpartition("/")[2] for each in found if each["state"] == "PAUSED"]
    if paused and not deploy.resumes_queues:
        raise SurpriseError(
            f"paused, and a deploy would resume it: {', '.join(paused)}. Resume it first, or say "
            "--resume-queues"
        )
    yield from ()


def rules(deploy: Deploy) -> Iterator[Change]:
    """Rules and indexes come before the code that needs them."""
    yield from _release(deploy, "rules", "firestore,storage")
    found = deploy.cloud.gcloud("firestore", "indexes", "composite", "list", _DATABASE) or []
    building = [each["name"].rpartition("/")[2] for each in found if each["state"] == "CREATING"]
    if building:
        raise SurpriseError(
            f"{len(building)} indexes are still being built, and until then the lists that need them are "
            "refused: run this again in some minutes"
        )


def functions(deploy: Deploy) -> Iterator[Change]:
    yield from _release(deploy, "functions", "functions")


def studio(deploy: Deploy) -> Iterator[Change]:
    yield from _release(deploy, "studio", "hosting")


def _release(deploy: Deploy, part: str, only: str) -> Iterator[Change]:
    """One part by `firebase deploy`, unless the bucket's label says that this very content was deployed
    last."""
    said = deploy.labels.get(f"mediaforge-{part}")
    now = release.digest(deploy.root, part, deploy.project)
    if said == now:
        return
    words = ["deploy", f"--only={only}", f"--project={deploy.project}", "--non-interactive"]
    what = f"deploy {part}"
    if part == "functions":
        # Without it firebase-tools refuses triggers that are retried, and a first deploy, for want of a rule
        # for old images. With it, it also deletes functions.
        words.append("--force")
        what += ", and delete those that the code does not have any more"
    yield Change(what, ["npx", "--no-install", "firebase", *words])
    label = f"--update-labels=mediaforge-{part}={now}"
    yield Change(
        f"note which {part} there are", deploy.gcloud(*_BUCKETS, "update", deploy.bucket, label)
    )


def services(deploy: Deploy) -> Iterator[Change]:
    """Eventarc may call the triggers, and the newest revision of each function serves."""
    region = f"--region={deploy.table.region}"
    for name, account in deploy.table.accounts.items():
        calls = [(deploy.address(name), role) for role in account.roles("events")]
        for service in deploy.events if calls else ():
            yield from _on_resource(deploy, ("run", "services"), service, calls, region)
    found = deploy.cloud.gcloud("run", "services", "list", region) or []
    for each in found:
        name, traffic = each["metadata"]["name"], each["spec"].get("traffic", [])
        if name not in deploy.services or all(to.get("latestRevision") for to in traffic):
            continue
        if deploy.keeps_pins:
            continue
        words = ("update-traffic", name, "--to-latest", region)
        yield Change(
            f"{name}: its newest revision serves, not {traffic[0].get('revisionName', '')}",
            deploy.gcloud("run", "services", *words),
        )


def monitoring(deploy: Deploy) -> Iterator[Change]:
    """Channels and metrics first: a policy needs both."""
    yield from _metrics(deploy)
    found = deploy.cloud.gcloud("beta", "monitoring", "channels", "list") or []
    channels = {(each.get("labels") or {}).get("email_address"): each["name"] for each in found}
    for address in deploy.wanted.notify:
        if address not in channels:
            words = (
                "--type=email",
                f"--display-name=MediaForge: {address}",
                f"--channel-labels=email_address={address}",
            )
            yield Change(
                f"alarms for {address}",
                deploy.gcloud("beta", "monitoring", "channels", "create", *words),
            )
            found = deploy.cloud.gcloud("beta", "monitoring", "channels", "list") or []
            channels = {(e.get("labels") or {}).get("email_address"): e["name"] for e in found}
    told = [channels[each] for each in deploy.wanted.notify if each in channels]
    yield from _named(deploy, "policies", ("alpha", "monitoring", "policies"), "policy", told)
    yield from _named(deploy, "dashboards", ("monitoring", "dashboards"), "config")
    checks = deploy.cloud.gcloud("monitoring", "uptime", "list-configs") or []
    there = {each["displayName"] for each in checks}
    for file in sorted((_MONITORING / "uptime").glob("*.json")):
        wanted = json.loads(file.read_text(encoding="utf-8"))
        if wanted["displayName"] not in there:
            yield Change(wanted["displayName"], deploy.gcloud(*_uptime(deploy, wanted)))


def _metrics(deploy: Deploy) -> Iterator[Change]:
    found = deploy.cloud.gcloud("logging", "metrics", "list") or []
    there = {each["name"]: each for each in found}
    for file in sorted((_MONITORING / "metrics").glob("*.json")):
        wanted = json.loads(file.read_text(encoding="utf-8"))
        name = wanted["name"]
        if (known := there.get(name)) is None or not _is_within(wanted, known):
            verb = "create" if known is None else "update"
            words = (
                verb,
                name,
                f"--config-from-file={deploy.file(f'metrics/{file.name}', wanted)}",
            )
            yield Change(f"the metric {name}", deploy.gcloud("logging", "metrics", *words))


def _named(
    deploy: Deploy, kind: str, group: Sequence[str], option: str, told: Sequence[str] = ()
) -> Iterator[Change]:
    """What is known by the name that it is shown with."""
    found = deploy.cloud.gcloud(*group, "list") or []
    there = {each["displayName"]: each for each in found}
    for file in sorted((_MONITORING / kind).glob("*.json")):
        wanted = json.loads(file.read_text(encoding="utf-8"))
        path, shipped = str(file), dict(wanted)
        if told:
            wanted["notificationChannels"] = list(told)
        name, known = wanted["displayName"], there.get(wanted["displayName"])
        if known is not None and _is_within(wanted, known):
            continue
        if known is not None and "etag" in known:
            wanted["etag"] = known["etag"]  # so that it is this one that is changed
        if wanted != shipped:
            path = deploy.file(f"{kind}/{file.name}", wanted)
        verb = ("create",) if known is None else ("update", known["name"])
        from_file = f"--{option}-from-file={path}"
        yield Change(f"{kind}: {name}", deploy.gcloud(*group, *verb, from_file))


def _is_within(wanted: Any, known: Any) -> bool:
    """Whether all that is wanted is there; what Google adds by itself is no difference."""
    if isinstance(wanted, Mapping):
        return isinstance(known, Mapping) and all(
            _is_within(value, known.get(name)) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(known, list)
            and len(wanted) == len(known)
            and all(map(_is_within, wanted, known))
        )
    # A 64-bit number is a text in JSON, and what is empty is left out.
    return str(wanted) == str(known) or (wanted in ("", 0, False) and known is None)


def _uptime(deploy: Deploy, check: Mapping[str, Any]) -> Iterator[str]:
    """`gcloud monitoring uptime` takes no file: the same in words."""
    labels, asks = check["monitoredResource"]["labels"], check["httpCheck"]
    matcher = check["contentMatchers"][0]
    yield from ("monitoring", "uptime", "create", check["displayName"])
    host = labels["host"].replace("${PROJECT}", deploy.project)
    yield "--resource-type=uptime-url"
    yield f"--resource-labels=host={host},project_id={deploy.project}"
    yield f"--path={asks['path']}"
    yield from ("--protocol=https", f"--port={asks['port']}", "--validate-ssl=true")
    yield f"--period={int(check['period'].rstrip('s')) // 60}"
    yield f"--timeout={check['timeout'].rstrip('s')}"
    yield f"--matcher-content={matcher['content']}"
    yield "--matcher-type=matches-json-path"
    yield f"--json-path={matcher['jsonPathMatcher']['jsonPath']}"
    yield "--json-path-matcher-type=exact-match"


def budget(deploy: Deploy) -> Iterator[Change]:
    of_account = f"--billing-account={deploy.billing_account}"
    found = deploy.cloud.gcloud("billing", "budgets", "list", of_account, of_project=False) or []
    name = f"MediaForge {deploy.project}"
    known = {each.get("displayName"): each for each in found}.get(name)
    amount = f"--budget-amount={deploy.wanted.budget_usd}USD"
    if known is None:
        rules_of = [f"--threshold-rule=percent={part}" for part in ("0.5", "0.9", "1.0")]
        words = (f"--display-name={name}", amount, *rules_of)
        filters = f"--filter-projects=projects/{deploy.project}"
        command = ["gcloud", "billing", "budgets", "create", of_account, *words, filters, "--quiet"]
        yield Change("the budget", command)
    elif str(known["amount"]["specifiedAmount"]["units"]) != str(deploy.wanted.budget_usd):
        command = ["gcloud", "billing", "budgets", "update", known["name"], amount, "--quiet"]
        yield Change("the budget's amount", command)


def analytics(deploy: Deploy) -> Iterator[Change]:
    """The views of ops/analytics, in the order of their names: a later one may read an earlier one."""
    wanted = deploy.table.log
    dataset = f"{deploy.project}:{wanted.dataset}"
    if deploy.cloud.bq("show", "--dataset", dataset) is None:
        where = f"--location={deploy.table.region}"
        command = ["bq", f"--project_id={deploy.project}", "mk", "--dataset", where, dataset]
        yield Change("the dataset of the views", command)
    for file in sorted(_VIEWS.glob("*.sql")):
        name = f"{dataset}.{file.stem}"
        text = file.read_text(encoding="utf-8").replace("${PROJECT}", deploy.project)
        known = deploy.cloud.bq("show", name)
        if known is not None and known["view"]["query"].strip() == text.strip():
            continue
        verb = ["mk"] if known is None else ["update"]
        words = ["--use_legacy_sql=false", f"--view={text.strip()}", name]
        command = ["bq", f"--project_id={deploy.project}", *verb, *words]
        yield Change(f"the view {file.stem}", command)


STEPS: Mapping[str, Step] = {
    "project": project,
    "APIs": apis,
    "database": database,
    "bucket": bucket,
    "accounts": accounts,
    "roles": roles,
    "params": params,
    "secrets": secrets,
    "log": log,
    "queues": queues,
    "rules and indexes": rules,
    "functions": functions,
    "studio": studio,
    "services": services,
    "monitoring": monitoring,
    "budget": budget,
    "analytics": analytics,
}


def plan(deploy: Deploy, steps: Mapping[str, Step]) -> Iterable[tuple[str, Change]]:
    """What is to be changed, with the name of its step. The caller makes each change before it asks for the
    next."""
    for name, step in steps.items():
        for change in step(deploy):
            yield name, change
