"""What a failed start shows: the traceback where Python left one, else the end of the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.readiness import LOG_LINES_MAX, StartError, log_end, refuse_wrong_catalogue

CATALOGUE = Path(__file__).parents[2] / "functions" / "catalogue.toml"

TRACEBACK = """\
>  Traceback (most recent call last):
>    File "main.py", line 3, in <module>
>      import nothing
>  ModuleNotFoundError: No module named 'nothing'
"""


def test_the_traceback_is_shown_without_what_came_after(tmp_path: Path) -> None:
    log = tmp_path / "suite.log"
    log.write_text(f"i  starting\n{TRACEBACK}i  functions: later\n")

    assert log_end(log) == TRACEBACK.rstrip()


def test_the_last_of_two_tracebacks_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "suite.log"
    log.write_text(TRACEBACK + TRACEBACK.replace("nothing", "another"))

    assert log_end(log).endswith("No module named 'another'")


def test_a_long_traceback_is_shown_from_its_end(tmp_path: Path) -> None:
    log = tmp_path / "suite.log"
    frames = ">    File x\n" * 100
    log.write_text(TRACEBACK.replace(">    File", f"{frames}>    File"))

    shown = log_end(log).splitlines()

    assert len(shown) == LOG_LINES_MAX
    assert shown[-1] == ">  ModuleNotFoundError: No module named 'nothing'"


def test_without_a_traceback_the_end_is_shown_but_no_table(tmp_path: Path) -> None:
    log = tmp_path / "suite.log"
    log.write_text("⚠  port taken\n\n┌────┐\n│ x  │\n└────┘\n")

    assert log_end(log) == "⚠  port taken"


def test_a_missing_log_shows_nothing(tmp_path: Path) -> None:
    assert log_end(tmp_path / "suite.log") == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("price_credits = 2\n", 'price_credits = "2"\n', "models.local-image.price_credits: "),
        ("price_credits = 2\n", "price_credts = 2\n", "models.local-image.price_credts: "),
        ("[models.local-image]", "[models.local-image", "catalogue.toml is not TOML: "),
    ],
)
def test_a_wrong_catalogue_is_told_before_anything_is_started(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(CATALOGUE.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(StartError) as refused:
        refuse_wrong_catalogue(path)
    assert f"{path}: " in str(refused.value)
    assert said in str(refused.value)


def test_the_shipped_catalogue_starts() -> None:
    refuse_wrong_catalogue(CATALOGUE)
