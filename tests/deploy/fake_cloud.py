"""`gcloud`, `bq` and `npx firebase`, as far as a deploy speaks to them: a program that keeps a project in a
file. It is put on PATH under all three names.

It knows the words and the options that the real one has (`tests/deploy/test_deploy.py` has the real gcloud
look at the same commands, where there is one), and refuses others as that does. `FAKE_CLOUD` is the file;
`FAKE_DIES` names the change (by its number, from 1) after which whoever gave it is killed."""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-incomplete-defs
# ruff: noqa: T201 - it speaks as a program does

import json
import os
import re
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

STATE = Path(os.environ.get("FAKE_CLOUD", os.devnull))
PROJECT, NUMBER = "my-forge-1", "424242"


def load():
    return json.loads(STATE.read_text())


# As the console leaves it: billing, the default bucket, nothing else.
NEW_PROJECT: dict[str, Any] = {
    "changes": [],
    "refused": [],
    "apis": [],
    "database": None,
    "backups": [],
    "bucket": {"location": "US-CENTRAL1", "labels": {}},
    "accounts": [],
    "policies": {},
    "secrets": {},
    "log_buckets": [],
    "links": [],
    "sinks": [],
    "queues": [],
    "metrics": [],
    "monitoring": {"policies": [], "dashboards": [], "uptime": [], "channels": []},
    "budgets": [],
    "services": [],
    "datasets": [],
    "views": {},
    "indexes": [],
}


class RefusedError(Exception):
    pass


class Call:
    """The words, and the options as a mapping; a repeated option keeps all its values."""

    def __init__(self, words):
        self.words = [word for word in words if not word.startswith("--")]
        self.options: dict[str, list[str]] = {}
        for word in words:
            if word.startswith("--"):
                name, _, value = word[2:].partition("=")
                self.options.setdefault(name, []).append(value)

    def __getitem__(self, name):
        if name not in self.options:
            raise RefusedError(f"argument --{name}: Must be specified.")
        return self.options[name][-1]

    def get(self, name, default=None):
        return self.options[name][-1] if name in self.options else default


def absent(what):
    return RefusedError(f"ERROR: NOT_FOUND: {what}")


# Each: the words before its own, the options that it has beside the global ones, what it does.
COMMANDS: dict[str, Any] = {}
GLOBAL = {"project", "format", "quiet"}


def command(words, *options, changes=False):
    def keep(act):
        COMMANDS[words] = (set(options), changes, act)
        return act

    return keep


@command("projects describe")
def _(state, call, name):
    if name != PROJECT:
        raise absent(name)
    return {"projectId": PROJECT, "projectNumber": NUMBER, "lifecycleState": "ACTIVE"}


@command("billing projects describe")
def _(state, call, name):
    return {
        "billingAccountName": "billingAccounts/0A-1B",
        "billingEnabled": not state.get("unpaid"),
    }


@command("services list", "enabled")
def _(state, call):
    return [{"config": {"name": name}} for name in state["apis"]]


@command("services enable", changes=True)
def _(state, call, *names):
    state["apis"] = sorted({*state["apis"], *names})


def needs_api(state, api):
    if f"{api}.googleapis.com" not in state["apis"]:
        raise RefusedError(
            f"ERROR: PERMISSION_DENIED: {api} API has not been used in project {NUMBER}"
        )


@command("firestore databases describe", "database")
def _(state, call):
    needs_api(state, "firestore")
    if state["database"] is None:
        raise absent("The database (default) does not exist")
    return state["database"]


@command("firestore databases create", "database", "location", "type", changes=True)
def _(state, call):
    needs_api(state, "firestore")
    if state["database"] is not None:
        raise RefusedError("ERROR: ALREADY_EXISTS: Database already exists")
    assert call["type"] == "firestore-native"
    state["database"] = {"locationId": call["location"]}


@command("firestore databases update", "database", "enable-pitr", "delete-protection", changes=True)
def _(state, call):
    if "enable-pitr" in call.options:
        state["database"]["pointInTimeRecoveryEnablement"] = "POINT_IN_TIME_RECOVERY_ENABLED"
    if "delete-protection" in call.options:
        state["database"]["deleteProtectionState"] = "DELETE_PROTECTION_ENABLED"


@command("firestore backups schedules list", "database")
def _(state, call):
    needs_api(state, "firestore")
    return state["backups"]


