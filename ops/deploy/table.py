"""`deployment.toml`, read and checked: an unknown key, or a wrong value, is refused by name."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

ROOT = Path(__file__).resolve().parents[2]
PATH = Path(__file__).with_name("deployment.toml")
# What Google takes for a project's id. The words that `.firebaserc` comes with are none.
PROJECT_ID = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_EMULATED = "demo-"


class TableError(Exception):
    """The table, or `.firebaserc`, is not as it should be; the message names what."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Backup(_Row):
    recurrence: Literal["daily", "weekly"]
    keeps: str = Field(pattern=r"^\d+[dw]$")


class Environment(_Row):
    database_location: str
    protects_database: bool
    keeps_changes: bool
    backups: tuple[Backup, ...]
    budget_usd: int = Field(gt=0)
    notify: tuple[str, ...]
    params: Mapping[str, str]


class Grant(_Row):
    role: str = Field(pattern=r"^roles/[A-Za-z.]+$")
    on: Literal["project", "bucket", "itself", "trainer", "events", "queues", "workers", "secrets"]
    why: str
    by: Literal["us", "deploy"] = "us"


class Account(_Row):
    name: str
    does: str = Field(alias="is")
    grants: tuple[Grant, ...]

    def roles(self, *on: str) -> list[str]:
        """Those that it is granted there; without `on`, all."""
        return [grant.role for grant in self.grants if not on or grant.on in on]


class Agent(_Row):
    roles: tuple[str, ...]
    why: str


class Secret(_Row):
    why: str
    when: str | None = None


class Deletion(_Row):
    prefix: str
    days: int = Field(gt=0)


class Bucket(_Row):
    locations: tuple[str, ...]
    undelete_days: int
    deletes: tuple[Deletion, ...]


class Log(_Row):
    bucket: str
    days: int
    linked_dataset: str
    dataset: str
    filter: str


class Table(_Row):
    region: str
    environments: Mapping[str, Environment]
    apis: Mapping[str, str]
    accounts: Mapping[str, Account]
    permissions: Mapping[str, tuple[str, ...]]
    agents: Mapping[str, Agent]
    secrets: Mapping[str, Secret]
    bucket: Bucket
    log: Log
    by_hand: Mapping[str, str]

    def rights(self, account: str) -> frozenset[str]:
        """All that the account may do, each as `right on what`."""
        return frozenset(
            f"{right} on {grant.on}"
            for grant in self.accounts[account].grants
            for right in self.permissions[grant.role]
        )


def read(path: Path = PATH) -> Table:
    """Raises TableError."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        for name, account in said.get("accounts", {}).items():
            account["name"] = name
        table = Table.model_validate(said)
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise TableError(f"{path.name}: {error}") from None
    unknown = sorted(
        {role for account in table.accounts.values() for role in account.roles()}
        - set(table.permissions)
    )
    if unknown:
        raise TableError(f"{path.name}: permissions does not say what {unknown[0]} allows")
    return table


def project_of(environment: str, root: Path = ROOT) -> str:
    """The id of the environment's project, from `.firebaserc`. Raises TableError."""
    projects = json.loads((root / ".firebaserc").read_text(encoding="utf-8"))["projects"]
    if environment not in projects:
        raise TableError(f".firebaserc: there is no {environment}")
    project: str = projects[environment]
    if not PROJECT_ID.fullmatch(project) or project.startswith(_EMULATED):
        raise TableError(f".firebaserc: {environment} must be the id of your project")
    return project


def params_in(text: str) -> Iterator[tuple[str, str]]:
    """The lines of a `.env` file."""
    for line in text.splitlines():
        name, is_set, value = line.partition("=")
        if is_set and not name.lstrip().startswith("#"):
            yield name.strip(), value.strip()
