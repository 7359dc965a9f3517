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
    """One number with a target: `value` reaches it when it is at most `target_max`.

    `ours` and `floor` are what the table shows; `facts` is what else results.json has.
    """

    key: str
    title: str
    ours: str
    floor: str
    value: float
    unit: str
    target_max: float
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_reached(self) -> bool:
        return self.value <= self.target_max


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


def count(key: str, title: str, value: float, target_max: float, **facts: Any) -> Number:
    """A number that is counted, with no floor beside it."""
    return Number(key, title, f"{value:g}", "", value, "documents", target_max, facts)


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
        target = f"<= {number.target_max:g}"
        rows.append((number.title, number.ours, number.floor, shown, target, reached))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def write_results(file: Path, numbers: list[Number], facts: Mapping[str, Any]) -> None:
    """Keys stay the same from run to run, units come last in names, no path of this machine."""
    results = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "python": machine.python_version(),
            "system": machine.system(),
        },
        "numbers": {number.key: _result(number) for number in numbers},
        "facts": facts,
    }
    file.write_text(json.dumps(results, indent=2) + "\n")


def _result(number: Number) -> dict[str, Any]:
    return {
        number.unit: number.value,
        "target_max": number.target_max,
        "is_reached": number.is_reached,
        **number.facts,
    }


def _shown(samples: Samples) -> str:
    return f"{samples.median:.1f} ms (p95 {samples.p95:.1f})"