@command(
    "firestore backups schedules create",
    "database",
    "recurrence",
    "retention",
    "day-of-week",
    changes=True,
)
def _(state, call):
    if (call["recurrence"] == "weekly") != ("day-of-week" in call.options):
        raise RefusedError("ERROR: INVALID_ARGUMENT: day-of-week")
    state["backups"].append({f"{call['recurrence']}Recurrence": {}, "retention": call["retention"]})


@command("firestore indexes composite list", "database")
def _(state, call):
    needs_api(state, "firestore")
    return state["indexes"]


@command("storage buckets describe")
def _(state, call, name):
    if state["bucket"] is None:
        raise absent(f"{name} not found: 404.")
    return state["bucket"]


@command(
    "storage buckets update",
    "lifecycle-file",
    "soft-delete-duration",
    "update-labels",
    changes=True,
)
def _(state, call, name):
    if file := call.get("lifecycle-file"):
        state["bucket"]["lifecycle_config"] = json.loads(Path(file).read_text())
    if kept := call.get("soft-delete-duration"):
        seconds = str(int(kept.rstrip("d")) * 86_400)
        state["bucket"]["soft_delete_policy"] = {"retentionDurationSeconds": seconds}
    if label := call.get("update-labels"):
        name, _, value = label.partition("=")
        assert re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", name)
        assert re.fullmatch(r"[a-z0-9_-]{0,63}", value)
        state["bucket"]["labels"][name] = value


@command("iam service-accounts list")
def _(state, call):
    needs_api(state, "iam")
    return [{"email": email} for email in state["accounts"]]


@command("iam service-accounts create", "display-name", changes=True)
def _(state, call, name):
    needs_api(state, "iam")
    assert re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", name), name
    assert len(call["display-name"]) <= 100
    email = f"{name}@{PROJECT}.iam.gserviceaccount.com"
    if email in state["accounts"]:
        raise RefusedError("ERROR: ALREADY_EXISTS: Service account already exists")
    state["accounts"].append(email)


def policies(group, *options):
    @command(f"{group} get-iam-policy", *options)
    def _(state, call, name):
        there(state, group, name)
        bindings = state["policies"].get(name, {})
        return {
            "bindings": [{"role": role, "members": members} for role, members in bindings.items()]
        }

    @command(
        f"{group} add-iam-policy-binding", "member", "role", "condition", *options, changes=True
    )
    def _(state, call, name):
        there(state, group, name)
        address = call["member"].removeprefix("serviceAccount:")
        if f"@{PROJECT}." in address and address not in state["accounts"]:
            raise RefusedError(
                f"ERROR: INVALID_ARGUMENT: Service account {address} does not exist."
            )
        members = state["policies"].setdefault(name, {}).setdefault(call["role"], [])
        if call["member"] not in members:
            members.append(call["member"])


def there(state, group, name):
    if group == "run services" and name not in [
        each["metadata"]["name"] for each in state["services"]
    ]:
        raise absent(name)
    if group == "iam service-accounts" and name not in state["accounts"]:
        raise absent(name)


policies("projects")
policies("iam service-accounts")
policies("storage buckets")
policies("run services", "region")


@command("secrets list")
def _(state, call):
    needs_api(state, "secretmanager")
    return [{"name": f"projects/{NUMBER}/secrets/{name}"} for name in state["secrets"]]


@command("secrets create", "replication-policy", changes=True)
def _(state, call, name):
    needs_api(state, "secretmanager")
    if name in state["secrets"]:
        raise RefusedError("ERROR: ALREADY_EXISTS")
    state["secrets"][name] = []


@command("secrets versions list", "filter", "limit")
def _(state, call, name):
    if name not in state["secrets"]:
        raise absent(name)
    return [{"name": each} for each in state["secrets"][name]]


def listed(group, field, *options):
    @command(f"{group} list", *options)
    def _(state, call):
        return state[field]


listed("logging buckets", "log_buckets", "location")
listed("logging links", "links", "bucket", "location")
listed("logging sinks", "sinks")
listed("logging metrics", "metrics")
listed("tasks queues", "queues", "location")
listed("run services", "services", "region")
listed("billing budgets", "budgets", "billing-account")


def new(found, name, what):
    if any(each["name"].rpartition("/")[2] == name for each in found):
        raise RefusedError(f"ERROR: ALREADY_EXISTS: {what}")


@command("logging buckets create", "location", "enable-analytics", "retention-days", changes=True)
def _(state, call, name):
    new(state["log_buckets"], name, "bucket")
    bucket = {"name": f"locations/{call['location']}/buckets/{name}"}
    state["log_buckets"].append({**bucket, "retentionDays": int(call["retention-days"])})


