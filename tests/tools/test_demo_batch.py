"""What the batch demo reads of a CSV, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.demo_batch import Line, TableError, _status, bar, read_lines

EXAMPLE = Path(__file__).parents[2] / "examples" / "batch.csv"


def table(folder: Path, *lines: str) -> Path:
    (folder / "a.png").write_bytes(b"picture")
    path = folder / "rows.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_line_becomes_a_row_without_its_empty_cells(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "prompt,width,height,aspectRatio,style,reference,mode,expect",
        '"a fox, red",448,,,ink,,,',
        "b,,,16:9,,a.png,style_and_composition,failed",
    )
    picture = tmp_path / "a.png"
    assert read_lines(path) == [
        Line({"prompt": "a fox, red", "width": 448, "styleId": "ink"}),
        Line({"prompt": "b", "aspectRatio": "16:9"}, picture, "style_and_composition", True),
    ]
    assert read_lines(path)[1].with_uploaded({picture: "references/u/a.png"}) == {
        "prompt": "b",
        "aspectRatio": "16:9",
        "references": [{"path": "references/u/a.png", "mode": "style_and_composition"}],
    }


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["prompt,colour", "a,red"], "no row has colour"),
        (["prompt,width", "a,wide"], "line 2: invalid literal"),
        (["prompt,reference", "a,b.png"], "line 2: there is no picture"),
        (["prompt,reference", "a,rows.csv"], "line 2: there is no picture"),
        (["prompt"], "has no rows"),
    ],
)
def test_what_is_wrong_with_the_csv_is_said_with_its_line(
    tmp_path: Path, lines: list[str], says: str
) -> None:
    with pytest.raises(TableError, match=says):
        read_lines(table(tmp_path, *lines))


def test_a_csv_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="No such file"):
        read_lines(tmp_path / "none.csv")


def test_the_example_has_fifty_rows_and_some_of_them_a_reference() -> None:
    lines = read_lines(EXAMPLE)
    assert len(lines) == 50
    assert len({line.reference for line in lines if line.reference}) == 3


def test_the_bar_fills_with_what_has_ended() -> None:
    counts = {"total": 4, "queued": 1, "processing": 1, "completed": 1, "failed": 1}
    assert bar({**counts, "cancelled": 0}) == (
        f"[{'#' * 15}{'.' * 15}] 1/4 made, 1 processing, 1 queued, 1 failed"
    )


@pytest.mark.parametrize(
    ("is_to_fail", "failed", "status"),
    [(False, {}, 0), (False, {0: "no"}, 1), (True, {0: "no"}, 0), (True, {}, 1)],
)
def test_the_status_says_whether_each_row_ended_as_it_was_to(
    is_to_fail: bool, failed: dict[int, str], status: int
) -> None:
    assert _status([Line({}, is_to_fail=is_to_fail)], failed) == status
