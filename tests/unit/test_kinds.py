"""Every kind of job has all that the house needs of one, and is stored and limited under its own names."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import SUBMITTABLE, MemberLimits
from mediaforge.domain.catalogue import parse
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.lanes import Lane
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.quotas import DailyLimits, Usage
from mediaforge.domain.people.teams import Member, Role

ROOT = Path(__file__).parents[2]
CATALOGUE = parse((ROOT / "functions" / "catalogue.toml").read_text(encoding="utf-8"))
RULES = (ROOT / "firestore.rules").read_text(encoding="utf-8")
INDEXES = json.loads((ROOT / "firestore.indexes.json").read_text(encoding="utf-8"))

each_kind = pytest.mark.parametrize("kind", JobKind)


@each_kind
def test_it_can_be_asked_for(kind: JobKind) -> None:
    assert SUBMITTABLE[kind].makes is kind
    main = ast.parse((ROOT / "functions" / "main.py").read_text(encoding="utf-8"))
    assert kind.traits.callable_name in {name for node in main.body for name in names(node)}


def names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


@each_kind
def test_nobody_makes_it_for_nothing_without_a_limit(kind: JobKind) -> None:
    for tier in CATALOGUE.tiers.values():
        if tier.lane is Lane.FREE:
            assert kind in tier.a_day


@each_kind
def test_its_views_can_be_read_by_their_user_and_listed_by_the_team_that_paid(
    kind: JobKind,
) -> None:
    shown = re.search(r"match /generations/\{uid\}/\{kind\}/\{jobId\} \{(.*?)\}\n", RULES, re.S)
    assert shown is not None
    assert shown[1].count(f"'{kind.plural}'") == 2
    assert f"match /{{path=**}}/{kind.plural}/{{jobId}} {{" in RULES


@each_kind
def test_two_of_it_can_be_compared(kind: JobKind) -> None:
    compared = re.search(r"function isViewIRead.*?/\(([a-z|]+)\)/", RULES, re.S)
    assert compared is not None
    assert kind.plural in compared[1].split("|")


def indexes_of(collection: str) -> list[dict[str, Any]]:
    """Without the name of the collection."""
    return [
        {name: value for name, value in each.items() if name != "collectionGroup"}
        for each in (*INDEXES["indexes"], *INDEXES["fieldOverrides"])
        if each["collectionGroup"] == collection
    ]


@each_kind
def test_its_views_are_indexed_like_those_of_images(kind: JobKind) -> None:
    assert indexes_of(kind.plural) == indexes_of("images")


def test_what_is_stored_and_sent_is_named_as_the_contract_has_it() -> None:
    usage = Usage("2026-11-20", {JobKind.IMAGE: 2, JobKind.TRAINING: 1}, credits=504, directions=3)
    stored = at.dump(Account("a", usage=usage))["usage"]
    counted = {"images": 2, "videos": 0, "trainings": 1, "credits": 504}
    others = {"day": "2026-11-20", "directions": 3, "direction_refusals": 0, "teams": 0}
    assert (counted | others).items() <= stored.items()

    limits = DailyLimits({JobKind.IMAGE: 5, JobKind.VIDEO: 0}, credits=60)
    stored = at.dump(Member(Role.EDITOR, limits=limits))["limits"]
    assert {"images": 5, "videos": 0, "trainings": None, "credits": 60}.items() <= stored.items()

    sent = {field.alias for field in MemberLimits.model_fields.values()}
    assert {"imagesADay", "videosADay", "trainingsADay", "creditsADay"} <= sent


def test_what_the_last_release_has_stored_is_read() -> None:
    member = {
        "role": "editor",
        "limits": {"images": 5, "videos": 0, "credits": None, "trainings": None},
        "usage": {"day": "2026-11-20", "images": 3, "videos": 0, "credits": 6, "trainings": 1},
    }
    read = at.load(Member, member, "bob")
    assert read.limits == DailyLimits({JobKind.IMAGE: 5, JobKind.VIDEO: 0})
    assert read.usage == Usage("2026-11-20", {JobKind.IMAGE: 3, JobKind.TRAINING: 1}, credits=6)
    assert at.load(Member, {"role": "editor", "usage": {}}, "bob").usage == Usage()


def test_a_kind_that_only_a_newer_version_knows_is_left_out() -> None:
    newer = {"usage": {"day": "2026-11-20", "images": 3, "holograms": 7}}
    assert at.load(Account, newer, "a").usage == Usage("2026-11-20", {JobKind.IMAGE: 3})