@command("logging buckets update", "location", "retention-days", changes=True)
def _(state, call, name):
    (found,) = [each for each in state["log_buckets"] if each["name"].endswith(f"/{name}")]
    found["retentionDays"] = int(call["retention-days"])


@command("logging links create", "bucket", "location", changes=True)
def _(state, call, name):
    new(state["links"], name, "link")
    if not any(each["name"].endswith(f"/{call['bucket']}") for each in state["log_buckets"]):
        raise absent("bucket")
    state["links"].append({"name": f"buckets/{call['bucket']}/links/{name}"})


def sink(state, call, name, to):
    return {"name": name, "destination": to, "filter": call["log-filter"]}


@command("logging sinks create", "log-filter", changes=True)
def _(state, call, name, to):
    new(state["sinks"], name, "sink")
    state["sinks"].append(sink(state, call, name, to))


@command("logging sinks update", "log-filter", changes=True)
def _(state, call, name, to):
    state["sinks"] = [e for e in state["sinks"] if e["name"] != name] + [
        sink(state, call, name, to)
    ]


@command("logging metrics create", "config-from-file", changes=True)
def _(state, call, name):
    new(state["metrics"], name.rpartition("/")[2], "metric")
    state["metrics"].append(
        {**json.loads(Path(call["config-from-file"]).read_text()), "version": "V2"}
    )


@command("logging metrics update", "config-from-file", changes=True)
def _(state, call, name):
    kept = [each for each in state["metrics"] if each["name"] != name]
    state["metrics"] = [*kept, json.loads(Path(call["config-from-file"]).read_text())]


def of_monitoring(group, field, option, prefix):
    @command(f"{group} list")
    def _(state, call):
        needs_api(state, "monitoring")
        return state["monitoring"][field]

    @command(f"{group} create", option, changes=True)
    def _(state, call):
        sent = json.loads(Path(call[option]).read_text())
        known = {each["name"] for each in state["monitoring"]["channels"]}
        if unknown := set(sent.get("notificationChannels", [])) - known:
            raise absent(sorted(unknown)[0])
        number = len(state["monitoring"][field]) + 1
        name = f"projects/{PROJECT}/{prefix}/{number}"
        state["monitoring"][field].append({**sent, "name": name, "etag": str(number)})

    @command(f"{group} update", option, changes=True)
    def _(state, call, name):
        sent = json.loads(Path(call[option]).read_text())
        (found,) = [each for each in state["monitoring"][field] if each["name"] == name]
        if field == "dashboards" and sent.get("etag") != found["etag"]:
            raise RefusedError("ERROR: ABORTED: etag")
        found.update(sent, etag=found["etag"] + "1")


of_monitoring("alpha monitoring policies", "policies", "policy-from-file", "alertPolicies")
of_monitoring("monitoring dashboards", "dashboards", "config-from-file", "dashboards")


@command("beta monitoring channels list")
def _(state, call):
    return state["monitoring"]["channels"]


@command("beta monitoring channels create", "type", "display-name", "channel-labels", changes=True)
def _(state, call):
    name, _, value = call["channel-labels"].partition("=")
    number = len(state["monitoring"]["channels"]) + 1
    channel = {"name": f"projects/{PROJECT}/notificationChannels/{number}", "labels": {name: value}}
    state["monitoring"]["channels"].append({**channel, "type": call["type"]})


@command("monitoring uptime list-configs")
def _(state, call):
    return state["monitoring"]["uptime"]


UPTIME = (
    "resource-type",
    "resource-labels",
    "path",
    "protocol",
    "port",
    "validate-ssl",
    "period",
    "timeout",
)
MATCHER = ("matcher-content", "matcher-type", "json-path", "json-path-matcher-type")


@command("monitoring uptime create", *UPTIME, *MATCHER, changes=True)
def _(state, call, name):
    assert "${" not in call["resource-labels"]
    state["monitoring"]["uptime"].append({"displayName": name, "path": call["path"]})


BUDGET = ("billing-account", "display-name", "budget-amount", "threshold-rule", "filter-projects")


@command("billing budgets create", *BUDGET, changes=True)
def _(state, call):
    units = call["budget-amount"].removesuffix("USD")
    number = len(state["budgets"]) + 1
    budget = {
        "name": f"billingAccounts/0A-1B/budgets/{number}",
        "displayName": call["display-name"],
    }
    state["budgets"].append({**budget, "amount": {"specifiedAmount": {"units": units}}})


