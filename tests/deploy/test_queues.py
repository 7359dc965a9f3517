"""A queue is named twice, in the catalogue and in `main`: a task sent to a queue that is none is lost."""

import ast
from pathlib import Path

from mediaforge import bootstrap, config
from mediaforge.services import rotation

MAIN = Path(__file__).parents[2] / "functions" / "main.py"


def test_every_model_that_can_be_run_has_its_queue_in_main() -> None:
    functions = {n.name for n in ast.parse(MAIN.read_text()).body if isinstance(n, ast.FunctionDef)}
    queues = {m.queue for m in bootstrap.catalogue().models.values() if m.kind != "text"}
    assert queues
    assert queues <= functions
    assert rotation.QUEUE in functions


def test_the_deployed_params_are_all_given_so_that_a_deploy_asks_nothing() -> None:
    lines = (MAIN.parent / ".env").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    declared = {param.name: as_written(param.default) for param in config.PARAMS}
    assert given == declared | {"MALLOC_MMAP_THRESHOLD_": "262144"}  # glibc's, and no param


def as_written(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
