"""The tables of `python -m bench peers`, in Markdown: the first for README, the second for what does not run
on Firebase. Both come from results.json alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

OURS = "mediaforge"
APART = ("procrastinate",)
LATE_S = 10.0

Results = Mapping[str, Any]
Cell = Callable[[str], str]


def tables(results: Results) -> str:
    """Each peer beside ours. A peer that was not measured has no column."""
    measured = list(results["contenders"])
    return "\n\n".join(
        _table(results, [OURS, *peers])
        for peers in (
            [name for name in measured if name not in (OURS, *APART)],
            [name for name in measured if name in APART],
        )
        if peers
    )


def _table(results: Results, columns: Sequence[str]) -> str:
    titles = results["contenders"]
    head = [["", *(titles[name] for name in columns)], ["---"] * (len(columns) + 1)]
    rows = [[title, *(cell(name) for name in columns)] for title, cell in _rows(results)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [*head, *rows])


def _rows(results: Results) -> Sequence[tuple[str, Cell]]:
    def time_of(model_s: str, moment: str) -> Cell:
        times = results["by_model_s"][model_s]
        return lambda name: beside({of: times[of][moment]["median_ms"] for of in times}, name, "ms")

    def import_of(name: str) -> str:
        imports = results["imports"]
        return beside({of: imports[of]["median_ms"] for of in imports}, name, "ms")

    def memory_of(name: str) -> str:
        peaks = {of: max(found.values()) for of, found in results["memory"].items() if found}
        return beside(peaks, name, "MiB") if name in peaks else ""

    def documents_of(name: str) -> str:
        used = results["documents"][name]
        return f"{used['reads']:g}, {used['writes']:g}, {used['calls']:g}"

    def end_of(abuse: str) -> Cell:
        outcomes = results["abuse"][abuse]
        return lambda name: told(outcomes[name]) if name in outcomes else "–"

    return [
        ("the caller has an answer, model of 0 s", time_of("0", "accepted")),
        ("the client sees the picture, model of 0 s", time_of("0", "seen")),
        ("the caller has an answer, model of 2 s", time_of("2", "accepted")),
        ("the client sees the picture, model of 2 s", time_of("2", "seen")),
        ("importing the module", import_of),
        ("peak memory of the largest process", memory_of),
        ("Firestore reads, writes; function calls", documents_of),
        ("the same request twice", end_of("submitted_twice")),
        ("the task or the event twice", end_of("delivered_twice")),
        ("the worker killed in the middle", end_of("worker_killed")),
    ]


def beside(values: Mapping[str, float], name: str, unit: str) -> str:
    """The value of `name`; of a peer also how many times as much ours is."""
    value = f"{values[name]:,.0f} {unit}"
    if name == OURS:
        return value
    return f"{value} (ours {values[OURS] / values[name]:.2f} ×)"


def told(outcome: Mapping[str, Any]) -> str:
    """What became of a job that was abused, in words: `asked 2 ×, 1 picture, completed`."""
    asked, pictures = outcome["asked"], outcome["pictures"]
    parts = [f"asked {asked} ×", f"{pictures} picture{'' if pictures == 1 else 's'}"]
    final_s = outcome["final_s"]
    if final_s is None:
        parts.append(f"**never final** (`{outcome['status']}`)")
    else:
        late = f" after {final_s:.0f} s" if final_s > LATE_S else ""
        parts.append(f"{outcome['status']}{late}")
    if outcome["charged_credits"] is not None:
        parts.append(f"{outcome['charged_credits']} credits charged")
    return ", ".join(parts)