@command("billing budgets update", "budget-amount", changes=True)
def _(state, call, name):
    (found,) = [each for each in state["budgets"] if each["name"] == name]
    found["amount"]["specifiedAmount"]["units"] = call["budget-amount"].removesuffix("USD")


@command("run services update-traffic", "to-latest", "region", changes=True)
def _(state, call, name):
    (found,) = [each for each in state["services"] if each["metadata"]["name"] == name]
    found["spec"]["traffic"] = [{"latestRevision": True, "percent": 100}]


def firebase(state, call):
    """`firebase deploy`: the services of all functions, and indexes that are ready at once."""
    if call.words != ["firebase", "deploy"] or set(call.options) - FIREBASE:
        raise RefusedError(f"Error: {call.words} {call.options}")
    if call["project"] != PROJECT:
        raise RefusedError("Error: Failed to get Firebase project")
    only = call["only"]
    if only == "functions":
        if "force" not in call.options:
            raise RefusedError(
                "Error: Pass the --force option to deploy functions with a failure policy"
            )
        missing = [
            name
            for name in ("cloudfunctions", "run", "eventarc")
            if f"{name}.googleapis.com" not in state["apis"]
        ]
        secrets = [name for name, versions in state["secrets"].items() if not versions]
        if missing or secrets:
            raise RefusedError(f"Error: {missing or secrets}")
        known = {each["metadata"]["name"]: each for each in state["services"]}
        for name in os.environ["FAKE_SERVICES"].split(","):
            known.setdefault(
                name, {"metadata": {"name": name}, "spec": {"traffic": [{"latestRevision": True}]}}
            )
        state["services"] = list(known.values())
    elif only == "firestore,storage":
        state["indexes"] = [{"name": "indexes/1", "state": os.environ.get("FAKE_INDEX", "READY")}]
    elif only != "hosting":
        raise RefusedError(f"Error: No targets in {only}")


FIREBASE = {"no-install", "only", "project", "non-interactive", "force"}


def bq(state, call):
    verb, *names = call.words
    if call["project_id"] != PROJECT:
        raise RefusedError("BigQuery error: Access Denied")
    name = names[0]
    if verb == "show":
        if "dataset" in call.options:
            if name not in state["datasets"]:
                raise RefusedError(f"BigQuery error in show operation: Not found: Dataset {name}")
            return {"id": name}
        if name not in state["views"]:
            raise RefusedError(f"BigQuery error in show operation: Not found: Table {name}")
        return {"view": {"query": state["views"][name]}}
    if verb == "mk" and "dataset" in call.options:
        state["datasets"].append(name)
    elif verb in ("mk", "update"):
        assert call["use_legacy_sql"] == "false"
        if name.partition(".")[0] not in state["datasets"]:
            raise RefusedError("BigQuery error: Not found: Dataset")
        if (verb == "mk") == (name in state["views"]):
            raise RefusedError("BigQuery error: Already Exists")
        state["views"][name] = call["view"]
    return None


def run(state, program, words):
    call = Call(words)
    if program == "npx":
        return True, lambda: firebase(state, call)
    if program == "bq":
        return call.words[0] in ("mk", "update"), lambda: bq(state, call)
    for length in range(len(call.words), 0, -1):
        known = COMMANDS.get(" ".join(call.words[:length]))
        if known is not None:
            options, changes, act = known
            if unknown := sorted(set(call.options) - options - GLOBAL):
                raise RefusedError(f"ERROR: unrecognized arguments: --{unknown[0]}")
            if words[0] != "billing" and call.get("project", PROJECT) != PROJECT:
                raise RefusedError(f"ERROR: PERMISSION_DENIED: {call['project']}")
            return changes, partial(act, state, call, *call.words[length:])
    raise RefusedError(f"ERROR: Invalid choice: {' '.join(call.words)}")


def main():
    program, words, state = Path(sys.argv[0]).name, sys.argv[1:], load()
    try:
        changes, act = run(state, program, words)
        number = len(state["changes"]) + 1
        dies = changes and os.environ.get("FAKE_DIES") == str(number)
        answer = act()
    except RefusedError as refused:
        state["refused"].append([program, *words, str(refused)])
        STATE.write_text(json.dumps(state))
        print(refused, file=sys.stderr)
        sys.exit(1)
    if changes:
        state["changes"].append([program, *words])
    STATE.write_text(json.dumps(state))
    if dies:
        os.kill(os.getppid(), signal.SIGKILL)
    if not changes:
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
