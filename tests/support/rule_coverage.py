"""The Firestore emulator's report of what each expression of the rules came to."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

_ALLOW = re.compile(r"allow [\w, ]+: if ")


def read_report(firestore_host: str, project: str) -> Mapping[str, Any]:
    """The report on all requests since the emulator was started. It may have hundreds of megabytes."""
    url = f"http://{firestore_host}/emulator/v1/projects/{project}:ruleCoverage"
    answer = httpx.get(url, timeout=120, trust_env=False)
    report: Mapping[str, Any] = answer.raise_for_status().json()
    return report


def one_sided(report: Mapping[str, Any]) -> list[str]:
    """The rules that have let nothing pass, or have kept nothing out; one line for each."""
    [file] = report["rules"]["files"]
    source, outcomes = file["content"], _outcomes(report["report"])
    found = list[str]()
    for allow in _ALLOW.finditer(source):
        line = source.count("\n", 0, allow.start()) + 1
        whole = max((end for start, end in outcomes if start == allow.end()), default=0)
        seen = outcomes.get((allow.end(), whole), set())
        if seen < {True, False}:
            said = "never asked" if not seen else f"always {seen.pop()}"
            found.append(f"line {line}, {allow[0].removesuffix(': if ')}: {said}")
    return found


def _outcomes(nodes: list[Any]) -> dict[tuple[int, int], set[bool]]:
    """What each expression came to, by where it stands. An error refuses, as False does."""
    outcomes = defaultdict[tuple[int, int], set[bool]](set)
    for node in _all(nodes):
        at = node.get("sourcePosition", {})
        place = (at.get("currentOffset", 0), at.get("endOffset", 0))
        outcomes[place] |= {
            each["value"].get("boolValue", False) for each in node.get("values", ())
        }
    return outcomes


def _all(nodes: list[Any]) -> Iterator[Mapping[str, Any]]:
    left = list(nodes)
    while left:
        node = left.pop()
        yield node
        left += node.get("children", ())
