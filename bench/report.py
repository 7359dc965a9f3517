"""The table, and results.json: the same numbers for people and for programs."""

from __future__ import annotations

import json
import os
import platform as machine
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.samples import Pair, Samples


@dataclass(frozen=True)
class Number:
    """One number, and its target where it has one: `value` reaches it from `target_min` to
    `target_max`.

    `ours` and `floor` are what the table shows; `facts` is what else results.json has.
    """

    key: str
    title: str
    ours: str
    floor: str
    value: float
    unit: str
    target_max: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    target_min: float | None = None

    @property
    def targets(self) -> dict[str, float]:
        bounds = {"target_min": self.target_min, "target_max": self.target_max}
        return {name: bound for name, bound in bounds.items() if bound is not None}

    @property
    def is_reached(self) -> bool:
        is_low = self.target_min is not None and self.value < self.target_min
        is_high = self.target_max is not None and self.value > self.target_max
        return not (is_low or is_high)


def ratio(key: str, title: str, pair: Pair, target_max: float, **facts: Any) -> Number:
    """A number that is a ratio of medians."""
    return Number(
        key=key,
        title=title,
        ours=_shown(pair.ours),
        floor=_shown(pair.floor),
        value=round(pair.ratio, 3),
        unit="ratio",
        target_max=target_max,
        facts={"ours": summary(pair.ours), "floor": summary(pair.floor), **facts},
    )


def count(
    key: str, title: str, value: float, target_max: float, unit: str = "documents", **facts: Any
) -> Number:
    """A number that is counted, with no floor beside it."""
    return Number(key, title, f"{value:g}", "", value, unit, target_max, facts)


def seconds(
    key: str, title: str, value_s: float, target_max: float | None = None, **facts: Any
) -> Number:
    """A time that stands for itself."""
    value_s = round(value_s, 3)
    return Number(key, title, f"{value_s:.2f} s", "", value_s, "seconds", target_max, facts)


def summary(samples: Samples) -> dict[str, float]:
    return {
        "median_ms": round(samples.median, 2),
        "p95_ms": round(samples.p95, 2),
        "samples": len(samples.values),
    }


def table(numbers: list[Number]) -> str:
    rows = [("number", "ours", "floor", "ratio", "target", "reached")]
    for number in numbers:
        shown = f"{number.value:.2f}" if number.unit == "ratio" else ""
        reached = "yes" if number.is_reached else "NO"
        if not number.targets:
            reached = ""
        rows.append((number.title, number.ours, number.floor, shown, _target(number), reached))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def write_results(file: Path, numbers: list[Number], facts: Mapping[str, Any]) -> None:
    """Keys stay the same from run to run, units come last in names, no path of this machine."""
    known = json.loads(file.read_text()) if file.exists() else {}
    results = known | {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "python": machine.python_version(),
            "system": machine.system(),
        },
        "numbers": {number.key: result(number) for number in numbers},
        "facts": facts,
    }
    file.write_text(json.dumps(results, indent=2) + "\n")


def update_results(file: Path, numbers: list[Number], part: str) -> None:
    """Puts the numbers of one part in place of those that are there, and says when."""
    results = json.loads(file.read_text())
    results["numbers"] |= {number.key: result(number) for number in numbers}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    results["facts"][f"{part}_measured_at"] = now
    file.write_text(json.dumps(results, indent=2) + "\n")


def read_numbers(file: Path) -> dict[str, Any]:
    """What `result` made of each number, by its key."""
    numbers: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["numbers"]
    return numbers


def update_part(file: Path, part: str, results: Mapping[str, Any]) -> None:
    """Puts what has a shape of its own under the part's name, and says when."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    known = json.loads(file.read_text()) | {part: {"measured_at": now, **results}}
    file.write_text(json.dumps(known, indent=2) + "\n")


def result(number: Number) -> dict[str, Any]:
    return {
        number.unit: number.value,
        **number.targets,
        **({"is_reached": number.is_reached} if number.targets else {}),
        **number.facts,
    }


def _target(number: Number) -> str:
    match number.target_min, number.target_max:
        case None, None:
            return ""
        case None, high:
            return f"<= {high:g}"
        case low, None:
            return f">= {low:g}"
        case low, high:
            return f"{low:g} to {high:g}"


def _shown(samples: Samples) -> str:
    return f"{samples.median:.1f} ms (p95 {samples.p95:.1f})"
